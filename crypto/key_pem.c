/*
 * Keys as text: PKCS#8 and SubjectPublicKeyInfo in the armour of RFC 7468. This file decides what
 * the armour may look like; what is inside it is for key_der.c.
 *
 * Accepted: one key, nothing before or behind it but white space. Written: lines of 64 characters.
 *
 * Invariant: every buffer that held a piece of a private key is wiped before it is freed.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/key_parts.h"
#include "crypto/secret.h"

enum { LINE_CHARS = 64 };

static const char private_label[] = "PRIVATE KEY";
static const char public_label[] = "PUBLIC KEY";

static hf_status malformed(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "%s", sentence);
}

static hf_status unsupported(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_UNSUPPORTED, NULL, "%s", sentence);
}

/* ---- reading ---- */

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static hf_bytes trim(hf_bytes text)
{
    while (text.size > 0 && is_white(text.data[0])) {
        text = hf_bytes_skip(text, 1);
    }
    while (text.size > 0 && is_white(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static bool take_front(hf_bytes *text, hf_bytes head)
{
    if (!hf_bytes_starts_with(*text, head)) {
        return false;
    }
    *text = hf_bytes_skip(*text, head.size);
    return true;
}

static bool take_back(hf_bytes *text, hf_bytes tail)
{
    if (text->size < tail.size ||
        !hf_bytes_equal(hf_bytes_skip(*text, text->size - tail.size), tail)) {
        return false;
    }
    text->size -= tail.size;
    return true;
}

static bool begins(hf_bytes text, const char *label)
{
    return take_front(&text, HF_LITERAL("-----BEGIN ")) &&
           take_front(&text, hf_bytes_of_string(label));
}

/* Says of well-known armour that is not @label what it is. */
static hf_status blame_label(hf_bytes text, const char *label, struct hf_problem *reterr)
{
    if (begins(text, "ENCRYPTED PRIVATE KEY-----")) {
        return unsupported(reterr, "the key is encrypted; give it without a passphrase");
    }
    if (begins(text, "PUBLIC KEY-----")) {
        return unsupported(reterr, "this is a public key; a private key is needed");
    }
    if (begins(text, "PRIVATE KEY-----")) {
        return unsupported(reterr, "this is a private key; a public key is needed");
    }
    if (begins(text, "EC ") || begins(text, "RSA ") || begins(text, "OPENSSH ")) {
        return unsupported(reterr, "only keys in PKCS#8 are supported");
    }
    return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "not one %s in PEM", label);
}

/* Finds the base64 between the lines BEGIN and END, white space still in it. */
static hf_status find_body(hf_bytes pem, const char *label, hf_bytes *ret_body,
                           struct hf_problem *reterr)
{
    const hf_bytes name = hf_bytes_of_string(label);
    const hf_bytes dashes = HF_LITERAL("-----");
    hf_bytes text = trim(pem);
    hf_bytes body = text;
    if (!take_front(&body, HF_LITERAL("-----BEGIN ")) || !take_front(&body, name) ||
        !take_front(&body, dashes) || !take_back(&body, dashes) || !take_back(&body, name) ||
        !take_back(&body, HF_LITERAL("-----END "))) {
        bool is_cut = begins(text, label);
        return is_cut ? hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "not one %s in PEM", label)
                      : blame_label(text, label, reterr);
    }
    *ret_body = body;
    return HF_DONE;
}

static hf_status decode_body(hf_bytes body, hf_buf *der, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf digits = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&digits, HF_KEY_PEM_MAX_BYTES));
    HF_TRY(hf_buf_reserve(der, HF_KEY_DER_MAX_BYTES));
    for (size_t i = 0; i < body.size; i++) {
        if (!is_white(body.data[i])) {
            HF_TRY(hf_buf_append_byte(&digits, body.data[i]));
        }
    }
    hf_status status = hf_base64_decode(hf_buf_view(&digits), der);
    return hf_is_ok(status) ? status : malformed(reterr, "the PEM is not strict base64");
}

/* The DER of the one thing of that label. */
static hf_status read_armour(hf_bytes pem, const char *label, hf_buf *der,
                             struct hf_problem *reterr)
{
    hf_bytes body = {0};
    if (pem.size > HF_KEY_PEM_MAX_BYTES) {
        return malformed(reterr, "larger than any key file");
    }
    HF_TRY(find_body(pem, label, &body, reterr));
    return decode_body(body, der, reterr);
}

hf_status hf_key_from_pem(hf_bytes pem, struct hf_key **ret_key, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf der = hf_buf_init(HF_KEY_DER_MAX_BYTES);
    HF_TRY(read_armour(pem, private_label, &der, reterr));
    return hf_key_from_pkcs8(hf_buf_view(&der), ret_key, reterr);
}

hf_status hf_key_from_public_pem(hf_bytes pem, struct hf_key **ret_key, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf der = hf_buf_init(HF_KEY_DER_MAX_BYTES);
    HF_TRY(read_armour(pem, public_label, &der, reterr));
    return hf_key_from_spki(hf_buf_view(&der), ret_key, reterr);
}

/* ---- writing ---- */

/* = RFC 7468 2: lines of 64 characters. @pem has room: its owner reserved it. */
static hf_status write_armour(hf_bytes der, const char *label, hf_buf *pem)
{
    enum { LINE_BYTES = LINE_CHARS / 4 * 3 };
    HF_TRY(hf_buf_printf(pem, "-----BEGIN %s-----\n", label));
    while (der.size > 0) {
        size_t n = der.size < LINE_BYTES ? der.size : LINE_BYTES;
        HF_TRY(hf_base64_encode(hf_bytes_of(der.data, n), pem));
        HF_TRY(hf_buf_append_byte(pem, '\n'));
        der = hf_bytes_skip(der, n);
    }
    return hf_buf_printf(pem, "-----END %s-----\n", label);
}

hf_status hf_key_write_public_pem(const struct hf_key *key, hf_buf *buf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf der = hf_buf_init(HF_KEY_DER_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    HF_TRY(hf_key_write_spki(key, &der));
    HF_TRY(write_armour(hf_buf_view(&der), public_label, &text));
    return hf_buf_append(buf, hf_buf_view(&text));
}

hf_status hf_key_write_private_pem(const struct hf_key *key, hf_buf *pem)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf der = hf_buf_init(HF_KEY_DER_MAX_BYTES);
    HF_TRY(hf_buf_reserve(pem, pem->limit_bytes - pem->size));
    HF_TRY(hf_buf_reserve(&der, HF_KEY_DER_MAX_BYTES));
    HF_TRY(hf_key_write_pkcs8(key, &der));
    return write_armour(hf_buf_view(&der), private_label, pem);
}

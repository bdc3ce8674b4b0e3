/*
 * Keys as text: PKCS#8 in PEM (RFC 5958, RFC 7468, RFC 8410), as `openssl pkey` reads and writes
 * them. The DER is read by a reader of 30 lines here and not by OpenSSL, because the decoder behind
 * EVP_PKEY accepts a dozen formats and passphrases, and leaves copies of the key on its way.
 *
 * Accepted: OneAsymmetricKey version 1 and 2, one Ed25519 key, nothing before or behind it but
 * white space. A public key inside must be the private key's own. Written: version 1, the 48 bytes
 * that every tool understands.
 *
 * Invariant: every buffer that held a piece of the key is wiped before it is freed.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/key_parts.h"
#include "crypto/secret.h"

enum {
    DER_MAX_BYTES = HF_KEY_PEM_MAX_BYTES / 4 * 3,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x81, /* [1] IMPLICIT in OneAsymmetricKey */
    TAG_OCTET_STRING = 0x04,
    TAG_OID = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_ATTRIBUTES = 0xa0
};

/* = RFC 8410 3: id-Ed25519 { 1 3 101 112 } */
static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};

/* = RFC 8410 7: OneAsymmetricKey version 1 up to the seed */
static const uint8_t pkcs8_prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

/* = RFC 8410 4: SubjectPublicKeyInfo up to the point */
static const uint8_t spki_prefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

static hf_status malformed(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "%s", sentence);
}

static hf_status unsupported(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_UNSUPPORTED, NULL, "%s", sentence);
}

/* ---- armour: RFC 7468 ---- */

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

static bool ends_with(hf_bytes text, hf_bytes tail)
{
    return text.size >= tail.size &&
           hf_bytes_equal(hf_bytes_skip(text, text.size - tail.size), tail);
}

/* Finds the base64 between the lines BEGIN and END, white space still in it. */
static hf_status find_body(hf_bytes pem, hf_bytes *ret_body, struct hf_problem *reterr)
{
    const hf_bytes begin = HF_LITERAL("-----BEGIN PRIVATE KEY-----");
    const hf_bytes end = HF_LITERAL("-----END PRIVATE KEY-----");
    hf_bytes text = trim(pem);
    if (hf_bytes_starts_with(text, HF_LITERAL("-----BEGIN ENCRYPTED PRIVATE KEY-----"))) {
        return unsupported(reterr, "the key is encrypted; give it without a passphrase");
    }
    if (hf_bytes_starts_with(text, HF_LITERAL("-----BEGIN PUBLIC KEY-----"))) {
        return unsupported(reterr, "this is a public key; a private key is needed");
    }
    if (hf_bytes_starts_with(text, HF_LITERAL("-----BEGIN EC ")) ||
        hf_bytes_starts_with(text, HF_LITERAL("-----BEGIN RSA ")) ||
        hf_bytes_starts_with(text, HF_LITERAL("-----BEGIN OPENSSH "))) {
        return unsupported(reterr, "only Ed25519 keys in PKCS#8 are supported");
    }
    if (!hf_bytes_starts_with(text, begin) || text.size < begin.size + end.size ||
        !ends_with(text, end)) {
        return malformed(reterr, "not one PRIVATE KEY in PEM");
    }
    *ret_body = hf_bytes_of(text.data + begin.size, text.size - begin.size - end.size);
    return HF_DONE;
}

static hf_status decode_body(hf_bytes body, hf_buf *der, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf digits = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&digits, HF_KEY_PEM_MAX_BYTES));
    HF_TRY(hf_buf_reserve(der, DER_MAX_BYTES));
    for (size_t i = 0; i < body.size; i++) {
        if (!is_white(body.data[i])) {
            HF_TRY(hf_buf_append_byte(&digits, body.data[i]));
        }
    }
    hf_status status = hf_base64_decode(hf_buf_view(&digits), der);
    return hf_is_ok(status) ? status : malformed(reterr, "the PEM is not strict base64");
}

/* ---- DER: X.690, definite short and one- or two-byte long lengths ---- */

/* Takes one element with @tag off the front of @in. */
static bool take(hf_bytes *in, uint8_t tag, hf_bytes *ret_content)
{
    if (in->size < 2 || in->data[0] != tag) {
        return false;
    }
    size_t n_header = 2;
    size_t n = in->data[1];
    if (n >= 0x80) {
        size_t n_octets = n - 0x80;
        if (n_octets < 1 || n_octets > 2 || in->size < 2 + n_octets) {
            return false;
        }
        n = n_octets == 1 ? in->data[2] : (size_t)in->data[2] << 8 | in->data[3];
        if (n < (n_octets == 1 ? 0x80U : 0x100U)) { /* = X.690 10.1: the shortest form */
            return false;
        }
        n_header += n_octets;
    }
    if (in->size - n_header < n) {
        return false;
    }
    *ret_content = hf_bytes_of(in->data + n_header, n);
    *in = hf_bytes_skip(*in, n_header + n);
    return true;
}

struct parts {
    uint8_t version;
    hf_bytes seed;
    hf_bytes public_key; /* empty when absent */
};

/* = RFC 5958 2: OneAsymmetricKey, up to the algorithm */
static hf_status read_head(hf_bytes *in, struct parts *parts, struct hf_problem *reterr)
{
    hf_bytes version;
    hf_bytes algorithm;
    hf_bytes oid;
    if (!take(in, TAG_INTEGER, &version) || version.size != 1 || version.data[0] > 1 ||
        !take(in, TAG_SEQUENCE, &algorithm) || !take(&algorithm, TAG_OID, &oid)) {
        return malformed(reterr, "not a PKCS#8 private key");
    }
    if (!hf_bytes_equal(oid, hf_bytes_of(oid_ed25519, sizeof(oid_ed25519)))) {
        return unsupported(reterr, "only Ed25519 keys are supported");
    }
    if (algorithm.size > 0) { /* = RFC 8410 3: parameters MUST be absent */
        return malformed(reterr, "the algorithm of an Ed25519 key has no parameters");
    }
    parts->version = version.data[0];
    return HF_DONE;
}

static hf_status read_parts(hf_bytes der, struct parts *ret_parts, struct hf_problem *reterr)
{
    struct parts parts = {0};
    hf_bytes in;
    hf_bytes octets;
    hf_bytes ignored;
    if (!take(&der, TAG_SEQUENCE, &in) || der.size > 0) {
        return malformed(reterr, "not one DER value");
    }
    HF_TRY(read_head(&in, &parts, reterr));
    if (!take(&in, TAG_OCTET_STRING, &octets) || !take(&octets, TAG_OCTET_STRING, &parts.seed) ||
        octets.size > 0 || parts.seed.size != HF_ED25519_SEED_BYTES) {
        return malformed(reterr, "the private key is not 32 bytes");
    }
    if (in.size > 0 && in.data[0] == TAG_ATTRIBUTES && !take(&in, TAG_ATTRIBUTES, &ignored)) {
        return malformed(reterr, "the attributes are cut");
    }
    if (in.size > 0 && (parts.version != 1 || !take(&in, TAG_BIT_STRING, &parts.public_key))) {
        return malformed(reterr, "unknown content behind the private key");
    }
    if (in.size > 0) {
        return malformed(reterr, "unknown content behind the public key");
    }
    *ret_parts = parts;
    return HF_DONE;
}

static bool is_public_key_of(hf_bytes bits, const struct hf_key *key)
{
    uint8_t own[HF_ED25519_PUBLIC_BYTES];
    return hf_is_ok(hf_key_ed25519_public(key, own)) && bits.size == sizeof(own) + 1 &&
           bits.data[0] == 0 /* no unused bits */ &&
           hf_bytes_equal(hf_bytes_skip(bits, 1), hf_bytes_of(own, sizeof(own)));
}

hf_status hf_key_from_pem(hf_bytes pem, struct hf_key **ret_key, struct hf_problem *reterr)
{
    if (pem.size > HF_KEY_PEM_MAX_BYTES) {
        return malformed(reterr, "larger than any key file");
    }
    hf_bytes body = {0};
    HF_TRY(find_body(pem, &body, reterr));
    HF_CLEANUP(hf_secret_buf_clear) hf_buf der = hf_buf_init(DER_MAX_BYTES);
    HF_TRY(decode_body(body, &der, reterr));
    struct parts parts = {0};
    HF_TRY(read_parts(hf_buf_view(&der), &parts, reterr));
    struct hf_key *key = NULL;
    HF_TRY(hf_key_from_ed25519_seed(parts.seed, &key));
    if (parts.public_key.size > 0 && !is_public_key_of(parts.public_key, key)) {
        hf_key_unref(key);
        return malformed(reterr, "the public key inside is another key's");
    }
    *ret_key = key;
    return HF_DONE;
}

/* ---- writing ---- */

hf_status hf_key_write_public_pem(const struct hf_key *key, hf_buf *buf)
{
    uint8_t der[sizeof(spki_prefix) + HF_ED25519_PUBLIC_BYTES];
    memcpy(der, spki_prefix, sizeof(spki_prefix));
    HF_TRY(hf_key_ed25519_public(key, der + sizeof(spki_prefix)));
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(256);
    HF_TRY(hf_buf_append_string(&text, "-----BEGIN PUBLIC KEY-----\n"));
    HF_TRY(hf_base64_encode(hf_bytes_of(der, sizeof(der)), &text));
    HF_TRY(hf_buf_append_string(&text, "\n-----END PUBLIC KEY-----\n"));
    return hf_buf_append(buf, hf_buf_view(&text));
}

static hf_status append_private_pem(hf_bytes der, hf_buf *pem)
{
    HF_TRY(hf_buf_append_string(pem, "-----BEGIN PRIVATE KEY-----\n"));
    HF_TRY(hf_base64_encode(der, pem));
    return hf_buf_append_string(pem, "\n-----END PRIVATE KEY-----\n");
}

hf_status hf_key_write_private_pem(const struct hf_key *key, hf_buf *pem)
{
    uint8_t der[sizeof(pkcs8_prefix) + HF_ED25519_SEED_BYTES];
    HF_TRY(hf_buf_reserve(pem, pem->limit_bytes - pem->size));
    HF_TRY(hf_key_ed25519_seed(key, der + sizeof(pkcs8_prefix)));
    memcpy(der, pkcs8_prefix, sizeof(pkcs8_prefix));
    hf_status status = append_private_pem(hf_bytes_of(der, sizeof(der)), pem);
    hf_wipe(der, sizeof(der));
    return status;
}

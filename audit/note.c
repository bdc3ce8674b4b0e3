/*
 * Signed notes. A note is split at its last empty line, so a text may hold empty lines and cannot
 * smuggle in signatures; and a known key's wrong signature fails the note, so that nobody learns to
 * ignore one.
 *
 * Which keys are trusted is the policy's affair (tlog_policy.c), what the text means the
 * checkpoint's.
 */
#include "audit/note.h"

#include "audit/line.h"
#include "base/utf8.h"
#include "crypto/base64.h"

#include <endian.h>

enum {
    KEY_ID_BYTES = 4,
    TIME_BYTES = 8,
    MAX_SIGNATURE_BYTES = 8192, /* as decoded: post-quantum ones have 2420 bytes and more */
    MAX_SIGNATURE_CHARS = 12288,
    MAX_KEY_BYTES = 4096 /* with its type; those of other algorithms are long */
};

/* The em dash and space that begin a signature line. */
static const char dash[] = "\xe2\x80\x94 ";

static hf_status refuse(struct hf_problem *reterr, unsigned line, const char *what)
{
    if (reterr) {
        reterr->line = line;
    }
    return hf_problem_set(reterr, HF_LOG_TAMPERED, "note", "%s", what);
}

/* Unicode White_Space beyond ASCII, as the two or three bytes of UTF-8. */
static bool is_wide_space(hf_bytes bytes)
{
    static const char *const spaces[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        if (hf_bytes_starts_with(bytes, hf_bytes_of_string(spaces[i]))) {
            return true;
        }
    }
    return false;
}

bool hf_note_name_is_valid(hf_bytes name)
{
    if (name.size == 0 || name.size > HF_NOTE_NAME_MAX_BYTES || !hf_utf8_check(name, NULL)) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= ' ' || name.data[i] == 0x7f || name.data[i] == '+' ||
            is_wide_space(hf_bytes_skip(name, i))) {
            return false;
        }
    }
    return true;
}

static bool has_control(hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] < ' ' && bytes.data[i] != '\n') {
            return true;
        }
    }
    return false;
}

/* The offset behind the last empty line, or 0. */
static size_t last_split(hf_bytes bytes)
{
    for (size_t i = bytes.size; i >= 2; i--) {
        if (bytes.data[i - 1] == '\n' && bytes.data[i - 2] == '\n') {
            return i;
        }
    }
    return 0;
}

static bool parse_signature(hf_bytes line, struct hf_note_signature *ret_signature)
{
    if (!hf_bytes_starts_with(line, HF_LITERAL("\xe2\x80\x94 "))) {
        return false;
    }
    line = hf_bytes_skip(line, sizeof(dash) - 1);
    const uint8_t *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
    if (!space) {
        return false;
    }
    struct hf_note_signature signature = {.name =
                                              hf_bytes_of(line.data, (size_t)(space - line.data))};
    hf_bytes text = hf_bytes_skip(line, signature.name.size + 1);
    uint8_t bytes[MAX_SIGNATURE_BYTES]; /* no heap: want of memory is no fault of the note */
    hf_buf decoded = {.data = bytes, .capacity_bytes = sizeof(bytes), .limit_bytes = sizeof(bytes)};
    if (!hf_note_name_is_valid(signature.name) || text.size > MAX_SIGNATURE_CHARS ||
        !hf_is_ok(hf_base64_decode(text, &decoded)) || decoded.size <= KEY_ID_BYTES) {
        return false;
    }
    memcpy(&signature.key_id, decoded.data, KEY_ID_BYTES);
    signature.key_id = be32toh(signature.key_id);
    size_t n_bytes = decoded.size - KEY_ID_BYTES;
    if (n_bytes <= sizeof(signature.bytes)) {
        memcpy(signature.bytes, decoded.data + KEY_ID_BYTES, n_bytes);
        signature.n_bytes = n_bytes;
    }
    *ret_signature = signature;
    return true;
}

static unsigned count_lines(hf_bytes text)
{
    unsigned n = 0;
    for (size_t i = 0; i < text.size; i++) {
        n += text.data[i] == '\n';
    }
    return n;
}

hf_status hf_note_parse(hf_bytes bytes, struct hf_note *ret_note, struct hf_problem *reterr)
{
    if (bytes.size > HF_NOTE_MAX_BYTES) {
        return hf_problem_set(reterr, HF_LIMIT, "note", "longer than %d bytes", HF_NOTE_MAX_BYTES);
    }
    if (!hf_utf8_check(bytes, NULL) || has_control(bytes)) {
        return refuse(reterr, 0, "not UTF-8 text, or with control characters");
    }
    size_t split = last_split(bytes);
    if (split < 3) {
        return refuse(reterr, 0, "no text, or no empty line before the signatures");
    }
    ret_note->text = hf_bytes_of(bytes.data, split - 1);
    ret_note->n_signatures = 0;
    unsigned line_number = count_lines(ret_note->text) + 1;
    hf_bytes rest = hf_bytes_skip(bytes, split);
    hf_bytes line;
    while (hf_line_take(&rest, &line)) {
        line_number++;
        if (ret_note->n_signatures == HF_NOTE_MAX_SIGNATURES) {
            return refuse(reterr, line_number, "too many signatures");
        }
        if (!parse_signature(line, &ret_note->signatures[ret_note->n_signatures])) {
            return refuse(reterr, line_number, "not a signature line");
        }
        ret_note->n_signatures++;
    }
    if (rest.size != 0) {
        return refuse(reterr, line_number + 1, "the last line does not end");
    }
    if (ret_note->n_signatures == 0) {
        return refuse(reterr, line_number, "no signature");
    }
    return HF_DONE;
}

hf_status hf_note_key_id(const char *name, enum hf_note_type type, const struct hf_key *key,
                         uint32_t *ret_key_id)
{
    uint8_t tail[2 + HF_ED25519_PUBLIC_BYTES] = {'\n', (uint8_t)type};
    HF_TRY(hf_key_ed25519_public(key, tail + 2));
    uint8_t digest[HF_SHA256_BYTES];
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, hf_bytes_of_string(name));
    hf_sha256_update(&hash, hf_bytes_of(tail, sizeof(tail)));
    hf_sha256_final(&hash, digest);
    uint32_t key_id;
    memcpy(&key_id, digest, sizeof(key_id));
    *ret_key_id = be32toh(key_id);
    return HF_DONE;
}

hf_status hf_note_key_write(const char *name, enum hf_note_type type, const struct hf_key *key,
                            hf_buf *buf)
{
    uint32_t key_id;
    uint8_t typed[1 + HF_ED25519_PUBLIC_BYTES] = {(uint8_t)type};
    HF_TRY(hf_key_ed25519_public(key, typed + 1));
    HF_TRY(hf_note_key_id(name, type, key, &key_id));
    HF_TRY(hf_buf_printf(buf, "%s+%08x+", name, key_id));
    return hf_base64_encode(hf_bytes_of(typed, sizeof(typed)), buf);
}

/* Eight lower-case hex digits. */
static bool parse_key_id(hf_bytes hex, uint32_t *ret_key_id)
{
    uint32_t key_id = 0;
    if (hex.size != 8) {
        return false;
    }
    for (size_t i = 0; i < hex.size; i++) {
        uint8_t c = hex.data[i];
        uint32_t digit = (uint32_t)c - '0';
        if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)c - 'a' + 10;
        } else if (c < '0' || c > '9') {
            return false;
        }
        key_id = key_id << 4 | digit;
    }
    *ret_key_id = key_id;
    return true;
}

/* The parts of a vkey: base64 may hold `+`, so only the first two split. */
static bool split_vkey(hf_bytes vkey, hf_bytes parts[static 3])
{
    for (int i = 0; i < 2; i++) {
        const uint8_t *plus = vkey.size ? memchr(vkey.data, '+', vkey.size) : NULL;
        if (!plus) {
            return false;
        }
        parts[i] = hf_bytes_of(vkey.data, (size_t)(plus - vkey.data));
        vkey = hf_bytes_skip(vkey, parts[i].size + 1);
    }
    parts[2] = vkey;
    return true;
}

hf_status hf_note_key_parse(hf_bytes vkey, struct hf_note_key *ret_key)
{
    hf_bytes parts[3];
    struct hf_note_key key = {0};
    uint32_t key_id = 0;
    uint8_t bytes[MAX_KEY_BYTES];
    hf_buf typed = {.data = bytes, .capacity_bytes = sizeof(bytes), .limit_bytes = sizeof(bytes)};
    if (!split_vkey(vkey, parts) || !hf_note_name_is_valid(parts[0]) ||
        !parse_key_id(parts[1], &key_id) || !hf_is_ok(hf_base64_decode(parts[2], &typed)) ||
        typed.size < 2) {
        HF_FAIL(KEY_MALFORMED);
    }
    if (typed.data[0] != HF_NOTE_ED25519 && typed.data[0] != HF_NOTE_COSIGNATURE) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    if (typed.size != 1 + HF_ED25519_PUBLIC_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    key.type = (enum hf_note_type)typed.data[0];
    memcpy(key.name, parts[0].data, parts[0].size);
    HF_TRY(hf_key_from_ed25519_public(typed.data + 1, &key.key));
    hf_status status = hf_note_key_id(key.name, key.type, key.key, &key.key_id);
    if (hf_is_ok(status) && key.key_id != key_id) {
        status = hf_status_of(HF_KEY_MALFORMED);
    }
    if (!hf_is_ok(status)) {
        hf_note_key_clear(&key);
        return status;
    }
    *ret_key = key;
    return HF_DONE;
}

void hf_note_key_clear(struct hf_note_key *key)
{
    hf_key_unref(key->key);
    *key = (struct hf_note_key){0};
}

static hf_status verify_plain(const struct hf_note *note, const struct hf_note_key *key,
                              const struct hf_note_signature *signature)
{
    return hf_key_verify(key->key, note->text, hf_bytes_of(signature->bytes, signature->n_bytes));
}

/* = C2SP tlog-cosignature: over "cosignature/v1\ntime <t>\n" and the whole text. */
static hf_status verify_cosignature(const struct hf_note *note, const struct hf_note_key *key,
                                    const struct hf_note_signature *signature, uint64_t *ret_time)
{
    uint64_t time;
    if (signature->n_bytes != TIME_BYTES + HF_SIGNATURE_BYTES) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    memcpy(&time, signature->bytes, sizeof(time));
    time = be64toh(time);
    HF_CLEANUP(hf_buf_clear) hf_buf message = hf_buf_init(HF_NOTE_MAX_BYTES + 64);
    HF_TRY(hf_buf_printf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time));
    HF_TRY(hf_buf_append(&message, note->text));
    HF_TRY(hf_key_verify(key->key, hf_buf_view(&message),
                         hf_bytes_of(signature->bytes + TIME_BYTES, HF_SIGNATURE_BYTES)));
    *ret_time = time;
    return HF_DONE;
}

hf_status hf_note_verify(const struct hf_note *note, const struct hf_note_key *key,
                         bool *ret_signed, uint64_t *ret_time_unix_s)
{
    bool is_signed = false;
    uint64_t time = 0;
    for (size_t i = 0; i < note->n_signatures; i++) {
        const struct hf_note_signature *signature = &note->signatures[i];
        if (signature->key_id != key->key_id ||
            !hf_bytes_equal_string(signature->name, key->name)) {
            continue;
        }
        if (key->type == HF_NOTE_COSIGNATURE) {
            HF_TRY(verify_cosignature(note, key, signature, &time));
        } else {
            HF_TRY(verify_plain(note, key, signature));
        }
        is_signed = true;
    }
    *ret_signed = is_signed;
    if (ret_time_unix_s) {
        *ret_time_unix_s = time;
    }
    return HF_DONE;
}

hf_status hf_note_sign(hf_bytes text, const char *name, const struct hf_key *key, hf_buf *buf)
{
    if (text.size == 0 || text.data[text.size - 1] != '\n' ||
        !hf_note_name_is_valid(hf_bytes_of_string(name))) {
        HF_FAIL(BUG);
    }
    uint32_t key_id;
    uint8_t signed_id[KEY_ID_BYTES + HF_SIGNATURE_BYTES];
    HF_TRY(hf_note_key_id(name, HF_NOTE_ED25519, key, &key_id));
    key_id = htobe32(key_id);
    memcpy(signed_id, &key_id, sizeof(key_id));
    HF_TRY(hf_key_sign(key, text, signed_id + KEY_ID_BYTES));
    HF_TRY(hf_buf_append(buf, text));
    HF_TRY(hf_buf_printf(buf, "\n%s%s ", dash, name));
    HF_TRY(hf_base64_encode(hf_bytes_of(signed_id, sizeof(signed_id)), buf));
    return hf_buf_append_byte(buf, '\n');
}

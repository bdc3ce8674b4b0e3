/*
 * The envelope of signed tokens. It decides what a well-formed envelope is and that the key's
 * algorithm, never the token's, is the one that is checked. It does not read the payload, does not
 * know which key a kid names, and fetches nothing.
 *
 * Invariant: a byte string has one meaning here. Base64url is strict, members are counted and
 * known, so two tokens that differ in a byte differ in what was signed or in the signature.
 */
#include "crypto/jws.h"

#include "crypto/base64.h"

enum { TYP_MAX_BYTES = 64, SIGN_HEADER_MAX_BYTES = 512 };

static const struct hf_json_limits header_limits = {
    .max_bytes = HF_JWS_HEADER_MAX_BYTES,
    .max_depth = 4, /* a nested value is refused all the same, but by its name */
    .max_values = 64,
    .max_string_bytes = HF_JWS_HEADER_MAX_BYTES,
};

struct token_parts {
    hf_bytes header;
    hf_bytes payload;
    hf_bytes signature;
};

/* What bounds a whole and its payload. */
struct bounds {
    size_t max_bytes;
    size_t max_payload_bytes;
};

static const struct bounds token_bounds = {HF_JWS_MAX_BYTES, HF_JWS_PAYLOAD_MAX_BYTES};
static const struct bounds document_bounds = {HF_JWS_DOCUMENT_MAX_BYTES,
                                              HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES};

static hf_status malformed(struct hf_problem *reterr, const char *where, const char *sentence)
{
    return hf_problem_set(reterr, HF_CONSENT_MALFORMED, where, "%s", sentence);
}

/* ---- reading ---- */

/* Cuts @rest at its first dot. False: there is none. */
static bool cut_at_dot(hf_bytes *rest, hf_bytes *ret_part)
{
    const uint8_t *dot = rest->size > 0 ? memchr(rest->data, '.', rest->size) : NULL;
    if (!dot) {
        return false;
    }
    *ret_part = hf_bytes_of(rest->data, (size_t)(dot - rest->data));
    *rest = hf_bytes_skip(*rest, ret_part->size + 1);
    return true;
}

/* = RFC 7515 5.2: exactly two dots; each part of ours has content */
static hf_status split(hf_bytes token, const struct bounds *bounds, struct token_parts *ret_parts,
                       struct hf_problem *reterr)
{
    struct token_parts parts;
    if (token.size > bounds->max_bytes) {
        return malformed(reterr, "token", "larger than a token may be");
    }
    parts.signature = token;
    if (!cut_at_dot(&parts.signature, &parts.header) ||
        !cut_at_dot(&parts.signature, &parts.payload) ||
        (parts.signature.size > 0 && memchr(parts.signature.data, '.', parts.signature.size))) {
        return malformed(reterr, "token", "not three parts between two dots");
    }
    if (parts.header.size == 0 || parts.payload.size == 0 || parts.signature.size == 0) {
        return malformed(reterr, "token", "a part is empty");
    }
    if (parts.header.size > HF_BASE64URL_CHARS(HF_JWS_HEADER_MAX_BYTES)) {
        return malformed(reterr, "header", "larger than a header may be");
    }
    if (parts.payload.size > HF_BASE64URL_CHARS(bounds->max_payload_bytes)) {
        return malformed(reterr, "payload", "larger than a payload may be");
    }
    *ret_parts = parts;
    return HF_DONE;
}

/* The capacity is the limit, so a buffer stays in the arena and is never freed. */
static hf_status decode(struct hf_arena *arena, hf_bytes text, const char *where,
                        hf_bytes *ret_bytes, struct hf_problem *reterr)
{
    size_t room = text.size / 4 * 3 + 3;
    hf_buf view = {.data = hf_arena_room(arena, room), .capacity_bytes = room, .limit_bytes = room};
    if (!view.data) {
        HF_FAIL(NOMEM);
    }
    if (!hf_is_ok(hf_base64url_decode(text, &view))) {
        return malformed(reterr, where, "not strict base64url without padding");
    }
    *ret_bytes = hf_buf_view(&view);
    return HF_DONE;
}

static bool is_kid(hf_bytes kid)
{
    if (kid.size < 1 || kid.size > HF_JWS_KID_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < kid.size; i++) {
        uint8_t c = kid.data[i];
        bool is_alphanumeric =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_alphanumeric && (c == 0 || !strchr("._~:-", c))) {
            return false;
        }
    }
    return true;
}

static hf_status set_alg(struct hf_jws *jws, hf_bytes text, struct hf_problem *reterr)
{
    if (!hf_alg_by_name(text, &jws->alg)) {
        return malformed(reterr, "header.alg", "not an algorithm of consent tokens");
    }
    return HF_DONE;
}

static hf_status set_typ(struct hf_jws *jws, hf_bytes text, struct hf_problem *reterr)
{
    if (text.size < 1 || text.size > TYP_MAX_BYTES) {
        return malformed(reterr, "header.typ", "empty or too long");
    }
    jws->typ = text;
    return HF_DONE;
}

static hf_status set_kid(struct hf_jws *jws, hf_bytes text, struct hf_problem *reterr)
{
    if (!is_kid(text)) {
        return malformed(reterr, "header.kid", "not 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -");
    }
    jws->kid = text;
    return HF_DONE;
}

/* The members that are strings. What is neither here nor x5c is refused: jwk jku x5u crit b64 … */
static const struct {
    const char *name;
    const char *where;
    hf_status (*set)(struct hf_jws *jws, hf_bytes text, struct hf_problem *reterr);
    bool is_instead_of_certs; /* may be absent when x5c is there */
} header_members[] = {
    {"alg", "header.alg", set_alg, false},
    {"typ", "header.typ", set_typ, false},
    {"kid", "header.kid", set_kid, true},
};
enum { N_HEADER_MEMBERS = sizeof(header_members) / sizeof(header_members[0]) };

/* How a token is read, and where its parts go. */
struct reading {
    struct hf_arena *arena;
    const struct bounds *bounds;
    bool takes_certs;
    struct hf_jws jws;
    struct hf_problem *reterr;
};

static hf_status decode_cert(struct reading *reading, hf_bytes text, hf_bytes *ret_der)
{
    size_t room = text.size / 4 * 3 + 3;
    hf_buf der = {
        .data = hf_arena_room(reading->arena, room), .capacity_bytes = room, .limit_bytes = room};
    if (!der.data) {
        HF_FAIL(NOMEM);
    }
    if (text.size == 0 || !hf_is_ok(hf_base64_decode(text, &der))) {
        return malformed(reading->reterr, "header.x5c", "not strict base64 with padding");
    }
    *ret_der = hf_buf_view(&der);
    return HF_DONE;
}

/* = RFC 7515 4.1.6: the signer's certificate first; not base64url */
static hf_status read_certs(struct reading *reading, const struct hf_json *x5c)
{
    struct hf_jws *jws = &reading->jws;
    if (!reading->takes_certs) {
        return malformed(reading->reterr, "header.x5c", "certificates are not taken here");
    }
    if (x5c->type != HF_JSON_ARRAY || x5c->n_children < 1 || x5c->n_children > HF_JWS_MAX_CERTS) {
        return malformed(reading->reterr, "header.x5c", "not an array of 1 to 3 certificates");
    }
    for (const struct hf_json *cert = x5c->child; cert; cert = cert->next) {
        if (cert->type != HF_JSON_STRING) {
            return malformed(reading->reterr, "header.x5c", "a certificate is not a string");
        }
        HF_TRY(decode_cert(reading, cert->text, &jws->certs[jws->n_certs++]));
    }
    return HF_DONE;
}

static hf_status read_header(const struct hf_json *header, struct reading *reading)
{
    size_t n_known = 0;
    if (header->type != HF_JSON_OBJECT) {
        return malformed(reading->reterr, "header", "not an object");
    }
    const struct hf_json *x5c = hf_json_member(header, "x5c");
    if (x5c) {
        HF_TRY(read_certs(reading, x5c));
        n_known++;
    }
    for (size_t i = 0; i < N_HEADER_MEMBERS; i++) {
        const struct hf_json *value = hf_json_member(header, header_members[i].name);
        if (!value && x5c && header_members[i].is_instead_of_certs) {
            continue;
        }
        if (!value || value->type != HF_JSON_STRING) {
            return malformed(reading->reterr, header_members[i].where, "missing or not a string");
        }
        HF_TRY(header_members[i].set(&reading->jws, value->text, reading->reterr));
        n_known++;
    }
    if (header->n_children != n_known) { /* names are distinct: the parser saw to it */
        return malformed(reading->reterr, "header", "a member other than alg, typ, kid, x5c");
    }
    return HF_DONE;
}

static hf_status parse_header(hf_bytes text, struct reading *reading)
{
    const struct hf_json *header = NULL;
    hf_status status =
        hf_json_parse(text, &header_limits, reading->arena, &header, reading->reterr);
    if (status.code == HF_JSON_MALFORMED || status.code == HF_LIMIT) {
        return malformed(reading->reterr, "header", "not strict JSON within the limits");
    }
    HF_TRY(status);
    return read_header(header, reading);
}

static hf_status read_token(hf_bytes token, struct reading *reading)
{
    struct hf_jws *jws = &reading->jws;
    struct hf_problem *reterr = reading->reterr;
    struct token_parts parts;
    hf_bytes header = {0};
    hf_bytes signature = {0};
    HF_TRY(split(token, reading->bounds, &parts, reterr));
    HF_TRY(decode(reading->arena, parts.header, "header", &header, reterr));
    HF_TRY(parse_header(header, reading));
    HF_TRY(decode(reading->arena, parts.payload, "payload", &jws->payload, reterr));
    HF_TRY(decode(reading->arena, parts.signature, "signature", &signature, reterr));
    if (signature.size != sizeof(jws->signature)) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "signature", "not 64 bytes");
    }
    memcpy(jws->signature, signature.data, signature.size);
    jws->signing_input = hf_bytes_of(token.data, parts.header.size + 1 + parts.payload.size);
    return HF_DONE;
}

hf_status hf_jws_parse(hf_bytes token, struct hf_arena *arena, struct hf_jws *ret_jws,
                       struct hf_problem *reterr)
{
    struct reading reading = {.arena = arena, .bounds = &token_bounds, .reterr = reterr};
    HF_TRY(read_token(token, &reading));
    *ret_jws = reading.jws;
    return HF_DONE;
}

hf_status hf_jws_parse_document(hf_bytes document, struct hf_arena *arena, struct hf_jws *ret_jws,
                                struct hf_problem *reterr)
{
    struct reading reading = {.arena = arena, .bounds = &document_bounds, .reterr = reterr};
    HF_TRY(read_token(document, &reading));
    *ret_jws = reading.jws;
    return HF_DONE;
}

hf_status hf_jws_parse_certified(hf_bytes token, struct hf_arena *arena, struct hf_jws *ret_jws,
                                 struct hf_problem *reterr)
{
    struct reading reading = {
        .arena = arena, .bounds = &token_bounds, .takes_certs = true, .reterr = reterr};
    HF_TRY(read_token(token, &reading));
    *ret_jws = reading.jws;
    return HF_DONE;
}

hf_status hf_jws_verify(const struct hf_jws *jws, const struct hf_key *key)
{
    if (jws->alg != hf_key_alg(key)) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    return hf_key_verify(key, jws->signing_input,
                         hf_bytes_of(jws->signature, sizeof(jws->signature)));
}

/* ---- writing ---- */

static hf_status append_signed(const struct hf_key *key, const char *typ, hf_bytes payload,
                               hf_buf *token)
{
    HF_CLEANUP(hf_buf_clear) hf_buf header = hf_buf_init(SIGN_HEADER_MAX_BYTES);
    HF_TRY(hf_buf_printf(&header, "{\"alg\":\"%s\",\"typ\":", hf_alg_name(hf_key_alg(key))));
    HF_TRY(hf_json_write_string(&header, hf_bytes_of_string(typ)));
    HF_TRY(hf_buf_printf(&header, ",\"kid\":\"%s\"}", hf_key_thumbprint(key)));
    HF_TRY(hf_base64url_encode(hf_buf_view(&header), token));
    HF_TRY(hf_buf_append_byte(token, '.'));
    HF_TRY(hf_base64url_encode(payload, token));
    uint8_t signature[HF_SIGNATURE_BYTES];
    HF_TRY(hf_key_sign(key, hf_buf_view(token), signature));
    HF_TRY(hf_buf_append_byte(token, '.'));
    return hf_base64url_encode(hf_bytes_of(signature, sizeof(signature)), token);
}

/* A purpose of signing: whose bounds, which type. */
struct signing {
    const struct hf_key *key;
    const char *typ;
    const struct bounds *bounds;
};

static hf_status sign(const struct signing *signing, hf_bytes payload, hf_buf *buf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(signing->bounds->max_bytes);
    if (payload.size < 1 || payload.size > signing->bounds->max_payload_bytes) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(append_signed(signing->key, signing->typ, payload, &token));
    return hf_buf_append(buf, hf_buf_view(&token));
}

hf_status hf_jws_sign(const struct hf_key *key, const char *typ, hf_bytes payload, hf_buf *buf)
{
    return sign(&(struct signing){key, typ, &token_bounds}, payload, buf);
}

hf_status hf_jws_sign_document(const struct hf_key *key, const char *typ, hf_bytes payload,
                               hf_buf *buf)
{
    return sign(&(struct signing){key, typ, &document_bounds}, payload, buf);
}

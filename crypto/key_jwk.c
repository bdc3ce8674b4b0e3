/*
 * Public keys as JWK (RFC 7517, RFC 7518 6.2, RFC 8037; for SM2, which no registry knows, an EC key
 * with the curve "SM2", as programs in the field write it). A private part in a JWK is refused and
 * not ignored: who hands us one has sent a secret where a public key belongs and should hear of it.
 *
 * Members of our own key files (kid, not_before, not_after, disabled_at) are the caller's; what
 * the standard says about the key itself (alg, use, key_ops) must not contradict its use here.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/key_parts.h"

#include <stdio.h>

static hf_status refuse(struct hf_problem *reterr, enum hf_code code, const char *member,
                        const char *sentence)
{
    return hf_problem_set(reterr, code, member, "%s", sentence);
}

/* = RFC 7518 6.2.2, 6.3.2, 6.4: every member that is private in some kind of key */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static hf_status refuse_private_part(const struct hf_json *jwk, struct hf_problem *reterr)
{
    for (size_t i = 0; i < sizeof(private_members) / sizeof(private_members[0]); i++) {
        if (hf_json_member(jwk, private_members[i])) {
            return refuse(reterr, HF_KEY_MALFORMED, private_members[i],
                          "a private part stands where a public key is expected");
        }
    }
    return HF_DONE;
}

/* Which kty and crv make a key of which algorithm, and the width of a coordinate. */
static const struct kind {
    enum hf_alg alg;
    const char *kty;
    const char *crv;
    bool has_y;
} kinds[] = {
    {HF_ALG_ED25519, "OKP", "Ed25519", false},
    {HF_ALG_ES256, "EC", "P-256", true},
    {HF_ALG_SM2, "EC", "SM2", true},
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]), COORDINATE_BYTES = 32 };

static hf_status find_kind(const struct hf_json *jwk, const struct kind **ret_kind,
                           struct hf_problem *reterr)
{
    const struct hf_json *kty = hf_json_member(jwk, "kty");
    const struct hf_json *crv = hf_json_member(jwk, "crv");
    if (!kty || kty->type != HF_JSON_STRING) {
        return refuse(reterr, HF_KEY_MALFORMED, "kty", "kty is missing or not a string");
    }
    if (!hf_json_is_string(kty, "OKP") && !hf_json_is_string(kty, "EC")) {
        return refuse(reterr, HF_KEY_UNSUPPORTED, "kty",
                      "only keys of type OKP or EC are supported");
    }
    if (!crv || crv->type != HF_JSON_STRING) {
        return refuse(reterr, HF_KEY_MALFORMED, "crv", "crv is missing or not a string");
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        if (hf_json_is_string(kty, kinds[i].kty) && hf_json_is_string(crv, kinds[i].crv)) {
            *ret_kind = &kinds[i];
            return HF_DONE;
        }
    }
    return refuse(reterr, HF_KEY_UNSUPPORTED, "crv",
                  "only the curves Ed25519 (OKP), P-256 and SM2 (EC) are supported");
}

static bool allows_verify(const struct hf_json *key_ops)
{
    if (key_ops->type != HF_JSON_ARRAY) {
        return false;
    }
    for (const struct hf_json *op = key_ops->child; op; op = op->next) {
        if (hf_json_is_string(op, "verify")) {
            return true;
        }
    }
    return false;
}

static hf_status check_use(const struct hf_json *jwk, const struct kind *kind,
                           struct hf_problem *reterr)
{
    enum hf_alg alg;
    const struct hf_json *member = hf_json_member(jwk, "alg");
    if (member && (member->type != HF_JSON_STRING || !hf_alg_by_name(member->text, &alg) ||
                   alg != kind->alg)) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, "alg", "alg does not fit a key of %s",
                              kind->crv);
    }
    member = hf_json_member(jwk, "use");
    if (member && !hf_json_is_string(member, "sig")) {
        return refuse(reterr, HF_KEY_MALFORMED, "use", "the key is not for signatures");
    }
    member = hf_json_member(jwk, "key_ops");
    if (member && !allows_verify(member)) {
        return refuse(reterr, HF_KEY_MALFORMED, "key_ops", "the key is not for verifying");
    }
    return HF_DONE;
}

/* = RFC 7518 6.2.1.2, RFC 8037 2: the full width, leading zeros included */
static hf_status read_coordinate(const struct hf_json *jwk, const char *name,
                                 uint8_t ret_bytes[static COORDINATE_BYTES],
                                 struct hf_problem *reterr)
{
    const struct hf_json *member = hf_json_member(jwk, name);
    if (!member || member->type != HF_JSON_STRING ||
        !hf_is_ok(hf_base64url_decode_fixed(member->text, ret_bytes, COORDINATE_BYTES))) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, name, "%s is not 32 bytes in base64url",
                              name);
    }
    return HF_DONE;
}

static hf_status read_point(const struct hf_json *jwk, const struct kind *kind,
                            struct hf_key **ret_key, struct hf_problem *reterr)
{
    uint8_t point[2 * COORDINATE_BYTES];
    size_t n = kind->has_y ? sizeof(point) : COORDINATE_BYTES;
    HF_TRY(read_coordinate(jwk, "x", point, reterr));
    if (kind->has_y) {
        HF_TRY(read_coordinate(jwk, "y", point + COORDINATE_BYTES, reterr));
    } else if (hf_json_member(jwk, "y")) {
        return refuse(reterr, HF_KEY_MALFORMED, "y", "a key of type OKP has no y");
    }
    hf_status status = hf_key_from_public_part(kind->alg, hf_bytes_of(point, n), ret_key);
    if (status.code == HF_KEY_MALFORMED) {
        return refuse(reterr, HF_KEY_MALFORMED, "x",
                      "x is not a canonical point of the prime-order group");
    }
    return status;
}

hf_status hf_key_from_jwk(const struct hf_json *jwk, struct hf_key **ret_key,
                          struct hf_problem *reterr)
{
    const struct kind *kind = NULL;
    if (!jwk || jwk->type != HF_JSON_OBJECT) {
        return refuse(reterr, HF_KEY_MALFORMED, NULL, "a JWK is an object");
    }
    HF_TRY(refuse_private_part(jwk, reterr));
    HF_TRY(find_kind(jwk, &kind, reterr));
    HF_TRY(check_use(jwk, kind, reterr));
    return read_point(jwk, kind, ret_key, reterr);
}

/* = RFC 7638 3.2, RFC 8037 2: required members alone, sorted by name */
void hf_key_members(enum hf_alg alg, hf_bytes public_part,
                    char ret_members[static HF_KEY_MEMBERS_MAX_BYTES])
{
    char x[HF_BASE64URL_CHARS(COORDINATE_BYTES) + 1];
    char y[HF_BASE64URL_CHARS(COORDINATE_BYTES) + 1];
    const struct kind *kind = kinds;
    while (kind->alg != alg) { /* a key has one of them: key.c made it */
        kind++;
    }
    hf_base64url_encode_fixed(hf_bytes_of(public_part.data, COORDINATE_BYTES), x);
    int n = snprintf(ret_members, HF_KEY_MEMBERS_MAX_BYTES,
                     "\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"", kind->crv, kind->kty, x);
    if (kind->has_y) {
        hf_base64url_encode_fixed(hf_bytes_skip(public_part, COORDINATE_BYTES), y);
        snprintf(ret_members + n, HF_KEY_MEMBERS_MAX_BYTES - (size_t)n, ",\"y\":\"%s\"", y);
    }
}

hf_status hf_key_write_jwk(const struct hf_key *key, hf_buf *buf)
{
    char members[HF_KEY_MEMBERS_MAX_BYTES];
    hf_key_members(hf_key_alg(key), hf_key_public_part(key), members);
    return hf_buf_printf(buf, "{%s,\"alg\":\"%s\",\"kid\":\"%s\"}", members,
                         hf_alg_name(hf_key_alg(key)), hf_key_thumbprint(key));
}

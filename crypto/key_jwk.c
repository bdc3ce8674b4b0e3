/*
 * Public keys as JWK (RFC 7517, RFC 8037). A private part in a JWK is refused and not ignored: who
 * hands us one has sent a secret where a public key belongs and should hear of it.
 *
 * Members of our own key files (kid, not_before, not_after, disabled_at) are the caller's; what
 * the standard says about the key itself (alg, use, key_ops) must not contradict its use here.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/key_parts.h"

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

static hf_status check_kind(const struct hf_json *jwk, struct hf_problem *reterr)
{
    const struct hf_json *kty = hf_json_member(jwk, "kty");
    const struct hf_json *crv = hf_json_member(jwk, "crv");
    if (!kty || kty->type != HF_JSON_STRING) {
        return refuse(reterr, HF_KEY_MALFORMED, "kty", "kty is missing or not a string");
    }
    if (!hf_json_is_string(kty, "OKP")) {
        return refuse(reterr, HF_KEY_UNSUPPORTED, "kty", "only keys of type OKP are supported");
    }
    if (!crv || crv->type != HF_JSON_STRING) {
        return refuse(reterr, HF_KEY_MALFORMED, "crv", "crv is missing or not a string");
    }
    if (!hf_json_is_string(crv, "Ed25519")) {
        return refuse(reterr, HF_KEY_UNSUPPORTED, "crv", "only the curve Ed25519 is supported");
    }
    return HF_DONE;
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

static hf_status check_use(const struct hf_json *jwk, struct hf_problem *reterr)
{
    enum hf_alg alg = HF_ALG_SM2;
    const struct hf_json *member = hf_json_member(jwk, "alg");
    if (member && (member->type != HF_JSON_STRING || !hf_alg_by_name(member->text, &alg) ||
                   alg != HF_ALG_ED25519)) {
        return refuse(reterr, HF_KEY_MALFORMED, "alg", "alg does not fit an Ed25519 key");
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

hf_status hf_key_from_jwk(const struct hf_json *jwk, struct hf_key **ret_key,
                          struct hf_problem *reterr)
{
    if (!jwk || jwk->type != HF_JSON_OBJECT) {
        return refuse(reterr, HF_KEY_MALFORMED, NULL, "a JWK is an object");
    }
    HF_TRY(refuse_private_part(jwk, reterr));
    HF_TRY(check_kind(jwk, reterr));
    HF_TRY(check_use(jwk, reterr));
    uint8_t point[HF_ED25519_PUBLIC_BYTES];
    const struct hf_json *x = hf_json_member(jwk, "x");
    if (!x || x->type != HF_JSON_STRING ||
        !hf_is_ok(hf_base64url_decode_fixed(x->text, point, sizeof(point)))) {
        return refuse(reterr, HF_KEY_MALFORMED, "x", "x is not 32 bytes in base64url");
    }
    hf_status status = hf_key_from_ed25519_public(point, ret_key);
    if (status.code == HF_KEY_MALFORMED) {
        return refuse(reterr, HF_KEY_MALFORMED, "x",
                      "x is not a canonical point of the prime-order group");
    }
    return status;
}

hf_status hf_key_write_jwk(const struct hf_key *key, hf_buf *buf)
{
    char x[HF_ED25519_X_CHARS + 1];
    hf_key_ed25519_x(key, x);
    return hf_buf_printf(buf,
                         "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\",\"alg\":\"%s\","
                         "\"kid\":\"%s\"}",
                         x, hf_alg_name(hf_key_alg(key)), hf_key_thumbprint(key));
}

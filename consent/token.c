/*
 * The order of checks of a token, in one function that reads like the profile. What is cheap comes
 * first; a key is looked up before its curve is touched; nothing of the payload is believed, or
 * even parsed, before the signature holds.
 *
 * Invariant: a hf_token exists only if every check of hf_token_verify() passed, and nothing about
 * it changes afterwards.
 */
#include "consent/token.h"

#include "consent/judge.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A token's text, its parts decoded, their tree and the claims are some eight times its size; the
 * few that are longer than usual find the rest piece by piece. */
enum { TOKEN_ARENA_BYTES = 512 << 10, ARENA_TIMES_TEXT = 8, USUAL_ARENA_BYTES = 16 << 10 };

struct counted_token {
    struct hf_token token; /* first: a token is found back by its address */
    struct hf_arena arena;
    atomic_size_t n_refs;
};

static struct counted_token *counted(const struct hf_token *token)
{
    return (struct counted_token *)(uintptr_t)token;
}

const struct hf_token *hf_token_ref(const struct hf_token *token)
{
    atomic_fetch_add_explicit(&counted(token)->n_refs, 1, memory_order_relaxed);
    return token;
}

void hf_token_unref(const struct hf_token *token)
{
    if (!token || atomic_fetch_sub_explicit(&counted(token)->n_refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    hf_arena_clear(&counted(token)->arena);
    free(counted(token));
}

static void unref_token(struct hf_token **token)
{
    hf_token_unref(*token);
}

static hf_status reserve(struct hf_arena *arena, size_t text_bytes)
{
    size_t expected = ARENA_TIMES_TEXT * text_bytes;
    return hf_arena_reserve(arena, expected < USUAL_ARENA_BYTES ? expected : USUAL_ARENA_BYTES);
}

static hf_status new_token(hf_bytes text, struct hf_token **ret_token)
{
    struct counted_token *new = calloc(1, sizeof *new);
    if (!new) {
        HF_FAIL(NOMEM);
    }
    new->arena = hf_arena_init(TOKEN_ARENA_BYTES);
    atomic_init(&new->n_refs, 1);
    hf_status status = reserve(&new->arena, text.size);
    if (hf_is_ok(status)) {
        status = hf_arena_copy(&new->arena, text, &new->token.text);
    }
    if (!hf_is_ok(status)) {
        hf_token_unref(&new->token);
        return status;
    }
    *ret_token = &new->token;
    return HF_DONE;
}

/* One signed token on its way in. */
struct envelope {
    hf_bytes text;
    const char *typ;        /* what it must be */
    struct hf_arena *arena; /* decoded parts live there */
    struct hf_jws jws;
    struct hf_certified certified; /* zeroed: the token brings no certificates */
    const struct hf_key *key;      /* some grantor's: whose, only the payload says */
};

static void clear_envelope(struct envelope *envelope)
{
    hf_certified_clear(&envelope->certified);
}

static hf_status find_key_on_file(const struct hf_token_context *context, struct envelope *envelope,
                                  struct hf_problem *reterr)
{
    const struct hf_grantor_key *on_file =
        hf_grantors_any_key(context->grantors, envelope->jws.kid);
    if (!on_file) {
        return hf_problem_set(reterr, HF_GRANTOR_UNKNOWN, "header.kid", "names no key on file");
    }
    if (!on_file->key) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "header.kid",
                              "names a key of an algorithm that is not served");
    }
    envelope->key = on_file->key;
    return HF_DONE;
}

/* By kid, by certificates, or by both when they name one key. */
static hf_status find_key(const struct hf_token_context *context, struct envelope *envelope,
                          struct hf_problem *reterr)
{
    if (envelope->jws.kid.size > 0) {
        HF_TRY(find_key_on_file(context, envelope, reterr));
    }
    if (envelope->jws.n_certs == 0) {
        return HF_DONE;
    }
    HF_TRY(
        hf_authorities_certify(context->authorities, &envelope->jws, &envelope->certified, reterr));
    const struct hf_key *certified = envelope->certified.key;
    if (envelope->key &&
        strcmp(hf_key_thumbprint(envelope->key), hf_key_thumbprint(certified)) != 0) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "header.x5c",
                              "is about another key than kid");
    }
    envelope->key = certified;
    return HF_DONE;
}

/* Form, type, key on file or certified, signature. */
static hf_status open_envelope(const struct hf_token_context *context, struct envelope *envelope,
                               struct hf_problem *reterr)
{
    HF_TRY(context->authorities
               ? hf_jws_parse_certified(envelope->text, envelope->arena, &envelope->jws, reterr)
               : hf_jws_parse(envelope->text, envelope->arena, &envelope->jws, reterr));
    if (!hf_bytes_equal_string(envelope->jws.typ, envelope->typ)) {
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, "header.typ", "must be %s",
                              envelope->typ);
    }
    HF_TRY(find_key(context, envelope, reterr));
    hf_status status = hf_jws_verify(&envelope->jws, envelope->key);
    if (status.code == HF_SIGNATURE_INVALID) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, NULL,
                              "the signature does not hold");
    }
    return status;
}

static hf_status check_aud(const struct hf_token_context *context, hf_bytes aud,
                           struct hf_problem *reterr)
{
    return hf_bytes_equal_string(aud, context->audience)
               ? HF_DONE
               : hf_problem_set(reterr, HF_AUDIENCE_MISMATCH, "aud", "names another gateway");
}

static hf_status blame_iss(struct hf_problem *reterr)
{
    return hf_problem_set(reterr, HF_GRANTOR_UNKNOWN, "iss", "has no key of that kid on file");
}

/* The key that verified must be the issuer's own: on file for it, or certified to be. */
static hf_status check_iss(const struct hf_token_context *context, const struct envelope *envelope,
                           const char *iss, struct hf_problem *reterr)
{
    if (envelope->jws.kid.size > 0 &&
        !hf_grantors_key(context->grantors, hf_bytes_of_string(iss), envelope->jws.kid)) {
        return blame_iss(reterr);
    }
    if (envelope->jws.n_certs > 0 && strcmp(envelope->certified.iss, iss) != 0) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "iss",
                              "is not whom the certificate is about");
    }
    return HF_DONE;
}

static hf_status verify(const struct hf_token_context *context, struct hf_token *token,
                        struct hf_problem *reterr)
{
    struct hf_arena *arena = &counted(token)->arena;
    HF_CLEANUP(clear_envelope)
    struct envelope envelope = {.text = token->text, .typ = "consent+jwt", .arena = arena};
    HF_TRY(open_envelope(context, &envelope, reterr));
    HF_TRY(hf_claims_parse(envelope.jws.payload, &context->limits, arena, &token->claims, reterr));
    HF_TRY(check_iss(context, &envelope, token->claims.id.iss, reterr));
    HF_TRY(check_aud(context, token->claims.aud, reterr));
    hf_sha256_of(envelope.jws.payload, token->payload_sha256);
    const char *thumbprint = hf_key_thumbprint(envelope.key);
    hf_bytes kid = envelope.jws.kid;
    token->alg = hf_key_alg(envelope.key);
    token->is_on_file = kid.size > 0;
    kid = token->is_on_file ? kid : hf_bytes_of_string(thumbprint);
    memcpy(token->kid, kid.data, kid.size); /* of the envelope's form; zeroed behind */
    memcpy(token->thumbprint, thumbprint, sizeof token->thumbprint);
    token->certificate = envelope.certified.standing;
    return HF_DONE;
}

/* @sha256: of the text; NULL: it is not known yet */
static hf_status verify_text(const struct hf_token_context *context, hf_bytes text,
                             const uint8_t *sha256, struct hf_token **ret_token,
                             struct hf_problem *reterr)
{
    HF_CLEANUP(unref_token) struct hf_token *token = NULL;
    if (text.size > HF_JWS_MAX_BYTES) { /* before anything is copied */
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, NULL, "is larger than 16384 bytes");
    }
    HF_TRY(new_token(text, &token));
    HF_TRY(verify(context, token, reterr));
    if (sha256) {
        memcpy(token->sha256, sha256, sizeof token->sha256);
    } else {
        hf_sha256_of(token->text, token->sha256);
    }
    *ret_token = token;
    token = NULL;
    return HF_DONE;
}

hf_status hf_token_verify(const struct hf_token_context *context, hf_bytes text,
                          struct hf_token **ret_token, struct hf_problem *reterr)
{
    return verify_text(context, text, NULL, ret_token, reterr);
}

hf_status hf_token_verify_hashed(const struct hf_token_context *context, hf_bytes text,
                                 const uint8_t sha256[static HF_SHA256_BYTES],
                                 struct hf_token **ret_token, struct hf_problem *reterr)
{
    return verify_text(context, text, sha256, ret_token, reterr);
}

static hf_status blame_key(hf_status status, struct hf_problem *reterr)
{
    return hf_is_ok(status)
               ? status
               : hf_problem_set(reterr, status.code, "header.kid",
                                status.code == HF_CONSENT_REVOKED
                                    ? "names a key that has been disabled since"
                                    : "names a key that was not in force when the token came");
}

static hf_status judge_key(const struct hf_token_context *context, const struct hf_token *token,
                           int64_t received_unix_s, struct hf_problem *reterr)
{
    const struct hf_grantor_key *key =
        hf_grantors_key(context->grantors, hf_bytes_of_string(token->claims.id.iss),
                        hf_bytes_of_string(token->kid));
    if (!key) {
        return blame_iss(reterr);
    }
    if (!key->key || strcmp(hf_key_thumbprint(key->key), token->thumbprint) != 0) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "header.kid",
                              "names another key now");
    }
    return blame_key(hf_grantor_key_judge(key, received_unix_s, context->now_unix_s), reterr);
}

/* What the present authorities say of a token that older ones judged. */
static hf_status certify_again(const struct hf_token_context *context, const struct hf_token *token,
                               struct hf_certificate_standing *ret_standing,
                               struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    HF_CLEANUP(clear_envelope)
    struct envelope envelope = {.text = token->text, .typ = "consent+jwt", .arena = &arena};
    HF_TRY(open_envelope(context, &envelope, reterr));
    HF_TRY(check_iss(context, &envelope, token->claims.id.iss, reterr));
    *ret_standing = envelope.certified.standing;
    return HF_DONE;
}

static hf_status blame_certificate(hf_status status, struct hf_problem *reterr)
{
    return hf_is_ok(status)
               ? status
               : hf_problem_set(reterr, status.code, "header.x5c",
                                status.code == HF_CONSENT_REVOKED
                                    ? "has been revoked since"
                                    : "was not valid when the token came, or its issuer's list of "
                                      "revocations is too old");
}

static hf_status judge_certificate(const struct hf_token_context *context,
                                   const struct hf_token *token, int64_t received_unix_s,
                                   struct hf_problem *reterr)
{
    struct hf_certificate_standing standing = token->certificate;
    if (!context->authorities) {
        return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "header.x5c",
                              "certificates are taken no more");
    }
    if (standing.set != hf_authorities_set(context->authorities)) {
        HF_TRY(certify_again(context, token, &standing, reterr));
    }
    return blame_certificate(hf_certificate_judge(&standing, received_unix_s, context->now_unix_s),
                             reterr);
}

hf_status hf_token_judge(const struct hf_token_context *context, const struct hf_token *token,
                         int64_t received_unix_s, struct hf_problem *reterr)
{
    if (token->is_on_file) {
        HF_TRY(judge_key(context, token, received_unix_s, reterr));
    }
    if (token->certificate.set) {
        HF_TRY(judge_certificate(context, token, received_unix_s, reterr));
    }
    return hf_claims_judge_time(&token->claims, context->now_unix_s, reterr);
}

hf_status hf_token_type_of(hf_bytes text, enum hf_token_type *ret_type, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TOKEN_ARENA_BYTES);
    struct hf_jws jws;
    HF_TRY(hf_jws_parse_certified(text, &arena, &jws, reterr)); /* whether they are taken: later */
    *ret_type = HF_TOKEN_OTHER;
    if (hf_bytes_equal_string(jws.typ, "consent+jwt")) {
        *ret_type = HF_TOKEN_CONSENT;
    } else if (hf_bytes_equal_string(jws.typ, "consent-revocation+jwt")) {
        *ret_type = HF_TOKEN_REVOCATION;
    } else if (hf_bytes_equal_string(jws.typ, "consent-status+jwt")) {
        *ret_type = HF_TOKEN_STATUS;
    }
    return HF_DONE;
}

/* Whether the envelope's signer may sign for @iss at this moment. */
static hf_status judge_signer(const struct hf_token_context *context,
                              const struct envelope *envelope, const char *iss,
                              struct hf_problem *reterr)
{
    int64_t now = context->now_unix_s;
    if (envelope->jws.kid.size > 0) {
        const struct hf_grantor_key *key =
            hf_grantors_key(context->grantors, hf_bytes_of_string(iss), envelope->jws.kid);
        HF_TRY(key ? blame_key(hf_grantor_key_judge(key, now, now), reterr) : blame_iss(reterr));
    }
    return envelope->jws.n_certs == 0
               ? HF_DONE
               : blame_certificate(hf_certificate_judge(&envelope->certified.standing, now, now),
                                   reterr);
}

hf_status hf_act_verify(const struct hf_token_context *context, hf_bytes text,
                        struct hf_act *ret_act, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TOKEN_ARENA_BYTES);
    HF_CLEANUP(clear_envelope)
    struct envelope envelope = {.text = text, .typ = "consent-revocation+jwt", .arena = &arena};
    enum hf_token_type type;
    struct hf_act act;
    hf_bytes aud;
    HF_TRY(hf_token_type_of(text, &type, reterr));
    if (type == HF_TOKEN_STATUS) {
        envelope.typ = "consent-status+jwt";
    }
    HF_TRY(open_envelope(context, &envelope, reterr));
    HF_TRY(type == HF_TOKEN_STATUS
               ? hf_act_parse_status(envelope.jws.payload, &arena, &act, &aud, reterr)
               : hf_act_parse_revocation(envelope.jws.payload, &arena, &act, &aud, reterr));
    HF_TRY(check_iss(context, &envelope, act.id.iss, reterr));
    HF_TRY(check_aud(context, aud, reterr));
    HF_TRY(judge_signer(context, &envelope, act.id.iss, reterr));
    if (act.iat_unix_s > context->now_unix_s + HF_CLAIMS_SKEW_S) {
        return hf_problem_set(reterr, HF_CONSENT_NOT_YET_VALID, "iat", "lies in the future");
    }
    *ret_act = act;
    return HF_DONE;
}

hf_status hf_request_proof_verify(const struct hf_token_context *context, hf_bytes text,
                                  struct hf_request_proof *ret_proof, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TOKEN_ARENA_BYTES);
    HF_CLEANUP(clear_envelope)
    struct envelope envelope = {.text = text, .typ = "request-proof+jwt", .arena = &arena};
    struct hf_request_proof proof;
    hf_bytes aud;
    HF_TRY(open_envelope(context, &envelope, reterr));
    HF_TRY(hf_request_proof_parse(envelope.jws.payload, &arena, &proof, &aud, reterr));
    HF_TRY(check_iss(context, &envelope, proof.iss, reterr));
    HF_TRY(check_aud(context, aud, reterr));
    HF_TRY(judge_signer(context, &envelope, proof.iss, reterr));
    *ret_proof = proof;
    return HF_DONE;
}

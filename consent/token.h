/*
 * Signed tokens about consents: verified once, then immutable and shared.
 *
 * hf_token_verify() answers what cannot change while the grantors' keys stay as they are: form,
 * signature, claims, audience. What changes from one access to the next (the hour, states, uses,
 * who presents it and for what) is judged each time by consent/judge.h.
 */
#pragma once

#include "base/status.h"
#include "consent/act.h"
#include "consent/authorities.h"
#include "consent/claims.h"
#include "consent/grantors.h"
#include "consent/request_proof.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

/* What tokens are verified against. Borrowed during the call. */
struct hf_token_context {
    const struct hf_grantors *grantors;
    const char *audience; /* this gateway's exact identifier */
    struct hf_claims_limits limits;
    int64_t now_unix_s;
    const struct hf_authorities *authorities; /* NULL: x5c is refused */
};

/* A verified consent. Read-only for everyone; any thread. */
struct hf_token {
    struct hf_claims claims;
    hf_bytes text;                           /* the token as received */
    uint8_t sha256[HF_SHA256_BYTES];         /* of the text */
    uint8_t payload_sha256[HF_SHA256_BYTES]; /* of the decoded payload: what R18 compares */
    enum hf_alg alg;
    char kid[HF_KID_MAX_BYTES + 1];           /* without one in the header: the thumbprint */
    bool is_on_file;                          /* the header had a kid */
    char thumbprint[HF_THUMBPRINT_CHARS + 1]; /* of the key that verified it */
    struct hf_certificate_standing certificate;
};

/**
 * hf_token_verify() - check a consent token, in this order: size, parts, header, key on file or
 *                     chain of certificates, signature, payload, claims, audience
 * @text:      borrowed; untrusted; 1..HF_JWS_MAX_BYTES
 * @ret_token: set only on success; caller owns a reference, hf_token_unref()
 * @reterr:    may be NULL; where = the attribute to blame
 *
 * Nothing of the payload is used before the signature holds; an unknown kid is refused before any
 * curve arithmetic. Key standing, the certificates' too, and the hour are left to hf_token_judge().
 * Cost: one signature check, with x5c one more for each certificate. Errors: CONSENT_MALFORMED,
 * GRANTOR_UNKNOWN, CONSENT_SIGNATURE_INVALID, AUDIENCE_MISMATCH, AGENT_INVALID,
 * PERSON_CONSENT_REQUIRED, NOMEM. Source: RFC 7515 5.2, RFC 8725 3, docs/consent-token.md.
 */
hf_status hf_token_verify(const struct hf_token_context *context, hf_bytes text,
                          struct hf_token **ret_token, struct hf_problem *reterr);

/* The same for who knows the text's digest, because the token was looked for by it. */
hf_status hf_token_verify_hashed(const struct hf_token_context *context, hf_bytes text,
                                 const uint8_t sha256[static HF_SHA256_BYTES],
                                 struct hf_token **ret_token, struct hf_problem *reterr);

/**
 * hf_token_judge() - key standing and the hour
 * @received_unix_s: when the gateway first received it; context->now_unix_s for a new one
 *
 * The key is looked up again in @context, so that a token verified under an older set answers to
 * the present one; so are certificates when the authorities have changed. Cost: a hash look-up.
 * Errors: GRANTOR_UNKNOWN, CONSENT_SIGNATURE_INVALID, CONSENT_REVOKED (key disabled),
 * CONSENT_NOT_YET_VALID, CONSENT_EXPIRED, AGENT_INVALID.
 */
hf_status hf_token_judge(const struct hf_token_context *context, const struct hf_token *token,
                         int64_t received_unix_s, struct hf_problem *reterr);

const struct hf_token *hf_token_ref(const struct hf_token *token);
void hf_token_unref(const struct hf_token *token); /* NULL is fine */

/* What a token claims to be, unverified: to route it. */
enum hf_token_type {
    HF_TOKEN_OTHER,
    HF_TOKEN_CONSENT,
    HF_TOKEN_REVOCATION,
    HF_TOKEN_STATUS /* pause, resume */
};

/**
 * hf_token_type_of() - the header's `typ`, after the whole header profile was checked
 *
 * Errors: CONSENT_MALFORMED, CONSENT_SIGNATURE_INVALID, NOMEM.
 */
hf_status hf_token_type_of(hf_bytes text, enum hf_token_type *ret_type, struct hf_problem *reterr);

/**
 * hf_act_verify() - check a `consent-revocation+jwt` or a `consent-status+jwt`, key standing at now
 *                   included
 *
 * Any key in force of the same iss may sign. Errors: as hf_token_verify() and hf_token_judge().
 */
hf_status hf_act_verify(const struct hf_token_context *context, hf_bytes text,
                        struct hf_act *ret_act, struct hf_problem *reterr);

/**
 * hf_request_proof_verify() - check a `request-proof+jwt`, key standing at now included
 *
 * Whether it fits the request and is fresh: hf_request_proof_judge(). Whether it was used before:
 * the caller's. Errors: as hf_act_verify().
 */
hf_status hf_request_proof_verify(const struct hf_token_context *context, hf_bytes text,
                                  struct hf_request_proof *ret_proof, struct hf_problem *reterr);

/*
 * What is said about consents that were given: this one ends, all of mine end, this one rests, this
 * one goes on. A grantor says it in a signed token, an operator by an order.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "consent/id.h"

enum hf_revocation_reason {
    HF_REVOCATION_WITHDRAWN,
    HF_REVOCATION_KEY_COMPROMISE,
    HF_REVOCATION_SUPERSEDED,
    HF_REVOCATION_ENDED,
    HF_N_REVOCATION_REASONS,                        /* that a grantor may give */
    HF_REVOCATION_ORDERED = HF_N_REVOCATION_REASONS /* by the operator: never in a token */
};

const char *hf_revocation_reason_name(enum hf_revocation_reason reason); /* "withdrawn" … */

/* The reasons that a grantor may give. */
bool hf_revocation_reason_by_name(hf_bytes name, enum hf_revocation_reason *ret_reason);

enum hf_act_kind {
    HF_ACT_REVOKE, /* final */
    HF_ACT_PAUSE,
    HF_ACT_RESUME
};

/* "revoked" "paused" "active": the state that an act leads to, as answers and records say it. */
const char *hf_act_state_name(enum hf_act_kind kind);

enum { HF_REFERENCE_MAX_BYTES = 128 };

struct hf_act {
    enum hf_act_kind kind;
    struct hf_consent_id id; /* an empty jti: every consent of this iss so far; revocations only */
    char jti[HF_JTI_MAX_BYTES + 1]; /* the token's own; empty: there is no token */
    int64_t iat_unix_s;
    enum hf_revocation_reason reason;           /* of a revocation */
    char reference[HF_REFERENCE_MAX_BYTES + 1]; /* of an order; else empty */
};

/* Whether it reaches every consent of its issuer. */
bool hf_act_is_of_all(const struct hf_act *act);

/**
 * hf_act_parse_revocation() - read the payload of a `consent-revocation+jwt`
 * @ret_aud: view into @arena
 *
 * Claims exactly: ver iss aud jti revokes iat reason; `revokes` is a consent's jti, or `*`.
 * Errors: CONSENT_MALFORMED, AUDIENCE_MISMATCH (an array), NOMEM.
 */
hf_status hf_act_parse_revocation(hf_bytes payload, struct hf_arena *arena, struct hf_act *ret_act,
                                  hf_bytes *ret_aud, struct hf_problem *reterr);

/**
 * hf_act_parse_status() - read the payload of a `consent-status+jwt`
 *
 * Claims exactly: ver iss aud jti revokes iat state; `revokes` is the consent's jti, as in a
 * revocation, `state` is `active` or `paused`. Errors: as above.
 */
hf_status hf_act_parse_status(hf_bytes payload, struct hf_arena *arena, struct hf_act *ret_act,
                              hf_bytes *ret_aud, struct hf_problem *reterr);

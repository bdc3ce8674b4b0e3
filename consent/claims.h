/*
 * The payload of a consent as plain typed values. The profile is closed: a claim, a member or a
 * name outside of it is refused, never ignored, and each mistake names its attribute
 * (`authorization_details[1].range.to`). docs/consent-token.md is the profile.
 */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "consent/id.h"
#include "consent/scope.h"
#include "crypto/hash.h"
#include "crypto/key.h"

enum {
    HF_CLAIMS_MAX_SCOPES = 16,
    HF_CLAIMS_SKEW_S = 60 /* on iat and nbf; exp has none */
};

/* Longest exp - nbf that is accepted; where several apply the shortest counts. */
struct hf_claims_limits {
    int64_t pre_loan_s;
    int64_t loan_s;   /* in_loan, post_loan */
    int64_t person_s; /* a token that releases a personal class */
};

/* 90 days; 3 x 366 days; 366 days. */
struct hf_claims_limits hf_claims_limits_default(void);

/* Who signs for an enterprise when it is not the enterprise's own key. */
enum hf_act_role { HF_ACT_NONE, HF_ACT_LEGAL_REP, HF_ACT_AGENT, HF_ACT_BRANCH };

/* Views point into the arena that was given to the parser. */
struct hf_claims {
    struct hf_consent_id id; /* iss, jti */
    enum hf_subject_kind iss_kind;
    hf_bytes sub; /* equal to iss */
    hf_bytes aud;
    hf_bytes rcpt; /* "uscc:…" */
    int64_t iat_unix_s;
    int64_t nbf_unix_s;
    int64_t exp_unix_s;
    hf_bytes nonce;
    unsigned purposes;
    hf_bytes loan_ref; /* empty: absent */
    const struct hf_scope *scopes;
    size_t n_scopes;
    uint32_t max_total;
    bool has_window;
    enum hf_window window;
    uint32_t window_count;
    bool window_is_narrowed; /* by a ceiling (ceiling.h), not the grantor's own */
    int32_t data_life_days;
    bool has_cert_sha256; /* cnf x5t#S256 */
    uint8_t cert_sha256[HF_SHA256_BYTES];
    hf_bytes jkt; /* cnf jkt, 43 characters; empty: absent */
    enum hf_act_role act_role;
    hf_bytes act_sub;
    int64_t act_poa_exp_unix_s; /* 0: absent */
    hf_bytes notice_id;
    hf_bytes notice_ver;
    bool has_status_idx;
    uint32_t status_idx;
};

/**
 * hf_claims_parse() - read the payload of a consent
 * @payload: verified bytes; copied into the arena as far as they are kept
 * @limits:  borrowed
 * @arena:   holds the views of @ret_claims
 * @reterr:  may be NULL; where = the attribute; offset, line and column are of the payload
 *
 * Pure: judges form and what follows from the token alone, neither the hour nor who presents it.
 * Errors: CONSENT_MALFORMED; AGENT_INVALID (an agent without power of attorney);
 * PERSON_CONSENT_REQUIRED (an enterprise's token that names a personal class); NOMEM.
 */
hf_status hf_claims_parse(hf_bytes payload, const struct hf_claims_limits *limits,
                          struct hf_arena *arena, struct hf_claims *ret_claims,
                          struct hf_problem *reterr);

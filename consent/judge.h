/*
 * Whether the consents of a request allow an access: pure functions over claims and what is asked,
 * judged every time. Nothing here reads a clock, a file or a shared word.
 *
 * Two scopes never combine: a field is released only if one scope covers dataset, detail, all
 * actions, purpose, class and date together. So the answer is a list of scopes that cover the
 * access, each with the classes that it releases.
 */
#pragma once

#include "base/status.h"
#include "base/vocabulary.h"
#include "consent/claims.h"

enum {
    HF_CONSENTS_MAX = 8, /* in one request: at most one of an enterprise */
    HF_COVERS_MAX = HF_CONSENTS_MAX * HF_CLAIMS_MAX_SCOPES
};

/* One access, as far as consents judge it. All views borrowed. */
struct hf_consent_access {
    hf_bytes bank;              /* bare USCC of the TLS peer */
    const uint8_t *cert_sha256; /* HF_SHA256_BYTES, of the peer's certificate */
    hf_bytes cert_jkt;          /* RFC 7638 thumbprint of its key */
    hf_bytes subject;           /* "uscc:…" or "person:…" */
    enum hf_subject_kind subject_kind;
    hf_bytes dataset; /* "tax/payment" */
    enum hf_detail_kind detail;
    bool is_dated;  /* the operation has dated rows: a scope without a range does not cover it */
    bool has_range; /* the request itself asks for a range of days */
    struct hf_date_span range;
    unsigned purpose;  /* one HF_PURPOSE_* bit */
    unsigned actions;  /* at least one */
    hf_bytes loan_ref; /* `consent-loan`; empty: none */
};

/* One scope that covers the access. */
struct hf_cover {
    size_t consent; /* index into the claims that were judged */
    const struct hf_scope *scope;
    unsigned classes;          /* HF_FIELD_*: public, and what this scope releases */
    struct hf_date_span range; /* the scope's; a ceiling may narrow it */
    bool by_subject;           /* of the person whom the access is about: the subject, or who trades
                                  as the sole trader that is the subject */
};

struct hf_consent_judgement {
    enum hf_verdict verdict;
    size_t n_covers;
    struct hf_cover covers[HF_COVERS_MAX]; /* the subject's own consents before others' */
};

/* Errors: RECIPIENT_MISMATCH. @bank is a bare USCC. */
hf_status hf_claims_judge_recipient(const struct hf_claims *claims, hf_bytes bank,
                                    struct hf_problem *reterr);

/* Each member of cnf must match. Errors: BINDING_MISMATCH. */
hf_status hf_claims_judge_binding(const struct hf_claims *claims, const uint8_t *cert_sha256,
                                  hf_bytes cert_jkt, struct hf_problem *reterr);

/* Errors: CONSENT_NOT_YET_VALID, CONSENT_EXPIRED, AGENT_INVALID (power of attorney past). */
hf_status hf_claims_judge_time(const struct hf_claims *claims, int64_t now_unix_s,
                               struct hf_problem *reterr);

/* The token's purposes and, for a loan, its reference. Errors: PURPOSE_DENIED. */
hf_status hf_claims_judge_purpose(const struct hf_claims *claims, unsigned purpose,
                                  hf_bytes loan_ref, struct hf_problem *reterr);

/* One scope alone. Errors: SCOPE_DENIED, PURPOSE_DENIED, ACTION_DENIED, RANGE_DENIED. */
hf_status hf_scope_judge(const struct hf_scope *scope, const struct hf_consent_access *access);

/**
 * hf_consents_judge() - all consents of one request together
 * @claims:        of verified tokens that stand and whose hour it is
 * @ret_judgement: set only on success; verdict is then ALLOW
 *
 * Every one presented must hold: recipient, binding, purpose, and at least one scope. At most one
 * is of an enterprise and it is about the subject; a person's access needs that person's consent; a
 * sole trader's needs, beside the enterprise's token signed by its legal representative, that
 * person's. When none of a consent's scopes covers, the refusal is that of the one that came
 * furthest.
 * Errors: CONSENT_MISSING (none), REQUEST_MALFORMED (two enterprises, the same twice, more than 8),
 * SUBJECT_MISMATCH, RECIPIENT_MISMATCH, BINDING_MISMATCH, PURPOSE_DENIED, ACTION_DENIED,
 * SCOPE_DENIED, RANGE_DENIED, PERSON_CONSENT_REQUIRED.
 */
hf_status hf_consents_judge(const struct hf_consent_access *access,
                            const struct hf_claims *const *claims, size_t n_claims,
                            struct hf_consent_judgement *ret_judgement, struct hf_problem *reterr);

/*
 * The decision: may this bank see this, and which fields of it. The one place that knows consents,
 * policy and the log's words for both; docs/architecture.md shows who calls it.
 */
#pragma once

#include "audit/detail.h"
#include "base/status.h"
#include "crypto/cert.h"
#include "crypto/mac.h"
#include "gateway/ceilings.h"
#include "gateway/held.h"
#include "gateway/snapshot.h"
#include "policy/compile.h"
#include "policy/route.h"

/* One access as it is asked for. All borrowed during the call. */
struct hf_decide_request {
    const struct hf_snapshot *snapshot;
    const struct hf_bank *bank;
    const struct hf_cert_info *cert; /* of this connection */
    const struct hf_operation *operation;
    hf_bytes subject; /* "uscc:…" or "person:…" */
    enum hf_subject_kind subject_kind;
    const struct hf_request_fields *fields;
    const struct hf_held_consent *consents; /* fields->n_consents of them; NULL: they do not hold */
    int64_t now_unix_s;
    struct hf_view_cache *views; /* of this worker */
};

/* Zeroed, it is a denial. */
struct hf_decision {
    enum hf_verdict verdict;
    enum hf_code code;             /* why not; OK when allowed */
    struct hf_compiled_view *view; /* ours; NULL when denied */
    uint32_t charged;              /* bit i: consent i loses one use */
    unsigned agreed_classes;       /* HF_FIELD_*: that the agreement allowed */
    bool has_delete_by;
    int32_t delete_by_day;     /* the last day on which the bank may hold what it got */
    struct hf_ceiling ceiling; /* what the operator took away of the consents' reach */
};

/**
 * hf_decide() - judge one access
 * @ret_decision: always filled; caller owns, hf_decision_clear()
 * @reterr:       may be NULL; `where` is the attribute to blame, if one is
 *
 * Order: consents present where needed; purpose and actions said; all consents together cover it;
 * the ceilings; the agreement; the view; something is left to release. Reads no clock, no disk; its
 * only outside reads are the entries' state words. Cost: a SHA-256 over the scopes when the view is
 * cached. Codes: see docs/threat-model.md; any fault of ours is a denial with that fault's code.
 */
void hf_decide(const struct hf_decide_request *request, struct hf_decision *ret_decision,
               struct hf_problem *reterr);
void hf_decision_clear(struct hf_decision *decision); /* accepts a zeroed one */

/**
 * hf_decide_again() - whether an access that was allowed still may go on
 *
 * Asked when the snapshot has changed under it, and at the release of HEADERS: the bank and its
 * certificate, each key, each hour, the agreement and the ceilings, neither of which may have
 * become narrower. Codes: those of hf_decide().
 */
hf_status hf_decide_again(const struct hf_decide_request *request,
                          const struct hf_decision *decision);

/* The bank of that certificate, if it is on file, enabled and within its dates; or NULL. */
const struct hf_bank *hf_decide_bank(const struct hf_snapshot *snapshot,
                                     const struct hf_cert_info *cert, int64_t now_unix_s);

/**
 * hf_decide_subject() - the party that a route's subject is
 * @pseudonym: turns an ID number into a name; the number itself goes nowhere
 * @arena:     holds the result
 *
 * Errors: NOMEM.
 */
hf_status hf_decide_subject(const struct hf_route *route, const struct hf_mac_key *pseudonym,
                            struct hf_arena *arena, hf_bytes *ret_subject);

/* Uses of the consents of one access. */
struct hf_held_uses {
    struct hf_use uses[HF_REQUEST_MAX_CONSENTS];
    size_t n_uses;
};

/**
 * hf_decision_reserve() - take one use of every charged consent, or of none
 * @unix_s: the second that the access record will carry
 *
 * Errors: USE_LIMIT, CONSENT_REVOKED (paused alike).
 */
hf_status hf_decision_reserve(const struct hf_decision *decision,
                              const struct hf_held_consent *consents, int64_t unix_s,
                              struct hf_held_uses *ret_uses);

/**
 * hf_decide_describe() - what a record tells of purpose, consents and view
 * @arena:  holds the lists
 * @detail: members of the access and its consents are set, the rest is left alone
 *
 * Errors: NOMEM.
 */
hf_status hf_decide_describe(const struct hf_decide_request *request,
                             const struct hf_decision *decision, struct hf_arena *arena,
                             struct hf_detail *detail);

/*
 * The operator's ceilings over one access.
 */
#pragma once

#include "base/arena.h"
#include "consent/ceiling.h"
#include "consent/judge.h"
#include "gateway/held.h"

/* What is asked, as far as ceilings tell accesses apart. All borrowed. */
struct hf_ceilings_request {
    const struct hf_ceilings *ceilings; /* NULL: none */
    hf_bytes bank;                      /* bare USCC */
    unsigned purpose;
    hf_bytes dataset;
    const struct hf_held_consent *consents;
    size_t n_consents;
    int64_t now_unix_s;
};

/**
 * hf_ceilings_meet() - judge every consent of an access, and the scopes that cover it
 * @judgement:   its covers' ranges are narrowed where a limit clamps; NULL: the consents alone
 * @ret_ceiling: what bounds the access, and what of it was clamped; set only on success
 *
 * Cost: O(rules), none without a table; no allocation. Errors: CEILING_EXCEEDED, CONSENT_EXPIRED.
 */
hf_status hf_ceilings_meet(const struct hf_ceilings_request *request,
                           struct hf_consent_judgement *judgement, struct hf_ceiling *ret_ceiling,
                           struct hf_problem *reterr);

/* What was clamped, as a list of RFC 8941 dictionary members in @arena. Errors: NOMEM. */
hf_status hf_ceilings_list(const struct hf_ceiling *ceiling, struct hf_arena *arena,
                           const hf_bytes **ret_items, size_t *ret_n_items);

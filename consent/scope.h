/*
 * One scope of a consent: datasets, what may be done with them, which classes of fields it releases
 * and for which days. Two scopes never combine into a wider one.
 */
#pragma once

#include "base/arena.h"
#include "base/date.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "consent/members.h"

enum {
    HF_SCOPE_MAX_DATASETS = 32,
    HF_SCOPE_MAX_FIELDS = 64,
    HF_SCOPE_MAX_RANGE_DAYS = 1827 /* five years, both ends counted */
};

/* One object of authorization_details. Views point into the arena of its claims. */
struct hf_scope {
    const hf_bytes *datasets; /* "tax/payment", as written */
    size_t n_datasets;
    const hf_bytes *fields; /* paths; none: every leaf whose class the scope covers */
    size_t n_fields;
    unsigned actions;  /* HF_ACTION_* */
    unsigned classes;  /* HF_FIELD_*, never HF_FIELD_PUBLIC: public needs no consent */
    unsigned purposes; /* HF_PURPOSE_*: narrowed, or the token's own */
    bool has_range;
    struct hf_date_span range; /* both ends belong to it */
    enum hf_detail_kind detail;
    hf_bytes canonical; /* the scope as RFC 8785 JSON: key of the view cache */
};

/**
 * hf_scope_parse() - read one element of `authorization_details`
 * @element:  the payload's text, code, reterr; object and path are the element's:
 *            "authorization_details[1]"
 * @purposes: the token's own, which the scope may narrow
 * @arena:    what the views point into; must hold the parsed tree as well
 *
 * Errors: CONSENT_MALFORMED, NOMEM.
 */
hf_status hf_scope_parse(const struct hf_members *element, unsigned purposes,
                         struct hf_arena *arena, struct hf_scope *ret_scope);

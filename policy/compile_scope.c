/*
 * Decides what the presented scopes reach. Invariant: two scopes never combine. One scope is asked
 * about everything at once (dataset, detail, purpose, actions, class, field, dates); nothing is
 * ever taken from one and completed from another. It takes for granted that each scope's consent
 * holds for this bank and subject: that was judged before.
 */
#include "policy/compile_scope.h"

static bool list_has(const hf_bytes *texts, size_t n, hf_bytes text)
{
    for (size_t i = 0; i < n; i++) {
        if (hf_bytes_equal(texts[i], text)) {
            return true;
        }
    }
    return false;
}

/* How near a scope comes: the later the obstacle, the nearer. */
static enum hf_code judge(const struct hf_view_request *request, const struct hf_grant_scope *scope,
                          unsigned *ret_nearness)
{
    const struct hf_operation *operation = request->operation;
    *ret_nearness = 1;
    if (!list_has(scope->datasets, scope->n_datasets, operation->dataset) ||
        (operation->detail == HF_DETAIL_RECORDS && scope->detail != HF_DETAIL_RECORDS)) {
        return HF_SCOPE_DENIED;
    }
    *ret_nearness = 2;
    if ((scope->purposes & request->purpose) == 0) {
        return HF_PURPOSE_DENIED;
    }
    *ret_nearness = 3;
    if (request->actions == 0 || (request->actions & ~scope->actions) != 0) {
        return HF_ACTION_DENIED;
    }
    *ret_nearness = 4;
    return operation->rows && !scope->has_range ? HF_RANGE_DENIED : HF_OK;
}

struct hf_reach hf_scopes_reach(const struct hf_view_request *request)
{
    struct hf_reach reach = {.coverage = HF_CONSENT_MISSING};
    unsigned nearest = 0;
    for (size_t i = 0; i < request->n_scopes; i++) {
        unsigned nearness = 0;
        enum hf_code code = judge(request, &request->scopes[i], &nearness);
        if (code == HF_OK) {
            return (struct hf_reach){.leading = &request->scopes[i], .coverage = HF_OK};
        }
        if (nearness > nearest) {
            nearest = nearness;
            reach.coverage = code;
        }
    }
    return reach;
}

/* Whose consent a class needs: a person's own for personal classes; for an enterprise's secrets the
 * enterprise's. */
static bool grantor_may_release(const struct hf_view_request *request,
                                const struct hf_grant_scope *scope, unsigned class)
{
    bool by_person = scope->grantor_kind == HF_SUBJECT_PERSON;
    if (class & HF_FIELD_OF_PERSON) {
        return by_person;
    }
    return by_person == (request->subject_kind == HF_SUBJECT_PERSON);
}

static bool range_contains(const struct hf_grant_scope *outer, const struct hf_grant_scope *inner)
{
    return outer->range.first_day <= inner->range.first_day &&
           outer->range.last_day >= inner->range.last_day;
}

/* Whether a scope reaches the leaf, were it of that class. */
static bool reaches(const struct hf_view_request *request, const struct hf_grant_scope *scope,
                    const struct hf_schema_field *leaf, unsigned class)
{
    unsigned nearness;
    return judge(request, scope, &nearness) == HF_OK && (scope->classes & class) &&
           (scope->n_fields == 0 || list_has(scope->fields, scope->n_fields, leaf->path));
}

const struct hf_grant_scope *hf_scopes_cover(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    for (size_t i = 0; reach->leading && i < request->n_scopes; i++) {
        const struct hf_grant_scope *scope = &request->scopes[i];
        if (reaches(request, scope, leaf, leaf->class) &&
            grantor_may_release(request, scope, leaf->class) &&
            (!in_rows || range_contains(scope, reach->leading))) {
            return scope;
        }
    }
    return NULL;
}

const struct hf_grant_scope *hf_scopes_agree(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    for (size_t i = 0; reach->leading && i < request->n_scopes; i++) {
        const struct hf_grant_scope *scope = &request->scopes[i];
        if (scope->by_trader && scope->grantor_kind == HF_SUBJECT_PERSON &&
            reaches(request, scope, leaf, HF_FIELD_PERSONAL) &&
            (!in_rows || range_contains(scope, reach->leading))) {
            return scope;
        }
    }
    return NULL;
}

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

bool hf_scopes_within_bounds(const struct hf_view_request *request)
{
    if (request->n_scopes > HF_GRANT_MAX_SCOPES) {
        return false;
    }
    for (size_t i = 0; i < request->n_scopes; i++) {
        if (request->scopes[i].consent >= HF_GRANT_MAX_CONSENTS) {
            return false;
        }
    }
    return true;
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

/* A leaf as a scope is asked about it. */
struct asked {
    const struct hf_view_request *request;
    const struct hf_reach *reach;
    const struct hf_schema_field *leaf;
    unsigned class; /* that the scope must hold: the leaf's own, or what it is to a person */
    bool in_rows;
};

static enum hf_lack lack_of(const struct asked *asked, const struct hf_grant_scope *scope)
{
    unsigned nearness;
    if (!asked->reach->leading || judge(asked->request, scope, &nearness) != HF_OK) {
        return HF_LACK_SCOPE;
    }
    if (!(scope->classes & asked->class)) {
        return HF_LACK_CLASS;
    }
    if (scope->n_fields > 0 && !list_has(scope->fields, scope->n_fields, asked->leaf->path)) {
        return HF_LACK_FIELD;
    }
    if (!grantor_may_release(asked->request, scope, asked->class)) {
        return HF_LACK_GRANTOR;
    }
    return asked->in_rows && !range_contains(scope, asked->reach->leading) ? HF_LACK_RANGE
                                                                           : HF_LACK_NOTHING;
}

const struct hf_grant_scope *hf_scopes_cover(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked asked = {request, reach, leaf, leaf->class, in_rows};
    for (size_t i = 0; reach->leading && i < request->n_scopes; i++) {
        if (lack_of(&asked, &request->scopes[i]) == HF_LACK_NOTHING) {
            return &request->scopes[i];
        }
    }
    return NULL;
}

const struct hf_grant_scope *hf_scopes_agree(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked asked = {request, reach, leaf, HF_FIELD_PERSONAL, in_rows};
    for (size_t i = 0; reach->leading && i < request->n_scopes; i++) {
        const struct hf_grant_scope *scope = &request->scopes[i];
        if (scope->by_trader && lack_of(&asked, scope) == HF_LACK_NOTHING) {
            return scope;
        }
    }
    return NULL;
}

enum hf_lack hf_scopes_lack(const struct hf_view_request *request, const struct hf_reach *reach,
                            const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked asked = {request, reach, leaf, leaf->class, in_rows};
    enum hf_lack nearest = HF_LACK_SCOPE;
    for (size_t i = 0; i < request->n_scopes; i++) {
        enum hf_lack lack = lack_of(&asked, &request->scopes[i]);
        nearest = lack > nearest ? lack : nearest;
    }
    return nearest;
}

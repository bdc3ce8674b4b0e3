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

enum hf_whose hf_leaf_whose(const struct hf_schema_field *leaf)
{
    if (!(leaf->class & HF_FIELD_OF_PERSON)) {
        return HF_WHOSE_SUBJECT;
    }
    if (leaf->owner.size > 0) {
        return HF_WHOSE_OWNER;
    }
    bool is_number = hf_bytes_equal_string(leaf->identifier, "resident_id");
    return leaf->is_owner || is_number ? HF_WHOSE_ITSELF : HF_WHOSE_SUBJECT;
}

size_t hf_scopes_persons(const struct hf_view_request *request,
                         hf_bytes ret_persons[static HF_GRANT_MAX_CONSENTS])
{
    size_t n = 0;
    for (size_t i = 0; i < request->n_scopes && n < HF_GRANT_MAX_CONSENTS; i++) {
        const struct hf_grant_scope *scope = &request->scopes[i];
        if (scope->grantor_kind == HF_SUBJECT_PERSON && !list_has(ret_persons, n, scope->grantor)) {
            ret_persons[n++] = scope->grantor;
        }
    }
    return n;
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
    hf_bytes person; /* that must have granted it; empty: anybody who may */
};

/* Whose consent a class needs: for personal data the person's whose it is, and if only the answer
 * says whose, then any person's who is asked for; for an enterprise's secrets the enterprise's. */
static bool grantor_may_release(const struct asked *asked, const struct hf_grant_scope *scope)
{
    bool by_person = scope->grantor_kind == HF_SUBJECT_PERSON;
    if (asked->person.size > 0 && !hf_bytes_equal(asked->person, scope->grantor)) {
        return false;
    }
    if (asked->class & HF_FIELD_OF_PERSON) {
        return by_person && (scope->by_subject || hf_leaf_whose(asked->leaf) != HF_WHOSE_SUBJECT);
    }
    return by_person == (asked->request->subject_kind == HF_SUBJECT_PERSON);
}

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
    if (!grantor_may_release(asked, scope)) {
        return HF_LACK_GRANTOR;
    }
    return asked->in_rows && !range_contains(scope, asked->reach->leading) ? HF_LACK_RANGE
                                                                           : HF_LACK_NOTHING;
}

static const struct hf_grant_scope *first_of(const struct asked *asked)
{
    const struct hf_view_request *request = asked->request;
    for (size_t i = 0; asked->reach->leading && i < request->n_scopes; i++) {
        if (lack_of(asked, &request->scopes[i]) == HF_LACK_NOTHING) {
            return &request->scopes[i];
        }
    }
    return NULL;
}

const struct hf_grant_scope *hf_scopes_cover(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked asked = {request, reach, leaf, leaf->class, in_rows, {0}};
    return first_of(&asked);
}

const struct hf_grant_scope *hf_scopes_cover_of(const struct hf_view_request *request,
                                                const struct hf_reach *reach,
                                                const struct hf_schema_field *leaf, bool in_rows,
                                                hf_bytes person)
{
    const struct asked asked = {request, reach, leaf, leaf->class, in_rows, person};
    return first_of(&asked);
}

const struct hf_grant_scope *hf_scopes_agree(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked as_person = {request, reach, leaf, HF_FIELD_PERSONAL, in_rows, {0}};
    const struct asked as_leaf = {request, reach, leaf, leaf->class, in_rows, {0}};
    for (size_t i = 0; reach->leading && i < request->n_scopes; i++) {
        const struct hf_grant_scope *scope = &request->scopes[i];
        if (scope->by_subject && (lack_of(&as_person, scope) == HF_LACK_NOTHING ||
                                  lack_of(&as_leaf, scope) == HF_LACK_NOTHING)) {
            return scope;
        }
    }
    return NULL;
}

enum hf_lack hf_scopes_lack(const struct hf_view_request *request, const struct hf_reach *reach,
                            const struct hf_schema_field *leaf, bool in_rows)
{
    const struct asked asked = {request, reach, leaf, leaf->class, in_rows, {0}};
    enum hf_lack nearest = HF_LACK_SCOPE;
    for (size_t i = 0; i < request->n_scopes; i++) {
        enum hf_lack lack = lack_of(&asked, &request->scopes[i]);
        nearest = lack > nearest ? lack : nearest;
    }
    return nearest;
}

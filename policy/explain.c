/*
 * Decides nothing: it asks policy/compile_leaf.c, as the compiler does, and names what answered.
 * Only what nobody needs while a request waits is worked out here: which scope came nearest to a
 * leaf that no scope covers.
 */
#include "policy/explain.h"

#include "policy/compile_describe.h"
#include "policy/compile_leaf.h"

struct walk {
    const struct hf_view_request *request;
    struct hf_reach reach;
    hf_status (*visit)(void *context, const struct hf_explained_leaf *leaf);
    void *context;
};

static const struct {
    const char *name;
    const char *sentence;
} REASONS[HF_N_REASONS] = {
    [HF_REASON_NO_CLASS] = {"no_class", "the catalog gives it no class"},
    [HF_REASON_NOT_AGREED] = {"not_agreed", "its class is not in the agreement"},
    [HF_REASON_NOBODYS] = {"nobodys", "personal data, and nobody says whose"},
    [HF_REASON_BESIDE_ROWS] = {"beside_rows",
                               "it has no date, beside dated rows, and is not marked `undated`"},
    [HF_REASON_NO_RULE] = {"no_rule", "no rule of the policy matches"},
    [HF_REASON_SOLE_TRADER] = {"sole_trader", "a sole trader's: trader and person must both agree"},
    [HF_REASON_MISFIT] = {"misfit", "the rule's treatment does not fit its type"},
    [HF_REASON_PUBLIC] = {"public", "public"},
    [HF_REASON_COVERED] = {"covered", "a scope covers it"},
    [HF_REASON_OWNED] = {"owned", "a scope covers it where it is the grantor's"},
    [HF_REASON_NOT_COVERED] = {"not_covered", "no scope covers it"},
};

static const struct {
    const char *name;
    const char *sentence;
} LACKS[HF_LACK_NOTHING + 1] = {
    [HF_LACK_SCOPE] = {"scope", "no scope covers the operation"},
    [HF_LACK_CLASS] = {"class", "no scope holds its class"},
    [HF_LACK_FIELD] = {"field", "the scope's `fields` do not name it"},
    [HF_LACK_GRANTOR] = {"grantor", "the scope's grantor may not release this class"},
    [HF_LACK_RANGE] = {"range", "the scope's range does not contain the first scope's"},
    [HF_LACK_NOTHING] = {"nothing", "covered"},
};

const char *hf_reason_name(enum hf_reason reason)
{
    return (unsigned)reason < HF_N_REASONS ? REASONS[reason].name : "?";
}

const char *hf_reason_sentence(enum hf_reason reason)
{
    return (unsigned)reason < HF_N_REASONS ? REASONS[reason].sentence : "?";
}

const char *hf_lack_name(enum hf_lack lack)
{
    return (unsigned)lack <= HF_LACK_NOTHING ? LACKS[lack].name : "?";
}

const char *hf_lack_sentence(enum hf_lack lack)
{
    return (unsigned)lack <= HF_LACK_NOTHING ? LACKS[lack].sentence : "?";
}

static hf_status explain_leaf(const struct walk *walk, const struct hf_schema_field *leaf,
                              bool in_rows)
{
    const struct hf_leaf_decision decision =
        hf_leaf_decide(walk->request, &walk->reach, leaf, in_rows);
    const bool needs_none = leaf->class == HF_FIELD_PUBLIC || decision.scope;
    const struct hf_explained_leaf explained = {
        .leaf = leaf,
        .in_rows = in_rows,
        .treatment = decision.treatment,
        .is_released = hf_treatment_releases(&decision.treatment),
        .reason = decision.reason,
        .rule = decision.rule,
        .is_with = decision.is_with,
        .scope = decision.scope,
        .persons = decision.persons,
        .by_whom = decision.by_whom,
        .lack = needs_none ? HF_LACK_NOTHING
                           : hf_scopes_lack(walk->request, &walk->reach, leaf, in_rows),
    };
    return walk->visit(walk->context, &explained);
}

/* As deep as the catalog allows: HF_CATALOG_MAX_DEPTH. */
static hf_status explain_field(const struct walk *walk, const struct hf_schema_field *field,
                               bool in_rows)
{
    if (field->shape == HF_SHAPE_LEAF) {
        return explain_leaf(walk, field, in_rows);
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        HF_TRY(explain_field(walk, child, in_rows || field->rows));
    }
    return HF_DONE;
}

hf_status hf_view_explain(const struct hf_view_request *request,
                          hf_status (*visit)(void *context, const struct hf_explained_leaf *leaf),
                          void *context)
{
    if (!hf_scopes_within_bounds(request)) {
        HF_FAIL(LIMIT);
    }
    const struct walk walk = {request, hf_scopes_reach(request), visit, context};
    return explain_field(&walk, request->operation->answer, false);
}

const struct hf_grant_scope *hf_view_leading(const struct hf_view_request *request)
{
    return hf_scopes_reach(request).leading;
}

size_t hf_view_persons(const struct hf_view_request *request,
                       hf_bytes ret_persons[static HF_GRANT_MAX_CONSENTS])
{
    return hf_scopes_persons(request, ret_persons);
}

bool hf_leaf_names_itself(const struct hf_schema_field *leaf)
{
    return hf_leaf_whose(leaf) == HF_WHOSE_ITSELF;
}

hf_status hf_treatment_write(const struct hf_treatment *treatment, hf_buf *text)
{
    return hf_describe_treatment(text, treatment);
}

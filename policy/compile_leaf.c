/*
 * Decides what happens to one leaf. Invariant: a leaf is dropped unless every reason to drop it has
 * been ruled out; each test below can only withhold. Each test is also a reason: whoever asks why a
 * field is missing is answered by the very line that withheld it.
 */
#include "policy/compile_leaf.h"

/* What may not leave yet, whatever policy and consents say: whose personal data a leaf is cannot be
 * judged by `owner`. */
static bool is_withheld_for_now(const struct hf_schema_field *leaf)
{
    return (leaf->class & HF_FIELD_OF_PERSON) || leaf->owner.size > 0;
}

/* Beside dated rows a secret without a date would slip past the range: only if marked so. */
static bool is_out_of_range(const struct hf_view_request *request,
                            const struct hf_schema_field *leaf, bool in_rows)
{
    return request->operation->rows && !in_rows && leaf->class != HF_FIELD_PUBLIC && !leaf->undated;
}

static bool is_withheld(const struct hf_view_request *request, const struct hf_schema_field *leaf,
                        bool in_rows, enum hf_reason *ret_reason)
{
    const struct {
        bool withholds;
        enum hf_reason reason;
    } tests[] = {
        {!leaf->classified, HF_REASON_NO_CLASS},
        {(leaf->class & ~request->agreement_classes) != 0, HF_REASON_NOT_AGREED},
        {is_withheld_for_now(leaf), HF_REASON_PROVISIONAL},
        {is_out_of_range(request, leaf, in_rows), HF_REASON_BESIDE_ROWS},
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (tests[i].withholds) {
            *ret_reason = tests[i].reason;
            return true;
        }
    }
    return false;
}

static void find_scopes(const struct hf_view_request *request, const struct hf_reach *reach,
                        const struct hf_schema_field *leaf, bool in_rows,
                        struct hf_leaf_decision *decision)
{
    if (leaf->class != HF_FIELD_PUBLIC) {
        decision->scope = hf_scopes_cover(request, reach, leaf, in_rows);
    }
    if (decision->scope && request->subject_kind == HF_SUBJECT_SOLE_TRADER) {
        decision->by_whom = hf_scopes_agree(request, reach, leaf, in_rows);
    }
}

/* The rule's word, unless trader and person do not agree or its treatment cannot be done. */
static void apply_rule(const struct hf_view_request *request, const struct hf_schema_field *leaf,
                       struct hf_leaf_decision *decision)
{
    bool is_public = leaf->class == HF_FIELD_PUBLIC;
    if (!decision->rule) {
        decision->reason = HF_REASON_NO_RULE;
        return;
    }
    if (request->subject_kind == HF_SUBJECT_SOLE_TRADER && !is_public && !decision->by_whom) {
        decision->reason = HF_REASON_SOLE_TRADER;
        return;
    }
    decision->is_with = decision->scope || is_public;
    const struct hf_treatment *treatment =
        decision->is_with ? &decision->rule->with : &decision->rule->without;
    if (!hf_leaf_treatment(treatment, leaf, &decision->treatment)) {
        decision->reason = HF_REASON_MISFIT;
        return;
    }
    decision->reason = is_public         ? HF_REASON_PUBLIC
                       : decision->scope ? HF_REASON_COVERED
                                         : HF_REASON_NOT_COVERED;
}

struct hf_leaf_decision hf_leaf_decide(const struct hf_view_request *request,
                                       const struct hf_reach *reach,
                                       const struct hf_schema_field *leaf, bool in_rows)
{
    struct hf_leaf_decision decision = {.treatment = {.kind = HF_TREAT_DROP}};
    const struct hf_rule_facts facts = {.operation = request->operation,
                                        .field = leaf,
                                        .bank = request->bank,
                                        .purpose = request->purpose,
                                        .actions = request->actions,
                                        .subject_kind = request->subject_kind};
    if (is_withheld(request, leaf, in_rows, &decision.reason)) {
        return decision;
    }
    decision.rule = hf_policy_decide(request->policy, &facts);
    find_scopes(request, reach, leaf, in_rows, &decision);
    apply_rule(request, leaf, &decision);
    return decision;
}

/*
 * Decides what happens to one leaf. Invariant: a leaf is dropped unless every reason to drop it has
 * been ruled out; each test below can only withhold. Each test is also a reason: whoever asks why a
 * field is missing is answered by the very line that withheld it.
 */
#include "policy/compile_leaf.h"

unsigned hf_leaf_owner_number(const struct hf_schema_field *leaf)
{
    unsigned number = leaf->is_owner;
    const struct hf_schema_field *sibling = leaf->is_owner ? leaf->parent->child : leaf;
    for (; sibling != leaf; sibling = sibling->next) {
        number += sibling->is_owner;
    }
    return number;
}

const struct hf_schema_field *hf_leaf_owner(const struct hf_schema_field *leaf)
{
    const struct hf_schema_field *sibling = leaf->parent->child;
    while (!hf_bytes_equal(sibling->name, leaf->owner)) {
        sibling = sibling->next;
    }
    return sibling;
}

/* Personal data of which nobody says whose it is: an enterprise has none of its own. */
static bool is_nobodys(const struct hf_view_request *request, const struct hf_schema_field *leaf)
{
    return (leaf->class & HF_FIELD_OF_PERSON) && hf_leaf_whose(leaf) == HF_WHOSE_SUBJECT &&
           request->subject_kind == HF_SUBJECT_LEGAL;
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
        {is_nobodys(request, leaf), HF_REASON_NOBODYS},
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

static uint32_t consent_of(const struct hf_grant_scope *scope)
{
    return scope ? 1u << scope->consent : 0;
}

/* Asks the scopes of each person: the answer will say whose it is. */
static void find_persons(const struct hf_view_request *request, const struct hf_reach *reach,
                         const struct hf_schema_field *leaf, bool in_rows,
                         struct hf_leaf_decision *decision)
{
    hf_bytes persons[HF_GRANT_MAX_CONSENTS];
    size_t n = hf_scopes_persons(request, persons);
    for (size_t i = 0; i < n; i++) {
        const struct hf_grant_scope *scope =
            hf_scopes_cover_of(request, reach, leaf, in_rows, persons[i]);
        decision->persons |= scope ? 1u << i : 0;
        decision->consents |= consent_of(scope);
    }
}

static void find_scopes(const struct hf_view_request *request, const struct hf_reach *reach,
                        const struct hf_schema_field *leaf, bool in_rows,
                        struct hf_leaf_decision *decision)
{
    if (leaf->class == HF_FIELD_PUBLIC) {
        return;
    }
    decision->scope = hf_scopes_cover(request, reach, leaf, in_rows);
    decision->consents = consent_of(decision->scope);
    if (hf_leaf_whose(leaf) != HF_WHOSE_SUBJECT) {
        find_persons(request, reach, leaf, in_rows, decision);
    }
    if (decision->scope && request->subject_kind == HF_SUBJECT_SOLE_TRADER) {
        decision->by_whom = hf_scopes_agree(request, reach, leaf, in_rows);
        decision->consents |= consent_of(decision->by_whom);
    }
}

/* Why a leaf gets the treatment that a rule has for it. */
static enum hf_reason reason_of(const struct hf_leaf_decision *decision, bool is_public)
{
    if (is_public) {
        return HF_REASON_PUBLIC;
    }
    if (!decision->scope) {
        return HF_REASON_NOT_COVERED;
    }
    return decision->persons ? HF_REASON_OWNED : HF_REASON_COVERED;
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
    if (!decision->is_with && (leaf->class & HF_FIELD_OF_PERSON)) {
        decision->rule = NULL; /* nobody else's word stands for the person's */
        decision->reason = HF_REASON_NOT_COVERED;
        return;
    }
    const struct hf_treatment *treatment =
        decision->is_with ? &decision->rule->with : &decision->rule->without;
    if (!hf_leaf_treatment(treatment, leaf, &decision->treatment)) {
        decision->reason = HF_REASON_MISFIT;
        return;
    }
    decision->reason = reason_of(decision, is_public);
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
    if (decision.treatment.kind == HF_TREAT_DROP) {
        decision.persons = 0; /* nothing is left to be anybody's */
        decision.reason = decision.reason == HF_REASON_OWNED ? HF_REASON_COVERED : decision.reason;
    }
    return decision;
}

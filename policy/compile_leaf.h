/*
 * What happens to one leaf, and why. Private to policy/compile* and policy/explain*: the compiler
 * takes the treatment, the explanation the reasons, both of one decision.
 */
#pragma once

#include "policy/compile_scope.h"
#include "policy/explain.h"

/* What is decided of a leaf. Zeroed: dropped. */
struct hf_leaf_decision {
    struct hf_treatment treatment;
    enum hf_reason reason;
    const struct hf_rule *rule;         /* that spoke; NULL: none was asked, or none matched */
    bool is_with;                       /* by its `do`, else by its `without_consent` */
    const struct hf_grant_scope *scope; /* that covers the leaf; NULL: none */
    unsigned persons;  /* it leaves only where it is one of these: bits of hf_scopes_persons() */
    uint32_t consents; /* bits of those consents by whose word it leaves */
    const struct hf_grant_scope *by_whom; /* of a sole trader: the person's, who agrees (PIPL 4) */
};

/**
 * hf_leaf_decide() - the one place where agreement, scopes and policy meet over a leaf
 * @reach:   of the request: hf_scopes_reach()
 * @in_rows: the leaf stands in the dated rows
 *
 * Cost: O(rules + scopes), no allocation.
 */
struct hf_leaf_decision hf_leaf_decide(const struct hf_view_request *request,
                                       const struct hf_reach *reach,
                                       const struct hf_schema_field *leaf, bool in_rows);

/* Which owner of its object @leaf is, from 1 on; of one that is none: 0. */
unsigned hf_leaf_owner_number(const struct hf_schema_field *leaf);

/* The leaf that is the owner of @leaf, which has one. */
const struct hf_schema_field *hf_leaf_owner(const struct hf_schema_field *leaf);

/* Whether anything of the value is left to see. */
static inline bool hf_treatment_releases(const struct hf_treatment *treatment)
{
    return treatment->kind != HF_TREAT_DROP && treatment->kind != HF_TREAT_NULL;
}

/*
 * What changes between two policies or catalogs: for every operation and field, every bank,
 * purpose, subject kind and set of actions that a rule can tell apart, what the compiler decides
 * before and after.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "policy/catalog.h"
#include "policy/rule.h"

enum { HF_CHANGE_MAX_BANKS = 1024, HF_CHANGE_MAX_CELLS = 64 << 20 };

struct hf_policy_side {
    const struct hf_catalog *const *catalogs; /* at most one of each source */
    size_t n_catalogs;
    const struct hf_policy *policy;
};

/* In which respect accesses differ. */
enum hf_axis {
    HF_AXIS_REACH, /* how far consents reach: enum hf_reach_kind */
    HF_AXIS_BANK,
    HF_AXIS_PURPOSE,
    HF_AXIS_SUBJECT_KIND,
    HF_AXIS_ACTIONS,
    HF_N_AXES
};

enum hf_reach_kind {
    HF_REACH_COVERED, /* all who must have agreed that the field is released */
    HF_REACH_BEYOND,  /* the operation is covered, the field is not */
    HF_REACH_NONE,    /* no consent was presented; purpose and actions were said */
    HF_REACH_UNSAID,  /* nor were they */
    HF_N_REACH_KINDS
};

enum hf_change_kind { HF_CHANGE_OPENS, HF_CHANGE_CLOSES, HF_CHANGE_CHANGES, HF_N_CHANGE_KINDS };

/* What happens to a field on one side. */
struct hf_change_side {
    const char *text;                     /* "mask 3 4"; "absent", "refused"; "dated" */
    const struct hf_treatment *treatment; /* NULL: it is none */
};

/* One field's treatment in a set of accesses, which is the product of the values that hold. */
struct hf_policy_change {
    enum hf_change_kind kind;
    const struct hf_operation *operation; /* new, or old where it is gone */
    hf_bytes field;                       /* its path; "(rows)", "(detail)": of the operation */
    struct hf_change_side old_side;
    struct hf_change_side new_side;
    const bool *holds[HF_N_AXES]; /* of each value of the axis; NULL: of all of them */
};

struct hf_policy_changes; /* the axes, while they are walked */

/* How many values an axis has, and the word for each: "covered", "pre_loan", "query,use",
 * "other" (bank). */
size_t hf_changes_n_values(const struct hf_policy_changes *changes, enum hf_axis axis);
const char *hf_changes_value(const struct hf_policy_changes *changes, enum hf_axis axis,
                             size_t index);

/* Who is told. */
struct hf_change_visitor {
    hf_status (*visit)(void *context, const struct hf_policy_changes *changes,
                       const struct hf_policy_change *change);
    void *context;
};

/**
 * hf_policy_compare() - hands every change to @visitor, operation by operation
 *
 * What becomes visible, or more of it (as it is, more characters, a smaller step, a shorter time),
 * opens; the contrary closes; what cannot be compared changes. Every class counts as agreed. Cost:
 * O(accesses × fields × rules). Errors: LIMIT (more than HF_CHANGE_MAX_BANKS or _CELLS), NOMEM,
 * those of the visitor.
 */
hf_status hf_policy_compare(const struct hf_policy_side *old_side,
                            const struct hf_policy_side *new_side,
                            const struct hf_change_visitor *visitor);

/*
 * What the two halves of the comparison share: the axes and the cells. Private to
 * cli/policy_change*.
 */
#pragma once

#include "cli/policy_change.h"

enum { HF_CHANGE_MAX_ACTION_SETS = 15 };

struct hf_policy_changes {
    const struct hf_policy_side *sides[2]; /* old, new */
    const struct hf_change_visitor *visitor;
    struct hf_arena arena;
    size_t n_values[HF_N_AXES];
    size_t n_accesses;     /* their product */
    const hf_bytes *banks; /* the last stands for all others */
    char action_texts[HF_CHANGE_MAX_ACTION_SETS][40];
    unsigned action_masks[HF_CHANGE_MAX_ACTION_SETS];
    struct hf_change_side *texts; /* what a cell holds is a number into this list */
    size_t n_texts;
};

/* One operation while its fields are compared. */
struct hf_comparison {
    struct hf_policy_changes *changes;
    const struct hf_operation *operations[2]; /* NULL: not there */
    struct hf_arena arena;
    hf_bytes *paths;
    size_t n_paths;
    size_t *indices[2]; /* of the n-th leaf of a side, in paths */
    size_t n_leaves[2];
    uint16_t *cells[2]; /* [path][access] */
};

/* One access, by its values; accesses are counted in the order of hf_change_point_next(). */
struct hf_change_point {
    size_t at[HF_N_AXES];
};

/* The first of the texts. */
enum { HF_CHANGE_ABSENT, HF_CHANGE_REFUSED };

/* Lists the values of the axes and the first texts; sides are set. Errors: LIMIT, NOMEM. */
hf_status hf_changes_open(struct hf_policy_changes *changes);

/* The number of a treatment among the texts. Errors: LIMIT, NOMEM. */
hf_status hf_change_number(struct hf_policy_changes *changes, const struct hf_treatment *treatment,
                           uint16_t *ret_number);

/* False behind the last. */
bool hf_change_point_next(const struct hf_policy_changes *changes, struct hf_change_point *point);

/* Says what kind of change it is, and tells the visitor. */
hf_status hf_change_tell(const struct hf_policy_changes *changes, struct hf_policy_change *change);

/* policy_change_group.c: tells where the cells of each field differ. Errors: NOMEM, the visitor's.
 */
hf_status hf_comparison_tell(struct hf_comparison *comparison);

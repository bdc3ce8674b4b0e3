/*
 * From single accesses to what a person reads: the accesses in which a field changes alike are told
 * as few products of values, "for these banks, for that purpose", and each access is told once.
 *
 * Invariant: the products told of one field are disjoint, and together they are the cells that
 * differ.
 */
#include "cli/policy_change_parts.h"

/* The accesses in which one field changes from one text to another. */
struct group {
    const struct hf_comparison *comparison;
    struct hf_policy_change change;
    bool *member;            /* [access] */
    bool *holds[HF_N_AXES];  /* which values occur */
    size_t limit[HF_N_AXES]; /* 1 + the one value that is looked at; 0: all */
};

static bool is_looked_at(const struct group *group, const struct hf_change_point *point)
{
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        if (group->limit[axis] && group->limit[axis] - 1 != point->at[axis]) {
            return false;
        }
    }
    return true;
}

/* Projects what is looked at onto the axes. Returns whether it is the product of the projections.
 */
static bool project(struct group *group)
{
    const struct hf_policy_changes *changes = group->comparison->changes;
    struct hf_change_point point = {{0}};
    size_t n_members = 0;
    size_t product = 1;
    size_t access = 0;
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        memset(group->holds[axis], 0, changes->n_values[axis] * sizeof(bool));
    }
    do {
        if (!group->member[access++] || !is_looked_at(group, &point)) {
            continue;
        }
        n_members++;
        for (size_t axis = 0; axis < HF_N_AXES; axis++) {
            group->holds[axis][point.at[axis]] = true;
        }
    } while (hf_change_point_next(changes, &point));
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        size_t n = 0;
        for (size_t i = 0; i < changes->n_values[axis]; i++) {
            n += group->holds[axis][i];
        }
        product *= n;
    }
    return product == n_members;
}

static hf_status tell_product(struct group *group)
{
    const struct hf_policy_changes *changes = group->comparison->changes;
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        size_t n = 0;
        for (size_t i = 0; i < changes->n_values[axis]; i++) {
            n += group->holds[axis][i];
        }
        group->change.holds[axis] = n == changes->n_values[axis] ? NULL : group->holds[axis];
    }
    return hf_change_tell(changes, &group->change);
}

/* Splits by one axis after the other until what is left is a product: at most HF_N_AXES deep. */
static hf_status tell_group(struct group *group, size_t axis)
{
    if (project(group)) {
        return tell_product(group);
    }
    if (axis == HF_N_AXES) {
        HF_FAIL(BUG);
    }
    const size_t n = group->comparison->changes->n_values[axis];
    for (size_t i = 0; i < n; i++) {
        (void)project(group);
        if (group->holds[axis][i]) {
            group->limit[axis] = i + 1;
            HF_TRY(tell_group(group, axis + 1));
            group->limit[axis] = 0;
        }
    }
    return HF_DONE;
}

/* All accesses of one field that change alike, beginning with @first; they are marked as told. */
static hf_status tell_alike(struct group *group, size_t path, size_t first, bool *told)
{
    const struct hf_comparison *comparison = group->comparison;
    const size_t n = comparison->changes->n_accesses;
    const uint16_t *before = comparison->cells[0] + path * n;
    const uint16_t *after = comparison->cells[1] + path * n;
    for (size_t access = 0; access < n; access++) {
        group->member[access] = before[access] == before[first] && after[access] == after[first];
        told[access] |= group->member[access];
    }
    group->change.field = comparison->paths[path];
    group->change.old_side = comparison->changes->texts[before[first]];
    group->change.new_side = comparison->changes->texts[after[first]];
    return tell_group(group, 0);
}

static hf_status tell_path(struct group *group, size_t path, bool *told)
{
    const struct hf_comparison *comparison = group->comparison;
    const size_t n = comparison->changes->n_accesses;
    memset(told, 0, n * sizeof(bool));
    for (size_t access = 0; access < n; access++) {
        if (!told[access] &&
            comparison->cells[0][path * n + access] != comparison->cells[1][path * n + access]) {
            HF_TRY(tell_alike(group, path, access, told));
        }
    }
    return HF_DONE;
}

hf_status hf_comparison_tell(struct hf_comparison *comparison)
{
    const struct hf_policy_changes *changes = comparison->changes;
    const struct hf_operation *const *operations = comparison->operations;
    struct group group = {.comparison = comparison,
                          .change = {.operation = operations[1] ? operations[1] : operations[0]}};
    bool *told = hf_arena_alloc(&comparison->arena, changes->n_accesses);
    group.member = hf_arena_alloc(&comparison->arena, changes->n_accesses);
    if (!told || !group.member) {
        HF_FAIL(NOMEM);
    }
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        group.holds[axis] = hf_arena_alloc(&comparison->arena, changes->n_values[axis]);
        if (!group.holds[axis]) {
            HF_FAIL(NOMEM);
        }
    }
    for (size_t path = 0; path < comparison->n_paths; path++) {
        HF_TRY(tell_path(&group, path, told));
    }
    return HF_DONE;
}

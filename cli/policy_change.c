/*
 * Compares by asking the compiler about every access that could be told apart, before and after. No
 * rule is read here: which of two rules is the wider is a question that only decisions answer.
 */
#include "cli/policy_change.h"

#include "cli/policy_change_parts.h"
#include "policy/compile.h"
#include "policy/explain.h"

enum { ARENA_BYTES = 256 << 20 };

/* ---- the decisions ---- */

struct fill {
    struct hf_comparison *comparison;
    size_t side;
    size_t access;
    size_t n_seen;
};

static hf_status fill_cell(void *context, const struct hf_explained_leaf *leaf)
{
    struct fill *fill = context;
    struct hf_comparison *comparison = fill->comparison;
    size_t path = comparison->indices[fill->side][fill->n_seen++];
    return hf_change_number(
        comparison->changes, &leaf->treatment,
        &comparison->cells[fill->side][path * comparison->changes->n_accesses + fill->access]);
}

/* Scopes of an enterprise and of a person that cover the operation, and all classes or none. */
static void reach_out(const struct hf_operation *operation, enum hf_reach_kind reach,
                      struct hf_grant_scope scopes[static 2])
{
    for (unsigned i = 0; i < 2; i++) {
        scopes[i] = (struct hf_grant_scope){
            .consent = i,
            .grantor_kind = i ? HF_SUBJECT_PERSON : HF_SUBJECT_LEGAL,
            .by_subject = i,
            .datasets = &operation->dataset,
            .n_datasets = 1,
            .purposes = HF_PURPOSE_ALL,
            .actions = HF_ACTION_ALL,
            .classes = reach == HF_REACH_COVERED ? HF_FIELD_ALL : 0,
            .has_range = true,
            .range = {hf_date_of_civil(1, 1, 1), hf_date_of_civil(9999, 12, 31)},
            .detail = HF_DETAIL_RECORDS};
    }
}

static hf_status decide_access(struct hf_comparison *comparison, size_t side,
                               const struct hf_change_point *point, size_t access)
{
    const struct hf_policy_changes *changes = comparison->changes;
    const struct hf_operation *operation = comparison->operations[side];
    const enum hf_reach_kind reach = (enum hf_reach_kind)point->at[HF_AXIS_REACH];
    const bool is_said = reach != HF_REACH_UNSAID;
    struct hf_grant_scope scopes[2];
    struct fill fill = {comparison, side, access, 0};
    reach_out(operation, reach, scopes);
    const struct hf_view_request request = {
        .operation = operation,
        .policy = changes->sides[side]->policy,
        .bank = changes->banks[point->at[HF_AXIS_BANK]],
        .purpose = is_said ? 1u << point->at[HF_AXIS_PURPOSE] : 0,
        .actions = is_said ? changes->action_masks[point->at[HF_AXIS_ACTIONS]] : 0,
        .subject_kind = (enum hf_subject_kind)(1u << point->at[HF_AXIS_SUBJECT_KIND]),
        .agreement_classes = HF_FIELD_ALL,
        .scopes = scopes,
        .n_scopes = reach == HF_REACH_NONE || reach == HF_REACH_UNSAID ? 0 : 2};
    return hf_view_explain(&request, fill_cell, &fill);
}

/* Without a consent, what is not public is not asked for at all. */
static bool is_refused(const struct hf_operation *operation, const struct hf_change_point *point)
{
    return point->at[HF_AXIS_REACH] >= HF_REACH_NONE && !operation->is_public;
}

static void refuse_access(struct hf_comparison *comparison, size_t side, size_t access)
{
    for (size_t i = 0; i < comparison->n_leaves[side]; i++) {
        size_t path = comparison->indices[side][i];
        comparison->cells[side][path * comparison->changes->n_accesses + access] =
            HF_CHANGE_REFUSED;
    }
}

/* A path that the side does not have stays absent. */
static hf_status decide_side(struct hf_comparison *comparison, size_t side)
{
    const struct hf_operation *operation = comparison->operations[side];
    struct hf_change_point point = {{0}};
    size_t access = 0;
    if (!operation) {
        return HF_DONE;
    }
    do {
        if (is_refused(operation, &point)) {
            refuse_access(comparison, side, access);
        } else {
            HF_TRY(decide_access(comparison, side, &point, access));
        }
        access++;
    } while (hf_change_point_next(comparison->changes, &point));
    return HF_DONE;
}

/* ---- one operation ---- */

static size_t count_leaves(const struct hf_schema_field *field)
{
    size_t n = field->shape == HF_SHAPE_LEAF;
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        n += count_leaves(child);
    }
    return n;
}

static void add_path(struct hf_comparison *comparison, size_t side, size_t *n_seen, hf_bytes path)
{
    size_t index = 0;
    while (index < comparison->n_paths && !hf_bytes_equal(comparison->paths[index], path)) {
        index++;
    }
    if (index == comparison->n_paths) {
        comparison->paths[comparison->n_paths++] = path;
    }
    comparison->indices[side][(*n_seen)++] = index;
}

/* In the order in which the compiler is asked. */
static void add_paths(struct hf_comparison *comparison, size_t side, size_t *n_seen,
                      const struct hf_schema_field *field)
{
    if (field->shape == HF_SHAPE_LEAF) {
        add_path(comparison, side, n_seen, field->path);
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        add_paths(comparison, side, n_seen, child);
    }
}

/* Cells are zeroed: absent. */
static hf_status add_cells(struct hf_comparison *comparison)
{
    const size_t n_cells = comparison->n_paths * comparison->changes->n_accesses;
    if (n_cells > HF_CHANGE_MAX_CELLS) {
        HF_FAIL(LIMIT);
    }
    for (size_t side = 0; side < 2; side++) {
        comparison->cells[side] =
            hf_arena_alloc_array(&comparison->arena, n_cells + 1, sizeof(uint16_t));
        if (!comparison->cells[side]) {
            HF_FAIL(NOMEM);
        }
    }
    return HF_DONE;
}

static hf_status open_comparison(struct hf_comparison *comparison)
{
    size_t n = 1;
    for (size_t side = 0; side < 2; side++) {
        const struct hf_operation *operation = comparison->operations[side];
        comparison->n_leaves[side] = operation ? count_leaves(operation->answer) : 0;
        comparison->indices[side] = hf_arena_alloc_array(
            &comparison->arena, comparison->n_leaves[side] + 1, sizeof(size_t));
        n += comparison->n_leaves[side];
    }
    comparison->paths = hf_arena_alloc_array(&comparison->arena, n, sizeof(hf_bytes));
    if (!comparison->paths || !comparison->indices[0] || !comparison->indices[1]) {
        HF_FAIL(NOMEM);
    }
    for (size_t side = 0; side < 2; side++) {
        size_t n_seen = 0;
        if (comparison->operations[side]) {
            add_paths(comparison, side, &n_seen, comparison->operations[side]->answer);
        }
    }
    return add_cells(comparison);
}

static const struct hf_schema_field *leaf_at(const struct hf_schema_field *field, hf_bytes path)
{
    const struct hf_schema_field *found = NULL;
    if (field->shape == HF_SHAPE_LEAF) {
        return hf_bytes_equal(field->path, path) ? field : NULL;
    }
    for (const struct hf_schema_field *child = field->child; child && !found; child = child->next) {
        found = leaf_at(child, path);
    }
    return found;
}

static hf_status name_owner(const struct hf_comparison *comparison,
                            const struct hf_schema_field *leaf, const char **ret_text)
{
    const hf_bytes parts[] = {HF_LITERAL("owner "), leaf->owner};
    hf_bytes text =
        hf_leaf_names_itself(leaf) ? HF_LITERAL("owner itself") : HF_LITERAL("no owner");
    if (leaf->owner.size > 0) {
        HF_TRY(hf_arena_join(&comparison->changes->arena, parts, 2, &text));
    }
    *ret_text = (const char *)text.data;
    return HF_DONE;
}

/* Whose personal data it is. */
static hf_status compare_owners(const struct hf_comparison *comparison,
                                const struct hf_schema_field *before,
                                const struct hf_schema_field *after)
{
    struct hf_policy_change change = {.operation = comparison->operations[1],
                                      .field = before->path};
    if (hf_bytes_equal(before->owner, after->owner) &&
        hf_leaf_names_itself(before) == hf_leaf_names_itself(after)) {
        return HF_DONE;
    }
    HF_TRY(name_owner(comparison, before, &change.old_side.text));
    HF_TRY(name_owner(comparison, after, &change.new_side.text));
    return hf_change_tell(comparison->changes, &change);
}

/* What a leaf says of more than itself: which rows pass, and whose answer it is. */
static hf_status compare_leaf_marks(const struct hf_comparison *comparison,
                                    const struct hf_schema_field *before,
                                    const struct hf_schema_field *after)
{
    struct hf_policy_change change = {.operation = comparison->operations[1],
                                      .field = before->path};
    if (before->date != after->date) {
        change.old_side.text = before->date ? "dated" : "not dated";
        change.new_side.text = after->date ? "dated" : "not dated";
        HF_TRY(hf_change_tell(comparison->changes, &change));
    }
    if (before->subject_echo != after->subject_echo) {
        change.old_side.text = before->subject_echo ? "subject" : "not the subject";
        change.new_side.text = after->subject_echo ? "subject" : "not the subject";
        HF_TRY(hf_change_tell(comparison->changes, &change));
    }
    return compare_owners(comparison, before, after);
}

static hf_status compare_all_leaf_marks(const struct hf_comparison *comparison)
{
    for (size_t i = 0; i < comparison->n_paths; i++) {
        const struct hf_schema_field *before =
            leaf_at(comparison->operations[0]->answer, comparison->paths[i]);
        const struct hf_schema_field *after =
            leaf_at(comparison->operations[1]->answer, comparison->paths[i]);
        if (before && after) {
            HF_TRY(compare_leaf_marks(comparison, before, after));
        }
    }
    return HF_DONE;
}

/* What holds of the operation itself: rows that are no longer dated, line items as a summary. */
static hf_status compare_marks(const struct hf_comparison *comparison)
{
    const struct hf_operation *before = comparison->operations[0];
    const struct hf_operation *after = comparison->operations[1];
    if (!before || !after) {
        return HF_DONE;
    }
    struct hf_policy_change change = {.operation = after, .field = HF_LITERAL("(rows)")};
    if (!before->rows != !after->rows) {
        change.old_side.text = before->rows ? "dated" : "not dated";
        change.new_side.text = after->rows ? "dated" : "not dated";
        HF_TRY(hf_change_tell(comparison->changes, &change));
    }
    if (before->detail != after->detail) {
        change.field = HF_LITERAL("(detail)");
        change.old_side.text = hf_detail_name(before->detail);
        change.new_side.text = hf_detail_name(after->detail);
        HF_TRY(hf_change_tell(comparison->changes, &change));
    }
    return compare_all_leaf_marks(comparison);
}

static hf_status compare_fields(struct hf_comparison *comparison)
{
    HF_TRY(open_comparison(comparison));
    HF_TRY(decide_side(comparison, 0));
    HF_TRY(decide_side(comparison, 1));
    HF_TRY(hf_comparison_tell(comparison));
    return compare_marks(comparison);
}

static hf_status compare_operation(struct hf_policy_changes *changes,
                                   const struct hf_operation *before,
                                   const struct hf_operation *after)
{
    struct hf_comparison comparison = {.changes = changes,
                                       .operations = {before, after},
                                       .arena =
                                           hf_arena_init(ARENA_BYTES + 4 * HF_CHANGE_MAX_CELLS)};
    hf_status status = compare_fields(&comparison);
    hf_arena_clear(&comparison.arena);
    return status;
}

/* ---- all of them ---- */

/* The operation of the same source, method and path on another side, or NULL. */
static const struct hf_operation *twin_of(const struct hf_policy_side *side,
                                          const struct hf_operation *operation)
{
    for (size_t i = 0; i < side->n_catalogs; i++) {
        const struct hf_catalog *catalog = side->catalogs[i];
        if (!hf_bytes_equal(hf_catalog_source(catalog), hf_catalog_source(operation->catalog))) {
            continue;
        }
        for (size_t k = 0; k < hf_catalog_n_operations(catalog); k++) {
            const struct hf_operation *other = hf_catalog_operation(catalog, k);
            if (other->method == operation->method &&
                hf_bytes_equal(other->path, operation->path)) {
                return other;
            }
        }
    }
    return NULL;
}

static hf_status compare_all(struct hf_policy_changes *changes)
{
    for (size_t side = 0; side < 2; side++) {
        const struct hf_policy_side *one = changes->sides[side];
        for (size_t i = 0; i < one->n_catalogs; i++) {
            for (size_t k = 0; k < hf_catalog_n_operations(one->catalogs[i]); k++) {
                const struct hf_operation *operation = hf_catalog_operation(one->catalogs[i], k);
                const struct hf_operation *twin = twin_of(changes->sides[!side], operation);
                if (side == 0) {
                    HF_TRY(compare_operation(changes, operation, twin));
                } else if (!twin) {
                    HF_TRY(compare_operation(changes, NULL, operation));
                }
            }
        }
    }
    return HF_DONE;
}

hf_status hf_policy_compare(const struct hf_policy_side *old_side,
                            const struct hf_policy_side *new_side,
                            const struct hf_change_visitor *visitor)
{
    struct hf_policy_changes changes = {
        .sides = {old_side, new_side}, .visitor = visitor, .arena = hf_arena_init(ARENA_BYTES)};
    hf_status status = hf_changes_open(&changes);
    if (hf_is_ok(status)) {
        status = compare_all(&changes);
    }
    hf_arena_clear(&changes.arena);
    return status;
}

/*
 * Builds the view of one answer: asks of each leaf what happens to it (compile_leaf.c) and lays
 * that down. The tree keeps its shape, so a date leaf that is dropped still judges its row.
 */
#include "policy/compile.h"

#include "policy/compile_describe.h"
#include "policy/compile_leaf.h"
#include "policy/compile_scope.h"
#include "policy/view.h"

#include <stdlib.h>

enum { DESCRIPTION_MAX_BYTES = 8 << 20 };

struct compile {
    const struct hf_view_request *request;
    struct hf_reach reach;
    struct hf_view_builder *builder;
    hf_buf description;
    hf_bytes persons[HF_GRANT_MAX_CONSENTS]; /* who have granted scopes */
    size_t n_persons;
    uint32_t charged;
    bool releases_any;
};

static void compile_clear(struct compile *compile)
{
    hf_view_builder_free(compile->builder);
    hf_buf_clear(&compile->description);
}

static hf_status add(struct compile *compile, const struct hf_schema_field *field, bool in_rows,
                     const struct hf_view_node **ret_node);

/* ---- one leaf ---- */

/* The consents by whose word a leaf leaves. */
static void charge(struct compile *compile, const struct hf_leaf_decision *decision)
{
    compile->releases_any = true;
    compile->charged |= decision->consents;
}

/* Whether some leaf beside @owner leaves only where that names some person. */
static bool is_asked_for(const struct compile *compile, const struct hf_schema_field *owner,
                         bool in_rows)
{
    const struct hf_schema_field *leaf = owner->parent->child;
    for (; leaf; leaf = leaf->next) {
        const struct hf_leaf_decision decision =
            hf_leaf_decide(compile->request, &compile->reach, leaf, in_rows);
        if (hf_bytes_equal(leaf->owner, owner->name) && decision.persons != 0) {
            return true;
        }
    }
    return false;
}

/* Whom the leaf needs to be about, and what the redactor is told of that. */
static void set_owner(const struct compile *compile, const struct hf_schema_field *leaf,
                      bool in_rows, const struct hf_leaf_decision *decision,
                      struct hf_view_leaf *view_leaf)
{
    if (leaf->is_owner && is_asked_for(compile, leaf, in_rows)) {
        view_leaf->names_owner = (uint8_t)hf_leaf_owner_number(leaf);
    }
    if (decision->persons == 0) {
        return;
    }
    view_leaf->persons = (uint8_t)decision->persons;
    view_leaf->owner = hf_leaf_whose(leaf) == HF_WHOSE_ITSELF
                           ? HF_VIEW_OWNER_ITSELF
                           : (uint8_t)hf_leaf_owner_number(hf_leaf_owner(leaf));
}

/* The persons whom the view lets the leaf be about, in their order. */
static size_t persons_of(const struct compile *compile, const struct hf_view_leaf *view_leaf,
                         hf_bytes ret_persons[static HF_GRANT_MAX_CONSENTS])
{
    size_t n = 0;
    for (size_t i = 0; i < compile->n_persons; i++) {
        if (view_leaf->persons >> i & 1) {
            ret_persons[n++] = compile->persons[i];
        }
    }
    return n;
}

static hf_status add_leaf(struct compile *compile, const struct hf_schema_field *leaf, bool in_rows,
                          const struct hf_view_node **ret_node)
{
    const struct hf_leaf_decision decision =
        hf_leaf_decide(compile->request, &compile->reach, leaf, in_rows);
    struct hf_view_leaf view_leaf = {.types = hf_leaf_types(leaf),
                                     .max_chars = leaf->max_chars,
                                     .nullable = leaf->nullable,
                                     .class_bit = leaf->class,
                                     .date = leaf->date,
                                     .subject_echo = leaf->subject_echo,
                                     .treatment = decision.treatment};
    if (hf_treatment_releases(&decision.treatment)) {
        charge(compile, &decision);
    }
    set_owner(compile, leaf, in_rows, &decision, &view_leaf);
    hf_bytes persons[HF_GRANT_MAX_CONSENTS];
    size_t n_persons = persons_of(compile, &view_leaf, persons);
    HF_TRY(hf_describe_leaf(&compile->description, leaf, &view_leaf.treatment));
    HF_TRY(hf_describe_owner(&compile->description, leaf, persons, n_persons));
    return hf_view_builder_leaf(compile->builder, &view_leaf, ret_node);
}

/* ---- the tree ---- */

static hf_status add_members(struct compile *compile, const struct hf_schema_field *field,
                             bool in_rows, struct hf_view_member *members)
{
    size_t n = 0;
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        members[n].name = child->name;
        HF_TRY(add(compile, child, in_rows, &members[n++].node));
    }
    return HF_DONE;
}

static hf_status add_object(struct compile *compile, const struct hf_schema_field *field,
                            bool in_rows, const struct hf_view_node **ret_node)
{
    size_t n = 0;
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        n++;
    }
    struct hf_view_member *members = calloc(n + 1, sizeof(*members));
    if (!members) {
        HF_FAIL(NOMEM);
    }
    hf_status status = add_members(compile, field, in_rows, members);
    if (hf_is_ok(status)) {
        status = hf_view_builder_object(compile->builder, members, n, field->nullable, ret_node);
    }
    free(members);
    return status;
}

static hf_status add_array(struct compile *compile, const struct hf_schema_field *field,
                           bool in_rows, const struct hf_view_node **ret_node)
{
    const struct hf_view_node *item = NULL;
    if (field->child) {
        HF_TRY(add(compile, field->child, in_rows || field->rows, &item));
    } else {
        HF_TRY(hf_view_builder_drop(compile->builder, 0, &item));
    }
    return hf_view_builder_array(compile->builder, item, field->nullable, field->rows, ret_node);
}

static hf_status add(struct compile *compile, const struct hf_schema_field *field, bool in_rows,
                     const struct hf_view_node **ret_node)
{
    switch (field->shape) {
    case HF_SHAPE_OBJECT:
        return add_object(compile, field, in_rows, ret_node);
    case HF_SHAPE_ARRAY:
        return add_array(compile, field, in_rows, ret_node);
    case HF_SHAPE_LEAF:
        break;
    }
    return add_leaf(compile, field, in_rows, ret_node);
}

/* ---- the view ---- */

static struct hf_view_range range_of(const struct compile *compile)
{
    const struct hf_grant_scope *leading = compile->reach.leading;
    struct hf_view_range range = {.bounded = false};
    if (compile->request->operation->rows && leading) {
        range = (struct hf_view_range){.bounded = true,
                                       .from_day = leading->range.first_day,
                                       .to_day = leading->range.last_day};
    }
    return range;
}

static hf_status build(struct compile *compile, struct hf_compiled_view *view)
{
    const struct hf_view_range range = range_of(compile);
    const struct hf_view_node *root = NULL;
    HF_TRY(hf_view_builder_new(&compile->builder));
    if (compile->request->operation->media == HF_MEDIA_NDJSON) {
        hf_view_builder_lines(compile->builder);
    }
    compile->n_persons = hf_scopes_persons(compile->request, compile->persons);
    HF_TRY(hf_view_builder_persons(compile->builder, compile->persons, compile->n_persons));
    HF_TRY(hf_describe_head(&compile->description, compile->request, &range));
    HF_TRY(add(compile, compile->request->operation->answer, false, &root));
    struct hf_view_builder *builder = compile->builder;
    compile->builder = NULL;
    HF_TRY(hf_view_builder_finish(builder, root, &range, &view->view));
    hf_sha256_of(hf_buf_view(&compile->description), view->digest);
    hf_base64url_encode_fixed(hf_bytes_of(view->digest, sizeof view->digest), view->digest_text);
    view->charged = compile->charged;
    view->releases_any = compile->releases_any;
    view->coverage = compile->reach.coverage;
    return HF_DONE;
}

hf_status hf_view_compile(const struct hf_view_request *request, struct hf_compiled_view **ret_view)
{
    if (!hf_scopes_within_bounds(request)) {
        HF_FAIL(LIMIT);
    }
    HF_CLEANUP(compile_clear)
    struct compile compile = {.request = request,
                              .reach = hf_scopes_reach(request),
                              .description = hf_buf_init(DESCRIPTION_MAX_BYTES)};
    struct hf_compiled_view *view = calloc(1, sizeof(*view));
    if (!view) {
        HF_FAIL(NOMEM);
    }
    view->n_refs = 1;
    hf_status status = build(&compile, view);
    if (!hf_is_ok(status)) {
        hf_compiled_view_unref(view);
        return status;
    }
    *ret_view = view;
    return HF_DONE;
}

hf_status hf_compiled_view_judge(const struct hf_compiled_view *view,
                                 const struct hf_operation *operation, bool has_consents,
                                 struct hf_problem *reterr)
{
    if (view->coverage != HF_OK && !operation->is_public) {
        return hf_problem_set(reterr, view->coverage, NULL, "no scope covers this operation");
    }
    if (!view->releases_any) {
        return hf_problem_set(reterr, has_consents ? HF_SCOPE_DENIED : HF_CONSENT_MISSING, NULL,
                              "nothing of the answer may be released");
    }
    return HF_DONE;
}

struct hf_compiled_view *hf_compiled_view_ref(struct hf_compiled_view *view)
{
    view->n_refs++;
    return view;
}

void hf_compiled_view_unref(struct hf_compiled_view *view)
{
    if (!view || --view->n_refs > 0) {
        return;
    }
    hf_view_unref(view->view);
    free(view);
}

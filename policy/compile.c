/*
 * Decides what happens to each field of one answer. Invariant: a leaf is dropped unless every
 * reason to drop it has been ruled out; each test below can only withhold. The tree keeps its
 * shape, so a date leaf that is dropped still judges its row.
 */
#include "policy/compile.h"

#include "policy/compile_describe.h"
#include "policy/compile_scope.h"
#include "policy/view.h"

#include <stdlib.h>

enum { DESCRIPTION_MAX_BYTES = 8 << 20 };

struct compile {
    const struct hf_view_request *request;
    struct hf_reach reach;
    struct hf_view_builder *builder;
    hf_buf description;
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

/*
 * What may not leave yet, whatever policy and consents say: whose personal data a leaf is cannot be
 * judged by `owner`, and identifiers inside a text are not found, so all of it stays.
 */
static bool is_withheld_for_now(const struct hf_schema_field *leaf)
{
    return (leaf->class & HF_FIELD_OF_PERSON) || leaf->owner.size > 0 || leaf->text;
}

/* Beside dated rows a secret without a date would slip past the range: only if marked so. */
static bool is_out_of_range(const struct hf_view_request *request,
                            const struct hf_schema_field *leaf, bool in_rows)
{
    return request->operation->rows && !in_rows && leaf->class != HF_FIELD_PUBLIC && !leaf->undated;
}

static bool is_withheld(const struct hf_view_request *request, const struct hf_schema_field *leaf,
                        bool in_rows)
{
    return !leaf->classified || (leaf->class & ~request->agreement_classes) != 0 ||
           is_withheld_for_now(leaf) || is_out_of_range(request, leaf, in_rows);
}

/* By whose word a leaf leaves. Both NULL: by nobody's. */
struct release {
    const struct hf_grant_scope *scope;  /* that covers it */
    const struct hf_grant_scope *trader; /* of a sole trader: the person's, who agrees (PIPL 4) */
};

static struct release find_release(const struct compile *compile,
                                   const struct hf_schema_field *leaf, bool in_rows)
{
    const struct hf_view_request *request = compile->request;
    struct release release = {NULL, NULL};
    if (leaf->class != HF_FIELD_PUBLIC) {
        release.scope = hf_scopes_cover(request, &compile->reach, leaf, in_rows);
    }
    if (release.scope && request->subject_kind == HF_SUBJECT_SOLE_TRADER) {
        release.trader = hf_scopes_agree(request, &compile->reach, leaf, in_rows);
    }
    return release;
}

static void charge(struct compile *compile, const struct release *release)
{
    compile->releases_any = true;
    compile->charged |= release->scope ? 1u << release->scope->consent : 0;
    compile->charged |= release->trader ? 1u << release->trader->consent : 0;
}

static struct hf_treatment decide(struct compile *compile, const struct hf_schema_field *leaf,
                                  bool in_rows)
{
    const struct hf_view_request *request = compile->request;
    const struct hf_treatment drop = {.kind = HF_TREAT_DROP};
    const struct hf_rule_facts facts = {.operation = request->operation,
                                        .field = leaf,
                                        .bank = request->bank,
                                        .purpose = request->purpose,
                                        .actions = request->actions,
                                        .subject_kind = request->subject_kind};
    if (is_withheld(request, leaf, in_rows)) {
        return drop;
    }
    const struct hf_rule *rule = hf_policy_decide(request->policy, &facts);
    const struct release release = find_release(compile, leaf, in_rows);
    bool is_public = leaf->class == HF_FIELD_PUBLIC;
    bool is_of_trader = request->subject_kind == HF_SUBJECT_SOLE_TRADER && !is_public;
    if (!rule || (is_of_trader && !release.trader)) {
        return drop;
    }
    bool is_covered = release.scope || is_public;
    const struct hf_treatment *treatment = is_covered ? &rule->with : &rule->without;
    if (!hf_treatment_fits(treatment, hf_leaf_types(leaf))) {
        return drop;
    }
    if (treatment->kind != HF_TREAT_DROP && treatment->kind != HF_TREAT_NULL) {
        charge(compile, &release);
    }
    return *treatment;
}

static hf_status add_leaf(struct compile *compile, const struct hf_schema_field *leaf, bool in_rows,
                          const struct hf_view_node **ret_node)
{
    const struct hf_view_leaf view_leaf = {.types = hf_leaf_types(leaf),
                                           .max_chars = leaf->max_chars,
                                           .nullable = leaf->nullable,
                                           .class_bit = leaf->class,
                                           .date = leaf->date,
                                           .subject_echo = leaf->subject_echo,
                                           .treatment = decide(compile, leaf, in_rows)};
    HF_TRY(hf_describe_leaf(&compile->description, leaf, &view_leaf.treatment));
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
    HF_TRY(hf_describe_head(&compile->description, compile->request, &range));
    HF_TRY(add(compile, compile->request->operation->answer, false, &root));
    struct hf_view_builder *builder = compile->builder;
    compile->builder = NULL;
    HF_TRY(hf_view_builder_finish(builder, root, &range, &view->view));
    hf_sha256_of(hf_buf_view(&compile->description), view->digest);
    view->charged = compile->charged;
    view->releases_any = compile->releases_any;
    view->coverage = compile->reach.coverage;
    return HF_DONE;
}

static bool is_within_bounds(const struct hf_view_request *request)
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

hf_status hf_view_compile(const struct hf_view_request *request, struct hf_compiled_view **ret_view)
{
    if (!is_within_bounds(request)) {
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

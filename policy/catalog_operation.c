/*
 * Decides which operations of a document are served: those with `x-hufu`, GET or POST, with a path,
 * a subject and an answer that can be judged. Others are the department's own business and unknown
 * here. Invariant: of two served operations that can match the same path one is the more concrete
 * (route_template.h), or one is the GET and the other the POST of the very same template.
 */
#include "policy/catalog_build.h"

#include "policy/route_template.h"

#include <strings.h>

static const char *const OTHER_METHODS[] = {"put", "delete", "patch", "head", "options", "trace"};

static void mistake(const struct hf_catalog_build *build, const struct hf_json *at,
                    const char *sentence)
{
    hf_problems_add(&build->document, at, "%s", sentence);
}

/* ---- the answer ---- */

/* What OpenAPI says of an answer 200: the code itself, its range, or what holds for the rest. */
static const struct hf_json *response_of(const struct hf_json *operation)
{
    static const char *const NAMES[] = {"200", "2XX", "default"};
    const struct hf_json *responses = hf_json_member(operation, "responses");
    const struct hf_json *response = NULL;
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]) && !response; i++) {
        response = hf_json_member(responses, NAMES[i]);
    }
    return response;
}

/* `Application/JSON; charset=utf-8` is application/json. */
static bool is_media(hf_bytes name, const char *media)
{
    size_t size = 0;
    while (size < name.size && name.data[size] != ';') {
        size++;
    }
    while (size > 0 && (name.data[size - 1] == ' ' || name.data[size - 1] == '\t')) {
        size--;
    }
    return size == strlen(media) && strncasecmp((const char *)name.data, media, size) == 0;
}

/* The kinds of names by which an answer may be described, the closest first: a range speaks of what
 * nothing nearer speaks of. */
static const struct {
    const char *name; /* NULL: any name of @media */
    enum hf_media media;
} MEDIA[] = {
    {"application/json", HF_MEDIA_JSON},
    {NULL, HF_MEDIA_NDJSON},
    {"application/*", HF_MEDIA_JSON},
    {"*/*", HF_MEDIA_JSON},
};

/* Every schema of the closest kind. */
static void find_schemas(const struct hf_json *content, struct hf_answer_schemas *schemas)
{
    for (size_t i = 0; i < sizeof(MEDIA) / sizeof(MEDIA[0]) && schemas->n == 0; i++) {
        const struct hf_json *media = content ? content->child : NULL;
        for (; media && schemas->n < HF_BUILD_MAX_MEDIA; media = media->next) {
            const struct hf_json *schema = hf_json_member(media, "schema");
            bool is_meant = MEDIA[i].name ? is_media(media->name, MEDIA[i].name)
                                          : hf_media_of(media->name) == MEDIA[i].media;
            if (schema && is_meant) {
                schemas->items[schemas->n++] = schema;
                schemas->media = MEDIA[i].media;
            }
        }
    }
}

/* The schemas of the answer, none after adding a mistake. */
static struct hf_answer_schemas answer_schemas(struct hf_catalog_build *build,
                                               const struct hf_json *operation)
{
    struct hf_answer_schemas schemas = {.n = 0};
    const struct hf_json *responses = hf_json_member(operation, "responses");
    const struct hf_json *ok = response_of(operation);
    const struct hf_json *answer = ok ? hf_build_resolve(build, ok) : NULL;
    find_schemas(hf_json_member(answer, "content"), &schemas);
    if (schemas.n == 0 && (!ok || answer)) {
        mistake(build, responses ? responses : operation,
                "the operation needs a response \"200\" of content application/json with a "
                "schema");
    }
    return schemas;
}

/* ---- the operation ---- */

static hf_status read_dataset(struct hf_catalog_build *build, hf_bytes name, hf_bytes *ret_dataset)
{
    hf_buf text = hf_buf_init(128);
    hf_status status =
        hf_buf_printf(&text, "%s/%.*s", hf_source_name(build->catalog->source), HF_PRINT(name));
    if (hf_is_ok(status)) {
        status = hf_build_copy(build, hf_buf_view(&text), ret_dataset);
    }
    hf_buf_clear(&text);
    return status;
}

/* Each parameter of the template must be declared in the path, and the other way round. */
static void bind_template(struct hf_catalog_build *build, const struct hf_json *path,
                          struct hf_template *template, const struct hf_operation *operation)
{
    size_t n_bound = 0;
    size_t n_in_path = 0;
    for (size_t i = 0; i < operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &operation->parameters[i];
        n_in_path += parameter->place == HF_PLACE_PATH;
        if (parameter->place == HF_PLACE_PATH && !parameter->required) {
            mistake(build, path, "a parameter in the path must be required: true");
        }
        for (size_t k = 0; k < template->n_segments; k++) {
            struct hf_template_segment *segment = &template->segments[k];
            if (parameter->place == HF_PLACE_PATH && segment->parameter.size > 0 &&
                hf_bytes_equal(segment->parameter, parameter->name)) {
                segment->index = (unsigned)i;
                n_bound++;
            }
        }
    }
    size_t n_in_template = 0;
    for (size_t k = 0; k < template->n_segments; k++) {
        n_in_template += template->segments[k].parameter.size > 0;
    }
    if (n_bound != n_in_template || n_bound != n_in_path) {
        hf_problems_add_name(&build->document, path,
                             "the parameters in braces and those declared `in: path` must be the "
                             "same");
    }
}

static hf_status read_path(struct hf_catalog_build *build, const struct hf_json *path,
                           struct hf_operation *operation)
{
    struct hf_template *template = NULL;
    struct hf_problem problem = {0};
    HF_TRY(hf_build_copy(build, path->name, &operation->path));
    hf_status status =
        hf_template_parse(operation->path, &build->catalog->arena, &template, &problem);
    if (status.code == HF_CATALOG_INVALID) {
        hf_problems_add_name(&build->document, path, "%s", problem.detail);
        return HF_DONE;
    }
    HF_TRY(status);
    bind_template(build, path, template, operation);
    operation->template = template;
    return HF_DONE;
}

static void check_overlap(struct hf_catalog_build *build, const struct hf_json *path,
                          const struct hf_operation *operation)
{
    for (size_t i = 0; i < build->catalog->n_operations; i++) {
        const struct hf_operation *other = &build->catalog->operations[i];
        if (other->template && operation->template &&
            !hf_bytes_equal(other->path, operation->path) &&
            hf_template_compare(other->template, operation->template) == HF_TEMPLATE_UNCLEAR) {
            hf_problems_add_name(&build->document, path,
                                 "some request would match this path and that of operation %u "
                                 "of this document, too, and neither is the more concrete; make a "
                                 "literal part differ",
                                 other->index + 1);
        }
    }
}

static hf_status read_operation(struct hf_catalog_build *build, const struct hf_json *path,
                                const struct hf_json *path_item, const struct hf_json *node,
                                enum hf_method method)
{
    struct hf_operation *operation = &build->catalog->operations[build->catalog->n_operations];
    struct hf_operation_note note;
    struct hf_draft *draft = NULL;
    const struct hf_json *at = hf_json_member(node, "x-hufu");
    if (!at || !hf_note_read_operation(build, at, &note)) {
        return HF_DONE;
    }
    *operation = (struct hf_operation){.catalog = build->catalog,
                                       .method = method,
                                       .detail = note.detail,
                                       .is_public = note.is_public,
                                       .index = (unsigned)build->catalog->n_operations};
    HF_TRY(read_dataset(build, note.dataset, &operation->dataset));
    HF_TRY(hf_build_parameters(build, path_item, node, &note, operation));
    HF_TRY(read_path(build, path, operation));
    check_overlap(build, path, operation);
    const struct hf_answer_schemas schemas = answer_schemas(build, node);
    operation->media = schemas.media;
    if (schemas.n > 0) {
        hf_arena_clear(&build->scratch);
        HF_TRY(hf_build_answer(build, &schemas, &draft));
    }
    if (draft) {
        HF_TRY(hf_build_tree(build, draft, &note, operation));
    }
    build->catalog->n_operations++;
    return HF_DONE;
}

static hf_status read_path_item(struct hf_catalog_build *build, const struct hf_json *path)
{
    const struct hf_json *path_item = hf_build_resolve(build, path);
    const struct hf_json *get = hf_json_member(path_item, "get");
    const struct hf_json *post = hf_json_member(path_item, "post");
    for (size_t i = 0; i < sizeof(OTHER_METHODS) / sizeof(OTHER_METHODS[0]); i++) {
        const struct hf_json *other = hf_json_member(path_item, OTHER_METHODS[i]);
        if (hf_json_member(other, "x-hufu")) {
            hf_problems_add_name(&build->document, other,
                                 "only get and post are served; take x-hufu away from `%s`",
                                 OTHER_METHODS[i]);
        }
    }
    size_t n_new =
        (hf_json_member(get, "x-hufu") ? 1u : 0u) + (hf_json_member(post, "x-hufu") ? 1u : 0u);
    if (build->catalog->n_operations + n_new > HF_CATALOG_MAX_OPERATIONS) {
        mistake(build, path, "the document has more than 256 operations with x-hufu");
        return HF_DONE;
    }
    if (get) {
        HF_TRY(read_operation(build, path, path_item, get, HF_METHOD_GET));
    }
    return post ? read_operation(build, path, path_item, post, HF_METHOD_POST) : HF_DONE;
}

hf_status hf_build_operations(struct hf_catalog_build *build)
{
    const struct hf_json *paths = hf_json_member(build->document.root, "paths");
    size_t n_problems = build->document.problems->n;
    build->catalog->operations = hf_arena_alloc_array(
        &build->catalog->arena, HF_CATALOG_MAX_OPERATIONS, sizeof(*build->catalog->operations));
    if (!build->catalog->operations) {
        HF_FAIL(NOMEM);
    }
    if (!paths || paths->type != HF_JSON_OBJECT) {
        mistake(build, paths ? paths : build->document.root,
                "the document needs an object `paths`");
        return HF_DONE;
    }
    for (const struct hf_json *path = paths->child; path; path = path->next) {
        HF_TRY(read_path_item(build, path));
    }
    if (build->catalog->n_operations == 0 && build->document.problems->n == n_problems) {
        mistake(build, paths, "no operation carries x-hufu: nothing would be served");
    }
    return HF_DONE;
}

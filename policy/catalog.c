/*
 * Decides whether a text is a catalog at all, and owns what is compiled from it. One arena holds
 * the whole catalog; the parsed document and the drafts are gone when compiling ends. A catalog
 * with a single mistake does not exist: there is no partly usable one.
 */
#include "policy/catalog.h"

#include "policy/catalog_build.h"
#include "policy/route_index.h"

#include <stdlib.h>

enum { ARENA_MAX_BYTES = 128 << 20 };

static const struct hf_json_limits JSON_LIMITS = {.max_bytes = HF_CATALOG_MAX_BYTES,
                                                  .max_depth = 96,
                                                  .max_values = 400000,
                                                  .max_string_bytes = 64 << 10};

void hf_catalog_free(struct hf_catalog *catalog)
{
    if (!catalog) {
        return;
    }
    hf_arena_clear(&catalog->arena);
    free(catalog);
}

static void catalog_cleanup(struct hf_catalog **catalog)
{
    hf_catalog_free(*catalog);
}

static void check_version(const struct hf_catalog_build *build)
{
    const struct hf_json *root = build->document.root;
    const struct hf_json *version = hf_json_member(root, "openapi");
    if (!version || version->type != HF_JSON_STRING ||
        !(hf_bytes_starts_with(version->text, HF_LITERAL("3.0.")) ||
          hf_bytes_starts_with(version->text, HF_LITERAL("3.1.")))) {
        hf_problems_add(&build->document, version ? version : root,
                        "`openapi` must be 3.0.x or 3.1.x; convert the document");
    }
}

static hf_status read_document(struct hf_catalog_build *build)
{
    const struct hf_json *info = hf_json_member(build->document.root, "info");
    check_version(build);
    if (!info) {
        hf_problems_add(&build->document, build->document.root, "the document needs an `info`");
        return HF_DONE;
    }
    if (!hf_note_read_source(build, info, &build->catalog->source)) {
        return HF_DONE;
    }
    return hf_build_operations(build);
}

static hf_status read_text(struct hf_catalog_build *build, hf_bytes text)
{
    struct hf_problems *problems = build->document.problems;
    struct hf_arena parsed = hf_arena_init(ARENA_MAX_BYTES);
    struct hf_problem problem = {0};
    size_t n_before = problems->n + problems->n_left_out;
    hf_status status = hf_json_parse(text, &JSON_LIMITS, &parsed, &build->document.root, &problem);
    if (hf_is_ok(status)) {
        status = read_document(build);
        if (hf_is_ok(status) && problems->n + problems->n_left_out > n_before) {
            status = hf_status_of(HF_CATALOG_INVALID);
        }
    } else if (status.code == HF_JSON_MALFORMED || status.code == HF_LIMIT) {
        hf_problems_take(problems, &problem);
        status = hf_status_of(HF_CATALOG_INVALID);
    }
    hf_arena_clear(&parsed);
    return status;
}

hf_status hf_catalog_compile(hf_bytes text, struct hf_problems *problems,
                             struct hf_catalog **ret_catalog)
{
    HF_CLEANUP(catalog_cleanup) struct hf_catalog *catalog = calloc(1, sizeof(*catalog));
    if (!catalog) {
        HF_FAIL(NOMEM);
    }
    catalog->arena = hf_arena_init(ARENA_MAX_BYTES);
    struct hf_catalog_build build = {
        .document = {.text = text, .code = HF_CATALOG_INVALID, .problems = problems},
        .catalog = catalog,
        .scratch = hf_arena_init(ARENA_MAX_BYTES)};
    hf_status status = read_text(&build, text);
    hf_arena_clear(&build.scratch);
    HF_TRY(status);
    hf_sha256_of(text, catalog->digest);
    HF_TRY(hf_route_index_build(catalog->operations, catalog->n_operations, &catalog->arena,
                                &catalog->index));
    *ret_catalog = catalog;
    catalog = NULL;
    return HF_DONE;
}

hf_bytes hf_catalog_source(const struct hf_catalog *catalog)
{
    return hf_bytes_of_string(hf_source_name(catalog->source));
}

const uint8_t *hf_catalog_digest(const struct hf_catalog *catalog)
{
    return catalog->digest;
}

size_t hf_catalog_n_operations(const struct hf_catalog *catalog)
{
    return catalog->n_operations;
}

const struct hf_operation *hf_catalog_operation(const struct hf_catalog *catalog, size_t index)
{
    return index < catalog->n_operations ? &catalog->operations[index] : NULL;
}

const struct hf_route_index *hf_catalog_index(const struct hf_catalog *catalog)
{
    return catalog->index;
}

const char *hf_method_name(enum hf_method method)
{
    return method == HF_METHOD_POST ? "POST" : "GET";
}

const struct hf_operation *hf_catalog_find(const struct hf_catalog *catalog, hf_bytes name)
{
    for (size_t i = 0; i < catalog->n_operations; i++) {
        const struct hf_operation *operation = &catalog->operations[i];
        hf_bytes method = hf_bytes_of_string(hf_method_name(operation->method));
        if (name.size == method.size + 1 + operation->path.size &&
            hf_bytes_starts_with(name, method) && name.data[method.size] == ' ' &&
            hf_bytes_equal(hf_bytes_skip(name, method.size + 1), operation->path)) {
            return operation;
        }
    }
    return NULL;
}

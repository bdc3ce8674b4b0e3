/*
 * Decides which operation a request names and what the source is sent. Invariant: every byte of the
 * rebuilt path is of the catalog's template or of a checked value, encoded anew; no two readings of
 * one path exist here, so the subject that consent is judged for is the subject the source answers
 * about. It does not know who asks.
 */
#include "policy/route.h"

#include "policy/resident.h"
#include "policy/route_index.h"
#include "policy/route_path.h"
#include "policy/route_template.h"
#include "policy/route_value.h"

enum { REBUILT_MAX_BYTES = 16 << 10 };

/* Once there is an operation, the values of a request by the index of their parameter; an empty
 * view with NULL: not given. */
struct match {
    const struct hf_operation *operation;
    hf_bytes segments[HF_TEMPLATE_MAX_SEGMENTS]; /* as many as the template has */
    hf_bytes values[HF_CATALOG_MAX_PARAMETERS];  /* n_parameters */
    struct hf_problem *reterr;
};

static hf_status bad(struct hf_problem *reterr, const char *where, const char *sentence)
{
    return hf_problem_set(reterr, HF_REQUEST_MALFORMED, where, "%s", sentence);
}

static hf_status bad_parameter(struct hf_problem *reterr, const struct hf_parameter *parameter,
                               const char *sentence)
{
    char name[96];
    size_t size = parameter->name.size < sizeof(name) - 1 ? parameter->name.size : sizeof(name) - 1;
    memcpy(name, parameter->name.data, size);
    name[size] = '\0';
    return bad(reterr, name, sentence);
}

/* ---- which operation ---- */

static bool path_names_resident(const struct hf_path *path)
{
    bool found = false;
    for (size_t i = 0; i < path->n_segments; i++) {
        found |= hf_resident_is_within(path->segments[i]);
    }
    for (size_t i = 0; i < path->n_pairs; i++) {
        found |= hf_resident_is_within(path->pairs[i].name);
        found |= hf_resident_is_within(path->pairs[i].value);
    }
    return found;
}

static const struct hf_catalog *catalog_of(const struct hf_catalogs *catalogs, hf_bytes source)
{
    for (size_t i = 0; i < catalogs->n; i++) {
        if (hf_bytes_equal(hf_catalog_source(catalogs->items[i]), source)) {
            return catalogs->items[i];
        }
    }
    return NULL;
}

/* Whether a path that matches both belongs to @a's template. The catalog's compiler saw to it that
 * of two one comes first, and that templates of one text are one GET and one POST. */
static bool comes_first(const struct hf_operation *a, const struct hf_operation *b)
{
    return !b || hf_template_compare(a->template, b->template) == HF_TEMPLATE_FIRST;
}

/* The most concrete template decides, then the method: what it does not serve no other one does. */
static enum hf_code find_operation(const struct hf_catalogs *catalogs, hf_bytes method,
                                   const struct hf_path *path, struct match *match)
{
    const struct hf_catalog *catalog = catalog_of(catalogs, path->segments[0]);
    const struct hf_operation *best = NULL;
    const struct hf_operation *operation = NULL;
    if (!catalog) {
        return HF_ROUTE_UNKNOWN;
    }
    struct hf_route_candidates candidates =
        hf_route_candidates(hf_catalog_index(catalog), path->segments + 1, path->n_segments - 1);
    while ((operation = hf_route_next(&candidates)) != NULL) {
        HF_UNINITIALISED hf_bytes segments[HF_TEMPLATE_MAX_SEGMENTS];
        if (!hf_template_match(operation->template, path->segments + 1, path->n_segments - 1,
                               segments)) {
            continue;
        }
        bool is_twin = best && hf_bytes_equal(best->path, operation->path);
        if (!is_twin && !comes_first(operation, best)) {
            continue;
        }
        match->operation = is_twin ? match->operation : NULL;
        best = operation;
        if (hf_bytes_equal_string(method, hf_method_name(operation->method))) {
            match->operation = operation;
            memcpy(match->segments, segments, (path->n_segments - 1) * sizeof(*segments));
        }
    }
    if (!best) {
        return HF_ROUTE_UNKNOWN;
    }
    return match->operation ? HF_OK : HF_METHOD_DENIED;
}

/* ---- its values ---- */

static void take_segments(struct match *match)
{
    const struct hf_template *template = match->operation->template;
    memset(match->values, 0, match->operation->n_parameters * sizeof(*match->values));
    for (size_t i = 0; i < template->n_segments; i++) {
        if (template->segments[i].parameter.size > 0) {
            match->values[template->segments[i].index] = match->segments[i];
        }
    }
}

static hf_status take_pair(struct match *match, const struct hf_path_pair *pair)
{
    for (size_t i = 0; i < match->operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &match->operation->parameters[i];
        if (parameter->place != HF_PLACE_QUERY || !hf_bytes_equal(parameter->name, pair->name)) {
            continue;
        }
        if (match->values[i].data) {
            return bad_parameter(match->reterr, parameter, "this parameter stands twice");
        }
        match->values[i] = pair->value;
        return HF_DONE;
    }
    return bad(match->reterr, NULL, "the query holds a parameter that is not declared");
}

static hf_status check_value(const struct match *match, const struct hf_parameter *parameter,
                             hf_bytes value)
{
    if (!value.data) {
        return parameter->required ? bad_parameter(match->reterr, parameter,
                                                   "this parameter is required and missing")
                                   : HF_DONE;
    }
    if (!parameter->subject && hf_resident_is_within(value)) {
        return bad_parameter(match->reterr, parameter,
                             "a resident ID may not stand in a path or query");
    }
    if (!hf_value_fits(parameter, value)) {
        return bad_parameter(match->reterr, parameter, "this parameter does not fit its schema");
    }
    return HF_DONE;
}

static hf_status check_values(const struct match *match)
{
    for (size_t i = 0; i < match->operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &match->operation->parameters[i];
        if (parameter->place != HF_PLACE_BODY) {
            HF_TRY(check_value(match, parameter, match->values[i]));
        }
    }
    return HF_DONE;
}

static hf_status take_subject(const struct match *match, struct hf_route *route)
{
    const struct hf_parameter *subject = match->operation->subject;
    uint8_t folded[HF_RESIDENT_CHARS];
    if (subject->place == HF_PLACE_BODY) {
        return HF_DONE;
    }
    hf_bytes value = match->values[subject - match->operation->parameters];
    if (!hf_value_subject(subject->place, value, folded, &route->subject_kind, &route->subject)) {
        return bad_parameter(match->reterr, subject,
                             "the subject is not a Unified Social Credit Code in upper case with "
                             "the right check character");
    }
    return HF_DONE;
}

/* ---- what the source is sent ---- */

static hf_status rebuild_path(const struct match *match, hf_buf *buf)
{
    const struct hf_template *template = match->operation->template;
    for (size_t i = 0; i < template->n_segments; i++) {
        const struct hf_template_segment *segment = &template->segments[i];
        HF_TRY(hf_buf_append_byte(buf, '/'));
        HF_TRY(hf_buf_append(buf, segment->prefix));
        if (segment->parameter.size > 0) {
            HF_TRY(hf_path_encode(buf, match->values[segment->index]));
        }
        HF_TRY(hf_buf_append(buf, segment->suffix));
    }
    return HF_DONE;
}

static hf_status rebuild_query(const struct match *match, hf_buf *buf)
{
    uint8_t separator = '?';
    for (size_t i = 0; i < match->operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &match->operation->parameters[i];
        if (parameter->place != HF_PLACE_QUERY || !match->values[i].data) {
            continue;
        }
        HF_TRY(hf_buf_append_byte(buf, separator));
        HF_TRY(hf_query_encode(buf, parameter->name));
        HF_TRY(hf_buf_append_byte(buf, '='));
        HF_TRY(hf_query_encode(buf, match->values[i]));
        separator = '&';
    }
    return HF_DONE;
}

/* As long as it can become: each byte of a value may be written as three. */
static size_t rebuilt_bytes(const struct match *match)
{
    const struct hf_operation *operation = match->operation;
    size_t size = operation->path.size;
    for (size_t i = 0; i < operation->n_parameters; i++) {
        size += 3 * match->values[i].size;
        if (operation->parameters[i].place == HF_PLACE_QUERY) {
            size += 2 + 3 * operation->parameters[i].name.size; /* `&`, `=` */
        }
    }
    return size < REBUILT_MAX_BYTES ? size : REBUILT_MAX_BYTES;
}

/* In the arena's memory from the start: the buffer has room up to its limit, and so asks no heap.
 */
static hf_status rebuild(const struct match *match, struct hf_arena *arena, hf_bytes *ret_path)
{
    size_t size = rebuilt_bytes(match);
    hf_buf buf = {.data = hf_arena_room(arena, size), .capacity_bytes = size, .limit_bytes = size};
    if (!buf.data) {
        HF_FAIL(NOMEM);
    }
    HF_TRY(rebuild_path(match, &buf));
    HF_TRY(rebuild_query(match, &buf));
    *ret_path = hf_buf_view(&buf);
    return HF_DONE;
}

hf_status hf_route_match(const struct hf_catalogs *catalogs, const struct hf_route_request *request,
                         struct hf_arena *arena, struct hf_route *ret_route,
                         struct hf_problem *reterr)
{
    HF_UNINITIALISED struct hf_path read;
    HF_UNINITIALISED struct match match;
    struct hf_route route = {0};
    match.operation = NULL;
    match.reterr = reterr;
    HF_TRY(hf_path_read(request->path, arena, &read, reterr));
    enum hf_code found = find_operation(catalogs, request->method, &read, &match);
    if (!match.operation) {
        return path_names_resident(&read)
                   ? bad(reterr, NULL, "a resident ID may not stand in a path or query")
                   : hf_status_of(found);
    }
    take_segments(&match);
    for (size_t i = 0; i < read.n_pairs; i++) {
        HF_TRY(take_pair(&match, &read.pairs[i]));
    }
    HF_TRY(check_values(&match));
    HF_TRY(take_subject(&match, &route));
    HF_TRY(rebuild(&match, arena, &route.path));
    route.operation = match.operation;
    route.needs_body = match.operation->method == HF_METHOD_POST;
    *ret_route = route;
    return HF_DONE;
}

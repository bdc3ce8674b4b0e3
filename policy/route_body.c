/*
 * Decides what of a POST's body the source is sent: the declared members, in declared order,
 * written anew from the values read. Persons are subjects only here, so this is where an ID number
 * enters; it stays in the arena of the exchange and in no problem.
 */
#include "base/json.h"
#include "policy/resident.h"
#include "policy/route.h"
#include "policy/route_value.h"

static const struct hf_json_limits LIMITS = {.max_bytes = HF_ROUTE_MAX_BODY_BYTES,
                                             .max_depth = 1,
                                             .max_values = 2 * HF_CATALOG_MAX_PARAMETERS,
                                             .max_string_bytes = 16 << 10};

static hf_status bad(struct hf_problem *reterr, const struct hf_parameter *parameter,
                     const char *sentence)
{
    char name[96] = {0};
    if (parameter) {
        size_t size =
            parameter->name.size < sizeof(name) - 1 ? parameter->name.size : sizeof(name) - 1;
        memcpy(name, parameter->name.data, size);
    }
    return hf_problem_set(reterr, HF_REQUEST_MALFORMED, name, "%s", sentence);
}

static const struct hf_parameter *declared(const struct hf_operation *operation, hf_bytes name)
{
    for (size_t i = 0; i < operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &operation->parameters[i];
        if (parameter->place == HF_PLACE_BODY && hf_bytes_equal(parameter->name, name)) {
            return parameter;
        }
    }
    return NULL;
}

static const struct hf_json *given(const struct hf_json *body, hf_bytes name)
{
    const struct hf_json *member = body->child;
    while (member && !hf_bytes_equal(member->name, name)) {
        member = member->next;
    }
    return member;
}

/* The text that hf_value_fits() judges; false when the JSON type is not the declared one. */
static bool value_text(const struct hf_parameter *parameter, const struct hf_json *value,
                       hf_bytes *ret_text)
{
    bool is_string = value->type == HF_JSON_STRING;
    bool is_number = value->type == HF_JSON_NUMBER;
    bool is_boolean = value->type == HF_JSON_TRUE || value->type == HF_JSON_FALSE;
    *ret_text = is_boolean ? hf_bytes_of_string(value->type == HF_JSON_TRUE ? "true" : "false")
                           : value->text;
    switch (parameter->type) {
    case HF_SCHEMA_STRING:
        return is_string;
    case HF_SCHEMA_INTEGER:
    case HF_SCHEMA_NUMBER:
        return is_number;
    case HF_SCHEMA_BOOLEAN:
        return is_boolean;
    case HF_SCHEMA_NULL:
        break;
    }
    return false;
}

/* One body on its way through. */
struct reading {
    struct hf_arena *arena;
    struct hf_route route;
    hf_buf rebuilt;
    struct hf_problem *reterr;
};

static void reading_clear(struct reading *reading)
{
    hf_buf_clear(&reading->rebuilt);
}

static hf_status take_subject(struct reading *reading, const struct hf_parameter *parameter,
                              hf_bytes text)
{
    uint8_t folded[HF_RESIDENT_CHARS];
    hf_bytes subject;
    if (!hf_value_subject(HF_PLACE_BODY, text, folded, &reading->route.subject_kind, &subject)) {
        return bad(reading->reterr, parameter,
                   "the subject is neither a resident ID nor a Unified Social Credit Code with "
                   "the right check character");
    }
    return hf_arena_copy(reading->arena, subject, &reading->route.subject);
}

static hf_status write_member(hf_buf *buf, const struct hf_parameter *parameter, hf_bytes text)
{
    HF_TRY(hf_buf_append_byte(buf, buf->size == 0 ? '{' : ','));
    HF_TRY(hf_json_write_string(buf, parameter->name));
    HF_TRY(hf_buf_append_byte(buf, ':'));
    return parameter->type == HF_SCHEMA_STRING ? hf_json_write_string(buf, text)
                                               : hf_buf_append(buf, text);
}

static hf_status read_member(struct reading *reading, const struct hf_parameter *parameter,
                             const struct hf_json *value)
{
    hf_bytes text;
    if (!value) {
        return parameter->required
                   ? bad(reading->reterr, parameter, "this member is required and missing")
                   : HF_DONE;
    }
    if (!value_text(parameter, value, &text) || !hf_value_fits(parameter, text)) {
        return bad(reading->reterr, parameter, "this member does not fit its schema");
    }
    if (parameter->subject) {
        HF_TRY(take_subject(reading, parameter, text));
        text = reading->route.subject;
    }
    return write_member(&reading->rebuilt, parameter, text);
}

static hf_status read_members(struct reading *reading, const struct hf_json *root)
{
    const struct hf_operation *operation = reading->route.operation;
    for (const struct hf_json *member = root->child; member; member = member->next) {
        if (!declared(operation, member->name)) {
            return bad(reading->reterr, NULL, "the body holds a member that is not declared");
        }
    }
    for (size_t i = 0; i < operation->n_parameters; i++) {
        const struct hf_parameter *parameter = &operation->parameters[i];
        if (parameter->place == HF_PLACE_BODY) {
            HF_TRY(read_member(reading, parameter, given(root, parameter->name)));
        }
    }
    return reading->rebuilt.size == 0 ? hf_buf_append(&reading->rebuilt, HF_LITERAL("{}"))
                                      : hf_buf_append_byte(&reading->rebuilt, '}');
}

static hf_status parse(hf_bytes body, struct hf_arena *arena, const struct hf_json **ret_root,
                       struct hf_problem *reterr)
{
    if (body.size > HF_ROUTE_MAX_BODY_BYTES) {
        return hf_problem_set(reterr, HF_BODY_TOO_LARGE, NULL, "the body is larger than 64 KiB");
    }
    hf_status status = hf_json_parse(body, &LIMITS, arena, ret_root, reterr);
    if (status.code == HF_JSON_MALFORMED || status.code == HF_LIMIT) {
        return bad(reterr, NULL, "the body is not strict JSON with scalar members");
    }
    HF_TRY(status);
    return (*ret_root)->type == HF_JSON_OBJECT ? HF_DONE
                                               : bad(reterr, NULL, "the body is not an object");
}

hf_status hf_route_read_body(struct hf_route *route, hf_bytes body, struct hf_arena *arena,
                             struct hf_problem *reterr)
{
    const struct hf_json *root = NULL;
    HF_CLEANUP(reading_clear)
    struct reading reading = {.arena = arena,
                              .route = *route,
                              .rebuilt = hf_buf_init(2 * HF_ROUTE_MAX_BODY_BYTES),
                              .reterr = reterr};
    HF_TRY(parse(body, arena, &root, reterr));
    HF_TRY(read_members(&reading, root));
    HF_TRY(hf_arena_copy(arena, hf_buf_view(&reading.rebuilt), &reading.route.body));
    reading.route.needs_body = false;
    *route = reading.route;
    return HF_DONE;
}

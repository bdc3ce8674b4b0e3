/*
 * Decides what a request to an operation may carry: which parameters, of which type, and which one
 * is the subject. Only scalars: a source is sent nothing that we cannot check and write anew.
 * Invariant: each name stands in one place only, so a subject can never be said twice.
 */
#include "policy/catalog_build.h"

enum { NAME_MAX_BYTES = 64, VALUES_MAX = 256, CHARS_MAX = 4096 };

struct list {
    struct hf_catalog_build *build;
    struct hf_parameter items[HF_CATALOG_MAX_PARAMETERS];
    const struct hf_json *at[HF_CATALOG_MAX_PARAMETERS]; /* where each is declared */
    size_t n;
};

static void mistake(const struct list *list, const struct hf_json *at, const char *sentence)
{
    hf_problems_add(&list->build->document, at, "%s", sentence);
}

/* ---- the schema of a value ---- */

static bool read_type(const struct list *list, const struct hf_json *schema,
                      struct hf_parameter *parameter)
{
    static const struct {
        const char *name;
        enum hf_schema_type type;
    } TYPES[] = {{"string", HF_SCHEMA_STRING},
                 {"integer", HF_SCHEMA_INTEGER},
                 {"number", HF_SCHEMA_NUMBER},
                 {"boolean", HF_SCHEMA_BOOLEAN}};
    const struct hf_json *type = hf_json_member(schema, "type");
    if (type && type->type == HF_JSON_ARRAY && type->n_children == 1) {
        type = type->child;
    }
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (hf_json_is_string(type, TYPES[i].name)) {
            parameter->type = TYPES[i].type;
            return true;
        }
    }
    mistake(list, type ? type : schema,
            "a parameter's `type` must be string, integer, number or boolean, one of them");
    return false;
}

static hf_status read_values(const struct list *list, const struct hf_json *schema,
                             struct hf_parameter *parameter)
{
    const struct hf_json *values = hf_json_member(schema, "enum");
    if (!values) {
        return HF_DONE;
    }
    if (values->type != HF_JSON_ARRAY || values->n_children == 0 ||
        values->n_children > VALUES_MAX) {
        mistake(list, values, "`enum` must be an array of 1 to 256 values");
        return HF_DONE;
    }
    hf_bytes *copies =
        hf_arena_alloc_array(&list->build->catalog->arena, values->n_children, sizeof(*copies));
    if (!copies) {
        HF_FAIL(NOMEM);
    }
    bool is_string = parameter->type == HF_SCHEMA_STRING;
    for (const struct hf_json *value = values->child; value; value = value->next) {
        if (value->type != (is_string ? HF_JSON_STRING : HF_JSON_NUMBER)) {
            mistake(list, value, "a value of `enum` is not of the parameter's type");
            return HF_DONE;
        }
        HF_TRY(hf_build_copy(list->build, value->text, &copies[parameter->n_values++]));
    }
    parameter->values = copies;
    return HF_DONE;
}

static hf_status read_schema(const struct list *list, const struct hf_json *schema,
                             struct hf_parameter *parameter)
{
    schema = schema ? hf_build_resolve(list->build, schema) : NULL;
    if (!schema || !read_type(list, schema, parameter)) {
        return HF_DONE;
    }
    const struct hf_json *format = hf_build_string(list->build, schema, "format");
    if (hf_json_is_string(format, "date")) {
        parameter->format = HF_SCHEMA_FORMAT_DATE;
    } else if (hf_json_is_string(format, "date-time")) {
        parameter->format = HF_SCHEMA_FORMAT_DATE_TIME;
    }
    parameter->max_chars = HF_CATALOG_MAX_VALUE_CHARS;
    hf_build_number(list->build, schema, "minLength", &parameter->min_chars);
    hf_build_number(list->build, schema, "maxLength", &parameter->max_chars);
    if (parameter->max_chars > CHARS_MAX || parameter->min_chars > parameter->max_chars) {
        mistake(list, schema, "`maxLength` must be at most 4096 and not below `minLength`");
    }
    return read_values(list, schema, parameter);
}

/* ---- the list ---- */

static struct hf_parameter *find(struct list *list, hf_bytes name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (hf_bytes_equal(list->items[i].name, name)) {
            return &list->items[i];
        }
    }
    return NULL;
}

static hf_status append(struct list *list, const struct hf_json *at,
                        const struct hf_parameter *parameter)
{
    if (parameter->name.size == 0 || parameter->name.size > NAME_MAX_BYTES) {
        mistake(list, at, "a parameter's name has 1 to 64 bytes");
        return HF_DONE;
    }
    if (find(list, parameter->name)) {
        mistake(list, at,
                "this name is declared twice; a name may stand in one place of the request only");
        return HF_DONE;
    }
    if (list->n == HF_CATALOG_MAX_PARAMETERS) {
        mistake(list, at, "an operation may have 32 parameters and body members at most");
        return HF_DONE;
    }
    list->items[list->n] = *parameter;
    HF_TRY(hf_build_copy(list->build, parameter->name, &list->items[list->n].name));
    list->at[list->n++] = at;
    return HF_DONE;
}

/* Whether the operation itself declares the same parameter, which then counts instead. */
static bool is_overridden(const struct list *list, const struct hf_json *own,
                          const struct hf_json *name, const struct hf_json *in)
{
    for (const struct hf_json *item = own ? own->child : NULL; item; item = item->next) {
        const struct hf_json *parameter = hf_build_resolve(list->build, item);
        const struct hf_json *other_name = hf_json_member(parameter, "name");
        const struct hf_json *other_in = hf_json_member(parameter, "in");
        if (other_name && other_in && hf_bytes_equal(other_name->text, name->text) &&
            hf_bytes_equal(other_in->text, in->text)) {
            return true;
        }
    }
    return false;
}

static hf_status read_parameter(struct list *list, const struct hf_json *at,
                                const struct hf_json *overriding)
{
    const struct hf_json *node = hf_build_resolve(list->build, at);
    struct hf_parameter parameter = {0};
    if (!node) {
        return HF_DONE;
    }
    const struct hf_json *name = hf_build_string(list->build, node, "name");
    const struct hf_json *in = hf_build_string(list->build, node, "in");
    if (!name || !in) {
        mistake(list, node, "a parameter needs `name` and `in`");
        return HF_DONE;
    }
    if (is_overridden(list, overriding, name, in)) {
        return HF_DONE;
    }
    hf_build_boolean(list->build, node, "required", &parameter.required);
    if (hf_json_is_string(in, "path")) {
        parameter.place = HF_PLACE_PATH;
    } else if (hf_json_is_string(in, "query")) {
        parameter.place = HF_PLACE_QUERY;
    } else {
        if (parameter.required) {
            mistake(list, in,
                    "the gateway sends no header or cookie of a request on; a required "
                    "parameter must stand in the path or query");
        }
        return HF_DONE;
    }
    if (!hf_json_member(node, "schema")) {
        mistake(list, node, "a parameter needs a `schema` with a scalar `type`");
        return HF_DONE;
    }
    parameter.name = name->text;
    HF_TRY(read_schema(list, hf_json_member(node, "schema"), &parameter));
    return append(list, node, &parameter);
}

static hf_status read_parameters(struct list *list, const struct hf_json *parameters,
                                 const struct hf_json *overriding)
{
    if (parameters && parameters->type != HF_JSON_ARRAY) {
        mistake(list, parameters, "`parameters` must be an array");
        return HF_DONE;
    }
    for (const struct hf_json *item = parameters ? parameters->child : NULL; item;
         item = item->next) {
        HF_TRY(read_parameter(list, item, overriding));
    }
    return HF_DONE;
}

/* ---- the body ---- */

static bool is_required(const struct hf_json *schema, hf_bytes name)
{
    const struct hf_json *required = hf_json_member(schema, "required");
    for (const struct hf_json *item = required ? required->child : NULL; item; item = item->next) {
        if (item->type == HF_JSON_STRING && hf_bytes_equal(item->text, name)) {
            return true;
        }
    }
    return false;
}

static hf_status read_body(struct list *list, const struct hf_json *operation)
{
    const struct hf_json *at = hf_json_member(operation, "requestBody");
    const struct hf_json *body = at ? hf_build_resolve(list->build, at) : NULL;
    const struct hf_json *content = hf_json_member(body, "content");
    const struct hf_json *schema =
        hf_json_member(hf_json_member(content, "application/json"), "schema");
    schema = schema ? hf_build_resolve(list->build, schema) : NULL;
    const struct hf_json *properties = hf_json_member(schema, "properties");
    if (!properties || properties->type != HF_JSON_OBJECT) {
        mistake(list, at ? at : operation,
                "a POST needs a requestBody of content application/json whose schema has "
                "`properties`");
        return HF_DONE;
    }
    for (const struct hf_json *member = properties->child; member; member = member->next) {
        struct hf_parameter parameter = {.place = HF_PLACE_BODY, .name = member->name};
        parameter.required = is_required(schema, member->name);
        HF_TRY(read_schema(list, member, &parameter));
        HF_TRY(append(list, member, &parameter));
    }
    return HF_DONE;
}

/* ---- the subject, and the whole ---- */

static void mark_subject(struct list *list, const struct hf_operation_note *note)
{
    struct hf_parameter *subject = find(list, note->subject_name);
    if (!subject || (note->has_place && subject->place != note->subject_place) ||
        (!note->has_place && subject->place == HF_PLACE_BODY)) {
        mistake(list, note->subject,
                "`subject` names no parameter of this operation; a body member is written "
                "{\"in\": \"body\", \"name\": ...}");
        return;
    }
    if (subject->type && subject->type != HF_SCHEMA_STRING) {
        mistake(list, note->subject, "the subject's parameter must be of type string");
    }
    if (!subject->required) {
        mistake(list, note->subject, "the subject's parameter must be required");
    }
    subject->subject = true;
}

static hf_status keep(const struct list *list, struct hf_operation *operation)
{
    struct hf_parameter *kept =
        hf_arena_alloc_array(&list->build->catalog->arena, list->n + 1, sizeof(*kept));
    if (!kept) {
        HF_FAIL(NOMEM);
    }
    memcpy(kept, list->items, list->n * sizeof(*kept));
    operation->parameters = kept;
    operation->n_parameters = list->n;
    for (size_t i = 0; i < list->n; i++) {
        operation->subject = kept[i].subject ? &kept[i] : operation->subject;
    }
    return HF_DONE;
}

hf_status hf_build_parameters(struct hf_catalog_build *build, const struct hf_json *path_item,
                              const struct hf_json *operation, const struct hf_operation_note *note,
                              struct hf_operation *ret_operation)
{
    struct list list = {.build = build};
    const struct hf_json *own = hf_json_member(operation, "parameters");
    HF_TRY(read_parameters(&list, hf_json_member(path_item, "parameters"), own));
    HF_TRY(read_parameters(&list, own, NULL));
    if (ret_operation->method == HF_METHOD_POST) {
        HF_TRY(read_body(&list, operation));
    } else if (hf_json_member(operation, "requestBody")) {
        mistake(&list, hf_json_member(operation, "requestBody"),
                "a GET with a body is not served; make it a POST");
    }
    mark_subject(&list, note);
    return keep(&list, ret_operation);
}

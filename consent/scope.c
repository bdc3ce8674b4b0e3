/*
 * Reads a scope and keeps beside it its one canonical spelling, by which a compiled view is found
 * again: two consents that grant the same thing share a view, whatever order their members stand
 * in.
 *
 * Whether a dataset exists, is dated or has such a field is the catalog's knowledge, not ours: a
 * name that nobody has matches nothing.
 */
#include "consent/scope.h"

#include <stdio.h>

enum {
    MAX_FIELD_BYTES = 256,
    MAX_CANONICAL_BYTES = 16384,
    USUAL_CANONICAL_BYTES = 512, /* asked of the heap once instead of in steps */
    MIN_ACTIONS = 1
};

static const char *const scope_names[] = {"type",   "datatypes", "actions",  "classes", "range",
                                          "fields", "detail",    "purposes", NULL};

/* Views of the elements of an array of strings. */
static hf_status read_names(const struct hf_json *array, struct hf_arena *arena,
                            const hf_bytes **ret_names, size_t *ret_n_names)
{
    size_t n = 0;
    hf_bytes *names = hf_arena_alloc_array(arena, array->n_children, sizeof *names);
    if (!names) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *element = array->child; element; element = element->next) {
        names[n++] = element->text;
    }
    *ret_names = names;
    *ret_n_names = n;
    return HF_DONE;
}

static hf_status read_datasets(const struct hf_members *members, struct hf_arena *arena,
                               struct hf_scope *scope)
{
    const struct hf_json *array = NULL;
    HF_TRY(hf_members_strings(members, "datatypes", 1, HF_SCOPE_MAX_DATASETS, &array));
    for (const struct hf_json *element = array->child; element; element = element->next) {
        enum hf_source source;
        hf_bytes name;
        if (!hf_dataset_split(element->text, &source, &name)) {
            return hf_members_blame(members, members->code, "datatypes", element,
                                    "must be <source>/<dataset> of a known source");
        }
    }
    return read_names(array, arena, &scope->datasets, &scope->n_datasets);
}

static hf_status read_fields(const struct hf_members *members, struct hf_arena *arena,
                             struct hf_scope *scope)
{
    const struct hf_json *array = hf_json_member(members->object, "fields");
    if (!array) {
        return HF_DONE;
    }
    HF_TRY(hf_members_strings(members, "fields", 1, HF_SCOPE_MAX_FIELDS, &array));
    for (const struct hf_json *element = array->child; element; element = element->next) {
        if (element->text.size == 0 || element->text.size > MAX_FIELD_BYTES) {
            return hf_members_blame(members, members->code, "fields", element,
                                    "must be paths of 1 to 256 bytes");
        }
    }
    return read_names(array, arena, &scope->fields, &scope->n_fields);
}

static hf_status read_classes(const struct hf_members *members, struct hf_scope *scope)
{
    HF_TRY(hf_members_mask(members, "classes", 0, hf_field_by_name, &scope->classes));
    if (scope->classes & HF_FIELD_PUBLIC) {
        return hf_members_blame(members, members->code, "classes", NULL,
                                "public needs no consent and is none of its classes");
    }
    return HF_DONE;
}

static hf_status read_day(const struct hf_members *range, const char *name, int32_t *ret_day)
{
    hf_bytes text;
    HF_TRY(hf_members_string(range, name, HF_DATE_CHARS, HF_DATE_CHARS, &text));
    if (!hf_date_parse(text, ret_day)) {
        return hf_members_blame(range, range->code, name, hf_json_member(range->object, name),
                                "must be a date YYYY-MM-DD");
    }
    return HF_DONE;
}

static hf_status read_range(const struct hf_members *members, struct hf_scope *scope)
{
    static const char *const names[] = {"from", "to", NULL};
    char path[HF_ATTRIBUTE_MAX_BYTES];
    struct hf_members range;
    const struct hf_json *value = hf_json_member(members->object, "range");
    if (!value) {
        return HF_DONE;
    }
    snprintf(path, sizeof path, "%s.range", members->path);
    HF_TRY(hf_members_open(members, value, path, names, &range));
    HF_TRY(read_day(&range, "from", &scope->range.first_day));
    HF_TRY(read_day(&range, "to", &scope->range.last_day));
    if (scope->range.last_day < scope->range.first_day) {
        return hf_members_blame(&range, range.code, "to", hf_json_member(value, "to"),
                                "must not lie before from");
    }
    if (scope->range.last_day - scope->range.first_day >= HF_SCOPE_MAX_RANGE_DAYS) {
        return hf_members_blame(&range, range.code, "to", hf_json_member(value, "to"),
                                "must lie within 1827 days of from");
    }
    scope->has_range = true;
    return HF_DONE;
}

static hf_status read_detail(const struct hf_members *members, struct hf_scope *scope)
{
    const struct hf_json *value = NULL;
    HF_TRY(hf_members_find(members, "detail", HF_JSON_STRING, &value));
    if (value && !hf_detail_by_name(value->text, &scope->detail)) {
        return hf_members_blame(members, members->code, "detail", value,
                                "must be summary or records");
    }
    return HF_DONE;
}

static hf_status read_purposes(const struct hf_members *members, unsigned purposes,
                               struct hf_scope *scope)
{
    scope->purposes = purposes;
    if (!hf_json_member(members->object, "purposes")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_mask(members, "purposes", 1, hf_purpose_by_name, &scope->purposes));
    if (scope->purposes & ~purposes) {
        return hf_members_blame(members, members->code, "purposes", NULL,
                                "may only narrow the purposes of the token");
    }
    return HF_DONE;
}

static hf_status write_canonical(const struct hf_json *value, struct hf_arena *arena,
                                 hf_bytes *ret_canonical)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(MAX_CANONICAL_BYTES);
    HF_TRY(hf_buf_reserve(&buf, USUAL_CANONICAL_BYTES));
    HF_TRY(hf_json_write_canonical(&buf, value));
    return hf_arena_copy(arena, hf_buf_view(&buf), ret_canonical);
}

hf_status hf_scope_parse(const struct hf_members *element, unsigned purposes,
                         struct hf_arena *arena, struct hf_scope *ret_scope)
{
    const struct hf_json *value = element->object;
    struct hf_scope scope = {0};
    struct hf_members members;
    hf_bytes type;
    HF_TRY(hf_members_open(element, value, element->path, scope_names, &members));
    HF_TRY(hf_members_string(&members, "type", 1, 64, &type));
    if (!hf_bytes_equal_string(type, "credit_data")) { /* RFC 9396 5: unknown types are refused */
        return hf_members_blame(&members, members.code, "type", hf_json_member(value, "type"),
                                "must be credit_data");
    }
    HF_TRY(read_datasets(&members, arena, &scope));
    HF_TRY(hf_members_mask(&members, "actions", MIN_ACTIONS, hf_action_by_name, &scope.actions));
    HF_TRY(read_classes(&members, &scope));
    HF_TRY(read_range(&members, &scope));
    HF_TRY(read_fields(&members, arena, &scope));
    HF_TRY(read_detail(&members, &scope));
    HF_TRY(read_purposes(&members, purposes, &scope));
    HF_TRY(write_canonical(value, arena, &scope.canonical));
    *ret_scope = scope;
    return HF_DONE;
}

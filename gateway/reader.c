/*
 * Decides nothing about meaning: it knows members, types and places. What a value may be stands in
 * the table of the document (config.c, banks.c).
 *
 * Invariant: every refusal has line and column, and no sentence repeats a value of the document
 * (a key might have been pasted into the wrong member).
 */
#include "gateway/reader.h"

#include "base/file.h"

#include <stdio.h>

enum { DOCUMENT_MAX_BYTES = 1 << 20, MEMBERS_MAX = 64, PATH_BYTES = 4096 };

static const struct hf_json_limits limits = {.max_bytes = DOCUMENT_MAX_BYTES,
                                             .max_depth = 8,
                                             .max_values = 65536,
                                             .max_string_bytes = PATH_BYTES};

hf_status hf_reader_parse(struct hf_reader *reader, const char *path,
                          const struct hf_json **ret_root)
{
    HF_CLEANUP(hf_buf_clear) hf_buf content = hf_buf_init(DOCUMENT_MAX_BYTES);
    hf_status read = hf_file_read(path, &content);
    if (!hf_is_ok(read)) {
        return hf_problem_set(reader->problem, read.code, NULL, "the file cannot be read");
    }
    HF_TRY(hf_arena_copy(reader->arena, hf_buf_view(&content), &reader->text));
    hf_status parsed =
        hf_json_parse(reader->text, &limits, reader->arena, ret_root, reader->problem);
    if (parsed.code == HF_JSON_MALFORMED) {
        if (reader->problem) {
            reader->problem->code = HF_CONFIG_INVALID;
        }
        HF_FAIL(CONFIG_INVALID);
    }
    return parsed;
}

hf_status hf_reader_refuse(struct hf_reader *reader, const struct hf_json *value,
                           const char *sentence)
{
    struct hf_problem *problem = reader->problem;
    if (problem) {
        problem->offset = value->offset;
        hf_json_position(reader->text, value->offset, &problem->line, &problem->column);
    }
    char where[sizeof problem->where];
    (void)snprintf(where, sizeof where, "%.*s", HF_PRINT(value->name));
    return hf_problem_set(problem, HF_CONFIG_INVALID, where, "%s", sentence);
}

static hf_status refuse_name(struct hf_reader *reader, const struct hf_json *member)
{
    struct hf_json at_name = *member;
    at_name.offset = member->name_offset;
    return hf_reader_refuse(reader, &at_name, "there is no such member");
}

static size_t find_member(const struct hf_member *members, size_t n_members, hf_bytes name)
{
    size_t i = 0;
    while (i < n_members && !hf_bytes_equal_string(name, members[i].name)) {
        i++;
    }
    return i;
}

hf_status hf_reader_object(struct hf_reader *reader, const struct hf_json *object,
                           const struct hf_member *members, size_t n_members, void *out)
{
    bool seen[MEMBERS_MAX] = {false};
    if (object->type != HF_JSON_OBJECT) {
        return hf_reader_refuse(reader, object, "an object is expected");
    }
    if (n_members > MEMBERS_MAX) {
        HF_FAIL(BUG);
    }
    for (const struct hf_json *m = object->child; m; m = m->next) {
        size_t i = find_member(members, n_members, m->name);
        if (i == n_members) {
            return refuse_name(reader, m);
        }
        seen[i] = true;
        HF_TRY(members[i].read(reader, m, (char *)out + members[i].offset));
    }
    for (size_t i = 0; i < n_members; i++) {
        if (members[i].required && !seen[i]) {
            hf_ignore(hf_reader_refuse(reader, object, "a required member is missing"));
            return hf_problem_set(reader->problem, HF_CONFIG_INVALID, members[i].name,
                                  "this required member is missing");
        }
    }
    return HF_DONE;
}

hf_status hf_read_string(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    if (value->type != HF_JSON_STRING || value->text.size == 0) {
        return hf_reader_refuse(reader, value, "a string that is not empty is expected");
    }
    for (size_t i = 0; i < value->text.size; i++) {
        if (value->text.data[i] < 0x20 || value->text.data[i] == 0x7f) {
            return hf_reader_refuse(reader, value, "a control character is not allowed here");
        }
    }
    hf_bytes copy;
    HF_TRY(hf_arena_copy(reader->arena, value->text, &copy));
    *(const char **)out = (const char *)copy.data;
    return HF_DONE;
}

hf_status hf_read_path(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    const char *name = NULL;
    HF_TRY(hf_read_string(reader, value, &name));
    if (name[0] == '/' || !reader->folder) {
        *(const char **)out = name;
        return HF_DONE;
    }
    char joined[PATH_BYTES];
    hf_bytes copy;
    HF_TRY(hf_path_join(joined, sizeof joined, reader->folder, name));
    HF_TRY(hf_arena_copy(reader->arena, hf_bytes_of_string(joined), &copy));
    *(const char **)out = (const char *)copy.data;
    return HF_DONE;
}

hf_status hf_read_bool(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    if (value->type != HF_JSON_TRUE && value->type != HF_JSON_FALSE) {
        return hf_reader_refuse(reader, value, "true or false is expected");
    }
    *(bool *)out = value->type == HF_JSON_TRUE;
    return HF_DONE;
}

hf_status hf_read_time(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    const int64_t year_2020 = 1577836800;
    const int64_t year_2100 = 4102444800;
    int64_t seconds = 0;
    if (!hf_is_ok(hf_json_integer(value, &seconds)) || seconds < year_2020 || seconds > year_2100) {
        return hf_reader_refuse(reader, value, "Unix seconds of 2020 to 2100 are expected");
    }
    *(int64_t *)out = seconds;
    return HF_DONE;
}

hf_status hf_read_size(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    int64_t size = 0;
    if (!hf_is_ok(hf_json_integer(value, &size)) || size < 1 || size > (INT64_C(1) << 53) - 1) {
        return hf_reader_refuse(reader, value, "a whole number of at least 1 is expected");
    }
    *(uint64_t *)out = (uint64_t)size;
    return HF_DONE;
}

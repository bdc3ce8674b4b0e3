/*
 * JSON out: strings, and the canonical form of RFC 8785.
 *
 * What cannot be written faithfully is refused, and then the buffer is as it was: a string that is
 * not UTF-8, a number that is not an integer a double can hold exactly. Recursion is bounded by
 * HF_JSON_MAX_DEPTH, which the reader keeps.
 */
#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { SMALL_OBJECT = 8 };

static const int64_t MAX_EXACT_INTEGER = (INT64_C(1) << 53) - 1; /* RFC 7493 2.2 */

/* RFC 8785 3.2.2.2: the short escapes where there is one, else \u00xx in lower case. */
static hf_status write_escape(hf_buf *buf, uint8_t c)
{
    static const char short_forms[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char letter = c < 0x20 ? short_forms[c] : (char)c;
    if (letter) {
        const char escape[2] = {'\\', letter};
        return hf_buf_append(buf, hf_bytes_of(escape, sizeof escape));
    }
    return hf_buf_printf(buf, "\\u%04x", c);
}

/* Where in @text, from @at on, a byte must be escaped; its size when none must. */
static size_t end_of_plain(hf_bytes text, size_t at)
{
#define EIGHT_CONTROLS true, true, true, true, true, true, true, true
    static const bool escaped[256] = {EIGHT_CONTROLS, EIGHT_CONTROLS, EIGHT_CONTROLS,
                                      EIGHT_CONTROLS, ['"'] = true,   ['\\'] = true};
#undef EIGHT_CONTROLS
    while (at < text.size && !escaped[text.data[at]]) {
        at++;
    }
    return at;
}

hf_status hf_json_write_characters(hf_buf *buf, hf_bytes text)
{
    HF_TRY(hf_buf_reserve(buf, text.size)); /* at least */
    for (size_t at = 0; at < text.size; at++) {
        size_t end = end_of_plain(text, at);
        HF_TRY(hf_buf_append(buf, hf_bytes_of(text.data + at, end - at)));
        if (end < text.size) {
            HF_TRY(write_escape(buf, text.data[end]));
        }
        at = end;
    }
    return HF_DONE;
}

static hf_status write_string(hf_buf *buf, hf_bytes text)
{
    HF_TRY(hf_buf_append_byte(buf, '"'));
    HF_TRY(hf_json_write_characters(buf, text));
    return hf_buf_append_byte(buf, '"');
}

hf_status hf_json_write_string(hf_buf *buf, hf_bytes text)
{
    if (!hf_utf8_check(text, NULL)) {
        HF_FAIL(JSON_MALFORMED);
    }
    size_t before = buf->size;
    hf_status status = write_string(buf, text);
    if (!hf_is_ok(status)) {
        buf->size = before;
    }
    return status;
}

/*
 * RFC 8785 3.2.3 sorts by UTF-16 code units. UTF-8 bytes sort by code points, which is the same
 * but for one pair of ranges: U+10000.. (lead byte F0..F4, surrogates D800.. in UTF-16) comes
 * before U+E000..FFFF (lead byte EE, EF).
 */
static int compare_names(const void *left, const void *right)
{
    hf_bytes a = (*(const struct hf_json *const *)left)->name;
    hf_bytes b = (*(const struct hf_json *const *)right)->name;
    size_t at = 0;
    while (at < a.size && at < b.size && a.data[at] == b.data[at]) {
        at++;
    }
    if (at == a.size || at == b.size) {
        return (a.size > b.size) - (a.size < b.size);
    }
    uint8_t x = a.data[at];
    uint8_t y = b.data[at];
    bool surrogates_against_bmp =
        (x >= 0xf0 && y >= 0xee && y < 0xf0) || (y >= 0xf0 && x >= 0xee && x < 0xf0);
    return surrogates_against_bmp ? y - x : x - y;
}

static hf_status write_value(hf_buf *buf, const struct hf_json *value);

static hf_status write_members(hf_buf *buf, const struct hf_json *const *members, size_t n)
{
    HF_TRY(hf_buf_append_byte(buf, '{'));
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            HF_TRY(hf_buf_append_byte(buf, ','));
        }
        HF_TRY(write_string(buf, members[i]->name));
        HF_TRY(hf_buf_append_byte(buf, ':'));
        HF_TRY(write_value(buf, members[i]));
    }
    return hf_buf_append_byte(buf, '}');
}

/* A handful is sorted in place faster than qsort() is called. */
static void sort_few(const struct hf_json **members, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct hf_json *member = members[i];
        size_t to = i;
        for (; to > 0 && compare_names(&members[to - 1], &member) > 0; to--) {
            members[to] = members[to - 1];
        }
        members[to] = member;
    }
}

static void list_members(const struct hf_json *object, const struct hf_json **members)
{
    for (const struct hf_json *member = object->child; member; member = member->next) {
        *members++ = member;
    }
}

static hf_status write_small_object(hf_buf *buf, const struct hf_json *object)
{
    HF_UNINITIALISED const struct hf_json *members[SMALL_OBJECT];
    list_members(object, members);
    sort_few(members, object->n_children);
    return write_members(buf, members, object->n_children);
}

static hf_status write_object(hf_buf *buf, const struct hf_json *object)
{
    if (object->n_children <= SMALL_OBJECT) {
        return write_small_object(buf, object);
    }
    const struct hf_json **members = calloc(object->n_children, sizeof *members);
    if (!members) {
        HF_FAIL(NOMEM);
    }
    list_members(object, members);
    qsort(members, object->n_children, sizeof *members, compare_names);
    hf_status status = write_members(buf, members, object->n_children);
    free(members);
    return status;
}

static hf_status write_array(hf_buf *buf, const struct hf_json *array)
{
    HF_TRY(hf_buf_append_byte(buf, '['));
    for (const struct hf_json *element = array->child; element; element = element->next) {
        if (element != array->child) {
            HF_TRY(hf_buf_append_byte(buf, ','));
        }
        HF_TRY(write_value(buf, element));
    }
    return hf_buf_append_byte(buf, ']');
}

static hf_status write_integer(hf_buf *buf, const struct hf_json *number)
{
    int64_t integer = 0;
    HF_TRY(hf_json_integer(number, &integer));
    if (integer < -MAX_EXACT_INTEGER || integer > MAX_EXACT_INTEGER) {
        HF_FAIL(JSON_MALFORMED);
    }
    return hf_buf_append(buf, number->text); /* the one spelling that hf_json_integer() takes */
}

static hf_status write_value(hf_buf *buf, const struct hf_json *value)
{
    switch (value->type) {
    case HF_JSON_NULL:
        return hf_buf_append(buf, HF_LITERAL("null"));
    case HF_JSON_FALSE:
        return hf_buf_append(buf, HF_LITERAL("false"));
    case HF_JSON_TRUE:
        return hf_buf_append(buf, HF_LITERAL("true"));
    case HF_JSON_NUMBER:
        return write_integer(buf, value);
    case HF_JSON_STRING:
        return write_string(buf, value->text);
    case HF_JSON_ARRAY:
        return write_array(buf, value);
    case HF_JSON_OBJECT:
        return write_object(buf, value);
    }
    HF_FAIL(BUG);
}

hf_status hf_json_write_canonical(hf_buf *buf, const struct hf_json *value)
{
    size_t before = buf->size;
    hf_status status = write_value(buf, value);
    if (!hf_is_ok(status)) {
        buf->size = before;
    }
    return status;
}

/*
 * Unlike the canonical writer of base/, this one changes nothing: what a person wrote into a claims
 * file is what gets signed, and what a token holds is what is shown, be it wise or not. Depth is
 * bounded by whoever parsed the value.
 */
#include "cli/json_text.h"

enum { COMPACT = -1 };

static hf_status write_value(hf_buf *buf, const struct hf_json *value, int level);

static hf_status begin_line(hf_buf *buf, int level)
{
    if (level == COMPACT) {
        return HF_DONE;
    }
    HF_TRY(hf_buf_append_byte(buf, '\n'));
    for (int i = 0; i < level; i++) {
        HF_TRY(hf_buf_append_string(buf, "  "));
    }
    return HF_DONE;
}

static hf_status write_container(hf_buf *buf, const struct hf_json *value, int level)
{
    const bool is_object = value->type == HF_JSON_OBJECT;
    const int inner = level == COMPACT ? COMPACT : level + 1;
    HF_TRY(hf_buf_append_byte(buf, is_object ? '{' : '['));
    for (const struct hf_json *child = value->child; child; child = child->next) {
        HF_TRY(begin_line(buf, inner));
        if (is_object) {
            HF_TRY(hf_json_write_string(buf, child->name));
            HF_TRY(hf_buf_append_string(buf, level == COMPACT ? ":" : ": "));
        }
        HF_TRY(write_value(buf, child, inner));
        if (child->next) {
            HF_TRY(hf_buf_append_byte(buf, ','));
        }
    }
    if (value->child) {
        HF_TRY(begin_line(buf, level));
    }
    return hf_buf_append_byte(buf, is_object ? '}' : ']');
}

static hf_status write_value(hf_buf *buf, const struct hf_json *value, int level)
{
    switch (value->type) {
    case HF_JSON_NULL:
        return hf_buf_append_string(buf, "null");
    case HF_JSON_FALSE:
        return hf_buf_append_string(buf, "false");
    case HF_JSON_TRUE:
        return hf_buf_append_string(buf, "true");
    case HF_JSON_NUMBER:
        return hf_buf_append(buf, value->text);
    case HF_JSON_STRING:
        return hf_json_write_string(buf, value->text);
    case HF_JSON_ARRAY:
    case HF_JSON_OBJECT:
        return write_container(buf, value, level);
    }
    HF_FAIL(BUG);
}

hf_status hf_json_text_compact(hf_buf *buf, const struct hf_json *value)
{
    return write_value(buf, value, COMPACT);
}

hf_status hf_json_text_pretty(hf_buf *buf, const struct hf_json *value)
{
    return write_value(buf, value, 0);
}

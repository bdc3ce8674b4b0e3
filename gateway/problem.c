/*
 * Decides what a client is told of a refusal. It refuses to know why: the reason stands in the
 * sealed detail of the record whose index the answer carries.
 */
#include "gateway/problem.h"

#include "base/json.h"

enum hf_code hf_problem_code(enum hf_code code)
{
    /* status.def keeps the codes of the HTTP interface before INTERNAL, inclusive. */
    return code > HF_OK && code <= HF_INTERNAL ? code : HF_INTERNAL;
}

static hf_status write_member(hf_buf *buf, const char *name, const char *value)
{
    HF_TRY(hf_buf_printf(buf, ",\"%s\":", name));
    return hf_json_write_string(buf, hf_bytes_of_string(value));
}

hf_status hf_problem_write(const struct hf_refusal *refusal, hf_buf *buf)
{
    const struct hf_code_info *info = hf_code_info(hf_problem_code(refusal->code));
    HF_TRY(hf_buf_append_string(buf, "{\"type\":"));
    HF_TRY(hf_json_write_string(buf, hf_bytes_of_string(info->type)));
    HF_TRY(write_member(buf, "title", info->sentence));
    HF_TRY(hf_buf_printf(buf, ",\"status\":%d", info->http_status));
    HF_TRY(write_member(buf, "code", info->name));
    if (refusal->attribute) {
        HF_TRY(write_member(buf, "attribute", refusal->attribute));
    }
    if (refusal->access_log) {
        HF_TRY(write_member(buf, "access_log", refusal->access_log));
    }
    return hf_buf_append_string(buf, "}\n");
}

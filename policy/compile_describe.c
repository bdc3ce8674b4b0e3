/*
 * Writes a view down as text that does not depend on memory, hash order or version of this program,
 * so that whoever has catalog, policy and consents can compute the same digest. Every leaf is
 * named, dropped ones too: a view that withholds says what it withholds.
 */
#include "policy/compile_describe.h"

#include "base/json.h"

static hf_status append_types(hf_buf *text, unsigned types)
{
    static const struct {
        unsigned type;
        const char *name;
    } NAMES[] = {{HF_LEAF_STRING, "string"},
                 {HF_LEAF_INTEGER, "integer"},
                 {HF_LEAF_DECIMAL, "number"},
                 {HF_LEAF_BOOLEAN, "boolean"},
                 {HF_LEAF_DATE, "date"}};
    const char *separator = " ";
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (types & NAMES[i].type) {
            HF_TRY(hf_buf_printf(text, "%s%s", separator, NAMES[i].name));
            separator = "|";
        }
    }
    return types ? HF_DONE : hf_buf_append_string(text, " untyped");
}

static hf_status append_step(hf_buf *text, const struct hf_step *step)
{
    char digits[32];
    size_t n = 0;
    for (uint64_t units = step->units; units || n <= step->decimals; units /= 10) {
        digits[n++] = (char)('0' + units % 10);
    }
    HF_TRY(hf_buf_append_byte(text, ' '));
    while (n > 0) {
        HF_TRY(hf_buf_append_byte(text, (uint8_t)digits[--n]));
        if (n == step->decimals && n > 0) {
            HF_TRY(hf_buf_append_byte(text, '.'));
        }
    }
    return HF_DONE;
}

static hf_status append_edges(hf_buf *text, const struct hf_edges *edges)
{
    for (size_t i = 0; i < edges->n; i++) {
        HF_TRY(hf_buf_append_byte(text, i == 0 ? ' ' : ','));
        HF_TRY(hf_buf_append(text, hf_edge_text(&edges->list[i])));
    }
    return HF_DONE;
}

hf_status hf_describe_treatment(hf_buf *text, const struct hf_treatment *treatment)
{
    static const char *const UNITS[] = {[HF_DATE_UNIT_MONTH] = "month",
                                        [HF_DATE_UNIT_QUARTER] = "quarter",
                                        [HF_DATE_UNIT_YEAR] = "year"};
    HF_TRY(hf_buf_append_string(text, hf_treatment_name(treatment->kind)));
    if (treatment->kind == HF_TREAT_MASK) {
        return hf_buf_printf(text, " %u %u", treatment->keep_first, treatment->keep_last);
    }
    if (treatment->kind == HF_TREAT_ROUND) {
        return append_step(text, &treatment->step);
    }
    if (treatment->kind == HF_TREAT_BUCKET) {
        return append_edges(text, &treatment->edges);
    }
    if (treatment->kind == HF_TREAT_TRUNCATE_DATE) {
        return hf_buf_printf(text, " %s", UNITS[treatment->to]);
    }
    return HF_DONE;
}

hf_status hf_describe_head(hf_buf *text, const struct hf_view_request *request,
                           const struct hf_view_range *range)
{
    const struct hf_operation *operation = request->operation;
    char from[HF_DATE_CHARS + 1];
    char to[HF_DATE_CHARS + 1];
    HF_TRY(hf_buf_printf(text, "hufu view 1\noperation %s /%.*s%.*s\ndataset %.*s\nsubject %s\n",
                         hf_method_name(operation->method),
                         HF_PRINT(hf_catalog_source(operation->catalog)), HF_PRINT(operation->path),
                         HF_PRINT(operation->dataset),
                         hf_subject_kind_name((unsigned)request->subject_kind)));
    if (operation->media == HF_MEDIA_NDJSON) {
        HF_TRY(hf_buf_append_string(text, "lines\n"));
    }
    if (operation->rows) {
        HF_TRY(hf_buf_append_string(text, "rows "));
        HF_TRY(hf_json_write_string(text, operation->rows->path));
        HF_TRY(hf_buf_append_byte(text, '\n'));
    }
    if (!range->bounded) {
        return hf_buf_append_string(text, "range none\n");
    }
    hf_date_write(range->from_day, from);
    hf_date_write(range->to_day, to);
    return hf_buf_printf(text, "range %s..%s\n", from, to);
}

hf_status hf_describe_leaf(hf_buf *text, const struct hf_schema_field *leaf,
                           const struct hf_treatment *treatment)
{
    HF_TRY(hf_buf_append_string(text, "leaf "));
    HF_TRY(hf_json_write_string(text, leaf->path));
    HF_TRY(append_types(text, hf_leaf_types(leaf)));
    HF_TRY(hf_buf_printf(text, " %s", leaf->classified ? hf_field_name(leaf->class) : "none"));
    HF_TRY(hf_buf_append_byte(text, ' '));
    HF_TRY(hf_describe_treatment(text, treatment));
    if (leaf->nullable) {
        HF_TRY(hf_buf_append_string(text, " nullable"));
    }
    if (leaf->max_chars) {
        HF_TRY(hf_buf_printf(text, " max=%u", (unsigned)leaf->max_chars));
    }
    if (leaf->date) {
        HF_TRY(hf_buf_append_string(text, " date"));
    }
    if (leaf->subject_echo) {
        HF_TRY(hf_buf_append_string(text, " echo"));
    }
    return HF_DONE;
}

hf_status hf_describe_owner(hf_buf *text, const struct hf_schema_field *leaf,
                            const hf_bytes *persons, size_t n_persons)
{
    for (size_t i = 0; i < n_persons; i++) {
        if (i > 0) {
            HF_TRY(hf_buf_append_byte(text, ','));
        } else if (leaf->owner.size > 0) {
            HF_TRY(hf_buf_append_string(text, " owner="));
            HF_TRY(hf_json_write_string(text, leaf->owner));
            HF_TRY(hf_buf_append_string(text, " persons="));
        } else {
            HF_TRY(hf_buf_append_string(text, " owner=self persons="));
        }
        HF_TRY(hf_buf_append(text, persons[i]));
    }
    return hf_buf_append_byte(text, '\n');
}

/*
 * Ranges instead of numbers. Where an edge lies is decided by the digits as both sides wrote them,
 * so `1000.0` and `1E3` are in one range, and a number of any size is in the last; what is written
 * is the policy's own spelling of its edges and nothing of the number's.
 */
#include "policy/treat.h"

hf_status hf_edge_parse(hf_bytes text, struct hf_edge *ret_edge)
{
    struct hf_edge edge = {.n_chars = 0};
    size_t sign = text.size > 0 && text.data[0] == '-';
    bool is_long = text.size > HF_EDGE_MAX_CHARS || text.size <= sign;
    if (is_long || !hf_is_ok(hf_decimal_read(text, &edge.value)) ||
        memchr(text.data, 'e', text.size) || memchr(text.data, 'E', text.size)) {
        HF_FAIL(POLICY_INVALID);
    }
    const struct hf_decimal zero = {.n_digits = 0};
    bool has_zero = text.data[sign] == '0' && sign + 1 < text.size && text.data[sign + 1] != '.';
    bool is_minus_zero = sign && hf_decimal_compare(&edge.value, &zero) == 0;
    if (has_zero || is_minus_zero || edge.value.n_digits > HF_STEP_MAX_DIGITS ||
        edge.value.n_fraction > HF_STEP_MAX_DECIMALS) {
        HF_FAIL(POLICY_INVALID);
    }
    memcpy(edge.text, text.data, text.size);
    edge.n_chars = (uint8_t)text.size;
    *ret_edge = edge;
    return HF_DONE;
}

hf_status hf_edges_check(const struct hf_edges *edges)
{
    if (edges->n == 0 || edges->n > HF_BUCKET_MAX_EDGES) {
        HF_FAIL(POLICY_INVALID);
    }
    for (size_t i = 1; i < edges->n; i++) {
        if (hf_decimal_compare(&edges->list[i - 1].value, &edges->list[i].value) >= 0) {
            HF_FAIL(POLICY_INVALID);
        }
    }
    return HF_DONE;
}

/* How many edges are not above @number. */
static size_t count_reached(const struct hf_edges *edges, const struct hf_decimal *number)
{
    size_t low = 0;
    size_t high = edges->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (hf_decimal_compare(&edges->list[middle].value, number) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

hf_bytes hf_edge_text(const struct hf_edge *edge)
{
    return hf_bytes_of(edge->text, edge->n_chars);
}

hf_status hf_treat_bucket(hf_bytes lexeme, const struct hf_edges *edges, hf_buf *out)
{
    struct hf_decimal number;
    HF_TRY(hf_decimal_read(lexeme, &number));
    size_t n = count_reached(edges, &number);
    HF_TRY(hf_buf_reserve(out, 2 * HF_EDGE_MAX_CHARS + sizeof "\"..\""));
    HF_TRY(hf_buf_append_byte(out, '"'));
    HF_TRY(n > 0 ? hf_buf_append(out, hf_edge_text(&edges->list[n - 1])) : HF_DONE);
    HF_TRY(hf_buf_append_string(out, ".."));
    HF_TRY(n < edges->n ? hf_buf_append(out, hf_edge_text(&edges->list[n])) : HF_DONE);
    return hf_buf_append_byte(out, '"');
}

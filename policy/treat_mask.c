/*
 * Masking. Characters are code points of the decoded value: an escape counts as the one character
 * that it stands for, so spelling a digit `\u0031` neither hides nor shows more of it.
 *
 * The characters that stay are written anew, with the quote, the backslash and controls escaped.
 */
#include "policy/treat.h"

#include "base/json.h"
#include "policy/scan.h"

static bool begins_char(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

/* Where character @n, counted from 0, begins; the end when there is none. */
static size_t begin_of_char(hf_bytes text, size_t n)
{
    size_t i = 0;
    while (i < text.size && (n > 0 || !begins_char(text.data[i]))) {
        n -= begins_char(text.data[i]);
        i++;
    }
    return i;
}

/* Where the last @n characters begin. */
static size_t begin_of_last(hf_bytes text, size_t n)
{
    size_t i = text.size;
    while (i > 0 && n > 0) {
        i--;
        n -= begins_char(text.data[i]);
    }
    return i;
}

static hf_status write_masked(hf_bytes head, size_t n_stars, hf_bytes tail, hf_buf *out)
{
    HF_TRY(hf_buf_append_byte(out, '"'));
    HF_TRY(hf_json_write_characters(out, head));
    HF_TRY(hf_buf_reserve(out, n_stars));
    if (n_stars > 0) {
        memset(out->data + out->size, '*', n_stars);
        out->size += n_stars;
    }
    HF_TRY(hf_json_write_characters(out, tail));
    return hf_buf_append_byte(out, '"');
}

hf_status hf_treat_mask(hf_bytes value, const struct hf_treatment *treatment, hf_buf *out)
{
    size_t first = treatment->keep_first;
    size_t last = treatment->keep_last;
    size_t n_chars = hf_scan_count(value.data, value.size);
    if (n_chars <= first + last + 2) {
        first = 0;
        last = 0;
    }
    bool is_ascii = n_chars == value.size;
    const hf_bytes head = {value.data, is_ascii ? first : begin_of_char(value, first)};
    const hf_bytes tail =
        hf_bytes_skip(value, is_ascii ? value.size - last : begin_of_last(value, last));
    size_t before = out->size;
    hf_status status = write_masked(head, n_chars - first - last, tail, out);
    if (!hf_is_ok(status)) {
        out->size = before;
    }
    return status;
}

/*
 * Masking. Characters are code points of the decoded value: an escape counts as the one character
 * that it stands for, so spelling a digit `\u0031` neither hides nor shows more of it.
 *
 * The characters that stay are written anew, with the quote, the backslash and controls escaped.
 */
#include "policy/treat.h"

#include "base/json.h"

/* The bytes of the first @n characters of @text. */
static size_t bytes_of_chars(hf_bytes text, size_t n)
{
    size_t i = 0;
    while (i < text.size && n > 0) {
        i++;
        while (i < text.size && (text.data[i] & 0xc0) == 0x80) {
            i++;
        }
        n--;
    }
    return i;
}

static size_t count_chars(hf_bytes text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }
    return n;
}

hf_status hf_treat_mask(hf_bytes value, const struct hf_treatment *treatment, hf_buf *out)
{
    size_t first = treatment->keep_first;
    size_t last = treatment->keep_last;
    size_t n_chars = count_chars(value);
    if (n_chars <= first + last + 2) {
        first = 0;
        last = 0;
    }
    size_t head = bytes_of_chars(value, first);
    size_t tail = bytes_of_chars(value, n_chars - last);
    HF_CLEANUP(hf_buf_clear) hf_buf masked = hf_buf_init(HF_TREAT_MAX_BYTES);
    HF_TRY(hf_buf_append(&masked, hf_bytes_of(value.data, head)));
    for (size_t i = first + last; i < n_chars; i++) {
        HF_TRY(hf_buf_append_byte(&masked, '*'));
    }
    HF_TRY(hf_buf_append(&masked, hf_bytes_skip(value, tail)));
    return hf_json_write_string(out, hf_buf_view(&masked));
}

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

/* Whether some byte of @word is no ASCII, or one that JSON escapes. */
static bool any_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = word ^ ('"' * ones);
    uint64_t backslash = word ^ ('\\' * ones);
    uint64_t below = (word - ' ' * ones) | (quote - ones) | (backslash - ones); /* borrows: ASCII */
    return (word | below) & (0x80 * ones);
}

/* Whether every character is one byte and stands for itself, as in most numbers that are masked. */
static bool is_plain(hf_bytes text)
{
    uint64_t word;
    if (text.size < sizeof word) {
        return false; /* it does not matter for so few */
    }
    for (size_t i = 0; text.size - i > sizeof word; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        if (any_special(word)) {
            return false;
        }
    }
    memcpy(&word, text.data + text.size - sizeof word, sizeof word);
    return !any_special(word);
}

/* Masks the characters of a plain value from @first to @last: a copy, and stars over it. */
static hf_status write_plain(hf_bytes value, size_t first, size_t last, hf_buf *out)
{
    HF_TRY(hf_buf_reserve(out, value.size + 2));
    uint8_t *at = out->data + out->size;
    at[0] = '"';
    memcpy(at + 1, value.data, value.size);
    memset(at + 1 + first, '*', last - first);
    at[1 + value.size] = '"';
    out->size += value.size + 2;
    return HF_DONE;
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
    bool plain = is_plain(value);
    size_t n_chars = plain ? value.size : hf_scan_count(value.data, value.size);
    if (n_chars <= first + last + 2) {
        first = 0;
        last = 0;
    }
    if (plain) {
        return write_plain(value, first, value.size - last, out);
    }
    const hf_bytes head = {value.data, begin_of_char(value, first)};
    const hf_bytes tail = hf_bytes_skip(value, begin_of_last(value, last));
    size_t before = out->size;
    hf_status status = write_masked(head, n_chars - first - last, tail, out);
    if (!hf_is_ok(status)) {
        out->size = before;
    }
    return status;
}

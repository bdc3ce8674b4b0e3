/*
 * A character and its spelling: of UTF-8, or an escape of JSON. Both the loops that pass text by
 * and the one that reads it decode through here, or what one passes the other might have found.
 */
#pragma once

#include "policy/detect_fold.h"

#include <endian.h>

/**
 * hf_char_decode() - the character of UTF-8 at @data
 * @size:       at least 1
 * @ret_scalar: always set; U+FFFD when the bytes are no whole, well-formed character
 *
 * Returns its length, at least 1, at most @size. Knows no escapes.
 */
unsigned hf_char_decode(const uint8_t *data, size_t size, uint32_t *ret_scalar);

/* The unit that the `\uXXXX` at @p spells: its four digits side by side, then two by two. */
static inline uint32_t hf_char_unit(const uint8_t *p)
{
    uint32_t digits;
    memcpy(&digits, p + 2, sizeof digits);
    digits = le32toh(digits);
    digits = (digits & 0x0f0f0f0f) + (digits >> 6 & 0x01010101) * 9; /* `A` and `a`: 0x41, 0x61 */
    uint32_t pairs = (digits << 4 | digits >> 8) & 0x00ff00ff;
    return (pairs & 0xff) << 8 | pairs >> 16;
}

/* What the escape at @p is, which stands whole before @end; returns its length: 2, 6 or 12. */
unsigned hf_char_escape(const uint8_t *p, const uint8_t *end, struct hf_fold *ret_fold);

/* The character of three bytes at @p, as nearly all are here; false when it is none. */
static inline bool hf_char_three(const uint8_t *p, uint32_t *ret_scalar)
{
    uint8_t second = p[1] ^ 0x80;
    uint8_t third = p[2] ^ 0x80;
    *ret_scalar = (p[0] & 0x0fu) << 12 | (unsigned)second << 6 | third;
    return (p[0] & 0xf0) == 0xe0 && (second | third) < 0x40;
}

/* What the character at @p is, before @end; returns its length as spelled. */
static inline unsigned hf_char_fold(const uint8_t *p, const uint8_t *end, struct hf_fold *ret_fold)
{
    uint32_t scalar;
    unsigned n = 3;
    if (*p < 0x80) {
        if (*p == '\\') {
            return hf_char_escape(p, end, ret_fold);
        }
        *ret_fold = hf_fold_ascii[*p];
        return 1;
    }
    if (end - p < 3 || !hf_char_three(p, &scalar)) {
        n = hf_char_decode(p, (size_t)(end - p), &scalar);
    }
    *ret_fold = hf_fold_of(scalar);
    return n;
}

/* The beginning of the character that ends at @p, behind @low, and what it is; it is no escape. */
static inline const uint8_t *hf_char_before(const uint8_t *low, const uint8_t *p,
                                            struct hf_fold *ret_fold)
{
    uint32_t scalar;
    const uint8_t *begin = p - 1;
    if (*begin < 0x80) {
        *ret_fold = hf_fold_ascii[*begin];
        return begin;
    }
    if (p - low >= 3 && hf_char_three(p - 3, &scalar)) {
        *ret_fold = hf_fold_of(scalar);
        return p - 3;
    }
    while (begin > low && p - begin < 4 && (*begin & 0xc0) == 0x80) {
        begin--;
    }
    hf_char_decode(begin, (size_t)(p - begin), &scalar);
    *ret_fold = hf_fold_of(scalar);
    return begin;
}

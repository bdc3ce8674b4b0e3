/*
 * Numbers as decimal and hexadecimal digits, without printf: a request writes some thirty of them.
 */
#pragma once

#include "base/bytes.h"

enum { HF_DIGITS_MAX_CHARS = 20 }; /* of 2^64 - 1 */

/* Writes the decimal digits of @number, without a NUL; returns how many. Cost: O(digits). */
static inline size_t hf_digits_write(uint64_t number, char ret_text[static HF_DIGITS_MAX_CHARS])
{
    char digits[HF_DIGITS_MAX_CHARS];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    memcpy(ret_text, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

/* Writes exactly @n decimal digits: the lowest @n of @number, with zeros in front. */
static inline void hf_digits_write_fixed(unsigned number, size_t n, char *ret_text)
{
    for (; n > 0; n--) {
        ret_text[n - 1] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* Writes two lower-case hexadecimal digits for each byte, without a NUL. */
static inline void hf_digits_write_hex(hf_bytes bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        ret_text[2 * i] = digits[bytes.data[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
}

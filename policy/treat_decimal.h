/*
 * JSON numbers as they are spelled, for the treatments that count: no value ever passes through a
 * double. Included by policy/treat*.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum {
    HF_DECIMAL_MAX_DIGITS = 64,
    HF_DECIMAL_FAR =
        1 << 20 /* an exponent beyond is read as this: no number of digits reaches it */
};

/* digits × 10^(exponent - n_fraction) */
struct hf_decimal {
    bool is_negative; /* of zero, too */
    uint8_t digits[HF_DECIMAL_MAX_DIGITS];
    int n_digits;
    int n_fraction; /* digits behind the point */
    int exponent;   /* as written; at most HF_DECIMAL_FAR either way */
};

/* @lexeme: at most HF_DECIMAL_MAX_DIGITS bytes. Errors: JSON_MALFORMED (also: more). */
hf_status hf_decimal_read(hf_bytes lexeme, struct hf_decimal *ret_number);

/* Below 0, 0 or above, as numbers are ordered; -0 is 0. Exact. Cost: O(digits). */
int hf_decimal_compare(const struct hf_decimal *a, const struct hf_decimal *b);

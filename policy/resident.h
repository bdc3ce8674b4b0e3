/*
 * The 18-character resident identity number (GB 11643-1999) as a request may hold it. It names a
 * person: nothing here keeps or prints one.
 */
#pragma once

#include "base/bytes.h"

enum { HF_RESIDENT_CHARS = 18, HF_RESIDENT_OLD_CHARS = 15 };

/**
 * hf_resident_is_valid() - whether @text is a resident ID
 *
 * 17 digits and a digit, `X` or `x`; a province (11..65, 71, 81..83) or, for foreigners' permanent
 * residence, a leading 9; a day of birth that exists in 1850..2100; the check character of
 * ISO 7064 MOD 11-2. A valid USCC beginning with 9 is taken for the USCC that it is.
 * Cost: O(1).
 */
bool hf_resident_is_valid(hf_bytes text);

/*
 * Whether @text is a resident ID as issued until 1999: 15 digits, a province, a day of birth that
 * exists in 1900..1999. It has no check character. Cost: O(1).
 */
bool hf_resident_is_old(hf_bytes text);

/**
 * hf_resident_is_within() - whether a resident ID stands anywhere in @text
 *
 * `-`, `_`, `.` and spaces between its characters do not hide it. Cost: O(text), no allocation.
 */
bool hf_resident_is_within(hf_bytes text);

/*
 * Well-formed UTF-8 as Unicode table 3-7 and RFC 3629 section 4 have it: no overlong form, no
 * surrogate, nothing above U+10FFFF.
 */
#pragma once

#include "base/bytes.h"

/* Length (1..4) of the well-formed sequence at the start of @bytes, or 0. Cost: O(1). */
unsigned hf_utf8_sequence(hf_bytes bytes);

/**
 * hf_utf8_check() - whether all of @bytes is well-formed UTF-8
 * @ret_bad_offset: may be NULL; set only when false: first byte of the first bad sequence
 *
 * Cost: O(n). Errors: none.
 */
bool hf_utf8_check(hf_bytes bytes, size_t *ret_bad_offset);

/**
 * hf_utf8_encode() - write one scalar value
 * @scalar: 0..0x10ffff, not a surrogate
 * @ret:    room for 4 bytes
 *
 * Returns the number of bytes written. Cost: O(1).
 */
unsigned hf_utf8_encode(uint32_t scalar, uint8_t ret[static 4]);

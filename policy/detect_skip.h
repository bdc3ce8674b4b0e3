/*
 * How far does text reach in which no identifier can begin to show? Most free text is words; this
 * loop passes them at memory speed. It exists twice, in plain C and for AVX2, and a test holds the
 * two equal.
 */
#pragma once

#include "policy/detect_fold.h"

/*
 * Length of the longest prefix of @size bytes without an anchor: a digit of any script, an at-sign,
 * or a backslash. @data: well-formed UTF-8, whole characters. Cost: O(size).
 */
typedef size_t hf_detect_skip_fn(const uint8_t *data, size_t size);

/* What this machine runs fastest. */
hf_detect_skip_fn *hf_detect_skip_best(void);

/* The plain one; always there. */
size_t hf_detect_skip_plain(const uint8_t *data, size_t size);

/* The one for AVX2; NULL where this machine or this build has none. */
hf_detect_skip_fn *hf_detect_skip_avx2(void);

/**
 * hf_detect_decode() - the character at the start of @data
 * @size:       at least 1
 * @ret_scalar: always set; U+FFFD when the bytes are no whole, well-formed character
 *
 * Returns its length, at least 1, at most @size: of UTF-8, not of an escape.
 */
unsigned hf_detect_decode(const uint8_t *data, size_t size, uint32_t *ret_scalar);

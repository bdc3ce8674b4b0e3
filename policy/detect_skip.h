/*
 * How far does text reach in which there is no identifier? Most free text is words, days and sums;
 * this loop passes them at memory speed. It exists twice, in plain C and for AVX2, and a test holds
 * the two equal.
 *
 * A stretch is what stands between two breaks (hf_fold_is_break()). No identifier reaches over a
 * break, so each stretch is judged alone, and nearly every one by what it counts:
 *
 *   without an anchor it is nothing, for all identifiers have digits or an at-sign;
 *   with fewer than 10 digits it is nothing, unless letters are there: then fewer than 6 (a USCC
 *   has six in its middle, a passport seven), or a province: then fewer than 3;
 *   with an at-sign, or with a digit and an invisible character, it has to be read.
 *
 * What is not nothing by this count is worth reading (detect_find.c), and mostly nothing either.
 */
#pragma once

#include "policy/detect_fold.h"

/*
 * Length of the longest prefix that ends where a stretch does and of which no stretch is worth
 * reading. @data: well-formed UTF-8 and escapes, whole characters, from the beginning of a stretch
 * on. @is_end: the text ends here, and with it the last stretch; else that one is worth reading, as
 * nobody knows what it will be. Cost: O(size).
 */
typedef size_t hf_detect_skip_fn(const uint8_t *data, size_t size, bool is_end);

/* What this machine runs fastest. */
hf_detect_skip_fn *hf_detect_skip_best(void);

/* The plain one; always there. */
hf_detect_skip_fn hf_detect_skip_plain;

/* The one for AVX2; NULL where this machine or this build has none. */
hf_detect_skip_fn *hf_detect_skip_avx2(void);

enum { HF_STRETCH_DIGITS = 10 /* fewer are no identifier by themselves */ };

/* The first anchor from @p on: a digit of any script, an at-sign, or a backslash, which may spell
 * one; @end when there is none. In plain C. */
const uint8_t *hf_anchor_find(const uint8_t *p, const uint8_t *end);

/* --- for the two --- */

/**
 * hf_stretch_pass() - behind a stretch that is not worth reading, and the break that ends it
 * @low:    not behind its beginning, and no anchor from there on to @anchor
 * @anchor: the first anchor in it
 *
 * Goes on over escapes that are breaks, too. NULL: it is worth reading, or open.
 */
const uint8_t *hf_stretch_pass(const uint8_t *low, const uint8_t *anchor, const uint8_t *end,
                               bool is_end);

/* The beginning of the stretch that reaches to @p; none begins before @low, and no escape stands
 * between. */
const uint8_t *hf_stretch_begin(const uint8_t *low, const uint8_t *p);

/*
 * UTF-8 checked 32 bytes at a time with the lookup method: three tables indexed by the nibbles of a
 * byte and of its predecessor yield, ANDed together, the errors that the pair shows; a fourth rule
 * asks for the third and fourth bytes of long sequences. For files that know the machine has AVX2.
 *
 * Source: J. Keiser, D. Lemire, "Validating UTF-8 in less than one instruction per byte" (2020);
 * Unicode table 3-7.
 */
#pragma once

#include "base/bytes.h"

#include <immintrin.h>

#define HF_AVX2 __attribute__((target("avx2")))

/* Each twice over: for both halves. (scan_avx2.c) */
struct hf_utf8_tables {
    _Alignas(32) uint8_t first_high[32]; /* by the high nibble of the predecessor */
    uint8_t first_low[32];               /* by its low nibble */
    uint8_t second_high[32];             /* by the high nibble of the byte itself */
    uint8_t low_nibble[32];
    uint8_t high_bit[32];
    uint8_t third[32]; /* E0 less 80, so that only the leads of three bytes reach the high bit */
    uint8_t fourth[32];
};

extern const struct hf_utf8_tables hf_utf8_tables;

HF_AVX2 static inline __m256i hf_utf8_table(const uint8_t table[static 32])
{
    return _mm256_load_si256((const __m256i *)(const void *)table);
}

HF_AVX2 static inline __m256i hf_utf8_high_nibbles(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), hf_utf8_table(hf_utf8_tables.low_nibble));
}

/*
 * A bit for each byte of @block at which an error shows; @one, @two and @three are the 32 bytes
 * that stand so many before those of @block.
 */
HF_AVX2 static inline uint32_t hf_utf8_pair_errors(__m256i block, __m256i one, __m256i two,
                                                   __m256i three)
{
    const struct hf_utf8_tables *tables = &hf_utf8_tables;
    __m256i low = _mm256_and_si256(one, hf_utf8_table(tables->low_nibble));
    __m256i pair = _mm256_and_si256(
        _mm256_and_si256(
            _mm256_shuffle_epi8(hf_utf8_table(tables->first_high), hf_utf8_high_nibbles(one)),
            _mm256_shuffle_epi8(hf_utf8_table(tables->first_low), low)),
        _mm256_shuffle_epi8(hf_utf8_table(tables->second_high), hf_utf8_high_nibbles(block)));
    /* a byte two behind E0.. or three behind F0.. must be a second continuation, and no other */
    __m256i third = _mm256_subs_epu8(two, hf_utf8_table(tables->third));
    __m256i fourth = _mm256_subs_epu8(three, hf_utf8_table(tables->fourth));
    __m256i must =
        _mm256_and_si256(_mm256_or_si256(third, fourth), hf_utf8_table(tables->high_bit));
    __m256i wrong = _mm256_xor_si256(must, pair);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(wrong, _mm256_setzero_si256()));
}

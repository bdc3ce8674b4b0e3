/*
 * Skipping for AVX2, 32 bytes at a time. Anchors of ASCII are compared; those of three bytes are
 * looked up by the nibbles of all three, in eight families of which each has a bit: a character
 * whose six nibbles share a family may be an anchor. Of two and of four bytes, and of the leads
 * that Chinese text hardly has, each one may be.
 *
 * What may be an anchor is folded and then is one or is not, so that the tables need only never
 * miss: they cost time when they are too wide, never a finding. A test holds them against every
 * character.
 */
#include "policy/detect_skip.h"

#include <immintrin.h>

#define HF_AVX2 __attribute__((target("avx2")))

/* Families of three-byte characters. */
enum {
    E2 = 1 << 0,      /* superscript, subscript, enclosed digits, the white circle */
    E3 = 1 << 1,      /* Hangzhou numerals, ideographs in brackets */
    E3_ZERO = 1 << 2, /* ideographic zero: apart from its neighbours, the comma and full stop */
    E4 = 1 << 3,      /* 4e00..4fff: most numerals */
    E5 = 1 << 4,      /* 5000..5fff */
    E678 = 1 << 5,    /* 6000..8fff */
    E9 = 1 << 6,      /* 9000..9fff, and circled ideographs */
    EF = 1 << 7       /* full width */
};

#define REPEAT_16(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define BITS(x) (char)(x)

/* By the low nibble of the first byte, whose high one is E. */
HF_AVX2 static inline __m256i table_lead(void)
{
    return REPEAT_16(0, 0, BITS(E2), BITS(E3 | E3_ZERO | E9), BITS(E4), BITS(E5), BITS(E678),
                     BITS(E678), BITS(E678), BITS(E9), 0, 0, 0, 0, 0, BITS(EF));
}

HF_AVX2 static inline __m256i table_second_high(void)
{
    return REPEAT_16(0, 0, 0, 0, 0, 0, 0, 0, BITS(E2 | E3 | E3_ZERO | E5 | E678 | E9),
                     BITS(E2 | E5 | E678 | E9), BITS(E5), BITS(E4 | E5 | E678 | EF), 0, 0, 0, 0);
}

HF_AVX2 static inline __m256i table_second_low(void)
{
    return REPEAT_16(BITS(E3 | E3_ZERO), BITS(E2), BITS(E2 | E678), BITS(E2 | E5), BITS(E678),
                     BITS(E5), 0, BITS(E2), BITS(E3 | E4), BITS(E4 | E5 | E9 | EF), BITS(E4 | E9),
                     BITS(E5 | E9), BITS(E4 | EF), BITS(E2 | E678), BITS(E2 | E678),
                     BITS(E5 | E678));
}

HF_AVX2 static inline __m256i table_third_high(void)
{
    return REPEAT_16(0, 0, 0, 0, 0, 0, 0, 0, BITS(E2 | E3_ZERO | E4 | E5 | E678 | E9),
                     BITS(E2 | E4 | E5 | E678 | EF), BITS(E2 | E3 | E5 | EF),
                     BITS(E2 | E5 | E678 | E9), 0, 0, 0, 0);
}

HF_AVX2 static inline __m256i table_third_low(void)
{
    return REPEAT_16(BITS(E2 | E3 | E4 | E678 | E9 | EF), BITS(E2 | E3 | E5 | E9 | EF),
                     BITS(E2 | E3 | E678 | E9 | EF), BITS(E2 | E3 | E4 | E5 | E678 | E9 | EF),
                     BITS(E2 | E3 | E4 | E5 | E9 | EF), BITS(E2 | E3 | E9 | EF),
                     BITS(E2 | E3 | E678 | E9 | EF), BITS(E2 | E3 | E3_ZERO | E9 | EF),
                     BITS(E2 | E3 | E9 | EF), BITS(E2 | E3 | E4 | E5 | EF), BITS(E2 | E5),
                     BITS(E2 | E5 | EF), BITS(E2 | E4 | E678), BITS(E2 | E4 | E5), BITS(E2),
                     BITS(E2));
}

/* The 32 bytes that stand @n before those of @block. */
#define SHIFTED(block, before, n)                                                                  \
    _mm256_alignr_epi8((block), _mm256_permute2x128_si256((before), (block), 0x21), 16 - (n))

HF_AVX2 static inline __m256i high_nibbles(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
}

HF_AVX2 static inline __m256i low_nibbles(__m256i bytes)
{
    return _mm256_and_si256(bytes, _mm256_set1_epi8(0x0f));
}

HF_AVX2 static inline __m256i is_byte(__m256i block, unsigned byte)
{
    return _mm256_cmpeq_epi8(block, _mm256_set1_epi8(BITS(byte)));
}

HF_AVX2 static inline __m256i is_ascii_anchor(__m256i block)
{
    __m256i above = _mm256_subs_epu8(block, _mm256_set1_epi8('9'));
    __m256i below = _mm256_subs_epu8(_mm256_set1_epi8('0'), block);
    __m256i digit = _mm256_cmpeq_epi8(_mm256_or_si256(above, below), _mm256_setzero_si256());
    return _mm256_or_si256(digit, _mm256_or_si256(is_byte(block, '@'), is_byte(block, '\\')));
}

/* Leads of two and four bytes, and of three where whole scripts have digits here and there. */
HF_AVX2 static inline __m256i is_rare_lead(__m256i block)
{
    __m256i two = _mm256_or_si256(_mm256_or_si256(is_byte(block, 0xc2), is_byte(block, 0xd9)),
                                  _mm256_or_si256(is_byte(block, 0xdb), is_byte(block, 0xdf)));
    __m256i more = _mm256_or_si256(_mm256_or_si256(is_byte(block, 0xe0), is_byte(block, 0xe1)),
                                   _mm256_or_si256(is_byte(block, 0xea), is_byte(block, 0xf0)));
    return _mm256_or_si256(two, more);
}

/* A bit for each byte of @block that ends a three-byte character which may be an anchor. */
HF_AVX2 static inline uint32_t family_ends(__m256i block, __m256i before)
{
    __m256i lead = SHIFTED(block, before, 2);
    __m256i second = SHIFTED(block, before, 1);
    __m256i is_three = _mm256_cmpeq_epi8(high_nibbles(lead), _mm256_set1_epi8(0x0e));
    __m256i family = _mm256_and_si256(
        _mm256_shuffle_epi8(table_lead(), low_nibbles(lead)),
        _mm256_and_si256(_mm256_shuffle_epi8(table_second_high(), high_nibbles(second)),
                         _mm256_shuffle_epi8(table_second_low(), low_nibbles(second))));
    family = _mm256_and_si256(
        family, _mm256_and_si256(_mm256_shuffle_epi8(table_third_high(), high_nibbles(block)),
                                 _mm256_shuffle_epi8(table_third_low(), low_nibbles(block))));
    __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(family, is_three), _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(none);
}

/* Whether the character that holds byte @at, its lead or its third byte, is an anchor. */
static bool is_anchor(const uint8_t *data, size_t size, size_t at, size_t *ret_begin)
{
    uint32_t scalar;
    size_t begin = (data[at] & 0xc0) == 0x80 ? at - 2 : at;
    *ret_begin = begin;
    if (data[begin] < 0x80) {
        return true;
    }
    hf_detect_decode(data + begin, size - begin, &scalar);
    return hf_fold_is_anchor(hf_fold_of(scalar));
}

HF_AVX2 static size_t avx2_skip(const uint8_t *data, size_t size)
{
    __m256i before = _mm256_setzero_si256();
    size_t i = 0;
    for (; size - i >= 32; i += 32) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)(data + i));
        __m256i begins = _mm256_or_si256(is_ascii_anchor(block), is_rare_lead(block));
        uint32_t maybe = (uint32_t)_mm256_movemask_epi8(begins);
        if (_mm256_movemask_epi8(_mm256_or_si256(block, before)) != 0) {
            maybe |= family_ends(block, before);
        }
        for (; maybe; maybe &= maybe - 1) {
            size_t begin;
            if (is_anchor(data, size, i + (unsigned)__builtin_ctz(maybe), &begin)) {
                return begin;
            }
        }
        before = block;
    }
    size_t from = i; /* back to where the character begins that the blocks may have cut */
    while (from > 0 && i - from < 3 && (data[from - 1] & 0xc0) == 0x80) {
        from--;
    }
    from -= from > 0 && data[from - 1] >= 0xc0;
    return from + hf_detect_skip_plain(data + from, size - from);
}

hf_detect_skip_fn *hf_detect_skip_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? avx2_skip : NULL;
}

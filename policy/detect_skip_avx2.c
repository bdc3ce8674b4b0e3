/*
 * Skipping for AVX2, 32 bytes at a time. Anchors of ASCII, and leads that Chinese text hardly has,
 * are looked up by their two nibbles; those of three bytes by the nibbles of all three, in eight
 * families of which each has a bit: a character whose six nibbles share a family may be an anchor.
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

/*
 * What shows by its first byte: ASCII anchors (3x, 40, 5C) and each lead of two or four bytes, and
 * of three where whole scripts have digits here and there (C2 D9 DB DF E0 E1 EA F0). By the high
 * nibble, and by the low one.
 */
HF_AVX2 static inline __m256i table_first_high(void)
{
    return REPEAT_16(0, 0, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 8, 16, 32, 64);
}

HF_AVX2 static inline __m256i table_first_low(void)
{
    return REPEAT_16(1 | 2 | 32 | 64, 1 | 32, 1 | 8, 1, 1, 1, 1, 1, 1, 1 | 16, 32, 16, 4, 0, 0, 16);
}

/* By the high nibble of a lead of three bytes. */
HF_AVX2 static inline __m256i table_lead_high(void)
{
    return REPEAT_16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, BITS(0xff), 0);
}

/* The 32 bytes that stand @n before those of @block. */
#define SHIFTED(block, before, n)                                                                  \
    _mm256_alignr_epi8((block), _mm256_permute2x128_si256((before), (block), 0x21), 16 - (n))

/* What the tables of both nibbles say of each byte. */
#define LOOK_UP(high_table, low_table)                                                             \
    _mm256_and_si256(_mm256_shuffle_epi8((high_table), high), _mm256_shuffle_epi8((low_table), low))

/* Of the block before: which bytes are leads and second bytes of which families. */
struct carry {
    __m256i lead;
    __m256i second;
};

/* A bit for each byte of @block that shows what may be an anchor, as its first byte or its third.
 */
HF_AVX2 static inline uint32_t suspects(__m256i block, struct carry *carry)
{
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(block, 4), nibble);
    __m256i low = _mm256_and_si256(block, nibble);
    __m256i first = LOOK_UP(table_first_high(), table_first_low());
    __m256i lead = LOOK_UP(table_lead_high(), table_lead());
    __m256i second = LOOK_UP(table_second_high(), table_second_low());
    __m256i third = LOOK_UP(table_third_high(), table_third_low());
    third = _mm256_and_si256(
        third, _mm256_and_si256(SHIFTED(lead, carry->lead, 2), SHIFTED(second, carry->second, 1)));
    *carry = (struct carry){lead, second};
    __m256i none = _mm256_cmpeq_epi8(_mm256_or_si256(first, third), _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(none);
}

/* The first of the characters that @maybe names, by its first byte or as the end of three, that is
 * an anchor; SIZE_MAX: none is. @block is where its bit 0 stands. */
static size_t find_anchor(const uint8_t *data, size_t size, size_t block, uint32_t maybe)
{
    for (; maybe; maybe &= maybe - 1) {
        size_t at = block + (unsigned)__builtin_ctz(maybe);
        uint32_t scalar = data[at];
        if (scalar < 0x80) {
            return at;
        }
        if (scalar < 0xc0) { /* the third of three */
            at -= 2;
            scalar = (data[at] & 0x0fu) << 12 | (data[at + 1] & 0x3fu) << 6 | (scalar & 0x3f);
        } else {
            hf_detect_decode(data + at, size - at, &scalar);
        }
        if (hf_fold_is_anchor(hf_fold_of(scalar))) {
            return at;
        }
    }
    return SIZE_MAX;
}

HF_AVX2 static size_t avx2_skip(const uint8_t *data, size_t size)
{
    uint8_t rest[32] HF_UNINITIALISED;
    struct carry carry = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (size_t i = 0; i < size; i += sizeof rest) {
        const uint8_t *from = data + i;
        size_t left = size - i;
        uint32_t judged = UINT32_MAX;
        if (left < sizeof rest && i > 0 && left <= sizeof rest - 2) {
            i = size - sizeof rest; /* again what was seen, at the least two bytes of it */
            from = data + i;
            judged <<= sizeof rest - left;
        } else if (left < sizeof rest) {
            memset(rest, 0, sizeof rest);
            memcpy(rest, from, left);
            from = rest;
        }
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)from);
        uint32_t maybe = suspects(block, &carry) & judged;
        if (maybe) {
            size_t anchor = find_anchor(data, size, i, maybe);
            if (anchor != SIZE_MAX) {
                return anchor;
            }
        }
    }
    return size;
}

hf_detect_skip_fn *hf_detect_skip_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? avx2_skip : NULL;
}

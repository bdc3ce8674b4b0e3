/*
 * Skipping for AVX2, some 60 bytes at a time. Anchors of ASCII, and leads that Chinese text hardly
 * has, are looked up by their two nibbles; those of three bytes by the nibbles of all three, in
 * eight families of which each has a bit: a character whose six nibbles share a family may be an
 * anchor.
 *
 * What may be an anchor is folded and then is one or is not, so that the tables need only never
 * miss: they cost time when they are too wide, never a finding. A test holds them against every
 * character.
 */
#include "policy/detect_skip.h"

#include "policy/detect_char.h"

#include <immintrin.h>

#define HF_AVX2 __attribute__((target("avx2,popcnt")))

/*
 * Families of three-byte characters. Who stands with whom was found by search: so that of common
 * characters and signs hardly one shares all six nibbles with a family that it is not of.
 */
enum {
    ENCLOSED = 1 << 0, /* superscript, subscript, enclosed, the white circle, the small at-sign */
    WIDE = 1 << 1,     /* full width, and U+7396 */
    HANGZHOU = 1 << 2, /* Hangzhou numerals, and U+58F9 */
    ZERO = 1 << 3,     /* U+3007 4E8C 4F0D 634C */
    ONE = 1 << 4,      /* U+4E00 4E03 4E09 4E94 8CB3 8D30 */
    FOUR = 1 << 5,     /* U+56DB 67D2 9646 9678 96F6 */
    SIX = 1 << 6,      /* U+4E5D 516B 516D 5E7A */
    CHEQUE = 1 << 7    /* U+53C1 53C3 53C4 8086 */
};

#define REPEAT_16(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define BITS(x) (char)(x)

/* By the low nibble of the first byte. The high one need not be looked at: where the two behind it
 * are what they must be, it is E, but for the end of a character of four. */
HF_AVX2 static inline __m256i table_lead(void)
{
    return REPEAT_16(0, 0, BITS(ENCLOSED), BITS(ENCLOSED | HANGZHOU | ZERO), BITS(ZERO | ONE | SIX),
                     BITS(HANGZHOU | FOUR | SIX | CHEQUE), BITS(ZERO | FOUR), BITS(WIDE),
                     BITS(ONE | CHEQUE), BITS(FOUR), 0, 0, 0, 0, 0, BITS(ENCLOSED | WIDE));
}

HF_AVX2 static inline __m256i table_second_high(void)
{
    return REPEAT_16(0, 0, 0, 0, 0, 0, 0, 0, BITS(ENCLOSED | WIDE | HANGZHOU | ZERO | SIX | CHEQUE),
                     BITS(ENCLOSED | FOUR), BITS(HANGZHOU),
                     BITS(ENCLOSED | WIDE | ZERO | ONE | SIX), 0, 0, 0, 0);
}

HF_AVX2 static inline __m256i table_second_low(void)
{
    return REPEAT_16(BITS(HANGZHOU | ZERO), BITS(ENCLOSED), BITS(ENCLOSED | ONE | CHEQUE),
                     BITS(ENCLOSED | HANGZHOU), BITS(ONE), BITS(SIX), 0, BITS(ENCLOSED),
                     BITS(ENCLOSED | ONE), BITS(ENCLOSED | FOUR | SIX), BITS(ENCLOSED | ZERO | ONE),
                     BITS(FOUR), BITS(WIDE | ZERO), BITS(ENCLOSED | ZERO), BITS(ENCLOSED | WIDE),
                     BITS(FOUR | CHEQUE));
}

HF_AVX2 static inline __m256i table_third_high(void)
{
    return REPEAT_16(0, 0, 0, 0, 0, 0, 0, 0, BITS(ENCLOSED | ZERO | ONE | FOUR | CHEQUE),
                     BITS(ENCLOSED | WIDE | ONE | FOUR | SIX),
                     BITS(ENCLOSED | WIDE | HANGZHOU | SIX),
                     BITS(ENCLOSED | HANGZHOU | ONE | FOUR | SIX), 0, 0, 0, 0);
}

HF_AVX2 static inline __m256i table_third_low(void)
{
    return REPEAT_16(
        BITS(ENCLOSED | WIDE | ONE), BITS(ENCLOSED | WIDE | HANGZHOU | CHEQUE),
        BITS(ENCLOSED | WIDE | HANGZHOU | FOUR), BITS(ENCLOSED | WIDE | HANGZHOU | ONE | CHEQUE),
        BITS(ENCLOSED | WIDE | HANGZHOU | ONE | CHEQUE), BITS(ENCLOSED | WIDE | HANGZHOU),
        BITS(ENCLOSED | WIDE | HANGZHOU | FOUR | CHEQUE), BITS(ENCLOSED | WIDE | HANGZHOU | ZERO),
        BITS(ENCLOSED | WIDE | HANGZHOU | FOUR), BITS(ENCLOSED | WIDE | HANGZHOU | ONE),
        BITS(ENCLOSED | SIX), BITS(ENCLOSED | FOUR | SIX), BITS(ENCLOSED | ZERO),
        BITS(ENCLOSED | ZERO | SIX), BITS(ENCLOSED), BITS(ENCLOSED));
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

/* @bytes moved up by @n, with zeros in their place. */
#define MOVED(bytes, n)                                                                            \
    _mm256_alignr_epi8((bytes), _mm256_permute2x128_si256((bytes), (bytes), 0x08), 16 - (n))

/* What the tables of both nibbles say of each byte. */
#define LOOK_UP(high_table, low_table)                                                             \
    _mm256_and_si256(_mm256_shuffle_epi8((high_table), high), _mm256_shuffle_epi8((low_table), low))

/* A bit for each byte of @bytes that shows what may be an anchor: its first, or the last of three
 * that all stand there. */
HF_AVX2 static inline uint32_t suspects(__m256i bytes)
{
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    __m256i low = _mm256_and_si256(bytes, nibble);
    __m256i first = LOOK_UP(table_first_high(), table_first_low());
    __m256i lead = _mm256_shuffle_epi8(table_lead(), low);
    __m256i second = LOOK_UP(table_second_high(), table_second_low());
    __m256i third = LOOK_UP(table_third_high(), table_third_low());
    third = _mm256_and_si256(third, _mm256_and_si256(MOVED(lead, 2), MOVED(second, 1)));
    __m256i none = _mm256_cmpeq_epi8(_mm256_or_si256(first, third), _mm256_setzero_si256());
    return ~(uint32_t)_mm256_movemask_epi8(none);
}

/* ASCII digits and separators, by the high nibble and by the low one. */
enum { NUMBER_2X = 1 << 0, NUMBER_DIGIT = 1 << 1, NUMBER_5X = 1 << 2 };

HF_AVX2 static inline __m256i table_number_high(void)
{
    return REPEAT_16(0, 0, NUMBER_2X, NUMBER_DIGIT, 0, NUMBER_5X, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

HF_AVX2 static inline __m256i table_number_low(void)
{
    return REPEAT_16(NUMBER_2X | NUMBER_DIGIT, NUMBER_DIGIT, NUMBER_DIGIT, NUMBER_DIGIT,
                     NUMBER_DIGIT, NUMBER_DIGIT, NUMBER_DIGIT, NUMBER_DIGIT,
                     NUMBER_2X | NUMBER_DIGIT, NUMBER_2X | NUMBER_DIGIT, 0, 0, 0, NUMBER_2X,
                     NUMBER_2X, NUMBER_5X);
}

/* What of @bytes is a digit of ASCII, and what @ret_separators. */
HF_AVX2 static inline uint32_t find_digits(__m256i bytes, uint32_t *ret_separators)
{
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    __m256i low = _mm256_and_si256(bytes, nibble);
    __m256i number = LOOK_UP(table_number_high(), table_number_low());
    __m256i separator = _mm256_andnot_si256(_mm256_set1_epi8(NUMBER_DIGIT), number);
    __m256i none = _mm256_cmpeq_epi8(separator, _mm256_setzero_si256());
    *ret_separators = ~(uint32_t)_mm256_movemask_epi8(none);
    return (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(number, 6)); /* to the highest bit */
}

/* --- the loop --- */

/* The text is read in blocks of two vectors, and vectors and blocks overlap by two bytes: so each
 * character of three stands whole in one of them. */
enum {
    VECTOR_BYTES = 32,
    SECOND_AT = VECTOR_BYTES - 2,
    BLOCK_BYTES = SECOND_AT + VECTOR_BYTES,
    STEP_BYTES = BLOCK_BYTES - 2
};

/* A block, a bit for each byte. */
struct block {
    const uint8_t *data;
    uint64_t maybe;    /* an anchor, by its first byte or its third; yet to be judged */
    uint64_t digits;   /* of ASCII */
    uint64_t numerals; /* they, and separators of ASCII */
};

HF_AVX2 static inline __m256i load(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

HF_AVX2 static inline void read_block(struct block *block, const uint8_t *bytes)
{
    uint32_t separators[2];
    __m256i first = load(bytes);
    __m256i second = load(bytes + SECOND_AT);
    block->maybe = suspects(first) | (uint64_t)suspects(second) << SECOND_AT;
    if (block->maybe == 0) {
        return; /* and nobody asks about the rest */
    }
    uint64_t digits = find_digits(first, &separators[0]);
    block->digits = digits | (uint64_t)find_digits(second, &separators[1]) << SECOND_AT;
    block->numerals = block->digits | separators[0] | (uint64_t)separators[1] << SECOND_AT;
}

/* All of a text that is shorter than a block, with zeros behind. */
HF_AVX2 static __attribute__((noinline)) void read_short(struct block *block, const uint8_t *bytes,
                                                         const uint8_t *end)
{
    uint8_t padded[BLOCK_BYTES] = {0};
    memcpy(padded, bytes, (size_t)(end - bytes));
    read_block(block, padded);
}

/* The block from @p on, or the last one of the text, which reaches back before @p. */
HF_AVX2 static inline void next_block(struct block *block, const uint8_t *data, const uint8_t *p,
                                      const uint8_t *end)
{
    block->data = p;
    if (end - data < BLOCK_BYTES) {
        read_short(block, p, end);
        return;
    }
    if (end - p < BLOCK_BYTES) {
        block->data = end - BLOCK_BYTES;
    }
    read_block(block, block->data);
}

/* Judges no byte before @low any more. */
static inline void forget_before(struct block *block, const uint8_t *low)
{
    if (low - block->data >= BLOCK_BYTES) {
        block->maybe = 0;
    } else if (low > block->data) {
        block->maybe &= UINT64_MAX << (low - block->data);
    }
}

/* The next character of the block that is an anchor; NULL: there is none. */
static inline const uint8_t *next_anchor(struct block *block, const uint8_t *end)
{
    for (; block->maybe; block->maybe &= block->maybe - 1) {
        const uint8_t *p = block->data + (unsigned)__builtin_ctzll(block->maybe);
        uint32_t scalar = *p;
        if (scalar < 0x80) {
            return p;
        }
        bool is_whole = true;
        if (scalar < 0xc0) { /* the third of three */
            p -= 2;
            is_whole = hf_char_three(p, &scalar);
        } else {
            hf_char_decode(p, (size_t)(end - p), &scalar);
        }
        if (is_whole && hf_fold_is_anchor(hf_fold_of(scalar))) {
            return p;
        }
    }
    return NULL;
}

/* Bytes of the number that begins at @at: a numeral of one character that is not ASCII, or as many
 * numerals of ASCII as there are and the block has; @ret_digits: how many digits it has. */
HF_AVX2 static inline unsigned measure_number(const struct block *block, const uint8_t *at,
                                              unsigned *ret_digits)
{
    unsigned from = (unsigned)(at - block->data);
    unsigned n = (unsigned)__builtin_ctzll(~(block->numerals >> from)); /* above all: zeros */
    uint64_t digits = block->digits >> from & ((UINT64_C(1) << n) - 1);
    *ret_digits = (unsigned)__builtin_popcountll(digits);
    if (*at >= 0xe0 && *at < 0xef) { /* behind that may be at-signs */
        *ret_digits = 1;
        return 3;
    }
    return from + n < BLOCK_BYTES ? n : 0;
}

/*
 * As hf_stretch_pass(), of a number that stands between two breaks: of a day, a sum, an article.
 * NULL: it is none such, or does not end within the block; nothing is judged.
 */
HF_AVX2 static inline const uint8_t *pass_number(const struct block *block, const uint8_t *low,
                                                 const uint8_t *at, const uint8_t *end)
{
    struct hf_fold fold;
    unsigned n_digits;
    unsigned n = measure_number(block, at, &n_digits);
    const uint8_t *next = at + n;
    if (n == 0 || n_digits >= HF_STRETCH_DIGITS || next >= end) {
        return NULL;
    }
    next += hf_char_fold(next, end, &fold);
    if (!hf_fold_is_break(fold)) {
        return NULL;
    }
    if (at > low) {
        hf_char_before(low, at, &fold);
        next = hf_fold_is_break(fold) ? next : NULL;
    }
    return next;
}

HF_AVX2 static size_t avx2_skip(const uint8_t *data, size_t size, bool is_end)
{
    const uint8_t *end = data + size;
    const uint8_t *low = data; /* as in hf_detect_skip_plain() */
    struct block block;
    for (const uint8_t *p = data; p<end; p = p + STEP_BYTES> low ? p + STEP_BYTES : low) {
        const uint8_t *anchor;
        next_block(&block, data, p, end);
        forget_before(&block, p > low ? p : low);
        while ((anchor = next_anchor(&block, end))) {
            const uint8_t *behind = pass_number(&block, low, anchor, end);
            if (!behind) {
                behind = hf_stretch_pass(low, anchor, end, is_end);
            }
            if (!behind) {
                return (size_t)(hf_stretch_begin(low, anchor) - data);
            }
            low = behind;
            forget_before(&block, low);
        }
    }
    return is_end ? size : (size_t)(hf_stretch_begin(low, end) - data);
}

hf_detect_skip_fn *hf_detect_skip_avx2(void)
{
    bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    return can ? avx2_skip : NULL;
}

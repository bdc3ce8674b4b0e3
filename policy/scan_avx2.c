/*
 * The scanners for AVX2, 32 bytes at a time.
 *
 * A block that shows any error, and the rest that fills no block, goes to the plain scanner from
 * the last character boundary: errors end a stream, so their cost does not matter, and the plain
 * scanner stays the only place that says where exactly text ends.
 */
#include "policy/scan.h"

#include "policy/utf8_avx2.h"

/* What a byte and its predecessor can show to be wrong. */
enum {
    TOO_SHORT = 1 << 0,    /* a lead without its continuation */
    TOO_LONG = 1 << 1,     /* a continuation without a lead */
    OVERLONG_3 = 1 << 2,   /* E0 80..9F */
    TOO_LARGE_90 = 1 << 3, /* F4 90 and above */
    SURROGATE = 1 << 4,    /* ED A0..BF */
    OVERLONG_2 = 1 << 5,   /* C0, C1 */
    TOO_LARGE = 1 << 6,    /* F5 and above with 80..8F; shares its bit with F0 80..8F */
    OVERLONG_4 = 1 << 6,
    TWO_CONTS = 1 << 7, /* two continuations: fine only inside a longer sequence */
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTS, /* do not depend on the low nibble */
    CONT = TOO_LONG | OVERLONG_2 | TWO_CONTS
};

#define TWICE(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__, __VA_ARGS__                                                                   \
    }
#define TIMES_4(x) x, x, x, x
#define TIMES_16(x) TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x)

const struct hf_utf8_tables hf_utf8_tables = {
    .first_high = TWICE(TIMES_4(TOO_LONG), TIMES_4(TOO_LONG), TIMES_4(TWO_CONTS),
                        TOO_SHORT | OVERLONG_2, TOO_SHORT, TOO_SHORT | OVERLONG_3 | SURROGATE,
                        TOO_SHORT | TOO_LARGE | TOO_LARGE_90 | OVERLONG_4),
    .first_low = TWICE(CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY,
                       CARRY, CARRY | TOO_LARGE_90, TIMES_4(CARRY | TOO_LARGE_90 | TOO_LARGE),
                       TIMES_4(CARRY | TOO_LARGE_90 | TOO_LARGE),
                       CARRY | TOO_LARGE_90 | TOO_LARGE | SURROGATE,
                       CARRY | TOO_LARGE_90 | TOO_LARGE, CARRY | TOO_LARGE_90 | TOO_LARGE),
    .second_high = TWICE(TIMES_4(TOO_SHORT), TIMES_4(TOO_SHORT), CONT | OVERLONG_3 | OVERLONG_4,
                         CONT | OVERLONG_3 | TOO_LARGE_90, CONT | SURROGATE | TOO_LARGE_90,
                         CONT | SURROGATE | TOO_LARGE_90, TIMES_4(TOO_SHORT)),
    .low_nibble = TWICE(TIMES_16(0x0f)),
    .high_bit = TWICE(TIMES_16(0x80)),
    .third = TWICE(TIMES_16(0xe0 - 0x80)),
    .fourth = TWICE(TIMES_16(0xf0 - 0x80)),
};

/* The 32 bytes that stand @n before those of @block. */
#define SHIFTED(block, before, n)                                                                  \
    _mm256_alignr_epi8((block), _mm256_permute2x128_si256((before), (block), 0x21), 16 - (n))

/* A bit for each byte of @block at which an error shows. */
HF_AVX2 static inline uint32_t utf8_errors(__m256i block, __m256i before)
{
    return hf_utf8_pair_errors(block, SHIFTED(block, before, 1), SHIFTED(block, before, 2),
                               SHIFTED(block, before, 3));
}

/* A bit for each byte that ends plain text. */
HF_AVX2 static inline uint32_t text_ends(__m256i block)
{
    const __m256i control = _mm256_set1_epi8(0x1f);
    __m256i is_control = _mm256_cmpeq_epi8(_mm256_max_epu8(block, control), control);
    __m256i is_quote = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('"'));
    __m256i is_backslash = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\'));
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(is_control, _mm256_or_si256(is_quote, is_backslash)));
}

/* The plain scanner from the last character boundary at or before @at. */
static size_t plain_from(const uint8_t *data, size_t size, size_t at)
{
    size_t from = at;
    while (from > 0 && at - from < 3 && (data[from - 1] & 0xc0) == 0x80) {
        from--;
    }
    if (from > 0 && data[from - 1] >= 0xc0) {
        from--;
    }
    return from + hf_scan_plain()->text(data + from, size - from);
}

/* Beyond the first block, or with more than ASCII in it. */
HF_AVX2 __attribute__((noinline)) static size_t long_text(const uint8_t *data, size_t size)
{
    __m256i before = _mm256_setzero_si256();
    uint32_t high_before = 0;
    size_t i = 0;
    for (; size - i >= 32; i += 32) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)(data + i));
        uint32_t ends = text_ends(block);
        uint32_t high = (uint32_t)_mm256_movemask_epi8(block);
        if (high | high_before) {
            /* up to and with the byte that ends the text: a cut-off sequence shows there */
            uint32_t judged = ends ? ends ^ (ends - 1) : UINT32_MAX;
            if (utf8_errors(block, before) & judged) {
                return plain_from(data, size, i);
            }
        }
        if (ends) {
            return i + (unsigned)__builtin_ctz(ends);
        }
        high_before = high >> 29;
        before = block;
    }
    return plain_from(data, size, i);
}

/* Most strings are short and ASCII: one block, and none of the tables. */
HF_AVX2 static size_t avx2_text(const uint8_t *data, size_t size)
{
    if (size < 32) {
        return hf_scan_plain()->text(data, size);
    }
    __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)data);
    uint32_t ends = text_ends(block);
    uint32_t high = (uint32_t)_mm256_movemask_epi8(block);
    bool is_ascii = (high & (ends - 1)) == 0; /* up to the end of the text */
    return ends && is_ascii ? (size_t)__builtin_ctz(ends) : long_text(data, size);
}

HF_AVX2 static size_t avx2_space(const uint8_t *data, size_t size)
{
    size_t i = 0;
    for (; size - i >= 32; i += 32) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(const void *)(data + i));
        __m256i space =
            _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(' ')),
                                            _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\n'))),
                            _mm256_or_si256(_mm256_cmpeq_epi8(block, _mm256_set1_epi8('\r')),
                                            _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\t'))));
        uint32_t other = ~(uint32_t)_mm256_movemask_epi8(space);
        if (other) {
            return i + (unsigned)__builtin_ctz(other);
        }
    }
    return i + hf_scan_plain()->space(data + i, size - i);
}

const struct hf_scan *hf_scan_avx2(void)
{
    static const struct hf_scan avx2 = {avx2_text, avx2_space};
    return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}

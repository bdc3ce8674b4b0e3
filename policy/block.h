/*
 * A few bytes looked at side by side, inline, where a call would cost more than the look: with
 * SSE2, which every x86-64 has, or with AVX2, in files that are built for it; elsewhere in plain C.
 * The plain ones are always there, and a test holds them equal to the others. In a mask bit i
 * stands for byte i.
 */
#pragma once

#include "base/bytes.h"
#include "base/date.h"

#ifdef __AVX2__
#include "policy/utf8_avx2.h"
#endif

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { HF_BLOCK_BYTES = 32, HF_HALF_BYTES = 16 };

/* The first bit of a mask; HF_BLOCK_BYTES when it has none. */
static inline unsigned hf_block_first(uint32_t mask)
{
#ifdef __BMI__
    return _tzcnt_u32(mask);
#else
    return mask ? (unsigned)__builtin_ctz(mask) : HF_BLOCK_BYTES;
#endif
}

/* The bytes that are not plain ASCII text: a quote, a backslash, U+0000..001F, 0x80 and above. */
static inline uint32_t hf_block_stops_plain(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    uint32_t stops = 0;
    for (unsigned i = 0; i < HF_BLOCK_BYTES; i++) {
        uint8_t byte = bytes[i];
        bool stop = byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
        stops |= (uint32_t)stop << i;
    }
    return stops;
}

/* The bytes that are the same in both. */
static inline uint32_t hf_block_same_plain(const uint8_t a[static HF_BLOCK_BYTES],
                                           const uint8_t b[static HF_BLOCK_BYTES])
{
    uint32_t same = 0;
    for (unsigned i = 0; i < HF_BLOCK_BYTES; i++) {
        same |= (uint32_t)(a[i] == b[i]) << i;
    }
    return same;
}

/* What a number without exponent is made of, and what stands behind one in an object. */
struct hf_half_number {
    uint32_t digits;
    uint32_t ends; /* a comma, a brace, white space or a control character */
};

static inline struct hf_half_number hf_half_number_plain(const uint8_t bytes[static HF_HALF_BYTES])
{
    struct hf_half_number number = {0, 0};
    for (unsigned i = 0; i < HF_HALF_BYTES; i++) {
        uint8_t byte = bytes[i];
        number.digits |= (uint32_t)(byte >= '0' && byte <= '9') << i;
        number.ends |= (uint32_t)(byte <= ' ' || byte == ',' || byte == '}') << i;
    }
    return number;
}

#ifdef __SSE2__

static inline __m128i hf_block_half(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

#endif

#ifdef __AVX2__

/*
 * What bytes are compared with. In another file, so that the compiler reads them where they are
 * used: what it knows it builds anew in each round of a loop, with three instructions where none is
 * needed.
 */
struct hf_block_constants {
    _Alignas(HF_BLOCK_BYTES) uint8_t quote[HF_BLOCK_BYTES];
    uint8_t backslash[HF_BLOCK_BYTES];
    uint8_t space[HF_BLOCK_BYTES];
    uint8_t control[HF_BLOCK_BYTES]; /* the last one */
    uint8_t zero[HF_HALF_BYTES];
    uint8_t nine[HF_HALF_BYTES];
    uint8_t comma[HF_HALF_BYTES];
    uint8_t brace[HF_HALF_BYTES];
    uint8_t day_order[HF_HALF_BYTES]; /* of YYYY-MM-DD: day, month, year, century, the dashes */
    uint8_t day_least[HF_HALF_BYTES];
    uint8_t day_span[HF_HALF_BYTES];
    uint8_t day_tens[HF_HALF_BYTES];
};

extern const struct hf_block_constants hf_block_constants;

static inline __m256i hf_block(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

/* One of the constants. */
static inline __m256i hf_block_all(const uint8_t constant[static HF_BLOCK_BYTES])
{
    return _mm256_load_si256((const __m256i *)(const void *)constant);
}

/* As signed numbers 0x80 and above are less than a space, too. */
static inline uint32_t hf_block_stops(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    __m256i block = hf_block(bytes);
    __m256i is_odd = _mm256_cmpgt_epi8(hf_block_all(hf_block_constants.space), block);
    __m256i is_quote = _mm256_cmpeq_epi8(block, hf_block_all(hf_block_constants.quote));
    __m256i is_backslash = _mm256_cmpeq_epi8(block, hf_block_all(hf_block_constants.backslash));
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(is_odd, _mm256_or_si256(is_quote, is_backslash)));
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hf_block(a), hf_block(b)));
}

/*
 * The text that begins at @bytes: its length where a quote ends it in the block, with no control
 * character, no backslash and no fault of UTF-8 before; else HF_BLOCK_BYTES. In front of @bytes
 * stand three more, of ASCII. Without AVX2 nothing is seen.
 */
static inline unsigned hf_block_text(const uint8_t *bytes)
{
    __m256i block = hf_block(bytes);
    __m256i control = hf_block_all(hf_block_constants.control);
    __m256i is_control = _mm256_cmpeq_epi8(_mm256_max_epu8(block, control), control);
    __m256i is_quote = _mm256_cmpeq_epi8(block, hf_block_all(hf_block_constants.quote));
    __m256i is_backslash = _mm256_cmpeq_epi8(block, hf_block_all(hf_block_constants.backslash));
    uint32_t quotes = (uint32_t)_mm256_movemask_epi8(is_quote);
    uint32_t others = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(is_control, is_backslash));
    uint32_t judged = quotes ^ (quotes - 1); /* with the quote: a cut-off sequence shows there */
    others |=
        hf_utf8_pair_errors(block, hf_block(bytes - 1), hf_block(bytes - 2), hf_block(bytes - 3));
    return others & judged ? HF_BLOCK_BYTES : hf_block_first(quotes);
}

/*
 * As hf_date_key(), of half a block that may be read. Its digits are put into the order of a key,
 * the dashes behind them; what is then not in its span is neither.
 */
static inline bool hf_block_day(const uint8_t bytes[static HF_HALF_BYTES], uint64_t *ret_key)
{
    const struct hf_block_constants *constants = &hf_block_constants;
    __m128i parts = _mm_shuffle_epi8(hf_block_half(bytes), hf_block_half(constants->day_order));
    parts = _mm_sub_epi8(parts, hf_block_half(constants->day_least));
    __m128i beyond = _mm_subs_epu8(parts, hf_block_half(constants->day_span));
    __m128i pairs = _mm_maddubs_epi16(parts, hf_block_half(constants->day_tens));
    uint64_t key = (uint64_t)_mm_cvtsi128_si64(pairs);
    if (!_mm_testz_si128(beyond, beyond) || !hf_date_key_exists(key)) {
        return false;
    }
    *ret_key = key;
    return true;
}

static inline struct hf_half_number hf_half_number(const uint8_t bytes[static HF_HALF_BYTES])
{
    const struct hf_block_constants *constants = &hf_block_constants;
    __m128i half = hf_block_half(bytes);
    __m128i value = _mm_sub_epi8(half, hf_block_half(constants->zero));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(value, hf_block_half(constants->nine)), value);
    __m128i is_space = _mm_cmpeq_epi8(_mm_min_epu8(half, hf_block_half(constants->space)), half);
    __m128i is_mark = _mm_or_si128(_mm_cmpeq_epi8(half, hf_block_half(constants->comma)),
                                   _mm_cmpeq_epi8(half, hf_block_half(constants->brace)));
    return (struct hf_half_number){(uint32_t)_mm_movemask_epi8(is_digit),
                                   (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_space, is_mark))};
}

static inline void hf_block_copy(uint8_t to[static HF_BLOCK_BYTES],
                                 const uint8_t from[static HF_BLOCK_BYTES])
{
    _mm256_storeu_si256((__m256i *)(void *)to, hf_block(from));
}

#elif defined __SSE2__

static inline uint32_t hf_block_mask(__m128i low, __m128i high)
{
    return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
}

static inline __m128i hf_block_half_stops(__m128i bytes)
{
    __m128i is_odd = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')); /* signed, as above */
    __m128i is_quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i is_backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return _mm_or_si128(is_odd, _mm_or_si128(is_quote, is_backslash));
}

static inline uint32_t hf_block_stops(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    return hf_block_mask(hf_block_half_stops(hf_block_half(bytes)),
                         hf_block_half_stops(hf_block_half(bytes + HF_HALF_BYTES)));
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_mask(
        _mm_cmpeq_epi8(hf_block_half(a), hf_block_half(b)),
        _mm_cmpeq_epi8(hf_block_half(a + HF_HALF_BYTES), hf_block_half(b + HF_HALF_BYTES)));
}

static inline void hf_block_copy(uint8_t to[static HF_BLOCK_BYTES],
                                 const uint8_t from[static HF_BLOCK_BYTES])
{
    memcpy(to, from, HF_BLOCK_BYTES);
}

static inline struct hf_half_number hf_half_number(const uint8_t bytes[static HF_HALF_BYTES])
{
    __m128i half = hf_block_half(bytes);
    __m128i value = _mm_sub_epi8(half, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    __m128i is_space = _mm_cmpeq_epi8(_mm_min_epu8(half, _mm_set1_epi8(' ')), half);
    __m128i is_mark = _mm_or_si128(_mm_cmpeq_epi8(half, _mm_set1_epi8(',')),
                                   _mm_cmpeq_epi8(half, _mm_set1_epi8('}')));
    return (struct hf_half_number){(uint32_t)_mm_movemask_epi8(is_digit),
                                   (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_space, is_mark))};
}

#else

static inline struct hf_half_number hf_half_number(const uint8_t bytes[static HF_HALF_BYTES])
{
    return hf_half_number_plain(bytes);
}

static inline uint32_t hf_block_stops(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    return hf_block_stops_plain(bytes);
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_same_plain(a, b);
}

static inline void hf_block_copy(uint8_t to[static HF_BLOCK_BYTES],
                                 const uint8_t from[static HF_BLOCK_BYTES])
{
    memcpy(to, from, HF_BLOCK_BYTES);
}

#endif

#ifndef __AVX2__

/* Nothing is seen of it. */
static inline unsigned hf_block_text(const uint8_t *bytes)
{
    (void)bytes;
    return HF_BLOCK_BYTES;
}

static inline bool hf_block_day(const uint8_t bytes[static HF_HALF_BYTES], uint64_t *ret_key)
{
    return hf_date_key(bytes, ret_key);
}

#endif

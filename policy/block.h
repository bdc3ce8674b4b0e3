/*
 * Thirty-two bytes looked at side by side, inline, where a call would cost more than the look: with
 * SSE2, which every x86-64 has; elsewhere in plain C. The plain ones are always there, and a test
 * holds the two equal. In a mask bit i stands for byte i.
 */
#pragma once

#include "base/bytes.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { HF_BLOCK_BYTES = 32 };

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

#ifdef __SSE2__

static inline __m128i hf_block_half(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

static inline uint32_t hf_block_mask(__m128i low, __m128i high)
{
    return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
}

/* As signed numbers 0x80 and above are less than a space, too. */
static inline __m128i hf_block_half_stops(__m128i bytes)
{
    __m128i is_odd = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    __m128i is_quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i is_backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return _mm_or_si128(is_odd, _mm_or_si128(is_quote, is_backslash));
}

static inline uint32_t hf_block_stops(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    return hf_block_mask(hf_block_half_stops(hf_block_half(bytes)),
                         hf_block_half_stops(hf_block_half(bytes + 16)));
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_mask(_mm_cmpeq_epi8(hf_block_half(a), hf_block_half(b)),
                         _mm_cmpeq_epi8(hf_block_half(a + 16), hf_block_half(b + 16)));
}

#else

static inline uint32_t hf_block_stops(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    return hf_block_stops_plain(bytes);
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_same_plain(a, b);
}

#endif

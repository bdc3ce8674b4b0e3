/*
 * Thirty-two bytes looked at side by side: SSE2, which every x86-64 has, so that it can be inlined
 * where a call would cost more than the look; elsewhere plain C. The plain ones are always there,
 * and a test holds the two equal.
 */
#pragma once

#include "base/bytes.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { HF_BLOCK_BYTES = 32 };

/* What 32 bytes of a string hold: bit i stands for byte i. */
struct hf_block {
    uint32_t ends; /* a quote, a backslash, U+0000..001F */
    uint32_t high; /* 0x80 and above: no ASCII */
};

static inline struct hf_block hf_block_look_plain(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    struct hf_block block = {0};
    for (unsigned i = 0; i < HF_BLOCK_BYTES; i++) {
        uint8_t byte = bytes[i];
        block.ends |= (uint32_t)(byte < 0x20 || byte == '"' || byte == '\\') << i;
        block.high |= (uint32_t)(byte >> 7) << i;
    }
    return block;
}

/* Bit i: byte i is the same in both. */
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

static inline __m128i hf_block_ends(__m128i bytes)
{
    const __m128i control = _mm_set1_epi8(0x1f);
    __m128i is_control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, control), control);
    __m128i is_quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i is_backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return _mm_or_si128(is_control, _mm_or_si128(is_quote, is_backslash));
}

static inline struct hf_block hf_block_look(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    __m128i low = hf_block_half(bytes);
    __m128i high = hf_block_half(bytes + 16);
    return (struct hf_block){hf_block_mask(hf_block_ends(low), hf_block_ends(high)),
                             hf_block_mask(low, high)};
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_mask(_mm_cmpeq_epi8(hf_block_half(a), hf_block_half(b)),
                         _mm_cmpeq_epi8(hf_block_half(a + 16), hf_block_half(b + 16)));
}

#else

static inline struct hf_block hf_block_look(const uint8_t bytes[static HF_BLOCK_BYTES])
{
    return hf_block_look_plain(bytes);
}

static inline uint32_t hf_block_same(const uint8_t a[static HF_BLOCK_BYTES],
                                     const uint8_t b[static HF_BLOCK_BYTES])
{
    return hf_block_same_plain(a, b);
}

#endif

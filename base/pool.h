/*
 * What is at rest and will soon be wanted again: objects of one kind, and the memory of buffers.
 * The newest leaves first, because the processor's cache still holds it. Bounded, so that a burst
 * does not stay in memory for ever. Not thread-safe: one thread, one pool.
 *
 * A pool holds memory, never content: whoever takes something out initialises it as if the heap had
 * given it. Under AddressSanitizer nothing is kept, so that a use after the end is still found.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

#if defined(__has_feature)
#define HF_POOL_FEATURE(name) __has_feature(name)
#else
#define HF_POOL_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HF_POOL_FEATURE(address_sanitizer)
#define HF_POOL_KEEPS 0
#else
#define HF_POOL_KEEPS 1
#endif

enum {
    HF_POOL_MAX = 512,                 /* things at rest */
    HF_POOL_MAX_BUFFER_BYTES = 8 << 10 /* a larger buffer goes back to the heap */
};

/* Objects of one kind, each with the memory that it owns. */
struct hf_pool {
    void *items[HF_POOL_MAX];
    size_t n_items;
};

/* One that was given, or NULL when there is none. The first @item_bytes of the one that will be
 * taken next are prefetched. */
void *hf_pool_take(struct hf_pool *pool, size_t item_bytes);

/* Whether the pool keeps @item; if not it stays the caller's, who frees it. */
bool hf_pool_give(struct hf_pool *pool, void *item);

/* Empties the buffer of an object that goes to rest; only memory of a usual size stays with it. */
static inline void hf_pool_trim(hf_buf *buf)
{
    hf_buf_reset(buf);
    if (!HF_POOL_KEEPS || buf->capacity_bytes > HF_POOL_MAX_BUFFER_BYTES) {
        hf_buf_clear(buf);
    }
}

/* The memory of buffers. */
struct hf_buf_pool {
    struct {
        uint8_t *data;
        size_t capacity_bytes;
    } items[HF_POOL_MAX];
    size_t n_items;
};

/* Lends memory to @buf, if it has none and some of at most @buf's limit is at rest. */
void hf_buf_pool_lend(struct hf_buf_pool *pool, hf_buf *buf);

/* Takes @buf's memory back, wherever that came from; @buf is then as after hf_buf_clear(). */
void hf_buf_pool_return(struct hf_buf_pool *pool, hf_buf *buf);

/* Frees all that is at rest. Accepts a zeroed pool. */
void hf_buf_pool_clear(struct hf_buf_pool *pool);

/*
 * Decides what is worth keeping. A request of four kilobytes needs eight objects above the size
 * that malloc keeps for each thread; with hundreds of requests under way the heap splits and joins
 * their chunks on every one of them.
 */
#include "base/pool.h"

#include <stdlib.h>

void *hf_pool_take(struct hf_pool *pool, size_t item_bytes)
{
    if (pool->n_items == 0) {
        return NULL;
    }
    void *item = pool->items[--pool->n_items];
    if (pool->n_items > 0) {
        hf_prefetch(pool->items[pool->n_items - 1], item_bytes);
    }
    return item;
}

bool hf_pool_give(struct hf_pool *pool, void *item)
{
    if (!HF_POOL_KEEPS || pool->n_items == HF_POOL_MAX) {
        return false;
    }
    pool->items[pool->n_items++] = item;
    return true;
}

void hf_buf_pool_lend(struct hf_buf_pool *pool, hf_buf *buf)
{
    if (buf->data || pool->n_items == 0 ||
        pool->items[pool->n_items - 1].capacity_bytes > buf->limit_bytes) {
        return;
    }
    pool->n_items--;
    buf->data = pool->items[pool->n_items].data;
    buf->capacity_bytes = pool->items[pool->n_items].capacity_bytes;
    buf->size = 0;
}

void hf_buf_pool_return(struct hf_buf_pool *pool, hf_buf *buf)
{
    if (HF_POOL_KEEPS && buf->data && buf->capacity_bytes <= HF_POOL_MAX_BUFFER_BYTES &&
        pool->n_items < HF_POOL_MAX) {
        pool->items[pool->n_items].data = buf->data;
        pool->items[pool->n_items].capacity_bytes = buf->capacity_bytes;
        pool->n_items++;
        *buf = hf_buf_init(buf->limit_bytes);
    } else {
        hf_buf_clear(buf);
    }
}

void hf_buf_pool_clear(struct hf_buf_pool *pool)
{
    while (pool->n_items > 0) {
        free(pool->items[--pool->n_items].data);
    }
}

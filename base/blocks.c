/*
 * Decides what is worth keeping: pieces of at most 1 KiB. Larger ones live as long as a
 * connection, and are the heap's.
 *
 * Invariant: a piece at rest is in the list of its own size; its head says which.
 */
#include "base/blocks.h"

#include <stdalign.h>
#include <stdlib.h>

enum { WARM_BYTES = 128 };

struct block {
    size_t size_bytes; /* with this head */
    alignas(max_align_t) unsigned char data[];
};

static struct block *block_of(void *data)
{
    return (struct block *)(void *)((unsigned char *)data - offsetof(struct block, data));
}

/* The list for blocks of @size_bytes; NULL: they are not kept. */
static struct hf_pool *list_for(struct hf_blocks *blocks, size_t size_bytes)
{
    size_t i = (size_bytes - 1) / HF_BLOCK_STEP_BYTES;
    return HF_POOL_KEEPS && i < HF_BLOCK_N_SIZES ? &blocks->at_rest[i] : NULL;
}

static struct block *new_block(size_t size_bytes)
{
    struct block *block = malloc(size_bytes);
    if (block) {
        block->size_bytes = size_bytes;
    }
    return block;
}

void *hf_blocks_take(struct hf_blocks *blocks, size_t size)
{
    size_t size_bytes;
    if (__builtin_add_overflow(size, sizeof(struct block), &size_bytes)) {
        return NULL;
    }
    struct hf_pool *list = list_for(blocks, size_bytes);
    struct block *block = list ? hf_pool_take(list, WARM_BYTES) : NULL;
    if (!block && list) {
        size_t n_steps = (size_bytes - 1) / HF_BLOCK_STEP_BYTES + 1;
        block = new_block(n_steps * HF_BLOCK_STEP_BYTES);
    } else if (!block) {
        block = new_block(size_bytes);
    }
    return block ? block->data : NULL;
}

void hf_blocks_give(struct hf_blocks *blocks, void *data)
{
    if (data) {
        struct block *block = block_of(data);
        struct hf_pool *list = list_for(blocks, block->size_bytes);
        if (!list || !hf_pool_give(list, block)) {
            free(block);
        }
    }
}

void *hf_blocks_resize(struct hf_blocks *blocks, void *data, size_t size)
{
    size_t room = data ? block_of(data)->size_bytes - sizeof(struct block) : 0;
    if (data && size <= room) {
        return data;
    }
    void *larger = hf_blocks_take(blocks, size);
    if (larger && data) {
        memcpy(larger, data, room);
        hf_blocks_give(blocks, data);
    }
    return larger;
}

void hf_blocks_clear(struct hf_blocks *blocks)
{
    for (size_t i = 0; i < HF_BLOCK_N_SIZES; i++) {
        void *block;
        while ((block = hf_pool_take(&blocks->at_rest[i], 0)) != NULL) {
            free(block);
        }
    }
}

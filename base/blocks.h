/*
 * Small pieces of memory that one thread takes and gives back all the time, for a library that asks
 * for an allocator: lists of pieces at rest, one for each size, newest first. Not thread-safe.
 *
 * Under AddressSanitizer every piece is the heap's own, of exactly its size.
 */
#pragma once

#include "base/pool.h"

enum { HF_BLOCK_STEP_BYTES = 64, HF_BLOCK_N_SIZES = 16 };

struct hf_blocks {
    struct hf_pool at_rest[HF_BLOCK_N_SIZES]; /* of 64, 128, … 1024 bytes, their heads included */
};

/* @size bytes, not zeroed, aligned for any object; NULL when the heap is empty. */
void *hf_blocks_take(struct hf_blocks *blocks, size_t size);

/* Gives @data back to the list, or the heap, that it came from. NULL is fine. */
void hf_blocks_give(struct hf_blocks *blocks, void *data);

/* @data, or its content in a larger piece. NULL: the heap is empty, and @data is as it was. */
void *hf_blocks_resize(struct hf_blocks *blocks, void *data, size_t size);

/* Frees what is at rest; what is not may still be given back. Accepts zeroed ones. */
void hf_blocks_clear(struct hf_blocks *blocks);

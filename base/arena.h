/*
 * A capped pool for things that die together: one parsed document, one exchange. Nothing in it is
 * freed alone; hf_arena_clear() frees all.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct hf_arena_chunk;

struct hf_arena {
    struct hf_arena_chunk *chunks; /* newest first */
    size_t n_chunks;
    size_t used_bytes; /* of the newest chunk … */
    size_t size_bytes; /* … which is so large; its own head may not be in the processor's cache */
    size_t total_bytes; /* asked of the heap so far */
    size_t limit_bytes;
};

/* An empty arena that may ask the heap for at most @limit_bytes. Allocates nothing yet. */
static inline struct hf_arena hf_arena_init(size_t limit_bytes)
{
    return (struct hf_arena){.limit_bytes = limit_bytes};
}

/* Frees all that was allocated; the arena may be used again. Accepts a zeroed arena. */
void hf_arena_clear(struct hf_arena *arena);

/* Ends what was allocated, like hf_arena_clear(), but keeps at most one chunk of 4 KiB for what
 * comes next: an arena that is filled alike again and again asks the heap no more. */
void hf_arena_reset(struct hf_arena *arena);

/* Prefetches the first bytes of the chunk that a reset has kept. */
void hf_arena_warm(const struct hf_arena *arena);

/**
 * hf_arena_reserve() - room for objects of @size bytes together, from the heap in one piece
 *
 * For who can tell what is coming: one piece of the right size costs less than several that grow.
 * Without the room nothing has changed, and objects are still given as the limit allows.
 * Errors: NOMEM.
 */
hf_status hf_arena_reserve(struct hf_arena *arena, size_t size);

/**
 * hf_arena_alloc() - @size zeroed bytes, aligned for any object
 *
 * Returns NULL when the limit is reached or the heap is empty: callers answer NOMEM.
 * Cost: O(size), a heap call for the first kilobyte and then every 4 KiB.
 */
void *hf_arena_alloc(struct hf_arena *arena, size_t size);

/* The same, not zeroed: for what is written piece by piece. */
void *hf_arena_room(struct hf_arena *arena, size_t size);

/* @n objects of @size bytes; NULL also when the product overflows. */
void *hf_arena_alloc_array(struct hf_arena *arena, size_t n, size_t size);

/**
 * hf_arena_copy() - a copy of @bytes that lives as long as the arena, with a NUL behind it
 * @ret_copy: set only on success
 *
 * Errors: NOMEM.
 */
hf_status hf_arena_copy(struct hf_arena *arena, hf_bytes bytes, hf_bytes *ret_copy);

/* The same of several pieces, one behind the other. Errors: NOMEM. */
hf_status hf_arena_join(struct hf_arena *arena, const hf_bytes *parts, size_t n_parts,
                        hf_bytes *ret_copy);

/*
 * Bump allocation out of chunks: a first one small enough for malloc's per-thread cache, because
 * most arenas of a request need no second; then 4 KiB each (or one object, if larger). Objects are
 * zeroed one by one, so that the unused rest of a chunk costs nothing. The cap counts what was
 * asked of the heap, so it bounds real memory and not just what callers think they use.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { FIRST_CHUNK_BYTES = 1000, CHUNK_BYTES = 4096, WARM_BYTES = 512 };

struct hf_arena_chunk {
    struct hf_arena_chunk *next;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

static size_t align_up(size_t n)
{
    const size_t mask = alignof(max_align_t) - 1;
    return (n + mask) & ~mask;
}

static void free_chunks(struct hf_arena_chunk *chunk)
{
    while (chunk) {
        struct hf_arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void hf_arena_clear(struct hf_arena *arena)
{
    free_chunks(arena->chunks);
    *arena = hf_arena_init(arena->limit_bytes);
}

void hf_arena_reset(struct hf_arena *arena)
{
    struct hf_arena_chunk *kept = arena->chunks;
    arena->used_bytes = 0;
    if (arena->n_chunks <= 1 && arena->total_bytes <= sizeof *kept + CHUNK_BYTES) {
        return; /* without a look at the chunk, which the cache may have lost */
    }
    if (kept->size > CHUNK_BYTES) {
        hf_arena_clear(arena);
        return;
    }
    free_chunks(kept->next);
    kept->next = NULL;
    arena->n_chunks = 1;
    arena->size_bytes = kept->size;
    arena->total_bytes = sizeof *kept + kept->size;
}

static struct hf_arena_chunk *add_chunk(struct hf_arena *arena, size_t data_bytes)
{
    size_t usual = arena->chunks ? CHUNK_BYTES : FIRST_CHUNK_BYTES;
    size_t size = data_bytes > usual ? data_bytes : usual;
    size_t total = sizeof(struct hf_arena_chunk) + size;
    if (total > arena->limit_bytes - arena->total_bytes) {
        total = sizeof(struct hf_arena_chunk) + data_bytes; /* the last bytes under the cap */
        size = data_bytes;
        if (total > arena->limit_bytes - arena->total_bytes) {
            return NULL;
        }
    }
    struct hf_arena_chunk *chunk = malloc(total);
    if (!chunk) {
        return NULL;
    }
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->n_chunks++;
    arena->used_bytes = 0;
    arena->size_bytes = size;
    arena->total_bytes += total;
    return chunk;
}

void hf_arena_warm(const struct hf_arena *arena)
{
    if (arena->chunks) {
        hf_prefetch(arena->chunks, WARM_BYTES);
    }
}

hf_status hf_arena_reserve(struct hf_arena *arena, size_t size)
{
    if (size > arena->limit_bytes) { /* as in hf_arena_room() */
        HF_FAIL(NOMEM);
    }
    size_t aligned = align_up(size);
    if (arena->chunks && aligned <= arena->size_bytes - arena->used_bytes) {
        return HF_DONE;
    }
    if (!add_chunk(arena, aligned)) {
        HF_FAIL(NOMEM);
    }
    return HF_DONE;
}

void *hf_arena_room(struct hf_arena *arena, size_t size)
{
    if (size > arena->limit_bytes) { /* also keeps align_up() from wrapping */
        return NULL;
    }
    size_t aligned = align_up(size);
    struct hf_arena_chunk *chunk = arena->chunks;
    if (!chunk || aligned > arena->size_bytes - arena->used_bytes) {
        chunk = add_chunk(arena, aligned);
        if (!chunk) {
            return NULL;
        }
    }
    void *object = chunk->data + arena->used_bytes;
    arena->used_bytes += aligned;
    return object;
}

void *hf_arena_alloc(struct hf_arena *arena, size_t size)
{
    void *object = hf_arena_room(arena, size);
    if (object) {
        memset(object, 0, size);
    }
    return object;
}

void *hf_arena_alloc_array(struct hf_arena *arena, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        return NULL;
    }
    return hf_arena_alloc(arena, total);
}

hf_status hf_arena_join(struct hf_arena *arena, const hf_bytes *parts, size_t n_parts,
                        hf_bytes *ret_copy)
{
    size_t size = 0;
    for (size_t i = 0; i < n_parts; i++) {
        if (__builtin_add_overflow(size, parts[i].size, &size)) {
            HF_FAIL(NOMEM);
        }
    }
    uint8_t *copy = size < SIZE_MAX ? hf_arena_room(arena, size + 1) : NULL;
    if (!copy) {
        HF_FAIL(NOMEM);
    }
    *ret_copy = hf_bytes_of(copy, size);
    for (size_t i = 0; i < n_parts; i++) {
        if (parts[i].size > 0) {
            memcpy(copy, parts[i].data, parts[i].size);
            copy += parts[i].size;
        }
    }
    *copy = 0;
    return HF_DONE;
}

hf_status hf_arena_copy(struct hf_arena *arena, hf_bytes bytes, hf_bytes *ret_copy)
{
    return hf_arena_join(arena, &bytes, 1, ret_copy);
}

/*
 * Header blocks on their way in, bounded and copied, for both sides of HTTP/2.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "gateway/h2.h"

/* One header block as far as it has been read. */
struct hf_h2_block {
    struct hf_h2_field *fields; /* kept ones, in the arena */
    size_t n_fields;
    size_t n_seen;       /* counted ones */
    size_t n_list_bytes; /* RFC 9113 10.5.1: 32 bytes more for each field */
    bool too_large;      /* a bound was broken; nothing is kept from there on */
};

/* Counts a field against the bounds of gateway/h2.h, before anything of it is copied. Returns
 * whether the block is still within them. */
bool hf_h2_block_count(struct hf_h2_block *block, size_t name_bytes, size_t value_bytes);

/* Whether the block is so far beyond its bounds that it is not worth decoding to its end. */
bool hf_h2_block_is_bomb(const struct hf_h2_block *block);

/* Copies a counted field. Errors: NOMEM. */
hf_status hf_h2_block_keep(struct hf_h2_block *block, struct hf_arena *arena, hf_bytes name,
                           hf_bytes value);

/*
 * Header blocks on their way in, bounded and kept, for both sides of HTTP/2. Included by
 * gateway/h2_*.c and upstream_impl.h only.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "gateway/h2.h"

#include <nghttp2/nghttp2.h>

/* One header block as far as it has been read. */
struct hf_h2_block {
    struct hf_h2_field *fields; /* kept ones, in the arena */
    nghttp2_rcbuf **held;       /* what the fields are views of: a reference each; in the arena */
    size_t n_fields;
    size_t n_held;
    size_t capacity;     /* of fields; of held it is twice as many */
    size_t n_seen;       /* counted ones */
    size_t n_list_bytes; /* RFC 9113 10.5.1: 32 bytes more for each field */
    bool too_large;      /* a bound was broken; nothing is kept from there on */
};

/* Counts a field against the bounds of gateway/h2.h, before anything of it is kept. Returns
 * whether the block is still within them. */
bool hf_h2_block_count(struct hf_h2_block *block, size_t name_bytes, size_t value_bytes);

/* Whether the block is so far beyond its bounds that it is not worth decoding to its end. */
bool hf_h2_block_is_bomb(const struct hf_h2_block *block);

/* Keeps a counted field. Errors: NOMEM. */
hf_status hf_h2_block_keep(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *name,
                           nghttp2_rcbuf *value);

/* Keeps the value of a counted field that is not to be listed. Errors: NOMEM. */
hf_status hf_h2_block_hold(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *value,
                           hf_bytes *ret_view);

/* Another block follows, whose fields are counted and not kept. */
void hf_h2_block_count_anew(struct hf_h2_block *block);

/* Gives back all that is held; the block is empty then. Accepts a zeroed one. */
void hf_h2_block_clear(struct hf_h2_block *block);

static inline hf_bytes hf_h2_view(nghttp2_rcbuf *rcbuf)
{
    nghttp2_vec bytes = nghttp2_rcbuf_get_buf(rcbuf);
    return hf_bytes_of(bytes.base, bytes.len);
}

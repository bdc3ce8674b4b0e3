/*
 * Header blocks and their bounds. libnghttp2 advertises a bound on header lists but does not
 * enforce it: 12 kB of HPACK can name 48 MB of fields. So fields are counted before they are
 * kept, and a block far beyond the bounds is not even decoded to its end.
 *
 * A usual block is not copied: a field of the dynamic table is one piece of memory for all requests
 * of a connection that repeat it, and the processor has it at hand. But libnghttp2 takes for a
 * Huffman-coded string twice what it was sent, which can be seven times what it says; so beyond the
 * first 8 KiB of a block fields are copied.
 *
 * Invariant: what is kept of a block takes memory in the order of HF_H2_MAX_LIST_BYTES; each field
 * is a view of a buffer that is held, or of the arena.
 */
#include "gateway/h2_fields.h"

enum {
    FEW_FIELDS = 16,
    FIELD_OVERHEAD_BYTES = 32, /* = RFC 9113 10.5.1 */
    HELD_LIST_BYTES = HF_H2_MAX_LIST_BYTES / 8,
    /* Up to this multiple a block is decoded on, which keeps HPACK in step, so that the request can
     * be answered 431. */
    BOMB_FACTOR = 4
};

bool hf_h2_block_count(struct hf_h2_block *block, size_t name_bytes, size_t value_bytes)
{
    size_t size = name_bytes + value_bytes;
    block->n_list_bytes += size + FIELD_OVERHEAD_BYTES;
    block->n_seen++;
    if (size > HF_H2_MAX_FIELD_BYTES || block->n_list_bytes > HF_H2_MAX_LIST_BYTES ||
        block->n_seen > HF_H2_MAX_FIELDS) {
        block->too_large = true;
    }
    return !block->too_large;
}

bool hf_h2_block_is_bomb(const struct hf_h2_block *block)
{
    return block->n_list_bytes > BOMB_FACTOR * (size_t)HF_H2_MAX_LIST_BYTES ||
           block->n_seen > BOMB_FACTOR * (size_t)HF_H2_MAX_FIELDS;
}

/* Most heads have a dozen fields; the arrays grow once, to the bound. */
static hf_status grow(struct hf_h2_block *block, struct hf_arena *arena)
{
    size_t capacity = block->capacity == 0 ? FEW_FIELDS : HF_H2_MAX_FIELDS;
    size_t fields_bytes = capacity * sizeof *block->fields;
    uint8_t *room = hf_arena_room(arena, fields_bytes + 2 * capacity * sizeof(void *));
    if (!room) {
        HF_FAIL(NOMEM);
    }
    struct hf_h2_field *fields = (struct hf_h2_field *)(void *)room;
    nghttp2_rcbuf **held = (nghttp2_rcbuf **)(void *)(room + fields_bytes);
    if (block->capacity > 0) {
        memcpy(fields, block->fields, block->n_fields * sizeof *fields);
        memcpy(held, block->held, block->n_held * sizeof(void *));
    }
    block->fields = fields;
    block->held = held;
    block->capacity = capacity;
    return HF_DONE;
}

/* Room for one more field, kept or only held. */
static hf_status make_room(struct hf_h2_block *block, struct hf_arena *arena)
{
    if (block->n_fields < block->capacity && block->n_held + 2 <= 2 * block->capacity) {
        return HF_DONE;
    }
    if (block->capacity == HF_H2_MAX_FIELDS) {
        HF_FAIL(NOMEM);
    }
    return grow(block, arena);
}

/* A view of @rcbuf's bytes that lives as long as the block. There is room to hold it. */
static hf_status take(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *rcbuf,
                      hf_bytes *ret_view)
{
    if (block->n_list_bytes > HELD_LIST_BYTES) {
        return hf_arena_copy(arena, hf_h2_view(rcbuf), ret_view);
    }
    nghttp2_rcbuf_incref(rcbuf);
    block->held[block->n_held++] = rcbuf;
    *ret_view = hf_h2_view(rcbuf);
    return HF_DONE;
}

hf_status hf_h2_block_keep(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *name,
                           nghttp2_rcbuf *value)
{
    HF_TRY(make_room(block, arena));
    struct hf_h2_field *field = &block->fields[block->n_fields];
    HF_TRY(take(block, arena, name, &field->name));
    HF_TRY(take(block, arena, value, &field->value));
    field->indexing = HF_H2_INDEX;
    block->n_fields++;
    return HF_DONE;
}

hf_status hf_h2_block_hold(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *value,
                           hf_bytes *ret_view)
{
    HF_TRY(make_room(block, arena));
    return take(block, arena, value, ret_view);
}

void hf_h2_block_count_anew(struct hf_h2_block *block)
{
    block->n_seen = block->n_list_bytes = 0;
    block->too_large = false;
}

void hf_h2_block_clear(struct hf_h2_block *block)
{
    for (size_t i = 0; i < block->n_held; i++) {
        nghttp2_rcbuf_decref(block->held[i]);
    }
    *block = (struct hf_h2_block){0};
}

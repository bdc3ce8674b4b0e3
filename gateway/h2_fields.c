/*
 * Header blocks and their bounds. libnghttp2 advertises a bound on header lists but does not
 * enforce it: 12 kB of HPACK can name 48 MB of fields. So fields are counted before they are
 * kept, and a block far beyond the bounds is not even decoded to its end.
 *
 * Nothing is copied: a field of the dynamic table is one piece of memory for all requests of a
 * connection that repeat it, and the processor has it at hand. libnghttp2 takes for a Huffman-coded
 * string twice what it was sent.
 *
 * Invariant: the fields kept of a block have at most HF_H2_MAX_LIST_BYTES, and each is a view of a
 * buffer that is held.
 */
#include "gateway/h2_fields.h"

enum {
    FEW_FIELDS = 16,
    FIELD_OVERHEAD_BYTES = 32, /* = RFC 9113 10.5.1 */
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
    if (block->n_held + 2 <= 2 * block->capacity) {
        return HF_DONE;
    }
    if (block->capacity == HF_H2_MAX_FIELDS) {
        HF_FAIL(NOMEM);
    }
    return grow(block, arena);
}

static hf_bytes hold(struct hf_h2_block *block, nghttp2_rcbuf *rcbuf)
{
    nghttp2_rcbuf_incref(rcbuf);
    block->held[block->n_held++] = rcbuf;
    return hf_h2_view(rcbuf);
}

hf_status hf_h2_block_keep(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *name,
                           nghttp2_rcbuf *value)
{
    HF_TRY(make_room(block, arena));
    struct hf_h2_field *field = &block->fields[block->n_fields++];
    field->name = hold(block, name);
    field->value = hold(block, value);
    field->never_index = false;
    return HF_DONE;
}

hf_status hf_h2_block_hold(struct hf_h2_block *block, struct hf_arena *arena, nghttp2_rcbuf *value,
                           hf_bytes *ret_view)
{
    HF_TRY(make_room(block, arena));
    *ret_view = hold(block, value);
    return HF_DONE;
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

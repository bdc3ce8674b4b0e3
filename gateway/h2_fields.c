/*
 * Header blocks and their bounds. libnghttp2 advertises a bound on header lists but does not
 * enforce it: 12 kB of HPACK can name 48 MB of fields. So fields are counted before they are
 * copied, and a block far beyond the bounds is not even decoded to its end.
 *
 * Invariant: what is kept of a block is at most HF_H2_MAX_LIST_BYTES.
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

/* Most heads have a dozen fields; the array grows once, to the bound. */
static hf_status make_room(struct hf_h2_block *block, struct hf_arena *arena)
{
    size_t n = block->n_fields;
    if (n != 0 && n != FEW_FIELDS) {
        return HF_DONE;
    }
    size_t capacity = n == 0 ? FEW_FIELDS : HF_H2_MAX_FIELDS;
    struct hf_h2_field *fields = hf_arena_room(arena, capacity * sizeof *fields);
    if (!fields) {
        HF_FAIL(NOMEM);
    }
    if (n > 0) {
        memcpy(fields, block->fields, n * sizeof *fields);
    }
    block->fields = fields;
    return HF_DONE;
}

hf_status hf_h2_block_keep(struct hf_h2_block *block, struct hf_arena *arena, hf_bytes name,
                           hf_bytes value)
{
    HF_TRY(make_room(block, arena));
    struct hf_h2_field *field = &block->fields[block->n_fields];
    HF_TRY(hf_arena_copy(arena, name, &field->name));
    HF_TRY(hf_arena_copy(arena, value, &field->value));
    field->never_index = false;
    block->n_fields++;
    return HF_DONE;
}

/*
 * A hash map with linear probing; deletion shifts the followers back, so there are no tombstones
 * and the map stays as small as what is open.
 */
#include "audit/pairing.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

static hf_bytes id_of(const struct hf_pairing_slot *slot)
{
    return (hf_bytes){(const uint8_t *)slot->id, sizeof(slot->id)};
}

static size_t home_of(const struct hf_pairing *pairing, hf_bytes id)
{
    return (size_t)hf_siphash(&pairing->key, 0, id) & (pairing->n_slots - 1);
}

/* The slot that holds @id, or the free one where it would stand. */
static size_t find(const struct hf_pairing *pairing, hf_bytes id)
{
    size_t at = home_of(pairing, id);
    while (pairing->slots[at].number && !hf_bytes_equal(id_of(&pairing->slots[at]), id)) {
        at = (at + 1) & (pairing->n_slots - 1);
    }
    return at;
}

static hf_status grow(struct hf_pairing *pairing)
{
    struct hf_pairing larger = {.n_slots = pairing->n_slots ? pairing->n_slots * 2 : FIRST_SLOTS,
                                .n_open = pairing->n_open,
                                .key = hf_siphash_process_key()};
    larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
    if (!larger.slots) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < pairing->n_slots; i++) {
        if (pairing->slots[i].number) {
            larger.slots[find(&larger, id_of(&pairing->slots[i]))] = pairing->slots[i];
        }
    }
    free(pairing->slots);
    *pairing = larger;
    return HF_DONE;
}

void hf_pairing_clear(struct hf_pairing *pairing)
{
    free(pairing->slots);
    *pairing = (struct hf_pairing){0};
}

hf_status hf_pairing_begin(struct hf_pairing *pairing, hf_bytes id, uint64_t index)
{
    if (id.size != HF_PAIRING_ID_CHARS) {
        HF_FAIL(NOT_FOUND);
    }
    if (pairing->n_open == HF_PAIRING_MAX_OPEN) {
        HF_FAIL(LIMIT);
    }
    if (pairing->n_open * 2 >= pairing->n_slots) {
        HF_TRY(grow(pairing));
    }
    struct hf_pairing_slot *slot = &pairing->slots[find(pairing, id)];
    if (slot->number) {
        HF_FAIL(EXISTS);
    }
    slot->number = index + 1;
    memcpy(slot->id, id.data, sizeof(slot->id));
    pairing->n_open++;
    return HF_DONE;
}

/* Moves the followers of a freed slot up, so that each is still found from its home. */
static void close_hole(struct hf_pairing *pairing, size_t hole)
{
    size_t mask = pairing->n_slots - 1;
    for (size_t at = (hole + 1) & mask; pairing->slots[at].number; at = (at + 1) & mask) {
        size_t home = home_of(pairing, id_of(&pairing->slots[at]));
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* may not stand before its home */
            pairing->slots[hole] = pairing->slots[at];
            hole = at;
        }
    }
    pairing->slots[hole].number = 0;
}

hf_status hf_pairing_end(struct hf_pairing *pairing, hf_bytes id, uint64_t *ret_index)
{
    if (pairing->n_open == 0 || id.size != HF_PAIRING_ID_CHARS) {
        HF_FAIL(NOT_FOUND);
    }
    size_t at = find(pairing, id);
    if (!pairing->slots[at].number) {
        HF_FAIL(NOT_FOUND);
    }
    *ret_index = pairing->slots[at].number - 1;
    close_hole(pairing, at);
    pairing->n_open--;
    return HF_DONE;
}

size_t hf_pairing_count(const struct hf_pairing *pairing, uint64_t limit, uint64_t *ret_lowest)
{
    size_t n = 0;
    for (size_t i = 0; i < pairing->n_slots; i++) {
        uint64_t index = pairing->slots[i].number - 1;
        if (pairing->slots[i].number == 0 || index >= limit) {
            continue;
        }
        if (n == 0 || index < *ret_lowest) {
            *ret_lowest = index;
        }
        n++;
    }
    return n;
}

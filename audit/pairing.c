/*
 * A hash set with linear probing; deletion shifts the followers back, so there are no tombstones
 * and the set stays as small as what is open.
 */
#include "audit/pairing.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

static size_t home_of(const struct hf_pairing *pairing, uint64_t index)
{
    /* Fibonacci hashing: indexes are dense, so any odd multiplier spreads them. */
    return (size_t)((index * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (pairing->n_slots - 1);
}

/* The slot that holds @index, or the free one where it would stand. */
static size_t find(const struct hf_pairing *pairing, uint64_t index)
{
    size_t at = home_of(pairing, index);
    while (pairing->slots[at] && pairing->slots[at] != index + 1) {
        at = (at + 1) & (pairing->n_slots - 1);
    }
    return at;
}

static hf_status grow(struct hf_pairing *pairing)
{
    struct hf_pairing larger = {.n_slots = pairing->n_slots ? pairing->n_slots * 2 : FIRST_SLOTS,
                                .n_open = pairing->n_open};
    larger.slots = calloc(larger.n_slots, sizeof(*larger.slots));
    if (!larger.slots) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < pairing->n_slots; i++) {
        if (pairing->slots[i]) {
            larger.slots[find(&larger, pairing->slots[i] - 1)] = pairing->slots[i];
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

hf_status hf_pairing_begin(struct hf_pairing *pairing, uint64_t index)
{
    if (pairing->n_open == HF_PAIRING_MAX_OPEN) {
        HF_FAIL(LIMIT);
    }
    if (pairing->n_open * 2 >= pairing->n_slots) {
        HF_TRY(grow(pairing));
    }
    size_t at = find(pairing, index);
    if (pairing->slots[at]) {
        HF_FAIL(EXISTS);
    }
    pairing->slots[at] = index + 1;
    pairing->n_open++;
    return HF_DONE;
}

hf_status hf_pairing_end(struct hf_pairing *pairing, uint64_t index)
{
    if (pairing->n_open == 0) {
        HF_FAIL(NOT_FOUND);
    }
    size_t mask = pairing->n_slots - 1;
    size_t hole = find(pairing, index);
    if (!pairing->slots[hole]) {
        HF_FAIL(NOT_FOUND);
    }
    for (size_t at = (hole + 1) & mask; pairing->slots[at]; at = (at + 1) & mask) {
        size_t home = home_of(pairing, pairing->slots[at] - 1);
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* may not stand before its home */
            pairing->slots[hole] = pairing->slots[at];
            hole = at;
        }
    }
    pairing->slots[hole] = 0;
    pairing->n_open--;
    return HF_DONE;
}

size_t hf_pairing_count(const struct hf_pairing *pairing, uint64_t limit, uint64_t *ret_lowest)
{
    size_t n = 0;
    for (size_t i = 0; i < pairing->n_slots; i++) {
        uint64_t index = pairing->slots[i] - 1;
        if (pairing->slots[i] == 0 || index >= limit) {
            continue;
        }
        if (n == 0 || index < *ret_lowest) {
            *ret_lowest = index;
        }
        n++;
    }
    return n;
}

/*
 * The accesses that have begun and not yet ended, by the index of their record: a set of numbers.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_PAIRING_MAX_OPEN = 1 << 22 };

/* Zeroed: empty. */
struct hf_pairing {
    uint64_t *slots; /* index + 1; 0: free; open addressing, linear */
    size_t n_slots;  /* a power of two, or 0 */
    size_t n_open;
};

void hf_pairing_clear(struct hf_pairing *pairing);

/* Errors: EXISTS, LIMIT (HF_PAIRING_MAX_OPEN), NOMEM. Cost: O(1) amortised. */
hf_status hf_pairing_begin(struct hf_pairing *pairing, uint64_t index);

/* Errors: NOT_FOUND (never begun, or ended before). */
hf_status hf_pairing_end(struct hf_pairing *pairing, uint64_t index);

/* How many open ones are below @limit, and the lowest (when there is one). Cost: O(slots). */
size_t hf_pairing_count(const struct hf_pairing *pairing, uint64_t limit, uint64_t *ret_lowest);

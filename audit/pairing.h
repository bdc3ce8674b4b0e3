/*
 * The accesses that have begun and not yet ended: a map from access id to the index of the record.
 *
 * The id is what joins the two records. The index cannot be: an outcome may be written while its
 * access waits for the disk, and then the access has no index yet.
 */
#pragma once

#include "base/bytes.h"
#include "base/siphash.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_PAIRING_MAX_OPEN = 1 << 22, HF_PAIRING_ID_CHARS = 22 };

struct hf_pairing_slot {
    uint64_t number; /* index + 1; 0: free */
    char id[HF_PAIRING_ID_CHARS];
};

/* Zeroed: empty. */
struct hf_pairing {
    struct hf_pairing_slot *slots; /* open addressing, linear */
    size_t n_slots;                /* a power of two, or 0 */
    size_t n_open;
    struct hf_siphash_key key; /* ids come from outside: nobody chooses what collides */
};

void hf_pairing_clear(struct hf_pairing *pairing);

/* Errors: EXISTS (open already), NOT_FOUND (no id), LIMIT (HF_PAIRING_MAX_OPEN), NOMEM.
 * Cost: O(1) amortised. */
hf_status hf_pairing_begin(struct hf_pairing *pairing, hf_bytes id, uint64_t index);

/* @ret_index: of the record that began it. Errors: NOT_FOUND (never begun, or ended before). */
hf_status hf_pairing_end(struct hf_pairing *pairing, hf_bytes id, uint64_t *ret_index);

/* How many open ones are below @limit, and the lowest (when there is one). Cost: O(slots). */
size_t hf_pairing_count(const struct hf_pairing *pairing, uint64_t limit, uint64_t *ret_lowest);

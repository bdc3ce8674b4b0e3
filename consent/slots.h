/*
 * Places in status lists, and which are taken in the list that is being filled. Inside consent/
 * only; any thread.
 *
 * A place is drawn at random, so its number does not tell when a consent was given. It is never
 * drawn twice: a list that is three quarters full is left, and the next has a name that was never
 * used before, by this registry or by one that was lost.
 */
#pragma once

#include "base/status.h"
#include "consent/slot.h"
#include "consent/status_list.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HF_SLOTS_FULL = HF_STATUS_LIST_ENTRIES / 4 * 3 };

struct hf_slots {
    pthread_mutex_t mutex;
    char list[HF_SLOT_LIST_CHARS + 1]; /* under the mutex, as all below */
    bool is_stored;                    /* its name is in the store */
    uint32_t n_taken;
    uint8_t taken[HF_STATUS_LIST_ENTRIES / 8];
    char past[HF_SLOT_LIST_CHARS + 1]; /* a list that is to be forgotten; empty: none */
    _Atomic uint64_t n_changes;        /* of what lists say; without the mutex */
};

void hf_slots_init(struct hf_slots *slots);
void hf_slots_clear(struct hf_slots *slots);

/* Goes on filling @list, a valid name; what is taken in it is told by hf_slots_take(). */
void hf_slots_resume(struct hf_slots *slots, hf_bytes list);

/* Of the list that is being filled: the place is taken. Of any other: nothing. */
void hf_slots_take(struct hf_slots *slots, const struct hf_status_slot *slot);

/* A place that was never drawn. Begins a new list when the present one is full. */
void hf_slots_draw(struct hf_slots *slots, struct hf_status_slot *ret_slot);

/* The name of the list that is being filled. True: it is not in the store, and counts as stored
 * from now on. */
bool hf_slots_name(struct hf_slots *slots, char ret_list[static HF_SLOT_LIST_CHARS + 1]);

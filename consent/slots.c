/*
 * Which place a consent gets. Nothing is ever given back: a place whose consent was not registered
 * after all stays empty, because a list may have been published meanwhile.
 */
#include "consent/slots.h"

#include "crypto/rand.h"

static void begin_list(struct hf_slots *slots)
{
    hf_rand_id(slots->list);
    slots->is_stored = false;
    slots->n_taken = 0;
    memset(slots->taken, 0, sizeof slots->taken);
    atomic_fetch_add(&slots->n_changes, 1); /* there is one more to be published */
}

void hf_slots_init(struct hf_slots *slots)
{
    pthread_mutex_init(&slots->mutex, NULL);
    begin_list(slots);
}

void hf_slots_clear(struct hf_slots *slots)
{
    pthread_mutex_destroy(&slots->mutex);
}

void hf_slots_resume(struct hf_slots *slots, hf_bytes list)
{
    pthread_mutex_lock(&slots->mutex);
    begin_list(slots);
    memcpy(slots->list, list.data, HF_SLOT_LIST_CHARS);
    slots->is_stored = true;
    pthread_mutex_unlock(&slots->mutex);
}

/* False: it was. Under the mutex. */
static bool take(struct hf_slots *slots, uint32_t idx)
{
    uint8_t bit = (uint8_t)(1u << idx % 8);
    if (slots->taken[idx / 8] & bit) {
        return false;
    }
    slots->taken[idx / 8] |= bit;
    slots->n_taken++;
    return true;
}

void hf_slots_take(struct hf_slots *slots, const struct hf_status_slot *slot)
{
    pthread_mutex_lock(&slots->mutex);
    if (strcmp(slots->list, slot->list) == 0 && slot->idx < HF_STATUS_LIST_ENTRIES) {
        (void)take(slots, slot->idx);
    }
    pthread_mutex_unlock(&slots->mutex);
}

/* A quarter of them is free at least: four tries are expected at most. */
void hf_slots_draw(struct hf_slots *slots, struct hf_status_slot *ret_slot)
{
    uint32_t idx = 0;
    pthread_mutex_lock(&slots->mutex);
    if (slots->n_taken >= HF_SLOTS_FULL) {
        begin_list(slots);
    }
    do {
        hf_rand_bytes((uint8_t *)&idx, sizeof idx);
        idx %= HF_STATUS_LIST_ENTRIES; /* a power of two: none is likelier */
    } while (!take(slots, idx));
    memcpy(ret_slot->list, slots->list, sizeof ret_slot->list);
    ret_slot->idx = idx;
    pthread_mutex_unlock(&slots->mutex);
}

bool hf_slots_name(struct hf_slots *slots, char ret_list[static HF_SLOT_LIST_CHARS + 1])
{
    pthread_mutex_lock(&slots->mutex);
    bool is_news = !slots->is_stored;
    slots->is_stored = true;
    memcpy(ret_list, slots->list, sizeof slots->list);
    pthread_mutex_unlock(&slots->mutex);
    return is_news;
}

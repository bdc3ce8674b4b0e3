/*
 * Where the status of consents is kept to be published: one small value for each place, written in
 * the same batch as what it tells, so the two cannot differ. Nothing here reads what a consent is.
 *
 * Whatever the registry may have forgotten, the log has: a place is in the record of its grant, and
 * so a place that was drawn once is drawn never again, even by a registry that was lost.
 */
#include "consent/registry_status.h"

#include "consent/registry_parts.h"
#include "consent/stored_place.h"

enum { MAX_DROPS = 1024 };

/* ---- at the start ---- */

static hf_status take_place(void *context, hf_bytes key, hf_bytes value)
{
    struct hf_registry *registry = context;
    struct hf_status_slot slot;
    (void)value;
    if (!hf_stored_place_key_read(key, &slot)) {
        HF_FAIL(IO);
    }
    hf_slots_take(&registry->slots, &slot);
    return HF_DONE;
}

hf_status hf_registry_load_slots(struct hf_registry *registry)
{
    HF_CLEANUP(hf_buf_clear) hf_buf list = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_stored_key prefix;
    hf_status status = hf_store_get(registry->store, HF_LITERAL("m/slots"), &list);
    if (status.code == HF_NOT_FOUND) {
        return HF_DONE;
    }
    HF_TRY(status);
    if (!hf_slot_list_is_valid(hf_buf_view(&list))) {
        HF_FAIL(IO);
    }
    hf_slots_resume(&registry->slots, hf_buf_view(&list));
    prefix = hf_stored_place_prefix(registry->slots.list);
    return hf_store_each(registry->store, hf_bytes_of_string(prefix.text), take_place, registry);
}

/* ---- drawing ---- */

static hf_status find_replayed(struct hf_registry *registry, const struct hf_consent_id *id,
                               struct hf_stored_place *ret_place, bool *ret_found)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_status_slot slot;
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_SLOT, id), &value, ret_found));
    if (!*ret_found) {
        return HF_DONE;
    }
    if (!hf_stored_place_key_read(hf_buf_view(&value), &slot)) {
        HF_FAIL(IO);
    }
    hf_buf_reset(&value);
    const struct hf_stored_key key = hf_stored_place_key(&slot);
    HF_TRY(hf_registry_get(registry, key, &value, ret_found));
    if (*ret_found && !hf_stored_place_read(hf_buf_view(&value), ret_place)) {
        HF_FAIL(IO);
    }
    ret_place->slot = slot;
    *ret_found = *ret_found && strcmp(ret_place->id.iss, id->iss) == 0 &&
                 strcmp(ret_place->id.jti, id->jti) == 0; /* else it was drawn again: see below */
    return HF_DONE;
}

/* One that was drawn for it a moment ago serves again: two who register the same consent at the
 * same time give it one place, so that each record of its grant names the place that it will have.
 */
static hf_status draw_for(struct hf_registry *registry, struct hf_entry_shard *shard,
                          const struct hf_consent_id *id, struct hf_status_slot *ret_slot)
{
    struct hf_stored_place place;
    struct hf_entry *entry = NULL;
    bool is_found;
    HF_TRY(hf_registry_load(registry, shard, id, &entry));
    if (!entry) {
        HF_TRY(hf_registry_make(registry, shard, id, &entry));
    }
    if (!entry->drawn.list[0]) {
        HF_TRY(find_replayed(registry, id, &place, &is_found));
        if (is_found) {
            entry->drawn = place.slot;
        } else {
            hf_slots_draw(&registry->slots, &entry->drawn);
        }
    }
    *ret_slot = entry->drawn;
    return HF_DONE;
}

hf_status hf_registry_draw_slot(struct hf_registry *registry, const struct hf_consent_id *id,
                                struct hf_status_slot *ret_slot)
{
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, id);
    hf_status status = draw_for(registry, shard, id, ret_slot);
    hf_entry_map_unlock(shard);
    return status;
}

/* ---- writing ---- */

static hf_status put_place(struct hf_store_batch *batch, const struct hf_stored_place *place)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    const struct hf_stored_key key = hf_stored_place_key(&place->slot);
    HF_TRY(hf_stored_place_write(place, &value));
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
    return HF_DONE;
}

static struct hf_stored_place place_of(const struct hf_entry_facts *facts,
                                       enum hf_status_value value)
{
    return (struct hf_stored_place){.slot = facts->slot,
                                    .id = facts->id,
                                    .value = value,
                                    .exp_unix_s = facts->exp_unix_s,
                                    .received_unix_s = facts->received_unix_s,
                                    .iat_unix_s = facts->iat_unix_s};
}

hf_status hf_registry_put_slot(struct hf_registry *registry, const struct hf_entry *entry,
                               struct hf_store_batch *batch)
{
    char list[HF_SLOT_LIST_CHARS + 1];
    const struct hf_stored_place place =
        place_of(&entry->facts, entry->is_paused ? HF_STATUS_SUSPENDED : HF_STATUS_VALID);
    if (!entry->facts.slot.list[0]) {
        return HF_DONE;
    }
    HF_TRY(put_place(batch, &place));
    if (hf_slots_name(&registry->slots, list)) {
        hf_store_batch_put(batch, HF_LITERAL("m/slots"), hf_bytes_of_string(list));
    }
    return HF_DONE;
}

hf_status hf_registry_put_status(struct hf_registry *registry, const struct hf_entry *entry,
                                 const struct hf_consent_id *id, enum hf_status_value value,
                                 struct hf_store_batch *batch)
{
    struct hf_stored_place place;
    bool is_found = entry && entry->is_bound && entry->facts.slot.list[0];
    if (is_found) {
        place = place_of(&entry->facts, value);
    } else {
        HF_TRY(find_replayed(registry, id, &place, &is_found));
    }
    place.value = value;
    return is_found ? put_place(batch, &place) : HF_DONE;
}

/* ---- restoring ---- */

/* A place that was recorded just before a crash, and whose consent was not registered then, may
 * have been drawn again; the later record is of the consent that has it. */

static enum hf_status_value value_of(const struct hf_entry *entry)
{
    hf_status status = hf_entry_judge_state(entry);
    if (hf_is_ok(status)) {
        return HF_STATUS_VALID;
    }
    return status.code == HF_CONSENT_PAUSED ? HF_STATUS_SUSPENDED : HF_STATUS_INVALID;
}

static hf_status restore(const struct hf_replayed_grant *grant, const struct hf_entry *entry,
                         struct hf_store_batch *batch)
{
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_SLOT, &grant->id);
    const struct hf_stored_key at = hf_stored_place_key(&grant->slot);
    const struct hf_stored_place place = {.slot = grant->slot,
                                          .id = grant->id,
                                          .value = entry ? value_of(entry) : HF_STATUS_VALID,
                                          .exp_unix_s = grant->exp_unix_s,
                                          .received_unix_s = grant->recorded_unix_s,
                                          .iat_unix_s = grant->recorded_unix_s};
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), hf_bytes_of_string(at.text));
    return put_place(batch, &place);
}

static bool has_slot(const struct hf_entry *entry)
{
    return entry && entry->is_bound && entry->facts.slot.list[0];
}

hf_status hf_registry_replay_grant(struct hf_registry *registry,
                                   const struct hf_replayed_grant *grant)
{
    struct hf_store_batch *batch = NULL;
    struct hf_entry *entry = NULL;
    HF_TRY(hf_store_batch_new(&batch));
    hf_slots_take(&registry->slots, &grant->slot);
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &grant->id);
    hf_status status = hf_registry_load(registry, shard, &grant->id, &entry);
    if (hf_is_ok(status) && !has_slot(entry)) {
        status = restore(grant, entry, batch);
        if (hf_is_ok(status)) {
            status = hf_store_write(registry->store, batch, 0); /* the log would tell it again */
        }
    }
    hf_entry_map_unlock(shard);
    hf_store_batch_free(batch);
    return status;
}

/* ---- reading what the lists say ---- */

struct walk {
    struct hf_registry *registry;
    hf_status_visit *visit;
    void *context;
    int64_t now_unix_s;
    char filling[HF_SLOT_LIST_CHARS + 1];
    bool has_filling;
    char list[HF_SLOT_LIST_CHARS + 1]; /* that is being read; empty: none yet */
    int64_t last_exp_unix_s;
    size_t n_consents;
    uint8_t entries[HF_STATUS_LIST_BYTES];
};

static hf_status end_list(struct walk *walk)
{
    bool is_filling = strcmp(walk->list, walk->filling) == 0;
    bool is_past = walk->last_exp_unix_s < walk->now_unix_s - HF_REGISTRY_TOKEN_S;
    if (!walk->list[0]) {
        return HF_DONE;
    }
    walk->has_filling = walk->has_filling || is_filling;
    if (is_past && !is_filling) {
        struct hf_slots *slots = &walk->registry->slots;
        pthread_mutex_lock(&slots->mutex);
        memcpy(slots->past, walk->list, sizeof slots->past);
        pthread_mutex_unlock(&slots->mutex);
        return HF_DONE;
    }
    const struct hf_status_view view = {
        walk->list, hf_bytes_of(walk->entries, sizeof walk->entries), walk->n_consents};
    return walk->visit(walk->context, &view);
}

static void begin_list(struct walk *walk, const char *list)
{
    memcpy(walk->list, list, sizeof walk->list);
    memset(walk->entries, 0, sizeof walk->entries);
    walk->last_exp_unix_s = 0;
    walk->n_consents = 0;
}

static enum hf_status_value value_now(const struct walk *walk, const struct hf_stored_place *place)
{
    bool has_ended = place->exp_unix_s <= walk->now_unix_s ||
                     hf_ends_reach(&walk->registry->ends, place->id.iss, place->received_unix_s,
                                   place->iat_unix_s);
    return has_ended ? HF_STATUS_INVALID : place->value;
}

static hf_status look_at(void *context, hf_bytes key, hf_bytes value)
{
    struct walk *walk = context;
    struct hf_stored_place place;
    if (!hf_stored_place_key_read(key, &place.slot) || !hf_stored_place_read(value, &place)) {
        HF_FAIL(IO);
    }
    if (strcmp(place.slot.list, walk->list) != 0) {
        HF_TRY(end_list(walk));
        begin_list(walk, place.slot.list);
    }
    hf_status_list_set(walk->entries, place.slot.idx, value_now(walk, &place));
    walk->n_consents++;
    walk->last_exp_unix_s =
        place.exp_unix_s > walk->last_exp_unix_s ? place.exp_unix_s : walk->last_exp_unix_s;
    return HF_DONE;
}

hf_status hf_registry_each_status_list(struct hf_registry *registry, hf_status_visit *visit,
                                       void *context)
{
    struct walk walk = {.registry = registry,
                        .visit = visit,
                        .context = context,
                        .now_unix_s = hf_clock_unix_s(&registry->clock)};
    pthread_mutex_lock(&registry->slots.mutex);
    memcpy(walk.filling, registry->slots.list, sizeof walk.filling);
    pthread_mutex_unlock(&registry->slots.mutex);
    HF_TRY(hf_store_each(registry->store, HF_LITERAL("i/"), look_at, &walk));
    HF_TRY(end_list(&walk));
    if (walk.has_filling) {
        return HF_DONE;
    }
    begin_list(&walk, walk.filling);
    return end_list(&walk);
}

uint64_t hf_registry_status_changes(const struct hf_registry *registry)
{
    return atomic_load(&registry->slots.n_changes);
}

/* ---- forgetting ---- */

struct drop {
    struct hf_store_batch *batch;
    size_t n_dropped;
};

static hf_status drop_place(void *context, hf_bytes key, hf_bytes value)
{
    struct drop *drop = context;
    struct hf_stored_place place;
    if (!hf_stored_place_read(value, &place)) {
        HF_FAIL(IO);
    }
    hf_store_batch_delete(drop->batch, key);
    hf_store_batch_delete(drop->batch,
                          hf_bytes_of_string(hf_stored_key_of(HF_STORED_SLOT, &place.id).text));
    drop->n_dropped++;
    return hf_status_of(drop->n_dropped == MAX_DROPS ? HF_LIMIT : HF_OK);
}

hf_status hf_registry_forget_list(struct hf_registry *registry)
{
    struct hf_slots *slots = &registry->slots;
    struct drop drop = {.n_dropped = 0};
    char list[HF_SLOT_LIST_CHARS + 1];
    pthread_mutex_lock(&slots->mutex);
    memcpy(list, slots->past, sizeof list);
    slots->past[0] = 0;
    pthread_mutex_unlock(&slots->mutex);
    if (!list[0]) {
        return HF_DONE;
    }
    const struct hf_stored_key prefix = hf_stored_place_prefix(list);
    HF_TRY(hf_store_batch_new(&drop.batch));
    hf_status status =
        hf_store_each(registry->store, hf_bytes_of_string(prefix.text), drop_place, &drop);
    if (hf_is_ok(status) || status.code == HF_LIMIT) {
        status = hf_store_write(registry->store, drop.batch, 0);
    }
    hf_store_batch_free(drop.batch);
    return status;
}

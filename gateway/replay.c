/*
 * Decides what a record of the past means for the uses of consents: an access record used each
 * consent that it did not spare; an outcome, which the access record itself may tell, gives them
 * back if it is of no byte and a fault of the source. The rule is that of exchange_record.c; a use
 * whose access has no outcome stays used.
 *
 * A revocation acts before it is on record, so a registry that does not know one of the log's is
 * not the registry of this log any more, but an older copy of it or a new folder: it learns it
 * here.
 *
 * Invariant: the memory is bounded by the accesses that have no outcome yet.
 */
#include "gateway/replay.h"

#include "audit/replay.h"
#include "base/siphash.h"
#include "consent/registry_status.h"
#include "consent/status_list.h"

#include <stdlib.h>
#include <string.h>

enum { N_BUCKETS = 4096, ACCESS_ID_CHARS = 22 };

/* An access whose outcome has not been met. One that tells its own is never open. */
struct open_access {
    struct open_access *next;
    char id[ACCESS_ID_CHARS];
    int64_t unix_s;
    size_t n_charged;
    struct hf_consent_id charged[];
};

struct replay {
    struct hf_registry *registry;
    struct hf_siphash_key key;
    struct open_access *buckets[N_BUCKETS];
    size_t n_open;
    size_t n_restored;
};

static struct open_access **find(struct replay *replay, hf_bytes id)
{
    struct open_access **slot = &replay->buckets[hf_siphash(&replay->key, 0, id) % N_BUCKETS];
    while (*slot && memcmp((*slot)->id, id.data, ACCESS_ID_CHARS) != 0) {
        slot = &(*slot)->next;
    }
    return slot;
}

static bool is_spared(const struct hf_detail *detail, hf_bytes consent)
{
    for (size_t i = 0; i < detail->spared.n_items; i++) {
        if (hf_bytes_equal(detail->spared.items[i], consent)) {
            return true;
        }
    }
    return false;
}

/* = design: no byte, and the fault was the source's. */
static bool gives_back(const struct hf_detail *detail)
{
    char name[64] = "";
    enum hf_code code = HF_OK;
    if (detail->fault.size == 0 || detail->fault.size >= sizeof name || !detail->bytes.is_set ||
        detail->bytes.value != 0 || (detail->status.is_set && detail->status.value == 200)) {
        return false;
    }
    memcpy(name, detail->fault.data, detail->fault.size);
    return hf_code_by_name(name, &code) && hf_code_info(code)->class == HF_CLASS_UPSTREAM;
}

static hf_status use_one(struct replay *replay, const struct hf_replay_entry *entry,
                         hf_bytes consent, struct hf_consent_id *ret_id)
{
    if (!hf_is_ok(hf_consent_id_parse(consent, ret_id))) {
        HF_FAIL(LOG_TAMPERED);
    }
    return hf_registry_replay_use(replay->registry, ret_id, entry->record.time_unix_s,
                                  entry->record.index);
}

/* Keeps what @entry charges until its outcome is met. */
static hf_status keep_open(struct replay *replay, const struct hf_replay_entry *entry,
                           struct open_access **ret_access)
{
    const size_t n_consents = entry->detail.consents.n_items;
    struct open_access *access = calloc(1, sizeof *access + n_consents * sizeof *access->charged);
    if (!access) {
        HF_FAIL(NOMEM);
    }
    struct open_access **slot = find(replay, entry->detail.access_id);
    memcpy(access->id, entry->detail.access_id.data, ACCESS_ID_CHARS);
    access->unix_s = entry->record.time_unix_s;
    access->next = *slot;
    *slot = access;
    replay->n_open++;
    *ret_access = access;
    return HF_DONE;
}

static hf_status on_access(struct replay *replay, const struct hf_replay_entry *entry)
{
    const struct hf_detail_list *consents = &entry->detail.consents;
    const bool has_ended = hf_detail_tells_end(&entry->detail);
    struct open_access *access = NULL;
    struct hf_consent_id id;
    if (consents->n_items == entry->detail.spared.n_items ||
        (has_ended && gives_back(&entry->detail))) {
        return HF_DONE;
    }
    if (!has_ended) {
        HF_TRY(keep_open(replay, entry, &access));
    }
    for (size_t i = 0; i < consents->n_items; i++) {
        if (is_spared(&entry->detail, consents->items[i])) {
            continue;
        }
        HF_TRY(use_one(replay, entry, consents->items[i], &id));
        if (access) {
            access->charged[access->n_charged++] = id;
        }
    }
    return HF_DONE;
}

static hf_status on_outcome(struct replay *replay, const struct hf_replay_entry *entry)
{
    hf_status status = HF_DONE;
    struct open_access **slot = find(replay, entry->detail.access_id);
    struct open_access *access = *slot;
    if (!access) {
        return HF_DONE; /* it charged nothing, or lies before what is replayed */
    }
    *slot = access->next;
    replay->n_open--;
    for (size_t i = 0; i < access->n_charged && gives_back(&entry->detail); i++) {
        if (hf_is_ok(status)) {
            status = hf_registry_replay_return(replay->registry, &access->charged[i],
                                               access->unix_s, entry->record.index);
        }
    }
    free(access);
    return status;
}

static bool act_kind_of(hf_bytes state, enum hf_act_kind *ret_kind)
{
    static const enum hf_act_kind kinds[] = {HF_ACT_REVOKE, HF_ACT_PAUSE, HF_ACT_RESUME};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (hf_bytes_equal_string(state, hf_act_state_name(kinds[i]))) {
            *ret_kind = kinds[i];
            return true;
        }
    }
    return false;
}

static hf_status on_act(struct replay *replay, const struct hf_replay_entry *entry)
{
    const struct hf_detail *detail = &entry->detail;
    struct hf_act act = {.iat_unix_s = detail->iat.is_set ? (int64_t)detail->iat.value
                                                          : entry->record.time_unix_s};
    bool was_lost = false;
    if (!act_kind_of(detail->state, &act.kind) || detail->iss.size > HF_PARTY_MAX_BYTES ||
        detail->iss.size == 0 || detail->jti.size > HF_JTI_MAX_BYTES ||
        (detail->jti.size == 0 && act.kind != HF_ACT_REVOKE) ||
        detail->reference.size > HF_REFERENCE_MAX_BYTES) {
        HF_FAIL(LOG_TAMPERED);
    }
    if (!hf_revocation_reason_by_name(detail->reason, &act.reason)) {
        act.reason = HF_REVOCATION_ORDERED;
    }
    memcpy(act.id.iss, detail->iss.data, detail->iss.size); /* bounded just above; zeroed behind */
    if (detail->jti.size) {
        memcpy(act.id.jti, detail->jti.data, detail->jti.size);
    }
    if (detail->reference.size) {
        memcpy(act.reference, detail->reference.data, detail->reference.size);
    }
    HF_TRY(hf_registry_replay_act(replay->registry, &act, entry->record.time_unix_s, &was_lost));
    replay->n_restored += was_lost;
    return HF_DONE;
}

/* Without a place it was recorded by a gateway that published no lists. */
static hf_status on_grant(struct replay *replay, const struct hf_replay_entry *entry)
{
    const struct hf_detail *detail = &entry->detail;
    struct hf_replayed_grant grant = {.recorded_unix_s = entry->record.time_unix_s};
    if (detail->status_list.size == 0) {
        return HF_DONE;
    }
    if (!detail->status_idx.is_set || !detail->exp.is_set ||
        detail->status_idx.value >= HF_STATUS_LIST_ENTRIES ||
        !hf_slot_list_is_valid(detail->status_list) ||
        !hf_is_ok(hf_consent_id_of(detail->iss, detail->jti, &grant.id))) {
        HF_FAIL(LOG_TAMPERED);
    }
    memcpy(grant.slot.list, detail->status_list.data, HF_SLOT_LIST_CHARS); /* zeroed behind */
    grant.slot.idx = (uint32_t)detail->status_idx.value;
    grant.exp_unix_s = (int64_t)detail->exp.value;
    return hf_registry_replay_grant(replay->registry, &grant);
}

static hf_status visit(void *context, const struct hf_replay_entry *entry)
{
    struct replay *replay = context;
    if (entry->record.kind == HF_RECORD_GRANT) {
        return on_grant(replay, entry);
    }
    if (entry->record.kind == HF_RECORD_REVOKE || entry->record.kind == HF_RECORD_STATUS) {
        return on_act(replay, entry);
    }
    bool tells = entry->record.kind == HF_RECORD_ACCESS || entry->record.kind == HF_RECORD_OUTCOME;
    if (!tells) {
        return HF_DONE;
    }
    if (entry->detail.access_id.size != ACCESS_ID_CHARS) {
        HF_FAIL(LOG_TAMPERED);
    }
    return entry->record.kind == HF_RECORD_ACCESS ? on_access(replay, entry)
                                                  : on_outcome(replay, entry);
}

static void clear(struct replay *replay)
{
    for (size_t i = 0; i < N_BUCKETS; i++) {
        while (replay->buckets[i]) {
            struct open_access *next = replay->buckets[i]->next;
            free(replay->buckets[i]);
            replay->buckets[i] = next;
        }
    }
}

hf_status hf_replay_log(struct hf_log *log, const struct hf_seal_key *operator_key,
                        struct hf_registry *registry, struct hf_replay_facts *ret_facts)
{
    /* The registry has seen more than there is: somebody put an older log in the log's place. */
    if (hf_registry_replay_from(registry) > hf_log_durable_size(log)) {
        HF_FAIL(LOG_ROLLBACK);
    }
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay) {
        HF_FAIL(NOMEM);
    }
    replay->registry = registry;
    replay->key = hf_siphash_process_key();
    hf_status status =
        hf_log_replay(log, hf_registry_replay_from(registry), operator_key, visit, replay);
    if (hf_is_ok(status)) {
        *ret_facts =
            (struct hf_replay_facts){.n_unknown = replay->n_open, .n_restored = replay->n_restored};
    }
    clear(replay);
    free(replay);
    return status;
}

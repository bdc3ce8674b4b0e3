/*
 * The inside of the registry: shared by its faces, registry.c (any thread), registry_thread.c (the
 * one that writes), registry_acts.c (what ends, rests and goes on), registry_status.c (what
 * status lists say) and registry_past.c (what is forgotten).
 */
#pragma once

#include "base/store.h"
#include "consent/ends.h"
#include "consent/entry_map.h"
#include "consent/quota.h"
#include "consent/registry.h"
#include "consent/slots.h"
#include "consent/stored.h"

struct hf_registry_job {
    struct hf_registry_job *next;
    const struct hf_token *token; /* to register; NULL: an act */
    bool has_record;              /* of its grant */
    uint64_t record;
    struct hf_status_slot slot;
    struct hf_act act;
    hf_buf text; /* of the act's token */
    hf_registry_done *done;
    void *context;
    struct hf_entry *entry; /* registered: the thread's own reference */
    hf_status status;
};

struct hf_registry {
    struct hf_store *store;
    struct hf_clock clock;
    struct hf_entry_map map;
    struct hf_tally tally;
    struct hf_quota quota; /* of consents */
    struct hf_quota words; /* about consents that are not known */
    struct hf_ends ends;
    struct hf_slots slots;
    struct hf_stored_key past_cursor; /* registry thread's: how far registry_past.c has looked … */
    struct hf_stored_key word_cursor; /* … at consents, and at words */
    size_t max_jobs;
    _Atomic uint64_t replay_from;
    atomic_bool has_failed;
    pthread_t thread;
    bool is_running; /* the thread was started */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct hf_registry_job *first_job; /* under the mutex, as all below */
    struct hf_registry_job *last_job;
    size_t n_jobs;
    bool is_closing;
};

/* The registry thread's function. */
void *hf_registry_run(void *registry);

void hf_registry_job_free(struct hf_registry_job *job);

/**
 * hf_registry_load() - the entry of an id, out of memory or the store
 * @shard:     of the id, locked
 * @ret_entry: borrowed; NULL when nothing is known of it
 *
 * Errors: IO, NOMEM.
 */
hf_status hf_registry_load(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_consent_id *id, struct hf_entry **ret_entry);

/**
 * hf_registry_make() - a new entry of nothing but its id
 * @shard:     of the id, locked; it has none of it
 * @ret_entry: borrowed
 *
 * Errors: NOMEM.
 */
hf_status hf_registry_make(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_consent_id *id, struct hf_entry **ret_entry);

/**
 * hf_registry_meet() - the bound entry of a token, made when there is none
 * @shard: of the token's id, locked
 *
 * Errors: JTI_CONFLICT, RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_registry_meet(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_token *token, struct hf_entry **ret_entry);

/* The value under a key, appended to @value that is emptied first; *ret_found: there is one. */
hf_status hf_registry_get(struct hf_registry *registry, struct hf_stored_key key, hf_buf *value,
                          bool *ret_found);

/* --- registry_past.c --- */

/* Looks at a few of the consents that have expired and drops what of them can no longer matter.
 * The registry thread's. True when it came to the end of them. A failed write ends the registry:
 * nothing is accepted any more. */
bool hf_registry_forget_some(struct hf_registry *registry);

/* --- registry_status.c --- */

/* Reads which places are taken, once, at the start. Errors: IO, NOMEM. */
hf_status hf_registry_load_slots(struct hf_registry *registry);

/* The place of an entry that is about to be registered, if it has one. Its shard is locked. Errors:
 * LIMIT, NOMEM. */
hf_status hf_registry_put_slot(struct hf_registry *registry, const struct hf_entry *entry,
                               struct hf_store_batch *batch);

/* What a place tells from now on, if the consent has one. @entry: NULL: nothing is known of it but
 * perhaps from the log. Its shard is locked. Errors: IO, LIMIT, NOMEM. */
hf_status hf_registry_put_status(struct hf_registry *registry, const struct hf_entry *entry,
                                 const struct hf_consent_id *id, enum hf_status_value value,
                                 struct hf_store_batch *batch);

/* Drops some places of a list that is past, if there is one. The registry thread's. Errors: IO,
 * NOMEM. */
hf_status hf_registry_forget_list(struct hf_registry *registry);

/* --- registry_acts.c --- */

/* Reads the ends of all issuers, once, at the start. Errors: IO, NOMEM. */
hf_status hf_registry_load_ends(struct hf_registry *registry);

/* What the store says about an entry's state. Its shard is locked; @value is for use in between. */
hf_status hf_registry_read_state(struct hf_registry *registry, struct hf_entry *entry,
                                 hf_buf *value, bool *ret_found);

/* A bound entry that its issuer's end reaches is revoked. */
void hf_registry_apply_end(struct hf_registry *registry, struct hf_entry *entry);

/**
 * hf_registry_prepare_act() - judge an act and put what it changes into a batch
 * @shard: of the act's id, locked
 *
 * Errors: CONSENT_MISSING, CONSENT_REVOKED, CONSENT_EXPIRED, STATE_CONFLICT, RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_registry_prepare_act(struct hf_registry *registry, struct hf_entry_shard *shard,
                                  const struct hf_act *act, hf_bytes text,
                                  struct hf_store_batch *batch);

/* It is on disk: now every worker may see it. */
void hf_registry_publish_act(struct hf_registry *registry, const struct hf_act *act);

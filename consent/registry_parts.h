/*
 * The inside of the registry: shared by its two faces, registry.c (any thread) and
 * registry_thread.c (the one that writes).
 */
#pragma once

#include "base/store.h"
#include "consent/entry_map.h"
#include "consent/quota.h"
#include "consent/registry.h"

struct hf_registry_job {
    struct hf_registry_job *next;
    const struct hf_token *token; /* to register; NULL: to revoke */
    struct hf_revocation revocation;
    hf_buf text; /* of the revocation */
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
    struct hf_quota quota;
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
 * hf_registry_meet() - the bound entry of a token, made when there is none
 * @shard: of the token's id, locked
 *
 * Errors: JTI_CONFLICT, RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_registry_meet(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_token *token, struct hf_entry **ret_entry);

/*
 * The registry as every thread sees it: find, admit, queue. What is durable is decided by
 * registry_thread.c alone.
 *
 * Memory is a cache of the store: an entry is read from it the first time it is asked for, under
 * its shard's lock, so that there is never a second one. Its state is looked for at the same
 * moment; a revocation that is written later takes the same lock afterwards and finds the entry.
 */
#include "consent/registry.h"

#include "consent/registry_parts.h"

#include <stdlib.h>
#include <time.h>

enum { DEFAULT_MAX_CONSENTS = 4096, DEFAULT_MAX_JOBS = 1024 };

/* ---- opening and closing ---- */

static hf_status read_replay_from(struct hf_registry *registry)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    uint64_t from = 0;
    hf_status status = hf_store_get(registry->store, HF_LITERAL("m/replay"), &value);
    if (hf_is_ok(status)) {
        HF_TRY(hf_stored_replay_read(hf_buf_view(&value), &from));
    } else if (status.code != HF_NOT_FOUND) {
        return status;
    }
    atomic_store(&registry->replay_from, from);
    atomic_store(&registry->tally.n_told, from);
    return HF_DONE;
}

static hf_status start_thread(struct hf_registry *registry)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&registry->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&registry->mutex, NULL);
    pthread_mutex_init(&registry->tally.mutex, NULL);
    if (pthread_create(&registry->thread, NULL, hf_registry_run, registry) != 0) {
        HF_FAIL(NOMEM);
    }
    registry->is_running = true;
    return HF_DONE;
}

static hf_status open_registry(const struct hf_registry_options *options,
                               struct hf_registry *registry, struct hf_problem *reterr)
{
    size_t max_consents = options->max_consents_per_iss;
    registry->clock = options->clock;
    registry->max_jobs = options->max_jobs ? options->max_jobs : DEFAULT_MAX_JOBS;
    hf_entry_map_init(&registry->map);
    hf_ends_init(&registry->ends);
    hf_slots_init(&registry->slots);
    HF_TRY(hf_store_open(options->path, &registry->store, reterr));
    const struct hf_quota quota = {.kind = HF_QUOTA_CONSENTS,
                                   .store = registry->store,
                                   .clock = registry->clock,
                                   .max_of_issuer =
                                       max_consents ? max_consents : DEFAULT_MAX_CONSENTS};
    struct hf_quota words = quota;
    words.kind = HF_QUOTA_WORDS;
    hf_quota_init(&registry->quota, &quota);
    hf_quota_init(&registry->words, &words);
    hf_status status = read_replay_from(registry);
    if (hf_is_ok(status)) {
        status = hf_registry_load_ends(registry);
    }
    if (hf_is_ok(status)) {
        status = hf_registry_load_slots(registry);
    }
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, options->path, "the registry cannot be read");
    }
    return start_thread(registry);
}

hf_status hf_registry_open(const struct hf_registry_options *options,
                           struct hf_registry **ret_registry, struct hf_problem *reterr)
{
    struct hf_registry *registry = calloc(1, sizeof *registry);
    if (!registry) {
        HF_FAIL(NOMEM);
    }
    hf_status status = open_registry(options, registry, reterr);
    if (!hf_is_ok(status)) {
        hf_registry_close(registry);
        return status;
    }
    *ret_registry = registry;
    return HF_DONE;
}

static void stop_thread(struct hf_registry *registry)
{
    pthread_mutex_lock(&registry->mutex);
    registry->is_closing = true;
    pthread_cond_signal(&registry->wake);
    pthread_mutex_unlock(&registry->mutex);
    pthread_join(registry->thread, NULL);
    pthread_cond_destroy(&registry->wake);
    pthread_mutex_destroy(&registry->mutex);
    pthread_mutex_destroy(&registry->tally.mutex);
}

void hf_registry_close(struct hf_registry *registry)
{
    if (!registry) {
        return;
    }
    if (registry->is_running) {
        stop_thread(registry);
    }
    while (registry->tally.dirty) { /* uses that never ended: the log tells of them */
        struct hf_entry *entry = registry->tally.dirty;
        registry->tally.dirty = entry->next_dirty;
        hf_entry_unref(entry);
    }
    hf_entry_map_clear(&registry->map);
    hf_ends_clear(&registry->ends);
    hf_slots_clear(&registry->slots);
    if (registry->store) {
        hf_quota_clear(&registry->quota);
        hf_quota_clear(&registry->words);
    }
    hf_store_close(registry->store);
    free(registry);
}

/* ---- reading the store ---- */

hf_status hf_registry_get(struct hf_registry *registry, struct hf_stored_key key, hf_buf *value,
                          bool *ret_found)
{
    hf_buf_reset(value);
    hf_status status = hf_store_get(registry->store, hf_bytes_of_string(key.text), value);
    if (status.code == HF_NOT_FOUND) {
        *ret_found = false;
        return HF_DONE;
    }
    *ret_found = hf_is_ok(status);
    return status;
}

static hf_status read_entry(struct hf_registry *registry, struct hf_entry *entry, bool *ret_found)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    const struct hf_consent_id id = entry->facts.id;
    struct hf_entry_facts facts;
    bool is_registered;
    bool has_uses;
    bool has_state;
    bool is_known;
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_USES, &id), &value, &has_uses));
    if (has_uses) {
        HF_TRY(hf_stored_uses_read(hf_buf_view(&value), &entry->unbound));
    }
    HF_TRY(hf_registry_read_state(registry, entry, &value, &has_state));
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_CONSENT, &id), &value, &is_known));
    if (is_known) {
        HF_TRY(hf_stored_consent_read(hf_buf_view(&value), &id, &facts, &is_registered));
        hf_entry_bind(entry, &facts);
        hf_registry_apply_end(registry, entry);
        entry->is_stored = true;
        atomic_store(&entry->is_registered, is_registered);
    }
    *ret_found = has_uses || has_state || is_known;
    return HF_DONE;
}

static void unref_entry(struct hf_entry **entry)
{
    hf_entry_unref(*entry);
}

hf_status hf_registry_load(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_consent_id *id, struct hf_entry **ret_entry)
{
    HF_CLEANUP(unref_entry) struct hf_entry *entry = NULL;
    bool is_found = false;
    *ret_entry = hf_entry_map_find(&registry->map, shard, id);
    if (*ret_entry) {
        return HF_DONE;
    }
    HF_TRY(hf_entry_new(id, &registry->tally, &entry));
    HF_TRY(read_entry(registry, entry, &is_found));
    if (!is_found) {
        return HF_DONE;
    }
    HF_TRY(hf_entry_map_insert(&registry->map, shard, entry));
    *ret_entry = entry;
    entry = NULL;
    return HF_DONE;
}

hf_status hf_registry_make(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_consent_id *id, struct hf_entry **ret_entry)
{
    HF_CLEANUP(unref_entry) struct hf_entry *entry = NULL;
    HF_TRY(hf_entry_new(id, &registry->tally, &entry));
    HF_TRY(hf_entry_map_insert(&registry->map, shard, entry));
    *ret_entry = entry;
    entry = NULL;
    return HF_DONE;
}

/* ---- finding and admitting ---- */

typedef bool accepts(const struct hf_entry *entry);

static bool is_registered(const struct hf_entry *entry)
{
    return entry->is_bound && atomic_load(&entry->is_registered);
}

static bool is_seen(const struct hf_entry *entry)
{
    return entry->is_bound;
}

static hf_status find(struct hf_registry *registry, const struct hf_consent_id *id,
                      accepts *is_accepted, struct hf_entry **ret_entry)
{
    struct hf_entry *entry = NULL;
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, id);
    hf_status status = hf_registry_load(registry, shard, id, &entry);
    if (hf_is_ok(status)) {
        if (entry && is_accepted(entry)) {
            *ret_entry = hf_entry_ref(entry);
        } else {
            status = hf_status_of(HF_CONSENT_MISSING);
        }
    }
    hf_entry_map_unlock(shard);
    return status;
}

hf_status hf_registry_find(struct hf_registry *registry, const struct hf_consent_id *id,
                           struct hf_entry **ret_entry)
{
    return find(registry, id, is_registered, ret_entry);
}

hf_status hf_registry_find_seen(struct hf_registry *registry, const struct hf_consent_id *id,
                                struct hf_entry **ret_entry)
{
    return find(registry, id, is_seen, ret_entry);
}

hf_status hf_registry_read_token(struct hf_registry *registry, const struct hf_consent_id *id,
                                 hf_buf *text)
{
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_TOKEN, id);
    hf_status status = hf_store_get(registry->store, hf_bytes_of_string(key.text), text);
    return status.code == HF_NOT_FOUND ? hf_status_of(HF_CONSENT_MISSING) : status;
}

static struct hf_entry_facts facts_of(const struct hf_token *token, int64_t received_unix_s)
{
    const struct hf_claims *claims = &token->claims;
    struct hf_entry_facts facts = {.id = claims->id,
                                   .received_unix_s = received_unix_s,
                                   .iat_unix_s = claims->iat_unix_s,
                                   .nbf_unix_s = claims->nbf_unix_s,
                                   .exp_unix_s = claims->exp_unix_s,
                                   .max_total = claims->max_total,
                                   .has_window = claims->has_window,
                                   .window = claims->window,
                                   .window_count = claims->window_count};
    memcpy(facts.rcpt, claims->rcpt.data, claims->rcpt.size); /* the profile bounds it */
    memcpy(facts.token_sha256, token->sha256, sizeof facts.token_sha256);
    memcpy(facts.payload_sha256, token->payload_sha256, sizeof facts.payload_sha256);
    return facts;
}

/* A new entry, or the same that was known only by its state or its uses. */
static hf_status bind(struct hf_registry *registry, struct hf_entry_shard *shard,
                      const struct hf_token *token, struct hf_entry **entry)
{
    const struct hf_entry_facts facts = facts_of(token, hf_clock_unix_s(&registry->clock));
    if (facts.received_unix_s - facts.iat_unix_s > HF_REGISTRY_MEMORY_S) {
        HF_FAIL(CONSENT_EXPIRED); /* its id may have been forgotten: see registry_past.c */
    }
    HF_TRY(hf_quota_take(&registry->quota, facts.id.iss));
    if (!*entry) {
        HF_TRY(hf_registry_make(registry, shard, &facts.id, entry));
    }
    hf_entry_bind(*entry, &facts);
    hf_registry_apply_end(registry, *entry);
    hf_entry_touch(*entry); /* the registry thread stores it */
    return HF_DONE;
}

hf_status hf_registry_meet(struct hf_registry *registry, struct hf_entry_shard *shard,
                           const struct hf_token *token, struct hf_entry **ret_entry)
{
    struct hf_entry *entry = NULL;
    HF_TRY(hf_registry_load(registry, shard, &token->claims.id, &entry));
    if (!entry || !entry->is_bound) {
        HF_TRY(bind(registry, shard, token, &entry));
    } else if (memcmp(entry->facts.payload_sha256, token->payload_sha256,
                      sizeof token->payload_sha256) != 0) {
        HF_FAIL(JTI_CONFLICT);
    }
    *ret_entry = entry;
    return HF_DONE;
}

hf_status hf_registry_admit(struct hf_registry *registry, const struct hf_token *token,
                            struct hf_entry **ret_entry)
{
    struct hf_entry *entry = NULL;
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &token->claims.id);
    hf_status status = hf_registry_meet(registry, shard, token, &entry);
    if (hf_is_ok(status)) {
        *ret_entry = hf_entry_ref(entry);
    }
    hf_entry_map_unlock(shard);
    return status;
}

/* ---- queueing ---- */

void hf_registry_job_free(struct hf_registry_job *job)
{
    if (job) {
        hf_token_unref(job->token);
        hf_entry_unref(job->entry);
        hf_buf_clear(&job->text);
        free(job);
    }
}

static hf_status queue(struct hf_registry *registry, struct hf_registry_job *job)
{
    hf_status status = HF_DONE;
    pthread_mutex_lock(&registry->mutex);
    if (registry->is_closing || registry->n_jobs >= registry->max_jobs) {
        status = hf_status_of(HF_OVERLOADED);
    } else {
        *(registry->last_job ? &registry->last_job->next : &registry->first_job) = job;
        registry->last_job = job;
        registry->n_jobs++;
        pthread_cond_signal(&registry->wake);
    }
    pthread_mutex_unlock(&registry->mutex);
    if (!hf_is_ok(status)) {
        hf_registry_job_free(job);
    }
    return status;
}

hf_status hf_registry_register(struct hf_registry *registry,
                               const struct hf_registration *registration, hf_registry_done *done,
                               void *context)
{
    struct hf_registry_job *job = calloc(1, sizeof *job);
    if (!job) {
        HF_FAIL(NOMEM);
    }
    job->token = hf_token_ref(registration->token);
    job->has_record = registration->has_record;
    job->record = registration->record;
    job->slot = registration->slot;
    job->done = done;
    job->context = context;
    return queue(registry, job);
}

hf_status hf_registry_act(struct hf_registry *registry, const struct hf_act *act, hf_bytes text,
                          hf_registry_done *done, void *context)
{
    struct hf_registry_job *job = calloc(1, sizeof *job);
    if (!job) {
        HF_FAIL(NOMEM);
    }
    job->act = *act;
    job->done = done;
    job->context = context;
    job->text = hf_buf_init(HF_JWS_MAX_BYTES);
    hf_status status = hf_buf_append(&job->text, text);
    if (!hf_is_ok(status)) {
        hf_registry_job_free(job);
        return status;
    }
    return queue(registry, job);
}

hf_status hf_registry_knows_order(struct hf_registry *registry, const char *reference,
                                  bool *ret_knows)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    return hf_registry_get(registry, hf_stored_order_key(reference), &value, ret_knows);
}

/* ---- replay and figures ---- */

uint64_t hf_registry_replay_from(const struct hf_registry *registry)
{
    return atomic_load(&registry->replay_from);
}

/* A use that begins from here on has a later record, so nothing that must be replayed is passed. */
void hf_registry_note_log(struct hf_registry *registry, uint64_t n_records)
{
    hf_tally_raise(&registry->tally, n_records);
}

static hf_status replay(struct hf_registry *registry, const struct hf_consent_id *id,
                        int64_t unix_s, uint64_t index, bool is_return)
{
    struct hf_entry *entry = NULL;
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, id);
    hf_status status = hf_registry_load(registry, shard, id, &entry);
    if (hf_is_ok(status) && !entry) {
        status = hf_registry_make(registry, shard, id, &entry);
    }
    if (hf_is_ok(status)) {
        hf_entry_replay(entry, unix_s, index, is_return);
    }
    hf_entry_map_unlock(shard);
    return status;
}

hf_status hf_registry_replay_use(struct hf_registry *registry, const struct hf_consent_id *id,
                                 int64_t unix_s, uint64_t index)
{
    return replay(registry, id, unix_s, index, false);
}

hf_status hf_registry_replay_return(struct hf_registry *registry, const struct hf_consent_id *id,
                                    int64_t used_unix_s, uint64_t index)
{
    return replay(registry, id, used_unix_s, index, true);
}

void hf_registry_counts(struct hf_registry *registry, struct hf_registry_counts *ret_counts)
{
    struct hf_registry_counts counts = {.n_entries = hf_entry_map_count(&registry->map),
                                        .has_failed = atomic_load(&registry->has_failed)};
    pthread_mutex_lock(&registry->mutex);
    counts.n_jobs = registry->n_jobs;
    pthread_mutex_unlock(&registry->mutex);
    *ret_counts = counts;
}

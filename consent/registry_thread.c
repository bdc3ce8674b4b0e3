/*
 * The one thread that writes. Whatever waits is one batch and one sync; only then is anything
 * believed: first the disk, then the shared word, then the answer.
 *
 * Once a second it stores the counts of consents that were used since. A count is stored only at a
 * moment with no use under way, together with the number of records it covers, so that a start adds
 * exactly what the log tells beyond. A consent that is never idle is stored later; its uses are
 * bounded, so it cannot stay busy for ever.
 */
#include "consent/registry_parts.h"

#include <time.h>

enum {
    STORE_INTERVAL_MS = 1000,
    SWEEP_INTERVAL_MS = 60000,
    SWEEP_AFTER_S = 86400,
    MAX_ENTRIES = 1 << 18 /* in memory, but for those that are held: some 150 MB */
};

/* ---- jobs ---- */

static hf_status put_consent(struct hf_store_batch *batch, const struct hf_entry_facts *facts,
                             hf_bytes text)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_stored_key key = hf_stored_key_of(HF_STORED_CONSENT, &facts->id);
    struct hf_stored_key expiry = hf_stored_expiry_key(facts);
    HF_TRY(hf_stored_consent_write(facts, text.size > 0, &value));
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
    if (text.size > 0) {
        const struct hf_stored_key token = hf_stored_key_of(HF_STORED_TOKEN, &facts->id);
        hf_store_batch_put(batch, hf_bytes_of_string(token.text), text);
    }
    hf_store_batch_put(batch, hf_bytes_of_string(expiry.text), (hf_bytes){NULL, 0});
    return HF_DONE;
}

static hf_status prepare_register(struct hf_registry *registry, struct hf_entry_shard *shard,
                                  struct hf_registry_job *job, struct hf_store_batch *batch)
{
    struct hf_entry *entry = NULL;
    HF_TRY(hf_registry_meet(registry, shard, job->token, &entry));
    if (entry->is_ending || hf_entry_judge_state(entry).code == HF_CONSENT_REVOKED) {
        HF_FAIL(CONSENT_REVOKED); /* one that was paused before it came may come */
    }
    if (atomic_load(&entry->is_registered)) {
        return HF_DONE;
    }
    entry->facts.has_record = job->has_record; /* nobody reads it before it is registered */
    entry->facts.record = job->record;
    entry->facts.slot = job->slot;
    HF_TRY(put_consent(batch, &entry->facts, job->token->text));
    HF_TRY(hf_registry_put_slot(registry, entry, batch));
    job->entry = hf_entry_ref(entry);
    return HF_DONE;
}

static void prepare(struct hf_registry *registry, struct hf_registry_job *job,
                    struct hf_store_batch *batch)
{
    const struct hf_consent_id *id = job->token ? &job->token->claims.id : &job->act.id;
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, id);
    job->status = job->token ? prepare_register(registry, shard, job, batch)
                             : hf_registry_prepare_act(registry, shard, &job->act,
                                                       hf_buf_view(&job->text), batch);
    hf_entry_map_unlock(shard);
}

/* It is on disk: now every worker may see it. */
static void publish(struct hf_registry *registry, struct hf_registry_job *job)
{
    atomic_fetch_add(&registry->slots.n_changes, 1);
    if (job->entry) {
        job->entry->is_stored = true;
        atomic_store(&job->entry->is_registered, true);
    }
    if (!job->token) {
        hf_registry_publish_act(registry, &job->act);
    }
}

static hf_status write_batch(struct hf_registry *registry, struct hf_store_batch *batch,
                             int durable)
{
    if (atomic_load(&registry->has_failed)) { /* by damage, too, that a read has found */
        HF_FAIL(IO);
    }
    hf_status status = hf_store_write(registry->store, batch, durable);
    if (!hf_is_ok(status)) {
        atomic_store(&registry->has_failed, true);
    }
    return status;
}

static hf_status do_jobs(struct hf_registry *registry, struct hf_registry_job *jobs)
{
    struct hf_store_batch *batch = NULL;
    HF_TRY(hf_store_batch_new(&batch));
    for (struct hf_registry_job *job = jobs; job; job = job->next) {
        prepare(registry, job, batch);
    }
    hf_status status = write_batch(registry, batch, 1);
    hf_store_batch_free(batch);
    return status;
}

static void finish_jobs(struct hf_registry *registry, struct hf_registry_job *jobs,
                        hf_status written)
{
    while (jobs) {
        struct hf_registry_job *job = jobs;
        jobs = job->next;
        if (hf_is_ok(written) && hf_is_ok(job->status)) {
            publish(registry, job);
        }
        job->done(job->context, hf_is_ok(written) ? job->status : written);
        hf_registry_job_free(job);
    }
}

/* ---- counts ---- */

static hf_status put_uses(struct hf_store_batch *batch, const struct hf_consent_id *id,
                          const struct hf_use_counts *counts)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_stored_key key = hf_stored_key_of(HF_STORED_USES, id);
    HF_TRY(hf_stored_uses_write(counts, &value));
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
    return HF_DONE;
}

/* Back on the list, as old as it was. Takes over the reference. */
static void keep_dirty(struct hf_tally *tally, struct hf_entry *entry, uint64_t dirty_from)
{
    bool is_kept = false;
    pthread_mutex_lock(&tally->mutex);
    if (!atomic_load(&entry->is_dirty)) {
        entry->next_dirty = tally->dirty;
        tally->dirty = entry;
        atomic_store(&entry->is_dirty, true);
        is_kept = true;
    } /* else a worker has put it there meanwhile */
    entry->dirty_from = dirty_from;
    pthread_mutex_unlock(&tally->mutex);
    if (!is_kept) {
        hf_entry_unref(entry);
    }
}

static hf_status put_entry(struct hf_entry *entry, const struct hf_use_counts *counts,
                           struct hf_store_batch *batch)
{
    HF_TRY(put_uses(batch, &entry->facts.id, counts));
    if (entry->is_bound && !entry->is_stored) {
        HF_TRY(put_consent(batch, &entry->facts, (hf_bytes){NULL, 0}));
        entry->is_stored = true; /* if the write fails the store takes no other */
    }
    return HF_DONE;
}

/* Puts one dirty entry into the batch, or back on the list; *from falls to what must be replayed.
 */
static void store_entry(struct hf_registry *registry, struct hf_entry *entry,
                        struct hf_store_batch *batch, uint64_t *from)
{
    struct hf_use_counts counts;
    uint64_t dirty_from = entry->dirty_from;
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &entry->facts.id);
    atomic_store(&entry->is_dirty, false); /* before the look: a use from here on puts it back */
    bool is_put = hf_entry_snapshot(entry, &counts) && hf_is_ok(put_entry(entry, &counts, batch));
    hf_entry_map_unlock(shard);
    if (is_put) {
        hf_entry_unref(entry);
        return;
    }
    *from = dirty_from < *from ? dirty_from : *from;
    keep_dirty(&registry->tally, entry, dirty_from);
}

static void store_counts(struct hf_registry *registry, int durable)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_store_batch *batch = NULL;
    uint64_t from = atomic_load(&registry->tally.n_told); /* before the list: see touch */
    if (!hf_is_ok(hf_store_batch_new(&batch))) {
        return; /* the next round will */
    }
    pthread_mutex_lock(&registry->tally.mutex);
    struct hf_entry *entry = registry->tally.dirty;
    registry->tally.dirty = NULL;
    pthread_mutex_unlock(&registry->tally.mutex);
    bool is_anything = entry != NULL || from != atomic_load(&registry->replay_from);
    while (entry) {
        struct hf_entry *next = entry->next_dirty;
        store_entry(registry, entry, batch, &from);
        entry = next;
    }
    if (is_anything && hf_is_ok(hf_stored_replay_write(from, &value))) {
        hf_store_batch_put(batch, HF_LITERAL("m/replay"), hf_buf_view(&value));
        if (hf_is_ok(write_batch(registry, batch, durable))) {
            atomic_store(&registry->replay_from, from);
        }
    }
    hf_store_batch_free(batch);
}

/* ---- the loop ---- */

static struct timespec deadline_ms(int64_t monotonic_ms)
{
    return (struct timespec){.tv_sec = monotonic_ms / 1000,
                             .tv_nsec = monotonic_ms % 1000 * 1000000};
}

/* The real one, whatever clock the registry was given: pthread_cond_timedwait() waits by it. */
static int64_t now_ms(void)
{
    const struct hf_clock clock = hf_clock_system();
    return hf_clock_monotonic_ms(&clock);
}

/* Waits for work until the moment; takes all that is queued. False: closing and nothing is left. */
static bool wait_for_jobs(struct hf_registry *registry, int64_t until_ms,
                          struct hf_registry_job **ret_jobs)
{
    const struct timespec deadline = deadline_ms(until_ms);
    int timed_out = 0;
    pthread_mutex_lock(&registry->mutex);
    while (!registry->first_job && !registry->is_closing && !timed_out) {
        timed_out = pthread_cond_timedwait(&registry->wake, &registry->mutex, &deadline);
    }
    *ret_jobs = registry->first_job;
    registry->first_job = NULL;
    registry->last_job = NULL;
    registry->n_jobs = 0;
    bool goes_on = *ret_jobs || !registry->is_closing;
    pthread_mutex_unlock(&registry->mutex);
    return goes_on;
}

void *hf_registry_run(void *argument)
{
    struct hf_registry *registry = argument;
    struct hf_registry_job *jobs = NULL;
    int64_t store_at_ms = now_ms() + STORE_INTERVAL_MS;
    int64_t forget_at_ms = 0;
    int64_t sweep_at_ms = now_ms() + SWEEP_INTERVAL_MS;
    while (wait_for_jobs(registry, store_at_ms, &jobs)) {
        if (jobs) {
            hf_status written = do_jobs(registry, jobs);
            finish_jobs(registry, jobs, written);
        }
        if (now_ms() >= store_at_ms) {
            store_counts(registry, 0);
            if (now_ms() >= forget_at_ms && hf_registry_forget_some(registry)) {
                forget_at_ms = now_ms() + SWEEP_INTERVAL_MS;
            }
            store_at_ms = now_ms() + STORE_INTERVAL_MS;
        }
        if (now_ms() >= sweep_at_ms && !atomic_load(&registry->has_failed)) {
            hf_entry_map_sweep(&registry->map, hf_clock_unix_s(&registry->clock) - SWEEP_AFTER_S,
                               MAX_ENTRIES);
            sweep_at_ms = now_ms() + SWEEP_INTERVAL_MS;
        }
    }
    store_counts(registry, 1);
    return NULL;
}

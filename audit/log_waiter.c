/*
 * The workers' side of the log. A worker's entries stand in two lists: all that are not settled, in
 * order, and the youngest of these that are not published yet. Batches keep each worker's order, so
 * "settled" is one number a worker, and a poll takes that many off the front.
 *
 * Invariant: an entry is in `pending` from append until its on_settled is called, and exactly once.
 */
#include "audit/detail.h"
#include "audit/log.h"
#include "audit/log_state.h"

#include <stdlib.h>

hf_status hf_log_waiter_new(struct hf_log *log, void (*wake)(void *context), void *context,
                            struct hf_log_waiter **ret_waiter)
{
    struct hf_log_waiter *waiter = calloc(1, sizeof(*waiter));
    if (!waiter) {
        HF_FAIL(NOMEM);
    }
    waiter->log = log;
    waiter->wake = wake;
    waiter->context = context;
    pthread_mutex_lock(&log->waiters_mutex);
    bool has_room = log->n_waiters < HF_LOG_MAX_WAITERS;
    if (has_room) {
        waiter->next = log->waiters;
        log->waiters = waiter;
        log->n_waiters++;
    }
    pthread_mutex_unlock(&log->waiters_mutex);
    if (!has_room) {
        free(waiter);
        HF_FAIL(LIMIT);
    }
    *ret_waiter = waiter;
    return HF_DONE;
}

void hf_log_waiter_free(struct hf_log_waiter *waiter)
{
    if (!waiter) {
        return;
    }
    struct hf_log *log = waiter->log;
    pthread_mutex_lock(&log->waiters_mutex);
    struct hf_log_waiter **link = &log->waiters;
    while (*link != waiter) {
        link = &(*link)->next;
    }
    *link = waiter->next;
    log->n_waiters--;
    pthread_mutex_unlock(&log->waiters_mutex);
    free(waiter);
}

size_t hf_log_n_pending(const struct hf_log_waiter *waiter)
{
    return (size_t)(waiter->n_appended - waiter->n_polled);
}

hf_status hf_log_append(struct hf_log_waiter *waiter, struct hf_log_entry *entry)
{
    struct hf_log *log = waiter->log;
    if (entry->kind < HF_RECORD_ACCESS || entry->kind >= HF_N_RECORD_KINDS ||
        entry->detail.size < 2 || entry->detail.size > HF_DETAIL_MAX_BYTES ||
        (entry->with_outcome && entry->kind != HF_RECORD_ACCESS)) {
        HF_FAIL(BUG);
    }
    if (hf_log_has_failed(log) || atomic_load_explicit(&log->is_closing, memory_order_relaxed)) {
        HF_FAIL(LOG_UNAVAILABLE);
    }
    if (hf_log_n_pending(waiter) >= log->options.max_pending) {
        HF_FAIL(OVERLOADED);
    }
    entry->next_queued = NULL;
    entry->next_pending = NULL;
    entry->next_list = NULL;
    entry->waiter = waiter;
    if (waiter->pending) {
        waiter->pending_last->next_pending = entry;
    } else {
        waiter->pending = entry;
    }
    waiter->pending_last = entry;
    if (waiter->unpublished) {
        waiter->unpublished_last->next_queued = entry;
    } else {
        waiter->unpublished = entry;
    }
    waiter->unpublished_last = entry;
    waiter->n_appended++;
    return HF_DONE;
}

void hf_log_publish(struct hf_log_waiter *waiter)
{
    struct hf_log *log = waiter->log;
    struct hf_log_entry *first = waiter->unpublished;
    if (!first) {
        return;
    }
    waiter->unpublished = NULL;
    first->last_queued = waiter->unpublished_last;
    /* The log thread takes the whole stack at once, so this loop has no ABA problem. */
    struct hf_log_entry *newest = atomic_load_explicit(&log->queue, memory_order_relaxed);
    do {
        first->next_list = newest;
    } while (!atomic_compare_exchange_weak(&log->queue, &newest, first));
    hf_log_nudge(log);
}

/* Takes the oldest entry off and hands it back. */
static void settle_first(struct hf_log_waiter *waiter, hf_status status)
{
    struct hf_log_entry *entry = waiter->pending;
    waiter->pending = entry->next_pending;
    waiter->n_polled++;
    if (entry->on_settled) {
        entry->on_settled(entry, status);
    }
}

size_t hf_log_poll(struct hf_log_waiter *waiter)
{
    /* In this order: what is settled when the failure is seen is all that ever will be. */
    bool has_failed = hf_log_has_failed(waiter->log);
    uint64_t n_settled = atomic_load(&waiter->n_settled);
    size_t n = 0;
    for (; waiter->n_polled < n_settled; n++) {
        settle_first(waiter, HF_DONE);
    }
    if (has_failed) {
        waiter->unpublished = NULL;
        for (; waiter->pending; n++) {
            settle_first(waiter, hf_status_of(HF_LOG_UNAVAILABLE));
        }
    }
    return n;
}

static bool has_news(struct hf_log_waiter *waiter)
{
    return atomic_load(&waiter->n_settled) != waiter->n_polled ||
           (waiter->pending && hf_log_has_failed(waiter->log));
}

bool hf_log_sleep(struct hf_log_waiter *waiter)
{
    hf_log_publish(waiter);
    /* Set before looking again: what is settled later finds it set and wakes. */
    atomic_store(&waiter->is_asleep, true);
    if (has_news(waiter)) {
        atomic_store(&waiter->is_asleep, false);
        return false;
    }
    return true;
}

void hf_log_awake(struct hf_log_waiter *waiter)
{
    atomic_store(&waiter->is_asleep, false);
}

/* A thread that blocks until its one entry is settled. */
struct blocking {
    pthread_mutex_t mutex;
    pthread_cond_t wakeup;
    bool is_awake;
    hf_log_settled_fn *then; /* the caller's own */
    void *context;
    hf_status status;
};

static void wake_blocking(void *context)
{
    struct blocking *blocking = context;
    pthread_mutex_lock(&blocking->mutex);
    blocking->is_awake = true;
    pthread_cond_signal(&blocking->wakeup);
    pthread_mutex_unlock(&blocking->mutex);
}

static void keep_status(struct hf_log_entry *entry, hf_status status)
{
    struct blocking *blocking = entry->context;
    blocking->status = status;
}

static void block(struct hf_log_waiter *waiter, struct blocking *blocking)
{
    while (hf_log_n_pending(waiter) > 0) {
        if (hf_log_sleep(waiter)) {
            pthread_mutex_lock(&blocking->mutex);
            while (!blocking->is_awake) {
                pthread_cond_wait(&blocking->wakeup, &blocking->mutex);
            }
            blocking->is_awake = false;
            pthread_mutex_unlock(&blocking->mutex);
        }
        hf_log_poll(waiter);
    }
}

hf_status hf_log_append_wait(struct hf_log *log, struct hf_log_entry *entry)
{
    struct blocking blocking = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                .wakeup = PTHREAD_COND_INITIALIZER,
                                .then = entry->on_settled,
                                .context = entry->context,
                                .status = hf_status_of(HF_BUG)};
    struct hf_log_waiter *waiter = NULL;
    HF_TRY(hf_log_waiter_new(log, wake_blocking, &blocking, &waiter));
    entry->on_settled = keep_status;
    entry->context = &blocking;
    hf_status status = hf_log_append(waiter, entry);
    if (hf_is_ok(status)) {
        block(waiter, &blocking);
        status = blocking.status;
    }
    hf_log_waiter_free(waiter);
    entry->on_settled = blocking.then;
    entry->context = blocking.context;
    return status;
}

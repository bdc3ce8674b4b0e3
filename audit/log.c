/*
 * The log thread. It takes all that was published, writes it as one batch, tells the waiters, and
 * begins again; the batches grow by themselves while a sync is under way, so there is no timer.
 * In between it signs a checkpoint, at most one an interval.
 *
 * Invariant W: a batch is begun only after the one before is synced. The durable size is published
 * only behind the sync, and a waiter is told only behind the durable size. On the first error the
 * thread says so, touches no entry and no file any more, and ends.
 */
#include "audit/log.h"

#include "audit/log_state.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* Entries that the log thread has taken and not written, by next_queued. */
struct backlog {
    struct hf_log_entry *first;
    struct hf_log_entry *last; /* where there is a first */
};

/* Takes all published lists and appends them, oldest first, to those left of the last batch: a walk
 * over lists, not over their entries, which are cold until their turn comes. */
static void take_queue(struct hf_log *log, struct backlog *backlog)
{
    struct hf_log_entry *newest = atomic_exchange_explicit(&log->queue, NULL, memory_order_acquire);
    struct hf_log_entry *oldest = NULL;
    while (newest) {
        struct hf_log_entry *older = newest->next_list;
        newest->next_list = oldest;
        oldest = newest;
        newest = older;
    }
    for (; oldest; oldest = oldest->next_list) {
        if (backlog->first) {
            backlog->last->next_queued = oldest;
        } else {
            backlog->first = oldest;
        }
        backlog->last = oldest->last_queued;
    }
}

/* Notes the new segment for readers, before any record in it is durable. */
static hf_status note_segment(struct hf_log *log)
{
    pthread_mutex_lock(&log->reading_mutex);
    uint64_t *segments = reallocarray(log->segments, log->n_segments + 1, sizeof(*log->segments));
    if (segments) {
        log->segments = segments;
        log->segments[log->n_segments++] = log->writer.segment.header.first_index;
    }
    pthread_mutex_unlock(&log->reading_mutex);
    return segments ? HF_DONE : hf_status_of(HF_NOMEM);
}

/*
 * Tells the owners of the batch's entries, which were counted as they were written. Behind the
 * store to n_settled an entry is its worker's again and may be gone: none is looked at here.
 */
static void settle(struct hf_log *log)
{
    pthread_mutex_lock(&log->waiters_mutex); /* a waiter is not freed while it is being told */
    for (struct hf_log_waiter *waiter = log->waiters; waiter; waiter = waiter->next) {
        if (waiter->n_in_batch == 0) {
            continue;
        }
        atomic_fetch_add(&waiter->n_settled, waiter->n_in_batch);
        waiter->n_in_batch = 0;
        if (atomic_exchange(&waiter->is_asleep, false)) {
            waiter->wake(waiter->context);
        }
    }
    pthread_mutex_unlock(&log->waiters_mutex);
}

/* Writes one entry into the batch, while the next one comes into the cache: with 160 in a batch
 * each was written by its worker long ago. */
static hf_status write_entry(struct hf_log *log, struct hf_log_entry *entry)
{
    if (entry->next_queued) {
        __builtin_prefetch(entry->next_queued->detail.data);
        __builtin_prefetch(entry->next_queued->next_queued);
    }
    HF_TRY(hf_log_writer_add(&log->writer, entry));
    if (entry->waiter) { /* the log's own `recover` record has none */
        entry->waiter->n_in_batch++;
    }
    return HF_DONE;
}

hf_status hf_log_write_batch(struct hf_log *log, struct hf_log_entry **list)
{
    struct hf_log_entry *entry = *list;
    bool is_new_segment = false;
    HF_TRY(hf_log_writer_begin(&log->writer, &is_new_segment));
    if (is_new_segment) {
        HF_TRY(note_segment(log));
    }
    while (entry && !hf_log_writer_is_full(&log->writer)) {
        HF_TRY(write_entry(log, entry));
        entry = entry->next_queued;
    }
    HF_TRY(hf_log_writer_commit(&log->writer));
    *list = entry;
    atomic_store(&log->durable_size, log->writer.state.tree.size);
    settle(log);
    return HF_DONE;
}

hf_status hf_log_sign(struct hf_log *log)
{
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(log->checkpoint.limit_bytes);
    HF_TRY(hf_log_writer_checkpoint(&log->writer, &note));
    pthread_mutex_lock(&log->reading_mutex);
    hf_buf old = log->checkpoint;
    log->checkpoint = note;
    log->head = log->writer.signed_head;
    pthread_mutex_unlock(&log->reading_mutex);
    note = old;
    log->next_checkpoint_ms =
        hf_clock_monotonic_ms(&log->options.clock) + log->options.checkpoint_interval_ms;
    return HF_DONE;
}

void hf_log_fail(struct hf_log *log, hf_status status)
{
    atomic_store(&log->has_failed, true);
    pthread_mutex_lock(&log->waiters_mutex);
    for (struct hf_log_waiter *waiter = log->waiters; waiter; waiter = waiter->next) {
        if (atomic_exchange(&waiter->is_asleep, false)) {
            waiter->wake(waiter->context);
        }
    }
    pthread_mutex_unlock(&log->waiters_mutex);
    if (log->options.on_failed) {
        const char *detail =
            log->writer.fault[0] ? log->writer.fault : hf_code_info(status.code)->sentence;
        log->options.on_failed(log->options.context, status, detail);
    }
}

static bool is_unsigned(const struct hf_log *log)
{
    return log->writer.state.tree.size > log->writer.signed_head.size;
}

/* Milliseconds until a checkpoint is due; negative: none will be. */
static int64_t until_checkpoint(const struct hf_log *log)
{
    if (!is_unsigned(log)) {
        return -1;
    }
    int64_t left = log->next_checkpoint_ms - hf_clock_monotonic_ms(&log->options.clock);
    return left > 0 ? left : 0;
}

void hf_log_nudge(struct hf_log *log)
{
    if (atomic_exchange(&log->is_asleep, false)) {
        const uint64_t one = 1;
        /* It cannot fail but for a full counter, and then the thread is awake already. */
        ssize_t n = write(log->wakeup_fd, &one, sizeof(one));
        (void)n;
    }
}

/* Blocks until something is published, the log closes, or @timeout_ms (negative: for ever). */
static void wait_for_work(struct hf_log *log, int64_t timeout_ms)
{
    uint64_t count;
    struct pollfd wakeup = {.fd = log->wakeup_fd, .events = POLLIN};
    /* Set before the queue is looked at again: a publisher that comes later sees it and nudges. */
    atomic_store(&log->is_asleep, true);
    if (!atomic_load(&log->queue) && !atomic_load(&log->is_closing)) {
        poll(&wakeup, 1, timeout_ms < 0 ? -1 : (int)timeout_ms);
    }
    atomic_store(&log->is_asleep, false);
    ssize_t n = read(log->wakeup_fd, &count, sizeof(count)); /* empties it; mostly empty already */
    (void)n;
}

/* One turn: write what there is, sign if it is time. Sets @ret_is_over when the log is closing. */
static hf_status turn(struct hf_log *log, struct backlog *backlog, bool *ret_is_over)
{
    *ret_is_over = false;
    take_queue(log, backlog);
    if (backlog->first) {
        HF_TRY(hf_log_write_batch(log, &backlog->first));
    }
    if (until_checkpoint(log) == 0) {
        HF_TRY(hf_log_sign(log));
    }
    if (!backlog->first && !atomic_load(&log->queue)) {
        if (atomic_load(&log->is_closing)) {
            *ret_is_over = true;
            return HF_DONE;
        }
        wait_for_work(log, until_checkpoint(log));
    }
    return HF_DONE;
}

static hf_status finish(struct hf_log *log)
{
    if (is_unsigned(log)) {
        HF_TRY(hf_log_sign(log));
    }
    return hf_log_writer_seal(&log->writer, HF_SEAL_CLOSED);
}

void *hf_log_run(void *context)
{
    struct hf_log *log = context;
    struct backlog backlog = {.first = NULL};
    bool is_over = false;
    hf_status status = HF_DONE;
    while (hf_is_ok(status) && !is_over) {
        status = turn(log, &backlog, &is_over);
    }
    if (hf_is_ok(status)) {
        status = finish(log);
    }
    if (!hf_is_ok(status)) {
        hf_log_fail(log, status);
    }
    return NULL;
}

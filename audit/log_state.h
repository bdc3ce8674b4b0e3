/*
 * Inside the log: what log.c (the thread), log_open.c (start and end), log_waiter.c (the workers'
 * side) and log_read.c (readers) share. Nobody else includes this.
 *
 * Who touches what:
 *   writer, unsigned_since    the log thread, and hf_log_open()/hf_log_close() when it does not run
 *   queue, is_asleep          publishers and the log thread, by atomics
 *   checkpoint, head, segments  under reading_mutex
 *   waiters                   under waiters_mutex
 */
#pragma once

#include "audit/log.h"
#include "audit/writer.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

struct hf_log {
    struct hf_log_options options; /* defaults filled in */
    char folder[PATH_MAX];
    char origin[HF_LOG_ORIGIN_MAX_BYTES + 1];
    int lock_fd;
    struct hf_log_recovery recovery;
    struct hf_tree_store *store;

    struct hf_log_writer writer;
    int64_t next_checkpoint_ms; /* monotonic */

    _Atomic(struct hf_log_entry *) queue; /* published lists, newest first, by next_list */
    atomic_bool is_asleep;                /* the log thread waits at wakeup_fd */
    atomic_bool is_closing;
    atomic_bool has_failed;
    atomic_uint_least64_t durable_size;
    pthread_t thread;
    bool has_thread;
    int wakeup_fd; /* eventfd */

    pthread_mutex_t waiters_mutex;
    struct hf_log_waiter *waiters;
    size_t n_waiters;

    pthread_mutex_t reading_mutex;
    hf_buf checkpoint;
    struct hf_tree_head head; /* of `checkpoint` */
    uint64_t *segments;       /* first indexes */
    size_t n_segments;
};

struct hf_log_waiter {
    struct hf_log *log;
    struct hf_log_waiter *next;
    void (*wake)(void *context);
    void *context;

    /* the worker's own */
    struct hf_log_entry *pending; /* not settled, oldest first, by next_pending */
    struct hf_log_entry *pending_last;
    struct hf_log_entry *unpublished; /* by next_queued */
    struct hf_log_entry *unpublished_last;
    uint64_t n_appended;
    uint64_t n_polled;

    /* shared */
    atomic_uint_least64_t n_settled; /* written by the log thread */
    atomic_bool is_asleep;

    /* the log thread's own, within one batch */
    uint64_t n_in_batch;
};

/* The log thread. */
void *hf_log_run(void *log);

/* Wakes the log thread if it sleeps. */
void hf_log_nudge(struct hf_log *log);

/* Log thread: something could not be written. Nothing is written after this. */
void hf_log_fail(struct hf_log *log, hf_status status);

/* Log thread, or before it runs: signs a checkpoint and shows it to readers. */
hf_status hf_log_sign(struct hf_log *log);

/* Log thread, or before it runs: one batch of the entries at *@list; takes them off. */
hf_status hf_log_write_batch(struct hf_log *log, struct hf_log_entry **list);

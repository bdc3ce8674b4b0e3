/*
 * The event loop of one worker: sockets, timers, work put off to the end of a turn, wakes from
 * other threads. One thread runs it; only hf_loop_wake() may be called by others.
 *
 * A turn is: due timers, sockets that are ready, the wake callback, then the end of the turn:
 * publish hook, deferred jobs (connections flush here, once each) until none is left, publish hook
 * again; then sleep. Whatever is queued during a turn leaves the process in that turn.
 */
#pragma once

#include "base/blocks.h"
#include "base/buf.h"
#include "base/pool.h"
#include "base/status.h"
#include "gateway/timers.h"

#include <stdbool.h>
#include <stdint.h>

struct hf_loop;

/* @ret_loop: caller owns, hf_loop_free(). Errors: NOMEM, IO. */
hf_status hf_loop_new(struct hf_loop **ret_loop);

/* Everything opened on it must have been closed before. NULL is fine. */
void hf_loop_free(struct hf_loop *loop);

/* Turns until hf_loop_stop(). May be called again afterwards. */
void hf_loop_run(struct hf_loop *loop);

/* Ends hf_loop_run() after the present turn. From the loop's own thread only. */
void hf_loop_stop(struct hf_loop *loop);

/* A number that each turn has for itself: what is read once a turn is kept beside it. */
uint64_t hf_loop_turn(const struct hf_loop *loop);

/* Monotonic milliseconds, read once a turn. */
uint64_t hf_loop_now_ms(const struct hf_loop *loop);

/* --- sockets ------------------------------------------------------------------------------- */

enum { HF_IO_READ = 1, HF_IO_WRITE = 2 };

struct hf_io; /* a watched descriptor; level-triggered */

struct hf_io_watch {
    int fd;          /* borrowed: the caller closes it, after hf_io_close() */
    unsigned events; /* HF_IO_READ | HF_IO_WRITE, may be 0 */
    /* Called with the events that are ready; errors and hang-ups show as both, so that the
     * following read or write finds them. */
    void (*on_ready)(void *context, unsigned events);
    void *context;
};

/**
 * hf_io_open() - watch a descriptor
 * @wanted: copied
 *
 * Errors: NOMEM, IO.
 */
hf_status hf_io_open(struct hf_loop *loop, const struct hf_io_watch *wanted, struct hf_io **ret_io);
void hf_io_set(struct hf_io *io, unsigned events); /* cheap when nothing changes */
void hf_io_close(struct hf_io *io);                /* no callback after this; NULL is fine */

/* --- timers -------------------------------------------------------------------------------- */

void hf_loop_timer_start(struct hf_loop *loop, struct hf_timer *timer, uint64_t delay_ms);
void hf_loop_timer_stop(struct hf_loop *loop, struct hf_timer *timer);

/* --- the end of the turn ------------------------------------------------------------------- */

struct hf_job {
    void (*run)(void *context);
    void *context;
    /* private to loop.c */
    struct hf_job *next;
    struct hf_job *prev;
    bool queued;
};

static inline struct hf_job hf_job_init(void (*run)(void *context), void *context)
{
    return (struct hf_job){.run = run, .context = context};
}

/* Queues @job for the end of this turn; once, however often it is asked for. */
void hf_loop_defer(struct hf_loop *loop, struct hf_job *job);
void hf_loop_undefer(struct hf_loop *loop, struct hf_job *job);

/* Called at the end of each turn, before and after the deferred jobs: log records queued during the
 * turn are handed to the log thread here, in one push. NULL takes it away. */
void hf_loop_on_publish(struct hf_loop *loop, void (*publish)(void *context), void *context);

/* --- other threads ------------------------------------------------------------------------- */

/* Called on the loop's thread in the turn after one or more hf_loop_wake(). */
void hf_loop_on_wake(struct hf_loop *loop, void (*on_wake)(void *context), void *context);

/**
 * hf_loop_wake() - make the loop call its wake callback; any thread
 *
 * What was stored before this call is seen by the callback. Cost: one atomic exchange; a system
 * call only when the loop sleeps. Async-signal-safe: no.
 */
void hf_loop_wake(struct hf_loop *loop);

/* --- scratch ------------------------------------------------------------------------------- */

/* A buffer that the loop's connections pass on to each other; freed with the loop. */
hf_buf *hf_loop_spare(struct hf_loop *loop);

/* Memory at rest for the buffers of answers; freed with the loop. */
struct hf_buf_pool *hf_loop_spare_bufs(struct hf_loop *loop);

/* Memory at rest for the small objects of HTTP/2 sessions; freed with the loop. */
struct hf_blocks *hf_loop_spare_blocks(struct hf_loop *loop);

/* --- signals ------------------------------------------------------------------------------- */

/* Calls @on_signal on the loop's thread. Lives as long as the loop. Errors: IO, LIMIT
 * (more than 8). */
hf_status hf_loop_on_signal(struct hf_loop *loop, int signum,
                            void (*on_signal)(void *context, int signum), void *context);

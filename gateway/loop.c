/*
 * The only file that knows libuv. It decides the order of a turn and hides the handles, whose
 * closing libuv finishes a turn later: what is closed here never calls back.
 *
 * The end of the turn runs in libuv's prepare phase, which comes after timers and just before the
 * wait for events: whatever a turn queued has left before the loop sleeps. Timers are ours (a heap
 * without allocation) behind one uv timer that is armed for the earliest.
 *
 * Waking: a worker announces that it is about to sleep and then looks at the request flag; a waker
 * sets the flag and then looks whether the worker sleeps. Both are sequentially consistent, so one
 * of them sees the other, and the descriptor is written only when the worker may sleep.
 */
#include "gateway/loop.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

enum { MAX_SIGNALS = 8 };

struct signal_watch {
    uv_signal_t handle;
    void (*on_signal)(void *context, int signum);
    void *context;
};

struct hf_loop {
    uv_loop_t uv;
    uv_prepare_t end_of_turn;
    uv_check_t begin_of_turn;
    uv_timer_t timer;
    uv_async_t async;
    struct hf_timers timers;
    uint64_t turn;
    uint64_t armed_for_ms; /* 0: the uv timer rests */
    struct hf_job *first_job;
    struct hf_job *last_job;
    void (*publish)(void *context);
    void *publish_context;
    void (*on_wake)(void *context);
    void *wake_context;
    atomic_bool wake_requested;
    atomic_bool sleeping;
    struct signal_watch signals[MAX_SIGNALS];
    unsigned n_signals;
    hf_buf spare;
    struct hf_buf_pool spare_bufs;
    struct hf_blocks spare_blocks;
};

struct hf_io {
    uv_poll_t poll;
    unsigned events;
    void (*on_ready)(void *context, unsigned events);
    void *context;
};

static void fire_due_timers(uv_timer_t *handle)
{
    struct hf_loop *loop = handle->data;
    uint64_t now_ms = uv_now(&loop->uv);
    loop->armed_for_ms = 0;
    struct hf_timer *timer;
    while ((timer = hf_timers_take_due(&loop->timers, now_ms)) != NULL) {
        timer->fire(timer->context);
    }
}

static void arm_timer(struct hf_loop *loop)
{
    const struct hf_timer *earliest = loop->timers.root;
    if (!earliest) {
        return; /* an armed uv timer finds nothing due; that is cheaper than stopping it */
    }
    if (loop->armed_for_ms != 0 && loop->armed_for_ms <= earliest->deadline_ms) {
        return;
    }
    uint64_t now_ms = uv_now(&loop->uv);
    uint64_t delay_ms = earliest->deadline_ms > now_ms ? earliest->deadline_ms - now_ms : 0;
    loop->armed_for_ms = now_ms + delay_ms;
    uv_timer_start(&loop->timer, fire_due_timers, delay_ms, 0);
}

static void publish(struct hf_loop *loop)
{
    if (loop->publish) {
        loop->publish(loop->publish_context);
    }
}

static void run_jobs(struct hf_loop *loop)
{
    while (loop->first_job) {
        struct hf_job *job = loop->first_job;
        hf_loop_undefer(loop, job);
        job->run(job->context);
    }
}

/* Whatever the turn queued leaves here. */
static void settle(struct hf_loop *loop)
{
    publish(loop);
    run_jobs(loop);
    publish(loop);
}

static bool take_wake(struct hf_loop *loop)
{
    if (!atomic_load(&loop->wake_requested)) {
        return false;
    }
    atomic_store(&loop->sleeping, false);
    atomic_store(&loop->wake_requested, false);
    if (loop->on_wake) {
        loop->on_wake(loop->wake_context);
    }
    return true;
}

static void end_turn(uv_prepare_t *handle)
{
    struct hf_loop *loop = handle->data;
    settle(loop);
    atomic_store(&loop->sleeping, true);
    if (take_wake(loop)) { /* asked while we worked: no need to sleep and be woken for it */
        settle(loop);
        atomic_store(&loop->sleeping, true);
        if (atomic_load(&loop->wake_requested)) {
            uv_async_send(&loop->async);
        }
    }
    arm_timer(loop);
    loop->turn++; /* whatever runs next runs after a sleep */
}

static void begin_turn(uv_check_t *handle)
{
    struct hf_loop *loop = handle->data;
    atomic_store(&loop->sleeping, false);
    take_wake(loop);
}

static void woken(uv_async_t *handle)
{
    (void)handle; /* begin_turn() does the work, once a turn */
}

static void start_handles(struct hf_loop *loop)
{
    uv_prepare_init(&loop->uv, &loop->end_of_turn);
    uv_check_init(&loop->uv, &loop->begin_of_turn);
    uv_timer_init(&loop->uv, &loop->timer);
    loop->end_of_turn.data = loop->begin_of_turn.data = loop->timer.data = loop;
    loop->turn = 1;
    uv_prepare_start(&loop->end_of_turn, end_turn);
    uv_check_start(&loop->begin_of_turn, begin_turn);
}

hf_status hf_loop_new(struct hf_loop **ret_loop)
{
    struct hf_loop *loop = calloc(1, sizeof *loop);
    if (!loop) {
        HF_FAIL(NOMEM);
    }
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        HF_FAIL(IO);
    }
    if (uv_async_init(&loop->uv, &loop->async, woken) != 0) {
        uv_loop_close(&loop->uv);
        free(loop);
        HF_FAIL(IO);
    }
    start_handles(loop);
    *ret_loop = loop;
    return HF_DONE;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void hf_loop_free(struct hf_loop *loop)
{
    if (!loop) {
        return;
    }
    run_jobs(loop); /* what was closed in the last turn may still free itself */
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    hf_buf_clear(&loop->spare);
    hf_buf_pool_clear(&loop->spare_bufs);
    hf_blocks_clear(&loop->spare_blocks);
    free(loop);
}

void hf_loop_run(struct hf_loop *loop)
{
    uv_update_time(&loop->uv);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    settle(loop);
}

void hf_loop_stop(struct hf_loop *loop)
{
    uv_stop(&loop->uv);
}

uint64_t hf_loop_turn(const struct hf_loop *loop)
{
    return loop->turn;
}

uint64_t hf_loop_now_ms(const struct hf_loop *loop)
{
    return uv_now(&loop->uv);
}

/* --- sockets ------------------------------------------------------------------------------- */

static void io_ready(uv_poll_t *handle, int status, int events)
{
    struct hf_io *io = handle->data;
    unsigned ready = 0;
    if (status < 0) {
        ready = HF_IO_READ | HF_IO_WRITE;
    } else {
        ready |= events & UV_READABLE ? HF_IO_READ : 0U;
        ready |= events & UV_WRITABLE ? HF_IO_WRITE : 0U;
    }
    io->on_ready(io->context, ready);
}

static void watch(struct hf_io *io)
{
    int events =
        (io->events & HF_IO_READ ? UV_READABLE : 0) | (io->events & HF_IO_WRITE ? UV_WRITABLE : 0);
    if (events) {
        uv_poll_start(&io->poll, events, io_ready);
    } else {
        uv_poll_stop(&io->poll);
    }
}

hf_status hf_io_open(struct hf_loop *loop, const struct hf_io_watch *wanted, struct hf_io **ret_io)
{
    struct hf_io *io = calloc(1, sizeof *io);
    if (!io) {
        HF_FAIL(NOMEM);
    }
    if (uv_poll_init(&loop->uv, &io->poll, wanted->fd) != 0) {
        free(io);
        HF_FAIL(IO);
    }
    io->poll.data = io;
    io->events = wanted->events;
    io->on_ready = wanted->on_ready;
    io->context = wanted->context;
    watch(io);
    *ret_io = io;
    return HF_DONE;
}

void hf_io_set(struct hf_io *io, unsigned events)
{
    if (io->events != events) {
        io->events = events;
        watch(io);
    }
}

static void free_io(uv_handle_t *handle)
{
    free(handle->data);
}

void hf_io_close(struct hf_io *io)
{
    if (io) {
        uv_poll_stop(&io->poll);
        uv_close((uv_handle_t *)&io->poll, free_io);
    }
}

/* --- timers -------------------------------------------------------------------------------- */

void hf_loop_timer_start(struct hf_loop *loop, struct hf_timer *timer, uint64_t delay_ms)
{
    hf_timers_start(&loop->timers, timer, uv_now(&loop->uv) + delay_ms);
}

void hf_loop_timer_stop(struct hf_loop *loop, struct hf_timer *timer)
{
    hf_timers_stop(&loop->timers, timer);
}

/* --- the end of the turn ------------------------------------------------------------------- */

void hf_loop_defer(struct hf_loop *loop, struct hf_job *job)
{
    if (job->queued) {
        return;
    }
    job->queued = true;
    job->next = NULL;
    job->prev = loop->last_job;
    if (loop->last_job) {
        loop->last_job->next = job;
    } else {
        loop->first_job = job;
    }
    loop->last_job = job;
}

void hf_loop_undefer(struct hf_loop *loop, struct hf_job *job)
{
    if (!job->queued) {
        return;
    }
    job->queued = false;
    if (job->prev) {
        job->prev->next = job->next;
    } else {
        loop->first_job = job->next;
    }
    if (job->next) {
        job->next->prev = job->prev;
    } else {
        loop->last_job = job->prev;
    }
}

void hf_loop_on_publish(struct hf_loop *loop, void (*publish_fn)(void *context), void *context)
{
    loop->publish = publish_fn;
    loop->publish_context = context;
}

/* --- other threads ------------------------------------------------------------------------- */

void hf_loop_on_wake(struct hf_loop *loop, void (*on_wake)(void *context), void *context)
{
    loop->on_wake = on_wake;
    loop->wake_context = context;
}

void hf_loop_wake(struct hf_loop *loop)
{
    if (!atomic_exchange(&loop->wake_requested, true) && atomic_load(&loop->sleeping)) {
        uv_async_send(&loop->async);
    }
}

hf_buf *hf_loop_spare(struct hf_loop *loop)
{
    return &loop->spare;
}

struct hf_buf_pool *hf_loop_spare_bufs(struct hf_loop *loop)
{
    return &loop->spare_bufs;
}

struct hf_blocks *hf_loop_spare_blocks(struct hf_loop *loop)
{
    return &loop->spare_blocks;
}

/* --- signals ------------------------------------------------------------------------------- */

static void signalled(uv_signal_t *handle, int signum)
{
    const struct signal_watch *entry = handle->data;
    entry->on_signal(entry->context, signum);
}

hf_status hf_loop_on_signal(struct hf_loop *loop, int signum,
                            void (*on_signal)(void *context, int signum), void *context)
{
    if (loop->n_signals == MAX_SIGNALS) {
        HF_FAIL(LIMIT);
    }
    struct signal_watch *entry = &loop->signals[loop->n_signals];
    if (uv_signal_init(&loop->uv, &entry->handle) != 0) {
        HF_FAIL(IO);
    }
    loop->n_signals++;
    entry->on_signal = on_signal;
    entry->context = context;
    entry->handle.data = entry;
    if (uv_signal_start(&entry->handle, signalled, signum) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

#include "gateway/loop.h"

#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

struct diary {
    struct hf_loop *loop;
    char text[64];
    struct hf_job job;
    struct hf_job other;
    struct hf_timer timer;
    unsigned n;
};

static void note(struct diary *diary, char what)
{
    size_t size = strlen(diary->text);
    if (size + 1 < sizeof diary->text) {
        diary->text[size] = what;
    }
}

static void stop(void *context)
{
    struct diary *diary = context;
    hf_loop_stop(diary->loop);
}

static void stop_soon(struct diary *diary, uint64_t ms)
{
    diary->timer = hf_timer_init(stop, diary);
    hf_loop_timer_start(diary->loop, &diary->timer, ms);
}

static void run_job(void *context)
{
    note(context, 'j');
}

static void run_other(void *context)
{
    note(context, 'o');
}

static void queue_other(void *context)
{
    struct diary *diary = context;
    note(diary, 'j');
    hf_loop_defer(diary->loop, &diary->other);
}

static void publish(void *context)
{
    note(context, 'p');
}

static void a_job_runs_once_a_turn_between_two_publishings(void **state)
{
    (void)state;
    struct diary diary = {0};
    assert_ok(hf_loop_new(&diary.loop));
    diary.job = hf_job_init(queue_other, &diary);
    diary.other = hf_job_init(run_other, &diary);
    hf_loop_on_publish(diary.loop, publish, &diary);
    hf_loop_defer(diary.loop, &diary.job);
    hf_loop_defer(diary.loop, &diary.job);
    hf_loop_stop(diary.loop);
    hf_loop_run(diary.loop);
    assert_int_equal(strncmp(diary.text, "pjop", 4), 0);
    assert_null(strchr(diary.text + 4, 'j'));
    hf_loop_free(diary.loop);
}

static void a_job_can_be_taken_back(void **state)
{
    (void)state;
    struct diary diary = {0};
    assert_ok(hf_loop_new(&diary.loop));
    diary.job = hf_job_init(run_job, &diary);
    diary.other = hf_job_init(run_other, &diary);
    hf_loop_defer(diary.loop, &diary.job);
    hf_loop_defer(diary.loop, &diary.other);
    hf_loop_undefer(diary.loop, &diary.job);
    hf_loop_undefer(diary.loop, &diary.job);
    hf_loop_stop(diary.loop);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "o");
    hf_loop_free(diary.loop);
}

static void timers_fire_in_order_and_not_when_stopped(void **state)
{
    (void)state;
    struct diary diary = {0};
    assert_ok(hf_loop_new(&diary.loop));
    struct hf_timer first = hf_timer_init(run_job, &diary);
    struct hf_timer second = hf_timer_init(run_other, &diary);
    struct hf_timer stopped = hf_timer_init(run_job, &diary);
    hf_loop_timer_start(diary.loop, &second, 10);
    hf_loop_timer_start(diary.loop, &first, 2);
    hf_loop_timer_start(diary.loop, &stopped, 5);
    hf_loop_timer_stop(diary.loop, &stopped);
    stop_soon(&diary, 20);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "jo");
    hf_loop_free(diary.loop);
}

struct turns {
    struct hf_loop *loop;
    struct hf_job job;
    struct hf_timer timer;
    uint64_t of_timer;
    uint64_t of_job;
};

static void note_job_turn(void *context)
{
    struct turns *turns = context;
    turns->of_job = hf_loop_turn(turns->loop);
}

static void note_timer_turn(void *context)
{
    struct turns *turns = context;
    turns->of_timer = hf_loop_turn(turns->loop);
    hf_loop_defer(turns->loop, &turns->job);
    hf_loop_stop(turns->loop);
}

static void each_turn_has_its_own_number(void **state)
{
    (void)state;
    struct turns turns = {.of_timer = 0};
    assert_ok(hf_loop_new(&turns.loop));
    turns.job = hf_job_init(note_job_turn, &turns);
    turns.timer = hf_timer_init(note_timer_turn, &turns);
    uint64_t before = hf_loop_turn(turns.loop);
    assert_int_not_equal(before, 0);
    hf_loop_timer_start(turns.loop, &turns.timer, 2);
    hf_loop_run(turns.loop);
    assert_true(turns.of_timer > before); /* it slept in between */
    assert_int_equal(turns.of_job, turns.of_timer);
    hf_loop_free(turns.loop);
}

static void on_ready(void *context, unsigned events)
{
    struct diary *diary = context;
    note(diary, events & HF_IO_READ ? 'r' : 'w');
    hf_loop_stop(diary->loop);
}

static void a_descriptor_is_watched_until_it_is_closed(void **state)
{
    (void)state;
    struct diary diary = {0};
    int fds[2];
    struct hf_io *io = NULL;
    assert_int_equal(pipe(fds), 0);
    assert_ok(hf_loop_new(&diary.loop));
    const struct hf_io_watch watch = {
        .fd = fds[0], .events = HF_IO_READ, .on_ready = on_ready, .context = &diary};
    assert_ok(hf_io_open(diary.loop, &watch, &io));
    assert_int_equal(write(fds[1], "x", 1), 1);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "r");
    hf_io_set(io, 0);
    stop_soon(&diary, 5);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "r");
    hf_io_close(io);
    hf_io_close(NULL);
    stop_soon(&diary, 5);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "r");
    hf_loop_free(diary.loop);
    close(fds[0]);
    close(fds[1]);
}

static void what_cannot_be_watched_is_refused(void **state)
{
    (void)state;
    struct diary diary = {0};
    struct hf_io *io = NULL;
    assert_ok(hf_loop_new(&diary.loop));
    const struct hf_io_watch watch = {.fd = -1, .on_ready = on_ready, .context = &diary};
    assert_code(hf_io_open(diary.loop, &watch, &io), IO);
    assert_null(io);
    hf_loop_free(diary.loop);
}

struct waker {
    struct hf_loop *loop;
    atomic_uint n_sent;
    unsigned n_seen;
};

enum { N_WAKES = 20000 };

static void *wake_often(void *context)
{
    struct waker *waker = context;
    for (unsigned i = 0; i < N_WAKES; i++) {
        atomic_fetch_add(&waker->n_sent, 1);
        hf_loop_wake(waker->loop);
        if (i % 64 == 0) {
            usleep(10);
        }
    }
    return NULL;
}

static void on_wake(void *context)
{
    struct waker *waker = context;
    waker->n_seen = atomic_load(&waker->n_sent);
    if (waker->n_seen == N_WAKES) {
        hf_loop_stop(waker->loop);
    }
}

/* Were one wake lost, the loop would sleep for ever: the test would time out. */
static void no_wake_of_another_thread_is_lost(void **state)
{
    (void)state;
    struct waker waker = {0};
    pthread_t thread;
    assert_ok(hf_loop_new(&waker.loop));
    hf_loop_on_wake(waker.loop, on_wake, &waker);
    assert_int_equal(pthread_create(&thread, NULL, wake_often, &waker), 0);
    hf_loop_run(waker.loop);
    pthread_join(thread, NULL);
    assert_int_equal(waker.n_seen, N_WAKES);
    hf_loop_free(waker.loop);
}

static void on_signal(void *context, int signum)
{
    struct diary *diary = context;
    note(diary, signum == SIGUSR1 ? 's' : '?');
    hf_loop_stop(diary->loop);
}

static void a_signal_is_told_on_the_loops_thread(void **state)
{
    (void)state;
    struct diary diary = {0};
    assert_ok(hf_loop_new(&diary.loop));
    assert_ok(hf_loop_on_signal(diary.loop, SIGUSR1, on_signal, &diary));
    assert_int_equal(raise(SIGUSR1), 0);
    hf_loop_run(diary.loop);
    assert_string_equal(diary.text, "s");
    hf_loop_free(diary.loop);
}

static void a_loop_watches_eight_signals_at_most(void **state)
{
    (void)state;
    struct diary diary = {0};
    assert_ok(hf_loop_new(&diary.loop));
    assert_code(hf_loop_on_signal(diary.loop, SIGKILL, on_signal, &diary), IO);
    for (int i = 0; i < 7; i++) {
        assert_ok(hf_loop_on_signal(diary.loop, SIGUSR2, on_signal, &diary));
    }
    assert_code(hf_loop_on_signal(diary.loop, SIGUSR2, on_signal, &diary), LIMIT);
    hf_loop_free(diary.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_once_a_turn_between_two_publishings),
        cmocka_unit_test(a_job_can_be_taken_back),
        cmocka_unit_test(timers_fire_in_order_and_not_when_stopped),
        cmocka_unit_test(each_turn_has_its_own_number),
        cmocka_unit_test(a_descriptor_is_watched_until_it_is_closed),
        cmocka_unit_test(what_cannot_be_watched_is_refused),
        cmocka_unit_test(no_wake_of_another_thread_is_lost),
        cmocka_unit_test(a_signal_is_told_on_the_loops_thread),
        cmocka_unit_test(a_loop_watches_eight_signals_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

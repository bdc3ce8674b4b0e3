#include "gateway/timers.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

enum { N = 500 };

static void nothing(void *context)
{
    (void)context;
}

static void timers_come_out_by_deadline(void **state)
{
    (void)state;
    struct hf_timers timers = {0};
    struct hf_timer all[N];
    for (unsigned i = 0; i < N; i++) {
        all[i] = hf_timer_init(nothing, NULL);
        hf_timers_start(&timers, &all[i], (i * 7919) % 1000);
    }
    uint64_t last_ms = 0;
    for (unsigned i = 0; i < N; i++) {
        const struct hf_timer *timer = hf_timers_take_due(&timers, 1000);
        assert_non_null(timer);
        assert_true(timer->deadline_ms >= last_ms);
        assert_false(timer->running);
        last_ms = timer->deadline_ms;
    }
    assert_null(hf_timers_take_due(&timers, UINT64_MAX));
}

static void nothing_is_due_early(void **state)
{
    (void)state;
    struct hf_timers timers = {0};
    struct hf_timer timer = hf_timer_init(nothing, NULL);
    hf_timers_start(&timers, &timer, 100);
    assert_null(hf_timers_take_due(&timers, 99));
    assert_ptr_equal(hf_timers_take_due(&timers, 100), &timer);
}

static void starting_again_moves(void **state)
{
    (void)state;
    struct hf_timers timers = {0};
    struct hf_timer a = hf_timer_init(nothing, NULL);
    struct hf_timer b = hf_timer_init(nothing, NULL);
    hf_timers_start(&timers, &a, 10);
    hf_timers_start(&timers, &b, 20);
    hf_timers_start(&timers, &a, 30);
    assert_ptr_equal(hf_timers_take_due(&timers, 25), &b);
    assert_null(hf_timers_take_due(&timers, 25));
    assert_ptr_equal(hf_timers_take_due(&timers, 30), &a);
}

/* Against a plain array: the heap never loses, doubles or misorders a timer. */
static void random_starts_and_stops_agree_with_an_array(void **state)
{
    (void)state;
    struct hf_timers timers = {0};
    struct hf_timer all[N];
    uint32_t seed = 12345;
    for (unsigned i = 0; i < N; i++) {
        all[i] = hf_timer_init(nothing, NULL);
    }
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        struct hf_timer *timer = &all[(seed >> 8) % N];
        if (seed >> 31) {
            hf_timers_stop(&timers, timer);
        } else {
            hf_timers_start(&timers, timer, (seed >> 16) % 5000);
        }
        uint64_t earliest_ms = UINT64_MAX;
        for (unsigned i = 0; step % 97 == 0 && i < N; i++) {
            if (all[i].running && all[i].deadline_ms < earliest_ms) {
                earliest_ms = all[i].deadline_ms;
            }
        }
        if (earliest_ms != UINT64_MAX) {
            const struct hf_timer *due = hf_timers_take_due(&timers, UINT64_MAX);
            assert_int_equal(due->deadline_ms, earliest_ms);
        }
    }
}

static void stopping_one_at_rest_does_nothing(void **state)
{
    (void)state;
    struct hf_timers timers = {0};
    struct hf_timer timer = hf_timer_init(nothing, NULL);
    hf_timers_stop(&timers, &timer);
    hf_timers_start(&timers, &timer, 1);
    hf_timers_stop(&timers, &timer);
    hf_timers_stop(&timers, &timer);
    assert_null(hf_timers_take_due(&timers, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_out_by_deadline),
        cmocka_unit_test(nothing_is_due_early),
        cmocka_unit_test(starting_again_moves),
        cmocka_unit_test(random_starts_and_stops_agree_with_an_array),
        cmocka_unit_test(stopping_one_at_rest_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

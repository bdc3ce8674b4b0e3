#include "gateway/guard.h"

#include "tests/unit/unit.h"

static unsigned allowed(struct hf_guard *guard, enum hf_offence offence, unsigned n,
                        uint64_t now_ms)
{
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++) {
        count += hf_guard_allows(guard, offence, now_ms);
    }
    return count;
}

static void a_bucket_gives_its_burst_and_no_more(void **state)
{
    (void)state;
    struct hf_bucket bucket = hf_bucket_init(3, 60, 1000);
    assert_true(hf_bucket_take(&bucket, 1000));
    assert_true(hf_bucket_take(&bucket, 1000));
    assert_true(hf_bucket_take(&bucket, 1000));
    assert_false(hf_bucket_take(&bucket, 1000));
}

static void a_bucket_refills_by_its_rate(void **state)
{
    (void)state;
    struct hf_bucket bucket = hf_bucket_init(1, 60, 0);
    assert_true(hf_bucket_take(&bucket, 0));
    assert_false(hf_bucket_take(&bucket, 999));
    assert_true(hf_bucket_take(&bucket, 1000));
}

static void a_bucket_never_holds_more_than_its_burst(void **state)
{
    (void)state;
    struct hf_bucket bucket = hf_bucket_init(2, 6000, 0);
    assert_true(hf_bucket_take(&bucket, UINT64_MAX / 2));
    assert_true(hf_bucket_take(&bucket, UINT64_MAX / 2));
    assert_false(hf_bucket_take(&bucket, UINT64_MAX / 2));
}

static void time_that_goes_back_gives_nothing(void **state)
{
    (void)state;
    struct hf_bucket bucket = hf_bucket_init(1, 600, 5000);
    assert_true(hf_bucket_take(&bucket, 5000));
    assert_false(hf_bucket_take(&bucket, 1000));
}

static void resets_stop_at_two_hundred_received_and_a_hundred_caused(void **state)
{
    (void)state;
    struct hf_guard guard = hf_guard_init(0);
    assert_int_equal(allowed(&guard, HF_OFFENCE_RESET_RECEIVED, 1000, 0), 200);
    assert_int_equal(allowed(&guard, HF_OFFENCE_RESET_CAUSED, 1000, 0), 100);
    assert_int_equal(allowed(&guard, HF_OFFENCE_RESET_RECEIVED, 1000, 1000), 10);
    assert_int_equal(allowed(&guard, HF_OFFENCE_RESET_CAUSED, 1000, 1000), 5);
}

static void control_frames_have_a_rate_a_minute(void **state)
{
    (void)state;
    struct hf_guard guard = hf_guard_init(0);
    assert_int_equal(allowed(&guard, HF_OFFENCE_SETTINGS, 100, 0), 16);
    assert_int_equal(allowed(&guard, HF_OFFENCE_PING, 100, 0), 60);
    assert_int_equal(allowed(&guard, HF_OFFENCE_PRIORITY, 200, 0), 120);
    assert_int_equal(allowed(&guard, HF_OFFENCE_UNKNOWN_FRAME, 200, 0), 120);
    assert_int_equal(allowed(&guard, HF_OFFENCE_EMPTY_DATA, 200, 0), 100);
    assert_int_equal(allowed(&guard, HF_OFFENCE_PING, 100, 60000), 60);
}

static void window_updates_are_earned_and_never_come_by_time(void **state)
{
    (void)state;
    struct hf_guard guard = hf_guard_init(0);
    assert_int_equal(allowed(&guard, HF_OFFENCE_WINDOW_UPDATE, 100, 0), 5);
    assert_int_equal(allowed(&guard, HF_OFFENCE_WINDOW_UPDATE, 100, 10000000), 0);
    hf_guard_earn_window_updates(&guard, 20);
    assert_int_equal(allowed(&guard, HF_OFFENCE_WINDOW_UPDATE, 100, 10000000), 20);
}

static void most_of_many_requests_may_not_be_taken_back_at_once(void **state)
{
    (void)state;
    struct hf_guard guard = hf_guard_init(0);
    for (uint32_t n = 1; n < 500; n++) {
        assert_true(hf_guard_allows_hasty(&guard, n)); /* too few to tell */
    }
    assert_true(hf_guard_allows_hasty(&guard, 1000)); /* 500 of them */
    assert_false(hf_guard_allows_hasty(&guard, 1001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_no_more),
        cmocka_unit_test(a_bucket_refills_by_its_rate),
        cmocka_unit_test(a_bucket_never_holds_more_than_its_burst),
        cmocka_unit_test(time_that_goes_back_gives_nothing),
        cmocka_unit_test(resets_stop_at_two_hundred_received_and_a_hundred_caused),
        cmocka_unit_test(control_frames_have_a_rate_a_minute),
        cmocka_unit_test(window_updates_are_earned_and_never_come_by_time),
        cmocka_unit_test(most_of_many_requests_may_not_be_taken_back_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

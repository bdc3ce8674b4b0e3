#include "consent/ends.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static struct hf_ends ends;

static int start(void **state)
{
    (void)state;
    hf_ends_init(&ends);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_ends_clear(&ends);
    return 0;
}

static void note(const char *iss, int64_t received_unix_s, int64_t iat_unix_s)
{
    const struct hf_end end = {received_unix_s, iat_unix_s};
    assert_ok(hf_ends_note(&ends, iss, &end));
}

static void nobody_has_ended_anything_at_first(void **state)
{
    (void)state;
    struct hf_end end = {1, 2};
    assert_false(hf_ends_find(&ends, "uscc:a", &end));
    assert_int_equal(end.received_unix_s, 1);
    assert_false(hf_ends_reach(&ends, "uscc:a", 0, 0));
}

static void an_end_reaches_what_came_before_or_was_signed_before(void **state)
{
    (void)state;
    note("uscc:a", 100, 90);
    assert_true(hf_ends_reach(&ends, "uscc:a", 100, 500)); /* came before, whatever it says */
    assert_true(hf_ends_reach(&ends, "uscc:a", 500, 90));  /* signed before, whenever it comes */
    assert_false(hf_ends_reach(&ends, "uscc:a", 101, 91));
}

static void an_end_is_its_issuers_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) { /* several share a bucket */
        char iss[32];
        snprintf(iss, sizeof iss, "uscc:%d", i);
        note(iss, i, i);
    }
    for (int i = 0; i < 5000; i++) {
        char iss[32];
        struct hf_end end;
        snprintf(iss, sizeof iss, "uscc:%d", i);
        assert_true(hf_ends_find(&ends, iss, &end));
        assert_int_equal(end.received_unix_s, i);
    }
    assert_false(hf_ends_reach(&ends, "uscc:5000", 0, 0));
}

static void an_old_end_that_is_sent_again_moves_nothing(void **state)
{
    (void)state;
    struct hf_end end;
    note("uscc:a", 1000, 990);
    note("uscc:a", 2000, 1990);
    note("uscc:a", 3000, 1990);
    note("uscc:a", 3000, 990);
    assert_true(hf_ends_find(&ends, "uscc:a", &end));
    assert_int_equal(end.received_unix_s, 2000);
    assert_int_equal(end.iat_unix_s, 1990);
}

/* A thief who signs the future would else keep the owner's end from what was stolen since. */
static void an_end_of_now_reaches_what_came_though_one_says_later(void **state)
{
    (void)state;
    note("uscc:a", 1000, 1060);
    note("uscc:a", 1030, 1030);
    assert_true(hf_ends_reach(&ends, "uscc:a", 1030, 1090));
}

static void the_moments_of_an_end_only_move_on(void **state)
{
    (void)state;
    struct hf_end end;
    note("uscc:a", 100, 90);
    note("uscc:a", 110, 50);
    note("uscc:a", 10, 95);
    assert_true(hf_ends_find(&ends, "uscc:a", &end));
    assert_int_equal(end.received_unix_s, 110);
    assert_int_equal(end.iat_unix_s, 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_has_ended_anything_at_first, start, stop),
        cmocka_unit_test_setup_teardown(an_end_reaches_what_came_before_or_was_signed_before, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_end_is_its_issuers_alone, start, stop),
        cmocka_unit_test_setup_teardown(an_old_end_that_is_sent_again_moves_nothing, start, stop),
        cmocka_unit_test_setup_teardown(an_end_of_now_reaches_what_came_though_one_says_later,
                                        start, stop),
        cmocka_unit_test_setup_teardown(the_moments_of_an_end_only_move_on, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

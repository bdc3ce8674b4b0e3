#include "base/clock.h"
#include "base/status.h"

#include "tests/unit/unit.h"

static void a_fixed_clock_moves_only_when_told(void **state)
{
    (void)state;
    struct hf_clock_fixed fixed = {.unix_ms = 1767225700999, .monotonic_ms = 5};
    struct hf_clock clock = hf_clock_fixed(&fixed);
    assert_int_equal(hf_clock_unix_s(&clock), 1767225700);
    assert_int_equal(hf_clock_unix_ms(&clock), 1767225700999);
    fixed.monotonic_ms = 6;
    assert_int_equal(hf_clock_monotonic_ms(&clock), 6);
}

static void the_system_clock_is_monotonic_and_recent(void **state)
{
    (void)state;
    struct hf_clock clock = hf_clock_system();
    int64_t before = hf_clock_monotonic_ms(&clock);
    assert_true(hf_clock_monotonic_ms(&clock) >= before);
    assert_true(hf_clock_unix_s(&clock) > 1577836800); /* 2020 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_clock_moves_only_when_told),
        cmocka_unit_test(the_system_clock_is_monotonic_and_recent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "gateway/rates.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static struct hf_rates rates;

static void a_name_has_a_burst_and_then_waits(void **state)
{
    (void)state;
    hf_rates_init(&rates, 1000);
    for (int i = 0; i < 60; i++) {
        assert_true(hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("192.0.2.1"), 1000));
    }
    assert_false(hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("192.0.2.1"), 1000));
    assert_true(hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("192.0.2.1"), 2100));
    assert_false(hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("192.0.2.1"), 2100));
}

static void kinds_do_not_share(void **state)
{
    (void)state;
    hf_rates_init(&rates, 0);
    while (hf_rates_take(&rates, HF_RATE_REGISTER, HF_LITERAL("x"), 0)) {
    }
    assert_true(hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("x"), 0));
    while (hf_rates_take(&rates, HF_RATE_AGAIN, HF_LITERAL("x"), 0)) {
    }
    assert_true(hf_rates_take(&rates, HF_RATE_REVOKE, HF_LITERAL("x"), 0)); /* at any time */
}

static void one_name_rarely_empties_anothers_bucket(void **state)
{
    (void)state;
    int n_served = 0;
    hf_rates_init(&rates, 0);
    while (hf_rates_take(&rates, HF_RATE_ADDRESS, HF_LITERAL("loud"), 0)) {
    }
    for (int i = 0; i < 100; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "quiet %d", i);
        n_served += hf_rates_take(&rates, HF_RATE_ADDRESS, hf_bytes_of_string(name), 0);
    }
    assert_in_range(n_served, 95, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_a_burst_and_then_waits),
        cmocka_unit_test(kinds_do_not_share),
        cmocka_unit_test(one_name_rarely_empties_anothers_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

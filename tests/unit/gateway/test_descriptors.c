#include "gateway/descriptors.h"

#include "tests/unit/unit.h"

#include <sys/resource.h>

static struct hf_config config_of(uint64_t n_workers, bool is_public)
{
    struct hf_config config = {.workers = n_workers, .n_sources = 2};
    config.public.port = is_public ? 8444 : 0;
    config.limits.max_connections = 10000;
    return config;
}

static void with_many_the_configuration_decides(void **state)
{
    (void)state;
    const struct hf_config config = config_of(2, true);
    assert_int_equal(hf_descriptors_per_listener(1 << 20, &config), 10000);
    assert_int_equal(hf_descriptors_per_listener(UINT64_MAX, &config), 10000);
}

static void with_few_each_listener_has_an_equal_part(void **state)
{
    (void)state;
    const struct hf_config both = config_of(2, true);
    const struct hf_config banks = config_of(2, false);
    uint64_t part = hf_descriptors_per_listener(1024, &both);
    assert_in_range(part, 150, 250);
    assert_in_range(hf_descriptors_per_listener(1024, &banks), 2 * part, 2 * part + 1);
}

static void all_parts_together_leave_the_gateways_own(void **state)
{
    (void)state;
    for (uint64_t limit = 0; limit < 4096; limit += 7) {
        for (uint64_t n_workers = 1; n_workers <= HF_CONFIG_MAX_WORKERS; n_workers *= 2) {
            const struct hf_config config = config_of(n_workers, true);
            uint64_t part = hf_descriptors_per_listener(limit, &config);
            assert_true(part == 0 || part * 2 * n_workers + 160 < limit);
        }
    }
}

static void a_limit_below_the_gateways_own_leaves_nothing(void **state)
{
    (void)state;
    const struct hf_config config = config_of(1, false);
    assert_int_equal(hf_descriptors_per_listener(0, &config), 0);
    assert_int_equal(hf_descriptors_per_listener(160, &config), 0);
}

static void the_soft_limit_becomes_the_hard_one(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit soft = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &soft), 0);
    uint64_t raised = hf_descriptors_raise();
    struct rlimit after;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(raised == before.rlim_max);
    assert_true(after.rlim_cur == before.rlim_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_many_the_configuration_decides),
        cmocka_unit_test(with_few_each_listener_has_an_equal_part),
        cmocka_unit_test(all_parts_together_leave_the_gateways_own),
        cmocka_unit_test(a_limit_below_the_gateways_own_leaves_nothing),
        cmocka_unit_test(the_soft_limit_becomes_the_hard_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

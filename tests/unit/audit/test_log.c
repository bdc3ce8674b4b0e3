#include "audit/log.h"

#include "tests/unit/audit/log_folder.h"

static int set_up(void **state)
{
    *state = log_folder_new();
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static void records_get_indices_in_order(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(log_folder_append(log, i), i);
    }
    assert_int_equal(hf_log_durable_size(log), 10);
    assert_ok(hf_log_close(log));
}

static void a_log_that_was_closed_goes_on(void **state)
{
    for (unsigned run = 0; run < 4; run++) {
        struct hf_log *log = log_folder_open(*state);
        assert_int_equal(hf_log_recovery(log).ending,
                         run ? HF_LOG_ENDING_SEALED : HF_LOG_ENDING_FRESH);
        assert_int_equal(hf_log_recovery(log).n_records, run * 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(log_folder_append(log, i), run * 3 + i);
        }
        assert_ok(hf_log_close(log));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_get_indices_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_was_closed_goes_on, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

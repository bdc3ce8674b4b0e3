#include "gateway/metrics.h"

#include "tests/unit/unit.h"

static void counters_of_all_workers_are_summed(void **state)
{
    (void)state;
    static struct hf_metrics a;
    static struct hf_metrics b;
    const struct hf_metrics *const both[] = {&a, &b};
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(65536);
    hf_metrics_add(&a, HF_METRIC_DENIED, 2);
    hf_metrics_add(&b, HF_METRIC_DENIED, 40);
    assert_ok(hf_metrics_write(both, 2, &buf));
    const char *text = NULL;
    assert_ok(hf_buf_string(&buf, &text));
    assert_non_null(strstr(text, "# TYPE hufu_accesses_denied_total counter\n"
                                 "hufu_accesses_denied_total 42\n"));
    assert_non_null(strstr(text, "\nhufu_requests_total 0\n"));
}

static void every_counter_is_shown_once(void **state)
{
    (void)state;
    static struct hf_metrics metrics;
    const struct hf_metrics *const one[] = {&metrics};
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(65536);
    assert_ok(hf_metrics_write(one, 1, &buf));
    int n_types = 0;
    const char *text = NULL;
    assert_ok(hf_buf_string(&buf, &text));
    for (const char *at = text; (at = strstr(at, "# TYPE ")) != NULL; at++) {
        n_types++;
    }
    assert_int_equal(n_types, HF_N_METRICS);
}

static void a_gauge_is_one_sample(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(256);
    assert_ok(hf_metrics_write_gauge("x", "an x", 7, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf),
                                      "# HELP hufu_x an x\n# TYPE hufu_x gauge\nhufu_x 7\n"));
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    static struct hf_metrics metrics;
    const struct hf_metrics *const one[] = {&metrics};
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_metrics_write(one, 1, &buf), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_of_all_workers_are_summed),
        cmocka_unit_test(every_counter_is_shown_once),
        cmocka_unit_test(a_gauge_is_one_sample),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

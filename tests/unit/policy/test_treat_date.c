#include "policy/treat.h"

#include "tests/unit/unit.h"

static void truncates(const char *value, enum hf_date_unit to, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    const char *text = NULL;
    assert_ok(hf_treat_truncate_date(hf_bytes_of_string(value), to, &out));
    assert_ok(hf_buf_string(&out, &text));
    assert_string_equal(text, expected);
}

static void a_day_becomes_its_month_quarter_or_year(void **state)
{
    (void)state;
    truncates("2025-03-31", HF_DATE_UNIT_MONTH, "\"2025-03\"");
    truncates("2025-03-31", HF_DATE_UNIT_QUARTER, "\"2025-Q1\"");
    truncates("2025-03-31", HF_DATE_UNIT_YEAR, "\"2025\"");
    truncates("20251201", HF_DATE_UNIT_MONTH, "\"2025-12\"");
    truncates("0001-01-01", HF_DATE_UNIT_MONTH, "\"0001-01\"");
}

static void each_month_lies_in_its_quarter(void **state)
{
    (void)state;
    static const char *const months[] = {"2025-01", "2025-02", "2025-03", "2025-04",
                                         "2025-05", "2025-06", "2025-07", "2025-08",
                                         "2025-09", "2025-10", "2025-11", "2025-12"};
    static const char *const quarters[] = {"\"2025-Q1\"", "\"2025-Q2\"", "\"2025-Q3\"",
                                           "\"2025-Q4\""};
    for (size_t i = 0; i < 12; i++) {
        truncates(months[i], HF_DATE_UNIT_QUARTER, quarters[i / 3]);
    }
}

static void a_year_stays_a_year(void **state)
{
    (void)state;
    truncates("2025", HF_DATE_UNIT_MONTH, "\"2025\"");
    truncates("2025", HF_DATE_UNIT_QUARTER, "\"2025\"");
    truncates("2025", HF_DATE_UNIT_YEAR, "\"2025\"");
}

static void a_moment_lies_in_the_month_it_has_in_shanghai(void **state)
{
    (void)state;
    truncates("2025-01-31T16:00:00Z", HF_DATE_UNIT_MONTH, "\"2025-02\"");
    truncates("2025-01-31T15:59:59Z", HF_DATE_UNIT_MONTH, "\"2025-01\"");
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    assert_code(hf_treat_truncate_date(HF_LITERAL("2025-13"), HF_DATE_UNIT_YEAR, &out),
                REQUEST_MALFORMED);
    assert_code(hf_treat_truncate_date(HF_LITERAL(""), HF_DATE_UNIT_YEAR, &out), REQUEST_MALFORMED);
    assert_int_equal(out.size, 0);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(5);
    assert_code(hf_treat_truncate_date(HF_LITERAL("2025"), HF_DATE_UNIT_YEAR, &out), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_becomes_its_month_quarter_or_year),
        cmocka_unit_test(each_month_lies_in_its_quarter),
        cmocka_unit_test(a_year_stays_a_year),
        cmocka_unit_test(a_moment_lies_in_the_month_it_has_in_shanghai),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

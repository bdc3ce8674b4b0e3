#include "policy/treat.h"

#include "tests/unit/unit.h"

static struct hf_step step_of(const char *text)
{
    struct hf_step step = {0};
    assert_ok(hf_step_parse(hf_bytes_of_string(text), &step));
    return step;
}

static void every_treatment_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_TREATMENTS; i++) {
        enum hf_treatment_kind kind = HF_N_TREATMENTS;
        const char *name = hf_treatment_name((enum hf_treatment_kind)i);
        assert_ok(hf_treatment_by_name(hf_bytes_of_string(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_string_equal(hf_treatment_name(HF_N_TREATMENTS), "?");
}

static void a_treatment_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    const char *const absent[] = {"", "buckets", "pseudonyms", "Scan", "Keep", "keep ", "kee"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        enum hf_treatment_kind kind = HF_TREAT_NULL;
        assert_code(hf_treatment_by_name(hf_bytes_of_string(absent[i]), &kind), NOT_FOUND);
        assert_int_equal(kind, HF_TREAT_NULL);
    }
}

static void a_zeroed_treatment_drops(void **state)
{
    (void)state;
    const struct hf_treatment treatment = {0};
    assert_int_equal(treatment.kind, HF_TREAT_DROP);
}

static void a_step_has_the_decimals_it_is_written_with(void **state)
{
    (void)state;
    struct hf_step step = step_of("2.50");
    assert_int_equal(step.units, 250);
    assert_int_equal(step.decimals, 2);
    step = step_of("1000");
    assert_int_equal(step.units, 1000);
    assert_int_equal(step.decimals, 0);
    assert_int_equal(step_of("0.000000001").units, 1);
    assert_int_equal(step_of("99999999999999999").units, 99999999999999999);
}

static void a_malformed_step_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"",   "0",    "0.00", ".5", "5.",           "1.2.3",
                               "-1", "+1",   "1e3",  " 1", "0.0000000001", "100000000000000000",
                               "0x", "1,000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hf_step step = {7, 7};
        assert_code(hf_step_parse(hf_bytes_of_string(bad[i]), &step), POLICY_INVALID);
        assert_int_equal(step.units, 7);
    }
}

static void drop_keep_and_null_fit_every_type(void **state)
{
    (void)state;
    const enum hf_treatment_kind kinds[] = {HF_TREAT_DROP, HF_TREAT_KEEP, HF_TREAT_NULL};
    for (size_t i = 0; i < 3; i++) {
        const struct hf_treatment treatment = {.kind = kinds[i]};
        for (unsigned types = 1; types < 32; types++) {
            assert_true(hf_treatment_fits(&treatment, types));
        }
    }
}

static void mask_fits_only_text(void **state)
{
    (void)state;
    const struct hf_treatment mask = {.kind = HF_TREAT_MASK, .keep_first = 3};
    assert_true(hf_treatment_fits(&mask, HF_LEAF_STRING));
    assert_true(hf_treatment_fits(&mask, HF_LEAF_STRING | HF_LEAF_DATE));
    assert_false(hf_treatment_fits(&mask, HF_LEAF_STRING | HF_LEAF_INTEGER));
    assert_false(hf_treatment_fits(&mask, HF_LEAF_BOOLEAN));
    assert_false(hf_treatment_fits(&mask, 0));
    const struct hf_treatment wide = {.kind = HF_TREAT_MASK, .keep_last = HF_MASK_MAX_CHARS + 1};
    assert_false(hf_treatment_fits(&wide, HF_LEAF_STRING));
}

static void round_fits_only_numbers_and_integers_only_whole_steps(void **state)
{
    (void)state;
    struct hf_treatment treatment = {.kind = HF_TREAT_ROUND, .step = step_of("1000")};
    assert_true(hf_treatment_fits(&treatment, HF_LEAF_INTEGER));
    assert_true(hf_treatment_fits(&treatment, HF_LEAF_DECIMAL));
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_STRING));
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_DATE | HF_LEAF_INTEGER));
    treatment.step = step_of("0.5");
    assert_true(hf_treatment_fits(&treatment, HF_LEAF_DECIMAL));
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_INTEGER));
    treatment.step = (struct hf_step){0};
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_DECIMAL));
}

static void truncate_date_fits_only_dates(void **state)
{
    (void)state;
    struct hf_treatment treatment = {.kind = HF_TREAT_TRUNCATE_DATE, .to = HF_DATE_UNIT_QUARTER};
    assert_true(hf_treatment_fits(&treatment, HF_LEAF_DATE));
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_STRING));
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_STRING | HF_LEAF_DATE));
}

static void a_treatment_out_of_the_table_fits_nothing(void **state)
{
    (void)state;
    const struct hf_treatment treatment = {.kind = HF_N_TREATMENTS};
    assert_false(hf_treatment_fits(&treatment, HF_LEAF_STRING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_treatment_is_found_by_its_name),
        cmocka_unit_test(a_treatment_that_does_not_exist_is_not_found),
        cmocka_unit_test(a_zeroed_treatment_drops),
        cmocka_unit_test(a_step_has_the_decimals_it_is_written_with),
        cmocka_unit_test(a_malformed_step_is_refused),
        cmocka_unit_test(drop_keep_and_null_fit_every_type),
        cmocka_unit_test(mask_fits_only_text),
        cmocka_unit_test(round_fits_only_numbers_and_integers_only_whole_steps),
        cmocka_unit_test(truncate_date_fits_only_dates),
        cmocka_unit_test(a_treatment_out_of_the_table_fits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/status.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void every_row_is_whole(void **state)
{
    (void)state;
    for (unsigned code = 0; code < HF_N_CODES; code++) {
        const struct hf_code_info *info = hf_code_info((enum hf_code)code);
        assert_non_null(info->name);
        assert_true(info->http_status >= 200 && info->http_status < 600);
        assert_int_equal(strncmp(info->type, "urn:hufu:problem:", 17), 0);
        assert_string_equal(info->type + 17, info->name);
        size_t length = strlen(info->sentence);
        assert_true(length > 1 && info->sentence[length - 1] == '.');
    }
}

static void names_are_unique_and_found(void **state)
{
    (void)state;
    for (unsigned code = 0; code < HF_N_CODES; code++) {
        enum hf_code found = HF_BUG;
        assert_true(hf_code_by_name(hf_code_info((enum hf_code)code)->name, &found));
        assert_int_equal(found, code);
    }
}

static void an_unknown_name_is_not_found(void **state)
{
    (void)state;
    enum hf_code found = HF_BUG;
    assert_false(hf_code_by_name("consent_expire", &found));
    assert_int_equal(found, HF_BUG);
}

static void a_code_outside_the_table_is_a_bug(void **state)
{
    (void)state;
    assert_string_equal(hf_code_info((enum hf_code)9999)->name, "bug");
}

static void a_denial_never_answers_success(void **state)
{
    (void)state;
    for (unsigned code = 1; code < HF_N_CODES; code++) {
        assert_true(hf_code_info((enum hf_code)code)->http_status >= 400);
    }
}

static void a_zeroed_verdict_is_deny(void **state)
{
    (void)state;
    enum hf_verdict verdict = {0};
    assert_int_equal(verdict, HF_VERDICT_DENY);
}

static void a_problem_is_cut_not_overrun(void **state)
{
    (void)state;
    struct hf_problem problem = {.offset = 7};
    char where[400];
    memset(where, 'a', sizeof where - 1);
    where[sizeof where - 1] = 0;
    assert_code(hf_problem_set(&problem, HF_CONFIG_INVALID, where, "%s", where), CONFIG_INVALID);
    assert_int_equal(strlen(problem.where), sizeof problem.where - 1);
    assert_int_equal(strlen(problem.detail), sizeof problem.detail - 1);
    assert_int_equal(problem.offset, 7);
    assert_code(hf_problem_set(NULL, HF_IO, NULL, "nobody listens"), IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(an_unknown_name_is_not_found),
        cmocka_unit_test(a_code_outside_the_table_is_a_bug),
        cmocka_unit_test(a_denial_never_answers_success),
        cmocka_unit_test(a_zeroed_verdict_is_deny),
        cmocka_unit_test(a_problem_is_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "gateway/problem.h"

#include "base/json.h"
#include "tests/unit/unit.h"

static void a_problem_has_the_members_of_the_table(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1024);
    assert_ok(hf_problem_write(&(struct hf_refusal){.code = HF_SCOPE_DENIED,
                                                    .attribute = "consent-purpose",
                                                    .access_log = "gw/log 7"},
                               &buf));
    assert_true(hf_bytes_equal_string(
        hf_buf_view(&buf), "{\"type\":\"urn:hufu:problem:scope_denied\","
                           "\"title\":\"The consent does not cover this dataset.\",\"status\":403,"
                           "\"code\":\"scope_denied\",\"attribute\":\"consent-purpose\","
                           "\"access_log\":\"gw/log 7\"}\n"));
}

static void members_without_a_value_are_left_out(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1024);
    assert_ok(hf_problem_write(&(struct hf_refusal){.code = HF_ROUTE_UNKNOWN}, &buf));
    assert_null(memmem(buf.data, buf.size, "attribute", 9));
    assert_null(memmem(buf.data, buf.size, "access_log", 10));
}

static void every_code_makes_strict_json_of_its_status(void **state)
{
    (void)state;
    const struct hf_json_limits limits = {4096, 4, 64, 1024};
    for (int code = 0; code < HF_N_CODES; code++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4096);
        HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(65536);
        const struct hf_json *root = NULL;
        int64_t status = 0;
        assert_ok(hf_problem_write(&(struct hf_refusal){.code = (enum hf_code)code}, &buf));
        assert_ok(hf_json_parse(hf_buf_view(&buf), &limits, &arena, &root, NULL));
        assert_ok(hf_json_integer(hf_json_member(root, "status"), &status));
        assert_in_range(status, 400, 599);
    }
}

static void codes_of_the_inside_are_told_as_internal(void **state)
{
    (void)state;
    static const enum hf_code inside[] = {HF_OK,    HF_NOMEM, HF_BUG,       HF_LOG_CORRUPT,
                                          HF_LIMIT, HF_IO,    HF_NOT_FOUND, HF_SIGNATURE_INVALID};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(hf_problem_code(inside[i]), HF_INTERNAL);
    }
    assert_int_equal(hf_problem_code(HF_CONSENT_REVOKED), HF_CONSENT_REVOKED);
    assert_int_equal(hf_problem_code(HF_LOG_UNAVAILABLE), HF_LOG_UNAVAILABLE);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(20);
    assert_code(hf_problem_write(&(struct hf_refusal){.code = HF_SCOPE_DENIED}, &buf), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_has_the_members_of_the_table),
        cmocka_unit_test(members_without_a_value_are_left_out),
        cmocka_unit_test(every_code_makes_strict_json_of_its_status),
        cmocka_unit_test(codes_of_the_inside_are_told_as_internal),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

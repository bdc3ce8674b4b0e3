#include "cli/result.h"

#include "cli/help.h"
#include "tests/unit/cli/tool.h"

static enum hf_exit print(const struct hf_result *result, bool is_json, char **ret_out)
{
    size_t n = 0;
    char *err = NULL;
    struct hf_cli cli = {.out = open_memstream(ret_out, &n),
                         .err = open_memstream(&err, &n),
                         .command = &hf_command_help,
                         .is_json = is_json};
    enum hf_exit code = hf_result_print(&cli, result);
    fclose(cli.out);
    fclose(cli.err);
    free(err);
    return code;
}

static void assert_prints(const struct hf_result *result, bool is_json, const char *text)
{
    char *out = NULL;
    assert_int_equal(print(result, is_json, &out), HF_EXIT_YES);
    assert_string_equal(out, text);
    free(out);
}

static void values_are_printed_as_lines_and_as_one_object(void **state)
{
    (void)state;
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_string(&result, "kid", "abc");
    hf_result_integer(&result, "exp", -7);
    hf_result_bool(&result, "revoked", true);
    hf_result_bool(&result, "paused", false);
    hf_result_json(&result, "jwk", HF_LITERAL("{\"x\":1}"));
    assert_prints(&result, false, "kid: abc\nexp: -7\nrevoked: yes\npaused: no\njwk: {\"x\":1}\n");
    assert_prints(&result, true,
                  "{\"kid\":\"abc\",\"exp\":-7,\"revoked\":true,\"paused\":false,"
                  "\"jwk\":{\"x\":1}}\n");
}

static void an_empty_result_is_an_empty_object(void **state)
{
    (void)state;
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    assert_prints(&result, false, "");
    assert_prints(&result, true, "{}\n");
}

static void a_value_cannot_begin_a_line_or_leave_its_string(void **state)
{
    (void)state;
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_string(&result, "name", "a\nverdict: allow\x1b[0m\",\"verdict\":\"allow");
    assert_prints(&result, false, "name: a\\x0averdict: allow\\x1b[0m\",\"verdict\":\"allow\n");
    assert_prints(&result, true,
                  "{\"name\":\"a\\nverdict: allow\\u001b[0m\\\",\\\"verdict\\\":\\\"allow\"}\n");
}

static void what_is_not_utf8_is_not_printed(void **state)
{
    (void)state;
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    char *out = NULL;
    hf_result_string(&result, "good", "x");
    hf_result_string(&result, "bad", "\xff");
    assert_int_equal(print(&result, true, &out), HF_EXIT_UNREADABLE);
    assert_string_equal(out, "");
    free(out);
}

static void what_does_not_fit_is_not_printed(void **state)
{
    (void)state;
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    char *out = NULL;
    static uint8_t big[5 << 20];
    memset(big, 'a', sizeof(big));
    hf_result_bytes(&result, "big", hf_bytes_of(big, sizeof(big)));
    assert_int_equal(print(&result, false, &out), HF_EXIT_UNREADABLE);
    assert_string_equal(out, "");
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_printed_as_lines_and_as_one_object),
        cmocka_unit_test(an_empty_result_is_an_empty_object),
        cmocka_unit_test(a_value_cannot_begin_a_line_or_leave_its_string),
        cmocka_unit_test(what_is_not_utf8_is_not_printed),
        cmocka_unit_test(what_does_not_fit_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/print.h"

#include "cli/help.h"
#include "tests/unit/cli/tool.h"

#include <errno.h>
#include <unistd.h>

struct streams {
    struct hf_cli cli;
    char *out;
    char *err;
    size_t n_out;
    size_t n_err;
};

static void open_streams(struct streams *streams, bool is_json)
{
    *streams = (struct streams){0};
    streams->cli.out = open_memstream(&streams->out, &streams->n_out);
    streams->cli.err = open_memstream(&streams->err, &streams->n_err);
    streams->cli.command = &hf_command_help;
    streams->cli.is_json = is_json;
}

/* Closes both and compares; frees. */
static void assert_said(struct streams *streams, const char *out, const char *err)
{
    fclose(streams->cli.out);
    fclose(streams->cli.err);
    assert_string_equal(streams->out, out);
    assert_string_equal(streams->err, err);
    free(streams->out);
    free(streams->err);
}

static void each_status_has_its_exit(void **state)
{
    (void)state;
    assert_int_equal(hf_exit_of(hf_status_of(HF_OK)), 0);
    assert_int_equal(hf_exit_of(hf_status_of(HF_CONSENT_EXPIRED)), 1);
    assert_int_equal(hf_exit_of(hf_status_of(HF_CONSENT_MALFORMED)), 1);
    assert_int_equal(hf_exit_of(hf_status_of(HF_POLICY_INVALID)), 1);
    assert_int_equal(hf_exit_of(hf_status_of(HF_LOG_TAMPERED)), 1);
    assert_int_equal(hf_exit_of(hf_status_of(HF_EXISTS)), 1);
    assert_int_equal(hf_exit_of(hf_status_of(HF_NOT_FOUND)), 4);
    assert_int_equal(hf_exit_of(hf_status_of(HF_IO)), 4);
    assert_int_equal(hf_exit_of(hf_status_of(HF_PERMISSIONS)), 4);
    assert_int_equal(hf_exit_of(hf_status_of(HF_NOMEM)), 4);
}

static void a_problem_says_where_and_what(void **state)
{
    (void)state;
    struct streams s;
    struct hf_problem problem = {.line = 3, .column = 14};
    hf_status status =
        hf_problem_set(&problem, HF_POLICY_INVALID, "/rules/0/do", "not a treatment");
    open_streams(&s, false);
    assert_int_equal(hf_print_problem(&s.cli, "policy.json", status, &problem), 1);
    assert_said(&s, "", "policy.json:3:14: /rules/0/do: not a treatment\n");
}

static void a_problem_of_a_folder_says_which_file(void **state)
{
    (void)state;
    struct streams s;
    struct hf_problem problem = {.line = 3, .column = 14};
    hf_status status = hf_problem_set(&problem, HF_CONFIG_INVALID, "a.jwks keys[0].x", "is odd");
    open_streams(&s, false);
    assert_int_equal(hf_print_folder_problem(&s.cli, "d/grantors", status, &problem), 1);
    status = hf_problem_set(&problem, HF_CONFIG_INVALID, "a.jwks", "is odd");
    hf_print_folder_problem(&s.cli, "d/grantors", status, &problem);
    problem = (struct hf_problem){0};
    status = hf_problem_set(&problem, HF_NOT_FOUND, NULL, "cannot be read");
    assert_int_equal(hf_print_folder_problem(&s.cli, "d/grantors", status, &problem), 4);
    assert_said(&s, "",
                "d/grantors/a.jwks:3:14: keys[0].x: is odd\n"
                "d/grantors/a.jwks:3:14: is odd\n"
                "d/grantors: cannot be read\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct streams s;
    open_streams(&s, false);
    assert_int_equal(hf_print_problem(&s.cli, "-", hf_status_of(HF_NOT_FOUND), NULL), 4);
    errno = ENOSPC;
    assert_int_equal(hf_print_problem(&s.cli, "f", hf_status_of(HF_IO), NULL), 4);
    assert_said(&s, "",
                "standard input: There is no such thing.\n"
                "f: Reading or writing failed. (No space left on device)\n");
}

static void no_control_character_reaches_a_terminal(void **state)
{
    (void)state;
    struct streams s;
    open_streams(&s, false);
    hf_print_problem(&s.cli, "a\x1b[2Jb\n\x7f", hf_status_of(HF_NOT_FOUND), NULL);
    hf_print_clean(s.cli.out, HF_LITERAL("\xe7\xa8\x8e \xc2\x9b \xff\xe7\xa8 \0 ok\t"));
    assert_said(&s, "\xe7\xa8\x8e \\xc2\\x9b \\xff\\xe7\\xa8 \\x00 ok\\x09",
                "a\\x1b[2Jb\\x0a\\x7f: There is no such thing.\n");
}

static void a_verdict_in_words(void **state)
{
    (void)state;
    struct streams s;
    struct hf_problem problem = {0};
    open_streams(&s, false);
    assert_int_equal(hf_print_verdict(&s.cli, HF_DONE, NULL), 0);
    assert_int_equal(hf_print_verdict(&s.cli, hf_status_of(HF_CONSENT_EXPIRED), NULL), 1);
    hf_status status = hf_problem_set(&problem, HF_CONSENT_MALFORMED, "payload.exp", "is missing");
    assert_int_equal(hf_print_verdict(&s.cli, status, &problem), 1);
    assert_said(&s,
                "allow\n"
                "deny consent_expired: The consent has expired.\n"
                "deny consent_malformed: payload.exp: is missing\n",
                "");
}

static void a_verdict_as_json(void **state)
{
    (void)state;
    struct streams s;
    struct hf_problem problem = {0};
    open_streams(&s, true);
    assert_int_equal(hf_print_verdict(&s.cli, HF_DONE, NULL), 0);
    hf_status status = hf_problem_set(&problem, HF_CONSENT_MALFORMED, "a\"b", "is \"bad\"");
    assert_int_equal(hf_print_verdict(&s.cli, status, &problem), 1);
    assert_said(&s,
                "{\"verdict\":\"allow\"}\n"
                "{\"verdict\":\"deny\",\"code\":\"consent_malformed\",\"where\":\"a\\\"b\","
                "\"detail\":\"is \\\"bad\\\"\"}\n",
                "");
}

static void a_failure_is_no_verdict(void **state)
{
    (void)state;
    struct streams s;
    open_streams(&s, true);
    assert_int_equal(hf_print_verdict(&s.cli, hf_status_of(HF_NOMEM), NULL), 4);
    assert_said(&s, "", "help: Out of memory.\n");
}

static void usage_errors_show_the_usage(void **state)
{
    (void)state;
    struct streams s;
    struct hf_problem problem = {0};
    hf_ignore(hf_problem_set(&problem, HF_REQUEST_MALFORMED, "at", "is missing"));
    open_streams(&s, false);
    assert_int_equal(hf_print_usage_error(&s.cli, "no"), 2);
    assert_int_equal(hf_print_option_error(&s.cli, &problem), 2);
    assert_int_equal(hf_print_wrong_option(&s.cli, "jti", "is odd"), 2);
    assert_said(&s, "",
                "hufu help: no\nUsage: hufu help [COMMAND…]\n"
                "hufu help: --at is missing\nUsage: hufu help [COMMAND…]\n"
                "hufu help: --jti is odd\nUsage: hufu help [COMMAND…]\n");
}

static void a_uscc_is_taken_bare_or_with_its_scheme(void **state)
{
    (void)state;
    struct streams s;
    char uscc[19];
    open_streams(&s, false);
    assert_int_equal(hf_read_uscc(&s.cli, "uscc", "91350100M000100Y43", uscc), 0);
    assert_string_equal(uscc, "91350100M000100Y43");
    assert_int_equal(hf_read_uscc(&s.cli, "uscc", "uscc:911100001000044477", uscc), 0);
    assert_string_equal(uscc, "911100001000044477");
    assert_said(&s, "", "");
}

static void a_wrong_uscc_is_a_usage_error(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "91350100M000100Y44",
                                        "91350100M000100Y4",
                                        "91350100m000100y43",
                                        "USCC:91350100M000100Y43",
                                        "person:91350100M000100Y43",
                                        "91350100M000100Y43 "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct streams s;
        char uscc[19] = "kept";
        open_streams(&s, false);
        assert_int_equal(hf_read_uscc(&s.cli, "uscc", wrong[i], uscc), 2);
        assert_string_equal(uscc, "kept");
        fclose(s.cli.out);
        fclose(s.cli.err);
        assert_says(s.err, "--uscc is not a Unified Social Credit Code");
        free(s.out);
        free(s.err);
    }
}

static void a_token_on_the_command_line_is_taken_as_it_is(void **state)
{
    (void)state;
    struct streams s;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(8);
    open_streams(&s, false);
    assert_int_equal(hf_read_token(&s.cli, "a.b.c\n", &buf), 0);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "a.b.c\n"));
    hf_buf_reset(&buf);
    assert_int_equal(hf_read_token(&s.cli, "123456789", &buf), 4);
    assert_said(&s, "", "token: A bound was reached.\n");
}

static void a_token_from_standard_input_loses_its_newline(void **state)
{
    (void)state;
    struct streams s;
    int ends[2];
    int saved = dup(STDIN_FILENO);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    open_streams(&s, false);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a.b.c\r\n\n", 8), 8);
    close(ends[1]);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(hf_read_token(&s.cli, "-", &buf), 0);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "a.b.c"));
    assert_said(&s, "", "");
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct streams s;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    open_streams(&s, false);
    assert_int_equal(hf_read_input(&s.cli, "/nonexistent/claims.json", &buf), 4);
    assert_said(&s, "", "/nonexistent/claims.json: There is no such thing.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_exit),
        cmocka_unit_test(a_problem_says_where_and_what),
        cmocka_unit_test(a_problem_of_a_folder_says_which_file),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(no_control_character_reaches_a_terminal),
        cmocka_unit_test(a_verdict_in_words),
        cmocka_unit_test(a_verdict_as_json),
        cmocka_unit_test(a_failure_is_no_verdict),
        cmocka_unit_test(usage_errors_show_the_usage),
        cmocka_unit_test(a_uscc_is_taken_bare_or_with_its_scheme),
        cmocka_unit_test(a_wrong_uscc_is_a_usage_error),
        cmocka_unit_test(a_token_on_the_command_line_is_taken_as_it_is),
        cmocka_unit_test(a_token_from_standard_input_loses_its_newline),
        cmocka_unit_test(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

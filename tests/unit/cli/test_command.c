#include "cli/command.h"

#include "tests/unit/cli/tool.h"

static void the_version_is_printed(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("--version"));
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_int_equal(strncmp(run.out, "hufu ", 5), 0);
}

static void no_command_is_a_usage_error(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = tool_run((char *const[]){W("hufu"), NULL});
    HF_CLEANUP(tool_run_clear) struct tool_run nothing = tool_run((char *const[]){NULL});
    assert_int_equal(run.code, HF_EXIT_USAGE);
    assert_int_equal(nothing.code, HF_EXIT_USAGE);
    assert_string_equal(run.out, "");
    assert_says(run.err, "Usage: hufu COMMAND");
}

static void an_unknown_command_is_a_usage_error(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("conset\x1b"), W("grant"));
    assert_int_equal(run.code, HF_EXIT_USAGE);
    assert_string_equal(run.err, "hufu: conset\\x1b grant: there is no such command\n"
                                 "hufu help lists the commands\n");
}

static void a_group_alone_lists_what_it_has(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("key"));
    HF_CLEANUP(tool_run_clear) struct tool_run wrong = TOOL(W("key"), W("newer"));
    assert_int_equal(run.code, HF_EXIT_USAGE);
    assert_int_equal(wrong.code, HF_EXIT_USAGE);
    assert_says(run.err, "hufu key new");
    assert_says(wrong.err, "key newer: there is no such command");
}

static void json_is_an_option_only_where_it_means_something(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("help"), W("--json"));
    assert_int_equal(run.code, HF_EXIT_USAGE);
    assert_says(run.err, "--json is not an option of this command");
}

static void a_result_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    char *err = NULL;
    size_t n = 0;
    struct hf_cli cli = {.out = fopen("/dev/full", "w"),
                         .err = open_memstream(&err, &n),
                         .clock = hf_clock_system()};
    assert_non_null(cli.out);
    assert_int_equal(hf_cli_main(&cli, (char *const[]){W("hufu"), W("help"), NULL}),
                     HF_EXIT_UNREADABLE);
    fclose(cli.out);
    fclose(cli.err);
    assert_string_equal(err, "hufu: the result could not be written\n");
    free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_printed),
        cmocka_unit_test(no_command_is_a_usage_error),
        cmocka_unit_test(an_unknown_command_is_a_usage_error),
        cmocka_unit_test(a_group_alone_lists_what_it_has),
        cmocka_unit_test(json_is_an_option_only_where_it_means_something),
        cmocka_unit_test(a_result_that_cannot_be_written_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/help.h"

#include "tests/unit/cli/tool.h"

static void the_overview_names_every_command(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("help"));
    assert_int_equal(run.code, HF_EXIT_YES);
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        assert_says(run.out, (*command)->name);
        assert_says(run.out, (*command)->summary);
    }
}

/* Every command explains itself: a usage line, each option with a sentence, an example that is a
 * command line of its own. */
static void every_command_has_help_with_examples(void **state)
{
    (void)state;
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        char *text = NULL;
        size_t n = 0;
        FILE *stream = open_memstream(&text, &n);
        char example[128];
        hf_help_command(stream, *command);
        fclose(stream);
        snprintf(example, sizeof(example), "\nExamples:\n  hufu %s", (*command)->name);
        assert_says(text, "Usage: hufu ");
        assert_says(text, example);
        const struct hf_option *option = (*command)->options;
        size_t n_options = 0;
        for (; option && option->name; option++, n_options++) {
            assert_non_null(option->help);
            assert_says(text, option->name);
        }
        assert_true(n_options <= HF_MAX_OPTIONS);
        assert_true((*command)->operand_count.max <= HF_MAX_OPERANDS);
        free(text);
    }
}

static void help_of_one_command_and_its_own_option_agree(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run one = TOOL(W("help"), W("key"), W("new"));
    HF_CLEANUP(tool_run_clear) struct tool_run two = TOOL(W("key"), W("new"), W("--help"));
    assert_int_equal(one.code, HF_EXIT_YES);
    assert_int_equal(two.code, HF_EXIT_YES);
    assert_string_equal(one.out, two.out);
    assert_says(one.out, "Usage: hufu key new --alg ALG --out FILE\n");
    assert_says(one.out, "Examples:\n  hufu key new");
}

static void help_of_a_group_lists_it(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("help"), W("key"));
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_says(run.out, "hufu key new");
    assert_says(run.out, "hufu key show");
    assert_null(strstr(run.out, "hufu help"));
}

static void help_of_nothing_known_is_a_usage_error(void **state)
{
    (void)state;
    HF_CLEANUP(tool_run_clear) struct tool_run one = TOOL(W("help"), W("keys"));
    HF_CLEANUP(tool_run_clear) struct tool_run two = TOOL(W("help"), W("key"), W("newer"));
    HF_CLEANUP(tool_run_clear)
    struct tool_run long_name = TOOL(
        W("help"), W("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_int_equal(one.code, HF_EXIT_USAGE);
    assert_int_equal(two.code, HF_EXIT_USAGE);
    assert_int_equal(long_name.code, HF_EXIT_USAGE);
    assert_string_equal(one.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overview_names_every_command),
        cmocka_unit_test(every_command_has_help_with_examples),
        cmocka_unit_test(help_of_one_command_and_its_own_option_agree),
        cmocka_unit_test(help_of_a_group_lists_it),
        cmocka_unit_test(help_of_nothing_known_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * From argv to a command. It decides which sub-command is meant and whether its result got out; all
 * else is the command's.
 */
#include "cli/command.h"

#include "cli/help.h"
#include "cli/print.h"

#define HF_COMMAND(name) extern const struct hf_command hf_command_##name;
#include "cli/commands.def"
#undef HF_COMMAND

const struct hf_command *const hf_commands[] = {
#define HF_COMMAND(name) &hf_command_##name,
#include "cli/commands.def"
#undef HF_COMMAND
    NULL,
};

/* Whether the words at @words spell @name; @ret_n_words is how many they are. */
static bool is_named(char *const *words, const char *name, size_t *ret_n_words)
{
    size_t n_words = 0;
    while (*name) {
        size_t n = strcspn(name, " ");
        if (!words[n_words] || strlen(words[n_words]) != n ||
            strncmp(words[n_words], name, n) != 0) {
            return false;
        }
        n_words++;
        name += n + (name[n] == ' ' ? 1 : 0);
    }
    *ret_n_words = n_words;
    return true;
}

static const struct hf_command *find(char *const *words, size_t *ret_n_words)
{
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        if (is_named(words, (*command)->name, ret_n_words)) {
            return *command;
        }
    }
    return NULL;
}

static enum hf_exit refuse_unknown(const struct hf_cli *cli, char *const *words)
{
    fputs("hufu: ", cli->err);
    hf_print_clean(cli->err, hf_bytes_of_string(words[0]));
    if (words[1]) {
        fputc(' ', cli->err);
        hf_print_clean(cli->err, hf_bytes_of_string(words[1]));
    }
    fputs(": there is no such command\n", cli->err);
    if (hf_help_group(cli->err, words[0]) == 0) {
        fputs("hufu help lists the commands\n", cli->err);
    }
    return HF_EXIT_USAGE;
}

static bool asks_for_help(char *const *args)
{
    for (; *args && strcmp(*args, "--") != 0; args++) {
        if (strcmp(*args, "--help") == 0) {
            return true;
        }
    }
    return false;
}

/* The command's own options and --json, if it has it. */
static void list_options(const struct hf_command *command,
                         struct hf_option ret_options[static HF_MAX_OPTIONS + 2])
{
    size_t n = 0;
    for (const struct hf_option *option = command->options; option && option->name; option++) {
        if (n < HF_MAX_OPTIONS) {
            ret_options[n++] = *option;
        }
    }
    if (command->has_json) {
        ret_options[n++] = (struct hf_option){.name = "json"};
    }
    ret_options[n] = (struct hf_option){0};
}

static enum hf_exit run(struct hf_cli cli, char *const *args)
{
    struct hf_option options[HF_MAX_OPTIONS + 2];
    struct hf_arguments arguments = {0};
    struct hf_problem problem = {0};
    if (asks_for_help(args)) {
        hf_help_command(cli.out, cli.command);
        return HF_EXIT_YES;
    }
    list_options(cli.command, options);
    if (!hf_is_ok(
            hf_arguments_parse(options, cli.command->operand_count, args, &arguments, &problem))) {
        return hf_print_option_error(&cli, &problem);
    }
    cli.is_json = hf_argument_flag(&arguments, "json");
    return cli.command->run(&cli, &arguments);
}

static enum hf_exit dispatch(struct hf_cli cli, char *const *words)
{
    size_t n_words = 0;
    if (!words[0]) {
        hf_help_overview(cli.err);
        return HF_EXIT_USAGE;
    }
    if (strcmp(words[0], "--version") == 0 && !words[1]) {
        fputs("hufu " HF_VERSION "\n", cli.out);
        return HF_EXIT_YES;
    }
    if (strcmp(words[0], "--help") == 0) {
        hf_help_overview(cli.out);
        return HF_EXIT_YES;
    }
    cli.command = find(words, &n_words);
    return cli.command ? run(cli, words + n_words) : refuse_unknown(&cli, words);
}

enum hf_exit hf_cli_main(const struct hf_cli *cli, char *const *argv)
{
    enum hf_exit code = dispatch(*cli, argv[0] ? argv + 1 : argv);
    if (fflush(cli->out) != 0 || ferror(cli->out)) {
        fputs("hufu: the result could not be written\n", cli->err);
        return HF_EXIT_UNREADABLE;
    }
    return code;
}

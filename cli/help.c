/*
 * Help is made from the same tables that the command line is read with, so it cannot speak of an
 * option that does not exist or keep silent about one that does.
 */
#include "cli/help.h"

#include "cli/print.h"

enum { NAME_COLUMN_CHARS = 20, OPTION_COLUMN_CHARS = 24 };

static const struct hf_option json_option = {.name = "json",
                                             .help = "print the result as one JSON object"};

void hf_help_overview(FILE *stream)
{
    fputs("hufu: consents, keys, policies and the access log of a Hufu gateway\n\n"
          "Usage: hufu COMMAND [OPTION]… [OPERAND]…\n\nCommands:\n",
          stream);
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        fprintf(stream, "  %-*s %s\n", NAME_COLUMN_CHARS, (*command)->name, (*command)->summary);
    }
    fputs("\nhufu help COMMAND explains one of them; hufu --version prints the version.\n"
          "Exit status: 0 yes, 1 no, 2 wrong usage, 3 verified in part, 4 cannot read, "
          "5 nothing there.\n",
          stream);
}

size_t hf_help_group(FILE *stream, const char *group)
{
    size_t n_found = 0;
    const size_t n = strlen(group);
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        const char *name = (*command)->name;
        if (strncmp(name, group, n) == 0 && name[n] == ' ') {
            fprintf(stream, "  hufu %-*s %s\n", NAME_COLUMN_CHARS, name, (*command)->summary);
            n_found++;
        }
    }
    return n_found;
}

static void print_option_usage(FILE *stream, const struct hf_option *option)
{
    fprintf(stream, option->is_required ? " --%s" : " [--%s", option->name);
    if (option->value) {
        fprintf(stream, " %s", option->value);
    }
    fputs(option->is_required ? "" : "]", stream);
    fputs(option->is_repeatable ? "…" : "", stream);
}

void hf_help_usage(FILE *stream, const struct hf_command *command)
{
    fprintf(stream, "Usage: hufu %s", command->name);
    if (command->operands) {
        fprintf(stream, " %s", command->operands);
    }
    for (const struct hf_option *option = command->options; option && option->name; option++) {
        print_option_usage(stream, option);
    }
    fputs(command->has_json ? " [--json]\n" : "\n", stream);
}

static void print_option(FILE *stream, const struct hf_option *option)
{
    char name[OPTION_COLUMN_CHARS * 2];
    snprintf(name, sizeof(name), "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    fprintf(stream, "  %-*s %s\n", OPTION_COLUMN_CHARS, name, option->help);
}

static void print_indented(FILE *stream, const char *lines)
{
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        fprintf(stream, "  %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n' ? 1 : 0);
    }
}

void hf_help_command(FILE *stream, const struct hf_command *command)
{
    fprintf(stream, "hufu %s: %s\n\n", command->name, command->summary);
    hf_help_usage(stream, command);
    if ((command->options && command->options->name) || command->has_json) {
        fputs("\nOptions:\n", stream);
    }
    for (const struct hf_option *option = command->options; option && option->name; option++) {
        print_option(stream, option);
    }
    if (command->has_json) {
        print_option(stream, &json_option);
    }
    if (command->details) {
        fprintf(stream, "\n%s\n", command->details);
    }
    fputs("\nExamples:\n", stream);
    print_indented(stream, command->examples);
}

static const struct hf_command *find(const char *name)
{
    for (const struct hf_command *const *command = hf_commands; *command; command++) {
        if (strcmp((*command)->name, name) == 0) {
            return *command;
        }
    }
    return NULL;
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char name[64] = "";
    if (arguments->n_operands == 0) {
        hf_help_overview(cli->out);
        return HF_EXIT_YES;
    }
    int n = snprintf(name, sizeof(name), "%s%s%s", arguments->operands[0],
                     arguments->n_operands > 1 ? " " : "",
                     arguments->n_operands > 1 ? arguments->operands[1] : "");
    const struct hf_command *command = n < (int)sizeof(name) ? find(name) : NULL;
    if (command) {
        hf_help_command(cli->out, command);
        return HF_EXIT_YES;
    }
    if (arguments->n_operands == 1 && hf_help_group(cli->out, name) > 0) {
        return HF_EXIT_YES;
    }
    return hf_print_usage_error(cli, "there is no such command; hufu help lists them");
}

const struct hf_command hf_command_help = {
    .name = "help",
    .summary = "explain the tool or one command",
    .operands = "[COMMAND…]",
    .operand_count = {0, 2},
    .examples = "hufu help\n"
                "hufu help consent\n"
                "hufu help consent grant",
    .run = run,
};

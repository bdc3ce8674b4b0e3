/*
 * Reading a command line. It decides what was given and never what it means. It is stricter than
 * getopt_long(): no abbreviations, so that a new option cannot change what an old script says, and
 * no option twice, so that a script pasted together wrongly is told so and not half obeyed.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>

static hf_status misused(struct hf_problem *reterr, const char *option, const char *sentence)
{
    return hf_problem_set(reterr, HF_REQUEST_MALFORMED, option, "%s", sentence);
}

static const struct hf_option *find(const struct hf_option *options, hf_bytes name)
{
    for (; options->name; options++) {
        if (hf_bytes_equal_string(name, options->name)) {
            return options;
        }
    }
    return NULL;
}

static hf_status add_value(struct hf_arguments *arguments, const struct hf_option *option,
                           const char *value, struct hf_problem *reterr)
{
    if (!option->is_repeatable && hf_argument(arguments, option->name)) {
        return misused(reterr, option->name, "is given twice");
    }
    if (arguments->n_values == HF_MAX_VALUES) {
        return misused(reterr, option->name, "is one option too many");
    }
    arguments->values[arguments->n_values].option = option;
    arguments->values[arguments->n_values].value = value;
    arguments->n_values++;
    return HF_DONE;
}

/* Reads the option at @args[0]; @ret_n_used is how many words it took. */
static hf_status add_option(struct hf_arguments *arguments, char *const *args, size_t *ret_n_used,
                            struct hf_problem *reterr)
{
    const char *word = args[0] + 2;
    const char *equals = strchr(word, '=');
    hf_bytes name = hf_bytes_of(word, equals ? (size_t)(equals - word) : strlen(word));
    const struct hf_option *option = find(arguments->options, name);
    if (!option) {
        char shown[64];
        hf_bytes cut = hf_bytes_of(name.data, name.size < sizeof(shown) ? name.size : 63);
        memcpy(shown, cut.data, cut.size);
        shown[cut.size] = '\0';
        return misused(reterr, shown, "is not an option of this command");
    }
    if (!option->value) {
        *ret_n_used = 1;
        return equals ? misused(reterr, option->name, "takes no value")
                      : add_value(arguments, option, "", reterr);
    }
    if (equals) {
        *ret_n_used = 1;
        return add_value(arguments, option, equals + 1, reterr);
    }
    if (!args[1] || strncmp(args[1], "--", 2) == 0) {
        return misused(reterr, option->name, "needs a value");
    }
    *ret_n_used = 2;
    return add_value(arguments, option, args[1], reterr);
}

static hf_status add_operand(struct hf_arguments *arguments, const char *operand,
                             struct hf_problem *reterr)
{
    if (operand[0] == '-' && operand[1] != '\0') {
        return misused(reterr, operand + 1, "is not an option: options are spelled in full");
    }
    if (arguments->n_operands == HF_MAX_OPERANDS) {
        return misused(reterr, NULL, "too many operands");
    }
    arguments->operands[arguments->n_operands++] = operand;
    return HF_DONE;
}

static hf_status read_words(struct hf_arguments *arguments, char *const *args,
                            struct hf_problem *reterr)
{
    while (*args && strcmp(*args, "--") != 0) {
        size_t n_used = 1;
        if (strncmp(*args, "--", 2) == 0) {
            HF_TRY(add_option(arguments, args, &n_used, reterr));
        } else {
            HF_TRY(add_operand(arguments, *args, reterr));
        }
        args += n_used;
    }
    for (args += *args ? 1 : 0; *args; args++) {
        if (arguments->n_operands == HF_MAX_OPERANDS) {
            return misused(reterr, NULL, "too many operands");
        }
        arguments->operands[arguments->n_operands++] = *args;
    }
    return HF_DONE;
}

hf_status hf_arguments_parse(const struct hf_option *options, struct hf_operand_count count,
                             char *const *args, struct hf_arguments *ret_arguments,
                             struct hf_problem *reterr)
{
    struct hf_arguments arguments = {.options = options};
    HF_TRY(read_words(&arguments, args, reterr));
    for (const struct hf_option *option = options; option->name; option++) {
        if (option->is_required && !hf_argument(&arguments, option->name)) {
            return misused(reterr, option->name, "is missing");
        }
    }
    if (arguments.n_operands < count.min) {
        return misused(reterr, NULL, "an operand is missing");
    }
    if (arguments.n_operands > count.max) {
        return misused(reterr, NULL, "too many operands");
    }
    *ret_arguments = arguments;
    return HF_DONE;
}

const char *hf_argument_at(const struct hf_arguments *arguments, const char *name, size_t index)
{
    for (size_t i = 0; i < arguments->n_values; i++) {
        if (strcmp(arguments->values[i].option->name, name) == 0 && index-- == 0) {
            return arguments->values[i].value;
        }
    }
    return NULL;
}

const char *hf_argument(const struct hf_arguments *arguments, const char *name)
{
    return hf_argument_at(arguments, name, 0);
}

bool hf_argument_flag(const struct hf_arguments *arguments, const char *name)
{
    return hf_argument(arguments, name) != NULL;
}

/* strtoll() alone would take white space, a plus sign and leading zeros. */
static bool is_decimal(const char *text)
{
    text += *text == '-' ? 1 : 0;
    return *text >= '0' && *text <= '9' && (text[0] != '0' || text[1] == '\0') &&
           text[strspn(text, "0123456789")] == '\0';
}

hf_status hf_argument_integer(const struct hf_arguments *arguments, const char *name,
                              struct hf_integer_range range, int64_t *ret_integer,
                              struct hf_problem *reterr)
{
    const char *text = hf_argument(arguments, name);
    if (!text) {
        return HF_DONE;
    }
    errno = 0;
    long long integer = is_decimal(text) ? strtoll(text, NULL, 10) : 0;
    if (!is_decimal(text) || errno != 0 || integer < range.min || integer > range.max) {
        return hf_problem_set(reterr, HF_REQUEST_MALFORMED, name,
                              "must be an integer from %lld to %lld", (long long)range.min,
                              (long long)range.max);
    }
    *ret_integer = integer;
    return HF_DONE;
}

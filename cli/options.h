/*
 * The command line of one sub-command, read strictly against a list of what it understands.
 *
 * Only long options: `--name VALUE`, `--name=VALUE`, `--flag`. No abbreviation. `--` ends them; `-`
 * is an operand or a value and means standard input. An unknown option, one given twice, a missing
 * or superfluous value, a value that begins with `--` and is not joined by `=`, and a wrong number
 * of operands are errors, each with its own sentence.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum { HF_MAX_OPTIONS = 24, HF_MAX_VALUES = 64, HF_MAX_OPERANDS = 32 };

struct hf_option {
    const char *name;  /* without dashes; NULL ends a list */
    const char *value; /* what stands for the value in help, e.g. "USCC"; NULL: a flag */
    const char *help;  /* one line */
    bool is_required;
    bool is_repeatable;
};

struct hf_arguments {
    const struct hf_option *options;
    const char *operands[HF_MAX_OPERANDS];
    size_t n_operands;
    struct {
        const struct hf_option *option;
        const char *value;   /* "" for a flag */
    } values[HF_MAX_VALUES]; /* in the order of the command line */
    size_t n_values;
};

struct hf_operand_count {
    size_t min;
    size_t max;
};

/**
 * hf_arguments_parse() - read what stands behind the sub-command's name
 * @options: ended by a NULL name; at most HF_MAX_OPTIONS; outlives @ret_arguments
 * @args:    borrowed for as long as @ret_arguments is used
 * @reterr:  may be NULL; `where` names the option, `detail` says what is wrong
 *
 * Errors: REQUEST_MALFORMED.
 */
hf_status hf_arguments_parse(const struct hf_option *options, struct hf_operand_count count,
                             char *const *args, struct hf_arguments *ret_arguments,
                             struct hf_problem *reterr);

/* The value of an option, NULL when it was not given. Of a repeatable one: the first. */
const char *hf_argument(const struct hf_arguments *arguments, const char *name);

/* The @index-th value of a repeatable option (from 0), NULL behind the last. */
const char *hf_argument_at(const struct hf_arguments *arguments, const char *name, size_t index);

/* Whether a flag was given. */
bool hf_argument_flag(const struct hf_arguments *arguments, const char *name);

struct hf_integer_range {
    int64_t min;
    int64_t max;
};

/**
 * hf_argument_integer() - the value of an option as a decimal integer
 * @ret_integer: left alone when the option was not given
 * @reterr:      may be NULL
 *
 * Accepts -?(0|[1-9][0-9]*) within @range. Errors: REQUEST_MALFORMED.
 */
hf_status hf_argument_integer(const struct hf_arguments *arguments, const char *name,
                              struct hf_integer_range range, int64_t *ret_integer,
                              struct hf_problem *reterr);

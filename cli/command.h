/*
 * What a sub-command of `hufu` is, and what it is run with. A new one is a `const struct hf_command
 * hf_command_<name>` in a file of its own, one line in commands.def and one in meson.build.
 */
#pragma once

#include "base/clock.h"
#include "cli/options.h"

#include <stdio.h>

/* Exit status: a contract. */
enum hf_exit {
    HF_EXIT_YES = 0,        /* done; allowed; verified */
    HF_EXIT_NO = 1,         /* refused, tampered, denied */
    HF_EXIT_USAGE = 2,      /* the command line is wrong */
    HF_EXIT_PARTIAL = 3,    /* verified, but not wholly covered (log only) */
    HF_EXIT_UNREADABLE = 4, /* an input cannot be read, or the output not written */
    HF_EXIT_EMPTY = 5       /* zero entries (log only) */
};

/* Results go to @out, words to people to @err; tests give streams of their own. */
struct hf_cli {
    const struct hf_command *command; /* the one that runs */
    FILE *out;
    FILE *err;
    struct hf_clock clock;
    bool is_json; /* --json was given */
};

struct hf_command {
    const char *name;     /* "consent grant" */
    const char *summary;  /* one line, no full stop: "sign a consent" */
    const char *operands; /* as usage shows them: "TOKEN|-"; NULL: none */
    struct hf_operand_count operand_count;
    const struct hf_option *options; /* ended by a NULL name; NULL: none; --json and --help are not
                                        listed here */
    bool has_json;                   /* understands --json */
    const char *details;             /* paragraphs for help; may be NULL */
    const char *examples;            /* whole command lines, one per line; never NULL */
    enum hf_exit (*run)(const struct hf_cli *cli, const struct hf_arguments *arguments);
};

/* The sub-commands in the order of help, ended by NULL. */
extern const struct hf_command *const hf_commands[];

/**
 * hf_cli_main() - find the sub-command that @argv names, read its options, run it
 * @cli: out, err and clock are set
 *
 * Never exits: returns what the process should. A result that could not be written (a full disk)
 * is HF_EXIT_UNREADABLE whatever the command said.
 */
enum hf_exit hf_cli_main(const struct hf_cli *cli, char *const *argv);

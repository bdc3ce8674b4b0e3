/*
 * Runs the tool inside the test, with streams in memory.
 */
#pragma once

#include "cli/command.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

struct tool_run {
    enum hf_exit code;
    char *out;
    char *err;
};

static inline void tool_run_clear(struct tool_run *run)
{
    free(run->out);
    free(run->err);
}

/* @argv: with the program's name at its front and NULL at its end. */
static inline struct tool_run tool_run(char *const *argv)
{
    struct tool_run run = {0};
    size_t n_out = 0;
    size_t n_err = 0;
    struct hf_clock_fixed now = {.unix_ms = 1767225700000};
    struct hf_cli cli = {.out = open_memstream(&run.out, &n_out),
                         .err = open_memstream(&run.err, &n_err),
                         .clock = hf_clock_fixed(&now)};
    assert_non_null(cli.out);
    assert_non_null(cli.err);
    run.code = hf_cli_main(&cli, argv);
    fclose(cli.out);
    fclose(cli.err);
    return run;
}

#define TOOL(...) tool_run((char *const[]){(char[]){"hufu"}, __VA_ARGS__, NULL})
/* A word of a command line: argv is not const in C. */
#define W(text) ((char[]){text})

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("\"%s\" does not say \"%s\"", text, part);
    }
}

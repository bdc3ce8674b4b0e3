/*
 * How the tool speaks: problems to people on stderr, results on stdout, the exit status of each
 * status. Everything that comes from outside is cleaned of control characters before a terminal
 * sees it.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

/**
 * hf_exit_of() - the exit status that a status means
 *
 * 0: OK. 1: whatever says no to what was asked (every refusal of the gateway; a catalog, policy or
 * configuration that does not hold; a signature or log that does not verify; a thing that is there
 * already). 4: what the question needs cannot be read, or this machine fails.
 */
enum hf_exit hf_exit_of(hf_status status);

/* `hufu key new: <sentence>` and the usage line, to stderr. Returns HF_EXIT_USAGE. */
enum hf_exit hf_print_usage_error(const struct hf_cli *cli, const char *sentence);

/* The same for a problem of an option: `hufu key new: --alg is missing`. */
enum hf_exit hf_print_option_error(const struct hf_cli *cli, const struct hf_problem *problem);

/* The same for an option whose value is wrong: `hufu key new: --alg <sentence>`. */
enum hf_exit hf_print_wrong_option(const struct hf_cli *cli, const char *option,
                                   const char *sentence);

/**
 * hf_print_problem() - `file:line:column: where: sentence` on stderr
 * @file:    as the user named it; NULL or "-" prints "standard input"
 * @status:  of the call that filled @problem
 * @problem: may be NULL or empty: the status's own sentence is printed, and errno's when it is IO
 *
 * Line, column and where are left out when they are not known. Returns hf_exit_of(@status).
 */
enum hf_exit hf_print_problem(const struct hf_cli *cli, const char *file, hf_status status,
                              const struct hf_problem *problem);

/* The same for a folder whose reader begins `where` with the name of a file:
 * `folder/file:line:column: where: sentence`. */
enum hf_exit hf_print_folder_problem(const struct hf_cli *cli, const char *folder, hf_status status,
                                     const struct hf_problem *problem);

/**
 * hf_print_verdict() - allow, or deny with its code and sentence, on stdout
 * @status:  OK is allow
 * @problem: may be NULL; where and detail are printed when they are set
 *
 * Words: `allow`, or `deny <code>: <where>: <sentence>`. JSON: {"verdict","code","where","detail"}.
 * Returns hf_exit_of(@status); a status that is no verdict (exit 4) goes to stderr instead.
 */
enum hf_exit hf_print_verdict(const struct hf_cli *cli, hf_status status,
                              const struct hf_problem *problem);

/* Writes @text with every control character, and every byte that is not UTF-8, as `\xNN`. A newline
 * is a control character too. */
void hf_print_clean(FILE *stream, hf_bytes text);

/**
 * hf_read_input() - the bytes of a file, or of standard input for "-", into @buf
 *
 * Prints the problem itself. Returns HF_EXIT_YES or what the command should return.
 */
enum hf_exit hf_read_input(const struct hf_cli *cli, const char *path, hf_buf *buf);

/* The same for a token given as operand: the text itself, or "-": standard input without the
 * newlines at its end. */
enum hf_exit hf_read_token(const struct hf_cli *cli, const char *operand, hf_buf *buf);

/**
 * hf_read_uscc() - an option's value as a USCC, with or without `uscc:`
 * @ret_uscc: 18 characters and a NUL
 *
 * Prints a usage error. Returns HF_EXIT_YES or HF_EXIT_USAGE.
 */
enum hf_exit hf_read_uscc(const struct hf_cli *cli, const char *option, const char *value,
                          char ret_uscc[static 19]);

/*
 * What the tool says about itself.
 */
#pragma once

#include "cli/command.h"

/* All commands with their summaries, to @stream. */
void hf_help_overview(FILE *stream);

/* The commands of one group, e.g. "consent". Returns how many there are. */
size_t hf_help_group(FILE *stream, const char *group);

/* One line: `Usage: hufu key new --alg ALG --out FILE`. */
void hf_help_usage(FILE *stream, const struct hf_command *command);

/* Usage, options, details and examples of one command. */
void hf_help_command(FILE *stream, const struct hf_command *command);

extern const struct hf_command hf_command_help;

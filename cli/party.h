/*
 * Parties on the command line.
 */
#pragma once

#include "base/uscc.h"
#include "cli/command.h"

/**
 * hf_read_party() - an option's value as a principal's name
 * @value:     `uscc:<18>`, `person:<43>`, or a bare USCC
 * @ret_party: with its prefix
 *
 * Prints a usage error. Returns HF_EXIT_YES or HF_EXIT_USAGE.
 */
enum hf_exit hf_read_party(const struct hf_cli *cli, const char *option, const char *value,
                           char ret_party[static HF_PARTY_MAX_BYTES + 1]);

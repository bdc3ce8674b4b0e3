/*
 * The key that opens sealed details, as the tool reads it: `operator.key` of a deployment.
 */
#pragma once

#include "cli/command.h"
#include "crypto/seal.h"

/**
 * hf_read_seal_key() - a recipient's key out of its file
 * @ret_key: set only on success; hf_seal_key_clear()
 *
 * Prints the problem itself. Returns HF_EXIT_YES or HF_EXIT_UNREADABLE.
 */
enum hf_exit hf_read_seal_key(const struct hf_cli *cli, const char *path,
                              struct hf_seal_key *ret_key);

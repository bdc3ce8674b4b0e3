/*
 * The keys that a gateway publishes, as a file of whoever verifies what it signed.
 */
#pragma once

#include "cli/command.h"
#include "crypto/key_set.h"

/* For the table of a command. */
#define HF_OPTION_KEYS                                                                             \
    {                                                                                              \
        .name = "keys", .value = "FILE",                                                           \
        .help = "the gateway's public keys: what its /keys answers, or one JWK",                   \
        .is_required = true                                                                        \
    }

/**
 * hf_read_keys() - read a JWK or a JWK Set
 * @ret_keys: set only on HF_EXIT_YES; hf_key_set_clear()
 *
 * Prints what is wrong. Returns HF_EXIT_YES or what the command should return.
 */
enum hf_exit hf_read_keys(const struct hf_cli *cli, const char *path, struct hf_key_set *ret_keys);

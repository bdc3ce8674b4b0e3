/*
 * Persons on the operator's machine: the one place of the tool that sees an ID number.
 */
#pragma once

#include "base/uscc.h"
#include "cli/command.h"
#include "crypto/mac.h"

/**
 * hf_read_person_key() - the key by which a deployment names persons
 * @deployment: whose keys/pseudonym.key it is
 * @ret_key:    set only on success; hf_mac_key_clear()
 *
 * Prints the problem itself; returns HF_EXIT_YES or HF_EXIT_UNREADABLE.
 */
enum hf_exit hf_read_person_key(const struct hf_cli *cli, const char *deployment,
                                struct hf_mac_key *ret_key);

/**
 * hf_read_person() - the name of the person whose ID number stands on standard input
 * @deployment: whose keys/pseudonym.key makes the name
 * @ret_party:  "person:" and 43 characters
 *
 * One number of 18 characters (GB 11643, its check character verified), perhaps with a newline. It
 * is wiped and never printed, not even when it is wrong. Prints the problem itself; returns
 * HF_EXIT_YES or HF_EXIT_UNREADABLE.
 */
enum hf_exit hf_read_person(const struct hf_cli *cli, const char *deployment,
                            char ret_party[static HF_PARTY_MAX_BYTES + 1]);

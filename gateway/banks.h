/*
 * The banks of a deployment, one file each (banks/<uscc>.json), found by the SHA-256 of the client
 * certificate. Immutable once read; part of the snapshot.
 *
 *   {"uscc": "91350100M000100Y43", "name": "…", "certs": ["<64 hex>", …], "disabled_at":
 * 1790000000}
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "base/uscc.h"
#include "crypto/hash.h"

#include <stdint.h>

struct hf_bank {
    const char *uscc;        /* 18 characters, without "uscc:" */
    const char *rcpt;        /* "uscc:" and the same: as consents name it */
    const char *name;        /* for people */
    int64_t disabled_unix_s; /* 0: never */
    size_t n_certs;
};

struct hf_banks;

/**
 * hf_banks_read() - read every *.json of a folder
 * @ret_banks: set only on success; caller owns, hf_banks_free()
 * @ret_file:  the file to blame, when one is (at least 256 bytes); untouched otherwise
 * @reterr:    may be NULL
 *
 * A certificate that two banks name is refused, and a file whose name is not its uscc.
 * Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_banks_read(const char *folder, struct hf_banks **ret_banks, char *ret_file,
                        struct hf_problem *reterr);
void hf_banks_free(struct hf_banks *banks); /* NULL is fine */

/* Who holds that certificate, disabled or not; NULL: nobody. Cost: O(log certificates). */
const struct hf_bank *hf_banks_by_cert(const struct hf_banks *banks,
                                       const uint8_t sha256[static HF_SHA256_BYTES]);

/* SHA-256 over the list of files that were read (hf_sha256_list()); as long as @banks. */
const uint8_t *hf_banks_sha256(const struct hf_banks *banks);

size_t hf_banks_count(const struct hf_banks *banks);

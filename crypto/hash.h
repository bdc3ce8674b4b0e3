/*
 * SHA-256 (FIPS 180-4) through OpenSSL's low-level functions, which use the processor's SHA
 * instructions and need no fetch or allocation per call.
 */
#pragma once

#include "base/bytes.h"

#include <stdalign.h>

enum { HF_SHA256_BYTES = 32 };

struct hf_sha256 {
    alignas(8) uint8_t opaque[128];
};

/* None of these can fail or allocate. */
void hf_sha256_init(struct hf_sha256 *state);
void hf_sha256_update(struct hf_sha256 *state, hf_bytes bytes);
void hf_sha256_final(struct hf_sha256 *state, uint8_t ret_digest[static HF_SHA256_BYTES]);

void hf_sha256_of(hf_bytes bytes, uint8_t ret_digest[static HF_SHA256_BYTES]);

/**
 * hf_sha256_list() - add one file to the digest of a list of files
 * @list: begun by hf_sha256_init()
 * @name: without a backslash or newline
 *
 * What is digested is the line that sha256sum(1) prints for the file, so that anyone can make the
 * digest of a folder: `LC_ALL=C sha256sum *.json | sha256sum`.
 */
void hf_sha256_list(struct hf_sha256 *list, hf_bytes content, const char *name);

enum { HF_SHA256_BLOCK_BYTES = 64, HF_SHA256_SHORT_BYTES = 55 };

/* Adds one whole block to a state that hf_sha256_short() will finish, and nothing else. */
void hf_sha256_block(struct hf_sha256 *midstate, const uint8_t block[static HF_SHA256_BLOCK_BYTES]);

/**
 * hf_sha256_short() - finish a kept midstate with a short message
 * @midstate: after exactly @n_blocks whole blocks, by whichever way; stays as it is
 * @bytes:    at most HF_SHA256_SHORT_BYTES, so that they and their padding are one block
 *
 * The same digest as update and final would make. Cost: one compression (45 ns; 70 ns by the usual
 * way), which is what the tags of the log are made of.
 */
void hf_sha256_short(const struct hf_sha256 *midstate, uint64_t n_blocks, hf_bytes bytes,
                     uint8_t ret_digest[static HF_SHA256_BYTES]);

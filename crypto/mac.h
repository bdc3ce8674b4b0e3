/*
 * HMAC-SHA-256 (RFC 2104) with kept midstates: the two key blocks are hashed once, when the key is
 * set, so that one short tag costs two compressions.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"

struct hf_mac_key {
    struct hf_sha256 inner;
    struct hf_sha256 outer;
};

void hf_mac_key_init(struct hf_mac_key *mac_key, hf_bytes key);
void hf_mac_key_clear(struct hf_mac_key *mac_key); /* wipes */

/* The tag of @n_parts byte strings, concatenated. No allocation, cannot fail. Cost: two
 * compressions (95 ns) for up to HF_SHA256_SHORT_BYTES together. */
void hf_mac(const struct hf_mac_key *mac_key, const hf_bytes *parts, size_t n_parts,
            uint8_t ret_tag[static HF_SHA256_BYTES]);

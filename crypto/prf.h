/*
 * A pseudorandom function of short messages: the PRF of RFC 8391 (5.1), one SHA-256 compression a
 * message.
 *
 *   PRF(key, message) = SHA-256(toByte(3, 32) || key || message)
 *
 * All messages under one key have one length: then no message is the beginning of another, and the
 * outer hash that HMAC has for messages of any length protects nothing. The result is no digest to
 * hash on with, and who needs a tag of a message of any length takes crypto/mac.h.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"

enum { HF_PRF_KEY_BYTES = 32, HF_PRF_MAX_MESSAGE_BYTES = HF_SHA256_SHORT_BYTES };

struct hf_prf_key {
    struct hf_sha256 midstate; /* behind the block that the key is in */
};

void hf_prf_key_init(struct hf_prf_key *prf_key, const uint8_t key[static HF_PRF_KEY_BYTES]);
void hf_prf_key_clear(struct hf_prf_key *prf_key); /* wipes */

/* @message: at most HF_PRF_MAX_MESSAGE_BYTES. Cannot fail. Cost: one compression (50 ns). */
void hf_prf(const struct hf_prf_key *prf_key, hf_bytes message,
            uint8_t ret_bytes[static HF_SHA256_BYTES]);

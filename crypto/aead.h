/*
 * AES-256-GCM (NIST SP 800-38D) under a key that seals one message and no other: the nonce is zero
 * and is not carried. Who seals twice under one key has lost both messages; seal.c draws a key for
 * each box.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum { HF_AEAD_KEY_BYTES = 32, HF_AEAD_TAG_BYTES = 16 };

/**
 * hf_aead_seal() - encrypt one message
 * @ret_sealed: plain.size + HF_AEAD_TAG_BYTES bytes; may not overlap @plain
 *
 * Shape: ciphertext | tag 16. Cost: 0.1 us and 0.45 ns a byte with AES and PCLMUL instructions.
 * Errors: CRYPTO.
 */
hf_status hf_aead_seal(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad, hf_bytes plain,
                       uint8_t *ret_sealed);

/**
 * hf_aead_open() - decrypt one message
 * @sealed:    untrusted
 * @ret_plain: sealed.size - HF_AEAD_TAG_BYTES bytes; zeros when it does not open
 *
 * Errors: SEAL_INVALID (another key or @ad, changed, shorter than a tag), CRYPTO.
 */
hf_status hf_aead_open(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad, hf_bytes sealed,
                       uint8_t *ret_plain);

/* The same, never with libsodium; for tests and processors without AES instructions. */
hf_status hf_aead_seal_portable(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad,
                                hf_bytes plain, uint8_t *ret_sealed);
hf_status hf_aead_open_portable(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad,
                                hf_bytes sealed, uint8_t *ret_plain);

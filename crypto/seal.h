/*
 * Sealed boxes for details of the log: XChaCha20-Poly1305 (libsodium) under a fresh data key, which
 * is wrapped once for each recipient's 32-byte key.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/secret.h"

enum { HF_SEAL_KEY_BYTES = 32, HF_SEAL_KID_BYTES = 8, HF_SEAL_MAX_RECIPIENTS = 8 };

struct hf_seal_key {
    struct hf_secret secret;        /* HF_SEAL_KEY_BYTES */
    uint8_t kid[HF_SEAL_KID_BYTES]; /* first bytes of SHA-256("hufu/kid" || key) */
};

hf_status hf_seal_key_init(struct hf_seal_key *ret_key,
                           hf_bytes key); /* copies; NOMEM, KEY_MALFORMED */
void hf_seal_key_clear(struct hf_seal_key *key);

/* Bytes that sealing adds for @n_recipients. */
size_t hf_seal_overhead_bytes(size_t n_recipients);

/**
 * hf_seal() - append the sealed form of @plain
 * @ad: associated data, bound but not carried
 *
 * Shape: u8 version=1 | u8 n | n x {kid 8, nonce 24, wrapped key 48} | nonce 24 | ciphertext
 * Errors: LIMIT, NOMEM, CRYPTO, BUG (no or too many recipients).
 */
hf_status hf_seal(hf_bytes plain, hf_bytes ad, const struct hf_seal_key *const *recipients,
                  size_t n_recipients, hf_buf *buf);

/* Opens with one recipient's key; appends to @plain. Errors: SEAL_INVALID, LIMIT, NOMEM. */
hf_status hf_seal_open(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *recipient,
                       hf_buf *plain);

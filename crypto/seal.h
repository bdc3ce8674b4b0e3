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

/* Copies @key into secret memory. Errors: KEY_MALFORMED (not 32 bytes), NOMEM. */
hf_status hf_seal_key_init(struct hf_seal_key *ret_key, hf_bytes key);
void hf_seal_key_clear(struct hf_seal_key *key); /* accepts a zeroed one */

/* Bytes that sealing adds for @n_recipients. */
size_t hf_seal_overhead_bytes(size_t n_recipients);

/**
 * hf_seal() - append the sealed form of @plain
 * @ad:         associated data, bound but not carried; must not point into @buf
 * @recipients: 1..HF_SEAL_MAX_RECIPIENTS keys, each of which opens the box alone
 *
 * Shape: u8 version=1 | u8 n | n x {kid 8, nonce 24, wrapped key 48} | nonce 24 | ciphertext
 * What stands before the ciphertext is authenticated with it: no recipient can be dropped or added
 * unseen by the others. The box does not commit to its key (XChaCha20-Poly1305): who needs that
 * puts a commitment beside it.
 * Cost: one pass over @plain and about 0.6 us a recipient; no allocation but the buffer's. On
 * failure @buf is as it was. Errors: LIMIT, NOMEM, CRYPTO, BUG (no or too many recipients).
 */
hf_status hf_seal(hf_bytes plain, hf_bytes ad, const struct hf_seal_key *const *recipients,
                  size_t n_recipients, hf_buf *buf);

/**
 * hf_seal_open() - open with one recipient's key; appends to @plain
 * @sealed: untrusted
 * @ad:     what was given to hf_seal()
 *
 * Errors: SEAL_INVALID (not for this key, another @ad, changed, cut; nothing is kept), LIMIT,
 * NOMEM.
 */
hf_status hf_seal_open(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *recipient,
                       hf_buf *plain);

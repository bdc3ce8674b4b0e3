/*
 * Sealed boxes for details of the log: AES-256-GCM under a fresh data key, which is wrapped once
 * for each recipient's 32-byte key. Any recipient opens the box alone.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/secret.h"

enum {
    HF_SEAL_VERSION = 4, /* of the shape, and of what the log seals: boxes of another do not open */
    HF_SEAL_KEY_BYTES = 32,
    HF_SEAL_MAX_RECIPIENTS = 8,
    HF_SEAL_MAX_AD_BYTES = 256,
    HF_SEAL_NONCE_BYTES = 16,
    HF_SEAL_WRAPPED_BYTES = 32,
    HF_SEAL_TAG_BYTES = 16
};

struct hf_seal_key {
    struct hf_secret prf_key; /* a struct hf_prf_key in locked memory */
};

/* Errors: KEY_MALFORMED (not 32 bytes), NOMEM. */
hf_status hf_seal_key_init(struct hf_seal_key *ret_key, hf_bytes key);
void hf_seal_key_clear(struct hf_seal_key *key); /* accepts a zeroed one */

/* Bytes that sealing adds for @n_recipients. */
static inline size_t hf_seal_overhead_bytes(size_t n_recipients)
{
    return 2 + HF_SEAL_NONCE_BYTES + n_recipients * HF_SEAL_WRAPPED_BYTES + HF_SEAL_TAG_BYTES;
}

/**
 * hf_seal() - append the sealed form of @plain
 * @plain:      must not point into @buf
 * @ad:         associated data, bound but not carried; at most HF_SEAL_MAX_AD_BYTES
 * @recipients: by slot, 1..HF_SEAL_MAX_RECIPIENTS of them; NULL: nobody in this slot
 *
 * Shape: u8 version=4 | u8 slots | nonce 16 | a wrapped key of 32 for each slot | ciphertext |
 *        tag 16, where bit i of `slots` says that slot i has a wrapped key, and
 *        wrapped key = data key XOR PRF(recipient's key, "hufu/wrap" | u8 slot | nonce)
 * crypto/prf.h What stands before the ciphertext is authenticated with it: no recipient can be
 * dropped, added or moved unseen by the others. Nothing in a box names a recipient but its slot, so
 * a key that serves one party cannot be followed from box to box. The box does not commit to its
 * key (as no AEAD of this speed does): who needs that puts a commitment beside it. Cost: 0.1 us,
 * 0.45 ns a byte and 0.05 us a recipient; no allocation but the buffer's. On failure
 * @buf is as it was. Errors: LIMIT, NOMEM, CRYPTO, BUG (no or too many recipients, @ad too long).
 */
hf_status hf_seal(hf_bytes plain, hf_bytes ad, const struct hf_seal_key *const *recipients,
                  size_t n_recipients, hf_buf *buf);

/**
 * hf_seal_open() - open with one recipient's key, whichever slot it is in; appends to @plain
 * @sealed: untrusted
 * @ad:     what was given to hf_seal()
 *
 * Errors: SEAL_INVALID (not for this key, another @ad, changed, cut; nothing is kept), LIMIT,
 * NOMEM, CRYPTO, BUG (@ad too long).
 */
hf_status hf_seal_open(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *recipient,
                       hf_buf *plain);

/*
 * What the files of a key share with each other and with nobody else: key.c makes keys out of raw
 * parts, key_jwk.c and key_pem.c find those parts in texts.
 */
#pragma once

#include "crypto/key.h"
#include "crypto/secret.h"

enum { HF_ED25519_SEED_BYTES = 32 };

/**
 * hf_key_from_ed25519_seed() - a key pair out of the 32 bytes that RFC 8032 calls the private key
 * @seed: HF_ED25519_SEED_BYTES, borrowed; the copy goes to secret memory
 *
 * Errors: KEY_MALFORMED (another length), NOMEM, CRYPTO.
 */
hf_status hf_key_from_ed25519_seed(hf_bytes seed, struct hf_key **ret_key);

/* Copies the seed out. Errors: BUG (no private part). */
hf_status hf_key_ed25519_seed(const struct hf_key *key,
                              uint8_t ret_seed[static HF_ED25519_SEED_BYTES]);

/* The public point in base64url, as JWK member `x`. */
enum { HF_ED25519_X_CHARS = 43 };
void hf_key_ed25519_x(const struct hf_key *key, char ret_x[static HF_ED25519_X_CHARS + 1]);

/* Larger than any text that hf_key_from_pem() accepts or hf_key_write_private_pem() makes. */
enum { HF_KEY_PEM_MAX_BYTES = 4096 };

/**
 * hf_key_write_private_pem() - append the PKCS#8 PEM of a key pair
 * @pem: reserved to its limit here, so that no copy is left behind; hf_secret_buf_clear()
 *
 * Errors: LIMIT, NOMEM, BUG (no private part).
 */
hf_status hf_key_write_private_pem(const struct hf_key *key, hf_buf *pem);

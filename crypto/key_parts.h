/*
 * What the files of a key share with each other and with nobody else: key.c makes keys out of raw
 * parts, key_jwk.c, key_der.c and key_pem.c find those parts in texts.
 */
#pragma once

#include "crypto/key.h"
#include "crypto/secret.h"

enum {
    HF_KEY_PRIVATE_BYTES = 32,   /* RFC 8032's private key, or the scalar of a curve */
    HF_KEY_PUBLIC_MAX_BYTES = 64 /* Ed25519: the 32 bytes of a point; else X||Y */
};

/**
 * hf_key_from_public_part() - a public key out of the bytes of its point
 * @part: 32 bytes for Ed25519, X||Y for the others; borrowed
 *
 * Errors: KEY_MALFORMED (another length, not on the curve, not of the prime order),
 * KEY_UNSUPPORTED, NOMEM, CRYPTO.
 */
hf_status hf_key_from_public_part(enum hf_alg alg, hf_bytes part, struct hf_key **ret_key);

/**
 * hf_key_from_private_part() - a key pair out of its private bytes
 * @part: HF_KEY_PRIVATE_BYTES, borrowed; the copy goes to secret memory
 *
 * Errors: KEY_MALFORMED (another length; a scalar out of range), KEY_UNSUPPORTED, NOMEM, CRYPTO.
 */
hf_status hf_key_from_private_part(enum hf_alg alg, hf_bytes part, struct hf_key **ret_key);

/* Copies the private bytes out. Errors: BUG (no private part). */
hf_status hf_key_private_part(const struct hf_key *key,
                              uint8_t ret_part[static HF_KEY_PRIVATE_BYTES]);

/* The bytes of the point, borrowed from the key. */
hf_bytes hf_key_public_part(const struct hf_key *key);

/* The members of the public key in the order of RFC 7638, without braces: what a thumbprint is
 * computed from and a JWK begins with. */
enum { HF_KEY_MEMBERS_MAX_BYTES = 160 };
void hf_key_members(enum hf_alg alg, hf_bytes public_part,
                    char ret_members[static HF_KEY_MEMBERS_MAX_BYTES]);

/* ---- DER ---- */

enum { HF_KEY_DER_MAX_BYTES = 3072 };

/* PKCS#8, one of a key pair (RFC 5958). @der is wiped by its owner. Errors: as
 * hf_key_from_pem(). */
hf_status hf_key_from_pkcs8(hf_bytes der, struct hf_key **ret_key, struct hf_problem *reterr);

/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7). Errors: KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM. */
hf_status hf_key_from_spki(hf_bytes der, struct hf_key **ret_key, struct hf_problem *reterr);

/* Appends PKCS#8. @der: reserved to its limit by the caller, who wipes it. Errors: LIMIT, NOMEM,
 * BUG (no private part). */
hf_status hf_key_write_pkcs8(const struct hf_key *key, hf_buf *der);

/* Appends SubjectPublicKeyInfo. Errors: LIMIT, NOMEM. */
hf_status hf_key_write_spki(const struct hf_key *key, hf_buf *der);

/* ---- PEM ---- */

/* Larger than any text that hf_key_from_pem() accepts or hf_key_write_private_pem() makes. */
enum { HF_KEY_PEM_MAX_BYTES = 4096 };

/**
 * hf_key_write_private_pem() - append the PKCS#8 PEM of a key pair
 * @pem: reserved to its limit here, so that no copy is left behind; hf_secret_buf_clear()
 *
 * Errors: LIMIT, NOMEM, BUG (no private part).
 */
hf_status hf_key_write_private_pem(const struct hf_key *key, hf_buf *pem);

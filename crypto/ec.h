/*
 * Signatures on curves that OpenSSL serves: ES256 (P-256, SHA-256) and SM2 (sm2p256v1, SM3, always
 * with the distinguishing id of GB/T 35276). Inside crypto/ only: everybody else holds a hf_key.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/key_parts.h"

enum {
    HF_EC_SCALAR_BYTES = HF_KEY_PRIVATE_BYTES,  /* big-endian */
    HF_EC_POINT_BYTES = HF_KEY_PUBLIC_MAX_BYTES /* X||Y, big-endian */
};

/* The id that every SM2 signature here is made and checked with. */
#define HF_SM2_DISTINGUISHING_ID "1234567812345678"

struct hf_ec_public; /* a point that signatures are checked with; immutable, any thread */

/**
 * hf_ec_public_new() - a public key out of its affine coordinates
 * @alg:        HF_ALG_ES256 or HF_ALG_SM2
 * @ret_public: set only on success; caller owns, hf_ec_public_free()
 *
 * Refuses a coordinate that is not reduced and a point that is not on that algorithm's own curve;
 * infinity has no affine coordinates. Both curves have cofactor 1: every such point is of the prime
 * order. Errors: KEY_MALFORMED, KEY_UNSUPPORTED (another algorithm), CRYPTO.
 */
hf_status hf_ec_public_new(enum hf_alg alg, const uint8_t point[static HF_EC_POINT_BYTES],
                           struct hf_ec_public **ret_public);
void hf_ec_public_free(struct hf_ec_public *public_key); /* NULL is fine */

/* A private key with what belongs to it. All borrowed. */
struct hf_ec_pair {
    enum hf_alg alg;
    const uint8_t *scalar; /* HF_EC_SCALAR_BYTES */
    const uint8_t *point;  /* HF_EC_POINT_BYTES */
};

/**
 * hf_ec_point_of() - the point that belongs to a private key
 *
 * Errors: KEY_MALFORMED (zero, not below the order; for SM2 order - 1, too: 1 + d has no inverse),
 * KEY_UNSUPPORTED, CRYPTO.
 */
hf_status hf_ec_point_of(enum hf_alg alg, const uint8_t scalar[static HF_EC_SCALAR_BYTES],
                         uint8_t ret_point[static HF_EC_POINT_BYTES]);

/**
 * hf_ec_sign() - r||s of fixed width over @message
 *
 * OpenSSL holds a copy of the private key for the length of the call. Errors: CRYPTO.
 * Source: RFC 7518 3.4; GB/T 32918.2 6.1.
 */
hf_status hf_ec_sign(const struct hf_ec_pair *pair, hf_bytes message,
                     uint8_t ret_signature[static HF_SIGNATURE_BYTES]);

/**
 * hf_ec_verify() - check r||s over @message
 *
 * Errors: SIGNATURE_INVALID (another length than 64, r or s zero or not below the order, or simply
 * wrong). (r, n-s) verifies where (r, s) does with ES256: whoever counts tokens by their bytes
 * counts wrongly. Source: RFC 7518 3.4; GB/T 32918.2 7.1.
 */
hf_status hf_ec_verify(const struct hf_ec_public *public_key, hf_bytes message, hf_bytes signature);

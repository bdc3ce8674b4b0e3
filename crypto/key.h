/*
 * Signature keys: Ed25519 through libsodium, ES256 and SM2 through OpenSSL. The algorithm is a
 * property of the key, never of a token.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

enum hf_alg { HF_ALG_ED25519 = 1, HF_ALG_ES256 = 2, HF_ALG_SM2 = 3 };

enum {
    HF_SIGNATURE_BYTES = 64,  /* every algorithm: EdDSA R||S, or r||s fixed width */
    HF_THUMBPRINT_CHARS = 43, /* RFC 7638, SHA-256, base64url */
    HF_ED25519_PUBLIC_BYTES = 32
};

struct hf_key; /* a public key, or a key pair with its private part in secret memory; immutable */

/* Takes and drops a shared reference; any thread. hf_key_unref(NULL) is fine. */
struct hf_key *hf_key_ref(struct hf_key *key);
void hf_key_unref(struct hf_key *key);
void hf_key_drop(struct hf_key **key); /* the same, for HF_CLEANUP */

/* @ret_key: a new pair. Errors: KEY_UNSUPPORTED, CRYPTO, NOMEM. */
hf_status hf_key_generate(enum hf_alg alg, struct hf_key **ret_key);

/**
 * hf_key_from_jwk() - a public key out of a JWK (RFC 7517, RFC 7518 6.2, RFC 8037 2)
 * @jwk:    {"kty":"OKP","crv":"Ed25519","x":…}, or {"kty":"EC","crv":"P-256","x":…,"y":…}, or the
 *          same with "crv":"SM2"; `alg`, `use`, `key_ops` must agree when present;
 *          a private part (`d` …) is refused; NULL is no key;
 *          members that are not the key's (kid, not_before …) are left to the caller
 * @reterr: may be NULL; names the member to blame
 *
 * Refuses points that are not canonical, not on the curve or not of the prime-order group.
 * Errors: KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM, CRYPTO.
 */
hf_status hf_key_from_jwk(const struct hf_json *jwk, struct hf_key **ret_key,
                          struct hf_problem *reterr);

/* An Ed25519 public key out of its 32 bytes. Errors: KEY_MALFORMED, NOMEM. */
hf_status hf_key_from_ed25519_public(const uint8_t public_key[static HF_ED25519_PUBLIC_BYTES],
                                     struct hf_key **ret_key);

/**
 * hf_key_from_pem() - a key pair out of one PKCS#8 private key in PEM (RFC 5958, 7468, 8410, 5915)
 * @pem:    borrowed; the caller wipes it
 * @reterr: may be NULL
 *
 * White space around is allowed, anything else is refused; so are passphrases.
 * Errors: KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM, CRYPTO.
 */
hf_status hf_key_from_pem(hf_bytes pem, struct hf_key **ret_key, struct hf_problem *reterr);

/* A public key out of one SubjectPublicKeyInfo in PEM (RFC 5480, RFC 8410); as strict.
 * Errors: KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM, CRYPTO. */
hf_status hf_key_from_public_pem(hf_bytes pem, struct hf_key **ret_key, struct hf_problem *reterr);

/* A key pair from a file of mode 0600. Errors: also NOT_FOUND, PERMISSIONS, IO. */
hf_status hf_key_file_read(const char *path, struct hf_key **ret_key, struct hf_problem *reterr);

/* Writes a new PKCS#8 PEM file of mode 0600. Errors: EXISTS, IO, NOMEM, BUG (no private part). */
hf_status hf_key_file_create(const char *path, const struct hf_key *key);

/* SPKI PEM of the public part. Errors: LIMIT, NOMEM, CRYPTO. */
hf_status hf_key_write_public_pem(const struct hf_key *key, hf_buf *buf);

/* The public JWK, members in the order crv kty x (y), then alg and kid (the thumbprint). Errors:
 * LIMIT, NOMEM. */
hf_status hf_key_write_jwk(const struct hf_key *key, hf_buf *buf);

enum hf_alg hf_key_alg(const struct hf_key *key);
const char *hf_alg_name(enum hf_alg alg);                 /* "Ed25519", "ES256", "SM2" */
bool hf_alg_by_name(hf_bytes name, enum hf_alg *ret_alg); /* also the alias "EdDSA" (RFC 9864) */
const char *hf_key_thumbprint(const struct hf_key *key);  /* 43 characters, RFC 7638 */
bool hf_key_has_private(const struct hf_key *key);

/* The 32 raw bytes of an Ed25519 public key. Errors: KEY_UNSUPPORTED. */
hf_status hf_key_ed25519_public(const struct hf_key *key,
                                uint8_t ret_public_key[static HF_ED25519_PUBLIC_BYTES]);

/**
 * hf_key_sign() - sign @message
 * Errors: BUG (no private part), CRYPTO. Source: RFC 8032 5.1.6, RFC 7518 3.4, GB/T 32918.2 6.
 */
hf_status hf_key_sign(const struct hf_key *key, hf_bytes message,
                      uint8_t ret_signature[static HF_SIGNATURE_BYTES]);

/**
 * hf_key_verify() - check a signature
 *
 * Errors: SIGNATURE_INVALID (any other length than 64, S >= L, small-order R, r or s out of range,
 * or simply wrong), CRYPTO. No allocation for Ed25519. ES256 and SM2 signatures are malleable: two
 * that differ may both hold. Source: RFC 8032 5.1.7, RFC 7518 3.4, GB/T 32918.2 7.
 */
hf_status hf_key_verify(const struct hf_key *key, hf_bytes message, hf_bytes signature);

/*
 * Random bytes from libsodium, drawn in bulk per thread: a nonce must not cost a system call.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

/**
 * hf_crypto_init() - must be called once before anything else in crypto/, before threads start
 *
 * Errors: CRYPTO.
 */
hf_status hf_crypto_init(void);

/* Fills @ret with @n random bytes; bytes handed out are wiped from the pool. Cannot fail. */
void hf_rand_bytes(uint8_t *ret, size_t n);

/* 128 random bits as 22 characters of base64url: access ids, jti, nonces. */
enum { HF_RAND_ID_CHARS = 22 };
void hf_rand_id(char ret_id[static HF_RAND_ID_CHARS + 1]);

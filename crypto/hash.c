/*
 * SHA-256 by OpenSSL's low-level functions. They are deprecated since 3.0 in favour of EVP, which
 * costs a fetch or a heap object per hash; a log record is hashed in 190 ns here and in 420 ns by
 * the one-shot EVP call. libsodium's SHA-256 does not use the processor's SHA instructions and is
 * four times slower. So the deprecation is silenced in this file alone.
 *
 * Invariant: the state is plain memory. Copying the struct copies the hash so far, which mac.c and
 * the log's tree rely on.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hf_sha256), "hf_sha256 holds a SHA256_CTX");
_Static_assert(alignof(SHA256_CTX) <= alignof(struct hf_sha256), "and is aligned for it");
_Static_assert(SHA256_DIGEST_LENGTH == HF_SHA256_BYTES, "the same hash");

static SHA256_CTX *ctx_of(struct hf_sha256 *state)
{
    return (SHA256_CTX *)(void *)state->opaque;
}

/* The return values are 1 by construction: these functions have no failing path. */
void hf_sha256_init(struct hf_sha256 *state)
{
    SHA256_Init(ctx_of(state));
}

void hf_sha256_update(struct hf_sha256 *state, hf_bytes bytes)
{
    if (bytes.size > 0) {
        SHA256_Update(ctx_of(state), bytes.data, bytes.size);
    }
}

void hf_sha256_final(struct hf_sha256 *state, uint8_t ret_digest[static HF_SHA256_BYTES])
{
    SHA256_Final(ret_digest, ctx_of(state));
}

void hf_sha256_of(hf_bytes bytes, uint8_t ret_digest[static HF_SHA256_BYTES])
{
    struct hf_sha256 state;
    hf_sha256_init(&state);
    hf_sha256_update(&state, bytes);
    hf_sha256_final(&state, ret_digest);
}

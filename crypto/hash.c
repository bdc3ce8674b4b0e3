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

#include "base/digits.h"
#include "crypto/secret.h"

#include <assert.h>
#include <endian.h>
#include <openssl/sha.h>
#include <stddef.h>

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hf_sha256), "hf_sha256 holds a SHA256_CTX");
_Static_assert(alignof(SHA256_CTX) <= alignof(struct hf_sha256), "and is aligned for it");
_Static_assert(SHA256_DIGEST_LENGTH == HF_SHA256_BYTES, "the same hash");
_Static_assert(offsetof(SHA256_CTX, h) == 0, "the chaining value comes first");
_Static_assert(SHA256_CBLOCK == HF_SHA256_BLOCK_BYTES, "and the same block");

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
    HF_UNINITIALISED struct hf_sha256 state;
    hf_sha256_init(&state);
    hf_sha256_update(&state, bytes);
    hf_sha256_final(&state, ret_digest);
}

void hf_sha256_list(struct hf_sha256 *list, hf_bytes content, const char *name)
{
    uint8_t digest[HF_SHA256_BYTES];
    char hex[2 * HF_SHA256_BYTES];
    hf_sha256_of(content, digest);
    hf_digits_write_hex(hf_bytes_of(digest, sizeof(digest)), hex);
    hf_sha256_update(list, hf_bytes_of(hex, sizeof(hex)));
    hf_sha256_update(list, HF_LITERAL("  "));
    hf_sha256_update(list, hf_bytes_of_string(name));
    hf_sha256_update(list, HF_LITERAL("\n"));
}

void hf_sha256_block(struct hf_sha256 *midstate, const uint8_t block[static HF_SHA256_BLOCK_BYTES])
{
    SHA256_Transform(ctx_of(midstate), block);
}

/* = FIPS 180-4 5.1.1: the message, one bit, zeros, its length in bits as 64 bits, big-endian. Of
 * the state a compression takes the chaining value alone. */
void hf_sha256_short(const struct hf_sha256 *midstate, uint64_t n_blocks, hf_bytes bytes,
                     uint8_t ret_digest[static HF_SHA256_BYTES])
{
    HF_UNINITIALISED struct hf_sha256 state;
    uint8_t block[HF_SHA256_BLOCK_BYTES] = {0};
    const uint64_t n_bits = htobe64((n_blocks * HF_SHA256_BLOCK_BYTES + bytes.size) * 8);
    assert(bytes.size <= HF_SHA256_SHORT_BYTES);
    if (bytes.size > 0) {
        memcpy(block, bytes.data, bytes.size);
    }
    block[bytes.size] = 0x80;
    memcpy(block + HF_SHA256_BLOCK_BYTES - sizeof(n_bits), &n_bits, sizeof(n_bits));
    memcpy(state.opaque, midstate->opaque, HF_SHA256_BYTES);
    SHA256_Transform(ctx_of(&state), block);
    for (size_t i = 0; i < HF_SHA256_BYTES / sizeof(uint32_t); i++) {
        const uint32_t word = htobe32(ctx_of(&state)->h[i]);
        memcpy(ret_digest + i * sizeof(word), &word, sizeof(word));
    }
    hf_wipe(state.opaque, HF_SHA256_BYTES); /* under a key it is the digest that mac.c hides */
}

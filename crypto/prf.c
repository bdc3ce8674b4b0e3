/*
 * The key fills the first block with its prefix, so its state is computed once and the key is
 * forgotten. What follows is pseudorandom for the reason that HMAC is: SHA-256's compression is
 * assumed to be a pseudorandom function of either input, and a cascade of it is one of messages
 * none of which is the beginning of another (Bellare, Canetti, Krawczyk 1996).
 *
 * Invariant: after hf_prf_key_init() nothing of the key lies on the stack.
 */
#include "crypto/prf.h"

#include "crypto/secret.h"

void hf_prf_key_init(struct hf_prf_key *prf_key, const uint8_t key[static HF_PRF_KEY_BYTES])
{
    uint8_t block[HF_SHA256_BLOCK_BYTES] = {0};
    block[HF_SHA256_BLOCK_BYTES - HF_PRF_KEY_BYTES - 1] = 3; /* = RFC 8391 5.1: toByte(3, 32) */
    memcpy(block + HF_SHA256_BLOCK_BYTES - HF_PRF_KEY_BYTES, key, HF_PRF_KEY_BYTES);
    hf_sha256_init(&prf_key->midstate);
    hf_sha256_block(&prf_key->midstate, block);
    hf_wipe(block, sizeof(block));
}

void hf_prf_key_clear(struct hf_prf_key *prf_key)
{
    hf_wipe(prf_key, sizeof(*prf_key));
}

void hf_prf(const struct hf_prf_key *prf_key, hf_bytes message,
            uint8_t ret_bytes[static HF_SHA256_BYTES])
{
    hf_sha256_short(&prf_key->midstate, 1, message, ret_bytes);
}

/*
 * HMAC-SHA-256. The key is hashed into its two midstates once and then forgotten; a tag copies the
 * midstates and never sees the key again.
 *
 * Invariant: after hf_mac_key_init() nothing of the key lies on the stack, and a tag leaves nothing
 * of the inner digest there. Tags of secret keys are compared with hf_secret_equal().
 */
#include "crypto/mac.h"

#include "crypto/secret.h"

enum { BLOCK_BYTES = HF_SHA256_BLOCK_BYTES };

static void start(struct hf_sha256 *state, const uint8_t block[static BLOCK_BYTES], uint8_t pad)
{
    uint8_t padded[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        padded[i] = block[i] ^ pad;
    }
    hf_sha256_init(state);
    hf_sha256_update(state, hf_bytes_of(padded, sizeof(padded)));
    hf_wipe(padded, sizeof(padded));
}

void hf_mac_key_init(struct hf_mac_key *mac_key, hf_bytes key)
{
    uint8_t block[BLOCK_BYTES] = {0};
    if (key.size > BLOCK_BYTES) { /* = RFC 2104 2: longer keys are hashed first */
        hf_sha256_of(key, block);
    } else if (key.size > 0) {
        memcpy(block, key.data, key.size);
    }
    start(&mac_key->inner, block, 0x36);
    start(&mac_key->outer, block, 0x5c);
    hf_wipe(block, sizeof(block));
}

void hf_mac_key_clear(struct hf_mac_key *mac_key)
{
    hf_wipe(mac_key, sizeof(*mac_key));
}

/* Joins the parts where they are short enough for one block; false: they are not. */
static bool join_short(const hf_bytes *parts, size_t n_parts,
                       uint8_t ret_message[static HF_SHA256_SHORT_BYTES], size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < n_parts; i++) {
        if (parts[i].size > HF_SHA256_SHORT_BYTES - size) {
            return false;
        }
        if (parts[i].size > 0) {
            memcpy(ret_message + size, parts[i].data, parts[i].size);
            size += parts[i].size;
        }
    }
    *ret_size = size;
    return true;
}

static void digest_long(const struct hf_mac_key *mac_key, const hf_bytes *parts, size_t n_parts,
                        uint8_t ret_digest[static HF_SHA256_BYTES])
{
    struct hf_sha256 state = mac_key->inner;
    for (size_t i = 0; i < n_parts; i++) {
        hf_sha256_update(&state, parts[i]);
    }
    hf_sha256_final(&state, ret_digest); /* OpenSSL wipes what is left in the state's block */
}

void hf_mac(const struct hf_mac_key *mac_key, const hf_bytes *parts, size_t n_parts,
            uint8_t ret_tag[static HF_SHA256_BYTES])
{
    uint8_t message[HF_SHA256_SHORT_BYTES];
    uint8_t digest[HF_SHA256_BYTES];
    size_t size = 0;
    if (join_short(parts, n_parts, message, &size)) {
        hf_sha256_short(&mac_key->inner, 1, hf_bytes_of(message, size), digest);
    } else {
        digest_long(mac_key, parts, n_parts, digest);
    }
    hf_sha256_short(&mac_key->outer, 1, hf_bytes_of(digest, sizeof(digest)), ret_tag);
    hf_wipe(digest, sizeof(digest));
}

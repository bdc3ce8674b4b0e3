/*
 * A worker's cache of verified consents, keyed by SHA-256 of what the request presented: a token or
 * a consent id. It belongs to one thread and takes no lock; a hit allocates nothing.
 *
 * An item is void when the snapshot's generation differs from the one it was put under. Time,
 * state, uses and binding are no part of it: they are judged every time.
 */
#pragma once

#include "base/status.h"
#include "consent/entry.h"
#include "consent/token.h"

struct hf_token_cache;

/* @max_items is rounded up to a power of two, at least 8. Errors: NOMEM. */
hf_status hf_token_cache_new(size_t max_items, struct hf_token_cache **ret_cache);
void hf_token_cache_free(struct hf_token_cache *cache); /* NULL is fine */

/* Both borrowed from the cache until its next put: an access takes references. */
struct hf_cached_consent {
    const struct hf_token *token;
    struct hf_entry *entry;
};

/* @sha256: of the presented text. True and *ret_consent set on a hit. O(1). */
bool hf_token_cache_find(struct hf_token_cache *cache, uint64_t generation,
                         const uint8_t sha256[static HF_SHA256_BYTES],
                         struct hf_cached_consent *ret_consent);

/* The same for the text of a token: one that was found lately is compared, not hashed. On a miss
 * *ret_sha256 is the text's. O(text). */
bool hf_token_cache_find_text(struct hf_token_cache *cache, uint64_t generation, hf_bytes text,
                              uint8_t ret_sha256[static HF_SHA256_BYTES],
                              struct hf_cached_consent *ret_consent);

/* The same for the name of a registered consent, `<iss>;<jti>`. O(name). */
bool hf_token_cache_find_name(struct hf_token_cache *cache, uint64_t generation, hf_bytes name,
                              uint8_t ret_sha256[static HF_SHA256_BYTES],
                              struct hf_cached_consent *ret_consent);

/* Takes references of its own; the least recently used of a set makes room. Cannot fail. */
void hf_token_cache_put(struct hf_token_cache *cache, uint64_t generation,
                        const uint8_t sha256[static HF_SHA256_BYTES],
                        const struct hf_cached_consent *consent);

/*
 * Set-associative: eight ways a set, the least recently used makes room. The set is chosen by a
 * keyed hash of the digest, so that nobody can choose tokens that push each other out.
 *
 * It holds references and no copies: what a hit returns is the one verified token and the one
 * shared entry, whose state and uses are looked at afterwards and never here.
 */
#include "consent/cache.h"

#include "base/crc32c.h"
#include "base/siphash.h"

#include <stdlib.h>

enum { WAYS = 8, N_RECENT = 256, TAIL_BYTES = 64 };

struct item {
    uint8_t sha256[HF_SHA256_BYTES];
    uint64_t generation;
    uint64_t used;                /* tick of the last hit */
    const struct hf_token *token; /* NULL: free */
    struct hf_entry *entry;
};

struct hf_token_cache {
    size_t n_sets; /* a power of two */
    uint64_t tick;
    struct hf_siphash_key hash_key;
    struct item *recent[N_RECENT]; /* by the checksum of a token's end; compared before use */
    struct item items[];           /* n_sets x WAYS */
};

hf_status hf_token_cache_new(size_t max_items, struct hf_token_cache **ret_cache)
{
    size_t n_sets = 1;
    while (n_sets * WAYS < max_items) {
        if (n_sets > SIZE_MAX / 2 / WAYS / sizeof(struct item)) {
            HF_FAIL(NOMEM);
        }
        n_sets *= 2;
    }
    struct hf_token_cache *cache = calloc(1, sizeof *cache + n_sets * WAYS * sizeof(struct item));
    if (!cache) {
        HF_FAIL(NOMEM);
    }
    cache->n_sets = n_sets;
    cache->hash_key = hf_siphash_process_key();
    *ret_cache = cache;
    return HF_DONE;
}

static void drop(struct item *item)
{
    hf_token_unref(item->token);
    hf_entry_unref(item->entry);
    *item = (struct item){.token = NULL};
}

void hf_token_cache_free(struct hf_token_cache *cache)
{
    if (!cache) {
        return;
    }
    for (size_t i = 0; i < cache->n_sets * WAYS; i++) {
        drop(&cache->items[i]);
    }
    free(cache);
}

static struct item *set_of(struct hf_token_cache *cache,
                           const uint8_t sha256[static HF_SHA256_BYTES])
{
    uint64_t hash = hf_siphash(&cache->hash_key, 0, hf_bytes_of(sha256, HF_SHA256_BYTES));
    return &cache->items[(size_t)(hash & (cache->n_sets - 1)) * WAYS];
}

static struct item *find(struct hf_token_cache *cache, uint64_t generation,
                         const uint8_t sha256[static HF_SHA256_BYTES])
{
    struct item *set = set_of(cache, sha256);
    for (size_t i = 0; i < WAYS; i++) {
        struct item *item = &set[i];
        if (!item->token || memcmp(item->sha256, sha256, HF_SHA256_BYTES) != 0) {
            continue;
        }
        if (item->generation != generation) {
            drop(item);
            return NULL;
        }
        return item;
    }
    return NULL;
}

/* Hands out what was found, if something was. */
static bool hit(struct hf_token_cache *cache, struct item *item,
                struct hf_cached_consent *ret_consent)
{
    if (!item) {
        return false;
    }
    item->used = ++cache->tick;
    *ret_consent = (struct hf_cached_consent){item->token, item->entry};
    return true;
}

bool hf_token_cache_find(struct hf_token_cache *cache, uint64_t generation,
                         const uint8_t sha256[static HF_SHA256_BYTES],
                         struct hf_cached_consent *ret_consent)
{
    return hit(cache, find(cache, generation, sha256), ret_consent);
}

/* The signature stands at the end: no two tokens that were verified share it. Of a name that is the
 * identifier. */
static struct item **recent_of(struct hf_token_cache *cache, hf_bytes text)
{
    size_t n = text.size < TAIL_BYTES ? text.size : TAIL_BYTES;
    return &cache->recent[hf_crc32c_extend(0, hf_bytes_skip(text, text.size - n)) % N_RECENT];
}

/* Put under the digest of that very token: one that was named is found by its name alone. */
static bool is_of_text(const struct item *item, uint64_t generation, hf_bytes text)
{
    return item->token && item->generation == generation &&
           hf_bytes_equal(item->token->text, text) &&
           memcmp(item->sha256, item->token->sha256, HF_SHA256_BYTES) == 0;
}

/* Put under the digest of that very name, and not of the token. */
static bool is_of_name(const struct item *item, uint64_t generation, hf_bytes name)
{
    if (!item->token || item->generation != generation ||
        memcmp(item->sha256, item->token->sha256, HF_SHA256_BYTES) == 0) {
        return false;
    }
    const hf_bytes iss = hf_bytes_of_string(item->token->claims.id.iss);
    const hf_bytes jti = hf_bytes_of_string(item->token->claims.id.jti);
    return name.size == iss.size + 1 + jti.size && hf_bytes_starts_with(name, iss) &&
           name.data[iss.size] == ';' && hf_bytes_equal(hf_bytes_skip(name, iss.size + 1), jti);
}

typedef bool is_of_fn(const struct item *item, uint64_t generation, hf_bytes presented);

/* Compared, not hashed. */
static bool find_recent(struct hf_token_cache *cache, uint64_t generation, hf_bytes presented,
                        is_of_fn *is_of, struct hf_cached_consent *ret_consent)
{
    struct item *item = *recent_of(cache, presented);
    return item && is_of(item, generation, presented) && hit(cache, item, ret_consent);
}

static bool find_hashed(struct hf_token_cache *cache, uint64_t generation, hf_bytes presented,
                        uint8_t ret_sha256[static HF_SHA256_BYTES],
                        struct hf_cached_consent *ret_consent)
{
    hf_sha256_of(presented, ret_sha256);
    struct item *item = find(cache, generation, ret_sha256);
    if (item) {
        *recent_of(cache, presented) = item;
    }
    return hit(cache, item, ret_consent);
}

bool hf_token_cache_find_text(struct hf_token_cache *cache, uint64_t generation, hf_bytes text,
                              uint8_t ret_sha256[static HF_SHA256_BYTES],
                              struct hf_cached_consent *ret_consent)
{
    return find_recent(cache, generation, text, is_of_text, ret_consent) ||
           find_hashed(cache, generation, text, ret_sha256, ret_consent);
}

bool hf_token_cache_find_name(struct hf_token_cache *cache, uint64_t generation, hf_bytes name,
                              uint8_t ret_sha256[static HF_SHA256_BYTES],
                              struct hf_cached_consent *ret_consent)
{
    return find_recent(cache, generation, name, is_of_name, ret_consent) ||
           find_hashed(cache, generation, name, ret_sha256, ret_consent);
}

/* The item of that digest, else a free one, else the least recently used. */
static struct item *choose(struct item *set, const uint8_t sha256[static HF_SHA256_BYTES])
{
    struct item *chosen = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].token && memcmp(set[i].sha256, sha256, HF_SHA256_BYTES) == 0) {
            return &set[i];
        }
        if (chosen->token && (!set[i].token || set[i].used < chosen->used)) {
            chosen = &set[i];
        }
    }
    return chosen;
}

void hf_token_cache_put(struct hf_token_cache *cache, uint64_t generation,
                        const uint8_t sha256[static HF_SHA256_BYTES],
                        const struct hf_cached_consent *consent)
{
    struct item *item = choose(set_of(cache, sha256), sha256);
    const struct hf_token *token = hf_token_ref(consent->token); /* first: they may be its own */
    struct hf_entry *entry = hf_entry_ref(consent->entry);
    drop(item);
    *item = (struct item){
        .generation = generation, .used = ++cache->tick, .token = token, .entry = entry};
    memcpy(item->sha256, sha256, HF_SHA256_BYTES);
}

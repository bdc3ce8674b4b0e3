/*
 * Decides which compiled views a worker keeps. Everything that a view depends on is in the key, by
 * content and with its length, so that no two requests share a key by accident; what it does not
 * depend on (the subject's name, the hour) is not. One thread, no lock; least recently used out.
 */
#include "policy/compile.h"

#include <endian.h>
#include <stdlib.h>

struct entry {
    uint8_t key[HF_SHA256_BYTES];
    struct hf_compiled_view *view;
    struct entry *chain; /* of its bucket */
    struct entry *newer;
    struct entry *older;
};

struct hf_view_cache {
    size_t max_views;
    size_t n_views;
    size_t n_buckets; /* a power of two */
    struct entry **buckets;
    struct entry *newest;
    struct entry *oldest;
};

/* ---- the key ---- */

/* What is hashed, gathered: a hundred updates of eight bytes would cost more than the hash. */
struct key_text {
    struct hf_sha256 hash;
    size_t size;
    uint8_t bytes[512];
};

static void put_bytes(struct key_text *key, hf_bytes bytes)
{
    if (bytes.size > sizeof(key->bytes) - key->size) {
        hf_sha256_update(&key->hash, hf_bytes_of(key->bytes, key->size));
        key->size = 0;
    }
    if (bytes.size > sizeof(key->bytes)) {
        hf_sha256_update(&key->hash, bytes);
    } else if (bytes.size > 0) {
        memcpy(key->bytes + key->size, bytes.data, bytes.size);
        key->size += bytes.size;
    }
}

static void put_number(struct key_text *key, uint64_t number)
{
    uint64_t bytes = htole64(number);
    put_bytes(key, hf_bytes_of(&bytes, sizeof(bytes)));
}

static void put_text(struct key_text *key, hf_bytes text)
{
    put_number(key, text.size);
    put_bytes(key, text);
}

static void put_texts(struct key_text *key, const hf_bytes *texts, size_t n)
{
    put_number(key, n);
    for (size_t i = 0; i < n; i++) {
        put_text(key, texts[i]);
    }
}

static void put_scope(struct key_text *key, const struct hf_grant_scope *scope)
{
    put_number(key, scope->consent);
    put_number(key, (uint64_t)scope->grantor_kind);
    put_text(key, scope->grantor);
    put_texts(key, scope->datasets, scope->n_datasets);
    put_number(key, scope->purposes);
    put_number(key, scope->actions);
    put_number(key, scope->classes);
    put_number(key, scope->has_range);
    put_number(key, (uint64_t)(scope->has_range ? scope->range.first_day : 0));
    put_number(key, (uint64_t)(scope->has_range ? scope->range.last_day : 0));
    put_texts(key, scope->fields, scope->n_fields);
    put_number(key, (uint64_t)scope->detail);
}

static void key_of(const struct hf_view_request *request, uint8_t ret_key[static HF_SHA256_BYTES])
{
    HF_UNINITIALISED struct key_text key;
    key.size = 0;
    hf_sha256_init(&key.hash);
    put_number(&key, request->generation);
    put_text(&key, hf_catalog_source(request->operation->catalog));
    put_number(&key, request->operation->index);
    put_text(&key, request->bank);
    put_number(&key, request->purpose);
    put_number(&key, request->actions);
    put_number(&key, (uint64_t)request->subject_kind);
    put_number(&key, request->agreement_classes);
    put_number(&key, request->n_scopes);
    for (size_t i = 0; i < request->n_scopes; i++) {
        put_scope(&key, &request->scopes[i]);
    }
    hf_sha256_update(&key.hash, hf_bytes_of(key.bytes, key.size));
    hf_sha256_final(&key.hash, ret_key);
}

/* ---- the table ---- */

static struct entry **bucket_of(struct hf_view_cache *cache, const uint8_t *key)
{
    uint64_t head;
    memcpy(&head, key, sizeof(head));
    return &cache->buckets[head & (cache->n_buckets - 1)];
}

static void unlink_age(struct hf_view_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_newest(struct hf_view_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop_oldest(struct hf_view_cache *cache)
{
    struct entry *entry = cache->oldest;
    struct entry **link = bucket_of(cache, entry->key);
    while (*link != entry) {
        link = &(*link)->chain;
    }
    *link = entry->chain;
    unlink_age(cache, entry);
    hf_compiled_view_unref(entry->view);
    free(entry);
    cache->n_views--;
}

static struct entry *find(struct hf_view_cache *cache, const uint8_t *key)
{
    struct entry *entry = *bucket_of(cache, key);
    while (entry && memcmp(entry->key, key, HF_SHA256_BYTES) != 0) {
        entry = entry->chain;
    }
    return entry;
}

static hf_status insert(struct hf_view_cache *cache, const struct hf_view_request *request,
                        const uint8_t *key, struct entry **ret_entry)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    if (!entry) {
        HF_FAIL(NOMEM);
    }
    hf_status status = hf_view_compile(request, &entry->view);
    if (!hf_is_ok(status)) {
        free(entry);
        return status;
    }
    if (cache->n_views == cache->max_views) {
        drop_oldest(cache);
    }
    struct entry **bucket = bucket_of(cache, key);
    memcpy(entry->key, key, sizeof(entry->key));
    entry->chain = *bucket;
    *bucket = entry;
    link_newest(cache, entry);
    cache->n_views++;
    *ret_entry = entry;
    return HF_DONE;
}

/* ---- the contract ---- */

hf_status hf_view_cache_new(size_t max_views, struct hf_view_cache **ret_cache)
{
    struct hf_view_cache *cache = calloc(1, sizeof(*cache));
    if (!cache) {
        HF_FAIL(NOMEM);
    }
    cache->max_views = max_views ? max_views : 1;
    cache->n_buckets = 16;
    while (cache->n_buckets < cache->max_views) {
        cache->n_buckets *= 2;
    }
    cache->buckets = calloc(cache->n_buckets, sizeof(*cache->buckets));
    if (!cache->buckets) {
        free(cache);
        HF_FAIL(NOMEM);
    }
    *ret_cache = cache;
    return HF_DONE;
}

void hf_view_cache_free(struct hf_view_cache *cache)
{
    if (!cache) {
        return;
    }
    while (cache->oldest) {
        drop_oldest(cache);
    }
    free(cache->buckets);
    free(cache);
}

hf_status hf_view_cache_get(struct hf_view_cache *cache, const struct hf_view_request *request,
                            struct hf_compiled_view **ret_view)
{
    uint8_t key[HF_SHA256_BYTES];
    key_of(request, key);
    struct entry *entry = find(cache, key);
    if (entry) {
        unlink_age(cache, entry);
        link_newest(cache, entry);
    } else {
        HF_TRY(insert(cache, request, key, &entry));
    }
    *ret_view = hf_compiled_view_ref(entry->view);
    return HF_DONE;
}

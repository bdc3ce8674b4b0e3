/*
 * Decides which compiled views a worker keeps. Everything that a view depends on is in the key, by
 * content and with its length, so that no two requests share a key by accident; what it does not
 * depend on (the subject's name, the hour) is not. One thread, no lock; least recently used out.
 */
#include "policy/compile.h"

#include "base/crc32c.h"

#include <endian.h>
#include <stdlib.h>

enum { N_RECENT = 64, TEXT_BYTES = 512 };

struct entry {
    uint8_t key[HF_SHA256_BYTES];
    uint8_t *text; /* what the key is the hash of, if it is short; or NULL */
    size_t text_size;
    struct entry **recent; /* its place there, or NULL */
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
    /* Found by a checksum and compared byte by byte: a view that is asked for again and again is
     * not hashed for each access, which takes as long as all the rest of finding it. */
    struct entry *recent[N_RECENT];
};

/* ---- the key ---- */

/* What is hashed, gathered: a hundred updates of eight bytes would cost more than the hash. */
struct key_text {
    struct hf_sha256 hash;
    bool is_short; /* all of it is in `bytes` */
    size_t size;
    uint8_t bytes[TEXT_BYTES];
};

static void put_bytes(struct key_text *key, hf_bytes bytes)
{
    if (bytes.size > sizeof(key->bytes) - key->size) {
        hf_sha256_update(&key->hash, hf_bytes_of(key->bytes, key->size));
        key->size = 0;
        key->is_short = false;
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
    put_number(key, scope->by_subject);
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

static void gather(const struct hf_view_request *request, struct key_text *key)
{
    key->size = 0;
    key->is_short = true;
    hf_sha256_init(&key->hash);
    put_number(key, request->generation);
    put_text(key, hf_catalog_source(request->operation->catalog));
    put_number(key, request->operation->index);
    put_text(key, request->bank);
    put_number(key, request->purpose);
    put_number(key, request->actions);
    put_number(key, (uint64_t)request->subject_kind);
    put_number(key, request->agreement_classes);
    put_number(key, request->n_scopes);
    for (size_t i = 0; i < request->n_scopes; i++) {
        put_scope(key, &request->scopes[i]);
    }
}

static void finish_key(struct key_text *key, uint8_t ret_key[static HF_SHA256_BYTES])
{
    hf_sha256_update(&key->hash, hf_bytes_of(key->bytes, key->size));
    hf_sha256_final(&key->hash, ret_key);
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

static void free_entry(struct entry *entry)
{
    if (entry->recent && *entry->recent == entry) {
        *entry->recent = NULL;
    }
    hf_compiled_view_unref(entry->view);
    free(entry->text);
    free(entry);
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
    free_entry(entry);
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

static struct entry **recent_of(struct hf_view_cache *cache, const struct key_text *key)
{
    uint32_t sum = hf_crc32c_extend(0, hf_bytes_of(key->bytes, key->size));
    return &cache->recent[sum % N_RECENT];
}

/* The view that was last asked for in just these words, or NULL. */
static struct entry *find_recent(struct hf_view_cache *cache, const struct key_text *key)
{
    struct entry *entry = key->is_short ? *recent_of(cache, key) : NULL;
    return entry && entry->text_size == key->size && memcmp(entry->text, key->bytes, key->size) == 0
               ? entry
               : NULL;
}

/* Another may have had the place; without memory for the text the entry has none. */
static void note_recent(struct hf_view_cache *cache, const struct key_text *key,
                        struct entry *entry)
{
    if (!key->is_short) {
        return;
    }
    if (!entry->text && (entry->text = malloc(key->size)) != NULL) {
        memcpy(entry->text, key->bytes, key->size);
        entry->text_size = key->size;
    }
    if (entry->text) {
        entry->recent = recent_of(cache, key);
        *entry->recent = entry;
    }
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
    HF_UNINITIALISED struct key_text text;
    gather(request, &text);
    struct entry *entry = find_recent(cache, &text);
    if (!entry) {
        uint8_t key[HF_SHA256_BYTES];
        finish_key(&text, key);
        entry = find(cache, key);
        if (!entry) {
            HF_TRY(insert(cache, request, key, &entry));
        }
        note_recent(cache, &text, entry);
    }
    unlink_age(cache, entry);
    link_newest(cache, entry);
    *ret_view = hf_compiled_view_ref(entry->view);
    return HF_DONE;
}

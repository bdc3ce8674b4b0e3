/*
 * A chained hash table in shards. It is met on a worker's first sight of a consent only, so it is
 * simple rather than quick; what must not happen is that two workers get two entries for one id.
 */
#include "consent/entry_map.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 16 };

static uint64_t hash_of(const struct hf_entry_map *map, const struct hf_consent_id *id)
{
    return hf_siphash(&map->hash_key, 0, hf_bytes_of(id, sizeof *id)); /* zero behind each text */
}

void hf_entry_map_init(struct hf_entry_map *map)
{
    *map = (struct hf_entry_map){.hash_key = hf_siphash_process_key()};
    for (size_t i = 0; i < HF_ENTRY_SHARDS; i++) {
        pthread_mutex_init(&map->shards[i].mutex, NULL);
    }
}

void hf_entry_map_clear(struct hf_entry_map *map)
{
    for (size_t i = 0; i < HF_ENTRY_SHARDS; i++) {
        struct hf_entry_shard *shard = &map->shards[i];
        for (size_t j = 0; j < shard->n_buckets; j++) {
            while (shard->buckets[j]) {
                struct hf_entry *entry = shard->buckets[j];
                shard->buckets[j] = entry->next_in_shard;
                hf_entry_unref(entry);
            }
        }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->mutex);
    }
    *map = (struct hf_entry_map){.hash_key = map->hash_key};
}

struct hf_entry_shard *hf_entry_map_lock(struct hf_entry_map *map, const struct hf_consent_id *id)
{
    struct hf_entry_shard *shard = &map->shards[hash_of(map, id) % HF_ENTRY_SHARDS];
    pthread_mutex_lock(&shard->mutex);
    return shard;
}

void hf_entry_map_unlock(struct hf_entry_shard *shard)
{
    pthread_mutex_unlock(&shard->mutex);
}

static size_t bucket_of(const struct hf_entry_map *map, size_t n_buckets,
                        const struct hf_consent_id *id)
{
    return (size_t)(hash_of(map, id) / HF_ENTRY_SHARDS) & (n_buckets - 1);
}

struct hf_entry *hf_entry_map_find(const struct hf_entry_map *map,
                                   const struct hf_entry_shard *shard,
                                   const struct hf_consent_id *id)
{
    if (shard->n_buckets == 0) {
        return NULL;
    }
    struct hf_entry *entry = shard->buckets[bucket_of(map, shard->n_buckets, id)];
    while (entry && memcmp(&entry->facts.id, id, sizeof *id) != 0) {
        entry = entry->next_in_shard;
    }
    return entry;
}

static hf_status grow(const struct hf_entry_map *map, struct hf_entry_shard *shard)
{
    size_t n_buckets = shard->n_buckets ? shard->n_buckets * 2 : FIRST_BUCKETS;
    struct hf_entry **buckets = calloc(n_buckets, sizeof(struct hf_entry *));
    if (!buckets) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < shard->n_buckets; i++) {
        while (shard->buckets[i]) {
            struct hf_entry *entry = shard->buckets[i];
            struct hf_entry **bucket = &buckets[bucket_of(map, n_buckets, &entry->facts.id)];
            shard->buckets[i] = entry->next_in_shard;
            entry->next_in_shard = *bucket;
            *bucket = entry;
        }
    }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->n_buckets = n_buckets;
    return HF_DONE;
}

hf_status hf_entry_map_insert(const struct hf_entry_map *map, struct hf_entry_shard *shard,
                              struct hf_entry *entry)
{
    if (shard->n_entries >= shard->n_buckets) {
        HF_TRY(grow(map, shard));
    }
    struct hf_entry **bucket = &shard->buckets[bucket_of(map, shard->n_buckets, &entry->facts.id)];
    entry->next_in_shard = *bucket;
    *bucket = entry;
    shard->n_entries++;
    return HF_DONE;
}

void hf_entry_map_each(struct hf_entry_map *map,
                       void (*visit)(void *context, struct hf_entry *entry), void *context)
{
    for (size_t i = 0; i < HF_ENTRY_SHARDS; i++) {
        struct hf_entry_shard *shard = &map->shards[i];
        pthread_mutex_lock(&shard->mutex);
        for (size_t j = 0; j < shard->n_buckets; j++) {
            for (struct hf_entry *entry = shard->buckets[j]; entry; entry = entry->next_in_shard) {
                visit(context, entry);
            }
        }
        pthread_mutex_unlock(&shard->mutex);
    }
}

static bool is_idle(const struct hf_entry *entry)
{
    return !atomic_load(&entry->is_dirty) &&
           atomic_load_explicit(&entry->n_refs, memory_order_acquire) == 1;
}

void hf_entry_map_sweep(struct hf_entry_map *map, int64_t unix_s, size_t max_entries)
{
    for (size_t i = 0; i < HF_ENTRY_SHARDS; i++) {
        struct hf_entry_shard *shard = &map->shards[i];
        pthread_mutex_lock(&shard->mutex);
        for (size_t j = 0; j < shard->n_buckets; j++) {
            struct hf_entry **link = &shard->buckets[j];
            while (*link) {
                struct hf_entry *entry = *link;
                bool is_surplus = shard->n_entries > max_entries / HF_ENTRY_SHARDS;
                if ((is_surplus || entry->facts.exp_unix_s < unix_s) && is_idle(entry)) {
                    *link = entry->next_in_shard;
                    hf_entry_unref(entry);
                    shard->n_entries--;
                } else {
                    link = &entry->next_in_shard;
                }
            }
        }
        pthread_mutex_unlock(&shard->mutex);
    }
}

size_t hf_entry_map_count(struct hf_entry_map *map)
{
    size_t n = 0;
    for (size_t i = 0; i < HF_ENTRY_SHARDS; i++) {
        pthread_mutex_lock(&map->shards[i].mutex);
        n += map->shards[i].n_entries;
        pthread_mutex_unlock(&map->shards[i].mutex);
    }
    return n;
}

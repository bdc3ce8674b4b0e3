/*
 * Entries by id, in shards that each have a lock. Inside consent/ only.
 */
#pragma once

#include "base/siphash.h"
#include "consent/entry_parts.h"

enum { HF_ENTRY_SHARDS = 64 };

struct hf_entry_shard {
    pthread_mutex_t mutex;
    struct hf_entry **buckets; /* n_buckets, a power of two; NULL until the first entry */
    size_t n_buckets;
    size_t n_entries;
};

struct hf_entry_map {
    struct hf_siphash_key hash_key;
    struct hf_entry_shard shards[HF_ENTRY_SHARDS];
};

void hf_entry_map_init(struct hf_entry_map *map);
void hf_entry_map_clear(struct hf_entry_map *map); /* drops its references */

/* Locks the shard of an id, and unlocks it. */
struct hf_entry_shard *hf_entry_map_lock(struct hf_entry_map *map, const struct hf_consent_id *id);
void hf_entry_map_unlock(struct hf_entry_shard *shard);

/* Under the lock: the entry, borrowed, or NULL. */
struct hf_entry *hf_entry_map_find(const struct hf_entry_map *map,
                                   const struct hf_entry_shard *shard,
                                   const struct hf_consent_id *id);

/* Under the lock: takes over the caller's reference. Errors: NOMEM (the reference stays). */
hf_status hf_entry_map_insert(const struct hf_entry_map *map, struct hf_entry_shard *shard,
                              struct hf_entry *entry);

/* Visits every entry, each under its shard's lock. */
void hf_entry_map_each(struct hf_entry_map *map,
                       void (*visit)(void *context, struct hf_entry *entry), void *context);

/* Drops entries that nobody holds and that are stored: those that expired before @unix_s, and any
 * while there are more than @max_entries. */
void hf_entry_map_sweep(struct hf_entry_map *map, int64_t unix_s, size_t max_entries);

size_t hf_entry_map_count(struct hf_entry_map *map);

/*
 * The one door to LevelDB.
 *
 * It decides that damage is never passed over in silence: every read verifies checksums, and a
 * damaged journal is refused at open rather than replayed up to the damage, because what would be
 * lost are acknowledged revocations. (A journal that only ends too early, as after a crash, is
 * cut there: what was never synced was never acknowledged.) It knows nothing of keys or values.
 *
 * Invariant: after one failed write there is no other. What is on disk is then unknown, and only a
 * new start, which reads it, may go on.
 */
#include "base/store.h"

#include "base/file.h"

#include <leveldb/c.h>
#include <stdatomic.h>
#include <stdlib.h>

/*
 * Most look-ups are for keys that are not there: a filter tells so from memory. Large files keep
 * their number, and so the descriptors, small for millions of keys.
 */
enum { FILTER_BITS = 10, BLOCK_CACHE_BYTES = 64 << 20, FILE_BYTES = 32 << 20 };

struct hf_store {
    leveldb_t *db;
    leveldb_cache_t *blocks;
    leveldb_filterpolicy_t *filter;
    leveldb_readoptions_t *get;
    leveldb_readoptions_t *walk;
    leveldb_writeoptions_t *lazy;
    leveldb_writeoptions_t *durable;
    atomic_bool failed;
};

struct hf_store_batch {
    leveldb_writebatch_t *batch;
};

static const char *chars(hf_bytes bytes)
{
    return bytes.data ? (const char *)bytes.data : "";
}

/* LevelDB's message in our status; it names files, never keys or values. */
static hf_status fail_with(char *message, const char *path, struct hf_problem *reterr)
{
    bool locked = strstr(message, "/LOCK: ") != NULL;
    hf_status status = hf_problem_set(reterr, HF_IO, path, "%s",
                                      locked ? "another process holds the store" : message);
    leveldb_free(message);
    return status;
}

static leveldb_t *open_db(struct hf_store *store, const char *path, char **message)
{
    leveldb_options_t *options = leveldb_options_create();
    leveldb_options_set_create_if_missing(options, 1);
    leveldb_options_set_paranoid_checks(options, 1);
    leveldb_options_set_filter_policy(options, store->filter);
    leveldb_options_set_cache(options, store->blocks);
    leveldb_options_set_max_file_size(options, FILE_BYTES);
    leveldb_options_set_compression(options, leveldb_no_compression); /* signed text, digests */
    leveldb_t *db = leveldb_open(options, path, message);
    leveldb_options_destroy(options);
    return db;
}

static leveldb_readoptions_t *read_options(bool fill_cache)
{
    leveldb_readoptions_t *options = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(options, 1);
    leveldb_readoptions_set_fill_cache(options, fill_cache);
    return options;
}

static leveldb_writeoptions_t *write_options(bool durable)
{
    leveldb_writeoptions_t *options = leveldb_writeoptions_create();
    leveldb_writeoptions_set_sync(options, durable);
    return options;
}

hf_status hf_store_open(const char *path, struct hf_store **ret_store, struct hf_problem *reterr)
{
    hf_status made = hf_folder_create(path, 0700); /* LevelDB would make it readable for all */
    if (!hf_is_ok(made)) {
        return hf_problem_set(reterr, made.code == HF_NOMEM ? HF_NOMEM : HF_IO, path,
                              "the folder of the store cannot be made");
    }
    struct hf_store *store = calloc(1, sizeof *store);
    if (!store) {
        HF_FAIL(NOMEM);
    }
    char *message = NULL;
    store->filter = leveldb_filterpolicy_create_bloom(FILTER_BITS);
    store->blocks = leveldb_cache_create_lru(BLOCK_CACHE_BYTES);
    store->db = open_db(store, path, &message);
    if (message) {
        leveldb_cache_destroy(store->blocks);
        leveldb_filterpolicy_destroy(store->filter);
        free(store);
        return fail_with(message, path, reterr);
    }
    store->get = read_options(true);
    store->walk = read_options(false);
    store->lazy = write_options(false);
    store->durable = write_options(true);
    *ret_store = store;
    return HF_DONE;
}

void hf_store_close(struct hf_store *store)
{
    if (store) {
        leveldb_close(store->db);
        leveldb_cache_destroy(store->blocks);
        leveldb_filterpolicy_destroy(store->filter);
        leveldb_readoptions_destroy(store->get);
        leveldb_readoptions_destroy(store->walk);
        leveldb_writeoptions_destroy(store->lazy);
        leveldb_writeoptions_destroy(store->durable);
        free(store);
    }
}

hf_status hf_store_get(struct hf_store *store, hf_bytes key, hf_buf *value)
{
    char *message = NULL;
    size_t size = 0;
    char *found = leveldb_get(store->db, store->get, chars(key), key.size, &size, &message);
    if (message) {
        return fail_with(message, NULL, NULL);
    }
    if (!found) {
        HF_FAIL(NOT_FOUND);
    }
    hf_status status = hf_buf_append(value, hf_bytes_of(found, size));
    leveldb_free(found);
    return status;
}

hf_status hf_store_batch_new(struct hf_store_batch **ret_batch)
{
    struct hf_store_batch *batch = calloc(1, sizeof *batch);
    if (!batch) {
        HF_FAIL(NOMEM);
    }
    batch->batch = leveldb_writebatch_create();
    *ret_batch = batch;
    return HF_DONE;
}

void hf_store_batch_free(struct hf_store_batch *batch)
{
    if (batch) {
        leveldb_writebatch_destroy(batch->batch);
        free(batch);
    }
}

void hf_store_batch_put(struct hf_store_batch *batch, hf_bytes key, hf_bytes value)
{
    leveldb_writebatch_put(batch->batch, chars(key), key.size, chars(value), value.size);
}

void hf_store_batch_delete(struct hf_store_batch *batch, hf_bytes key)
{
    leveldb_writebatch_delete(batch->batch, chars(key), key.size);
}

hf_status hf_store_write(struct hf_store *store, struct hf_store_batch *batch, int durable)
{
    if (atomic_load(&store->failed)) {
        HF_FAIL(IO);
    }
    char *message = NULL;
    leveldb_write(store->db, durable ? store->durable : store->lazy, batch->batch, &message);
    if (message) {
        atomic_store(&store->failed, true);
        return fail_with(message, NULL, NULL);
    }
    return HF_DONE;
}

static hf_bytes iterator_key(const leveldb_iterator_t *iterator)
{
    size_t size = 0;
    const char *key = leveldb_iter_key(iterator, &size);
    return hf_bytes_of(key, size);
}

static hf_bytes iterator_value(const leveldb_iterator_t *iterator)
{
    size_t size = 0;
    const char *value = leveldb_iter_value(iterator, &size);
    return hf_bytes_of(value, size);
}

hf_status hf_store_each(struct hf_store *store, hf_bytes prefix,
                        hf_status (*visit)(void *context, hf_bytes key, hf_bytes value),
                        void *context)
{
    return hf_store_each_from(store, prefix, prefix, visit, context);
}

hf_status hf_store_each_from(struct hf_store *store, hf_bytes prefix, hf_bytes from,
                             hf_status (*visit)(void *context, hf_bytes key, hf_bytes value),
                             void *context)
{
    leveldb_iterator_t *iterator = leveldb_create_iterator(store->db, store->walk);
    hf_status status = HF_DONE;
    for (leveldb_iter_seek(iterator, chars(from), from.size);
         leveldb_iter_valid(iterator) && hf_is_ok(status); leveldb_iter_next(iterator)) {
        hf_bytes key = iterator_key(iterator);
        if (!hf_bytes_starts_with(key, prefix)) {
            break;
        }
        status = visit(context, key, iterator_value(iterator));
    }
    char *message = NULL;
    leveldb_iter_get_error(iterator, &message); /* a damaged block is skipped, and told only here */
    leveldb_iter_destroy(iterator);
    if (message) {
        hf_status damage = fail_with(message, NULL, NULL);
        return hf_is_ok(status) ? damage : status;
    }
    return status;
}

/*
 * A durable key-value store (LevelDB behind one door). Keys and values are bytes; keys are ordered
 * by memcmp. One process at a time; the functions may be called from any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

struct hf_store;
struct hf_store_batch;

/**
 * hf_store_open() - open or create the store in the folder @path
 * @ret_store: set only on success; caller owns, hf_store_close()
 * @reterr:    may be NULL; filled on IO
 *
 * The folder is made with mode 0700 when missing (its parent must exist). Checksums are verified on
 * every read; a damaged journal is refused, one that ends early is cut at its last whole batch.
 * Errors: IO (also: someone has it open already, in this process or another), NOMEM.
 */
hf_status hf_store_open(const char *path, struct hf_store **ret_store, struct hf_problem *reterr);
void hf_store_close(struct hf_store *store); /* NULL is fine */

/* Appends the value of @key to @value. Errors: NOT_FOUND, LIMIT, IO (also: damaged), NOMEM. */
hf_status hf_store_get(struct hf_store *store, hf_bytes key, hf_buf *value);

/* A batch is applied whole or not at all. Bytes are copied. Errors: NOMEM. */
hf_status hf_store_batch_new(struct hf_store_batch **ret_batch);
void hf_store_batch_free(struct hf_store_batch *batch); /* NULL is fine */
void hf_store_batch_put(struct hf_store_batch *batch, hf_bytes key, hf_bytes value);
void hf_store_batch_delete(struct hf_store_batch *batch, hf_bytes key);

/**
 * hf_store_write() - apply a batch; with @durable nonzero it is on disk when this returns
 *
 * After a failure the store refuses every further write (the state on disk is unknown); reads go
 * on. Cost: one fdatasync when durable. Errors: IO.
 */
hf_status hf_store_write(struct hf_store *store, struct hf_store_batch *batch, int durable);

/**
 * hf_store_each_from() - visit keys that begin with @prefix, in order, from @from on
 *
 * As hf_store_each(), which begins at the first.
 */
hf_status hf_store_each_from(struct hf_store *store, hf_bytes prefix, hf_bytes from,
                             hf_status (*visit)(void *context, hf_bytes key, hf_bytes value),
                             void *context);

/**
 * hf_store_each() - visit keys that begin with @prefix, in order
 * @visit: returns OK to go on; any other status ends the walk and is returned
 *
 * Sees the store as it stood at the call, whatever is written meanwhile. The views are valid during
 * the call of @visit only. Errors: IO (also: damaged), and those of @visit.
 */
hf_status hf_store_each(struct hf_store *store, hf_bytes prefix,
                        hf_status (*visit)(void *context, hf_bytes key, hf_bytes value),
                        void *context);

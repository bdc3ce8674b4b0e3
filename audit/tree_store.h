/*
 * The hashes that proofs and tiles are made of, as flat files: tree/<l> holds, 32 bytes each, the
 * roots of the complete subtrees of 256^l leaves (level 0: the leaf hashes), and tree/at the offset
 * of each record in its segment, u64 little-endian. So C2SP tile l/n is the bytes 8192*n.. of
 * tree/<l>.
 *
 * All of it is derived from the segments and made again at every start; none of it is synced or
 * trusted. One thread appends; any thread reads what was flushed.
 */
#pragma once

#include "audit/proof.h"
#include "audit/tree.h"
#include "base/status.h"

struct hf_tree_store;

/**
 * hf_tree_store_open() - empty the files and begin at size 0
 * @folder: the log's folder; NULL: files without a name, for a tool that only reads
 *
 * Errors: IO, NOMEM.
 */
hf_status hf_tree_store_open(const char *folder, struct hf_tree_store **ret_store);
void hf_tree_store_free(struct hf_tree_store *store); /* NULL is fine */

/**
 * hf_tree_store_add() - take what hf_tree_append() just completed
 * @n_levels: its result
 * @offset:   of the record's frame in its segment
 *
 * Kept in memory until the flush, or until there is a mebibyte of it. Errors: NOMEM, IO.
 */
hf_status hf_tree_store_add(struct hf_tree_store *store, const struct hf_tree *tree,
                            unsigned n_levels, uint64_t offset);

/* Forgets all records but the first @size. Errors: IO. */
hf_status hf_tree_store_cut(struct hf_tree_store *store, uint64_t size);

/* Writes what was added. Errors: IO. */
hf_status hf_tree_store_flush(struct hf_tree_store *store);

/* For hf_proof_make_…; the context is @store. */
struct hf_hash_source hf_tree_store_source(struct hf_tree_store *store);

/* The offset of record @index. Errors: NOT_FOUND, IO. */
hf_status hf_tree_store_offset(struct hf_tree_store *store, uint64_t index, uint64_t *ret_offset);

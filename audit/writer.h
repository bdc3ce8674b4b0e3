/*
 * The hand that writes the log: batches, checkpoints, seals, one after the other, each durable
 * before the next is begun (invariant W). It belongs to one thread, the log's, and knows nothing of
 * queues and waiters.
 */
#pragma once

#include "audit/chain.h"
#include "audit/log.h"
#include "audit/recover.h"
#include "audit/segment_writer.h"
#include "audit/tags.h"
#include "audit/tree_store.h"
#include "base/buf.h"
#include "base/status.h"

enum { HF_BATCH_MAX_ENTRIES = 1024, HF_BATCH_MAX_BYTES = 1 << 20 };

struct hf_log_writer {
    const struct hf_log_options *options; /* with defaults filled in; borrowed */
    const char *origin;                   /* borrowed */
    struct hf_tree_store *store;          /* borrowed */
    struct hf_tagger *tagger;
    struct hf_chain_state state;
    struct hf_segment_writer segment; /* fd -1: none is open */
    struct hf_tree_head signed_head;  /* newest checkpoint */

    /* the batch that is being put together */
    hf_buf batch; /* behind the bytes that hf_segment_writer_append() left there */
    hf_buf plain; /* scratch for one detail; wiped in the end */
    uint64_t first_index;
    uint32_t n_entries;
    char epoch[HF_RECORD_EPOCH_CHARS + 1];

    char fault[256]; /* what failed, for the operator */
};

/* Errors: KEY_MALFORMED (tag key), NOMEM. */
hf_status hf_log_writer_init(struct hf_log_writer *writer, const struct hf_log_options *options,
                             const char *origin, struct hf_tree_store *store,
                             const struct hf_recovered *recovered);
void hf_log_writer_clear(struct hf_log_writer *writer);

/* Opens the next segment if there is none, or this one is full, old or of another month. Sets
 * @ret_is_new when a segment was made. Errors: IO, LOG_UNAVAILABLE (no space), EXISTS. */
hf_status hf_log_writer_begin(struct hf_log_writer *writer, bool *ret_is_new);

/* Whether the batch should be committed before another entry is added. */
bool hf_log_writer_is_full(const struct hf_log_writer *writer);

/* Adds an entry to the batch, its outcome with it if it tells one; sets indexes and time. Errors:
 * LIMIT, NOMEM, CRYPTO, BUG, IO. */
hf_status hf_log_writer_add(struct hf_log_writer *writer, struct hf_log_entry *entry);

/* One write, one fdatasync: after OK all entries of the batch are durable. Errors: IO, NOMEM. */
hf_status hf_log_writer_commit(struct hf_log_writer *writer);

/**
 * hf_log_writer_checkpoint() - sign the tree as it is; a segment must be open
 * @note: emptied, then the signed note
 *
 * The note is in the log, synced, before it is returned or written to the file `checkpoint`.
 * Errors: IO, CRYPTO, LIMIT, NOMEM, BUG (nothing written yet).
 */
hf_status hf_log_writer_checkpoint(struct hf_log_writer *writer, hf_buf *note);

/* Replaces the file `checkpoint`, durably. Errors: IO, NOMEM. */
hf_status hf_log_writer_publish(const struct hf_log_writer *writer, hf_bytes note);

/* Ends the segment that is open, if any. Errors: IO. */
hf_status hf_log_writer_seal(struct hf_log_writer *writer, enum hf_seal_reason reason);

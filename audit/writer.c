/*
 * Batches into segments. Whatever is computed here (hashes, tree, commitments) recovery and the
 * verifier compute again from the bytes alone; nothing is carried over from entry to entry but the
 * chain state.
 *
 * After the first failure the state in memory may be ahead of the disk. The caller then ends the
 * service; there is no way back into this object.
 */
#include "audit/writer.h"

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/sealed.h"
#include "base/file.h"
#include "crypto/rand.h"
#include "crypto/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH_LIMIT_BYTES = HF_BATCH_MAX_BYTES + 4 * 65536, ROOM_BYTES = 65536 };
_Static_assert(BATCH_LIMIT_BYTES % HF_SEGMENT_BLOCK_BYTES == 0, "whole blocks");
_Static_assert(BATCH_LIMIT_BYTES - HF_BATCH_MAX_BYTES >= 3 * HF_FRAME_MAX_BYTES,
               "room for one entry, its outcome and a commit more");

/* All that a batch can need, as a direct write wants it; so it never moves either. */
static hf_status reserve_batch(hf_buf *ret_batch)
{
    uint8_t *blocks = aligned_alloc(HF_SEGMENT_BLOCK_BYTES, BATCH_LIMIT_BYTES);
    if (!blocks) {
        HF_FAIL(NOMEM);
    }
    *ret_batch = (hf_buf){
        .data = blocks, .capacity_bytes = BATCH_LIMIT_BYTES, .limit_bytes = BATCH_LIMIT_BYTES};
    return HF_DONE;
}

hf_status hf_log_writer_init(struct hf_log_writer *writer, const struct hf_log_options *options,
                             const char *origin, struct hf_tree_store *store,
                             const struct hf_recovered *recovered)
{
    *writer = (struct hf_log_writer){
        .options = options,
        .origin = origin,
        .store = store,
        .state = recovered->state,
        .segment.fd = -1,
        .plain = hf_buf_init(HF_DETAIL_PLAIN_MAX_BYTES),
    };
    HF_TRY(hf_buf_reserve(&writer->plain, HF_DETAIL_PLAIN_MAX_BYTES)); /* it never moves */
    HF_TRY(reserve_batch(&writer->batch));
    return hf_tagger_new(options->tag_key, &writer->tagger);
}

void hf_log_writer_clear(struct hf_log_writer *writer)
{
    hf_segment_writer_close(&writer->segment);
    hf_tagger_free(writer->tagger);
    writer->tagger = NULL;
    hf_buf_clear(&writer->batch);
    hf_secret_buf_clear(&writer->plain);
}

static const char *reason_of(hf_status status)
{
    if (status.code != HF_IO) {
        return hf_code_info(status.code)->sentence;
    }
    const char *reason = strerrordesc_np(errno);
    return errno != 0 && reason ? reason : "only a part was written";
}

/* Remembers which step failed, and why, while errno still tells. */
static hf_status name_failure(struct hf_log_writer *writer, const char *step, hf_status status)
{
    if (!hf_is_ok(status)) {
        snprintf(writer->fault, sizeof(writer->fault), "%s: %s", step, reason_of(status));
    }
    return status;
}

static bool must_rotate(const struct hf_log_writer *writer, int64_t now_unix_s)
{
    const struct hf_segment_writer *segment = &writer->segment;
    char created[HF_RECORD_EPOCH_CHARS + 1];
    int64_t created_unix_s = (int64_t)(segment->header.created_unix_ns / 1000000000U);
    hf_record_epoch(created_unix_s, created);
    uint64_t room = writer->options->segment_bytes / 8; /* what a batch usually takes at most */
    if (room > ROOM_BYTES) {
        room = ROOM_BYTES;
    }
    return segment->end + room > writer->options->segment_bytes ||
           now_unix_s - created_unix_s >= writer->options->segment_age_s ||
           memcmp(created, writer->epoch, sizeof(created)) != 0;
}

static hf_status open_segment(struct hf_log_writer *writer)
{
    struct hf_segment_header header = {.first_index = writer->state.tree.size,
                                       .created_unix_ns =
                                           (uint64_t)writer->state.time_unix_s * 1000000000U};
    memcpy(header.prev, writer->state.head, sizeof(header.prev));
    hf_tree_root(&writer->state.tree, header.root);
    hf_rand_bytes(header.salt, sizeof(header.salt));
    snprintf(header.origin, sizeof(header.origin), "%s", writer->origin);
    HF_TRY(hf_segment_check_space(writer->options->folder, 2 * writer->options->segment_bytes));
    return hf_segment_writer_create(writer->options->folder, &header,
                                    writer->options->prewrite_bytes, &writer->segment);
}

hf_status hf_log_writer_begin(struct hf_log_writer *writer, bool *ret_is_new)
{
    int64_t now = hf_clock_unix_s(&writer->options->clock);
    if (now > writer->state.time_unix_s) { /* a clock that was set back does not move the log */
        writer->state.time_unix_s = now;
    }
    hf_record_epoch(writer->state.time_unix_s, writer->epoch);
    *ret_is_new = false;
    if (writer->segment.fd >= 0 && must_rotate(writer, writer->state.time_unix_s)) {
        HF_TRY(hf_log_writer_seal(writer, HF_SEAL_ROTATED));
    }
    if (writer->segment.fd < 0) {
        errno = 0;
        HF_TRY(name_failure(writer, "opening a segment", open_segment(writer)));
        *ret_is_new = true;
    }
    writer->batch.size = writer->segment.n_again; /* 0 in a new segment */
    writer->first_index = writer->state.tree.size;
    writer->n_entries = 0;
    return HF_DONE;
}

/* Of the frames in the batch. */
static size_t batch_bytes(const struct hf_log_writer *writer)
{
    return writer->batch.size - writer->segment.n_again;
}

bool hf_log_writer_is_full(const struct hf_log_writer *writer)
{
    return writer->n_entries >= HF_BATCH_MAX_ENTRIES || batch_bytes(writer) >= HF_BATCH_MAX_BYTES;
}

static struct hf_frame frame_of(const struct hf_log_writer *writer, enum hf_frame_type type,
                                uint64_t number)
{
    return (struct hf_frame){
        .type = type, .batch = (uint32_t)(writer->state.batch + 1), .number = number};
}

static hf_status add_frame(struct hf_log_writer *writer, enum hf_frame_type type, uint64_t number,
                           hf_bytes payload)
{
    struct hf_frame frame = frame_of(writer, type, number);
    frame.payload = payload;
    return hf_frame_write(&frame, writer->segment.header.salt, &writer->batch);
}

/* Fills all of the record but its commitment. */
static void make_record(struct hf_log_writer *writer, const struct hf_log_entry *entry,
                        enum hf_record_kind kind, struct hf_record *ret_record)
{
    struct hf_record record = {
        .kind = kind,
        .index = writer->state.tree.size,
        .time_unix_s = writer->state.time_unix_s,
    };
    hf_rand_bytes(record.nonce, sizeof(record.nonce));
    const struct hf_tag_source bank = {HF_TAG_BANK, entry->bank, writer->epoch, record.nonce};
    const struct hf_tag_source enterprise = {HF_TAG_ENTERPRISE, entry->enterprise, writer->epoch,
                                             record.nonce};
    hf_tagger_tag(writer->tagger, &bank, record.bank);
    hf_tagger_tag(writer->tagger, &enterprise, record.enterprise);
    memcpy(record.prev, writer->state.head, sizeof(record.prev));
    *ret_record = record;
}

/* The record's frame, written in its place; chain and tree go on with it. */
static hf_status add_record(struct hf_log_writer *writer, const struct hf_record *record)
{
    const uint64_t offset = writer->segment.end + batch_bytes(writer);
    const struct hf_frame frame = frame_of(writer, HF_FRAME_ENTRY, record->index);
    hf_buf *batch = &writer->batch;
    size_t begin = 0;
    size_t size = 0;
    HF_TRY(hf_frame_begin(batch, &begin));
    HF_TRY(hf_buf_reserve(batch, HF_RECORD_MAX_BYTES));
    uint8_t *text = batch->data + batch->size;
    HF_TRY(hf_record_write(record, (char *)text, &size));
    hf_record_leaf_hash(hf_bytes_of(text, size), writer->state.head);
    batch->size += size;
    HF_TRY(hf_frame_end(&frame, writer->segment.header.salt, batch, begin));
    unsigned n_levels = hf_tree_append(&writer->state.tree, writer->state.head);
    writer->n_entries++;
    return hf_tree_store_add(writer->store, &writer->state.tree, n_levels, offset);
}

static hf_status add_detail(struct hf_log_writer *writer, const struct hf_log_entry *entry,
                            const struct hf_record *record, const uint8_t *salt)
{
    const struct hf_detail_box box = {
        .place = {writer->origin, record->index, record->commit},
        .salt = salt,
        .detail = entry->detail,
        .scratch = &writer->plain,
        .recipients = writer->options->recipients,
        .n_recipients = writer->options->n_recipients,
    };
    const struct hf_frame frame = frame_of(writer, HF_FRAME_DETAIL, record->index);
    size_t begin = 0;
    HF_TRY(hf_frame_begin(&writer->batch, &begin));
    HF_TRY(hf_detail_seal(&box, &writer->batch));
    return hf_frame_end(&frame, writer->segment.header.salt, &writer->batch, begin);
}

/* The outcome of an access whose detail told it: a record like any other, for the chain, the tree
 * and whoever counts, but nothing is sealed twice. */
static hf_status add_told_outcome(struct hf_log_writer *writer, struct hf_log_entry *entry,
                                  const struct hf_record *access)
{
    static const uint8_t told = HF_DETAIL_TOLD;
    struct hf_record record;
    make_record(writer, entry, HF_RECORD_OUTCOME, &record);
    memcpy(record.commit, access->commit, sizeof(record.commit));
    HF_TRY(add_record(writer, &record));
    entry->outcome_index = record.index;
    return add_frame(writer, HF_FRAME_DETAIL, record.index, hf_bytes_of(&told, 1));
}

/* A failure leaves half a batch behind, and ends the log: it is never committed. */
hf_status hf_log_writer_add(struct hf_log_writer *writer, struct hf_log_entry *entry)
{
    struct hf_record record;
    uint8_t salt[HF_DETAIL_SALT_BYTES]; /* lives on in the sealed box alone */
    hf_rand_bytes(salt, sizeof(salt));
    make_record(writer, entry, entry->kind, &record);
    hf_detail_commit(salt, entry->detail, record.commit);
    HF_TRY(add_record(writer, &record));
    HF_TRY(add_detail(writer, entry, &record, salt));
    entry->index = record.index;
    entry->time_unix_s = record.time_unix_s;
    return entry->with_outcome ? add_told_outcome(writer, entry, &record) : HF_DONE;
}

/* The batch to disk. Until this has returned OK nothing that is in it may leave the process. */
static hf_status flush_batch(struct hf_log_writer *writer)
{
    errno = 0;
    HF_TRY(name_failure(writer, "writing a batch",
                        hf_segment_writer_append(&writer->segment, &writer->batch)));
    HF_TRY(name_failure(writer, "fdatasync", hf_segment_writer_sync(&writer->segment)));
    writer->state.batch++;
    return HF_DONE;
}

hf_status hf_log_writer_commit(struct hf_log_writer *writer)
{
    uint8_t payload[HF_COMMIT_BYTES];
    struct hf_commit commit = {
        .first_index = writer->first_index,
        .n_entries = writer->n_entries,
        .batch = writer->state.batch + 1,
        .batch_bytes = batch_bytes(writer) + hf_frame_size(HF_COMMIT_BYTES),
    };
    memcpy(commit.head, writer->state.head, sizeof(commit.head));
    hf_tree_root(&writer->state.tree, commit.root);
    hf_commit_write(&commit, payload);
    HF_TRY(add_frame(writer, HF_FRAME_COMMIT, writer->state.tree.size,
                     hf_bytes_of(payload, sizeof(payload))));
    return flush_batch(writer);
}

hf_status hf_log_writer_publish(const struct hf_log_writer *writer, hf_bytes note)
{
    char path[PATH_MAX];
    HF_TRY(hf_path_join(path, sizeof(path), writer->options->folder, "checkpoint"));
    return hf_file_write_durable(path, note, 0644);
}

hf_status hf_log_writer_checkpoint(struct hf_log_writer *writer, hf_buf *note)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_NOTE_MAX_BYTES);
    struct hf_tree_head head = {.size = writer->state.tree.size};
    /* A log never signs less than it has signed: that would be another history. */
    if (head.size < writer->signed_head.size || writer->segment.fd < 0) {
        HF_FAIL(BUG);
    }
    hf_tree_root(&writer->state.tree, head.root);
    hf_buf_reset(note);
    HF_TRY(hf_checkpoint_write(writer->origin, &head, &text));
    HF_TRY(hf_note_sign(hf_buf_view(&text), writer->origin, writer->options->signer, note));
    errno = 0;
    HF_TRY(name_failure(writer, "writing hashes", hf_tree_store_flush(writer->store)));
    HF_TRY(add_frame(writer, HF_FRAME_CHECKPOINT, head.size, hf_buf_view(note)));
    HF_TRY(flush_batch(writer));
    HF_TRY(name_failure(writer, "writing the checkpoint",
                        hf_log_writer_publish(writer, hf_buf_view(note))));
    writer->signed_head = head;
    return HF_DONE;
}

hf_status hf_log_writer_seal(struct hf_log_writer *writer, enum hf_seal_reason reason)
{
    uint8_t payload[HF_SEAL_FRAME_BYTES];
    const struct hf_segment_seal seal = {.reason = reason};
    if (writer->segment.fd < 0) {
        return HF_DONE;
    }
    hf_segment_seal_write(&seal, payload);
    HF_TRY(add_frame(writer, HF_FRAME_SEAL, writer->state.tree.size,
                     hf_bytes_of(payload, sizeof(payload))));
    errno = 0;
    HF_TRY(name_failure(writer, "sealing a segment",
                        hf_segment_writer_seal(&writer->segment, &writer->batch)));
    writer->state.batch++;
    return HF_DONE;
}

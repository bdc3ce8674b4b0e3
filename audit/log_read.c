/*
 * Reading a log while it is written: checkpoints, proofs, tiles, records. Nothing here touches the
 * writer; what is signed never changes, so a copy of the newest checkpoint under a short lock is
 * all the agreement that is needed.
 */
#include "audit/log.h"
#include "audit/log_state.h"
#include "audit/note.h"
#include "audit/replay.h"
#include "audit/sealed.h"
#include "audit/segment_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

hf_status hf_log_checkpoint(struct hf_log *log, hf_buf *buf)
{
    pthread_mutex_lock(&log->reading_mutex);
    hf_status status = log->checkpoint.size ? hf_buf_append(buf, hf_buf_view(&log->checkpoint))
                                            : hf_status_of(HF_NOT_FOUND);
    pthread_mutex_unlock(&log->reading_mutex);
    return status;
}

static uint64_t signed_size(struct hf_log *log)
{
    pthread_mutex_lock(&log->reading_mutex);
    uint64_t size = log->head.size;
    pthread_mutex_unlock(&log->reading_mutex);
    return size;
}

/* A checkpoint and its size, of the same moment. */
static hf_status copy_checkpoint(struct hf_log *log, hf_buf *note, uint64_t *ret_size)
{
    pthread_mutex_lock(&log->reading_mutex);
    *ret_size = log->head.size;
    hf_status status = hf_buf_append(note, hf_buf_view(&log->checkpoint));
    pthread_mutex_unlock(&log->reading_mutex);
    return status;
}

hf_status hf_log_proof(struct hf_log *log, uint64_t index, hf_buf *buf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(HF_NOTE_MAX_BYTES);
    uint64_t size = 0;
    struct hf_proof proof;
    HF_TRY(copy_checkpoint(log, &note, &size));
    struct hf_hash_source source = hf_tree_store_source(log->store);
    HF_TRY(hf_proof_make_inclusion(&source, index, size, &proof));
    return hf_tlog_proof_write(index, &proof, hf_buf_view(&note), buf);
}

hf_status hf_log_tile(struct hf_log *log, unsigned level, uint64_t tile, unsigned n_hashes,
                      hf_buf *buf)
{
    enum { TILE_HASHES = 256 };
    if (level >= HF_TREE_LEVELS || n_hashes == 0 || n_hashes > TILE_HASHES ||
        tile > UINT64_MAX / TILE_HASHES - 1) {
        HF_FAIL(NOT_FOUND);
    }
    uint64_t first = tile * TILE_HASHES;
    if (first + n_hashes > signed_size(log) >> (level * HF_TREE_LEVEL_BITS)) {
        HF_FAIL(NOT_FOUND);
    }
    struct hf_hash_source source = hf_tree_store_source(log->store);
    HF_TRY(hf_buf_reserve(buf, n_hashes * HF_SHA256_BYTES));
    HF_TRY(source.read(source.context, level, first, n_hashes,
                       (uint8_t(*)[HF_SHA256_BYTES])(buf->data + buf->size)));
    buf->size += n_hashes * HF_SHA256_BYTES;
    return HF_DONE;
}

/* The first index of the segment that holds @index: the last one not above it. */
static bool find_segment(struct hf_log *log, uint64_t index, uint64_t *ret_first, size_t *ret_i)
{
    pthread_mutex_lock(&log->reading_mutex);
    size_t low = 0;
    size_t high = log->n_segments;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->segments[middle] <= index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0) {
        *ret_first = log->segments[low - 1];
        *ret_i = low - 1;
    }
    pthread_mutex_unlock(&log->reading_mutex);
    return low > 0;
}

static bool segment_at(struct hf_log *log, size_t i, uint64_t *ret_first)
{
    pthread_mutex_lock(&log->reading_mutex);
    bool is_there = i < log->n_segments;
    if (is_there) {
        *ret_first = log->segments[i];
    }
    pthread_mutex_unlock(&log->reading_mutex);
    return is_there;
}

static hf_status open_segment(struct hf_log *log, uint64_t first, struct hf_segment_reader *reader)
{
    char name[HF_SEGMENT_NAME_BYTES];
    struct hf_log_fault fault;
    hf_segment_name(first, name);
    return hf_segment_reader_open(log->folder, name, reader, &fault);
}

/* The next frame, which must be of @type and about @index. */
static hf_status expect_frame(struct hf_segment_reader *reader, enum hf_frame_type type,
                              uint64_t index, struct hf_frame *ret_frame)
{
    enum hf_segment_next next;
    size_t size = 0;
    struct hf_log_fault fault;
    HF_TRY(hf_segment_reader_next(reader, &next, ret_frame, &size, &fault));
    if (next != HF_SEGMENT_FRAME || ret_frame->type != type || ret_frame->number != index) {
        HF_FAIL(LOG_CORRUPT);
    }
    return HF_DONE;
}

static hf_status open_detail(struct hf_log *log, const struct hf_record *record, hf_bytes sealed,
                             const struct hf_seal_key *key, hf_buf *detail)
{
    const struct hf_detail_place place = {log->origin, record->index, record->commit};
    return hf_detail_open(sealed, &place, key, detail);
}

/* Goes to a record of the segment and reads it; its detail is the next frame. */
static hf_status read_entry(struct hf_log *log, struct hf_segment_reader *reader, uint64_t index,
                            hf_bytes *ret_text, struct hf_record *ret_record)
{
    uint64_t offset = 0;
    struct hf_frame frame;
    HF_TRY(hf_tree_store_offset(log->store, index, &offset));
    hf_segment_reader_seek(reader, offset);
    HF_TRY(expect_frame(reader, HF_FRAME_ENTRY, index, &frame));
    *ret_text = frame.payload;
    return hf_record_parse(frame.payload, ret_record, NULL);
}

/* Opens what the access before @outcome told of it: they stand in one batch, so in one segment. */
static hf_status open_told(struct hf_log *log, struct hf_segment_reader *reader,
                           const struct hf_record *outcome, const struct hf_seal_key *key,
                           hf_buf *detail)
{
    hf_bytes text;
    struct hf_record access;
    struct hf_frame frame;
    if (outcome->index == 0) {
        HF_FAIL(LOG_CORRUPT);
    }
    HF_TRY(read_entry(log, reader, outcome->index - 1, &text, &access));
    if (memcmp(access.commit, outcome->commit, sizeof(access.commit)) != 0) {
        HF_FAIL(LOG_CORRUPT);
    }
    HF_TRY(expect_frame(reader, HF_FRAME_DETAIL, access.index, &frame));
    return open_detail(log, &access, frame.payload, key, detail);
}

hf_status hf_log_record(struct hf_log *log, uint64_t index, const struct hf_seal_key *key,
                        hf_buf *record, hf_buf *detail)
{
    uint64_t first = 0;
    size_t i = 0;
    hf_bytes text;
    struct hf_frame frame;
    struct hf_record parsed;
    HF_CLEANUP(hf_segment_reader_close) struct hf_segment_reader reader = {.fd = -1};
    if (index >= signed_size(log) || !find_segment(log, index, &first, &i)) {
        HF_FAIL(NOT_FOUND);
    }
    HF_TRY(open_segment(log, first, &reader));
    HF_TRY(read_entry(log, &reader, index, &text, &parsed));
    HF_TRY(hf_buf_append(record, text));
    if (!key) {
        return HF_DONE;
    }
    HF_TRY(expect_frame(&reader, HF_FRAME_DETAIL, index, &frame));
    return hf_detail_is_told(frame.payload) ? open_told(log, &reader, &parsed, key, detail)
                                            : open_detail(log, &parsed, frame.payload, key, detail);
}

struct replay {
    struct hf_log *log;
    uint64_t next; /* index wanted */
    uint64_t end;
    const struct hf_seal_key *key;
    hf_replay_fn *visit;
    void *context;
    struct hf_arena arena;
    hf_buf text;
};

/* Opens the detail behind an entry and shows both to the visitor. The outcome of an access that
 * told it is no news. */
static hf_status visit_one(struct replay *replay, struct hf_segment_reader *reader,
                           const struct hf_record *record)
{
    struct hf_frame frame;
    struct hf_replay_entry entry = {.record = *record};
    HF_TRY(expect_frame(reader, HF_FRAME_DETAIL, record->index, &frame));
    if (record->kind == HF_RECORD_OUTCOME && hf_detail_is_told(frame.payload)) {
        return HF_DONE;
    }
    hf_buf_reset(&replay->text);
    HF_TRY(open_detail(replay->log, record, frame.payload, replay->key, &replay->text));
    hf_arena_clear(&replay->arena);
    HF_TRY(hf_detail_parse(hf_buf_view(&replay->text), &replay->arena, &entry.detail, NULL));
    return replay->visit(replay->context, &entry);
}

static hf_status replay_segment(struct replay *replay, struct hf_segment_reader *reader)
{
    while (replay->next < replay->end) {
        enum hf_segment_next next;
        struct hf_frame frame;
        struct hf_record record;
        struct hf_log_fault fault;
        size_t size = 0;
        HF_TRY(hf_segment_reader_next(reader, &next, &frame, &size, &fault));
        if (next == HF_SEGMENT_BAD) {
            HF_FAIL(LOG_CORRUPT);
        }
        if (next == HF_SEGMENT_END) {
            return HF_DONE;
        }
        if (frame.type != HF_FRAME_ENTRY || frame.number < replay->next) {
            continue;
        }
        if (!hf_is_ok(hf_record_parse(frame.payload, &record, NULL)) ||
            record.index != replay->next) {
            HF_FAIL(LOG_CORRUPT);
        }
        HF_TRY(visit_one(replay, reader, &record));
        replay->next++;
    }
    return HF_DONE;
}

static hf_status replay_all(struct replay *replay)
{
    uint64_t first = 0;
    size_t i = 0;
    if (replay->next >= replay->end) {
        return HF_DONE;
    }
    if (!find_segment(replay->log, replay->next, &first, &i)) {
        HF_FAIL(LOG_CORRUPT);
    }
    for (; replay->next < replay->end; i++) {
        HF_CLEANUP(hf_segment_reader_close) struct hf_segment_reader reader = {.fd = -1};
        if (!segment_at(replay->log, i, &first)) {
            HF_FAIL(LOG_CORRUPT);
        }
        HF_TRY(open_segment(replay->log, first, &reader));
        HF_TRY(replay_segment(replay, &reader));
    }
    return HF_DONE;
}

hf_status hf_log_replay(struct hf_log *log, uint64_t first, const struct hf_seal_key *key,
                        hf_replay_fn *visit, void *context)
{
    struct replay replay = {
        .log = log,
        .next = first,
        .end = hf_log_durable_size(log),
        .key = key,
        .visit = visit,
        .context = context,
        .arena = hf_arena_init(4 * HF_DETAIL_MAX_BYTES),
        .text = hf_buf_init(HF_DETAIL_MAX_BYTES),
    };
    hf_status status = replay_all(&replay);
    hf_arena_clear(&replay.arena);
    hf_buf_clear(&replay.text);
    return status;
}

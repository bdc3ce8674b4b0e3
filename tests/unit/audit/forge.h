/*
 * A forger of segments: takes one apart into frames, lets a test change them, and puts it together
 * again with checksums that hold. With forge_rechain() everything that needs no key is made to fit.
 */
#pragma once

#include "audit/checkpoint.h"
#include "audit/frame.h"
#include "audit/note.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "base/file.h"

#include "tests/unit/audit/log_folder.h"

enum { FORGE_MAX_FRAMES = 128 };

struct forged_frame {
    struct hf_frame frame;
    uint8_t payload[2048];
};

struct forge {
    char path[128];
    struct hf_segment_header header;
    struct forged_frame frames[FORGE_MAX_FRAMES];
    size_t n_frames;
};

static inline void forge_path(struct forge *forge, const char *folder, uint64_t first_index)
{
    snprintf(forge->path, sizeof(forge->path), "%s/wal/%020llu.hfl", folder,
             (unsigned long long)first_index);
}

/* Reads a segment of a log that was closed. The caller frees. */
static inline struct forge *forge_new(const char *folder, uint64_t first_index)
{
    struct forge *forge = calloc(1, sizeof(*forge));
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 22);
    assert_non_null(forge);
    forge_path(forge, folder, first_index);
    assert_ok(hf_file_read(forge->path, &file));
    assert_ok(hf_segment_header_parse(file.data, &forge->header, NULL));
    hf_bytes rest = hf_bytes_skip(hf_buf_view(&file), HF_SEGMENT_HEADER_BYTES);
    while (rest.size > 0) {
        struct forged_frame *to = &forge->frames[forge->n_frames++];
        size_t size = 0;
        const char *what = NULL;
        assert_true(forge->n_frames < FORGE_MAX_FRAMES);
        assert_ok(hf_frame_parse(rest, forge->header.salt, &to->frame, &size, &what));
        assert_true(to->frame.payload.size <= sizeof(to->payload));
        memcpy(to->payload, to->frame.payload.data, to->frame.payload.size);
        to->frame.payload.data = NULL;
        rest = hf_bytes_skip(rest, size);
    }
    return forge;
}

/* Writes the segment back; checksums hold. */
static inline void forge_write(struct forge *forge)
{
    uint8_t header[HF_SEGMENT_HEADER_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 22);
    hf_segment_header_write(&forge->header, header);
    assert_ok(hf_buf_append(&file, hf_bytes_of(header, sizeof(header))));
    for (size_t i = 0; i < forge->n_frames; i++) {
        struct hf_frame frame = forge->frames[i].frame;
        frame.payload.data = forge->frames[i].payload;
        assert_ok(hf_frame_write(&frame, forge->header.salt, &file));
    }
    assert_ok(hf_file_write_durable(forge->path, hf_buf_view(&file), 0640));
}

/* The number of the @nth frame (from 0) of a type. */
static inline size_t forge_find(const struct forge *forge, enum hf_frame_type type, size_t nth)
{
    for (size_t i = 0; i < forge->n_frames; i++) {
        if (forge->frames[i].frame.type == type && nth-- == 0) {
            return i;
        }
    }
    fail_msg("no such frame");
    return 0;
}

static inline void forge_drop(struct forge *forge, size_t at, size_t n)
{
    memmove(&forge->frames[at], &forge->frames[at + n],
            (forge->n_frames - at - n) * sizeof(forge->frames[0]));
    forge->n_frames -= n;
}

/* Doubles @n frames, the copies right behind. */
static inline void forge_double(struct forge *forge, size_t at, size_t n)
{
    assert_true(forge->n_frames + n < FORGE_MAX_FRAMES);
    memmove(&forge->frames[at + n], &forge->frames[at],
            (forge->n_frames - at) * sizeof(forge->frames[0]));
    forge->n_frames += n;
}

static inline void forge_swap(struct forge *forge, size_t a, size_t b)
{
    struct forged_frame *kept = malloc(sizeof(*kept));
    assert_non_null(kept);
    *kept = forge->frames[a];
    forge->frames[a] = forge->frames[b];
    forge->frames[b] = *kept;
    free(kept);
}

static inline void forge_record(struct forge *forge, size_t at, struct hf_record *ret_record)
{
    struct forged_frame *frame = &forge->frames[at];
    assert_ok(
        hf_record_parse(hf_bytes_of(frame->payload, frame->frame.payload.size), ret_record, NULL));
}

static inline void forge_set_record(struct forge *forge, size_t at, const struct hf_record *record)
{
    char text[HF_RECORD_MAX_BYTES];
    size_t size = 0;
    assert_ok(hf_record_write(record, text, &size));
    memcpy(forge->frames[at].payload, text, size);
    forge->frames[at].frame.payload.size = size;
}

/* Where forge_rechain() stands. */
struct forge_chain {
    struct hf_tree tree;
    uint8_t head[HF_SHA256_BYTES];
    uint64_t batch;
    uint64_t batch_bytes;
    uint64_t first_index;
};

static inline void forge_fit_entry(struct forge *forge, size_t at, struct forge_chain *chain)
{
    struct hf_record record;
    forge_record(forge, at, &record);
    record.index = chain->tree.size;
    memcpy(record.prev, chain->head, sizeof(record.prev));
    forge_set_record(forge, at, &record);
    hf_record_leaf_hash(
        hf_bytes_of(forge->frames[at].payload, forge->frames[at].frame.payload.size), chain->head);
    hf_tree_append(&chain->tree, chain->head);
}

static inline void forge_fit_commit(struct forged_frame *frame, const struct forge_chain *chain)
{
    struct hf_commit commit = {
        .first_index = chain->first_index,
        .n_entries = (uint32_t)(chain->tree.size - chain->first_index),
        .batch = chain->batch,
        .batch_bytes = chain->batch_bytes,
    };
    memcpy(commit.head, chain->head, sizeof(commit.head));
    hf_tree_root(&chain->tree, commit.root);
    hf_commit_write(&commit, frame->payload);
}

/* The text is made to fit; the signature stays what it was: it needs the key */
static inline void forge_fit_checkpoint(struct forged_frame *frame, const struct forge_chain *chain)
{
    struct hf_note note;
    struct hf_tree_head head = {.size = chain->tree.size};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(sizeof(frame->payload));
    HF_CLEANUP(hf_buf_clear) hf_buf old = hf_buf_init(sizeof(frame->payload));
    assert_ok(hf_buf_append(&old, hf_bytes_of(frame->payload, frame->frame.payload.size)));
    assert_ok(hf_note_parse(hf_buf_view(&old), &note, NULL));
    hf_tree_root(&chain->tree, head.root);
    assert_ok(hf_checkpoint_write(LOG_ORIGIN, &head, &text));
    assert_ok(hf_buf_append(&text, hf_bytes_skip(hf_buf_view(&old), note.text.size)));
    memcpy(frame->payload, text.data, text.size);
    frame->frame.payload.size = text.size;
}

/* Makes indexes, hashes, roots, lengths and batch numbers fit, from a chain that begins at 0. */
static inline void forge_rechain(struct forge *forge)
{
    struct forge_chain chain = {.batch = 1};
    for (size_t i = 0; i < forge->n_frames; i++) {
        struct forged_frame *frame = &forge->frames[i];
        frame->frame.batch = (uint32_t)chain.batch;
        frame->frame.number = chain.tree.size;
        chain.batch_bytes += hf_frame_size(frame->frame.payload.size);
        if (frame->frame.type == HF_FRAME_ENTRY) {
            chain.batch_bytes -= hf_frame_size(frame->frame.payload.size);
            forge_fit_entry(forge, i, &chain);
            chain.batch_bytes += hf_frame_size(frame->frame.payload.size);
        } else if (frame->frame.type == HF_FRAME_DETAIL) {
            frame->frame.number = chain.tree.size - 1;
        } else {
            if (frame->frame.type == HF_FRAME_COMMIT) {
                forge_fit_commit(frame, &chain);
            } else if (frame->frame.type == HF_FRAME_CHECKPOINT) {
                forge_fit_checkpoint(frame, &chain);
            }
            chain.batch++;
            chain.batch_bytes = 0;
            chain.first_index = chain.tree.size;
        }
    }
}

/*
 * The one segment that grows. Zeros are written ahead of the frames, so that a batch overwrites
 * blocks that the file system knows already and its fdatasync needs no journal commit.
 *
 * Where the file system allows it the frames go past the page cache (O_DIRECT), in whole blocks:
 * the bytes of the last block that are on disk already are kept in front of the next batch, in the
 * caller's buffer, and written again with it, as the page cache would do. Elsewhere they are
 * written as they come.
 *
 * One descriptor is kept open for the life of the segment, because a write error is reported once
 * to each descriptor that was open when it happened. After any error the writer must not be used
 * again.
 */
#pragma once

#include "audit/frame.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

#include <limits.h>

enum { HF_SEGMENT_BLOCK_BYTES = 4096 }; /* of a direct write: its place, its size, its memory */

struct hf_segment_writer {
    int fd; /* -1: none */
    char path[PATH_MAX];
    uint64_t end;    /* of the frames */
    uint64_t zeroed; /* end of the zeros ahead of them; below `end`: none */
    size_t n_ahead;  /* zeros to write ahead, whole blocks */
    bool is_direct;
    size_t n_again; /* bytes of the last block that go to disk once more; 0 if not direct */
    struct hf_segment_header header;
};

/**
 * hf_segment_writer_create() - make the segment `header->first_index` under its final name
 *
 * @prewrite_bytes: zeros to keep ahead, at most a mebibyte of them
 *
 * Header and first zeros are on disk before the name exists: a named segment has a valid header.
 * Errors: EXISTS, IO.
 */
hf_status hf_segment_writer_create(const char *folder, const struct hf_segment_header *header,
                                   uint64_t prewrite_bytes, struct hf_segment_writer *ret_writer);

/* Takes up an existing segment whose frames end at @end. Errors: IO. */
hf_status hf_segment_writer_adopt(const char *folder, const struct hf_segment_header *header,
                                  uint64_t end, struct hf_segment_writer *ret_writer);

/**
 * hf_segment_writer_append() - write frames behind the last ones; not yet durable
 * @batch: its memory and its capacity are multiples of HF_SEGMENT_BLOCK_BYTES; holds `n_again`
 *         bytes that an earlier call left there, and then the frames. Afterwards it holds those
 *         that the next call is to begin with
 *
 * Errors: IO (also a short write).
 */
hf_status hf_segment_writer_append(struct hf_segment_writer *writer, hf_buf *batch);

/* fdatasync. Errors: IO. */
hf_status hf_segment_writer_sync(struct hf_segment_writer *writer);

/* Appends the last frames and finishes. Errors: IO. */
hf_status hf_segment_writer_seal(struct hf_segment_writer *writer, hf_buf *batch);

/**
 * hf_segment_writer_finish() - cut the zeros off, sync, make the file read-only, close
 *
 * In this order: a segment that is read-only is known to be on disk. Errors: IO.
 */
hf_status hf_segment_writer_finish(struct hf_segment_writer *writer);

/* Closes without writing. Accepts one that is closed. */
void hf_segment_writer_close(struct hf_segment_writer *writer);

/* Whether @folder's file system has room for @n_bytes more. Errors: IO, LOG_UNAVAILABLE (it has
 * not). */
hf_status hf_segment_check_space(const char *folder, uint64_t n_bytes);

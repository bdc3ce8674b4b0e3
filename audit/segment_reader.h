/*
 * One segment read from front to back through a bounded window: frames come out, and the end is
 * told apart from damage. It reads what is there and writes nothing.
 */
#pragma once

#include "audit/fault.h"
#include "audit/frame.h"
#include "base/status.h"

struct hf_segment_reader {
    int fd;
    uint8_t *window; /* heap */
    size_t begin;    /* of what is not yet taken */
    size_t end;
    uint64_t offset; /* in the file, of window[begin] */
    bool is_at_eof;
    struct hf_segment_header header;
};

enum hf_segment_next {
    HF_SEGMENT_FRAME, /* a frame whose checksum holds */
    HF_SEGMENT_END,   /* nothing but zeros from here on, or nothing at all */
    HF_SEGMENT_BAD    /* bytes that are no frame */
};

enum { HF_SEGMENT_NAME_BYTES = 25 }; /* 20 digits, ".hfl", NUL */

/* "00000000000000000042.hfl" */
void hf_segment_name(uint64_t first_index, char ret_name[static HF_SEGMENT_NAME_BYTES]);

/* The first index in a segment's file name; false for any other name. */
bool hf_segment_name_parse(const char *name, uint64_t *ret_first_index);

/**
 * hf_segment_reader_open() - open <folder>/wal/<name> and read its header
 * @fault: filled on LOG_CORRUPT, and file in any case
 *
 * Errors: LOG_CORRUPT (header), NOT_FOUND, IO, NOMEM.
 */
hf_status hf_segment_reader_open(const char *folder, const char *name,
                                 struct hf_segment_reader *ret_reader, struct hf_log_fault *fault);
void hf_segment_reader_close(struct hf_segment_reader *reader); /* accepts a zeroed one */

/**
 * hf_segment_reader_next() - the next frame
 * @ret_frame: FRAME: payload valid until the next call
 * @ret_size:  FRAME: bytes that it takes; `offset` is then behind it
 * @fault:     BAD: offset and what
 *
 * After END or BAD `offset` is where the frames end. Cost: O(frame); END reads the zeros.
 * Errors: IO.
 */
hf_status hf_segment_reader_next(struct hf_segment_reader *reader, enum hf_segment_next *ret_next,
                                 struct hf_frame *ret_frame, size_t *ret_size,
                                 struct hf_log_fault *fault);

/* Goes to the frame that begins at @offset. */
void hf_segment_reader_seek(struct hf_segment_reader *reader, uint64_t offset);

/**
 * hf_segment_reader_later() - after BAD: whether a valid frame of a batch behind @batch follows
 * @ret_offset: where
 *
 * This tells a torn end, which only the last batch can have, from damage in the middle.
 * Cost: O(rest of the file). Errors: IO.
 */
hf_status hf_segment_reader_later(struct hf_segment_reader *reader, uint32_t batch, bool *ret_found,
                                  uint64_t *ret_offset);

/**
 * hf_segment_list() - the segments of a log, in order
 * @ret_first: heap array of first indexes, free()
 *
 * Other names in the folder, but those that begin with a dot, are LOG_CORRUPT.
 * Errors: NOT_FOUND, LOG_CORRUPT, IO, LIMIT, NOMEM.
 */
hf_status hf_segment_list(const char *folder, uint64_t **ret_first, size_t *ret_n,
                          struct hf_log_fault *fault);

/*
 * The bytes of a write-ahead segment: its header, its frames, the payloads of commits and seals.
 * Everything is little-endian. docs/access-log.md has the tables.
 *
 * The checksum of a frame covers the segment's salt, so a frame of another segment, or of an
 * earlier life of these blocks, is not valid here; and its padding, so that no byte is without
 * meaning.
 */
#pragma once

#include "audit/log.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"

enum {
    HF_SEGMENT_HEADER_BYTES = 4096,
    HF_SEGMENT_SALT_BYTES = 16,
    HF_FRAME_HEADER_BYTES = 24,
    HF_FRAME_ALIGN_BYTES = 8,
    HF_FRAME_MAX_PAYLOAD_BYTES = 65535, /* C2SP tlog-tiles: an entry's limit */
    HF_FRAME_MAX_BYTES = 65560,         /* with header and padding */
    HF_COMMIT_BYTES = 96,
    HF_SEAL_FRAME_BYTES = 48
};

enum hf_frame_type {
    HF_FRAME_ENTRY = 1,  /* a record */
    HF_FRAME_DETAIL,     /* its sealed detail; follows at once */
    HF_FRAME_COMMIT,     /* ends a batch */
    HF_FRAME_CHECKPOINT, /* a signed note; a batch of its own */
    HF_FRAME_SEAL,       /* the segment's last frame; a batch of its own */
    HF_N_FRAME_TYPES
};

struct hf_segment_header {
    uint64_t first_index;
    uint8_t prev[HF_SHA256_BYTES]; /* leaf hash of the record before; zeros at 0 */
    uint8_t root[HF_SHA256_BYTES]; /* of the tree of `first_index` leaves */
    uint8_t salt[HF_SEGMENT_SALT_BYTES];
    uint64_t created_unix_ns;
    char origin[HF_LOG_ORIGIN_MAX_BYTES + 1];
};

void hf_segment_header_write(const struct hf_segment_header *header,
                             uint8_t ret_bytes[static HF_SEGMENT_HEADER_BYTES]);

/* Errors: LOG_CORRUPT, with the offset. Another major version is refused, too. */
hf_status hf_segment_header_parse(const uint8_t bytes[static HF_SEGMENT_HEADER_BYTES],
                                  struct hf_segment_header *ret_header, struct hf_problem *reterr);

struct hf_frame {
    enum hf_frame_type type;
    uint32_t batch;   /* number of the batch, mod 2^32 */
    uint64_t number;  /* index of the entry, or size of the tree */
    hf_bytes payload; /* 1..HF_FRAME_MAX_PAYLOAD_BYTES */
};

/* Bytes that a frame with that payload takes. */
static inline size_t hf_frame_size(size_t payload_bytes)
{
    return (HF_FRAME_HEADER_BYTES + payload_bytes + HF_FRAME_ALIGN_BYTES - 1) &
           ~(size_t)(HF_FRAME_ALIGN_BYTES - 1);
}

/**
 * hf_frame_wanted() - how many bytes hf_frame_parse() should see to judge what begins at @bytes
 *
 * What the length says, never more than HF_FRAME_MAX_BYTES.
 */
size_t hf_frame_wanted(hf_bytes bytes);

/* Appends the frame. Errors: BUG (payload empty or too long), LIMIT, NOMEM. */
hf_status hf_frame_write(const struct hf_frame *frame,
                         const uint8_t salt[static HF_SEGMENT_SALT_BYTES], hf_buf *buf);

/**
 * hf_frame_begin() - a frame whose payload is put together in its place, without a copy
 * @ret_begin: where it begins in @buf
 *
 * What is appended to @buf from here to hf_frame_end() is the payload. Errors: LIMIT, NOMEM.
 */
hf_status hf_frame_begin(hf_buf *buf, size_t *ret_begin);

/**
 * hf_frame_end() - finish the frame that begins at @begin: header, padding, checksum
 * @frame: its payload is not looked at
 *
 * On failure the frame is taken off again. Errors: BUG (payload empty or too long), LIMIT, NOMEM.
 */
hf_status hf_frame_end(const struct hf_frame *frame,
                       const uint8_t salt[static HF_SEGMENT_SALT_BYTES], hf_buf *buf, size_t begin);

/**
 * hf_frame_parse() - the frame at the beginning of @bytes
 * @bytes:     untrusted; what is left of the segment, or at least hf_frame_wanted() of it
 * @ret_frame: payload points into @bytes
 * @ret_size:  bytes that the frame takes
 * @ret_what:  on failure: which check failed, a static sentence
 *
 * The length is checked before it is used. Errors: LOG_CORRUPT.
 */
hf_status hf_frame_parse(hf_bytes bytes, const uint8_t salt[static HF_SEGMENT_SALT_BYTES],
                         struct hf_frame *ret_frame, size_t *ret_size, const char **ret_what);

struct hf_commit {
    uint64_t first_index;
    uint32_t n_entries;
    uint64_t batch;
    uint64_t batch_bytes; /* frames of the batch, this one included */
    uint8_t head[HF_SHA256_BYTES];
    uint8_t root[HF_SHA256_BYTES];
};

void hf_commit_write(const struct hf_commit *commit, uint8_t ret_bytes[static HF_COMMIT_BYTES]);
hf_status hf_commit_parse(hf_bytes payload, struct hf_commit *ret_commit); /* LOG_CORRUPT */

/* Why a segment ended. */
enum hf_seal_reason {
    HF_SEAL_CLOSED,    /* the log was closed in order */
    HF_SEAL_ROTATED,   /* the next segment follows */
    HF_SEAL_RECOVERED, /* by recovery: the run before was killed; a `recover` record follows */
};

struct hf_segment_seal {
    enum hf_seal_reason reason;
    uint64_t cut_bytes; /* torn bytes that recovery moved away */
    uint8_t cut_sha256[HF_SHA256_BYTES];
};

void hf_segment_seal_write(const struct hf_segment_seal *seal,
                           uint8_t ret_bytes[static HF_SEAL_FRAME_BYTES]);
hf_status hf_segment_seal_parse(hf_bytes payload,
                                struct hf_segment_seal *ret_seal); /* LOG_CORRUPT */

/*
 * A log's folder from the first record to the last, as an outsider reads it: no lock, no key, no
 * configuration, nothing written. Every rule of the chain is checked on the way.
 */
#pragma once

#include "audit/chain.h"
#include "audit/fault.h"
#include "audit/segment_reader.h"
#include "base/status.h"

struct hf_log_walk {
    const char *folder; /* borrowed */
    char origin[HF_LOG_ORIGIN_MAX_BYTES + 1];
    uint64_t *segments;
    size_t n_segments;
    size_t next_segment;
    bool is_in_segment;
    struct hf_segment_reader reader;

    struct hf_chain chain;
    struct hf_chain_step step; /* after FRAME */
    uint64_t offset;           /* FRAME: of the frame in its segment */
    uint64_t n_bytes;          /* of frames and headers so far */
    uint64_t torn_bytes;       /* after END: of an incomplete batch at the very end */
};

enum hf_log_walk_next { HF_WALK_FRAME, HF_WALK_END };

/* Errors: NOT_FOUND (no log there), LOG_CORRUPT, IO, LIMIT, NOMEM. */
hf_status hf_log_walk_open(const char *folder, struct hf_log_walk *ret_walk,
                           struct hf_log_fault *fault);
void hf_log_walk_close(struct hf_log_walk *walk); /* accepts a zeroed one */

/**
 * hf_log_walk_next() - the next frame
 * @fault: filled on LOG_CORRUPT: file, offset, index, what, expected, got
 *
 * At END chain.last is the state of the last complete batch. A batch that is incomplete at the very
 * end (a crash, or a log that is being written) is no error: see torn_bytes.
 * Cost: memory O(1). Errors: LOG_CORRUPT, IO, NOT_FOUND (a segment vanished), NOMEM.
 */
hf_status hf_log_walk_next(struct hf_log_walk *walk, enum hf_log_walk_next *ret_next,
                           struct hf_log_fault *fault);

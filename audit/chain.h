/*
 * The rules by which frames follow one another: index after index, hash after hash, time never
 * back, each batch ended by a commit that says what the tree is then. Recovery, replay and the
 * verifier walk a log with it; it recomputes everything and believes nothing that a frame says.
 */
#pragma once

#include "audit/fault.h"
#include "audit/frame.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "base/bytes.h"
#include "base/status.h"

/* What is known when a batch is complete. */
struct hf_chain_state {
    struct hf_tree tree;           /* `size` is the number of records */
    uint8_t head[HF_SHA256_BYTES]; /* leaf hash of the last record; zeros at size 0 */
    int64_t time_unix_s;
    uint64_t batch; /* number of the last complete batch; 0: none */
};

struct hf_chain {
    struct hf_chain_state now;  /* with the frames of an unfinished batch */
    struct hf_chain_state last; /* at the end of the last complete batch */

    /* the batch that is open */
    bool is_open;
    bool wants_detail;     /* an entry stands alone so far */
    bool is_behind_access; /* the entry before is an access, with its detail, … */
    uint8_t access_commit[HF_SHA256_BYTES]; /* … and commits to that */
    uint32_t n_entries;
    uint64_t n_bytes;

    bool is_sealed; /* the segment has ended */
};

/* What a frame turned out to be. Views point into the frame. */
struct hf_chain_step {
    enum hf_frame_type type;
    struct hf_record record;       /* ENTRY; DETAIL: of the entry it belongs to */
    uint8_t leaf[HF_SHA256_BYTES]; /* ENTRY */
    unsigned n_levels;             /* ENTRY: see hf_tree_append() */
    hf_bytes payload;
    struct hf_segment_seal seal; /* SEAL */
};

/**
 * hf_chain_segment() - begin a segment: its header must continue what is known
 * @fault: filled on failure
 *
 * Errors: LOG_CORRUPT.
 */
hf_status hf_chain_segment(struct hf_chain *chain, const struct hf_segment_header *header,
                           struct hf_log_fault *fault);

/**
 * hf_chain_feed() - take the next frame of the segment
 * @frame: with a checksum that holds
 * @step:  DETAIL needs the record that the step before left there
 * @fault: filled on failure: index, what, expected, got; file and offset are the caller's
 *
 * Cost: two hashes an entry. Errors: LOG_CORRUPT.
 */
hf_status hf_chain_feed(struct hf_chain *chain, const struct hf_frame *frame,
                        struct hf_chain_step *step, struct hf_log_fault *fault);

/* Forgets the frames of an unfinished batch. */
void hf_chain_rollback(struct hf_chain *chain);

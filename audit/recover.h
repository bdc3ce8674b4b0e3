/*
 * What a start does with the log that the last run left: read all of it, recompute everything, and
 * end in one of four ways: in order; torn at the very end (which is cut off and kept); damaged
 * where something was acknowledged (refused); shorter than what was signed (refused).
 */
#pragma once

#include "audit/chain.h"
#include "audit/fault.h"
#include "audit/log.h"
#include "audit/tree_store.h"
#include "base/buf.h"
#include "base/status.h"

struct hf_recovered {
    struct hf_chain_state state;
    struct hf_log_recovery report;
    bool needs_record;           /* the last run did not close: a `recover` record must tell */
    struct hf_segment_seal seal; /* what it has to tell */
    hf_buf checkpoint;           /* the newest signed note; empty: none */
    uint64_t checkpoint_size;
    uint64_t *segments; /* first indexes of the segments that stay, heap */
    size_t n_segments;
};

struct hf_recover_request {
    const char *folder;
    const char *origin;
    struct hf_key *signer;       /* the checkpoints must be by this key */
    struct hf_tree_store *store; /* is filled */
};

/**
 * hf_recover() - read, judge and repair; afterwards every segment is sealed
 * @ret_recovered: set only on success; hf_recovered_clear()
 * @fault:         filled on LOG_CORRUPT, LOG_ROLLBACK, CONFIG_INVALID
 *
 * The last complete batch is written again, byte for byte, and synced: after a failed sync the page
 * cache may show what the disk does not hold, and no more than one batch can be in that state.
 * Errors: LOG_CORRUPT, LOG_ROLLBACK, CONFIG_INVALID (signed by another key), IO, NOMEM.
 */
hf_status hf_recover(const struct hf_recover_request *request, struct hf_recovered *ret_recovered,
                     struct hf_log_fault *fault);
void hf_recovered_clear(struct hf_recovered *recovered);

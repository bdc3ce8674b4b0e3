/*
 * Replay: every record from an index on, with its detail opened, in order. A start uses it to count
 * again the uses that the registry had not stored yet, and to find the accesses whose end is
 * unknown. It reads what hf_log_open() has recovered.
 */
#pragma once

#include "audit/detail.h"
#include "audit/log.h"
#include "audit/record.h"

struct hf_replay_entry {
    struct hf_record record;
    struct hf_detail detail; /* valid during the call only */
};

typedef hf_status hf_replay_fn(void *context, const struct hf_replay_entry *entry);

/**
 * hf_log_replay() - visit the records first..durable size-1, but for outcomes that their accesses
 * told
 * @first: first index wanted; segments before it are not read
 * @key:   the operator's
 * @visit: a status that is not OK ends the replay and is returned
 *
 * Cost: O(records visited); memory O(1). Errors: LOG_CORRUPT, SEAL_INVALID, IO, NOMEM, the
 * visitor's.
 */
hf_status hf_log_replay(struct hf_log *log, uint64_t first, const struct hf_seal_key *key,
                        hf_replay_fn *visit, void *context);

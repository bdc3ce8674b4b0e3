/*
 * What a start reads out of the log before the first worker runs: the uses that the registry had
 * not stored when the last run ended, and what a lost registry has forgotten of revocations.
 */
#pragma once

#include "audit/log.h"
#include "base/status.h"
#include "consent/registry.h"
#include "crypto/seal.h"

struct hf_replay_facts {
    size_t n_unknown;  /* accesses without an outcome: they stay used */
    size_t n_restored; /* revocations, pauses and resumptions that the registry had lost */
};

/**
 * hf_replay_log() - tell the registry of every use, every return of one and every end of a consent
 *                   that it lacks
 * @operator_key: opens the details
 * @ret_facts:    set only on success
 *
 * Cost: O(records since the registry's last count). Errors: LOG_CORRUPT, LOG_TAMPERED (a detail
 * that is none of ours), LOG_ROLLBACK (the registry knows of later records), SEAL_INVALID, IO,
 * NOMEM.
 */
hf_status hf_replay_log(struct hf_log *log, const struct hf_seal_key *operator_key,
                        struct hf_registry *registry, struct hf_replay_facts *ret_facts);

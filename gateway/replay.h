/*
 * What a start reads out of the log before the first worker runs: the uses that the registry had
 * not stored when the last run ended.
 */
#pragma once

#include "audit/log.h"
#include "base/status.h"
#include "consent/registry.h"
#include "crypto/seal.h"

/**
 * hf_replay_uses() - tell the registry of every use, and every return of one, that it lacks
 * @operator_key: opens the details
 * @ret_n_unknown: accesses without an outcome: they stay used
 *
 * Cost: O(records since the registry's last count). Errors: LOG_CORRUPT, LOG_TAMPERED (a detail
 * that is none of ours), LOG_ROLLBACK (the registry knows of later records), SEAL_INVALID, IO,
 * NOMEM.
 */
hf_status hf_replay_uses(struct hf_log *log, const struct hf_seal_key *operator_key,
                         struct hf_registry *registry, size_t *ret_n_unknown);

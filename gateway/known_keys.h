/*
 * Which grantors' keys the log already knows of: a small file beside the deployment. What differs
 * from it at a start or a reload is put on record, so that an auditor sees when a key came, was
 * disabled or went away.
 */
#pragma once

#include "audit/log.h"
#include "base/status.h"
#include "consent/grantors.h"

/**
 * hf_known_keys_record() - record what has changed since the file was written, then write it anew
 * @path:         of the file; absent: nothing is known yet
 * @unix_ms:      for the details
 * @ret_n_changes: records written
 *
 * Blocks until every record is on disk. A crash in between records a change twice, never not at
 * all. Errors: LOG_UNAVAILABLE, CONFIG_INVALID (the file is none of ours), IO, LIMIT, NOMEM.
 */
hf_status hf_known_keys_record(const char *path, const struct hf_grantors *grantors,
                               struct hf_log *log, int64_t unix_ms, size_t *ret_n_changes);

/*
 * What was in force, on record: one `config` record for each generation of the configuration, by
 * the digests of its files. Access records then name a generation by its number alone, and whoever
 * kept the files can show which of them an access was judged by.
 */
#pragma once

#include "audit/log.h"
#include "base/status.h"
#include "gateway/snapshot.h"

/**
 * hf_generation_record() - record that @snapshot comes into force
 * @unix_ms:             for the detail
 * @ret_recorded_unix_s: the record's time: never before that of any record, whatever the clock says
 *
 * Blocks until the record is on disk; before anybody is served by the snapshot. Numbers begin again
 * with 1 at each start, so a number means the last such record before the access.
 * Errors: LOG_UNAVAILABLE, LIMIT, NOMEM.
 */
hf_status hf_generation_record(const struct hf_snapshot *snapshot, struct hf_log *log,
                               int64_t unix_ms, int64_t *ret_recorded_unix_s);

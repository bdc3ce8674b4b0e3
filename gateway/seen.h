/*
 * Which ids were used a moment ago, across all workers: what may be shown once is shown once. A
 * table of fixed size; any thread.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct hf_seen;

/* @ret_seen: caller owns, hf_seen_free(). Errors: NOMEM. */
hf_status hf_seen_new(struct hf_seen **ret_seen);
void hf_seen_free(struct hf_seen *seen); /* NULL is fine */

/**
 * hf_seen_note() - use an id, which must not be in use
 * @until_unix_s: how long it is remembered
 *
 * Cost: two SipHashes and a lock. Errors: EXISTS (it was used), LIMIT (no room before others are
 * forgotten: who cannot be remembered is not let in).
 */
hf_status hf_seen_note(struct hf_seen *seen, hf_bytes id, int64_t now_unix_s, int64_t until_unix_s);

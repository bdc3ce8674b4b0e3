/*
 * What a peer may do to us, in figures: token buckets and the guard of one HTTP/2 connection.
 * Pure arithmetic over a given time; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A token bucket: @burst at once, refilled with @per_minute. */
struct hf_bucket {
    uint32_t burst;
    uint32_t per_minute;
    uint64_t level_60k; /* tokens x 60000 left */
    uint64_t at_ms;
};

struct hf_bucket hf_bucket_init(uint32_t burst, uint32_t per_minute, uint64_t now_ms);

/* Takes one token; false when there is none. Cost: O(1). */
bool hf_bucket_take(struct hf_bucket *bucket, uint64_t now_ms);

/* What the peer did; each has a bucket of its own. */
enum hf_offence {
    HF_OFFENCE_RESET_RECEIVED, /* RST_STREAM from the peer (CVE-2023-44487) */
    HF_OFFENCE_RESET_CAUSED,   /* the peer made us send RST_STREAM (CVE-2025-8671), refusals too */
    HF_OFFENCE_SETTINGS,       /* CVE-2019-9515 */
    HF_OFFENCE_PING,           /* CVE-2019-9512 */
    HF_OFFENCE_PRIORITY,       /* CVE-2019-9513 */
    HF_OFFENCE_UNKNOWN_FRAME,
    HF_OFFENCE_WINDOW_UPDATE, /* earned back by streams opened and DATA sent */
    HF_OFFENCE_EMPTY_DATA,    /* CVE-2019-9518 */
    HF_N_OFFENCES
};

struct hf_guard {
    struct hf_bucket buckets[HF_N_OFFENCES];
    uint32_t n_hasty;
};

enum { HF_HASTY_MS = 1000 };

/* Defaults: resets in 200 then 10/s, resets caused 100 then 5/s, SETTINGS 16/min, PING 60/min,
 * PRIORITY and unknown frames 120/min, empty DATA 100 then 1/s, WINDOW_UPDATE
 * 5 + 2 x (streams + 10 x DATA frames sent). */
struct hf_guard hf_guard_init(uint64_t now_ms);

/* Notes an offence; false: the peer has gone too far, end the connection. */
bool hf_guard_allows(struct hf_guard *guard, enum hf_offence offence, uint64_t now_ms);

/**
 * hf_guard_allows_hasty() - note a request that was taken back within HF_HASTY_MS of its coming
 * @n_requests: of the connection so far
 *
 * False once more than half of at least 500 requests went like that: each alone is within the rate,
 * all together are work that nobody wanted done.
 */
bool hf_guard_allows_hasty(struct hf_guard *guard, uint32_t n_requests);

/* A stream was opened, or a DATA frame sent: the peer may send more WINDOW_UPDATE frames. */
void hf_guard_earn_window_updates(struct hf_guard *guard, uint32_t n);

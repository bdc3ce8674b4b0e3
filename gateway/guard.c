/*
 * The figures that bound one peer. Where they come from: resets and refusals from what cut Rapid
 * Reset (CVE-2023-44487) and MadeYouReset (CVE-2025-8671) to about a hundred requests, control
 * frames from Traffic Server's, window updates and hasty resets from Envoy's. Tokens are counted x
 * 60000, so that a rate per minute divides into milliseconds without rounding.
 */
#include "gateway/guard.h"

enum { UNIT = 60000, HASTY_FROM_REQUESTS = 500 };

struct hf_bucket hf_bucket_init(uint32_t burst, uint32_t per_minute, uint64_t now_ms)
{
    return (struct hf_bucket){.burst = burst,
                              .per_minute = per_minute,
                              .level_60k = (uint64_t)burst * UNIT,
                              .at_ms = now_ms};
}

bool hf_bucket_take(struct hf_bucket *bucket, uint64_t now_ms)
{
    uint64_t full = (uint64_t)bucket->burst * UNIT;
    if (now_ms > bucket->at_ms && bucket->per_minute > 0) {
        uint64_t elapsed_ms = now_ms - bucket->at_ms;
        uint64_t to_full_ms = (full - bucket->level_60k) / bucket->per_minute + 1;
        bucket->level_60k =
            elapsed_ms >= to_full_ms ? full : bucket->level_60k + elapsed_ms * bucket->per_minute;
        bucket->at_ms = now_ms;
    }
    if (bucket->level_60k < UNIT) {
        return false;
    }
    bucket->level_60k -= UNIT;
    return true;
}

struct hf_guard hf_guard_init(uint64_t now_ms)
{
    static const struct {
        uint32_t burst;
        uint32_t per_minute;
    } figures[HF_N_OFFENCES] = {
        [HF_OFFENCE_RESET_RECEIVED] = {200, 600}, [HF_OFFENCE_RESET_CAUSED] = {100, 300},
        [HF_OFFENCE_SETTINGS] = {16, 16},         [HF_OFFENCE_PING] = {60, 60},
        [HF_OFFENCE_PRIORITY] = {120, 120},       [HF_OFFENCE_UNKNOWN_FRAME] = {120, 120},
        [HF_OFFENCE_WINDOW_UPDATE] = {5, 0},      [HF_OFFENCE_EMPTY_DATA] = {100, 60},
    };
    struct hf_guard guard = {.n_hasty = 0};
    for (unsigned i = 0; i < HF_N_OFFENCES; i++) {
        guard.buckets[i] = hf_bucket_init(figures[i].burst, figures[i].per_minute, now_ms);
    }
    return guard;
}

bool hf_guard_allows(struct hf_guard *guard, enum hf_offence offence, uint64_t now_ms)
{
    return hf_bucket_take(&guard->buckets[offence], now_ms);
}

bool hf_guard_allows_hasty(struct hf_guard *guard, uint32_t n_requests)
{
    guard->n_hasty++;
    return n_requests < HASTY_FROM_REQUESTS || guard->n_hasty <= n_requests / 2;
}

void hf_guard_earn_window_updates(struct hf_guard *guard, uint32_t n)
{
    guard->buckets[HF_OFFENCE_WINDOW_UPDATE].level_60k += (uint64_t)n * UNIT;
}

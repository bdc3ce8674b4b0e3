/*
 * Decides which bucket a name draws from. The hash is keyed per process, so nobody can choose names
 * that empty another's bucket.
 */
#include "gateway/rates.h"

#include "base/siphash.h"

static const struct {
    uint32_t burst;
    uint32_t per_minute;
} figures[HF_N_RATES] = {[HF_RATE_ADDRESS] = {60, 60},
                         [HF_RATE_REGISTER] = {20, 60},
                         [HF_RATE_REVOKE] = {20, 60},
                         [HF_RATE_AGAIN] = {20, 60},
                         [HF_RATE_READ] = {20, 60}};

void hf_rates_init(struct hf_rates *rates, uint64_t now_ms)
{
    for (int rate = 0; rate < HF_N_RATES; rate++) {
        for (int i = 0; i < HF_RATES_BUCKETS; i++) {
            rates->buckets[rate][i] =
                hf_bucket_init(figures[rate].burst, figures[rate].per_minute, now_ms);
        }
    }
}

bool hf_rates_take(struct hf_rates *rates, enum hf_rate rate, hf_bytes name, uint64_t now_ms)
{
    const struct hf_siphash_key key = hf_siphash_process_key();
    uint64_t hash = hf_siphash(&key, (uint64_t)rate, name);
    return hf_bucket_take(&rates->buckets[rate][hash % HF_RATES_BUCKETS], now_ms);
}

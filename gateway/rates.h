/*
 * How often an unproven caller may ask: token buckets by address and by grantor. A fixed table per
 * worker: two callers may share a bucket, but nobody can make it grow.
 */
#pragma once

#include "base/bytes.h"
#include "gateway/guard.h"

enum { HF_RATES_BUCKETS = 1024 };

/* What draws from which bucket. Whoever holds consents of a grantor, or its old words, must not be
 * able to keep that grantor from revoking: both have buckets of their own. */
enum hf_rate {
    HF_RATE_ADDRESS,
    HF_RATE_REGISTER,
    HF_RATE_REVOKE, /* and pausing: words that change something */
    HF_RATE_AGAIN,  /* of whoever sends words that change nothing */
    HF_RATE_READ,
    HF_N_RATES
};

struct hf_rates {
    struct hf_bucket buckets[HF_N_RATES][HF_RATES_BUCKETS];
};

/* Burst 60 and 60 a minute for an address, 20 and 60 for everything else. */
void hf_rates_init(struct hf_rates *rates, uint64_t now_ms);

/* Takes one token of @name's bucket; false when there is none. Cost: one SipHash. */
bool hf_rates_take(struct hf_rates *rates, enum hf_rate rate, hf_bytes name, uint64_t now_ms);

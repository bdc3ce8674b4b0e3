/*
 * How many consents of one issuer may be kept at once. Inside consent/ only; any thread.
 */
#pragma once

#include "base/clock.h"
#include "base/siphash.h"
#include "base/status.h"
#include "base/store.h"
#include "consent/id.h"

#include <pthread.h>

enum { HF_QUOTA_BUCKETS = 1024 };

struct hf_quota_issuer;

struct hf_quota {
    pthread_mutex_t mutex;
    struct hf_store *store;
    struct hf_clock clock;
    size_t max_consents;
    struct hf_siphash_key hash_key;
    struct hf_quota_issuer *issuers[HF_QUOTA_BUCKETS];
};

void hf_quota_init(struct hf_quota *quota, struct hf_store *store, struct hf_clock clock,
                   size_t max_consents);
void hf_quota_clear(struct hf_quota *quota);

/**
 * hf_quota_take() - one more consent of @iss
 *
 * Counts the store's unexpired ones at the first call for an issuer and again, at most once a
 * minute, when the bound is met. Errors: RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_quota_take(struct hf_quota *quota, const char *iss);

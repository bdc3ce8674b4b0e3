/*
 * How much of one issuer may be kept at once: consents that have not expired, or words about
 * consents that are not known. Each has a bound of its own, so that whoever fills the one leaves
 * the other. Inside consent/ only; any thread.
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

enum hf_quota_kind { HF_QUOTA_CONSENTS, HF_QUOTA_WORDS };

struct hf_quota {
    enum hf_quota_kind kind;
    pthread_mutex_t mutex;
    struct hf_store *store;
    struct hf_clock clock;
    size_t max_of_issuer;
    struct hf_siphash_key hash_key;
    struct hf_quota_issuer *issuers[HF_QUOTA_BUCKETS];
};

/* @about: kind, store, clock, max_of_issuer */
void hf_quota_init(struct hf_quota *quota, const struct hf_quota *about);
void hf_quota_clear(struct hf_quota *quota);

/**
 * hf_quota_take() - one more of @iss
 *
 * Counts the store's at the first call for an issuer and again, at most once a
 * minute, when the bound is met. Errors: RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_quota_take(struct hf_quota *quota, const char *iss);

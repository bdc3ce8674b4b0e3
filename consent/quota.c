/*
 * A grantor's key can sign without end; this is what keeps one grantor from filling the store. The
 * number in memory only rises; when it meets the bound the store is asked how many have not
 * expired, which is the truth but for what was seen within the last second.
 */
#include "consent/quota.h"

#include "consent/stored.h"

#include <stdlib.h>

enum { RECOUNT_MS = 60000 };

struct hf_quota_issuer {
    struct hf_quota_issuer *next;
    char iss[HF_PARTY_MAX_BYTES + 1];
    size_t n_consents;
    int64_t counted_ms;
};

struct count {
    int64_t now_unix_s;
    size_t n;
};

void hf_quota_init(struct hf_quota *quota, struct hf_store *store, struct hf_clock clock,
                   size_t max_consents)
{
    *quota = (struct hf_quota){.store = store,
                               .clock = clock,
                               .max_consents = max_consents,
                               .hash_key = hf_siphash_process_key()};
    pthread_mutex_init(&quota->mutex, NULL);
}

void hf_quota_clear(struct hf_quota *quota)
{
    for (size_t i = 0; i < HF_QUOTA_BUCKETS; i++) {
        while (quota->issuers[i]) {
            struct hf_quota_issuer *issuer = quota->issuers[i];
            quota->issuers[i] = issuer->next;
            free(issuer);
        }
    }
    pthread_mutex_destroy(&quota->mutex);
}

static hf_status count_unexpired(void *context, hf_bytes key, hf_bytes value)
{
    struct count *count = context;
    int64_t exp_unix_s;
    (void)value;
    count->n += hf_stored_expiry_of(key, &exp_unix_s) && exp_unix_s > count->now_unix_s;
    return HF_DONE;
}

static hf_status recount(struct hf_quota *quota, struct hf_quota_issuer *issuer)
{
    struct hf_stored_key prefix = hf_stored_expiry_prefix(issuer->iss);
    struct count count = {.now_unix_s = hf_clock_unix_s(&quota->clock)};
    HF_TRY(hf_store_each(quota->store, hf_bytes_of_string(prefix.text), count_unexpired, &count));
    issuer->n_consents = count.n;
    issuer->counted_ms = hf_clock_monotonic_ms(&quota->clock);
    return HF_DONE;
}

static hf_status find_issuer(struct hf_quota *quota, const char *iss,
                             struct hf_quota_issuer **ret_issuer)
{
    uint64_t hash = hf_siphash(&quota->hash_key, 0, hf_bytes_of_string(iss));
    struct hf_quota_issuer **bucket = &quota->issuers[hash % HF_QUOTA_BUCKETS];
    struct hf_quota_issuer *issuer = *bucket;
    while (issuer && strcmp(issuer->iss, iss) != 0) {
        issuer = issuer->next;
    }
    if (!issuer) {
        issuer = calloc(1, sizeof *issuer);
        if (!issuer) {
            HF_FAIL(NOMEM);
        }
        memccpy(issuer->iss, iss, 0, sizeof issuer->iss - 1);
        hf_status status = recount(quota, issuer);
        if (!hf_is_ok(status)) {
            free(issuer);
            return status;
        }
        issuer->next = *bucket;
        *bucket = issuer;
    }
    *ret_issuer = issuer;
    return HF_DONE;
}

static hf_status take(struct hf_quota *quota, const char *iss)
{
    struct hf_quota_issuer *issuer = NULL;
    HF_TRY(find_issuer(quota, iss, &issuer));
    if (issuer->n_consents >= quota->max_consents &&
        hf_clock_monotonic_ms(&quota->clock) - issuer->counted_ms >= RECOUNT_MS) {
        HF_TRY(recount(quota, issuer));
    }
    if (issuer->n_consents >= quota->max_consents) {
        HF_FAIL(RATE_LIMIT);
    }
    issuer->n_consents++;
    return HF_DONE;
}

hf_status hf_quota_take(struct hf_quota *quota, const char *iss)
{
    pthread_mutex_lock(&quota->mutex);
    hf_status status = take(quota, iss);
    pthread_mutex_unlock(&quota->mutex);
    return status;
}

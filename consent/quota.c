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
    size_t n;
    int64_t counted_ms;
};

struct count {
    int64_t after_unix_s; /* what says so counts */
    size_t n;
};

void hf_quota_init(struct hf_quota *quota, const struct hf_quota *about)
{
    *quota = (struct hf_quota){.kind = about->kind,
                               .store = about->store,
                               .clock = about->clock,
                               .max_of_issuer = about->max_of_issuer,
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

static hf_status count_one(void *context, hf_bytes key, hf_bytes value)
{
    struct count *count = context;
    int64_t unix_s;
    (void)value;
    count->n += hf_stored_expiry_of(key, &unix_s) && unix_s > count->after_unix_s;
    return HF_DONE;
}

static hf_status recount(struct hf_quota *quota, struct hf_quota_issuer *issuer)
{
    bool is_of_words = quota->kind == HF_QUOTA_WORDS; /* a word counts until it is swept */
    struct hf_stored_key prefix =
        is_of_words ? hf_stored_word_prefix(issuer->iss) : hf_stored_expiry_prefix(issuer->iss);
    struct count count = {.after_unix_s = is_of_words ? -1 : hf_clock_unix_s(&quota->clock)};
    HF_TRY(hf_store_each(quota->store, hf_bytes_of_string(prefix.text), count_one, &count));
    issuer->n = count.n;
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
    if (issuer->n >= quota->max_of_issuer &&
        hf_clock_monotonic_ms(&quota->clock) - issuer->counted_ms >= RECOUNT_MS) {
        HF_TRY(recount(quota, issuer));
    }
    if (issuer->n >= quota->max_of_issuer) {
        HF_FAIL(RATE_LIMIT);
    }
    issuer->n++;
    return HF_DONE;
}

hf_status hf_quota_take(struct hf_quota *quota, const char *iss)
{
    pthread_mutex_lock(&quota->mutex);
    hf_status status = take(quota, iss);
    pthread_mutex_unlock(&quota->mutex);
    return status;
}

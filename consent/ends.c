/*
 * An issuer's word that all its consents end reaches those that came before it, whenever they say
 * that they were signed, and those that were signed before it, whenever they come. What the issuer
 * signs later is a new beginning, and stays one: whoever kept the word may send it again, and it
 * reaches no further than it did.
 *
 * The set is small (it grows by one for each issuer that ever did so) and asked only when a consent
 * is met for the first time, so that one lock does.
 */
#include "consent/ends.h"

#include "consent/claims.h"

#include <stdlib.h>
#include <string.h>

struct hf_ends_issuer {
    struct hf_ends_issuer *next;
    char iss[HF_PARTY_MAX_BYTES + 1];
    struct hf_end end;
};

void hf_ends_init(struct hf_ends *ends)
{
    *ends = (struct hf_ends){.hash_key = hf_siphash_process_key()};
    pthread_rwlock_init(&ends->lock, NULL);
}

void hf_ends_clear(struct hf_ends *ends)
{
    for (size_t i = 0; i < HF_ENDS_BUCKETS; i++) {
        while (ends->issuers[i]) {
            struct hf_ends_issuer *issuer = ends->issuers[i];
            ends->issuers[i] = issuer->next;
            free(issuer);
        }
    }
    pthread_rwlock_destroy(&ends->lock);
}

static struct hf_ends_issuer **find(struct hf_ends *ends, const char *iss)
{
    uint64_t hash = hf_siphash(&ends->hash_key, 0, hf_bytes_of_string(iss));
    struct hf_ends_issuer **slot = &ends->issuers[hash % HF_ENDS_BUCKETS];
    while (*slot && strcmp((*slot)->iss, iss) != 0) {
        slot = &(*slot)->next;
    }
    return slot;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Signed after the last one, or just now: then it is no old word that is sent again. */
static bool is_news(const struct hf_end *end, const struct hf_end *last)
{
    return end->iat_unix_s > last->iat_unix_s ||
           end->received_unix_s <= end->iat_unix_s + HF_CLAIMS_SKEW_S;
}

static hf_status note(struct hf_ends *ends, const char *iss, const struct hf_end *end)
{
    struct hf_ends_issuer **slot = find(ends, iss);
    if (!*slot) {
        struct hf_ends_issuer *issuer = calloc(1, sizeof *issuer);
        if (!issuer) {
            HF_FAIL(NOMEM);
        }
        memccpy(issuer->iss, iss, 0, sizeof issuer->iss - 1);
        *slot = issuer;
        atomic_fetch_add(&ends->n_issuers, 1);
    }
    struct hf_end *present = &(*slot)->end;
    if (is_news(end, present)) {
        present->received_unix_s = later(present->received_unix_s, end->received_unix_s);
    }
    present->iat_unix_s = later(present->iat_unix_s, end->iat_unix_s);
    return HF_DONE;
}

hf_status hf_ends_note(struct hf_ends *ends, const char *iss, const struct hf_end *end)
{
    pthread_rwlock_wrlock(&ends->lock);
    hf_status status = note(ends, iss, end);
    pthread_rwlock_unlock(&ends->lock);
    return status;
}

bool hf_ends_find(struct hf_ends *ends, const char *iss, struct hf_end *ret_end)
{
    if (atomic_load(&ends->n_issuers) == 0) {
        return false;
    }
    pthread_rwlock_rdlock(&ends->lock);
    const struct hf_ends_issuer *issuer = *find(ends, iss);
    if (issuer) {
        *ret_end = issuer->end;
    }
    pthread_rwlock_unlock(&ends->lock);
    return issuer != NULL;
}

bool hf_ends_reach(struct hf_ends *ends, const char *iss, int64_t received_unix_s,
                   int64_t iat_unix_s)
{
    struct hf_end end;
    return hf_ends_find(ends, iss, &end) &&
           (received_unix_s <= end.received_unix_s || iat_unix_s <= end.iat_unix_s);
}

/*
 * Which issuers ended all their consents at once, and up to which moment. Inside consent/ only; any
 * thread.
 */
#pragma once

#include "base/siphash.h"
#include "base/status.h"
#include "consent/id.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HF_ENDS_BUCKETS = 1024 };

/* A consent has ended that was received up to one moment, or says that it was signed up to the
 * other. */
struct hf_end {
    int64_t received_unix_s;
    int64_t iat_unix_s;
};

struct hf_ends_issuer;

struct hf_ends {
    pthread_rwlock_t lock;
    atomic_size_t n_issuers;
    struct hf_siphash_key hash_key;
    struct hf_ends_issuer *issuers[HF_ENDS_BUCKETS];
};

void hf_ends_init(struct hf_ends *ends);
void hf_ends_clear(struct hf_ends *ends);

/* Both moments of an issuer only move on; an old end that is sent again moves neither. Errors:
 * NOMEM. */
hf_status hf_ends_note(struct hf_ends *ends, const char *iss, const struct hf_end *end);

/* False when there is none; *ret_end is then left alone. */
bool hf_ends_find(struct hf_ends *ends, const char *iss, struct hf_end *ret_end);

/* Whether a consent of @iss that was received and signed then has ended. */
bool hf_ends_reach(struct hf_ends *ends, const char *iss, int64_t received_unix_s,
                   int64_t iat_unix_s);

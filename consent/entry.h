/*
 * One consent as all workers share it: a state word and use counters that are atomics. The request
 * path takes no lock and reads no disk here.
 */
#pragma once

#include "base/date.h"
#include "base/status.h"
#include "consent/claims.h"
#include "consent/id.h"
#include "consent/slot.h"

struct hf_entry; /* shared by reference count; made by the registry alone */

struct hf_entry *hf_entry_ref(struct hf_entry *entry);
void hf_entry_unref(struct hf_entry *entry); /* NULL is fine */

enum hf_consent_state {
    HF_STATE_REVOKED = 0, /* the zero value is a refusal */
    HF_STATE_PAUSED,
    HF_STATE_EXPIRED,
    HF_STATE_PENDING, /* its nbf has not come */
    HF_STATE_EXHAUSTED,
    HF_STATE_ACTIVE
};

/* "revoked" "paused" "expired" "pending" "exhausted" "active" */
const char *hf_consent_state_name(enum hf_consent_state state);
bool hf_consent_state_is_named(hf_bytes name); /* whether it is one of them */

/* What does not change once a consent is known. */
struct hf_entry_facts {
    struct hf_consent_id id;
    char rcpt[HF_PARTY_MAX_BYTES + 1];
    uint8_t token_sha256[HF_SHA256_BYTES];   /* of the token first received: key of the cache */
    uint8_t payload_sha256[HF_SHA256_BYTES]; /* R18 */
    int64_t received_unix_s;                 /* first: what key standing is judged at */
    int64_t iat_unix_s;                      /* when it says that it was signed */
    int64_t nbf_unix_s;
    int64_t exp_unix_s;
    uint32_t max_total;
    bool has_window;
    enum hf_window window;
    uint32_t window_count;
    /* Of a registered one alone: the index of its grant in the access log, when that is known. */
    bool has_record;
    uint64_t record;
    struct hf_status_slot slot; /* its place in a status list; those from before had none */
};

const struct hf_entry_facts *hf_entry_facts(const struct hf_entry *entry);

/* Whether it can be named: from then on all its facts are there and none changes. */
bool hf_entry_is_registered(const struct hf_entry *entry);

/**
 * hf_entry_stands() - neither revoked nor paused: one acquire load
 *
 * What workers ask at the decision, when HEADERS are released and each time bytes are handed over.
 */
bool hf_entry_stands(const struct hf_entry *entry);

/**
 * hf_entry_judge_state() - the stored state as a refusal
 * Errors: CONSENT_REVOKED, CONSENT_PAUSED.
 */
hf_status hf_entry_judge_state(const struct hf_entry *entry);

/* A use that is held until its access ends. */
struct hf_use {
    struct hf_entry *entry; /* borrowed: whoever holds a use holds a reference */
    int64_t unix_s;
};

/**
 * hf_entry_reserve() - take one use, before the access record is queued, or say why not
 * @unix_s:  now; a start that replays the log counts the use at its record's time instead, so a
 *           second at a window's edge may move
 * @ret_use: set only on success; ends with exactly one of the three calls below
 *
 * One compare-exchange covers the total and the window, so N workers never take more than there
 * are. A clock that went back stays in the later window.
 * Errors: USE_LIMIT; CONSENT_REVOKED, CONSENT_PAUSED.
 */
hf_status hf_entry_reserve(struct hf_entry *entry, int64_t unix_s, struct hf_use *ret_use);

/* The access record was never queued: the use is free again. Any thread. */
void hf_use_cancel(const struct hf_use *use);

/* The access is over and stays used. @index: of the last durable record that tells of it. */
void hf_use_settle(const struct hf_use *use, uint64_t index);

/* The outcome record @index is durable and says: fault of the source, 0 bytes. The use is free. */
void hf_use_give_back(const struct hf_use *use, uint64_t index);

struct hf_consent_status {
    enum hf_consent_state state;
    int64_t exp_unix_s;
    uint32_t left; /* uses, of the total */
    bool has_window;
    uint32_t window_left;
    int64_t window_ends_unix_s;
};

/* What `GET /consents/{iss}/{jti}` shows. */
void hf_entry_status(const struct hf_entry *entry, int64_t now_unix_s,
                     struct hf_consent_status *ret_status);

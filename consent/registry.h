/*
 * The registry of consents: which are known, revoked and how often each was used. One thread owns
 * what is written; the request path meets it only for a consent that its worker has not seen yet.
 *
 * A consent is registered (POST /consents) or merely seen (a token in a request). Both have one
 * shared entry; only a registered one can be named by its id.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/status.h"
#include "consent/entry.h"
#include "consent/token.h"

struct hf_registry;

enum {
    HF_REGISTRY_TOKEN_S = 30 * 86400,   /* a token is kept so long after its exp */
    HF_REGISTRY_MEMORY_S = 1461 * 86400 /* then what R18 needs of it, four years more */
};

struct hf_registry_options {
    const char *path; /* of the LevelDB folder */
    struct hf_clock clock;
    /* Not expired; as many words about consents that are not known. 0: 4096. */
    size_t max_consents_per_iss;
    size_t max_jobs; /* waiting for the registry thread; 0: 1024 */
};

/**
 * hf_registry_open() - open the store and start the registry thread
 * @ret_registry: set only on success; caller owns, hf_registry_close()
 *
 * Errors: IO, NOMEM, LIMIT (a store of another version).
 */
hf_status hf_registry_open(const struct hf_registry_options *options,
                           struct hf_registry **ret_registry, struct hf_problem *reterr);

/* Finishes what is queued, stores the counts and stops the thread. Entries that somebody still
 * holds outlive it, but no use of them may begin or end any more. NULL is fine. */
void hf_registry_close(struct hf_registry *registry);

/**
 * hf_registry_find() - a registered consent by its id
 * @ret_entry: set only on success; caller owns a reference
 *
 * Cold path: a shard's lock, and one read of the store for an id not met since the start; workers
 * keep what they got in their hf_token_cache. Errors: CONSENT_MISSING, IO, NOMEM.
 */
hf_status hf_registry_find(struct hf_registry *registry, const struct hf_consent_id *id,
                           struct hf_entry **ret_entry);

/* The same for a consent that is registered or was merely seen. Errors: CONSENT_MISSING, IO, NOMEM.
 */
hf_status hf_registry_find_seen(struct hf_registry *registry, const struct hf_consent_id *id,
                                struct hf_entry **ret_entry);

enum { HF_REGISTRY_PAGE = 100 };

/* Some consents of an issuer, in the order of their exp. */
struct hf_registry_page {
    size_t n_entries;
    struct hf_entry *entries[HF_REGISTRY_PAGE]; /* references */
    char next[HF_JTI_MAX_BYTES + 16];           /* where the next page begins; empty: the last */
};

/**
 * hf_registry_list() - the consents of an issuer, named or merely seen
 * @after:    `next` of the page before; empty: the first page
 * @ret_page: set only on success; hf_registry_page_clear()
 *
 * What was seen within the last second may be missing, and so is what expired long ago. Cost: a
 * page of look-ups. Errors: REQUEST_MALFORMED (@after is no such place), IO, NOMEM.
 */
hf_status hf_registry_list(struct hf_registry *registry, const char *iss, hf_bytes after,
                           struct hf_registry_page *ret_page);
void hf_registry_page_clear(struct hf_registry_page *page);

/* Appends the token that was registered, to be verified again. Errors: CONSENT_MISSING, IO, LIMIT,
 * NOMEM. */
hf_status hf_registry_read_token(struct hf_registry *registry, const struct hf_consent_id *id,
                                 hf_buf *text);

/**
 * hf_registry_admit() - the shared entry of a token that was presented by value
 * @token:     verified and judged
 * @ret_entry: set only on success; caller owns a reference
 *
 * Made when there is none; stored lazily. Cold path, as hf_registry_find().
 * Errors: JTI_CONFLICT (same id, other payload), CONSENT_EXPIRED (signed longer ago than ids are
 * remembered), RATE_LIMIT (too many of this iss), IO, NOMEM.
 */
hf_status hf_registry_admit(struct hf_registry *registry, const struct hf_token *token,
                            struct hf_entry **ret_entry);

/* Called once from the registry thread, when the act is durable and every worker sees it, or has
 * failed. Must not block; post to your loop. */
typedef void hf_registry_done(void *context, hf_status status);

/* A consent to be registered. */
struct hf_registration {
    const struct hf_token *token; /* verified; a reference is taken */
    bool has_record;              /* the index of its grant in the access log is known: */
    uint64_t record;
    struct hf_status_slot slot; /* that was drawn for it; list empty: none */
};

/**
 * hf_registry_register() - store a verified token so that it can be named
 * @registration: borrowed during the call
 *
 * Returns OK when it is queued: @done will be called. The same token again is OK.
 * Errors returned: OVERLOADED (queue full), NOMEM; @done is then not called.
 * Statuses of @done: OK, JTI_CONFLICT, CONSENT_REVOKED (its revocation came first),
 * CONSENT_EXPIRED (signed longer ago than ids are remembered), RATE_LIMIT, IO, NOMEM.
 */
hf_status hf_registry_register(struct hf_registry *registry,
                               const struct hf_registration *registration, hf_registry_done *done,
                               void *context);

/**
 * hf_registry_act() - carry out a verified revocation, pause or resumption, or an order
 * @text: the token, kept as evidence; empty: there is none
 *
 * Before @done says OK it is durable and the entries' words are stored. A revocation is idempotent,
 * and so is the last status; a consent that is not known yet will be revoked or paused when it
 * arrives. Errors returned as above; statuses of @done: OK, RATE_LIMIT (too many of this iss for
 * consents that are not known), IO, NOMEM; of a status also CONSENT_REVOKED, CONSENT_EXPIRED,
 * STATE_CONFLICT (a later one came before) and, of a resumption, CONSENT_MISSING.
 */
hf_status hf_registry_act(struct hf_registry *registry, const struct hf_act *act, hf_bytes text,
                          hf_registry_done *done, void *context);

/* Whether hf_registry_act() would take it now. Any thread; at most a few reads of the store.
 * Errors: those of the act, IO, NOMEM. */
hf_status hf_registry_judge_act(struct hf_registry *registry, const struct hf_act *act);

/* Whether it would change anything: an old word that somebody has kept changes nothing. As above.
 * Errors: IO, NOMEM. */
hf_status hf_registry_is_news(struct hf_registry *registry, const struct hf_act *act,
                              bool *ret_is_news);

/* Whether the order of that reference was carried out. Any thread. Errors: IO. */
hf_status hf_registry_knows_order(struct hf_registry *registry, const char *reference,
                                  bool *ret_knows);

/*
 * Uses and the access log. A use is its durable access record. The registry thread stores, now and
 * then, the counts of consents that have no access under way, each with the index of the last
 * record that it covers; a start replays the rest of the log before workers run.
 */

/* The index of the first record that a start must replay. So many records there were: a log that
 * holds fewer is an older one. */
uint64_t hf_registry_replay_from(const struct hf_registry *registry);

/**
 * hf_registry_note_log() - the log has so many records on disk
 *
 * Uses tell of their own records; this tells of all the others, so that an older log is known by a
 * grant, a revocation or a denial that it lacks. After the replay; any thread, no lock; stored
 * within a second.
 */
void hf_registry_note_log(struct hf_registry *registry, uint64_t n_records);

/**
 * hf_registry_replay_use() - at the start: an access record that charged this consent
 * @unix_s: the record's time
 * @index:  the record's; in ascending order. What the stored count covers is skipped.
 *
 * The consent need not be known yet. Errors: IO, NOMEM.
 */
hf_status hf_registry_replay_use(struct hf_registry *registry, const struct hf_consent_id *id,
                                 int64_t unix_s, uint64_t index);

/**
 * hf_registry_replay_return() - at the start: an outcome record that gives a use back
 * @used_unix_s: the time of the access record it ends
 * @index:       of the outcome record
 */
hf_status hf_registry_replay_return(struct hf_registry *registry, const struct hf_consent_id *id,
                                    int64_t used_unix_s, uint64_t index);

/**
 * hf_registry_replay_act() - at the start: a revocation, pause or resumption that the log tells of
 * @recorded_unix_s: the time of its record
 * @ret_was_lost:    the registry did not know it, and now does
 *
 * What a lost or an older folder forgot is restored, without its evidence. In the order of the log.
 * Errors: IO, NOMEM.
 */
hf_status hf_registry_replay_act(struct hf_registry *registry, const struct hf_act *act,
                                 int64_t recorded_unix_s, bool *ret_was_lost);

struct hf_registry_counts {
    size_t n_entries; /* in memory */
    size_t n_jobs;    /* waiting */
    bool has_failed;  /* a write failed or damage was found: nothing more is accepted */
};
void hf_registry_counts(struct hf_registry *registry, struct hf_registry_counts *ret_counts);

/*
 * The access log as its writers see it: entries go in, an index comes back once the entry is on
 * disk. One thread owns the files; workers hand entries over without a lock.
 *
 * Life of an entry:
 *   1. the worker fills a struct hf_log_entry (it and all it points to stay put until settled);
 *   2. hf_log_append() puts it into the worker's own list: no atomics, no system call;
 *   3. hf_log_publish(), once per turn of the worker's loop, hands the whole list over with one
 *      atomic operation and wakes the log thread only if it sleeps;
 *   4. the log thread writes all that is queued as one batch: one pwritev, one fdatasync;
 *   5. hf_log_poll() on the worker calls `on_settled` for each entry, in the order of appending:
 *      OK means on disk, with `index` set; LOG_UNAVAILABLE means the service is over.
 *
 * No log, no data: the first failed write or sync fails every waiting entry and all later ones,
 * calls `on_failed`, and the file descriptor is never used again.
 */
#pragma once

#include "audit/record.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "crypto/key.h"
#include "crypto/seal.h"

struct hf_log;
struct hf_log_waiter; /* one worker's end of the log */
struct hf_log_entry;

enum { HF_LOG_MAX_WAITERS = 256, HF_LOG_TAG_KEY_BYTES = 32, HF_LOG_ORIGIN_MAX_BYTES = 200 };

/* Called from hf_log_poll(), on the waiter's own thread. The entry is the caller's again. */
typedef void hf_log_settled_fn(struct hf_log_entry *entry, hf_status status);

struct hf_log_entry {
    /* set by the caller; borrowed until settled */
    enum hf_record_kind kind;
    hf_bytes bank;       /* bare 18-character USCC; empty: the record gets a random tag */
    hf_bytes enterprise; /* `uscc:…` or `person:…`; empty: the record gets a random tag */
    hf_bytes detail;     /* JSON of hf_detail_write(), 2..HF_DETAIL_MAX_BYTES */
    bool with_outcome; /* of an access whose detail tells its end, too: a record `outcome` with the
                          same commitment is written right behind it, in the same batch */
    hf_log_settled_fn *on_settled; /* may be NULL */
    void *context;

    /* valid in and after on_settled(OK) */
    uint64_t index;
    uint64_t outcome_index; /* with_outcome */
    int64_t time_unix_s;

    /* the log's own */
    struct hf_log_entry *next_queued;
    struct hf_log_entry *next_pending;
    struct hf_log_entry *next_list; /* of the first of a list, and so is `last_queued` */
    struct hf_log_entry *last_queued;
    struct hf_log_waiter *waiter;
};

struct hf_log_options {
    const char *folder;                          /* made by hf_log_create() */
    struct hf_key *signer;                       /* Ed25519 pair; referenced */
    const struct hf_seal_key *const *recipients; /* of every detail; borrowed until close */
    size_t n_recipients;                         /* 1..HF_SEAL_MAX_RECIPIENTS */
    hf_bytes tag_key;        /* HF_LOG_TAG_KEY_BYTES of keys/tag.key; copied into midstates */
    struct hf_clock clock;   /* zeroed: the system's */
    uint64_t segment_bytes;  /* 0: 64 MiB; a batch never spans two segments */
    int64_t segment_age_s;   /* 0: 24 h */
    uint64_t prewrite_bytes; /* zeros written ahead; 0: 1 MiB, which is also the most */
    int64_t checkpoint_interval_ms; /* 0: 1000 */
    size_t max_pending;             /* entries of one waiter; 0: 65536 */

    /* On the log thread, once, when a write or a sync failed. The daemon answers 503 and ends
     * with _exit(70). @detail is a sentence for the operator. May be NULL. */
    void (*on_failed)(void *context, hf_status status, const char *detail);
    void *context;
};

/* How the last run of the log had ended. */
enum hf_log_ending {
    HF_LOG_ENDING_FRESH,  /* no record yet */
    HF_LOG_ENDING_SEALED, /* closed in order */
    HF_LOG_ENDING_CLEAN,  /* killed between two batches */
    HF_LOG_ENDING_TORN    /* killed within a batch: the torn bytes lie in torn/ */
};

struct hf_log_recovery {
    enum hf_log_ending ending;
    uint64_t n_records; /* found, before the `recover` record */
    uint64_t cut_bytes;
};

/**
 * hf_log_create() - make the folder of a new log: origin, wal/, torn/, tree/
 * @origin: the log's name, e.g. "gw1.example/access-log-2026": printable ASCII without space or
 *          `+`, 1..HF_LOG_ORIGIN_MAX_BYTES
 *
 * A log is never made implicitly. Errors: EXISTS, CONFIG_INVALID (origin), IO, NOMEM.
 */
hf_status hf_log_create(const char *folder, const char *origin);

/**
 * hf_log_open() - lock the log, recover it, start its thread
 * @reterr: may be NULL; on LOG_CORRUPT and LOG_ROLLBACK: file, offset, index, expected and got
 *
 * When it returns OK every record that was ever acknowledged is there, whatever ended the last run,
 * a `recover` record tells of a run that did not close, and a signed checkpoint covers all.
 * Cost: reads the whole log once (about 1 s for 1.3 million records).
 * Errors: NOT_FOUND, LOG_LOCKED, LOG_CORRUPT (the daemon exits 65), LOG_ROLLBACK (66),
 *         CONFIG_INVALID, LOG_UNAVAILABLE (fewer than two segments of free space), IO, NOMEM.
 */
hf_status hf_log_open(const struct hf_log_options *options, struct hf_log **ret_log,
                      struct hf_problem *reterr);

/**
 * hf_log_close() - write what is queued, sign a checkpoint over all, seal the segment, free
 *
 * Every waiter must be idle and freed before. After a failure nothing more is written.
 * Errors: LOG_UNAVAILABLE (something could not be written). @log is freed in any case.
 */
hf_status hf_log_close(struct hf_log *log);

/*
 * Waits for the thread of a log that has failed; it ends by itself, right after `on_failed`. For a
 * daemon that ends without hf_log_close(). Nothing when the log has not failed.
 */
void hf_log_await_failed(struct hf_log *log);

const char *hf_log_origin(const struct hf_log *log);
struct hf_log_recovery hf_log_recovery(const struct hf_log *log);

/* Whether the log has failed. Any thread, one relaxed load. */
bool hf_log_has_failed(const struct hf_log *log);

/* Number of records that are on disk; any thread. */
uint64_t hf_log_durable_size(const struct hf_log *log);

/**
 * hf_log_waiter_new() - one worker's end; before the worker's loop runs
 * @wake: called on the log thread after a batch that settled entries of this waiter, only while the
 *        waiter is asleep (hf_log_sleep()); e.g. uv_async_send or a write to an eventfd
 *
 * Errors: LIMIT (HF_LOG_MAX_WAITERS), NOMEM.
 */
hf_status hf_log_waiter_new(struct hf_log *log, void (*wake)(void *context), void *context,
                            struct hf_log_waiter **ret_waiter);

/* All its entries must be settled (see hf_log_drain()). NULL is fine. */
void hf_log_waiter_free(struct hf_log_waiter *waiter);

/**
 * hf_log_append() - queue one entry; it leaves with the next hf_log_publish()
 *
 * The entry and what it points to must stay put until `on_settled`, even if the exchange it tells
 * of is over. Owner's thread only. Cost: a few stores. Errors: LOG_UNAVAILABLE (failed or closing),
 * OVERLOADED (max_pending), BUG (kind, detail size, `with_outcome` of another kind than access). On
 * any error the entry stays the caller's and `on_settled` is not called.
 */
hf_status hf_log_append(struct hf_log_waiter *waiter, struct hf_log_entry *entry);

/* Hands all appended entries to the log thread. Cheap when there are none. */
void hf_log_publish(struct hf_log_waiter *waiter);

/* Calls on_settled for every entry that is settled; returns how many. */
size_t hf_log_poll(struct hf_log_waiter *waiter);

/**
 * hf_log_sleep() - publish, and say that the worker is about to block
 *
 * Returns false when entries are settled already: poll and do not block. After true, `wake` will be
 * called once when there is something to poll; call hf_log_awake() when the loop runs again.
 * (libuv: hf_log_sleep in a uv_prepare_t, hf_log_awake and hf_log_poll in a uv_check_t.)
 */
bool hf_log_sleep(struct hf_log_waiter *waiter);
void hf_log_awake(struct hf_log_waiter *waiter);

/* Entries that are not settled yet. Owner's thread. */
size_t hf_log_n_pending(const struct hf_log_waiter *waiter);

/**
 * hf_log_append_wait() - append one entry and block until it is settled
 *
 * For threads without a loop: the registry, the tool. Any thread. Cost: one sync.
 * Errors: LOG_UNAVAILABLE, LIMIT (HF_LOG_MAX_WAITERS), NOMEM, BUG.
 */
hf_status hf_log_append_wait(struct hf_log *log, struct hf_log_entry *entry);

/*
 * Reading, from any thread; none of these delays the log thread.
 */

/* Appends the newest signed checkpoint (C2SP signed note). Errors: NOT_FOUND (none yet), LIMIT. */
hf_status hf_log_checkpoint(struct hf_log *log, hf_buf *buf);

/**
 * hf_log_proof() - append a C2SP tlog-proof of one record under the newest checkpoint
 *
 * Errors: NOT_FOUND (not covered yet: at most one checkpoint interval), IO, LIMIT, NOMEM.
 */
hf_status hf_log_proof(struct hf_log *log, uint64_t index, hf_buf *buf);

/**
 * hf_log_tile() - append hashes of a C2SP tile: at most @n_hashes of level @level from hash
 * 256*@tile
 *
 * Errors: NOT_FOUND (not covered by the newest checkpoint), IO, LIMIT, NOMEM.
 */
hf_status hf_log_tile(struct hf_log *log, unsigned level, uint64_t tile, unsigned n_hashes,
                      hf_buf *buf);

/**
 * hf_log_record() - read one durable record and open its detail
 * @key:    a recipient's; NULL: the detail stays closed and @detail is left alone
 * @record: the leaf's bytes are appended
 * @detail: the JSON of the detail that the record commits to is appended; that of an outcome may be
 *          its access's
 *
 * Errors: NOT_FOUND (not covered by the newest checkpoint), LOG_CORRUPT, SEAL_INVALID,
 * LOG_TAMPERED, IO, LIMIT, NOMEM.
 */
hf_status hf_log_record(struct hf_log *log, uint64_t index, const struct hf_seal_key *key,
                        hf_buf *record, hf_buf *detail);

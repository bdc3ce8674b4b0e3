/*
 * One worker: a thread with its event loop, its listeners' sockets, its connections to the sources,
 * its caches and its end of the log. And what all workers share.
 */
#pragma once

#include "audit/log.h"
#include "base/clock.h"
#include "base/pool.h"
#include "consent/cache.h"
#include "consent/registry.h"
#include "crypto/mac.h"
#include "gateway/config.h"
#include "gateway/h2_server.h"
#include "gateway/loop.h"
#include "gateway/metrics.h"
#include "gateway/rates.h"
#include "gateway/seen.h"
#include "gateway/signer.h"
#include "gateway/snapshot.h"
#include "gateway/status_board.h"
#include "gateway/tls.h"
#include "gateway/upstream.h"
#include "policy/compile.h"

#include <pthread.h>

/* Set up before the first worker runs, taken down after the last has stopped; not changed between,
 * but for what says so. */
struct hf_gateway {
    const struct hf_config *config;
    struct hf_snapshot_slot *slot; /* changes with a reload */
    struct hf_registry *registry;
    struct hf_log *log;
    const struct hf_seal_key *operator_key;
    struct hf_mac_key pseudonym;
    struct hf_signer signer;       /* of receipts and status lists */
    struct hf_status_board *board; /* has a lock of its own */
    struct hf_claims_limits claims_limits;
    struct hf_clock clock;
    int64_t began_unix_s;       /* after the end of any run before this */
    int64_t began_monotonic_ms; /* the same moment */
    struct hf_seen *seen;       /* proofs of requests; has a lock of its own */
    struct hf_tls_context *banks_tls;
    struct hf_tls_context *public_tls;
    struct hf_tls_context *source_tls[HF_CONFIG_MAX_SOURCES]; /* in the order of config */
    uint64_t max_connections; /* of one listener of one worker: what the descriptors allow */
};

/* Something for a worker's loop to do, posted by another thread. */
struct hf_post {
    void (*run)(struct hf_post *post); /* on the worker's thread */
    struct hf_post *next;              /* private */
};

/* An access in flight, as the worker keeps it in view. Private but for `look`. */
struct hf_watched {
    void (*look)(struct hf_watched *watched); /* does it still stand? may unwatch itself */
    struct hf_watched *prev;
    struct hf_watched *next;
};

struct hf_worker {
    struct hf_gateway *gateway;
    struct hf_loop *loop;
    struct hf_log_waiter *waiter;
    struct hf_snapshot *snapshot; /* as of the last request */
    struct hf_token_cache *tokens;
    struct hf_view_cache *views;
    struct hf_upstream *upstreams[HF_CONFIG_MAX_SOURCES]; /* in the order of config */
    struct hf_h2_service *banks;
    struct hf_h2_service *public;
    struct hf_metrics metrics;
    uint64_t clock_turn; /* in which unix_ms was read; 0: never */
    int64_t unix_ms;
    struct hf_rates rates;
    struct hf_pool idle_redactors;   /* each holds the view that it last kept to */
    struct hf_pool idle_exchanges;   /* each keeps its arena's chunk and its details' memory */
    size_t n_accesses;               /* in flight */
    unsigned n_listening;            /* services not drained yet */
    _Atomic(struct hf_post *) posts; /* newest first */
    struct hf_post stop;             /* asks for a drain */
    struct hf_timer drain_timer;
    struct hf_timer look_timer;
    struct hf_watched watched; /* the head of a ring */
    bool is_draining;
    pthread_t thread;
};

/**
 * hf_worker_new() - a worker that listens, but does not run yet
 * @ret_worker: set only on success; caller owns, hf_worker_free()
 *
 * Errors: IO (errno kept: the address cannot be listened on), SOURCE_UNAVAILABLE (a source's name
 * does not resolve), LIMIT, NOMEM.
 */
hf_status hf_worker_new(struct hf_gateway *gateway, struct hf_worker **ret_worker);

/* Starts its thread. Errors: IO. */
hf_status hf_worker_start(struct hf_worker *worker);

/* Stops accepting, lets what runs end for at most the drain timeout, then ends the thread. Any
 * thread, once. */
void hf_worker_drain(struct hf_worker *worker);

/* Waits for the thread's end. */
void hf_worker_join(struct hf_worker *worker);

/* After join. NULL is fine. */
void hf_worker_free(struct hf_worker *worker);

/* Any thread: @post runs soon on the worker's. It stays the caller's memory until then. */
void hf_worker_post(struct hf_worker *worker, struct hf_post *post);

/* While it is watched, `look` is called twice a second: what stands still is cut, too. */
void hf_worker_watch(struct hf_worker *worker, struct hf_watched *watched);
void hf_worker_unwatch(struct hf_watched *watched); /* fine when it is not watched, if zeroed */

/* The present snapshot; valid until the next call on this worker. Cost: one atomic load. */
struct hf_snapshot *hf_worker_snapshot(struct hf_worker *worker);

/* Whether @authority is a name of ours: the audience's host, or the address that is listened on. */
bool hf_worker_answers_for(const struct hf_worker *worker, hf_bytes authority);

/* A listener has no connections left after hf_worker_drain(). On the worker's thread. */
void hf_worker_drained(struct hf_worker *worker);

/* Time since 1970 by the gateway's clock, read once a turn of the loop. */
int64_t hf_worker_unix_ms(struct hf_worker *worker);
int64_t hf_worker_unix_s(struct hf_worker *worker);

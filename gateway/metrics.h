/*
 * Counters of one worker. A worker alone adds to its own; anybody may read: each is a relaxed
 * atomic. /metrics shows the sums in the text format of Prometheus.
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"

#include <stdatomic.h>

#define HF_METRICS(X)                                                                              \
    X(REQUESTS, requests, "requests received on the banks' and the public listener")               \
    X(ALLOWED, accesses_allowed, "accesses allowed")                                               \
    X(DENIED, accesses_denied, "accesses denied")                                                  \
    X(CUT, accesses_cut, "allowed accesses cut after bytes had left")                              \
    X(FAULTS, source_faults, "faults of sources")                                                  \
    X(NOISE, noise, "requests of unknown clients, counted into denysum records")                   \
    X(BYTES_IN, source_bytes, "bytes of bodies read from sources")                                 \
    X(BYTES_OUT, released_bytes, "bytes of redacted bodies that left")                             \
    X(CACHE_HITS, consent_cache_hits, "presented consents that a worker had verified before")      \
    X(CACHE_MISSES, consent_cache_misses, "presented consents that it had to verify")              \
    X(CONSENTS, consents_registered, "consents registered")                                        \
    X(REVOCATIONS, revocations, "revocations acknowledged")                                        \
    X(ALARMS, alarms, "consents whose id came with another payload")

enum hf_metric {
#define HF_METRIC(NAME, name, help) HF_METRIC_##NAME,
    HF_METRICS(HF_METRIC)
#undef HF_METRIC
        HF_N_METRICS
};

struct hf_metrics {
    _Atomic uint64_t values[HF_N_METRICS];
};

static inline void hf_metrics_add(struct hf_metrics *metrics, enum hf_metric metric, uint64_t n)
{
    atomic_fetch_add_explicit(&metrics->values[metric], n, memory_order_relaxed);
}

static inline uint64_t hf_metrics_value(const struct hf_metrics *metrics, enum hf_metric metric)
{
    return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

/* Appends one HELP, TYPE and sample line per counter, summed. Errors: LIMIT, NOMEM. */
hf_status hf_metrics_write(const struct hf_metrics *const *workers, size_t n_workers, hf_buf *buf);

/* Appends one gauge. Errors: LIMIT, NOMEM. */
hf_status hf_metrics_write_gauge(const char *name, const char *help, uint64_t value, hf_buf *buf);

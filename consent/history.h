/*
 * What has become of a consent, with its moments: the trail of events of ISO/IEC TS 27560.
 */
#pragma once

#include "base/status.h"
#include "consent/id.h"

struct hf_registry;

enum hf_event_kind {
    HF_EVENT_GIVEN, /* registered here, or first seen */
    HF_EVENT_PAUSED,
    HF_EVENT_RESUMED,
    HF_EVENT_REVOKED,
    HF_EVENT_EXPIRED,
    HF_N_EVENT_KINDS
};

/* "given" "paused" "resumed" "revoked" "expired" */
const char *hf_event_kind_name(enum hf_event_kind kind);
bool hf_event_kind_by_name(hf_bytes name, enum hf_event_kind *ret_kind);

struct hf_consent_event {
    enum hf_event_kind kind;
    int64_t unix_s; /* by the gateway's clock, when it took effect */
};

/* Of pauses and resumptions the last so many; the access log has all. */
enum { HF_HISTORY_MAX_STATUSES = 16, HF_HISTORY_MAX_EVENTS = HF_HISTORY_MAX_STATUSES + 3 };

struct hf_consent_history {
    size_t n_events;
    struct hf_consent_event events[HF_HISTORY_MAX_EVENTS]; /* in the order of time */
    uint64_t n_omitted;                                    /* older pauses and resumptions */
};

/**
 * hf_registry_read_history() - the events of a consent so far
 * @ret_history: set only on success
 *
 * A pause may stand before the consent was given: it came first. Cost: some look-ups in the store.
 * Errors: CONSENT_MISSING, IO, NOMEM.
 */
hf_status hf_registry_read_history(struct hf_registry *registry, const struct hf_consent_id *id,
                                   struct hf_consent_history *ret_history);

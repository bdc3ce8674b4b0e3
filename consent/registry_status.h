/*
 * The registry's side of status lists: each registered consent has a place in one, and what the
 * lists say is read out of the store in one walk.
 */
#pragma once

#include "consent/registry.h"
#include "consent/slot.h"

/**
 * hf_registry_draw_slot() - a place for a consent that is about to be registered
 * @ret_slot: the one that it had, when the log told of one before its registry was lost
 *
 * A place that is not used stays empty for ever. Any thread. Errors: IO, NOMEM.
 */
hf_status hf_registry_draw_slot(struct hf_registry *registry, const struct hf_consent_id *id,
                                struct hf_status_slot *ret_slot);

/* A grant as the log tells of it. */
struct hf_replayed_grant {
    struct hf_consent_id id;
    struct hf_status_slot slot;
    int64_t exp_unix_s;
    int64_t recorded_unix_s;
};

/**
 * hf_registry_replay_grant() - at the start: a registration that the log tells of
 *
 * A lost or an older folder learns again which place is whose, so that it is never another's and
 * goes on to tell what becomes of the consent. In the order of the log. Errors: IO, NOMEM.
 */
hf_status hf_registry_replay_grant(struct hf_registry *registry,
                                   const struct hf_replayed_grant *grant);

/* One list, while it is visited. */
struct hf_status_view {
    const char *list;  /* its name */
    hf_bytes entries;  /* HF_STATUS_LIST_BYTES */
    size_t n_consents; /* that have a place in it */
};

typedef hf_status hf_status_visit(void *context, const struct hf_status_view *view);

/**
 * hf_registry_each_status_list() - what every list says now
 *
 * Revoked and expired consents are INVALID, paused ones SUSPENDED, all else VALID: uses left are
 * nobody's business here. The list that is being filled is visited even if it is empty. A list all
 * of whose consents expired a month ago is not visited any more, and will be forgotten.
 * Any thread but the registry's. Cost: a walk over all places, about a microsecond each; no lock.
 * Errors: IO, NOMEM, those of @visit.
 */
hf_status hf_registry_each_status_list(struct hf_registry *registry, hf_status_visit *visit,
                                       void *context);

/* Moves on whenever the lists may say something else, but for the passing of time. */
uint64_t hf_registry_status_changes(const struct hf_registry *registry);

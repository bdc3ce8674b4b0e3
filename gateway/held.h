/*
 * From what a bank presented to consents that are held: each token verified or found by its name,
 * with the shared entry that its state and uses hang on.
 */
#pragma once

#include "base/status.h"
#include "consent/cache.h"
#include "consent/ceiling.h"
#include "consent/registry.h"
#include "consent/token.h"
#include "gateway/fields.h"
#include "gateway/metrics.h"

/* A verified consent and its entry; both are references of the holder. */
struct hf_held_consent {
    const struct hf_token *token;
    struct hf_entry *entry;
};

/* Drops the references and zeroes; accepts zeroed ones. */
void hf_held_consents_clear(struct hf_held_consent *consents, size_t n_consents);

struct hf_held_context {
    struct hf_token_context token;      /* of the snapshot that the access began with */
    const struct hf_ceilings *ceilings; /* of the snapshot; NULL: none */
    uint64_t generation;
    hf_bytes bank; /* bare USCC of the peer */
    struct hf_registry *registry;
    struct hf_token_cache *cache; /* of this worker */
    struct hf_metrics *metrics;   /* of this worker: what the cache knew and what not */
    /* May be NULL. On JTI_CONFLICT set to a reference of the token whose payload is another. */
    const struct hf_token **ret_conflict;
};

/**
 * hf_held_resolve() - verify or find every presented consent, in order, and judge its standing
 * @ret_consents: n_presented of them, set only on success; caller owns,
 *                hf_held_consents_clear()
 * @reterr:       may be NULL; `where` is the attribute to blame
 *
 * A name that is unknown and one of another bank's consent answer alike; of another bank's token
 * nothing is told but that. The cost of a consent that this worker knows: one comparison of
 * a token met lately, else one SHA-256, and two look-ups; of another a signature check and the
 * registry.
 * A consent that is new is held against the ceilings as a whole before it is admitted.
 * Errors: CONSENT_MISSING, RECIPIENT_MISMATCH, JTI_CONFLICT, RATE_LIMIT, CEILING_EXCEEDED,
 * CONSENT_REVOKED (paused alike) and those of hf_token_verify() and hf_token_judge(); IO, LIMIT,
 * NOMEM.
 */
hf_status hf_held_resolve(const struct hf_held_context *context,
                          const struct hf_presented *presented, size_t n_presented,
                          struct hf_held_consent *ret_consents, struct hf_problem *reterr);

/* Whether none of them has been revoked or paused since. One load each; any time. */
bool hf_held_stand(const struct hf_held_consent *consents, size_t n_consents);

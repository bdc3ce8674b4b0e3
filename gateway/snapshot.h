/*
 * What may change while the gateway runs, as one immutable, shared generation: banks, grantors'
 * keys, agreements, ceilings, catalogs, policy. A reload makes a whole new one or changes nothing;
 * an access keeps the one that it began with.
 */
#pragma once

#include "base/status.h"
#include "consent/agreement.h"
#include "consent/authorities.h"
#include "consent/ceiling.h"
#include "consent/grantors.h"
#include "gateway/banks.h"
#include "gateway/config.h"
#include "policy/catalog.h"
#include "policy/problems.h"
#include "policy/rule.h"

#include <stdatomic.h>

struct hf_snapshot {
    uint64_t generation; /* 1, 2, … */
    struct hf_banks *banks;
    struct hf_grantors *grantors;
    struct hf_authorities *authorities; /* NULL: tokens may not bring certificates */
    struct hf_agreements *agreements;
    struct hf_ceilings *ceilings; /* NULL: none are configured */
    struct hf_catalogs catalogs;
    struct hf_policy *policy;
    uint8_t catalogs_sha256[HF_SHA256_BYTES]; /* over the list of files (hf_sha256_list()) */
    /* private */
    struct hf_catalog *owned_catalogs[HF_CONFIG_MAX_SOURCES];
    atomic_size_t n_refs;
};

/* Why a snapshot could not be made: one file, and all that was found wrong in it. */
struct hf_snapshot_report {
    char file[4096];
    struct hf_problems problems;
};

/**
 * hf_snapshot_load() - read the deployment's files, all or nothing
 * @ret_snapshot: set only on success; caller owns a reference
 * @report:       filled on any failure
 *
 * Beyond what each reader checks: a catalog lies in <source>.json, its source is one that
 * hufud.json knows, and every treatment of the policy fits the leaves that it can reach.
 * Errors: CONFIG_INVALID, CATALOG_INVALID, POLICY_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_snapshot_load(const struct hf_config *config, uint64_t generation,
                           struct hf_snapshot **ret_snapshot, struct hf_snapshot_report *report);

struct hf_snapshot *hf_snapshot_ref(struct hf_snapshot *snapshot); /* any thread */
void hf_snapshot_unref(struct hf_snapshot *snapshot);              /* NULL is fine */

/* Where all workers find the present snapshot. */
struct hf_snapshot_slot;

/* Takes over the caller's reference. Errors: NOMEM. */
hf_status hf_snapshot_slot_new(struct hf_snapshot *first, struct hf_snapshot_slot **ret_slot);
void hf_snapshot_slot_free(struct hf_snapshot_slot *slot); /* NULL is fine */

/* Every request that begins after this sees @next. Takes over the caller's reference. */
void hf_snapshot_slot_put(struct hf_snapshot_slot *slot, struct hf_snapshot *next);

/* A reference of the caller's own to the present one. Takes a lock. */
struct hf_snapshot *hf_snapshot_slot_take(struct hf_snapshot_slot *slot);

/* Its generation: one acquire load, to see whether one's own is still it. */
uint64_t hf_snapshot_slot_generation(const struct hf_snapshot_slot *slot);

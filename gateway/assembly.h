/*
 * From a configuration to a gateway that workers can share: keys, TLS, the first snapshot, the log
 * and the registry, in the order in which each needs the other.
 */
#pragma once

#include "base/status.h"
#include "gateway/replay.h"
#include "gateway/snapshot.h"
#include "gateway/worker.h"

/* What went wrong, for people: a file, and the mistakes in it. */
struct hf_assembly_report {
    struct hf_snapshot_report files;
    const char *step; /* what was being done: "reading keys/log.key" … */
};

struct hf_assembly_options {
    const struct hf_config *config; /* borrowed as long as the gateway lives */
    struct hf_clock clock;
    /* As in struct hf_log_options. */
    void (*on_log_failed)(void *context, hf_status status, const char *detail);
    void *context;
};

/* What a start found; for the operator. */
struct hf_assembly_facts {
    struct hf_log_recovery recovery;
    struct hf_replay_facts replay;
    size_t n_orders; /* that were new */
    size_t n_key_changes;
};

/**
 * hf_gateway_check() - whether hf_gateway_open() would find all it needs, without touching the
 *                      log or the registry: a gateway may be running on them
 */
hf_status hf_gateway_check(const struct hf_config *config, struct hf_assembly_report *report);

/**
 * hf_gateway_open() - everything that workers share
 * @ret_gateway: set only on success; caller owns, hf_gateway_close()
 *
 * When it returns OK all uses of the past are counted and all changes of keys are on record.
 * Errors: those of hf_snapshot_load(), hf_log_open(), hf_registry_open(), hf_replay_log() and
 * hf_orders_carry_out(); PERMISSIONS and KEY_MALFORMED (a key file), CONFIG_INVALID (TLS), LIMIT
 * (descriptors).
 */
hf_status hf_gateway_open(const struct hf_assembly_options *options,
                          struct hf_gateway **ret_gateway, struct hf_assembly_facts *ret_facts,
                          struct hf_assembly_report *report);

/* After the last worker has stopped and before the first is freed: the registry's thread wakes
 * workers, and may be on its way to one when that one has nothing left to do. */
void hf_gateway_close_registry(struct hf_gateway *gateway);

/* After the last worker is freed. A checkpoint covers all then. Errors: LOG_UNAVAILABLE. */
hf_status hf_gateway_close(struct hf_gateway *gateway);

/**
 * hf_gateway_reload() - a new snapshot, all or nothing
 *
 * Changes of grantors' keys are on record before the first request sees them, and new orders are
 * carried out. Blocks. Errors: as hf_snapshot_load(), hf_known_keys_record() and
 * hf_orders_carry_out(); then the old one stays.
 */
hf_status hf_gateway_reload(struct hf_gateway *gateway, struct hf_assembly_report *report);

/*
 * Decides whether a deployment's files fit together. What each file may hold is decided by its own
 * reader; how long a generation lives is decided by whoever holds a reference.
 *
 * Invariant: nobody ever sees half a generation. It is complete before it is put into the slot, and
 * never changes after.
 */
#include "gateway/snapshot.h"

#include "base/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

/* Takes over a single problem of a reader that stops at the first. */
static hf_status blame(struct hf_snapshot_report *report, const char *file,
                       const struct hf_problem *problem, hf_status status)
{
    (void)snprintf(report->file, sizeof report->file, "%.*s", (int)sizeof report->file - 1, file);
    report->problems.items[0] = *problem;
    report->problems.items[0].code = status.code;
    report->problems.n = 1;
    if (!problem->detail[0]) {
        hf_ignore(hf_problem_set(&report->problems.items[0], status.code, NULL, "%s",
                                 hf_code_info(status.code)->sentence));
    }
    return status;
}

static hf_status load_banks(const struct hf_config *config, struct hf_snapshot *snapshot,
                            struct hf_snapshot_report *report)
{
    char file[256] = "";
    char path[PATH_BYTES + sizeof file];
    struct hf_problem problem = {0};
    hf_status status = hf_banks_read(config->paths.banks, &snapshot->banks, file, &problem);
    if (hf_is_ok(status)) {
        return status;
    }
    (void)snprintf(path, sizeof path, "%s/%s", config->paths.banks, file);
    return blame(report, path, &problem, status);
}

/* Of the sources that sign their agreements. */
static hf_status load_agreement_keys(const struct hf_config *config, struct hf_agreement_keys *keys,
                                     struct hf_snapshot_report *report)
{
    for (size_t i = 0; i < config->n_sources; i++) {
        const struct hf_source_config *source = &config->sources[i];
        struct hf_problem problem = {0};
        hf_status status = source->agreement_key
                               ? hf_agreement_key_read(source->agreement_key,
                                                       &keys->of_source[source->source], &problem)
                               : HF_DONE;
        if (!hf_is_ok(status)) {
            return blame(report, source->agreement_key, &problem, status);
        }
    }
    return HF_DONE;
}

static hf_status load_agreements(const struct hf_config *config, struct hf_snapshot *snapshot,
                                 struct hf_snapshot_report *report)
{
    HF_CLEANUP(hf_agreement_keys_clear) struct hf_agreement_keys keys = {.of_source = {NULL}};
    struct hf_problem problem = {0};
    HF_TRY(load_agreement_keys(config, &keys, report));
    hf_status status =
        hf_agreements_load(config->paths.agreements, &keys, &snapshot->agreements, &problem);
    return hf_is_ok(status) ? status : blame(report, config->paths.agreements, &problem, status);
}

static hf_status load_consent_side(const struct hf_config *config, struct hf_snapshot *snapshot,
                                   struct hf_snapshot_report *report)
{
    struct hf_problem problem = {0};
    hf_status status = hf_grantors_load(config->paths.grantors, &snapshot->grantors, &problem);
    if (!hf_is_ok(status)) {
        return blame(report, config->paths.grantors, &problem, status);
    }
    if (config->paths.authorities) {
        status = hf_authorities_load(config->paths.authorities, &snapshot->authorities, &problem);
    }
    if (!hf_is_ok(status)) {
        return blame(report, config->paths.authorities, &problem, status);
    }
    HF_TRY(load_agreements(config, snapshot, report));
    if (!config->paths.ceilings) {
        return HF_DONE;
    }
    status = hf_ceilings_load(config->paths.ceilings, &snapshot->ceilings, &problem);
    return hf_is_ok(status) ? status : blame(report, config->paths.ceilings, &problem, status);
}

static hf_status read_text(const char *path, hf_buf *text, struct hf_snapshot_report *report)
{
    const struct hf_problem none = {0};
    hf_status status = hf_file_read(path, text);
    return hf_is_ok(status) ? status : blame(report, path, &none, status);
}

/* A catalog lies under its source's name, and the source must have an address. */
static hf_status check_catalog_name(const struct hf_config *config, const char *path,
                                    const char *name, const struct hf_catalog *catalog,
                                    struct hf_snapshot_report *report)
{
    struct hf_problem problem = {.code = HF_CATALOG_INVALID};
    hf_bytes source = hf_catalog_source(catalog);
    hf_bytes stem = {(const uint8_t *)name, strlen(name) - strlen(".json")};
    if (!hf_bytes_equal(source, stem)) {
        return blame(report, path, &problem,
                     hf_problem_set(&problem, HF_CATALOG_INVALID, "/info/x-hufu/source",
                                    "the file must be named after its source"));
    }
    if (!hf_config_source(config, source)) {
        return blame(report, path, &problem,
                     hf_problem_set(&problem, HF_CATALOG_INVALID, "/info/x-hufu/source",
                                    "hufud.json says no address for this source"));
    }
    return HF_DONE;
}

static hf_status load_catalog(const struct hf_config *config, const char *name,
                              struct hf_snapshot *snapshot, struct hf_sha256 *list,
                              struct hf_snapshot_report *report)
{
    char path[PATH_BYTES];
    struct hf_catalog *catalog = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CATALOG_MAX_BYTES);
    HF_TRY(hf_path_join(path, sizeof path, config->paths.catalogs, name));
    HF_TRY(read_text(path, &text, report));
    hf_sha256_list(list, hf_buf_view(&text), name);
    (void)snprintf(report->file, sizeof report->file, "%s", path);
    HF_TRY(hf_catalog_compile(hf_buf_view(&text), &report->problems, &catalog));
    snapshot->owned_catalogs[snapshot->catalogs.n++] = catalog;
    return check_catalog_name(config, path, name, catalog, report);
}

static hf_status load_catalogs(const struct hf_config *config, struct hf_snapshot *snapshot,
                               struct hf_snapshot_report *report)
{
    const struct hf_problem none = {0};
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {0};
    struct hf_sha256 digest;
    hf_status status = hf_folder_list(config->paths.catalogs, ".json", HF_CONFIG_MAX_SOURCES,
                                      &list.names, &list.n_names);
    if (!hf_is_ok(status)) {
        return blame(report, config->paths.catalogs, &none, status);
    }
    hf_sha256_init(&digest);
    snapshot->catalogs.items = (const struct hf_catalog *const *)snapshot->owned_catalogs;
    for (size_t i = 0; i < list.n_names; i++) {
        HF_TRY(load_catalog(config, list.names[i], snapshot, &digest, report));
    }
    hf_sha256_final(&digest, snapshot->catalogs_sha256);
    return HF_DONE;
}

static hf_status load_policy(const struct hf_config *config, struct hf_snapshot *snapshot,
                             struct hf_snapshot_report *report)
{
    const char *path = config->paths.policy;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_POLICY_MAX_BYTES);
    HF_TRY(read_text(path, &text, report));
    (void)snprintf(report->file, sizeof report->file, "%s", path);
    HF_TRY(hf_policy_compile(hf_buf_view(&text), &report->problems, &snapshot->policy));
    for (size_t i = 0; i < snapshot->catalogs.n; i++) {
        HF_TRY(hf_policy_check_fit(snapshot->policy, hf_buf_view(&text),
                                   snapshot->catalogs.items[i], &report->problems));
    }
    return HF_DONE;
}

static void snapshot_cleanup(struct hf_snapshot **snapshot)
{
    hf_snapshot_unref(*snapshot);
}

hf_status hf_snapshot_load(const struct hf_config *config, uint64_t generation,
                           struct hf_snapshot **ret_snapshot, struct hf_snapshot_report *report)
{
    HF_CLEANUP(snapshot_cleanup) struct hf_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot) {
        HF_FAIL(NOMEM);
    }
    *report = (struct hf_snapshot_report){.file = ""};
    snapshot->generation = generation;
    atomic_init(&snapshot->n_refs, 1);
    HF_TRY(load_banks(config, snapshot, report));
    HF_TRY(load_consent_side(config, snapshot, report));
    HF_TRY(load_catalogs(config, snapshot, report));
    HF_TRY(load_policy(config, snapshot, report));
    report->file[0] = 0;
    *ret_snapshot = snapshot;
    snapshot = NULL;
    return HF_DONE;
}

struct hf_snapshot *hf_snapshot_ref(struct hf_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->n_refs, 1, memory_order_relaxed);
    return snapshot;
}

void hf_snapshot_unref(struct hf_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->n_refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    hf_banks_free(snapshot->banks);
    hf_grantors_unref(snapshot->grantors);
    hf_authorities_unref(snapshot->authorities);
    hf_agreements_unref(snapshot->agreements);
    hf_ceilings_free(snapshot->ceilings);
    for (size_t i = 0; i < snapshot->catalogs.n; i++) {
        hf_catalog_free(snapshot->owned_catalogs[i]);
    }
    hf_policy_free(snapshot->policy);
    free(snapshot);
}

struct hf_snapshot_slot {
    pthread_mutex_t lock;
    struct hf_snapshot *current;
    _Atomic uint64_t generation; /* of current; may be read without the lock */
};

hf_status hf_snapshot_slot_new(struct hf_snapshot *first, struct hf_snapshot_slot **ret_slot)
{
    struct hf_snapshot_slot *slot = calloc(1, sizeof *slot);
    if (!slot || pthread_mutex_init(&slot->lock, NULL) != 0) {
        free(slot);
        HF_FAIL(NOMEM);
    }
    slot->current = first;
    atomic_init(&slot->generation, first->generation);
    *ret_slot = slot;
    return HF_DONE;
}

void hf_snapshot_slot_free(struct hf_snapshot_slot *slot)
{
    if (slot) {
        hf_snapshot_unref(slot->current);
        (void)pthread_mutex_destroy(&slot->lock);
        free(slot);
    }
}

void hf_snapshot_slot_put(struct hf_snapshot_slot *slot, struct hf_snapshot *next)
{
    (void)pthread_mutex_lock(&slot->lock);
    struct hf_snapshot *old = slot->current;
    slot->current = next;
    atomic_store_explicit(&slot->generation, next->generation, memory_order_release);
    (void)pthread_mutex_unlock(&slot->lock);
    hf_snapshot_unref(old);
}

struct hf_snapshot *hf_snapshot_slot_take(struct hf_snapshot_slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    struct hf_snapshot *snapshot = hf_snapshot_ref(slot->current);
    (void)pthread_mutex_unlock(&slot->lock);
    return snapshot;
}

uint64_t hf_snapshot_slot_generation(const struct hf_snapshot_slot *slot)
{
    return atomic_load_explicit(&slot->generation, memory_order_acquire);
}

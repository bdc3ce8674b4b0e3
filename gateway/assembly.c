/*
 * Decides the order of a start: what can be wrong without harm comes first (files, keys, TLS), then
 * the log, which recovers, then the registry, then the replay of what one knows and the other does
 * not. No socket is opened here, so nobody is served by half a gateway.
 */
#include "gateway/assembly.h"

#include "base/file.h"
#include "crypto/rand.h"
#include "crypto/secret_file.h"
#include "gateway/descriptors.h"
#include "gateway/generation.h"
#include "gateway/known_keys.h"
#include "gateway/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEM_MAX_BYTES = 1 << 20 };

/* Everything of the gateway that this file owns besides struct hf_gateway's own members. */
struct assembly {
    struct hf_gateway gateway; /* first */
    struct hf_seal_key operator_key;
    const struct hf_seal_key *recipients[1]; /* of every detail */
    struct hf_secret tag_key;
    struct hf_key *log_key;
};

static struct assembly *assembly_of(struct hf_gateway *gateway)
{
    return (struct assembly *)gateway;
}

static hf_status blame(struct hf_assembly_report *report, const char *path, hf_status status)
{
    if (!hf_is_ok(status) && report->files.file[0] == 0) {
        (void)snprintf(report->files.file, sizeof report->files.file, "%s", path);
    }
    return status;
}

/* --- keys ---------------------------------------------------------------------------------- */

static hf_status read_secret(const char *path, struct hf_secret *ret_secret,
                             struct hf_assembly_report *report)
{
    report->step = "reading a secret key";
    return blame(report, path, hf_secret_file_read(path, ret_secret, NULL));
}

static hf_status read_pseudonym_key(struct assembly *assembly, struct hf_assembly_report *report)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    HF_TRY(read_secret(assembly->gateway.config->paths.pseudonym_key, &secret, report));
    hf_mac_key_init(&assembly->gateway.pseudonym, hf_bytes_of(secret.data, secret.size));
    return HF_DONE;
}

static hf_status read_operator_key(struct assembly *assembly, struct hf_assembly_report *report)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    HF_TRY(read_secret(assembly->gateway.config->paths.operator_key, &secret, report));
    HF_TRY(hf_seal_key_init(&assembly->operator_key, hf_bytes_of(secret.data, secret.size)));
    assembly->gateway.operator_key = assembly->recipients[0] = &assembly->operator_key;
    return HF_DONE;
}

static hf_status read_signer(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    const struct hf_config_paths *paths = &gateway->config->paths;
    struct hf_problem problem = {.code = HF_OK};
    report->step = "reading the key that signs receipts";
    hf_status status =
        hf_signer_read(paths->gateway_key, paths->retired_keys, &gateway->signer, &problem);
    if (!hf_is_ok(status) && problem.detail[0]) {
        report->files.problems.items[0] = problem;
        report->files.problems.n = 1;
    }
    return blame(report, paths->gateway_key, status);
}

static hf_status read_keys(struct assembly *assembly, struct hf_assembly_report *report)
{
    const struct hf_config_paths *paths = &assembly->gateway.config->paths;
    HF_TRY(read_pseudonym_key(assembly, report));
    HF_TRY(read_operator_key(assembly, report));
    HF_TRY(read_secret(paths->tag_key, &assembly->tag_key, report));
    report->step = "reading the log's signing key";
    HF_TRY(
        blame(report, paths->log_key, hf_key_file_read(paths->log_key, &assembly->log_key, NULL)));
    return read_signer(&assembly->gateway, report);
}

/* --- TLS ----------------------------------------------------------------------------------- */

static hf_status read_pem(const char *path, bool is_secret, hf_buf *pem,
                          struct hf_assembly_report *report)
{
    return blame(report, path,
                 is_secret ? hf_file_read_secret(path, pem) : hf_file_read(path, pem));
}

/* The files that one side's TLS is made of. */
struct tls_files {
    const char *ca; /* NULL: none */
    const char *cert;
    const char *key;
};

/* TLS names the part that is wrong; the report names its file. */
static hf_status blame_tls(struct hf_assembly_report *report, const struct tls_files *files,
                           const struct hf_problem *problem, hf_status status)
{
    const char *path = files->cert;
    if (strcmp(problem->where, "key") == 0) {
        path = files->key;
    } else if (strcmp(problem->where, "ca") == 0) {
        path = files->ca;
    }
    if (!hf_is_ok(status) && problem->detail[0]) {
        report->files.problems.items[0] = *problem;
        report->files.problems.n = 1;
    }
    return blame(report, path ? path : "", status);
}

static hf_status make_server_tls(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    const struct hf_config_paths *paths = &gateway->config->paths;
    HF_CLEANUP(hf_buf_clear) hf_buf cert = hf_buf_init(PEM_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf key = hf_buf_init(PEM_MAX_BYTES);
    struct hf_tls_server_config tls = {.client_cert = true};
    struct hf_problem problem = {.code = HF_OK};
    report->step = "reading our certificate and its key";
    HF_TRY(read_pem(paths->tls_cert, false, &cert, report));
    HF_TRY(read_pem(paths->tls_key, true, &key, report));
    tls.cert_pem = hf_buf_view(&cert);
    tls.key_pem = hf_buf_view(&key);
    hf_status status = hf_tls_server_new(&tls, &gateway->banks_tls, &problem);
    tls.client_cert = false;
    if (hf_is_ok(status)) {
        status = hf_tls_server_new(&tls, &gateway->public_tls, &problem);
    }
    hf_wipe(key.data, key.size);
    return blame_tls(report, &(struct tls_files){NULL, paths->tls_cert, paths->tls_key}, &problem,
                     status);
}

static hf_status make_source_tls(struct hf_gateway *gateway, size_t index,
                                 struct hf_assembly_report *report)
{
    const struct hf_source_config *source = &gateway->config->sources[index];
    HF_CLEANUP(hf_buf_clear) hf_buf ca = hf_buf_init(PEM_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf cert = hf_buf_init(PEM_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf key = hf_buf_init(PEM_MAX_BYTES);
    struct hf_problem problem = {.code = HF_OK};
    report->step = "reading a source's root certificates";
    HF_TRY(read_pem(source->ca, false, &ca, report));
    if (source->cert) {
        report->step = "reading our certificate for a source, and its key";
        HF_TRY(read_pem(source->cert, false, &cert, report));
        HF_TRY(read_pem(source->key, true, &key, report));
        if (cert.size == 0) { /* it would mean that none is shown */
            return blame(report, source->cert, hf_status_of(HF_CONFIG_INVALID));
        }
    }
    const struct hf_tls_client_config tls = {
        .ca_pem = hf_buf_view(&ca), .cert_pem = hf_buf_view(&cert), .key_pem = hf_buf_view(&key)};
    hf_status status = hf_tls_client_new(&tls, &gateway->source_tls[index], &problem);
    if (key.size) {
        hf_wipe(key.data, key.size);
    }
    return blame_tls(report, &(struct tls_files){source->ca, source->cert, source->key}, &problem,
                     status);
}

static hf_status make_tls(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    HF_TRY(make_server_tls(gateway, report));
    for (size_t i = 0; i < gateway->config->n_sources; i++) {
        HF_TRY(make_source_tls(gateway, i, report));
    }
    return HF_DONE;
}

/* --- snapshot, log, registry --------------------------------------------------------------- */

static hf_status load_first_snapshot(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    struct hf_snapshot *snapshot = NULL;
    report->step = "reading the deployment";
    HF_TRY(hf_snapshot_load(gateway->config, 1, &snapshot, &report->files));
    hf_status status = hf_snapshot_slot_new(snapshot, &gateway->slot);
    if (!hf_is_ok(status)) {
        hf_snapshot_unref(snapshot);
    }
    return status;
}

static hf_status open_log(struct assembly *assembly, const struct hf_assembly_options *options,
                          struct hf_assembly_report *report)
{
    struct hf_problem problem = {.code = HF_OK};
    const struct hf_log_options log = {
        .folder = options->config->paths.log,
        .signer = assembly->log_key,
        .recipients = assembly->recipients,
        .n_recipients = sizeof assembly->recipients / sizeof *assembly->recipients,
        .tag_key = hf_bytes_of(assembly->tag_key.data, assembly->tag_key.size),
        .clock = options->clock,
        .on_failed = options->on_log_failed,
        .context = options->context,
    };
    report->step = "opening the access log";
    hf_status status = hf_log_open(&log, &assembly->gateway.log, &problem);
    if (!hf_is_ok(status)) {
        report->files.problems.items[0] = problem;
        report->files.problems.n = 1;
        return blame(report, options->config->paths.log, status);
    }
    /* Records name the log by its origin: two names for one log would make them worthless. */
    if (strcmp(hf_log_origin(assembly->gateway.log), options->config->origin) != 0) {
        report->step = "comparing the log's origin with that of hufud.json";
        return blame(report, options->config->paths.log, hf_status_of(HF_CONFIG_INVALID));
    }
    return HF_DONE;
}

static hf_status open_registry(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    const struct hf_registry_options options = {
        .path = gateway->config->paths.registry,
        .clock = gateway->clock,
        .max_consents_per_iss = gateway->config->limits.max_iss_consents,
    };
    report->step = "opening the registry";
    return blame(report, options.path, hf_registry_open(&options, &gateway->registry, NULL));
}

static hf_status open_board(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    const struct hf_config *config = gateway->config;
    const struct hf_status_board_options options = {
        .registry = gateway->registry,
        .key = gateway->signer.key,
        .url = config->public_url,
        .clock = gateway->clock,
        .interval_ms = (int64_t)config->limits.status_interval_ms,
    };
    report->step = "publishing status lists";
    return hf_status_board_new(&options, &gateway->board);
}

static hf_status record_key_changes(struct hf_gateway *gateway, const struct hf_snapshot *snapshot,
                                    struct hf_assembly_report *report, size_t *ret_n_changes)
{
    const char *path = gateway->config->paths.known_keys;
    report->step = "recording changes of grantors' keys";
    return blame(report, path,
                 hf_known_keys_record(path, snapshot->grantors, gateway->log,
                                      hf_clock_unix_ms(&gateway->clock), ret_n_changes));
}

/* Before anybody is served by it: an access record names no more of it than the number. */
static hf_status record_generation(struct hf_gateway *gateway, const struct hf_snapshot *snapshot,
                                   struct hf_assembly_report *report, int64_t *ret_recorded_unix_s)
{
    report->step = "recording what comes into force";
    return blame(report, gateway->config->paths.log,
                 hf_generation_record(snapshot, gateway->log, hf_clock_unix_ms(&gateway->clock),
                                      ret_recorded_unix_s));
}

static hf_status carry_out_orders(struct hf_gateway *gateway, struct hf_assembly_report *report,
                                  size_t *ret_n_orders)
{
    struct hf_problem problem = {.code = HF_OK};
    report->step = "carrying out orders";
    hf_status status = hf_orders_carry_out(gateway, ret_n_orders, &problem);
    if (!hf_is_ok(status)) {
        report->files.problems.items[0] = problem;
        report->files.problems.n = 1;
    }
    return blame(report, gateway->config->paths.orders, status);
}

static hf_status replay_log(struct hf_gateway *gateway, struct hf_assembly_facts *facts,
                            struct hf_assembly_report *report)
{
    hf_status status =
        hf_replay_log(gateway->log, gateway->operator_key, gateway->registry, &facts->replay);
    if (status.code == HF_LOG_ROLLBACK) {
        report->files.problems.n = 1;
        hf_ignore(hf_problem_set(&report->files.problems.items[0], status.code, "registry",
                                 "it knows of %" PRIu64 " records, the log holds %" PRIu64,
                                 hf_registry_replay_from(gateway->registry),
                                 hf_log_durable_size(gateway->log)));
    }
    return blame(report, gateway->config->paths.log, status);
}

static hf_status catch_up(struct hf_gateway *gateway, struct hf_assembly_facts *facts,
                          struct hf_assembly_report *report)
{
    report->step = "replaying the uses of the access log";
    facts->recovery = hf_log_recovery(gateway->log);
    HF_TRY(replay_log(gateway, facts, report));
    HF_TRY(carry_out_orders(gateway, report, &facts->n_orders));
    struct hf_snapshot *snapshot = hf_snapshot_slot_take(gateway->slot);
    hf_status status = record_key_changes(gateway, snapshot, report, &facts->n_key_changes);
    if (hf_is_ok(status)) {
        status = record_generation(gateway, snapshot, report, &gateway->began_unix_s);
    }
    hf_snapshot_unref(snapshot);
    return status;
}

/* When the log was ours, the run before had answered its last request. Its time is that of the
 * record just made: of a clock that was set back since, it knows. */
static void begin(struct hf_gateway *gateway)
{
    gateway->began_monotonic_ms = hf_clock_monotonic_ms(&gateway->clock);
    const int64_t now_unix_s = hf_clock_unix_s(&gateway->clock);
    if (gateway->began_unix_s < now_unix_s) {
        gateway->began_unix_s = now_unix_s;
    }
}

/* --- the whole ----------------------------------------------------------------------------- */

static hf_status new_assembly(const struct hf_config *config, struct assembly **ret_assembly)
{
    HF_TRY(hf_crypto_init());
    struct assembly *assembly = calloc(1, sizeof *assembly);
    if (!assembly) {
        HF_FAIL(NOMEM);
    }
    assembly->gateway.config = config;
    assembly->gateway.claims_limits = hf_claims_limits_default();
    assembly->gateway.clock = hf_clock_system();
    *ret_assembly = assembly;
    return HF_DONE;
}

/* A log that finds no descriptor for its next file would stop the service some day. */
static hf_status share_descriptors(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    gateway->max_connections = hf_descriptors_per_listener(hf_descriptors_raise(), gateway->config);
    report->step = "sharing out file descriptors";
    return blame(report, "the limit RLIMIT_NOFILE is too low",
                 hf_status_of(gateway->max_connections > 0 ? HF_OK : HF_LIMIT));
}

static hf_status prepare(struct assembly *assembly, struct hf_assembly_report *report)
{
    HF_TRY(share_descriptors(&assembly->gateway, report));
    HF_TRY(load_first_snapshot(&assembly->gateway, report));
    HF_TRY(read_keys(assembly, report));
    return make_tls(&assembly->gateway, report);
}

hf_status hf_gateway_check(const struct hf_config *config, struct hf_assembly_report *report)
{
    struct assembly *assembly = NULL;
    *report = (struct hf_assembly_report){.step = "starting"};
    HF_TRY(new_assembly(config, &assembly));
    hf_status status = prepare(assembly, report);
    hf_ignore(hf_gateway_close(&assembly->gateway));
    return status;
}

hf_status hf_gateway_open(const struct hf_assembly_options *options,
                          struct hf_gateway **ret_gateway, struct hf_assembly_facts *ret_facts,
                          struct hf_assembly_report *report)
{
    struct assembly *assembly = NULL;
    struct hf_assembly_facts facts = {.n_key_changes = 0};
    *report = (struct hf_assembly_report){.step = "starting"};
    HF_TRY(new_assembly(options->config, &assembly));
    assembly->gateway.clock = options->clock;
    hf_status status = prepare(assembly, report);
    if (hf_is_ok(status)) {
        status = hf_seen_new(&assembly->gateway.seen);
    }
    if (hf_is_ok(status)) {
        status = open_log(assembly, options, report);
    }
    if (hf_is_ok(status)) {
        status = open_registry(&assembly->gateway, report);
    }
    if (hf_is_ok(status)) {
        status = catch_up(&assembly->gateway, &facts, report);
    }
    if (hf_is_ok(status)) {
        status = open_board(&assembly->gateway, report);
    }
    if (!hf_is_ok(status)) {
        hf_ignore(hf_gateway_close(&assembly->gateway));
        return status;
    }
    begin(&assembly->gateway);
    *ret_gateway = &assembly->gateway;
    *ret_facts = facts;
    return HF_DONE;
}

void hf_gateway_close_registry(struct hf_gateway *gateway)
{
    hf_status_board_free(gateway->board);
    gateway->board = NULL;
    hf_registry_close(gateway->registry);
    gateway->registry = NULL;
}

hf_status hf_gateway_close(struct hf_gateway *gateway)
{
    struct assembly *assembly = assembly_of(gateway);
    hf_status status = HF_DONE;
    hf_gateway_close_registry(gateway);
    if (gateway->log) {
        status = hf_log_close(gateway->log);
    }
    hf_seen_free(gateway->seen);
    hf_snapshot_slot_free(gateway->slot);
    hf_tls_context_unref(gateway->banks_tls);
    hf_tls_context_unref(gateway->public_tls);
    for (size_t i = 0; i < HF_CONFIG_MAX_SOURCES; i++) {
        hf_tls_context_unref(gateway->source_tls[i]);
    }
    hf_mac_key_clear(&gateway->pseudonym);
    hf_seal_key_clear(&assembly->operator_key);
    hf_secret_clear(&assembly->tag_key);
    hf_key_unref(assembly->log_key);
    hf_signer_clear(&gateway->signer);
    free(assembly);
    return status;
}

hf_status hf_gateway_reload(struct hf_gateway *gateway, struct hf_assembly_report *report)
{
    struct hf_snapshot *next = NULL;
    size_t n_changes = 0;
    size_t n_orders = 0;
    int64_t recorded_unix_s;
    uint64_t generation = hf_snapshot_slot_generation(gateway->slot) + 1;
    *report = (struct hf_assembly_report){.step = "reading the deployment"};
    HF_TRY(hf_snapshot_load(gateway->config, generation, &next, &report->files));
    hf_status status = record_key_changes(gateway, next, report, &n_changes);
    if (hf_is_ok(status)) {
        status = carry_out_orders(gateway, report, &n_orders);
    }
    if (hf_is_ok(status)) {
        status = record_generation(gateway, next, report, &recorded_unix_s);
    }
    if (!hf_is_ok(status)) {
        hf_snapshot_unref(next);
        return status;
    }
    hf_snapshot_slot_put(gateway->slot, next);
    return HF_DONE;
}

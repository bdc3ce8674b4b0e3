/*
 * Decides when the gateway serves and when it stops. A failed log stops it, whatever else is going
 * on: those who wait are told, and nothing is written any more.
 *
 * The main thread serves no access. It owns the gateway, starts and joins the workers, and is the
 * only one that makes a snapshot.
 */
#include "gateway/server.h"

#include "audit/detail.h"
#include "gateway/assembly.h"
#include "gateway/ops_content.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MINUTE_MS = 60000,
    FAREWELL_MS = 500, /* from the log's failure to the end: the 503s leave */
    LINE_BYTES = 5120
};

struct server {
    const struct hf_server_options *options;
    struct hf_gateway *gateway;
    struct hf_loop *loop;
    struct hf_worker *workers[HF_CONFIG_MAX_WORKERS];
    size_t n_workers; /* that run */
    struct hf_ops *ops;
    struct hf_ops_content content;
    struct hf_timer minute;
    struct hf_timer farewell;
    uint64_t n_noise_recorded;
    enum hf_server_end end;
};

static void say(const struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct server *server, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    server->options->say(line);
}

static void say_report(const struct server *server, const struct hf_assembly_report *report,
                       hf_status status)
{
    const struct hf_problems *problems = &report->files.problems;
    say(server, "%s: %s: %s", report->step, report->files.file,
        hf_code_info(status.code)->sentence);
    for (size_t i = 0; i < problems->n; i++) {
        const struct hf_problem *p = &problems->items[i];
        if (p->line) {
            say(server, "%s:%u:%u: %s: %s", report->files.file, p->line, p->column, p->where,
                p->detail);
        } else {
            say(server, "%s: %s: %s", report->files.file, p->where, p->detail);
        }
    }
}

static enum hf_server_end end_of(hf_status status)
{
    static const struct {
        enum hf_code code;
        enum hf_server_end end;
    } rows[] = {
        {HF_OK, HF_SERVER_DRAINED},
        {HF_LOG_CORRUPT, HF_SERVER_LOG_CORRUPT},
        {HF_LOG_ROLLBACK, HF_SERVER_LOG_ROLLBACK},
        {HF_LOG_UNAVAILABLE, HF_SERVER_LOG_FAILED},
        {HF_NOT_FOUND, HF_SERVER_UNREADABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].code == status.code) {
            return rows[i].end;
        }
    }
    bool is_input = hf_code_info(status.code)->class == HF_CLASS_INPUT;
    return is_input ? HF_SERVER_REFUSED : HF_SERVER_UNREADABLE;
}

enum hf_server_end hf_server_check(const struct hf_server_options *options)
{
    const struct server server = {.options = options};
    struct hf_assembly_report report;
    hf_status status = hf_gateway_check(options->config, &report);
    if (!hf_is_ok(status)) {
        say_report(&server, &report, status);
    }
    return end_of(status);
}

/* --- noise --------------------------------------------------------------------------------- */

/* Requests of strangers since the last record, as one record. */
static void record_noise(struct server *server)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    uint64_t n_noise = 0;
    for (size_t i = 0; i < server->n_workers; i++) {
        n_noise += hf_metrics_value(&server->workers[i]->metrics, HF_METRIC_NOISE);
    }
    if (n_noise == server->n_noise_recorded) {
        return;
    }
    const struct hf_detail detail = {
        .count = HF_DETAIL_NUMBER(n_noise - server->n_noise_recorded),
        .reason = HF_LITERAL("unauthenticated"),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_clock_unix_ms(&server->gateway->clock))};
    hf_status status = hf_detail_write(&detail, &text);
    struct hf_log_entry entry = {.kind = HF_RECORD_DENYSUM, .detail = hf_buf_view(&text)};
    if (hf_is_ok(status)) {
        status = hf_log_append_wait(server->gateway->log, &entry);
    }
    if (hf_is_ok(status)) {
        server->n_noise_recorded = n_noise;
    }
}

static void on_minute(void *context)
{
    struct server *server = context;
    record_noise(server);
    hf_loop_timer_start(server->loop, &server->minute, MINUTE_MS);
}

/* --- signals and failure ------------------------------------------------------------------- */

static void on_signal(void *context, int signum)
{
    struct server *server = context;
    struct hf_assembly_report report;
    if (signum != SIGHUP) {
        say(server, "draining");
        server->content.is_draining = true;
        hf_loop_stop(server->loop);
        return;
    }
    hf_status status = hf_gateway_reload(server->gateway, &report);
    if (hf_is_ok(status)) {
        say(server, "reloaded: generation %" PRIu64,
            hf_snapshot_slot_generation(server->gateway->slot));
    } else {
        say_report(server, &report, status);
        say(server, "not reloaded: generation %" PRIu64 " stays",
            hf_snapshot_slot_generation(server->gateway->slot));
    }
}

/* On the log's thread. */
static void on_log_failed(void *context, hf_status status, const char *detail)
{
    struct server *server = context;
    (void)status;
    say(server, "the access log failed: %s", detail);
    hf_loop_wake(server->loop);
}

static void on_farewell(void *context)
{
    hf_loop_stop(((struct server *)context)->loop);
}

static void on_wake(void *context)
{
    struct server *server = context;
    if (server->gateway && hf_log_has_failed(server->gateway->log) &&
        server->end == HF_SERVER_DRAINED) {
        server->end = HF_SERVER_LOG_FAILED;
        hf_loop_timer_start(server->loop, &server->farewell, FAREWELL_MS);
    }
}

/* --- start and end ------------------------------------------------------------------------- */

static hf_status open_main_loop(struct server *server)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    HF_TRY(hf_loop_new(&server->loop));
    hf_loop_on_wake(server->loop, on_wake, server);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        HF_TRY(hf_loop_on_signal(server->loop, signals[i], on_signal, server));
    }
    server->minute = hf_timer_init(on_minute, server);
    server->farewell = hf_timer_init(on_farewell, server);
    hf_loop_timer_start(server->loop, &server->minute, MINUTE_MS);
    return HF_DONE;
}

static hf_status open_ops(struct server *server)
{
    const struct hf_endpoint *ops = &server->options->config->ops;
    struct hf_address address;
    server->content = (struct hf_ops_content){
        .gateway = server->gateway, .workers = server->workers, .n_workers = server->n_workers};
    if (ops->port == 0) {
        return HF_DONE;
    }
    HF_TRY(hf_address_resolve(ops->host, ops->port, &address));
    return hf_ops_open(server->loop, &address, hf_ops_content_answer, &server->content,
                       &server->ops);
}

static hf_status start_workers(struct server *server)
{
    for (uint64_t i = 0; i < server->options->config->workers; i++) {
        struct hf_worker *worker = NULL;
        HF_TRY(hf_worker_new(server->gateway, &worker));
        hf_status status = hf_worker_start(worker);
        if (!hf_is_ok(status)) {
            hf_worker_free(worker);
            return status;
        }
        server->workers[server->n_workers++] = worker;
    }
    return HF_DONE;
}

static hf_status open_gateway(struct server *server)
{
    const struct hf_assembly_options options = {.config = server->options->config,
                                                .clock = hf_clock_system(),
                                                .on_log_failed = on_log_failed,
                                                .context = server};
    struct hf_assembly_report report;
    struct hf_assembly_facts facts;
    hf_status status = hf_gateway_open(&options, &server->gateway, &facts, &report);
    if (!hf_is_ok(status)) {
        say_report(server, &report, status);
        return status;
    }
    if (facts.replay.n_restored) {
        say(server,
            "the registry had lost %zu revocations or pauses that the log tells of: it knows them "
            "again, but not the consents that were registered",
            facts.replay.n_restored);
    }
    if (facts.recovery.ending == HF_LOG_ENDING_TORN || facts.replay.n_unknown) {
        say(server,
            "the last run did not end in order: %" PRIu64 " bytes cut, %zu accesses without an "
            "outcome stay used",
            facts.recovery.cut_bytes, facts.replay.n_unknown);
    }
    return HF_DONE;
}

static void drain_workers(struct server *server)
{
    for (size_t i = 0; i < server->n_workers; i++) {
        hf_worker_drain(server->workers[i]);
    }
    for (size_t i = 0; i < server->n_workers; i++) {
        hf_worker_join(server->workers[i]);
    }
}

static void close_all(struct server *server)
{
    drain_workers(server);
    hf_ops_close(server->ops);
    if (server->gateway) {
        record_noise(server);
        hf_registry_note_log(server->gateway->registry, hf_log_durable_size(server->gateway->log));
        hf_gateway_close_registry(server->gateway);
    }
    for (size_t i = 0; i < server->n_workers; i++) {
        hf_worker_free(server->workers[i]);
    }
    if (server->gateway && !hf_is_ok(hf_gateway_close(server->gateway))) {
        server->end = HF_SERVER_LOG_FAILED;
    }
    hf_loop_free(server->loop);
}

static hf_status serve(struct server *server)
{
    const struct hf_config *config = server->options->config;
    hf_status status = start_workers(server);
    if (hf_is_ok(status)) {
        status = open_ops(server);
    }
    if (!hf_is_ok(status)) {
        say(server, "cannot listen: %s", strerrordesc_np(errno));
        return status;
    }
    say(server, "serving banks on %s:%u, generation %" PRIu64 ", %zu records in the log",
        config->banks.host, (unsigned)config->banks.port,
        hf_snapshot_slot_generation(server->gateway->slot),
        (size_t)hf_log_durable_size(server->gateway->log));
    on_wake(server); /* the log may have failed while nobody looked */
    hf_loop_run(server->loop);
    return HF_DONE;
}

enum hf_server_end hf_server_run(const struct hf_server_options *options)
{
    struct server server = {.options = options, .end = HF_SERVER_DRAINED};
    hf_status status = open_main_loop(&server);
    if (hf_is_ok(status)) {
        status = open_gateway(&server);
    }
    if (hf_is_ok(status)) {
        status = serve(&server);
    }
    if (server.end == HF_SERVER_LOG_FAILED) {
        hf_log_await_failed(server.gateway->log);
        return server.end; /* nothing is closed in order: nothing may be written */
    }
    close_all(&server);
    if (server.end == HF_SERVER_DRAINED) {
        server.end = end_of(status);
    }
    if (server.end == HF_SERVER_DRAINED) {
        options->say("drained");
    }
    return server.end;
}

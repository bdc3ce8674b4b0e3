/*
 * Decides how a worker is put together and taken apart. Everything it owns is touched by its own
 * thread alone, but for the two ways in: posts (a lock-free list and a wake) and the atomics of the
 * log and the registry.
 *
 * Invariant: the thread ends only when no access is under way and every record has settled.
 */
#include "gateway/worker.h"

#include "gateway/exchange.h"
#include "gateway/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { CACHED_CONSENTS = 16384, CACHED_VIEWS = 4096, REQUEST_GRACE_MS = 10000, LOOK_MS = 500 };

/* --- posts from other threads -------------------------------------------------------------- */

void hf_worker_post(struct hf_worker *worker, struct hf_post *post)
{
    post->next = atomic_load_explicit(&worker->posts, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&worker->posts, &post->next, post,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    hf_loop_wake(worker->loop);
}

static void run_posts(struct hf_worker *worker)
{
    struct hf_post *post = atomic_exchange_explicit(&worker->posts, NULL, memory_order_acquire);
    struct hf_post *oldest = NULL;
    while (post) {
        struct hf_post *next = post->next;
        post->next = oldest;
        oldest = post;
        post = next;
    }
    while (oldest) {
        struct hf_post *next = oldest->next;
        oldest->run(oldest);
        oldest = next;
    }
}

/* --- the end ------------------------------------------------------------------------------- */

static void stop_when_idle(struct hf_worker *worker)
{
    if (worker->is_draining && worker->n_listening == 0 && worker->n_accesses == 0 &&
        hf_log_n_pending(worker->waiter) == 0) {
        hf_loop_timer_stop(worker->loop, &worker->drain_timer);
        hf_loop_stop(worker->loop);
    }
}

void hf_worker_drained(struct hf_worker *worker)
{
    worker->n_listening--;
    hf_loop_wake(worker->loop); /* look whether that was the last */
}

static void on_drain_timeout(void *context)
{
    struct hf_worker *worker = context;
    struct hf_h2_service *services[] = {worker->banks, worker->public};
    worker->banks = worker->public = NULL;
    worker->n_listening = 0;
    for (size_t i = 0; i < 2; i++) {
        if (services[i]) {
            hf_h2_service_close(services[i]);
        }
    }
    hf_loop_wake(worker->loop);
}

static void begin_drain(struct hf_post *post)
{
    struct hf_worker *worker =
        (struct hf_worker *)((char *)post - offsetof(struct hf_worker, stop));
    worker->is_draining = true;
    hf_loop_timer_start(worker->loop, &worker->drain_timer,
                        worker->gateway->config->limits.drain_timeout_ms);
    hf_h2_service_drain(worker->banks);
    if (worker->public) {
        hf_h2_service_drain(worker->public);
    }
    hf_loop_wake(worker->loop);
}

void hf_worker_drain(struct hf_worker *worker)
{
    worker->stop.run = begin_drain;
    hf_worker_post(worker, &worker->stop);
}

/* --- what is in flight --------------------------------------------------------------------- */

void hf_worker_watch(struct hf_worker *worker, struct hf_watched *watched)
{
    if (worker->watched.next == &worker->watched) {
        hf_loop_timer_start(worker->loop, &worker->look_timer, LOOK_MS);
    }
    watched->prev = worker->watched.prev;
    watched->next = &worker->watched;
    watched->prev->next = watched;
    worker->watched.prev = watched;
}

void hf_worker_unwatch(struct hf_watched *watched)
{
    if (watched->next) {
        watched->prev->next = watched->next;
        watched->next->prev = watched->prev;
        watched->prev = watched->next = NULL;
    }
}

/* Whoever is asked may leave the ring, and nobody else. */
static void on_look(void *context)
{
    struct hf_worker *worker = context;
    struct hf_watched *head = &worker->watched;
    struct hf_watched *at = head->next;
    while (at != head) {
        struct hf_watched *next = at->next;
        at->look(at);
        at = next;
    }
    if (head->next != head) {
        hf_loop_timer_start(worker->loop, &worker->look_timer, LOOK_MS);
    }
}

/* --- turns --------------------------------------------------------------------------------- */

/* Records queued in this turn leave in one push; what has settled meanwhile asks for a turn. */
static void on_publish(void *context)
{
    struct hf_worker *worker = context;
    if (!hf_log_sleep(worker->waiter)) {
        hf_loop_wake(worker->loop);
    }
}

static void on_wake(void *context)
{
    struct hf_worker *worker = context;
    hf_log_awake(worker->waiter);
    hf_log_poll(worker->waiter);
    hf_registry_note_log(worker->gateway->registry, hf_log_durable_size(worker->gateway->log));
    run_posts(worker);
    stop_when_idle(worker);
}

/* On the log's thread. */
static void wake(void *context)
{
    hf_loop_wake(((struct hf_worker *)context)->loop);
}

struct hf_snapshot *hf_worker_snapshot(struct hf_worker *worker)
{
    struct hf_snapshot_slot *slot = worker->gateway->slot;
    if (worker->snapshot->generation != hf_snapshot_slot_generation(slot)) {
        struct hf_snapshot *next = hf_snapshot_slot_take(slot);
        hf_snapshot_unref(worker->snapshot);
        worker->snapshot = next;
    }
    return worker->snapshot;
}

int64_t hf_worker_unix_ms(struct hf_worker *worker)
{
    uint64_t turn = hf_loop_turn(worker->loop);
    if (worker->clock_turn != turn) {
        worker->clock_turn = turn;
        worker->unix_ms = hf_clock_unix_ms(&worker->gateway->clock);
    }
    return worker->unix_ms;
}

int64_t hf_worker_unix_s(struct hf_worker *worker)
{
    return hf_worker_unix_ms(worker) / 1000;
}

/* --- whom the gateway answers for ---------------------------------------------------------- */

static bool is_name(hf_bytes authority, const char *name)
{
    size_t n = strlen(name);
    return authority.size == n && strncasecmp((const char *)authority.data, name, n) == 0;
}

/* host, or host:port, as a client writes an address of ours. One that is not configured, which has
 * neither, is nobody's. */
static bool is_endpoint(hf_bytes authority, const char *host, uint16_t port)
{
    char text[300];
    if (port == 0) {
        return false;
    }
    bool is_v6 = strchr(host, ':') != NULL;
    (void)snprintf(text, sizeof text, is_v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    return is_name(authority, text) || (port == 443 && is_name(authority, host));
}

bool hf_worker_answers_for(const struct hf_worker *worker, hf_bytes authority)
{
    const struct hf_config *config = worker->gateway->config;
    char host[256];
    size_t n = strcspn(config->authority, ":");
    if (is_name(authority, config->authority) ||
        is_endpoint(authority, config->banks.host, config->banks.port) ||
        is_endpoint(authority, config->public.host, config->public.port)) {
        return true;
    }
    if (config->authority[0] == '[' || n >= sizeof host) {
        return false;
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)n, config->authority);
    return is_endpoint(authority, host, config->banks.port) ||
           is_endpoint(authority, host, config->public.port);
}

/* --- putting together ---------------------------------------------------------------------- */

static hf_status open_sources(struct hf_worker *worker)
{
    const struct hf_config *config = worker->gateway->config;
    for (size_t i = 0; i < config->n_sources; i++) {
        const struct hf_upstream_config upstream = {
            .loop = worker->loop,
            .host = config->sources[i].address.host,
            .port = config->sources[i].address.port,
            .tls = worker->gateway->source_tls[i],
            .connect_ms = config->limits.source_connect_timeout_ms,
            .first_byte_ms = config->limits.source_first_byte_timeout_ms,
            .whole_ms = config->limits.access_timeout_ms,
        };
        HF_TRY(hf_upstream_new(&upstream, &worker->upstreams[i]));
    }
    return HF_DONE;
}

static struct hf_h2_server_limits server_limits(const struct hf_gateway *gateway)
{
    const struct hf_config_limits *config = &gateway->config->limits;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    limits.max_connections = (uint32_t)gateway->max_connections;
    limits.max_streams = (uint32_t)config->max_streams;
    limits.max_work = (uint32_t)config->max_streams;
    limits.max_requests = (uint32_t)config->max_connection_requests;
    limits.handshake_ms = config->handshake_timeout_ms;
    limits.header_block_ms = config->header_timeout_ms;
    limits.body_idle_ms = config->body_timeout_ms;
    limits.write_stall_ms = config->write_timeout_ms;
    limits.connection_idle_ms = config->idle_timeout_ms;
    limits.request_ms = config->access_timeout_ms + REQUEST_GRACE_MS;
    return limits;
}

static hf_status listen_on(struct hf_worker *worker, const struct hf_endpoint *endpoint,
                           struct hf_tls_context *tls, const struct hf_h2_server_events *events,
                           struct hf_h2_service **ret_service)
{
    struct hf_h2_service_config service = {
        .loop = worker->loop,
        .tls = tls,
        .limits = server_limits(worker->gateway),
        .events = events,
        .context = worker,
    };
    HF_TRY(hf_address_resolve(endpoint->host, endpoint->port, &service.listen));
    HF_TRY(hf_h2_service_open(&service, ret_service));
    worker->n_listening++;
    return HF_DONE;
}

static hf_status set_up(struct hf_worker *worker)
{
    struct hf_gateway *gateway = worker->gateway;
    HF_TRY(hf_loop_new(&worker->loop));
    HF_TRY(hf_log_waiter_new(gateway->log, wake, worker, &worker->waiter));
    hf_loop_on_publish(worker->loop, on_publish, worker);
    hf_loop_on_wake(worker->loop, on_wake, worker);
    worker->drain_timer = hf_timer_init(on_drain_timeout, worker);
    worker->look_timer = hf_timer_init(on_look, worker);
    worker->watched.prev = worker->watched.next = &worker->watched;
    worker->snapshot = hf_snapshot_slot_take(gateway->slot);
    hf_rates_init(&worker->rates, hf_loop_now_ms(worker->loop));
    HF_TRY(hf_token_cache_new(CACHED_CONSENTS, &worker->tokens));
    HF_TRY(hf_view_cache_new(CACHED_VIEWS, &worker->views));
    HF_TRY(open_sources(worker));
    HF_TRY(listen_on(worker, &gateway->config->banks, gateway->banks_tls, &hf_listener_banks,
                     &worker->banks));
    return gateway->config->public.port
               ? listen_on(worker, &gateway->config->public, gateway->public_tls,
                           &hf_listener_public, &worker->public)
               : HF_DONE;
}

hf_status hf_worker_new(struct hf_gateway *gateway, struct hf_worker **ret_worker)
{
    struct hf_worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        HF_FAIL(NOMEM);
    }
    worker->gateway = gateway;
    hf_status status = set_up(worker);
    if (!hf_is_ok(status)) {
        hf_worker_free(worker);
        return status;
    }
    *ret_worker = worker;
    return HF_DONE;
}

static void *run(void *context)
{
    struct hf_worker *worker = context;
    hf_loop_run(worker->loop);
    return NULL;
}

hf_status hf_worker_start(struct hf_worker *worker)
{
    return hf_status_of(pthread_create(&worker->thread, NULL, run, worker) == 0 ? HF_OK : HF_IO);
}

void hf_worker_join(struct hf_worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
}

void hf_worker_free(struct hf_worker *worker)
{
    if (!worker) {
        return;
    }
    if (worker->banks) {
        hf_h2_service_close(worker->banks);
    }
    if (worker->public) {
        hf_h2_service_close(worker->public);
    }
    for (size_t i = 0; i < HF_CONFIG_MAX_SOURCES; i++) {
        hf_upstream_free(worker->upstreams[i]);
    }
    hf_exchange_free_idle(worker);
    hf_view_cache_free(worker->views);
    hf_token_cache_free(worker->tokens);
    hf_snapshot_unref(worker->snapshot);
    hf_log_waiter_free(worker->waiter);
    hf_loop_free(worker->loop);
    free(worker);
}

/*
 * The pool of connections to one source, and the life of a call: waiting, sent, answered, ended.
 *
 * It decides where a call goes (the first connection that has room; one more is made only when none
 * has), how long it may take, and whether it may be sent twice (only when the source provably never
 * processed it). It knows no frames: those are h2_client.c's.
 *
 * Invariant: a call ends exactly once. `over` is set then; its memory goes as soon as none of its
 * callbacks is on the stack.
 */
#include "gateway/upstream.h"

#include "gateway/address.h"
#include "gateway/upstream_impl.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_CONNECTIONS = 16,
    DEFAULT_CONNECTIONS = 4,
    DEFAULT_WAITING = 1000,
    DEFAULT_STREAM_WINDOW_BYTES = 65536,
    DEFAULT_CONNECT_MS = 5000,
    DEFAULT_FIRST_BYTE_MS = 30000,
    DEFAULT_WHOLE_MS = 300000,
    DEFAULT_IDLE_MS = 60000,
    WRITE_STALL_MS = 30000,
    FRAME_BYTES = 16384,
    MAX_REQUEST_BYTES = 1024 * 1024 /* of one call, copied: far above what a route lets through */
};

struct slot {
    struct hf_upstream *upstream;
    struct hf_h2_client *client; /* NULL: free */
    struct hf_timer idle;
    bool was_ready;
};

struct hf_upstream {
    struct hf_upstream_config config; /* defaults filled in; host is ours */
    char *host;
    struct hf_address address;
    struct slot slots[MAX_CONNECTIONS];
    struct hf_call *first_waiting;
    struct hf_call *last_waiting;
    uint32_t n_waiting;
    struct hf_pool idle_calls;
    struct hf_job place_job; /* place what waits, outside of the caller's stack */
    const char *connect_failure;
};

/* --- the waiting calls --------------------------------------------------------------------- */

static void wait_at_end(struct hf_upstream *upstream, struct hf_call *call)
{
    call->next = NULL;
    call->prev = upstream->last_waiting;
    if (call->prev) {
        call->prev->next = call;
    } else {
        upstream->first_waiting = call;
    }
    upstream->last_waiting = call;
    upstream->n_waiting++;
}

static void stop_waiting(struct hf_upstream *upstream, struct hf_call *call)
{
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        upstream->first_waiting = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    } else {
        upstream->last_waiting = call->prev;
    }
    call->next = call->prev = NULL;
    upstream->n_waiting--;
}

/* --- a call's end -------------------------------------------------------------------------- */

static void free_memory(struct hf_call *call)
{
    hf_arena_clear(&call->head_arena);
    hf_buf_clear(&call->copies);
    free(call);
}

static void free_call(struct hf_call *call)
{
    struct hf_loop *loop = call->upstream->config.loop;
    hf_loop_timer_stop(loop, &call->deadline);
    hf_loop_undefer(loop, &call->resume_job);
    hf_buf_clear(&call->kept);
    hf_h2_block_clear(&call->block);
    hf_arena_reset(&call->head_arena);
    hf_pool_trim(&call->copies);
    if (!hf_pool_give(&call->upstream->idle_calls, call)) {
        free_memory(call);
    }
}

static void free_if_idle(struct hf_call *call)
{
    if (call->over && !call->in_callback) {
        free_call(call);
    }
}

/* Takes the call off its connection or the queue. */
static void withdraw(struct hf_call *call)
{
    if (call->client) {
        hf_h2_client_forget(call->client, call);
    } else if (call->waiting) {
        stop_waiting(call->upstream, call);
        call->waiting = false;
    }
    hf_loop_timer_stop(call->upstream->config.loop, &call->deadline);
    hf_loop_undefer(call->upstream->config.loop, &call->resume_job);
}

void hf_call_fail(struct hf_call *call, const struct hf_call_fault *fault)
{
    if (call->over) {
        return;
    }
    call->over = true;
    withdraw(call);
    call->events->on_fault(call->context, fault);
    free_if_idle(call);
}

static void fail(struct hf_call *call, enum hf_code code, const char *detail)
{
    const struct hf_call_fault fault = {.code = code, .detail = detail};
    hf_call_fail(call, &fault);
}

void hf_call_cancel(struct hf_call *call)
{
    call->over = true;
    withdraw(call);
    free_if_idle(call);
}

void hf_call_again(struct hf_call *call)
{
    if (call->retried) {
        fail(call, HF_SOURCE_UNAVAILABLE, "the source refused the request twice");
        return;
    }
    call->retried = true;
    call->was_reset = false;
    call->waiting = true;
    wait_at_end(call->upstream, call);
    hf_loop_defer(call->upstream->config.loop, &call->upstream->place_job);
}

/* --- the answer ---------------------------------------------------------------------------- */

void hf_call_finish_if_done(struct hf_call *call)
{
    if (!call->over && call->remote_ended && call->kept.size == 0) {
        call->over = true;
        withdraw(call);
        call->events->on_end(call->context);
    }
    free_if_idle(call);
}

/* Offers bytes to the caller. Returns how many it took; the call may be over afterwards. */
static size_t offer(struct hf_call *call, hf_bytes bytes)
{
    call->in_callback = true;
    size_t taken = call->events->on_data(call->context, bytes);
    call->in_callback = false;
    if (call->over) {
        return 0;
    }
    if (call->client) {
        hf_h2_client_consume(call->client, call, taken);
    }
    return taken;
}

/* What was taken gave its credit back: only the rest of what is kept fits into the window. */
static void forget_taken(struct hf_call *call)
{
    if (call->kept_taken > 0) {
        call->kept.size -= call->kept_taken;
        memmove(call->kept.data, call->kept.data + call->kept_taken, call->kept.size);
        call->kept_taken = 0;
    }
}

void hf_call_receive(struct hf_call *call, hf_bytes bytes)
{
    if (call->kept.size == 0) {
        bytes = hf_bytes_skip(bytes, offer(call, bytes));
        if (call->over) {
            free_if_idle(call);
            return;
        }
    }
    forget_taken(call);
    if (bytes.size > 0 && !hf_is_ok(hf_buf_append(&call->kept, bytes))) {
        fail(call, HF_SOURCE_UNAVAILABLE, "no memory for the source's answer");
    }
}

/* Forgets what has been taken, now and then: half of what is moved has been waited for. */
static void compact_kept(struct hf_call *call)
{
    hf_buf *kept = &call->kept;
    if (call->kept_taken == kept->size) {
        hf_buf_clear(kept);
        call->kept_taken = 0;
    } else if (call->kept_taken > kept->size / 2) {
        kept->size -= call->kept_taken;
        memmove(kept->data, kept->data + call->kept_taken, kept->size);
        call->kept_taken = 0;
    }
}

static void offer_kept(void *context)
{
    struct hf_call *call = context;
    if (call->kept.size > 0) {
        hf_bytes rest = hf_bytes_skip(hf_buf_view(&call->kept), call->kept_taken);
        call->kept_taken += offer(call, rest);
        if (!call->over) {
            compact_kept(call);
        }
    }
    hf_call_finish_if_done(call);
}

void hf_call_resume(struct hf_call *call)
{
    if (call->kept.size > 0) {
        hf_loop_defer(call->upstream->config.loop, &call->resume_job);
    }
}

/* --- time ---------------------------------------------------------------------------------- */

static void on_deadline(void *context)
{
    struct hf_call *call = context;
    const struct hf_upstream_config *config = &call->upstream->config;
    uint64_t spent_ms = hf_loop_now_ms(config->loop) - call->started_ms;
    if (spent_ms >= config->whole_ms) {
        fail(call, HF_SOURCE_TIMEOUT, "the source's answer took too long");
        return;
    }
    if (call->headers_seen) {
        hf_loop_timer_start(config->loop, &call->deadline, config->whole_ms - spent_ms);
        return;
    }
    struct hf_h2_client *client = call->client;
    fail(call, HF_SOURCE_TIMEOUT, "the source did not begin to answer in time");
    if (client && hf_loop_now_ms(config->loop) - hf_h2_client_last_bytes_ms(client) >=
                      config->first_byte_ms) {
        /* Nothing at all came in that time: the connection is dead, not the request slow. */
        hf_h2_client_abort(client, "the connection to the source is dead");
    }
}

/* --- connections --------------------------------------------------------------------------- */

static struct slot *slot_with_room(struct hf_upstream *upstream)
{
    for (uint32_t i = 0; i < upstream->config.max_connections; i++) {
        struct slot *slot = &upstream->slots[i];
        if (slot->client && hf_h2_client_room(slot->client) > 0) {
            return slot;
        }
    }
    return NULL;
}

static void on_room(void *context)
{
    struct slot *slot = context;
    slot->was_ready = true;
    if (slot->upstream->first_waiting) {
        hf_loop_defer(slot->upstream->config.loop, &slot->upstream->place_job);
    }
}

static void on_client_end(void *context, const char *why)
{
    struct slot *slot = context;
    struct hf_upstream *upstream = slot->upstream;
    slot->client = NULL;
    hf_loop_timer_stop(upstream->config.loop, &slot->idle);
    if (!slot->was_ready) {
        upstream->connect_failure = why;
    }
    hf_loop_defer(upstream->config.loop, &upstream->place_job);
}

/* An unused connection is closed; a used one is looked at again later. */
static void on_idle(void *context)
{
    struct slot *slot = context;
    const struct hf_upstream_config *config = &slot->upstream->config;
    uint64_t quiet_ms = hf_loop_now_ms(config->loop) - hf_h2_client_last_bytes_ms(slot->client);
    if (hf_h2_client_calls(slot->client) == 0 && hf_h2_client_is_ready(slot->client) &&
        quiet_ms >= config->idle_ms) {
        hf_h2_client_finish(slot->client);
        return;
    }
    hf_loop_timer_start(config->loop, &slot->idle, config->idle_ms);
}

static hf_status open_slot(struct hf_upstream *upstream, struct slot *slot)
{
    int fd = -1;
    HF_TRY(hf_address_connect(&upstream->address, &fd));
    const struct hf_h2_client_config config = {.loop = upstream->config.loop,
                                               .tls = upstream->config.tls,
                                               .host = upstream->host,
                                               .stream_window_bytes =
                                                   upstream->config.stream_window_bytes,
                                               .connect_ms = upstream->config.connect_ms,
                                               .write_stall_ms = WRITE_STALL_MS,
                                               .on_room = on_room,
                                               .on_end = on_client_end,
                                               .context = slot};
    HF_TRY(hf_h2_client_new(&config, fd, &slot->client));
    slot->was_ready = false;
    hf_loop_timer_start(upstream->config.loop, &slot->idle, upstream->config.idle_ms);
    return HF_DONE;
}

static bool is_connecting(const struct hf_upstream *upstream)
{
    for (uint32_t i = 0; i < upstream->config.max_connections; i++) {
        if (upstream->slots[i].client && !upstream->slots[i].was_ready) {
            return true;
        }
    }
    return false;
}

static bool has_connection(const struct hf_upstream *upstream)
{
    for (uint32_t i = 0; i < upstream->config.max_connections; i++) {
        if (upstream->slots[i].client) {
            return true;
        }
    }
    return false;
}

/* One more connection, if none is under way and there may be one. */
static void open_one(struct hf_upstream *upstream)
{
    for (uint32_t i = 0; i < upstream->config.max_connections && !is_connecting(upstream); i++) {
        struct slot *slot = &upstream->slots[i];
        if (!slot->client) {
            if (!hf_is_ok(open_slot(upstream, slot))) {
                upstream->connect_failure = "no connection to the source can be made";
                hf_loop_defer(upstream->config.loop, &upstream->place_job);
            }
            return;
        }
    }
}

static void fail_waiting(struct hf_upstream *upstream, const char *why)
{
    uint32_t n = upstream->n_waiting; /* those that a callback adds wait for the next attempt */
    while (n-- > 0 && upstream->first_waiting) {
        fail(upstream->first_waiting, HF_SOURCE_UNAVAILABLE, why);
    }
}

/* Sends what waits to connections with room. */
static void place(void *context)
{
    struct hf_upstream *upstream = context;
    const char *failure = upstream->connect_failure;
    upstream->connect_failure = NULL;
    if (failure && !has_connection(upstream)) {
        fail_waiting(upstream, failure);
    }
    struct slot *slot;
    while (upstream->first_waiting && (slot = slot_with_room(upstream)) != NULL) {
        struct hf_call *call = upstream->first_waiting;
        stop_waiting(upstream, call);
        call->waiting = false;
        if (!hf_is_ok(hf_h2_client_send(slot->client, call))) {
            fail(call, HF_SOURCE_UNAVAILABLE, "the request cannot be sent");
        }
    }
    if (upstream->first_waiting) {
        open_one(upstream);
    }
}

/* --- the callers --------------------------------------------------------------------------- */

static void set_defaults(struct hf_upstream_config *config)
{
    config->max_connections =
        config->max_connections ? config->max_connections : DEFAULT_CONNECTIONS;
    if (config->max_connections > MAX_CONNECTIONS) {
        config->max_connections = MAX_CONNECTIONS;
    }
    config->max_waiting = config->max_waiting ? config->max_waiting : DEFAULT_WAITING;
    config->stream_window_bytes =
        config->stream_window_bytes ? config->stream_window_bytes : DEFAULT_STREAM_WINDOW_BYTES;
    config->connect_ms = config->connect_ms ? config->connect_ms : DEFAULT_CONNECT_MS;
    config->first_byte_ms = config->first_byte_ms ? config->first_byte_ms : DEFAULT_FIRST_BYTE_MS;
    config->whole_ms = config->whole_ms ? config->whole_ms : DEFAULT_WHOLE_MS;
    config->idle_ms = config->idle_ms ? config->idle_ms : DEFAULT_IDLE_MS;
}

hf_status hf_upstream_new(const struct hf_upstream_config *config,
                          struct hf_upstream **ret_upstream)
{
    struct hf_address address;
    HF_TRY(hf_address_resolve(config->host, config->port, &address));
    struct hf_upstream *upstream = calloc(1, sizeof *upstream);
    char *host = strdup(config->host);
    if (!upstream || !host) {
        free(upstream);
        free(host);
        HF_FAIL(NOMEM);
    }
    upstream->config = *config;
    upstream->config.host = upstream->host = host;
    upstream->address = address;
    set_defaults(&upstream->config);
    hf_tls_context_ref(config->tls);
    upstream->place_job = hf_job_init(place, upstream);
    for (unsigned i = 0; i < MAX_CONNECTIONS; i++) {
        upstream->slots[i].upstream = upstream;
        upstream->slots[i].idle = hf_timer_init(on_idle, &upstream->slots[i]);
    }
    *ret_upstream = upstream;
    return HF_DONE;
}

void hf_upstream_free(struct hf_upstream *upstream)
{
    if (!upstream) {
        return;
    }
    for (unsigned i = 0; i < MAX_CONNECTIONS; i++) {
        struct slot *slot = &upstream->slots[i];
        hf_loop_timer_stop(upstream->config.loop, &slot->idle);
        if (slot->client) {
            hf_h2_client_free(slot->client);
        }
    }
    struct hf_call *call;
    while ((call = hf_pool_take(&upstream->idle_calls, 0)) != NULL) {
        free_memory(call);
    }
    hf_loop_undefer(upstream->config.loop, &upstream->place_job);
    hf_tls_context_unref(upstream->config.tls);
    free(upstream->host);
    free(upstream);
}

static size_t request_bytes(const struct hf_call_request *request)
{
    size_t size = request->n_fields * sizeof *request->fields;
    size += request->method.size + request->authority.size + request->path.size;
    for (size_t i = 0; i < request->n_fields; i++) {
        size += request->fields[i].value.size;
    }
    return size + request->body.size;
}

static hf_bytes copy_to(uint8_t **end, hf_bytes bytes)
{
    uint8_t *copy = *end;
    if (bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    *end += bytes.size;
    return hf_bytes_of(copy, bytes.size);
}

/* Into the room that request_bytes() measured. */
static void copy_request(struct hf_call *call, const struct hf_call_request *request)
{
    struct hf_call_request *copy = &call->request;
    struct hf_h2_field *fields = (struct hf_h2_field *)(void *)call->copies.data;
    uint8_t *end = call->copies.data + request->n_fields * sizeof *fields;
    for (size_t i = 0; i < request->n_fields; i++) {
        fields[i].name = request->fields[i].name;
        fields[i].value = copy_to(&end, request->fields[i].value);
        fields[i].indexing = request->fields[i].indexing;
    }
    copy->fields = fields;
    copy->n_fields = request->n_fields;
    copy->method = copy_to(&end, request->method);
    copy->authority = copy_to(&end, request->authority);
    copy->path = copy_to(&end, request->path);
    copy->body = copy_to(&end, request->body);
}

/* A call of which only the memory for its request and its heads is set. */
static struct hf_call *take_memory(struct hf_upstream *upstream)
{
    struct hf_call *call = hf_pool_take(&upstream->idle_calls, sizeof *call);
    if (!call && (call = malloc(sizeof *call)) != NULL) {
        call->head_arena = hf_arena_init(2 * HF_H2_MAX_LIST_BYTES + 16 * 1024);
        call->copies = hf_buf_init(MAX_REQUEST_BYTES);
    }
    return call;
}

static struct hf_call *new_call(struct hf_upstream *upstream, const struct hf_call_request *request,
                                const struct hf_call_events *events, void *context)
{
    struct hf_call *call = take_memory(upstream);
    if (!call) {
        return NULL;
    }
    *call = (struct hf_call){
        .upstream = upstream,
        .events = events,
        .context = context,
        .copies = call->copies,
        .head_arena = call->head_arena,
        .kept = hf_buf_init(2 * (size_t)upstream->config.stream_window_bytes + FRAME_BYTES),
        .resume_job = hf_job_init(offer_kept, call),
        .deadline = hf_timer_init(on_deadline, call),
        .started_ms = hf_loop_now_ms(upstream->config.loop)};
    hf_arena_warm(&call->head_arena);
    if (!hf_is_ok(hf_buf_reserve(&call->copies, request_bytes(request)))) {
        free_call(call);
        return NULL;
    }
    copy_request(call, request);
    return call;
}

hf_status hf_upstream_call(struct hf_upstream *upstream, const struct hf_call_request *request,
                           const struct hf_call_events *events, void *context,
                           struct hf_call **ret_call)
{
    if (request->n_fields > HF_H2_MAX_RESPONSE_FIELDS) {
        HF_FAIL(BUG);
    }
    struct slot *slot = upstream->first_waiting ? NULL : slot_with_room(upstream);
    if (!slot && upstream->n_waiting >= upstream->config.max_waiting) {
        HF_FAIL(OVERLOADED);
    }
    struct hf_call *call = new_call(upstream, request, events, context);
    if (!call) {
        HF_FAIL(NOMEM);
    }
    if (slot) {
        hf_status status = hf_h2_client_send(slot->client, call);
        if (!hf_is_ok(status)) {
            free_call(call);
            return status;
        }
    } else {
        call->waiting = true;
        wait_at_end(upstream, call);
        hf_loop_defer(upstream->config.loop, &upstream->place_job);
    }
    uint64_t first_ms = upstream->config.first_byte_ms < upstream->config.whole_ms
                            ? upstream->config.first_byte_ms
                            : upstream->config.whole_ms;
    hf_loop_timer_start(upstream->config.loop, &call->deadline, first_ms);
    *ret_call = call;
    return HF_DONE;
}

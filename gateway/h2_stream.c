/*
 * One stream's answer: HEADERS, a bounded buffer that nghttp2 drains as the peer's windows allow,
 * and trailers behind the last byte.
 *
 * "Framed" is the border that matters to others: a byte taken by nghttp2 has left, as far as
 * anybody above this file can know. A stream that has ended accepts every call and does nothing,
 * so that no caller has to ask first.
 *
 * Invariant: a stream's memory lives until both sides are done with it: nghttp2 (closed) and the
 * one that was given it (released).
 */
#include "gateway/h2_nv.h"
#include "gateway/h2_server_impl.h"

#include <stdlib.h>

enum {
    OVERSHOOT_BYTES = 192 * 1024, /* a redacted chunk may be longer than the source's */
    ARENA_BYTES = 2 * HF_H2_MAX_LIST_BYTES + 16 * 1024 /* a full head, and trailers */
};

static void on_writable(void *context)
{
    struct hf_h2_stream *stream = context;
    if (!stream->closed && !stream->released && !stream->ended) {
        const struct hf_h2_service_config *config = &stream->server->service->config;
        config->events->on_writable(config->context, stream);
    }
}

struct hf_h2_stream *hf_h2_stream_new(struct hf_h2_server *server, int32_t id)
{
    struct hf_h2_service *service = server->service;
    struct hf_h2_stream *stream = hf_pool_take(&service->idle_streams, sizeof *stream);
    struct hf_arena arena = stream ? stream->arena : hf_arena_init(ARENA_BYTES);
    if (!stream && !(stream = malloc(sizeof *stream))) {
        return NULL;
    }
    hf_arena_warm(&arena);
    uint64_t now_ms = hf_loop_now_ms(service->config.loop);
    size_t limit_bytes = service->config.limits.output_buffer_bytes;
    *stream = (struct hf_h2_stream){.server = server,
                                    .id = id,
                                    .arena = arena,
                                    .out = hf_buf_init(limit_bytes + OVERSHOOT_BYTES),
                                    .writable_job = hf_job_init(on_writable, stream),
                                    .opened_ms = now_ms,
                                    .body_ms = now_ms,
                                    .progress_ms = now_ms};
    stream->next = server->streams;
    if (stream->next) {
        stream->next->prev = stream;
    }
    server->streams = stream;
    return stream;
}

static void free_memory(struct hf_h2_stream *stream)
{
    hf_arena_clear(&stream->arena);
    free(stream);
}

void hf_h2_stream_free_idle(struct hf_pool *idle)
{
    struct hf_h2_stream *stream;
    while ((stream = hf_pool_take(idle, 0)) != NULL) {
        free_memory(stream);
    }
}

void hf_h2_stream_free(struct hf_h2_stream *stream)
{
    struct hf_h2_server *server = stream->server;
    struct hf_h2_service *service = server->service;
    hf_loop_undefer(service->config.loop, &stream->writable_job);
    if (stream->prev) {
        stream->prev->next = stream->next;
    } else {
        server->streams = stream->next;
    }
    if (stream->next) {
        stream->next->prev = stream->prev;
    }
    hf_buf_pool_return(hf_loop_spare_bufs(service->config.loop), &stream->out);
    hf_h2_block_clear(&stream->block);
    hf_arena_reset(&stream->arena);
    if (!hf_pool_give(&service->idle_streams, stream)) {
        free_memory(stream);
    }
    hf_h2_server_reap(server);
}

void hf_h2_stream_close(struct hf_h2_stream *stream, enum hf_h2_end end)
{
    if (stream->closed) {
        return;
    }
    stream->closed = true; /* out stays: on_end may ask how much of it never left */
    if (!stream->dispatched || stream->released) {
        hf_h2_stream_free(stream);
        return;
    }
    const struct hf_h2_service_config *config = &stream->server->service->config;
    config->events->on_end(config->context, stream, end);
}

void hf_h2_stream_set_context(struct hf_h2_stream *stream, void *context)
{
    stream->context = context;
}

void *hf_h2_stream_context(const struct hf_h2_stream *stream)
{
    return stream->context;
}

const struct hf_h2_peer *hf_h2_stream_peer(const struct hf_h2_stream *stream)
{
    return &stream->server->peer;
}

/* --- the answer ---------------------------------------------------------------------------- */

size_t hf_h2_stream_unframed(const struct hf_h2_stream *stream)
{
    return stream->out.size - stream->out_framed;
}

size_t hf_h2_stream_room(const struct hf_h2_stream *stream)
{
    size_t limit_bytes = stream->server->service->config.limits.output_buffer_bytes;
    size_t used = hf_h2_stream_unframed(stream);
    return used < limit_bytes ? limit_bytes - used : 0;
}

static hf_status submitted(int rc)
{
    switch (rc) {
    case 0:
        return HF_DONE;
    case NGHTTP2_ERR_NOMEM:
        HF_FAIL(NOMEM);
    default:
        HF_FAIL(BUG);
    }
}

static hf_status submit_trailers(struct hf_h2_stream *stream)
{
    HF_UNINITIALISED nghttp2_nv nv[HF_H2_MAX_RESPONSE_FIELDS];
    const bool puts_names = hf_h2_puts_names(stream->id);
    for (size_t i = 0; i < stream->n_trailers; i++) {
        nv[i] = hf_h2_nv(&stream->trailers[i], puts_names);
    }
    return submitted(
        nghttp2_submit_trailer(stream->server->session, stream->id, nv, stream->n_trailers));
}

static void notify_writable(struct hf_h2_stream *stream)
{
    bool drained = hf_h2_stream_unframed(stream) == 0;
    bool room_again = stream->was_full && hf_h2_stream_room(stream) > 0;
    if (!stream->ended && (drained || room_again)) {
        stream->was_full = false;
        hf_loop_defer(stream->server->service->config.loop, &stream->writable_job);
    }
}

/* The callee's last word on bytes that are about to leave. */
static bool may_leave(struct hf_h2_stream *stream, hf_bytes bytes)
{
    const struct hf_h2_service_config *config = &stream->server->service->config;
    if (stream->released) {
        return false;
    }
    return !config->events->on_send || config->events->on_send(config->context, stream, bytes);
}

/* An answer that is there before its request has ended waits with its end: what the client still
 * sends is then judged on an open stream, by the rules that hold there, whichever came first. */
static bool lingers(const struct hf_h2_stream *stream)
{
    return !stream->remote_done && !stream->lingered;
}

/* nghttp2 asks for the next DATA payload, as far as the peer's windows reach. */
static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *data,
                         size_t capacity, uint32_t *flags, nghttp2_data_source *source,
                         void *context)
{
    (void)session;
    (void)stream_id;
    (void)context;
    struct hf_h2_stream *stream = source->ptr;
    size_t unframed = hf_h2_stream_unframed(stream);
    if (unframed == 0 && (!stream->ended || lingers(stream))) {
        stream->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    size_t n = unframed < capacity ? unframed : capacity;
    if (n > 0 && !may_leave(stream, hf_bytes_of(stream->out.data + stream->out_framed, n))) {
        stream->own_reset = true;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* nghttp2 resets the stream */
    }
    if (n > 0) {
        memcpy(data, stream->out.data + stream->out_framed, n);
        stream->out_framed += n;
        stream->progress_ms = hf_loop_now_ms(stream->server->service->config.loop);
    }
    if (n == unframed) {
        hf_buf_pool_return(hf_loop_spare_bufs(stream->server->service->config.loop), &stream->out);
        stream->out_framed = 0;
    }
    if (n == unframed && stream->ended && !lingers(stream)) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (stream->n_trailers > 0) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            if (!hf_is_ok(submit_trailers(stream))) {
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
            }
        }
    }
    notify_writable(stream);
    return (ssize_t)n;
}

hf_status hf_h2_respond(struct hf_h2_stream *stream, int status, const struct hf_h2_field *fields,
                        size_t n_fields, bool has_body)
{
    if (stream->responded || n_fields > HF_H2_MAX_RESPONSE_FIELDS || status < 200 || status > 599) {
        HF_FAIL(BUG);
    }
    if (stream->closed) {
        return HF_DONE;
    }
    const uint8_t digits[3] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                               (uint8_t)('0' + status % 10)};
    const struct hf_h2_field status_field = {.name = HF_LITERAL(":status"),
                                             .value = hf_bytes_of(digits, sizeof digits)};
    HF_UNINITIALISED nghttp2_nv nv[1 + HF_H2_MAX_RESPONSE_FIELDS];
    const bool puts_names = hf_h2_puts_names(stream->id);
    nv[0] = hf_h2_nv(&status_field, puts_names);
    for (size_t i = 0; i < n_fields; i++) {
        nv[i + 1] = hf_h2_nv(&fields[i], puts_names);
    }
    /* = RFC 9110 9.3.2: what is written in answer to HEAD stays here. */
    stream->is_head = hf_bytes_equal_string(stream->request.method, "HEAD");
    has_body = has_body && !stream->is_head;
    const nghttp2_data_provider body = {.source = {.ptr = stream}, .read_callback = read_body};
    HF_TRY(submitted(nghttp2_submit_response(stream->server->session, stream->id, nv, n_fields + 1,
                                             has_body ? &body : NULL)));
    stream->responded = true;
    stream->ended = !has_body;
    hf_h2_server_mark_dirty(stream->server);
    return HF_DONE;
}

static void resume(struct hf_h2_stream *stream)
{
    if (stream->deferred) {
        stream->deferred = false;
        nghttp2_session_resume_data(stream->server->session, stream->id);
    }
    hf_h2_server_mark_dirty(stream->server);
}

static void forget_framed(struct hf_h2_stream *stream)
{
    if (stream->out_framed > stream->out.size / 2) {
        size_t unframed = hf_h2_stream_unframed(stream);
        memmove(stream->out.data, stream->out.data + stream->out_framed, unframed);
        stream->out.size = unframed;
        stream->out_framed = 0;
    }
}

/* Adds bytes, from @bytes or by taking over @memory. */
static hf_status write_or_take(struct hf_h2_stream *stream, hf_bytes bytes, hf_buf *memory)
{
    struct hf_loop *loop = stream->server->service->config.loop;
    if (stream->closed || stream->is_head) {
        return HF_DONE;
    }
    if (!stream->responded || stream->ended) {
        HF_FAIL(BUG);
    }
    forget_framed(stream);
    if (hf_h2_stream_unframed(stream) == 0) {
        stream->progress_ms = hf_loop_now_ms(loop);
    }
    if (memory && stream->out.size == 0 && memory->capacity_bytes <= stream->out.limit_bytes) {
        hf_buf_pool_return(hf_loop_spare_bufs(loop), &stream->out);
        hf_buf_move(&stream->out, memory);
    } else {
        hf_buf_pool_lend(hf_loop_spare_bufs(loop), &stream->out);
        HF_TRY(hf_buf_append(&stream->out, bytes));
    }
    stream->was_full = hf_h2_stream_room(stream) == 0;
    resume(stream);
    return HF_DONE;
}

hf_status hf_h2_stream_write(struct hf_h2_stream *stream, hf_bytes bytes)
{
    return write_or_take(stream, bytes, NULL);
}

hf_status hf_h2_stream_give(struct hf_h2_stream *stream, hf_buf *bytes)
{
    HF_TRY(write_or_take(stream, hf_buf_view(bytes), bytes));
    hf_buf_reset(bytes);
    return HF_DONE;
}

static hf_status copy_trailers(struct hf_h2_stream *stream, const struct hf_h2_field *trailers,
                               size_t n_trailers)
{
    if (n_trailers == 0) {
        return HF_DONE;
    }
    struct hf_h2_field *copies =
        hf_arena_room(&stream->arena, n_trailers * sizeof *stream->trailers);
    if (!copies) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n_trailers; i++) {
        copies[i].name = trailers[i].name;
        HF_TRY(hf_arena_copy(&stream->arena, trailers[i].value, &copies[i].value));
        copies[i].indexing = trailers[i].indexing;
    }
    stream->trailers = copies;
    stream->n_trailers = n_trailers;
    return HF_DONE;
}

hf_status hf_h2_stream_end(struct hf_h2_stream *stream, const struct hf_h2_field *trailers,
                           size_t n_trailers)
{
    if (stream->closed || stream->is_head) {
        return HF_DONE;
    }
    if (!stream->responded || stream->ended || n_trailers > HF_H2_MAX_RESPONSE_FIELDS) {
        HF_FAIL(BUG);
    }
    HF_TRY(copy_trailers(stream, trailers, n_trailers));
    stream->ended = true;
    if (stream->deferred && n_trailers > 0 && !lingers(stream)) {
        /* All DATA has left: the trailers end the stream, and no empty DATA frame is sent. */
        HF_TRY(submit_trailers(stream));
        hf_h2_server_mark_dirty(stream->server);
        return HF_DONE;
    }
    resume(stream);
    return HF_DONE;
}

void hf_h2_stream_stop_lingering(struct hf_h2_stream *stream)
{
    bool was_waiting = stream->ended && !stream->lingered && !stream->closed;
    stream->lingered = true;
    if (was_waiting) {
        resume(stream);
    }
}

void hf_h2_stream_reset(struct hf_h2_stream *stream, enum hf_h2_error error)
{
    if (stream->closed || stream->own_reset) {
        return;
    }
    stream->own_reset = true;
    nghttp2_submit_rst_stream(stream->server->session, NGHTTP2_FLAG_NONE, stream->id,
                              (uint32_t)error);
    hf_h2_server_mark_dirty(stream->server);
}

void hf_h2_stream_consume(struct hf_h2_stream *stream, size_t n)
{
    if (stream->closed || n == 0) {
        return;
    }
    n = n < stream->unconsumed_bytes ? n : stream->unconsumed_bytes;
    stream->unconsumed_bytes -= n;
    nghttp2_session_consume(stream->server->session, stream->id, n);
    hf_h2_server_mark_dirty(stream->server);
}

void hf_h2_stream_goaway(struct hf_h2_stream *stream)
{
    struct hf_h2_server *server = stream->server;
    if (!server->session || server->condemned) {
        return;
    }
    nghttp2_submit_goaway(server->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(server->session),
                          NGHTTP2_NO_ERROR, NULL, 0);
    hf_h2_server_mark_dirty(server);
}

void hf_h2_stream_release(struct hf_h2_stream *stream)
{
    stream->released = true;
    stream->server->n_work--;
    if (stream->closed) {
        hf_h2_stream_free(stream);
    } else {
        hf_h2_stream_reset(stream, HF_H2_CANCEL);
    }
}

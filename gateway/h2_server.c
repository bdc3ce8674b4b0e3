/*
 * One HTTP/2 connection of a client: nghttp2's callbacks, and all that libnghttp2 1.52 leaves to
 * its user: a bound on header lists, on resets in both directions, on control frames, on work in
 * flight, and every timer.
 *
 * It decides when a peer has gone too far. From then on (condemned) nothing is dispatched, not
 * even what arrived in the same read: a limit that is checked after the fact is a batch too late.
 * It refuses to know what a request means.
 *
 * Invariant: nghttp2's callbacks never free the session; that happens when the connection ends.
 */
#include "gateway/h2_server.h"

#include "gateway/h2_mem.h"
#include "gateway/h2_server_impl.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    CONNECTION_WINDOW_BYTES = 1024 * 1024,
    MAX_OUTBOUND_WHILE_BLOCKED = 500, /* frames queued: below nghttp2's own end at 1000 ACKs */
    MAX_CONTINUATIONS = 8,
    MAX_SETTINGS_ENTRIES = 32,
    SWEEP_MS = 1000,
    LINGER_MS = 500,           /* and until the next sweep */
    SHUTDOWN_NOTICE_MS = 1000, /* between the first GOAWAY and the one that counts */
    FIRST_UNKNOWN_FRAME_TYPE = 0x0a
};

static const struct hf_h2_service_config *config_of(const struct hf_h2_server *server)
{
    return &server->service->config;
}

static uint64_t now_ms(const struct hf_h2_server *server)
{
    return hf_loop_now_ms(config_of(server)->loop);
}

void hf_h2_server_mark_dirty(struct hf_h2_server *server)
{
    if (server->conn) {
        hf_conn_mark_dirty(server->conn);
    }
}

/* --- going too far ------------------------------------------------------------------------- */

static void condemn(struct hf_h2_server *server, uint32_t error)
{
    if (!server->condemned) {
        server->condemned = true;
        nghttp2_session_terminate_session(server->session, error);
        hf_h2_server_mark_dirty(server);
    }
}

static void note(struct hf_h2_server *server, enum hf_offence offence)
{
    if (!hf_guard_allows(&server->guard, offence, now_ms(server))) {
        condemn(server, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

/* The peer takes a request back. */
static void note_hasty(struct hf_h2_server *server, const struct hf_h2_stream *stream)
{
    if (stream && stream->dispatched && now_ms(server) - stream->opened_ms < HF_HASTY_MS &&
        !hf_guard_allows_hasty(&server->guard, server->n_requests)) {
        condemn(server, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

/* --- requests ------------------------------------------------------------------------------ */

static struct hf_h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

/* Sees to it that the sweep comes within a second. One that is due is never put off, or a client
 * that always has something new to say would never be looked at. */
static void sweep_soon(struct hf_h2_server *server)
{
    if (!server->sweep.running || server->sweep.deadline_ms > now_ms(server) + SWEEP_MS) {
        hf_loop_timer_start(config_of(server)->loop, &server->sweep, SWEEP_MS);
    }
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_server *server = context;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        struct hf_h2_stream *stream = stream_of(session, frame->hd.stream_id);
        if (stream) { /* trailers: a block of their own, with the same bounds */
            hf_h2_block_count_anew(&stream->block);
        }
        server->head = stream;
        return 0;
    }
    server->head = NULL;
    if (server->condemned) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    struct hf_h2_stream *stream = hf_h2_stream_new(server, frame->hd.stream_id);
    if (!stream) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    server->head = stream;
    if (server->n_open++ == 0) {
        sweep_soon(server);
    }
    hf_guard_earn_window_updates(&server->guard, 2);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *context)
{
    (void)session;
    (void)frame;
    (void)flags;
    struct hf_h2_server *server = context;
    struct hf_h2_stream *stream = server->head; /* header blocks never interleave */
    if (!stream) {
        return 0;
    }
    if (!hf_is_ok(hf_h2_head_add(stream, name, value))) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (hf_h2_block_is_bomb(&stream->block)) {
        condemn(server, NGHTTP2_ENHANCE_YOUR_CALM);
        return NGHTTP2_ERR_CALLBACK_FAILURE; /* stop decoding here; the GOAWAY still leaves */
    }
    return 0;
}

static void refuse(struct hf_h2_stream *stream)
{
    nghttp2_submit_rst_stream(stream->server->session, NGHTTP2_FLAG_NONE, stream->id,
                              NGHTTP2_REFUSED_STREAM);
}

static void dispatch(struct hf_h2_stream *stream, bool has_body)
{
    struct hf_h2_server *server = stream->server;
    const struct hf_h2_service_config *config = config_of(server);
    if (server->condemned) {
        return;
    }
    if (server->n_work >= config->limits.max_work) {
        refuse(stream);
        return;
    }
    hf_h2_head_judge(stream);
    if (stream->block.too_large && ++server->n_header_offences > 1) {
        condemn(server, NGHTTP2_ENHANCE_YOUR_CALM);
        return;
    }
    if (++server->n_requests >= config->limits.max_requests && server->shutdown_ms == 0) {
        hf_h2_server_shutdown(server);
    }
    stream->request.has_body = has_body;
    stream->remote_done = !has_body;
    stream->dispatched = true;
    stream->body_ms = now_ms(server);
    server->n_work++;
    config->events->on_request(config->context, stream, &stream->request);
}

static void end_body(struct hf_h2_stream *stream)
{
    if (stream->remote_done) {
        return;
    }
    stream->remote_done = true;
    if (stream->dispatched && !stream->released) {
        const struct hf_h2_service_config *config = config_of(stream->server);
        config->events->on_body_end(config->context, stream);
    }
    hf_h2_stream_stop_lingering(stream);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t size, void *context)
{
    (void)flags;
    struct hf_h2_server *server = context;
    struct hf_h2_stream *stream = stream_of(session, id);
    if (!stream || !stream->dispatched || stream->released || stream->closed) {
        nghttp2_session_consume_connection(session, size);
        return 0;
    }
    const struct hf_h2_service_config *config = config_of(server);
    if (stream->unconsumed_bytes + size > config->limits.stream_window_bytes) {
        /* nghttp2 has queued the reset, and goes on delivering until it is sent. */
        nghttp2_session_consume_connection(session, size);
        return 0;
    }
    stream->unconsumed_bytes += size;
    stream->body_ms = now_ms(server);
    config->events->on_body(config->context, stream, hf_bytes_of(data, size));
    return 0;
}

/* --- frames -------------------------------------------------------------------------------- */

/* HEADERS for a stream that is not open and not new. nghttp2 ignores them. */
static void judge_late_head(struct hf_h2_server *server, int32_t stream_id)
{
    switch (hf_h2_late_find(&server->late, stream_id)) {
    case HF_H2_FORGOTTEN:
        /* = RFC 9113 5.1.1: below the highest used it was never opened and never will be. */
        condemn(server, NGHTTP2_PROTOCOL_ERROR);
        break;
    case HF_H2_HEARD_OUT:
        condemn(server, NGHTTP2_STREAM_CLOSED);
        break;
    case HF_H2_CUT_SHORT: /* its trailers: they come once, and nobody waits for their end */
        hf_h2_late_hear_out(&server->late, stream_id);
        server->header_since_ms = 0;
        break;
    }
}

/* nghttp2 has seen the head of a DATA frame; for a stream that is not open it tells nobody. */
static void judge_data_head(struct hf_h2_server *server, const struct hf_h2_data_head *head)
{
    if (nghttp2_session_find_stream(server->session, head->stream_id)) {
        return;
    }
    if (hf_h2_late_find(&server->late, head->stream_id) == HF_H2_HEARD_OUT) {
        condemn(server, NGHTTP2_STREAM_CLOSED);
    } else if (head->length == 0) {
        note(server, HF_OFFENCE_EMPTY_DATA);
    }
}

/* Here, where every frame comes by: of some nghttp2 tells nobody that they were received, such as
 * priorities from a client that renounced them, or window updates for a stream that is over. */
static void count_frame(struct hf_h2_server *server, uint8_t type)
{
    if (type == NGHTTP2_PRIORITY) {
        note(server, HF_OFFENCE_PRIORITY);
    } else if (type == NGHTTP2_PING) { /* an answer too: we ask for none */
        note(server, HF_OFFENCE_PING);
    } else if (type == NGHTTP2_WINDOW_UPDATE) {
        note(server, HF_OFFENCE_WINDOW_UPDATE);
    } else if (type >= FIRST_UNKNOWN_FRAME_TYPE) {
        note(server, HF_OFFENCE_UNKNOWN_FRAME);
    }
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *context)
{
    struct hf_h2_server *server = context;
    if (hd->type == NGHTTP2_HEADERS || hd->type == NGHTTP2_CONTINUATION) {
        if (server->header_since_ms == 0) {
            server->header_since_ms = now_ms(server);
            sweep_soon(server);
        }
    } else {
        count_frame(server, hd->type);
    }
    if (hd->type == NGHTTP2_HEADERS && hd->stream_id % 2 == 1) {
        if (hd->stream_id > server->highest_id) {
            server->highest_id = hd->stream_id;
        } else if (!nghttp2_session_find_stream(session, hd->stream_id)) {
            judge_late_head(server, hd->stream_id);
        }
    }
    return 0;
}

/* Frames of types that nobody has defined are counted when they begin, and dropped. nghttp2 tells
 * of them only if it is told to expect them. */
static int drop_extension(nghttp2_session *session, void **payload, const nghttp2_frame_hd *hd,
                          void *context)
{
    (void)session;
    (void)payload;
    (void)hd;
    (void)context;
    return NGHTTP2_ERR_CANCEL;
}

static void on_settings(struct hf_h2_server *server, const nghttp2_frame *frame)
{
    if (frame->hd.flags & NGHTTP2_FLAG_ACK) {
        server->settled = true;
    } else {
        note(server, HF_OFFENCE_SETTINGS);
    }
}

static void on_data_frame(struct hf_h2_server *server, struct hf_h2_stream *stream,
                          const nghttp2_frame *frame)
{
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.length == frame->data.padlen && !ends) {
        note(server, HF_OFFENCE_EMPTY_DATA);
    }
    if (stream && ends) {
        end_body(stream);
    }
}

static void on_headers_frame(struct hf_h2_server *server, struct hf_h2_stream *stream,
                             const nghttp2_frame *frame)
{
    bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    server->header_since_ms = 0;
    if (!stream) {
        return;
    }
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        dispatch(stream, !ends);
    } else if (ends) {
        end_body(stream);
    }
}

/* = RFC 9113 5.1: whoever has reset a stream has nothing more to say on it. */
static void on_reset(struct hf_h2_server *server, struct hf_h2_stream *stream)
{
    note_hasty(server, stream);
    if (stream) {
        stream->remote_done = true;
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_server *server = context;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        on_headers_frame(server, server->head, frame);
        break;
    case NGHTTP2_DATA:
        on_data_frame(server, stream_of(session, frame->hd.stream_id), frame);
        break;
    case NGHTTP2_SETTINGS:
        on_settings(server, frame);
        break;
    case NGHTTP2_RST_STREAM:
        note(server, HF_OFFENCE_RESET_RECEIVED);
        on_reset(server, stream_of(session, frame->hd.stream_id));
        break;
    default:
        break;
    }
    return 0;
}

/* The peer made nghttp2 answer with RST_STREAM: counted when it happens, because a batch of such
 * frames is read before the first reset is sent. */
static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                            void *context)
{
    (void)error;
    struct hf_h2_server *server = context;
    struct hf_h2_stream *stream = stream_of(session, frame->hd.stream_id);
    server->header_since_ms = 0;
    if (stream && !stream->fault_counted) {
        stream->fault_counted = true;
        note(server, HF_OFFENCE_RESET_CAUSED);
    }
    return 0;
}

static void on_end_stream_sent(struct hf_h2_stream *stream)
{
    stream->framed_end = true;
    if (!stream->remote_done && !stream->own_reset) {
        /* = RFC 9113 8.1: the answer is complete, the rest of the request is not wanted. */
        stream->own_reset = true;
        nghttp2_submit_rst_stream(stream->server->session, NGHTTP2_FLAG_NONE, stream->id,
                                  NGHTTP2_NO_ERROR);
    }
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_server *server = context;
    struct hf_h2_stream *stream = NULL;
    switch (frame->hd.type) {
    case NGHTTP2_RST_STREAM:
        stream = stream_of(session, frame->hd.stream_id);
        if (!stream || (!stream->own_reset && !stream->fault_counted)) {
            note(server, HF_OFFENCE_RESET_CAUSED);
        }
        return 0;
    case NGHTTP2_DATA:
        hf_guard_earn_window_updates(&server->guard, 20);
        break;
    case NGHTTP2_HEADERS:
        break;
    default:
        return 0;
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        stream = stream_of(session, frame->hd.stream_id);
        if (stream) {
            on_end_stream_sent(stream);
        }
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    (void)error;
    struct hf_h2_server *server = context;
    struct hf_h2_stream *stream = stream_of(session, id);
    hf_h2_late_add(&server->late, id, stream && stream->remote_done);
    if (!stream) {
        return 0;
    }
    nghttp2_session_set_stream_user_data(session, id, NULL);
    if (server->head == stream) {
        server->head = NULL;
    }
    if (stream->unconsumed_bytes > 0) {
        nghttp2_session_consume_connection(session, stream->unconsumed_bytes);
        stream->unconsumed_bytes = 0;
    }
    if (--server->n_open == 0) {
        server->idle_since_ms = now_ms(server);
    }
    hf_h2_stream_close(stream, stream->framed_end ? HF_H2_END_COMPLETE : HF_H2_END_RESET);
    return 0;
}

/* --- the session --------------------------------------------------------------------------- */

static hf_status new_callbacks(nghttp2_session_callbacks **ret_callbacks)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        HF_FAIL(NOMEM);
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_unpack_extension_callback(callbacks, drop_extension);
    *ret_callbacks = callbacks;
    return HF_DONE;
}

static hf_status new_session(struct hf_h2_server *server)
{
    nghttp2_session_callbacks *callbacks = NULL;
    HF_TRY(new_callbacks(&callbacks));
    nghttp2_option *option = NULL;
    int rc = nghttp2_option_new(&option);
    if (rc == 0) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1); /* h2_late.h knows what is to be known */
        nghttp2_option_set_stream_reset_rate_limit(option, 200, 10);
        nghttp2_option_set_max_continuations(option, MAX_CONTINUATIONS);
        nghttp2_option_set_max_settings(option, MAX_SETTINGS_ENTRIES);
        for (unsigned type = FIRST_UNKNOWN_FRAME_TYPE; type <= UINT8_MAX; type++) {
            nghttp2_option_set_user_recv_extension_type(option, (uint8_t)type);
        }
        nghttp2_mem mem = hf_h2_mem(hf_loop_spare_blocks(config_of(server)->loop));
        rc = nghttp2_session_server_new3(&server->session, callbacks, server, option, &mem);
        nghttp2_option_del(option);
    }
    nghttp2_session_callbacks_del(callbacks);
    return hf_status_of(rc == 0 ? HF_OK : HF_NOMEM);
}

static hf_status submit_settings(struct hf_h2_server *server)
{
    const struct hf_h2_server_limits *limits = &config_of(server)->limits;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->stream_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HF_H2_MAX_LIST_BYTES},
    };
    if (nghttp2_submit_settings(server->session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof settings[0]) != 0 ||
        nghttp2_session_set_local_window_size(server->session, NGHTTP2_FLAG_NONE, 0,
                                              CONNECTION_WINDOW_BYTES) != 0) {
        HF_FAIL(NOMEM);
    }
    return HF_DONE;
}

static struct hf_h2_stream *first_open(const struct hf_h2_server *server)
{
    struct hf_h2_stream *stream = server->streams;
    while (stream && stream->closed) {
        stream = stream->next;
    }
    return stream;
}

/* Nothing more can reach the peer: every stream ends now, and so does the work behind it. Each
 * callback may release any stream, so the list is read anew. */
static void end_streams(struct hf_h2_server *server)
{
    struct hf_h2_stream *stream;
    while ((stream = first_open(server)) != NULL) {
        nghttp2_session_set_stream_user_data(server->session, stream->id, NULL);
        hf_h2_stream_close(stream, HF_H2_END_CONNECTION);
    }
    server->n_open = 0;
    server->head = NULL;
}

/* --- the connection's events --------------------------------------------------------------- */

static void on_ready(void *context)
{
    struct hf_h2_server *server = context;
    server->opened_ms = server->idle_since_ms = now_ms(server);
    server->guard = hf_guard_init(now_ms(server));
    server->late = hf_h2_late_init();
    server->peer.has_cert = hf_is_ok(hf_conn_peer_cert(server->conn, &server->peer.cert));
    hf_status status = new_session(server);
    if (hf_is_ok(status)) {
        status = submit_settings(server);
    }
    if (!hf_is_ok(status)) {
        hf_conn_finish(server->conn);
        return;
    }
    sweep_soon(server);
    hf_conn_mark_dirty(server->conn);
}

static hf_status on_bytes(void *context, hf_bytes bytes)
{
    struct hf_h2_server *server = context;
    if (!server->session) {
        HF_FAIL(NOMEM);
    }
    hf_conn_mark_dirty(server->conn);
    while (bytes.size > 0) {
        struct hf_h2_data_head head;
        size_t size = hf_h2_late_scan(&server->late, bytes, &head);
        ssize_t n = nghttp2_session_mem_recv(server->session, bytes.data, size);
        if (n < 0) {
            condemn(server,
                    n == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
            HF_FAIL(REQUEST_MALFORMED);
        }
        if (head.stream_id != 0) {
            judge_data_head(server, &head);
        }
        bytes = hf_bytes_skip(bytes, size);
    }
    return HF_DONE;
}

static hf_status pull(void *context, hf_bytes *ret_bytes)
{
    struct hf_h2_server *server = context;
    if (!server->session) {
        *ret_bytes = hf_bytes_of(NULL, 0);
        return HF_DONE;
    }
    const uint8_t *data = NULL;
    ssize_t n = nghttp2_session_mem_send(server->session, &data);
    if (n < 0) {
        HF_FAIL(INTERNAL);
    }
    *ret_bytes = hf_bytes_of(data, (size_t)n);
    if (n == 0 && !nghttp2_session_want_read(server->session) &&
        !nghttp2_session_want_write(server->session)) {
        end_streams(server);
        hf_conn_finish(server->conn);
    }
    return HF_DONE;
}

static bool wants_read(void *context)
{
    const struct hf_h2_server *server = context;
    return server->session &&
           nghttp2_session_get_outbound_queue_size(server->session) < MAX_OUTBOUND_WHILE_BLOCKED;
}

/* The connection is gone: nothing of the session is needed any more. */
static void lose_connection(struct hf_h2_server *server)
{
    struct hf_h2_service *service = server->service;
    hf_loop_timer_stop(service->config.loop, &server->sweep);
    server->conn = NULL;
    service->n_connections--;
    nghttp2_session *session = server->session;
    server->n_work++; /* holds the server while its streams end */
    if (session) {
        end_streams(server);
        server->session = NULL;
        nghttp2_session_del(session);
    }
    server->n_work--;
    hf_h2_server_reap(server);
}

static void on_end(void *context, enum hf_conn_end end, const char *why)
{
    (void)end;
    (void)why;
    lose_connection(context);
}

/* --- time ---------------------------------------------------------------------------------- */

static bool is_over(uint64_t since_ms, uint64_t limit_ms, uint64_t at_ms)
{
    return at_ms >= since_ms + limit_ms;
}

static void sweep_stream(struct hf_h2_stream *stream, uint64_t at_ms)
{
    const struct hf_h2_server_limits *limits = &config_of(stream->server)->limits;
    bool body_stalls = stream->dispatched && !stream->remote_done &&
                       is_over(stream->body_ms, limits->body_idle_ms, at_ms);
    bool output_stalls = hf_h2_stream_unframed(stream) > 0 &&
                         is_over(stream->progress_ms, limits->write_stall_ms, at_ms);
    if (body_stalls || output_stalls || is_over(stream->opened_ms, limits->request_ms, at_ms)) {
        hf_h2_stream_reset(stream, HF_H2_CANCEL);
    } else if (stream->ended && !stream->remote_done &&
               is_over(stream->progress_ms, LINGER_MS, at_ms)) {
        hf_h2_stream_stop_lingering(stream);
    }
}

/* Whether the connection as a whole has used up its time. */
static bool is_connection_over(const struct hf_h2_server *server, uint64_t at_ms)
{
    const struct hf_h2_server_limits *limits = &config_of(server)->limits;
    if (!server->settled && is_over(server->opened_ms, limits->header_block_ms, at_ms)) {
        return true;
    }
    if (server->header_since_ms != 0 &&
        is_over(server->header_since_ms, limits->header_block_ms, at_ms)) {
        return true;
    }
    return server->n_open == 0 && is_over(server->idle_since_ms, limits->connection_idle_ms, at_ms);
}

static void sweep(void *context)
{
    struct hf_h2_server *server = context;
    uint64_t at_ms = now_ms(server);
    if (server->shutdown_ms != 0 && at_ms >= server->shutdown_ms && !server->condemned) {
        nghttp2_submit_goaway(server->session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(server->session),
                              NGHTTP2_NO_ERROR, NULL, 0);
        server->shutdown_ms = UINT64_MAX; /* once */
        hf_h2_server_mark_dirty(server);
    }
    if (is_connection_over(server, at_ms)) {
        condemn(server, NGHTTP2_NO_ERROR);
        return;
    }
    for (struct hf_h2_stream *stream = server->streams; stream; stream = stream->next) {
        if (!stream->closed) {
            sweep_stream(stream, at_ms);
        }
    }
    uint64_t again_ms = SWEEP_MS;
    if (server->n_open == 0 && server->settled && server->header_since_ms == 0 &&
        server->shutdown_ms == 0) {
        again_ms = server->idle_since_ms + config_of(server)->limits.connection_idle_ms - at_ms;
    }
    hf_loop_timer_start(config_of(server)->loop, &server->sweep, again_ms);
}

/* --- the beginning and the end ------------------------------------------------------------- */

static const struct hf_conn_events conn_events = {.on_ready = on_ready,
                                                  .on_bytes = on_bytes,
                                                  .pull = pull,
                                                  .wants_read = wants_read,
                                                  .on_end = on_end};

static void link_server(struct hf_h2_server *server)
{
    struct hf_h2_service *service = server->service;
    server->next = service->first;
    if (server->next) {
        server->next->prev = server;
    }
    service->first = server;
    service->n_servers++;
    service->n_connections++;
}

hf_status hf_h2_server_new(struct hf_h2_service *service, int fd, const struct hf_address *address)
{
    struct hf_h2_server *server = calloc(1, sizeof *server);
    if (!server) {
        close(fd);
        HF_FAIL(NOMEM);
    }
    server->service = service;
    server->peer.address = *address;
    server->sweep = hf_timer_init(sweep, server);
    const struct hf_conn_config config = {.loop = service->config.loop,
                                          .tls = service->config.tls,
                                          .host = NULL,
                                          .handshake_ms = service->config.limits.handshake_ms,
                                          .write_stall_ms = service->config.limits.write_stall_ms};
    hf_status status = hf_conn_new(&config, fd, &conn_events, server, &server->conn);
    if (!hf_is_ok(status)) {
        free(server);
        return status;
    }
    link_server(server);
    return HF_DONE;
}

void hf_h2_server_shutdown(struct hf_h2_server *server)
{
    if (!server->session) {
        if (server->conn) {
            hf_conn_finish(server->conn); /* still in its handshake */
        }
        return;
    }
    if (server->condemned || server->shutdown_ms != 0) {
        return;
    }
    /* = RFC 9113 6.8: say that the end is near, then, a round trip later, which streams count. */
    nghttp2_submit_shutdown_notice(server->session);
    server->shutdown_ms = now_ms(server) + SHUTDOWN_NOTICE_MS;
    sweep_soon(server);
    hf_h2_server_mark_dirty(server);
}

void hf_h2_server_abort(struct hf_h2_server *server)
{
    if (server->conn) {
        hf_conn_abort(server->conn);
        lose_connection(server);
    }
}

void hf_h2_server_reap(struct hf_h2_server *server)
{
    struct hf_h2_service *service = server->service;
    if (server->conn || server->streams || server->n_work > 0) {
        return;
    }
    if (server->prev) {
        server->prev->next = server->next;
    } else {
        service->first = server->next;
    }
    if (server->next) {
        server->next->prev = server->prev;
    }
    service->n_servers--;
    free(server);
    hf_h2_service_reap(service);
}

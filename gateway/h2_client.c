/*
 * One HTTP/2 connection to a source: nghttp2's client callbacks.
 *
 * It decides what counts as an answer: bounded heads, one final status, END_STREAM. It returns
 * credit only for what the caller took, so a source never sends more than a stream's window ahead
 * of a slow bank; and the connection's window is a stream's window for every stream there may be,
 * so one slow bank cannot use up the credit of the others.
 *
 * Invariant: a stream whose END_STREAM has been seen is never reset. The stream ends by itself, and
 * a needless RST_STREAM counts against our reset budget at the source.
 */
#include "gateway/h2_client.h"

#include "gateway/conn.h"
#include "gateway/h2_mem.h"
#include "gateway/h2_nv.h"
#include "gateway/upstream_impl.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_STREAMS = 256, MAX_OUTBOUND_WHILE_BLOCKED = 500, LAST_STREAM_ID = 0x7ffffff0 };

struct hf_h2_client {
    struct hf_h2_client_config config;
    struct hf_conn *conn;
    nghttp2_session *session;
    struct hf_call *calls;
    struct hf_call *head; /* whose header block is being read */
    uint32_t n_streams;   /* submitted and not yet closed, forgotten ones included */
    uint32_t n_calls;
    uint64_t last_bytes_ms;
    bool ready;
    bool going_away;
    bool is_broken; /* the source broke HTTP/2's rules for the connection */
};

static void link_call(struct hf_h2_client *client, struct hf_call *call)
{
    call->client = client;
    call->prev = NULL;
    call->next = client->calls;
    if (call->next) {
        call->next->prev = call;
    }
    client->calls = call;
    client->n_calls++;
}

static void unlink_call(struct hf_h2_client *client, struct hf_call *call)
{
    if (client->head == call) {
        client->head = NULL;
    }
    if (call->prev) {
        call->prev->next = call->next;
    } else {
        client->calls = call->next;
    }
    if (call->next) {
        call->next->prev = call->prev;
    }
    call->next = call->prev = NULL;
    call->client = NULL;
    client->n_calls--;
}

static struct hf_call *call_of(nghttp2_session *session, int32_t id)
{
    return id > 0 ? nghttp2_session_get_stream_user_data(session, id) : NULL;
}

/* Takes the call off its stream; the stream itself lives on until nghttp2 closes it. */
static void detach(struct hf_h2_client *client, struct hf_call *call)
{
    nghttp2_session_set_stream_user_data(client->session, call->stream_id, NULL);
    if (call->unconsumed_bytes > 0) {
        nghttp2_session_consume_connection(client->session, call->unconsumed_bytes);
        call->unconsumed_bytes = 0;
    }
    unlink_call(client, call);
    hf_conn_mark_dirty(client->conn);
}

static void fail(struct hf_h2_client *client, struct hf_call *call, enum hf_code code,
                 uint32_t error, const char *detail)
{
    const struct hf_call_fault fault = {
        .code = code, .was_reset = call->was_reset, .h2_error = error, .detail = detail};
    detach(client, call);
    hf_call_fail(call, &fault);
}

/* --- the answer's head --------------------------------------------------------------------- */

static void begin_block(struct hf_call *call)
{
    hf_h2_block_clear(&call->block);
    hf_arena_reset(&call->head_arena);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_client *client = context;
    struct hf_call *call = call_of(session, frame->hd.stream_id);
    client->head = call;
    if (call) {
        hf_prefetch(call->context, HF_CALL_WARM_BYTES); /* while the fields are decoded */
        begin_block(call);
    }
    return 0;
}

/* = RFC 9110 15: 100 to 599; nghttp2 has seen to it that there are three digits. Anything else must
 * not be taken for an interim answer, or what follows it would be read as something it is not. */
static bool read_status(struct hf_call *call, hf_bytes text)
{
    if (text.size != 3) {
        return false;
    }
    const uint8_t *digits = text.data;
    call->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    return call->status >= 100 && call->status <= 599;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *context)
{
    (void)session;
    (void)frame;
    (void)flags;
    const struct hf_h2_client *client = context;
    struct hf_call *call = client->head; /* header blocks never interleave */
    if (!call) {
        return 0;
    }
    hf_bytes field_name = hf_h2_view(name);
    hf_bytes field_value = hf_h2_view(value);
    if (!hf_h2_block_count(&call->block, field_name.size, field_value.size)) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (hf_bytes_equal(field_name, HF_LITERAL(":status"))) {
        return read_status(call, field_value) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    hf_status status = hf_h2_block_keep(&call->block, &call->head_arena, name, value);
    return hf_is_ok(status) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Runs a callback that may cancel the call. Returns whether the call goes on. */
static bool tell_head(struct hf_call *call)
{
    call->in_callback = true;
    if (!call->headers_seen) {
        call->headers_seen = true;
        call->events->on_headers(call->context, call->status, call->block.fields,
                                 call->block.n_fields);
    } else if (call->events->on_trailers) {
        call->events->on_trailers(call->context, call->block.fields, call->block.n_fields);
    }
    call->in_callback = false;
    return !call->over;
}

static void on_headers_frame(struct hf_call *call)
{
    bool is_interim = !call->headers_seen && call->status < 200;
    if (!is_interim && !tell_head(call)) {
        hf_call_finish_if_done(call); /* frees what was cancelled */
        return;
    }
    begin_block(call);
}

/* --- frames -------------------------------------------------------------------------------- */

static void end_of_answer(struct hf_h2_client *client, struct hf_call *call)
{
    call->remote_ended = true;
    if (nghttp2_session_get_stream_local_close(client->session, call->stream_id) == 0) {
        /* Answered before our body was all sent: the rest is not wanted (RFC 9113 8.1). */
        nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, call->stream_id,
                                  NGHTTP2_NO_ERROR);
    }
    hf_call_finish_if_done(call);
}

/* A frame of an answer, which may end it. */
static void on_answer_frame(struct hf_h2_client *client, const nghttp2_frame *frame)
{
    struct hf_call *call;
    if (frame->hd.type == NGHTTP2_HEADERS && client->head) {
        on_headers_frame(client->head);
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
        (call = call_of(client->session, frame->hd.stream_id)) != NULL) {
        end_of_answer(client, call);
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_client *client = context;
    struct hf_call *call;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        on_answer_frame(client, frame);
        break;
    case NGHTTP2_RST_STREAM:
        call = call_of(session, frame->hd.stream_id);
        if (call) {
            call->was_reset = true;
        }
        break;
    case NGHTTP2_GOAWAY:
        client->going_away = true;
        break;
    case NGHTTP2_SETTINGS:
        client->config.on_room(client->config.context);
        break;
    default:
        break;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t size, void *context)
{
    (void)flags;
    (void)context;
    struct hf_call *call = call_of(session, id);
    if (!call) {
        nghttp2_session_consume_connection(session, size);
        return 0;
    }
    call->unconsumed_bytes += size;
    hf_call_receive(call, hf_bytes_of(data, size));
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    struct hf_h2_client *client = context;
    client->n_streams--;
    struct hf_call *call = call_of(session, id);
    if (call && !call->remote_ended) {
        if (error == NGHTTP2_REFUSED_STREAM && !call->headers_seen) {
            detach(client, call);
            hf_call_again(call);
        } else if (call->was_reset) {
            fail(client, call, HF_SOURCE_UNAVAILABLE, error, "the source reset the stream");
        } else {
            fail(client, call, HF_SOURCE_MALFORMED, error, "the answer breaks HTTP/2's rules");
        }
    }
    client->config.on_room(client->config.context);
    return 0;
}

/* From here on the source may have seen the request: a lost connection does not repeat it. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct hf_h2_client *client = context;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        struct hf_call *call = call_of(session, frame->hd.stream_id);
        if (call) {
            call->sent = true;
        }
    } else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        client->is_broken = true; /* nghttp2 found the source breaking the protocol */
    }
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t capacity,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)source;
    (void)context;
    struct hf_call *call = call_of(session, id);
    if (!call) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    hf_bytes rest = hf_bytes_skip(call->request.body, call->body_sent);
    size_t n = rest.size < capacity ? rest.size : capacity;
    memcpy(data, rest.data, n);
    call->body_sent += n;
    if (n == rest.size) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)n;
}

/* --- the session --------------------------------------------------------------------------- */

static hf_status new_session(struct hf_h2_client *client)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        HF_FAIL(NOMEM);
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    int rc = nghttp2_option_new(&option);
    if (rc == 0) {
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_mem mem = hf_h2_mem(hf_loop_spare_blocks(client->config.loop));
        rc = nghttp2_session_client_new3(&client->session, callbacks, client, option, &mem);
        nghttp2_option_del(option);
    }
    nghttp2_session_callbacks_del(callbacks);
    return hf_status_of(rc == 0 ? HF_OK : HF_NOMEM);
}

static hf_status submit_settings(struct hf_h2_client *client)
{
    uint32_t window_bytes = client->config.stream_window_bytes;
    uint64_t all_bytes = (uint64_t)MAX_STREAMS * window_bytes;
    int32_t connection_bytes = all_bytes < INT32_MAX ? (int32_t)all_bytes : INT32_MAX;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HF_H2_MAX_LIST_BYTES},
        /* = RFC 9218 2.1: we send no priorities, and nghttp2 keeps no tree of them. */
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    /* The SETTINGS entry changes streams only; the connection's own window has its own call. */
    if (nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof settings[0]) != 0 ||
        nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0,
                                              connection_bytes) != 0) {
        HF_FAIL(NOMEM);
    }
    return HF_DONE;
}

static void on_ready(void *context)
{
    struct hf_h2_client *client = context;
    hf_status status = new_session(client);
    if (hf_is_ok(status)) {
        status = submit_settings(client);
    }
    if (!hf_is_ok(status)) {
        hf_conn_finish(client->conn);
        return;
    }
    client->ready = true;
    client->last_bytes_ms = hf_loop_now_ms(client->config.loop);
    hf_conn_mark_dirty(client->conn);
    client->config.on_room(client->config.context);
}

static hf_status on_bytes(void *context, hf_bytes bytes)
{
    struct hf_h2_client *client = context;
    if (!client->session) {
        HF_FAIL(NOMEM);
    }
    client->last_bytes_ms = hf_loop_now_ms(client->config.loop);
    ssize_t n = nghttp2_session_mem_recv(client->session, bytes.data, bytes.size);
    hf_conn_mark_dirty(client->conn);
    if (n < 0) {
        client->is_broken = true;
        HF_FAIL(SOURCE_MALFORMED);
    }
    return HF_DONE;
}

static hf_status pull(void *context, hf_bytes *ret_bytes)
{
    struct hf_h2_client *client = context;
    *ret_bytes = hf_bytes_of(NULL, 0);
    if (!client->session) {
        return HF_DONE;
    }
    const uint8_t *data = NULL;
    ssize_t n = nghttp2_session_mem_send(client->session, &data);
    if (n < 0) {
        HF_FAIL(INTERNAL);
    }
    *ret_bytes = hf_bytes_of(data, (size_t)n);
    if (n == 0 && !nghttp2_session_want_read(client->session) &&
        !nghttp2_session_want_write(client->session)) {
        client->going_away = true;
        hf_conn_finish(client->conn);
    }
    return HF_DONE;
}

static bool wants_read(void *context)
{
    const struct hf_h2_client *client = context;
    return client->session &&
           nghttp2_session_get_outbound_queue_size(client->session) < MAX_OUTBOUND_WHILE_BLOCKED;
}

/* The calls learn what became of them. One whose answer has wholly arrived goes on from memory. */
static void end_calls(struct hf_h2_client *client, const char *why)
{
    client->going_away = true;
    while (client->calls) {
        struct hf_call *call = client->calls;
        if (call->remote_ended) {
            unlink_call(client, call);
            call->unconsumed_bytes = 0;
        } else if (!call->sent) {
            detach(client, call);
            hf_call_again(call);
        } else {
            fail(client, call, client->is_broken ? HF_SOURCE_MALFORMED : HF_SOURCE_UNAVAILABLE,
                 NGHTTP2_NO_ERROR, why);
        }
    }
}

static void free_client(struct hf_h2_client *client)
{
    nghttp2_session_del(client->session);
    free(client);
}

static void on_end(void *context, enum hf_conn_end end, const char *why)
{
    (void)end;
    struct hf_h2_client *client = context;
    end_calls(client, why);
    client->config.on_end(client->config.context, why);
    free_client(client);
}

static const struct hf_conn_events conn_events = {.on_ready = on_ready,
                                                  .on_bytes = on_bytes,
                                                  .pull = pull,
                                                  .wants_read = wants_read,
                                                  .on_end = on_end};

/* --- the pool's calls ---------------------------------------------------------------------- */

hf_status hf_h2_client_new(const struct hf_h2_client_config *config, int fd,
                           struct hf_h2_client **ret_client)
{
    struct hf_h2_client *client = calloc(1, sizeof *client);
    if (!client) {
        close(fd);
        HF_FAIL(NOMEM);
    }
    client->config = *config;
    const struct hf_conn_config conn = {.loop = config->loop,
                                        .tls = config->tls,
                                        .host = config->host,
                                        .handshake_ms = config->connect_ms,
                                        .write_stall_ms = config->write_stall_ms};
    hf_status status = hf_conn_new(&conn, fd, &conn_events, client, &client->conn);
    if (!hf_is_ok(status)) {
        free(client);
        return status;
    }
    *ret_client = client;
    return HF_DONE;
}

bool hf_h2_client_is_ready(const struct hf_h2_client *client)
{
    return client->ready && !client->going_away;
}

uint32_t hf_h2_client_room(const struct hf_h2_client *client)
{
    if (!hf_h2_client_is_ready(client) ||
        nghttp2_session_get_next_stream_id(client->session) > LAST_STREAM_ID) {
        return 0;
    }
    uint32_t limit = nghttp2_session_get_remote_settings(client->session,
                                                         NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    limit = limit < MAX_STREAMS ? limit : MAX_STREAMS;
    return client->n_streams < limit ? limit - client->n_streams : 0;
}

uint32_t hf_h2_client_calls(const struct hf_h2_client *client)
{
    return client->n_calls;
}

uint64_t hf_h2_client_last_bytes_ms(const struct hf_h2_client *client)
{
    return client->last_bytes_ms;
}

hf_status hf_h2_client_send(struct hf_h2_client *client, struct hf_call *call)
{
    const struct hf_call_request *request = &call->request;
    const struct hf_h2_field pseudo[] = {
        {.name = HF_LITERAL(":method"), .value = request->method},
        {.name = HF_LITERAL(":scheme"), .value = HF_LITERAL("https")},
        {.name = HF_LITERAL(":authority"), .value = request->authority},
        /* It names a subject: never indexed. */
        {.name = HF_LITERAL(":path"), .value = request->path, .indexing = HF_H2_INDEX_NONE}};
    HF_UNINITIALISED nghttp2_nv nv[4 + HF_H2_MAX_RESPONSE_FIELDS];
    const bool puts_names =
        hf_h2_puts_names((int32_t)nghttp2_session_get_next_stream_id(client->session));
    for (size_t i = 0; i < 4; i++) {
        nv[i] = hf_h2_nv(&pseudo[i], puts_names);
    }
    for (size_t i = 0; i < request->n_fields; i++) {
        nv[4 + i] = hf_h2_nv(&request->fields[i], puts_names);
    }
    const nghttp2_data_provider body = {.source = {.ptr = call}, .read_callback = read_body};
    int32_t id = nghttp2_submit_request(client->session, NULL, nv, 4 + request->n_fields,
                                        request->body.size > 0 ? &body : NULL, call);
    if (id < 0) {
        return hf_status_of(id == NGHTTP2_ERR_NOMEM ? HF_NOMEM : HF_BUG);
    }
    call->stream_id = id;
    call->body_sent = 0;
    call->sent = false;
    client->n_streams++;
    link_call(client, call);
    hf_conn_mark_dirty(client->conn);
    return HF_DONE;
}

void hf_h2_client_forget(struct hf_h2_client *client, struct hf_call *call)
{
    if (!call->remote_ended) {
        nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, call->stream_id,
                                  NGHTTP2_CANCEL);
    }
    detach(client, call);
}

void hf_h2_client_consume(struct hf_h2_client *client, struct hf_call *call, size_t n)
{
    if (n > 0) {
        call->unconsumed_bytes -= n;
        nghttp2_session_consume(client->session, call->stream_id, n);
        hf_conn_mark_dirty(client->conn);
    }
}

void hf_h2_client_finish(struct hf_h2_client *client)
{
    client->going_away = true;
    if (client->session) {
        nghttp2_session_terminate_session(client->session, NGHTTP2_NO_ERROR);
        hf_conn_mark_dirty(client->conn);
    } else {
        hf_conn_finish(client->conn);
    }
}

void hf_h2_client_abort(struct hf_h2_client *client, const char *why)
{
    hf_conn_abort(client->conn);
    on_end(client, HF_CONN_FAILED, why);
}

void hf_h2_client_free(struct hf_h2_client *client)
{
    hf_conn_abort(client->conn);
    free_client(client);
}

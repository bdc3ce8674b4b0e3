/*
 * The gateway as HTTP/2 server: a service is one listening socket of one worker with all its
 * connections; a stream is one request on one of them.
 *
 * Nothing here decides about a request. It frames, bounds and counts: header lists, streams, work
 * in flight, resets both ways, control frames, stalls; and it hands over only complete requests.
 * All calls and callbacks are on the loop's thread. Callbacks may call any function here; nothing
 * is sent before the end of the turn.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/cert.h"
#include "gateway/address.h"
#include "gateway/h2.h"
#include "gateway/loop.h"
#include "gateway/tls.h"

struct hf_h2_service;
struct hf_h2_stream;

/* Who is at the other end; lives as long as any stream of the connection. */
struct hf_h2_peer {
    struct hf_address address;
    bool has_cert;
    struct hf_cert_info cert; /* proven in the handshake; not judged */
};

/* A complete request head. Views live until hf_h2_stream_release(). */
struct hf_h2_request {
    /*
     * HF_OK, or what is wrong with the head: HEADERS_TOO_LARGE, or REQUEST_MALFORMED (no or
     * differing authority, user info or '#' in it, '#' in the path, '_' in a name). Then the
     * fields are not to be trusted, and n_fields is 0.
     */
    enum hf_code fault;
    hf_bytes method;
    hf_bytes authority;
    hf_bytes path;                    /* with the query, as sent */
    const struct hf_h2_field *fields; /* regular fields only, in order */
    size_t n_fields;
    bool has_body;
};

/* Why a stream ended. */
enum hf_h2_end {
    HF_H2_END_COMPLETE,  /* the whole answer was framed, END_STREAM included */
    HF_H2_END_RESET,     /* RST_STREAM, ours or theirs */
    HF_H2_END_CONNECTION /* the connection is gone */
};

struct hf_h2_server_events {
    /*
     * A request is there. The stream is the callee's from here on: it must call
     * hf_h2_stream_release() exactly once, in on_end or later, when all work for it has ended;
     * until then it counts as work in flight of its connection.
     */
    void (*on_request)(void *context, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request);
    /* Body bytes, valid during the call; give credit back by hf_h2_stream_consume(). */
    void (*on_body)(void *context, struct hf_h2_stream *stream, hf_bytes bytes);
    void (*on_body_end)(void *context, struct hf_h2_stream *stream);
    /*
     * Body bytes are about to be framed: they leave now. False: neither they nor anything behind
     * them leaves, and the stream is reset (on_end follows). This is where a revocation cuts an
     * answer, and where what has left is counted. May be NULL: everything leaves.
     */
    bool (*on_send)(void *context, struct hf_h2_stream *stream, hf_bytes bytes);
    /* There is room in the output buffer again, after hf_h2_stream_room() had been 0, or all that
     * was written has been framed. */
    void (*on_writable)(void *context, struct hf_h2_stream *stream);
    /* Nothing more can be sent or will be received. Comes once for each on_request. */
    void (*on_end)(void *context, struct hf_h2_stream *stream, enum hf_h2_end end);
    /* All connections are gone after hf_h2_service_drain(). May be NULL. */
    void (*on_drained)(void *context);
};

/* Figures; hf_h2_server_limits_default() fills them. */
struct hf_h2_server_limits {
    uint32_t max_connections;     /* 10000: of this service on this worker */
    uint32_t max_streams;         /* 100: at once on a connection */
    uint32_t max_work;            /* 100: streams not yet released on a connection */
    uint32_t max_requests;        /* 100000: of a connection, then GOAWAY in order */
    uint32_t stream_window_bytes; /* 65535: request bodies */
    uint32_t output_buffer_bytes; /* 65536: of a stream; hf_h2_stream_room() counts it down */
    uint64_t handshake_ms;        /* 10000 */
    uint64_t header_block_ms;     /* 10000: preface and SETTINGS, and a begun header block */
    uint64_t body_idle_ms;        /* 30000 */
    uint64_t write_stall_ms;      /* 30000: output waits and the peer takes none, per stream too */
    uint64_t connection_idle_ms;  /* 120000 */
    uint64_t request_ms;          /* 310000: whole request, however it spends it */
};
struct hf_h2_server_limits hf_h2_server_limits_default(void);

struct hf_h2_service_config {
    struct hf_loop *loop;
    struct hf_address listen;
    struct hf_tls_context *tls; /* a reference is taken */
    struct hf_h2_server_limits limits;
    const struct hf_h2_server_events *events; /* borrowed, static */
    void *context;
};

/* Starts to listen. Errors: IO (errno kept), NOMEM. */
hf_status hf_h2_service_open(const struct hf_h2_service_config *config,
                             struct hf_h2_service **ret_service);

/* Takes a connected socket as if it had been accepted; @fd is owned from here on. Errors: NOMEM,
 * IO, LIMIT. */
hf_status hf_h2_service_adopt(struct hf_h2_service *service, int fd);

/* The port it listens on (when 0 was asked for). */
uint16_t hf_h2_service_port(const struct hf_h2_service *service);
uint32_t hf_h2_service_connections(const struct hf_h2_service *service);

/* New connections use @tls from now on. */
void hf_h2_service_set_tls(struct hf_h2_service *service, struct hf_tls_context *tls);

/* Stops accepting, sends GOAWAY, lets open streams end; then on_drained. */
void hf_h2_service_drain(struct hf_h2_service *service);

/* Ends all connections at once (on_end for each stream) and stops listening. Frees the service once
 * the last stream has been released. */
void hf_h2_service_close(struct hf_h2_service *service);

/* --- a stream ------------------------------------------------------------------------------ */

/* A pointer of the callee's own. */
void hf_h2_stream_set_context(struct hf_h2_stream *stream, void *context);
void *hf_h2_stream_context(const struct hf_h2_stream *stream);
const struct hf_h2_peer *hf_h2_stream_peer(const struct hf_h2_stream *stream);

/**
 * hf_h2_respond() - queue the response HEADERS
 * @status:   200..599
 * @fields:   values are copied, names are literals; at most HF_H2_MAX_RESPONSE_FIELDS
 * @has_body: false: END_STREAM goes with them; true: hf_h2_stream_write(), hf_h2_stream_end()
 *
 * Errors: BUG (second response, bad field, too many), NOMEM. On a stream that has ended: OK and
 * nothing happens, as with every function below.
 */
hf_status hf_h2_respond(struct hf_h2_stream *stream, int status, const struct hf_h2_field *fields,
                        size_t n_fields, bool has_body);

/* How many bytes the caller should still write; 0: wait for on_writable. */
size_t hf_h2_stream_room(const struct hf_h2_stream *stream);

/* Bytes written that have not been framed (framed bytes count as having left). */
size_t hf_h2_stream_unframed(const struct hf_h2_stream *stream);

/**
 * hf_h2_stream_write() - append body bytes; copied
 *
 * May overshoot the room by 192 KiB, because a redacted chunk can be longer than its source.
 * Errors: LIMIT (beyond that), BUG (no response yet, or ended), NOMEM.
 */
hf_status hf_h2_stream_write(struct hf_h2_stream *stream, hf_bytes bytes);

/* The same, but the memory moves with the bytes when it can: @bytes is empty afterwards. On failure
 * it is as it was. */
hf_status hf_h2_stream_give(struct hf_h2_stream *stream, hf_buf *bytes);

/**
 * hf_h2_stream_end() - the body is complete
 * @trailers: as fields; with n_trailers 0 END_STREAM goes with the last DATA, else the trailers
 * carry it, behind all DATA
 *
 * Errors: BUG, NOMEM.
 */
hf_status hf_h2_stream_end(struct hf_h2_stream *stream, const struct hf_h2_field *trailers,
                           size_t n_trailers);

/* Drops what is unframed and sends RST_STREAM. on_end comes at the end of the turn. */
void hf_h2_stream_reset(struct hf_h2_stream *stream, enum hf_h2_error error);

/* Gives credit for @n body bytes back to the peer. */
void hf_h2_stream_consume(struct hf_h2_stream *stream, size_t n);

/* GOAWAY for the stream's connection: no new streams, those open may end. */
void hf_h2_stream_goaway(struct hf_h2_stream *stream);

/* The callee's last call for @stream; ends the work that it stood for. If the stream still lives it
 * is reset (and no on_end follows). */
void hf_h2_stream_release(struct hf_h2_stream *stream);

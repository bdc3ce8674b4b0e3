/*
 * What the three files of the HTTP/2 server share: h2_service.c (listening, connections),
 * h2_server.c (one connection: session callbacks, limits, timers), h2_stream.c (one stream's
 * answer). Nobody else includes this.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/pool.h"
#include "gateway/conn.h"
#include "gateway/guard.h"
#include "gateway/h2_fields.h"
#include "gateway/h2_late.h"
#include "gateway/h2_server.h"

#include <nghttp2/nghttp2.h>

struct hf_h2_server; /* one connection */

struct hf_h2_service {
    struct hf_h2_service_config config;
    struct hf_io *listener;
    int listener_fd; /* -1: not listening */
    struct hf_timer accept_again;
    struct hf_h2_server *first;
    struct hf_pool idle_streams; /* each keeps the chunk of its arena */
    uint32_t n_connections;
    uint32_t n_servers; /* connections, and dead ones with unreleased streams */
    bool draining;
    bool drained; /* on_drained has been called */
    bool closing;
};

struct hf_h2_server {
    struct hf_h2_service *service;
    struct hf_h2_server *next;
    struct hf_h2_server *prev;
    struct hf_conn *conn; /* NULL once gone */
    nghttp2_session *session;
    struct hf_h2_peer peer;
    struct hf_h2_stream *head;    /* whose header block is being read */
    struct hf_h2_stream *streams; /* open ones, and closed ones not yet released */
    struct hf_guard guard;
    struct hf_timer sweep;
    uint64_t opened_ms;
    uint64_t idle_since_ms;
    uint64_t header_since_ms; /* 0: no header block is under way */
    uint64_t shutdown_ms;     /* when the last GOAWAY of an orderly end is due; 0: no such end */
    uint32_t n_open;          /* streams that nghttp2 has open */
    uint32_t n_work;          /* dispatched and not released */
    uint32_t n_requests;
    uint32_t n_header_offences;
    int32_t highest_id;
    struct hf_h2_late late;
    bool settled;   /* the peer has acknowledged our SETTINGS */
    bool condemned; /* the final GOAWAY is queued: nothing is dispatched any more */
};

struct hf_h2_stream {
    struct hf_h2_server *server;
    struct hf_h2_stream *next;
    struct hf_h2_stream *prev;
    void *context;
    struct hf_arena arena; /* request head, trailers to send */
    struct hf_h2_block block;
    struct hf_h2_request request;
    hf_buf out;
    size_t out_framed; /* bytes of out that nghttp2 has taken */
    struct hf_h2_field *trailers;
    size_t n_trailers;
    size_t unconsumed_bytes;
    uint64_t opened_ms;
    uint64_t body_ms;     /* when body bytes last came */
    uint64_t progress_ms; /* when output last moved, or began to wait */
    struct hf_job writable_job;
    int32_t id;

    bool dispatched; /* on_request was called */
    bool released;
    bool closed;      /* nothing reaches the peer any more; on_end was called if due */
    bool remote_done; /* END_STREAM received */
    bool responded;
    bool is_head;    /* responded to HEAD: nothing but HEADERS leaves */
    bool ended;      /* hf_h2_stream_end() was called, or there is no body */
    bool lingered;   /* an end that comes before the request's has waited long enough */
    bool framed_end; /* END_STREAM sent */
    bool deferred;   /* nghttp2 waits for hf_h2_stream_write() */
    bool own_reset;  /* RST_STREAM was our decision, not the peer's doing */
    bool fault_counted;
    bool was_full; /* room was reported as 0 */
};

/* --- h2_server.c --------------------------------------------------------------------------- */

/* Takes the socket over. On failure the socket is closed. */
hf_status hf_h2_server_new(struct hf_h2_service *service, int fd, const struct hf_address *address);
void hf_h2_server_shutdown(struct hf_h2_server *server); /* in order: GOAWAY twice, then the end */
void hf_h2_server_abort(struct hf_h2_server *server);    /* at once; on_end for each stream */
void hf_h2_server_mark_dirty(struct hf_h2_server *server);
/* Frees the server when nothing refers to it any more. */
void hf_h2_server_reap(struct hf_h2_server *server);

/* --- h2_service.c -------------------------------------------------------------------------- */

void hf_h2_service_reap(struct hf_h2_service *service);

/* --- h2_stream.c --------------------------------------------------------------------------- */

struct hf_h2_stream *hf_h2_stream_new(struct hf_h2_server *server, int32_t id);
void hf_h2_stream_free(struct hf_h2_stream *stream);
void hf_h2_stream_free_idle(struct hf_pool *idle);
/* The client has ended its side, or had its time: the answer may end. */
void hf_h2_stream_stop_lingering(struct hf_h2_stream *stream);
/* The stream is over: tells the callee once, frees it when released. */
void hf_h2_stream_close(struct hf_h2_stream *stream, enum hf_h2_end end);

/* --- h2_head.c ----------------------------------------------------------------------------- */

/* Counts one field of a block and keeps it while the bounds hold. Errors: NOMEM. */
hf_status hf_h2_head_add(struct hf_h2_stream *stream, nghttp2_rcbuf *name, nghttp2_rcbuf *value);

/* The head is complete: sets the request's fault. */
void hf_h2_head_judge(struct hf_h2_stream *stream);

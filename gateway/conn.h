/*
 * One TCP connection with TLS on an event loop: handshake, decrypted bytes in, bytes to encrypt
 * pulled out once a turn, orderly and disorderly ends. It knows nothing of HTTP/2.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "gateway/loop.h"
#include "gateway/tls.h"

struct hf_conn;

enum hf_conn_end {
    HF_CONN_CLOSED, /* the peer closed, or we did */
    HF_CONN_FAILED, /* connect, TLS or socket error */
    HF_CONN_STALLED /* handshake or write deadline */
};

struct hf_conn_events {
    /* The handshake is over. */
    void (*on_ready)(void *context);
    /* Decrypted bytes, valid during the call. A failure ends the connection after what is queued
     * has been sent. */
    hf_status (*on_bytes)(void *context, hf_bytes bytes);
    /* The next bytes to send, valid until the next pull; an empty view: none now. Called only at
     * the end of a turn, while the socket takes bytes. A failure ends the connection. */
    hf_status (*pull)(void *context, hf_bytes *ret_bytes);
    /* Whether to go on reading, asked while the socket takes no more bytes from us. */
    bool (*wants_read)(void *context);
    /* Last call; the connection frees itself afterwards. @why: fixed sentence. */
    void (*on_end)(void *context, enum hf_conn_end end, const char *why);
};

struct hf_conn_config {
    struct hf_loop *loop;
    struct hf_tls_context *tls;
    const char *host;        /* as hf_tls_new(); NULL: we are the server */
    uint64_t handshake_ms;   /* connect and handshake together */
    uint64_t write_stall_ms; /* unsent bytes without progress */
};

/**
 * hf_conn_new() - take over a connected or connecting socket
 * @fd:     owned from here on, also on failure
 * @events: borrowed, static
 *
 * No callback before it returns. Errors: NOMEM, IO, CRYPTO.
 */
hf_status hf_conn_new(const struct hf_conn_config *config, int fd,
                      const struct hf_conn_events *events, void *context,
                      struct hf_conn **ret_conn);

/* There may be something to pull: flush at the end of this turn. Cheap when asked before. */
void hf_conn_mark_dirty(struct hf_conn *conn);

/* Send what is queued, the closing alert, then end (on_end, later). Nothing more is read. */
void hf_conn_finish(struct hf_conn *conn);

/* End at once, without on_end; frees the connection (at the end of the turn). */
void hf_conn_abort(struct hf_conn *conn);

/* Bytes encrypted that the socket has not taken. */
size_t hf_conn_unsent_bytes(const struct hf_conn *conn);

hf_status hf_conn_peer_cert(const struct hf_conn *conn, struct hf_cert_info *ret_info);

/*
 * Two ends of a connection in one process, for tests of the transport: certificates made on the
 * spot, an origin with a scripted answer for each path, and a peer that sends raw frames.
 */
#pragma once

#include "base/buf.h"
#include "gateway/conn.h"
#include "gateway/h2_server.h"
#include "gateway/upstream.h"

/* --- certificates and a loop --------------------------------------------------------------- */

struct wire {
    struct hf_loop *loop;
    hf_buf ca_pem;
    hf_buf server_cert_pem;
    hf_buf server_key_pem;
    hf_buf bank_cert_pem;
    hf_buf bank_key_pem;
    struct hf_tls_context *bank_server;   /* demands a client certificate */
    struct hf_tls_context *public_server; /* does not */
    struct hf_tls_context *bank_client;   /* has one */
    struct hf_tls_context *plain_client;  /* has none */
};

/* The server's certificate is for localhost and 127.0.0.1. Aborts when anything fails. */
void wire_init(struct wire *wire);
void wire_clear(struct wire *wire);

/* Runs the loop until @is_done says so; fails the test after @limit_ms. */
void wire_run_until(struct wire *wire, bool (*is_done)(void *context), void *context,
                    uint64_t limit_ms);

/* Runs the loop for a while. */
void wire_run_ms(struct wire *wire, uint64_t ms);

/* Two ends of a connected stream socket, non-blocking. */
void wire_socket_pair(int ret_fds[static 2]);

/* --- an origin ----------------------------------------------------------------------------- */

/*
 * Answers by path:
 *   /hello              200 "hello", content-type
 *   /echo               200, the request body once it has ended
 *   /bytes/N            200, N bytes, written as there is room
 *   /trailers           200 "hello", then a trailer `check: 1`
 *   /late-trailers      the same, the trailer 20 ms after the body has been framed
 *   /empty              204 without a body
 *   /never              nothing
 *   /headers-only       200, and then nothing
 *   /reset              RST_STREAM(INTERNAL_ERROR)
 *   /reset-body         200 "hel", then RST_STREAM
 *   /hold               keeps the work for 50 ms after the stream has ended
 *   /goaway             200 "hello", and GOAWAY
 */
struct origin {
    struct wire *wire;
    struct hf_h2_service *service;
    unsigned n_requests;
    unsigned n_faulty; /* requests with a fault, answered by its status */
    unsigned n_ended[3];
    unsigned n_live;        /* requests not released */
    size_t n_body_bytes;    /* received */
    size_t n_written_bytes; /* of /bytes */
    enum hf_code last_fault;
    char last_path[256];
    bool last_had_cert;
    bool drained;
};

void origin_open(struct origin *origin, struct wire *wire, const struct hf_h2_server_limits *limits,
                 struct hf_tls_context *tls);
void origin_close(struct origin *origin);
uint16_t origin_port(const struct origin *origin);

/* --- a peer that speaks raw frames ---------------------------------------------------------- */

struct frame {
    uint32_t stream_id;
    uint8_t type;
    uint8_t flags;
    hf_bytes payload; /* into the peer's memory, until the next run of the loop */
};

enum {
    FRAME_DATA = 0,
    FRAME_HEADERS = 1,
    FRAME_PRIORITY = 2,
    FRAME_RST_STREAM = 3,
    FRAME_SETTINGS = 4,
    FRAME_PING = 6,
    FRAME_GOAWAY = 7,
    FRAME_WINDOW_UPDATE = 8,
    FRAME_CONTINUATION = 9,
    FLAG_END_STREAM = 1,
    FLAG_ACK = 1,
    FLAG_END_HEADERS = 4
};

struct peer {
    struct wire *wire;
    struct hf_conn *conn;
    struct hf_io *listener;
    int listener_fd;
    hf_buf out;
    size_t out_pulled;
    hf_buf in;
    hf_buf fields; /* what HEADERS frames said: lines of "<stream> <name>: <value>" */
    struct nghttp2_hd_inflater *inflater;
    size_t inflated; /* of in, frames whose fields have been read */
    bool is_server;
    bool prefaced;       /* a server: the client's preface has come */
    unsigned n_accepted; /* a server: connections so far */
    bool ready;
    bool ended;
    const char *why;
};

/* Connects to the origin; @prefaced sends the preface and an empty SETTINGS. */
void peer_open(struct peer *peer, struct wire *wire, uint16_t port, bool prefaced);
void peer_close(struct peer *peer);

/* A peer on the server's side: takes connections to its port (127.0.0.1), one after the other, and
 * forgets what came by the one before. */
uint16_t peer_listen(struct peer *peer, struct wire *wire);

void peer_send(struct peer *peer, hf_bytes bytes);
void peer_send_frame(struct peer *peer, uint8_t type, uint8_t flags, uint32_t stream_id,
                     hf_bytes payload);

/* Appends a literal field without indexing (RFC 7541 6.2.2). */
void hpack_literal(hf_buf *block, const char *name, const char *value);

/* Appends the four pseudo fields of a GET of @path at authority "localhost". */
void hpack_get(hf_buf *block, const char *path);

/* A GET of @path: HEADERS with END_STREAM and END_HEADERS. */
void peer_get(struct peer *peer, uint32_t stream_id, const char *path);

/* The n-th frame (from 0) of that type that has arrived; false when there is none. */
bool peer_find(const struct peer *peer, uint8_t type, unsigned n, struct frame *ret_frame);
unsigned peer_count(const struct peer *peer, uint8_t type);

/* Runs until that many frames of a type have come, or the connection has ended. */
void peer_wait(struct peer *peer, uint8_t type, unsigned n);
void peer_wait_end(struct peer *peer);

/* The error code of the first RST_STREAM or GOAWAY; fails the test when there is none. */
uint32_t peer_error(const struct peer *peer, uint8_t type);

/* Whether a line "<stream> <name>: <value>" is among the header fields that have arrived. */
bool peer_has_field(const struct peer *peer, const char *line);

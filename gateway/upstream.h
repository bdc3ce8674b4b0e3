/*
 * Calls to one source: a pool of HTTP/2 connections over verified TLS, one connection unless its
 * stream limit is reached, with deadlines. One pool per worker and source; all on the loop's
 * thread. Redirects are answers like any other: nothing is ever followed.
 *
 * A call ends exactly once: on_end, on_fault or hf_call_cancel(); its pointer is dead afterwards.
 * No callback runs inside hf_upstream_call() or hf_call_cancel().
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "gateway/h2.h"
#include "gateway/loop.h"
#include "gateway/tls.h"

struct hf_upstream;
struct hf_call;

struct hf_upstream_config {
    struct hf_loop *loop;
    const char *host; /* name or literal: connected to and demanded of the certificate; copied */
    uint16_t port;
    struct hf_tls_context *tls;   /* a reference is taken */
    uint32_t max_connections;     /* 0: 4 */
    uint32_t max_waiting;         /* 0: 1000 calls without a stream; more are OVERLOADED */
    uint32_t stream_window_bytes; /* 0: 65536: what a stream may hold unread */
    uint64_t connect_ms;          /* 0: 5000, TLS handshake included */
    uint64_t first_byte_ms;       /* 0: 30000, from the call to the response HEADERS */
    uint64_t whole_ms;            /* 0: 300000, from the call to its end */
    uint64_t idle_ms;             /* 0: 60000, then an unused connection is closed */
};

/* Connects with the first call. Resolves the name here (blocks). Errors: NOMEM, SOURCE_UNAVAILABLE
 * (no such name). */
hf_status hf_upstream_new(const struct hf_upstream_config *config,
                          struct hf_upstream **ret_upstream);

/* Closes the connections. All calls must have ended. NULL is fine. */
void hf_upstream_free(struct hf_upstream *upstream);

struct hf_call_request {
    hf_bytes method;
    hf_bytes authority;
    hf_bytes path;
    const struct hf_h2_field *fields;
    size_t n_fields;
    hf_bytes body; /* empty: END_STREAM goes with HEADERS */
};

struct hf_call_fault {
    enum hf_code code;  /* SOURCE_UNAVAILABLE, SOURCE_TIMEOUT, SOURCE_MALFORMED */
    bool was_reset;     /* the source sent RST_STREAM, with: */
    uint32_t h2_error;  /* RFC 9113 section 7 */
    const char *detail; /* fixed sentence, for the operator */
};

/* So much of the context is prefetched when an answer begins: a cancelled call's is not touched. */
enum { HF_CALL_WARM_BYTES = 1024 };

struct hf_call_events {
    /* The final response's head; views valid during the call. 1xx never gets here. */
    void (*on_headers)(void *context, int status, const struct hf_h2_field *fields,
                       size_t n_fields);
    /*
     * Body bytes, valid during the call. Returns how many it took: credit for those goes back to
     * the source, the rest is kept (at most the stream window) and offered again, by itself, after
     * hf_call_resume().
     */
    size_t (*on_data)(void *context, hf_bytes bytes);
    /* May be NULL: trailers are dropped. Comes before on_end. */
    void (*on_trailers)(void *context, const struct hf_h2_field *fields, size_t n_fields);
    /* The answer is complete and all of it has been taken. */
    void (*on_end)(void *context);
    void (*on_fault)(void *context, const struct hf_call_fault *fault);
};

/**
 * hf_upstream_call() - send one request
 * @request:  copied, but for the names of fields, which are literals
 * @events:   borrowed, static
 * @ret_call: set only on success
 *
 * A request that the source provably did not process (GOAWAY below it, REFUSED_STREAM, never
 * written) is sent once more; no other is ever repeated.
 * Errors: OVERLOADED, NOMEM, BUG (bad or too many fields).
 */
hf_status hf_upstream_call(struct hf_upstream *upstream, const struct hf_call_request *request,
                           const struct hf_call_events *events, void *context,
                           struct hf_call **ret_call);

/* Offers the kept bytes again, at the end of this turn. */
void hf_call_resume(struct hf_call *call);

/* Gives the call up: RST_STREAM(CANCEL) unless the source has finished its answer. */
void hf_call_cancel(struct hf_call *call);

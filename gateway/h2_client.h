/*
 * One HTTP/2 connection to a source. Used by the pool only: callers have gateway/upstream.h.
 */
#pragma once

#include "base/status.h"
#include "gateway/h2.h"
#include "gateway/loop.h"
#include "gateway/tls.h"

struct hf_call;
struct hf_h2_client;

struct hf_h2_client_config {
    struct hf_loop *loop;
    struct hf_tls_context *tls;
    const char *host;             /* demanded of the certificate */
    uint32_t stream_window_bytes; /* the connection's window is this for each stream */
    uint64_t connect_ms;
    uint64_t write_stall_ms;
    void (*on_room)(void *context); /* ready, or a stream has ended: calls may be sent */
    /* The connection is gone and every call on it has been told. @why: fixed sentence. */
    void (*on_end)(void *context, const char *why);
    void *context;
};

/* Takes over a connecting socket, also on failure. Errors: NOMEM, IO, CRYPTO. */
hf_status hf_h2_client_new(const struct hf_h2_client_config *config, int fd,
                           struct hf_h2_client **ret_client);

/* How many more calls it takes now; 0 before it is ready, and after a GOAWAY. */
uint32_t hf_h2_client_room(const struct hf_h2_client *client);
bool hf_h2_client_is_ready(const struct hf_h2_client *client); /* handshake over, no GOAWAY */
uint32_t hf_h2_client_calls(const struct hf_h2_client *client);
uint64_t hf_h2_client_last_bytes_ms(const struct hf_h2_client *client);

/* Sends the call's request. Errors: NOMEM, BUG (a field that HTTP/2 forbids). */
hf_status hf_h2_client_send(struct hf_h2_client *client, struct hf_call *call);

/* The call is over for us: credit goes back, and RST_STREAM goes unless the source has finished. */
void hf_h2_client_forget(struct hf_h2_client *client, struct hf_call *call);

/* Gives credit back for bytes that were taken. */
void hf_h2_client_consume(struct hf_h2_client *client, struct hf_call *call, size_t n);

/* GOAWAY, then the end; on_end follows. All its calls have ended. */
void hf_h2_client_finish(struct hf_h2_client *client);

/* Ends at once: calls fail, on_end follows within this call. */
void hf_h2_client_abort(struct hf_h2_client *client, const char *why);

/* As above without a word to anybody: all calls have ended. */
void hf_h2_client_free(struct hf_h2_client *client);

/*
 * What the pool (upstream.c) and one connection to a source (h2_client.c) share: the call.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/pool.h"
#include "gateway/h2_client.h"
#include "gateway/h2_fields.h"
#include "gateway/upstream.h"

struct hf_call {
    struct hf_upstream *upstream;
    struct hf_h2_client *client; /* NULL: waits for a connection */
    struct hf_call *next;        /* among the waiting, or among the client's */
    struct hf_call *prev;
    const struct hf_call_events *events;
    void *context;

    struct hf_call_request request; /* in `copies` */
    hf_buf copies;
    size_t body_sent;
    int32_t stream_id;

    /* the answer */
    struct hf_arena head_arena;
    struct hf_h2_block block;
    int status;
    hf_buf kept; /* arrived and not taken */
    size_t kept_taken;
    size_t unconsumed_bytes;

    struct hf_job resume_job;
    struct hf_timer deadline;
    uint64_t started_ms;
    bool waiting;      /* in the queue of the pool */
    bool sent;         /* HEADERS have left */
    bool headers_seen; /* of the final response */
    bool remote_ended; /* END_STREAM seen */
    bool was_reset;
    bool retried;
    bool in_callback;
    bool over; /* ended or cancelled: free it when no callback is on the stack */
};

/* --- upstream.c ---------------------------------------------------------------------------- */

/* Ends the call with a fault and frees it. */
void hf_call_fail(struct hf_call *call, const struct hf_call_fault *fault);

/* The source provably did not process it: once more, or SOURCE_UNAVAILABLE. */
void hf_call_again(struct hf_call *call);

/* Hands over what arrived, then on_end if the answer is complete. */
void hf_call_receive(struct hf_call *call, hf_bytes bytes);
void hf_call_finish_if_done(struct hf_call *call);

/*
 * The call that a hostile source answers. The pool and the listener that it connects to are made
 * once; each call has a connection of its own.
 */
#include "tests/support/bare_call.h"

#include "tests/support/bare_conn.h"
#include "tests/support/wire.h"

#include <stdlib.h>

static struct wire wire;
static struct origin listener; /* somebody must accept; nothing is ever read from it */

static bool is_over(const struct bare_answer *answer)
{
    return answer->n_ends + answer->n_faults > 0;
}

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct bare_answer *answer = context;
    (void)fields;
    answer->n_strays += is_over(answer) || n_fields > HF_H2_MAX_FIELDS;
    answer->n_heads++;
    answer->status = status;
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct bare_answer *answer = context;
    answer->n_strays += is_over(answer) || answer->n_heads != 1;
    answer->n_body_bytes += bytes.size - bytes.size / 2;
    return bytes.size - bytes.size / 2;
}

static void on_end(void *context)
{
    struct bare_answer *answer = context;
    answer->n_ends++;
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct bare_answer *answer = context;
    answer->n_strays += fault->detail == NULL;
    answer->n_faults++;
}

static const struct hf_call_events events = {
    .on_headers = on_headers, .on_data = on_data, .on_end = on_end, .on_fault = on_fault};

static void turn(void)
{
    hf_loop_stop(wire.loop);
    hf_loop_run(wire.loop);
}

static void open_once(void)
{
    if (!wire.loop) {
        wire_init(&wire);
        origin_open(&listener, &wire, NULL, wire.public_server);
    }
}

struct bare_answer bare_call(const uint8_t *data, size_t size)
{
    struct bare_answer answer = {0};
    struct hf_upstream *upstream = NULL;
    struct hf_call *call = NULL;
    open_once();
    const struct hf_upstream_config config = {.loop = wire.loop,
                                              .host = "127.0.0.1",
                                              .port = origin_port(&listener),
                                              .tls = wire.plain_client,
                                              .stream_window_bytes = 65535};
    const struct hf_call_request request = {
        .method = HF_LITERAL("GET"), .authority = HF_LITERAL("localhost"), .path = HF_LITERAL("/")};
    if (!hf_is_ok(hf_upstream_new(&config, &upstream)) ||
        !hf_is_ok(hf_upstream_call(upstream, &request, &events, &answer, &call))) {
        abort();
    }
    turn();
    bare_conn_ready();
    bare_conn_play(data, size);
    for (int i = 0; i < 64 && !is_over(&answer); i++) {
        hf_call_resume(call); /* what was kept, or a second connection that says nothing */
        turn();
    }
    if (!is_over(&answer)) {
        hf_call_cancel(call);
    }
    hf_upstream_free(upstream);
    return answer;
}

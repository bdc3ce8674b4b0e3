/*
 * Decides who a request comes from, for every request anew: a bank that was disabled a moment ago
 * is unknown now, on connections that are open too. What is asked for is decided further on.
 *
 * Invariant: behind this file every request of the banks' listener has a bank, and every request of
 * the public one has none.
 */
#include "gateway/listener.h"

#include "gateway/answer.h"
#include "gateway/decide.h"
#include "gateway/endpoint.h"
#include "gateway/exchange.h"
#include "gateway/task.h"
#include "gateway/worker.h"

#include <stdlib.h>

static struct hf_task *task_of(struct hf_h2_stream *stream)
{
    return hf_h2_stream_context(stream);
}

/* --- streams that are answered at once and have no task ------------------------------------ */

static void no_body(struct hf_task *task, hf_bytes bytes)
{
    hf_h2_stream_consume(task->stream, bytes.size);
}

static void no_event(struct hf_task *task)
{
    (void)task;
}

static bool may_send(struct hf_task *task, hf_bytes bytes)
{
    (void)task;
    (void)bytes;
    return true;
}

/* An unknown bank is told so, and then to go away: some clients drop what comes after a GOAWAY. */
static void part(struct hf_task *task, enum hf_h2_end end)
{
    if (end == HF_H2_END_COMPLETE && hf_h2_stream_peer(task->stream)->has_cert) {
        hf_h2_stream_goaway(task->stream);
    }
    hf_h2_stream_release(task->stream);
    free(task);
}

static const struct hf_task_events refused_events = {
    .on_body = no_body,
    .on_body_end = no_event,
    .on_writable = no_event,
    .on_send = may_send,
    .on_end = part,
};

/* Nobody whom the log would name: counted, and told no more than the code. */
static void refuse_stranger(struct hf_worker *worker, struct hf_h2_stream *stream,
                            enum hf_code code)
{
    struct hf_task *task = calloc(1, sizeof *task);
    hf_metrics_add(&worker->metrics, HF_METRIC_NOISE, 1);
    if (!task) {
        hf_h2_stream_release(stream);
        return;
    }
    *task = (struct hf_task){.events = &refused_events, .stream = stream};
    hf_h2_stream_set_context(stream, task);
    hf_answer_problem(stream, &(struct hf_refusal){.code = code}, NULL);
}

/* --- requests ------------------------------------------------------------------------------ */

static void on_bank_request(void *context, struct hf_h2_stream *stream,
                            const struct hf_h2_request *request)
{
    struct hf_worker *worker = context;
    const struct hf_h2_peer *peer = hf_h2_stream_peer(stream);
    struct hf_snapshot *snapshot = hf_worker_snapshot(worker); /* the bank lives in it */
    const struct hf_bank *bank = NULL;
    hf_metrics_add(&worker->metrics, HF_METRIC_REQUESTS, 1);
    if (peer->has_cert) {
        bank = hf_decide_bank(snapshot, &peer->cert, hf_worker_unix_s(worker));
    }
    if (!bank) {
        refuse_stranger(worker, stream, HF_CLIENT_CERT_UNKNOWN);
        return;
    }
    if (request->fault == HF_OK && hf_endpoint_serves(request->path)) {
        hf_endpoint_begin(worker, stream, request, snapshot, bank);
    } else {
        hf_exchange_begin(worker, stream, request, snapshot, bank);
    }
}

static void on_public_request(void *context, struct hf_h2_stream *stream,
                              const struct hf_h2_request *request)
{
    struct hf_worker *worker = context;
    hf_metrics_add(&worker->metrics, HF_METRIC_REQUESTS, 1);
    if (!hf_rates_take(&worker->rates, HF_RATE_ADDRESS,
                       hf_address_network(&hf_h2_stream_peer(stream)->address),
                       hf_loop_now_ms(worker->loop))) {
        refuse_stranger(worker, stream, HF_RATE_LIMIT);
    } else if (request->fault != HF_OK) {
        refuse_stranger(worker, stream, request->fault);
    } else if (!hf_endpoint_serves(request->path)) {
        refuse_stranger(worker, stream, HF_ROUTE_UNKNOWN);
    } else {
        hf_endpoint_begin(worker, stream, request, hf_worker_snapshot(worker), NULL);
    }
}

/* --- events of a stream that has a task ---------------------------------------------------- */

static void on_body(void *context, struct hf_h2_stream *stream, hf_bytes bytes)
{
    (void)context;
    task_of(stream)->events->on_body(task_of(stream), bytes);
}

static void on_body_end(void *context, struct hf_h2_stream *stream)
{
    (void)context;
    task_of(stream)->events->on_body_end(task_of(stream));
}

static void on_writable(void *context, struct hf_h2_stream *stream)
{
    (void)context;
    task_of(stream)->events->on_writable(task_of(stream));
}

static bool on_send(void *context, struct hf_h2_stream *stream, hf_bytes bytes)
{
    (void)context;
    return task_of(stream)->events->on_send(task_of(stream), bytes);
}

static void on_end(void *context, struct hf_h2_stream *stream, enum hf_h2_end end)
{
    (void)context;
    task_of(stream)->events->on_end(task_of(stream), end);
}

static void on_drained(void *context)
{
    hf_worker_drained(context);
}

const struct hf_h2_server_events hf_listener_banks = {
    .on_request = on_bank_request,
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_writable = on_writable,
    .on_send = on_send,
    .on_end = on_end,
    .on_drained = on_drained,
};

const struct hf_h2_server_events hf_listener_public = {
    .on_request = on_public_request,
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_writable = on_writable,
    .on_send = on_send,
    .on_end = on_end,
    .on_drained = on_drained,
};

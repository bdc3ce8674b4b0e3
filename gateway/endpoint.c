/*
 * Decides which of the gateway's own resources a path names, and who may ask for it at all. What
 * each does is decided in endpoint_consents.c, endpoint_acts.c, endpoint_read.c,
 * endpoint_receipt.c and endpoint_log.c.
 *
 * Refusals here are not accesses: they are counted with the noise, not put on record one by one.
 */
#include "gateway/endpoint.h"

#include "gateway/endpoint_impl.h"

#include <stdlib.h>

struct hf_endpoint_route {
    const char *prefix; /* the whole path, or up to what the handler reads */
    bool is_whole;
    const char *method;
    bool needs_bank; /* not served on the public listener */
    hf_endpoint_handler *handle;
};

static const struct hf_endpoint_route routes[] = {
    {"/consents", true, "POST", false, hf_endpoint_register},
    {"/consents/", false, "GET", false, hf_endpoint_show_consent},
    {"/keys", true, "GET", false, hf_endpoint_keys},
    {"/log/checkpoint", true, "GET", false, hf_endpoint_checkpoint},
    {"/log/proof/", false, "GET", true, hf_endpoint_proof},
    {"/log/record/", false, "GET", true, hf_endpoint_record},
    {"/log/tile/", false, "GET", false, hf_endpoint_tile},
    {"/revocations", true, "POST", false, hf_endpoint_act},
    {"/status/", false, "GET", false, hf_endpoint_status_list},
};

bool hf_endpoint_serves(hf_bytes path)
{
    static const char *const roots[] = {"/consents", "/keys", "/log", "/revocations", "/status"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        hf_bytes root = hf_bytes_of_string(roots[i]);
        if (hf_bytes_starts_with(path, root) &&
            (path.size == root.size || path.data[root.size] == '/' ||
             path.data[root.size] == '?')) {
            return true;
        }
    }
    return false;
}

static const struct hf_endpoint_route *find_route(hf_bytes path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        hf_bytes prefix = hf_bytes_of_string(routes[i].prefix);
        if (routes[i].is_whole ? hf_bytes_equal(path, prefix)
                               : hf_bytes_starts_with(path, prefix)) {
            return &routes[i];
        }
    }
    return NULL;
}

static void free_call(struct hf_endpoint_call *call)
{
    hf_h2_stream_release(call->task.stream);
    hf_token_unref(call->token);
    hf_buf_clear(&call->body);
    hf_buf_clear(&call->detail);
    hf_arena_clear(&call->arena);
    hf_snapshot_unref(call->snapshot);
    call->worker->n_accesses--;
    free(call);
}

static void free_when_over(struct hf_endpoint_call *call)
{
    if (call->stream_ended && call->n_under_way == 0) {
        free_call(call);
    }
}

void hf_endpoint_hold(struct hf_endpoint_call *call)
{
    call->n_under_way++;
}

void hf_endpoint_let_go(struct hf_endpoint_call *call)
{
    call->n_under_way--;
    free_when_over(call);
}

void hf_endpoint_refuse(struct hf_endpoint_call *call, enum hf_code code, const char *attribute)
{
    call->is_answered = true;
    hf_metrics_add(&call->worker->metrics, HF_METRIC_NOISE, 1);
    const struct hf_refusal refusal = {.code = code,
                                       .attribute = attribute && attribute[0] ? attribute : NULL};
    hf_answer_problem(call->task.stream, &refusal, NULL);
}

void hf_endpoint_answer(struct hf_endpoint_call *call, int status, const char *content_type,
                        hf_bytes body)
{
    call->is_answered = true;
    hf_answer_body(call->task.stream, status, content_type, body, NULL);
}

static struct hf_endpoint_call *of_task(struct hf_task *task)
{
    return (struct hf_endpoint_call *)task;
}

static void on_body(struct hf_task *task, hf_bytes bytes)
{
    struct hf_endpoint_call *call = of_task(task);
    hf_h2_stream_consume(task->stream, bytes.size);
    if (!call->is_answered && !hf_is_ok(hf_buf_append(&call->body, bytes))) {
        hf_endpoint_refuse(call, HF_BODY_TOO_LARGE, NULL);
    }
}

static void on_body_end(struct hf_task *task)
{
    struct hf_endpoint_call *call = of_task(task);
    if (!call->is_answered) {
        call->route->handle(call);
    }
}

static void on_writable(struct hf_task *task)
{
    (void)task;
}

static bool on_send(struct hf_task *task, hf_bytes bytes)
{
    (void)task;
    (void)bytes;
    return true;
}

static void on_end(struct hf_task *task, enum hf_h2_end end)
{
    struct hf_endpoint_call *call = of_task(task);
    (void)end;
    call->stream_ended = true;
    free_when_over(call);
}

static const struct hf_task_events events = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_writable = on_writable,
    .on_send = on_send,
    .on_end = on_end,
};

static struct hf_endpoint_call *new_call(struct hf_worker *worker, struct hf_h2_stream *stream,
                                         struct hf_snapshot *snapshot, const struct hf_bank *bank)
{
    struct hf_endpoint_call *call = calloc(1, sizeof *call);
    if (!call) {
        return NULL;
    }
    call->task = (struct hf_task){.events = &events, .stream = stream};
    call->worker = worker;
    call->bank = bank;
    call->snapshot = hf_snapshot_ref(snapshot);
    call->arena = hf_arena_init(HF_ENDPOINT_ARENA_BYTES);
    call->body = hf_buf_init(HF_ENDPOINT_BODY_BYTES);
    call->detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
    hf_h2_stream_set_context(stream, &call->task);
    worker->n_accesses++;
    return call;
}

/* One field at most. */
static enum hf_code take_proof(struct hf_endpoint_call *call, const struct hf_h2_request *request)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        if (!hf_bytes_equal_string(request->fields[i].name, "request-proof")) {
            continue;
        }
        if (call->proof.size) {
            return HF_REQUEST_MALFORMED;
        }
        call->proof = request->fields[i].value;
    }
    return HF_OK;
}

/* Everything that can be told from the head alone; OK when the handler may be asked. */
static enum hf_code judge_head(struct hf_endpoint_call *call, const struct hf_h2_request *request)
{
    if (!hf_worker_answers_for(call->worker, request->authority)) {
        return HF_MISDIRECTED;
    }
    call->route = find_route(request->path);
    if (!call->route || (call->route->needs_bank && !call->bank)) {
        return HF_ROUTE_UNKNOWN;
    }
    if (!hf_bytes_equal_string(request->method, call->route->method)) {
        return HF_METHOD_DENIED;
    }
    call->target = request->path;
    call->rest = hf_bytes_skip(request->path, strlen(call->route->prefix));
    return take_proof(call, request);
}

void hf_endpoint_begin(struct hf_worker *worker, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request, struct hf_snapshot *snapshot,
                       const struct hf_bank *bank)
{
    struct hf_endpoint_call *call = new_call(worker, stream, snapshot, bank);
    if (!call) {
        hf_h2_stream_release(stream);
        return;
    }
    enum hf_code code = judge_head(call, request);
    if (code != HF_OK) {
        hf_endpoint_refuse(call, code, NULL);
    } else if (!request->has_body) {
        call->route->handle(call);
    }
}

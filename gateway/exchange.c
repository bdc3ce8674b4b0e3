/*
 * Decides what can happen to an access, and when: every state and every event that means something
 * in it stand in one table, each cell a function of exchange_states.c. An event that has no cell
 * means nothing in that state.
 *
 * It refuses to know HTTP/2, the log's files, what a consent says and what a view holds.
 *
 * Invariant: an exchange is freed once, when it has ended and each of its records has settled; its
 * stream is released with it.
 */
#include "gateway/exchange.h"

#include "gateway/answer.h"
#include "gateway/exchange_impl.h"

#include <stdlib.h>
#include <string.h>

enum { WARM_DETAIL_BYTES = 512 };

static hf_exchange_cell *const table[HF_N_X_STATES][HF_N_X_EVENTS] = {
    [HF_X_READING] =
        {
            [HF_X_BODY_END] = hf_x_read_body,
            [HF_X_GONE] = hf_x_end,
        },
    [HF_X_DENYING] =
        {
            [HF_X_RECORDED] = hf_x_answer_denial,
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_GONE] = hf_x_end,
        },
    [HF_X_RECORDING] =
        {
            [HF_X_RECORDED] = hf_x_ask,
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_GONE] = hf_x_abandon,
        },
    [HF_X_ASKING] =
        {
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_HEAD] = hf_x_hold,
            [HF_X_FAULT] = hf_x_source_fault,
            [HF_X_DUE] = hf_x_record,
            [HF_X_WITHDRAWN] = hf_x_withdraw,
            [HF_X_GONE] = hf_x_abandon,
        },
    [HF_X_HOLDING] =
        {
            [HF_X_RECORDED] = hf_x_release,
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_DATA] = hf_x_take,
            [HF_X_DATA_END] = hf_x_complete,
            [HF_X_FAULT] = hf_x_source_fault,
            [HF_X_DUE] = hf_x_hold_due,
            [HF_X_WITHDRAWN] = hf_x_withdraw,
            [HF_X_GONE] = hf_x_abandon,
        },
    [HF_X_RELAYING] =
        {
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_DATA] = hf_x_relay,
            [HF_X_DATA_END] = hf_x_relay_complete,
            [HF_X_FAULT] = hf_x_cut_by_source,
            [HF_X_WRITABLE] = hf_x_relay_writable,
            [HF_X_WITHDRAWN] = hf_x_withdraw,
            [HF_X_GONE] = hf_x_abandon,
        },
    [HF_X_CLOSING] =
        {
            [HF_X_RECORDED] = hf_x_release,
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_WRITABLE] = hf_x_close_writable,
            [HF_X_OUTCOME] = hf_x_finish,
            [HF_X_WITHDRAWN] = hf_x_withdraw_open,
            [HF_X_GONE] = hf_x_abandon,
        },
    [HF_X_FAILING] =
        {
            [HF_X_UNRECORDED] = hf_x_unrecorded,
            [HF_X_OUTCOME] = hf_x_explain,
            [HF_X_GONE] = hf_x_end,
        },
    [HF_X_SENDING] =
        {
            [HF_X_SENT] = hf_x_end,
            [HF_X_GONE] = hf_x_end,
        },
};

static void free_memory(struct hf_exchange *x)
{
    hf_buf_clear(&x->access.detail);
    hf_buf_clear(&x->outcome.detail);
    hf_arena_clear(&x->arena);
    free(x);
}

void hf_exchange_free_idle(struct hf_worker *worker)
{
    struct hf_redact *redact;
    while ((redact = hf_pool_take(&worker->idle_redactors, 0)) != NULL) {
        hf_redact_free(redact);
    }
    struct hf_exchange *x;
    while ((x = hf_pool_take(&worker->idle_exchanges, 0)) != NULL) {
        free_memory(x);
    }
}

static void free_exchange(struct hf_exchange *x)
{
    hf_loop_timer_stop(x->worker->loop, &x->timer);
    hf_worker_unwatch(&x->watched);
    hf_exchange_cancel(x);
    hf_h2_stream_release(x->task.stream);
    hf_exchange_drop_body(x);
    hf_exchange_end_uses(x);
    hf_decision_clear(&x->decision);
    hf_held_consents_clear(x->consents, x->n_held);
    hf_buf_clear(&x->body);
    hf_buf_pool_return(hf_loop_spare_bufs(x->worker->loop), &x->output);
    hf_snapshot_unref(x->snapshot);
    x->worker->n_accesses--;
    hf_arena_reset(&x->arena);
    hf_pool_trim(&x->access.detail);
    hf_pool_trim(&x->outcome.detail);
    if (!hf_pool_give(&x->worker->idle_exchanges, x)) {
        free_memory(x);
    }
}

void hf_exchange_dispatch(struct hf_exchange *x, enum hf_exchange_event event,
                          struct hf_exchange_input *input)
{
    struct hf_exchange_input none = {.code = HF_OK};
    hf_exchange_cell *cell = table[x->state][event];
    if (cell) {
        x->state = cell(x, input ? input : &none);
    }
    if (x->state == HF_X_ENDED && x->n_pending == 0) {
        free_exchange(x);
    }
}

static struct hf_exchange *of_task(struct hf_task *task)
{
    return (struct hf_exchange *)task;
}

/* Bytes beyond the limit end the reading at once; what still arrives means nothing. */
static void on_body(struct hf_task *task, hf_bytes bytes)
{
    struct hf_exchange *x = of_task(task);
    hf_h2_stream_consume(task->stream, bytes.size);
    if (x->state == HF_X_READING && !hf_is_ok(hf_buf_append(&x->body, bytes))) {
        x->state = hf_exchange_deny(x, HF_BODY_TOO_LARGE, NULL);
    }
}

static void on_body_end(struct hf_task *task)
{
    hf_exchange_dispatch(of_task(task), HF_X_BODY_END, NULL);
}

static void on_writable(struct hf_task *task)
{
    hf_exchange_dispatch(of_task(task), HF_X_WRITABLE, NULL);
}

/* The last look before bytes leave: here a revocation cuts, and here is counted what has left. */
static bool on_send(struct hf_task *task, hf_bytes bytes)
{
    struct hf_exchange *x = of_task(task);
    if (x->headers_left) {
        enum hf_code code = hf_exchange_standing(x);
        if (code != HF_OK) {
            x->refusal = code;
            return false;
        }
        x->n_left_bytes += bytes.size;
    }
    return true;
}

static void on_end(struct hf_task *task, enum hf_h2_end end)
{
    hf_exchange_dispatch(of_task(task), end == HF_H2_END_COMPLETE ? HF_X_SENT : HF_X_GONE, NULL);
}

static void on_due(void *context)
{
    hf_exchange_dispatch(context, HF_X_DUE, NULL);
}

/* Bytes that do not flow are not looked at by on_send(): here a revocation reaches them. */
static void on_look(struct hf_watched *watched)
{
    struct hf_exchange *x =
        (struct hf_exchange *)((char *)watched - offsetof(struct hf_exchange, watched));
    if (!table[x->state][HF_X_WITHDRAWN]) {
        return;
    }
    struct hf_exchange_input input = {.code = hf_exchange_standing(x)};
    if (input.code != HF_OK) {
        hf_exchange_dispatch(x, HF_X_WITHDRAWN, &input);
    }
}

static const struct hf_task_events events = {
    .on_body = on_body,
    .on_body_end = on_body_end,
    .on_writable = on_writable,
    .on_send = on_send,
    .on_end = on_end,
};

/* Memory, with what the exchange before it has left in it. */
static struct hf_exchange *take_memory(struct hf_worker *worker)
{
    struct hf_exchange *x = hf_pool_take(&worker->idle_exchanges, sizeof *x);
    if (!x && (x = malloc(sizeof *x)) != NULL) {
        x->arena = hf_arena_init(HF_EXCHANGE_ARENA_BYTES);
        x->access.detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
        x->outcome.detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
    }
    return x;
}

/* Zeroes all but the memory that is kept and what is said not to be read before it is written. */
static void zero(struct hf_exchange *x)
{
    hf_arena_warm(&x->arena);
    hf_prefetch(x->access.detail.data, WARM_DETAIL_BYTES);
    struct hf_arena arena = x->arena;
    hf_buf access = x->access.detail;
    hf_buf outcome = x->outcome.detail;
    memset(x, 0, offsetof(struct hf_exchange, fields));
    x->arena = arena;
    x->access.detail = access;
    x->outcome.detail = outcome;
    hf_request_fields_init(&x->fields);
    x->uses.n_uses = 0;
    x->attribute[0] = '\0';
}

static struct hf_exchange *new_exchange(struct hf_worker *worker, struct hf_h2_stream *stream,
                                        struct hf_snapshot *snapshot)
{
    struct hf_exchange *x = take_memory(worker);
    if (!x) {
        return NULL;
    }
    zero(x);
    x->task = (struct hf_task){.events = &events, .stream = stream};
    x->worker = worker;
    x->timer = hf_timer_init(on_due, x);
    x->watched.look = on_look;
    x->snapshot = hf_snapshot_ref(snapshot);
    x->body = hf_buf_init(HF_ROUTE_MAX_BODY_BYTES);
    x->output = hf_buf_init(HF_OUTPUT_BYTES);
    x->gate = hf_gate_init(stream);
    hf_sha256_init(&x->digest);
    hf_h2_stream_set_context(stream, &x->task);
    worker->n_accesses++;
    return x;
}

static bool says_json(const struct hf_h2_request *request)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        if (hf_bytes_equal_string(request->fields[i].name, "content-type")) {
            return hf_bytes_equal_string(request->fields[i].value, "application/json");
        }
    }
    return false;
}

/* Everything that can be told from the head alone. */
static enum hf_exchange_state read_head(struct hf_exchange *x, const struct hf_h2_request *request)
{
    HF_UNINITIALISED struct hf_problem problem;
    hf_problem_init(&problem);
    if (request->fault != HF_OK) {
        return hf_exchange_deny(x, request->fault, NULL);
    }
    if (!hf_worker_answers_for(x->worker, request->authority)) {
        return hf_exchange_deny(x, HF_MISDIRECTED, NULL);
    }
    const struct hf_route_request wanted = {.method = request->method, .path = request->path};
    hf_status status =
        hf_route_match(&x->snapshot->catalogs, &wanted, &x->arena, &x->route, &problem);
    for (size_t i = 0; hf_is_ok(status) && i < request->n_fields; i++) {
        status = hf_request_field_read(&x->fields, request->fields[i].name,
                                       request->fields[i].value, &problem);
    }
    if (!hf_is_ok(status)) {
        return hf_exchange_deny(x, status.code, problem.where);
    }
    if (!x->route.needs_body) {
        return request->has_body ? hf_exchange_deny(x, HF_REQUEST_MALFORMED, "body")
                                 : hf_exchange_judge(x);
    }
    return says_json(request) ? HF_X_READING
                              : hf_exchange_deny(x, HF_REQUEST_MALFORMED, "content-type");
}

static void refuse_at_once(struct hf_h2_stream *stream, enum hf_code code)
{
    hf_answer_problem(stream, &(struct hf_refusal){.code = code}, NULL);
}

void hf_exchange_begin(struct hf_worker *worker, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request, struct hf_snapshot *snapshot,
                       const struct hf_bank *bank)
{
    struct hf_exchange *x = new_exchange(worker, stream, snapshot);
    if (!x) {
        hf_h2_stream_release(stream);
        return;
    }
    x->bank = bank;
    if (worker->n_accesses > worker->gateway->config->limits.max_accesses) {
        refuse_at_once(stream, HF_OVERLOADED);
        x->state = HF_X_SENDING;
        return;
    }
    x->state = read_head(x, request);
    if (x->state == HF_X_READING && !request->has_body) {
        hf_exchange_dispatch(x, HF_X_BODY_END, NULL);
    }
}

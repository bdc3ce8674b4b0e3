/*
 * The cells of the exchange's table: what each event does in each state where it means something.
 *
 * Invariant of every path out of here: once the source has been asked, an access record is queued,
 * and its outcome with it or behind it; once HEADERS have left, the answer either ends behind a
 * durable outcome or is reset.
 *
 * An outcome that is told by the access record itself says what the whole answer was. Should the
 * bank hang up in the very moment between, or a consent end, it tells of more bytes than left,
 * never of fewer.
 */
#include "gateway/exchange_impl.h"

#include "crypto/base64.h"
#include "crypto/rand.h"
#include "gateway/alarm.h"
#include "gateway/answer.h"

#include <stdio.h>

struct hf_decide_request hf_exchange_decide_request(const struct hf_exchange *x,
                                                    const struct hf_snapshot *snapshot)
{
    return (struct hf_decide_request){
        .snapshot = snapshot,
        .bank = x->bank,
        .cert = &hf_h2_stream_peer(x->task.stream)->cert,
        .operation = x->route.operation,
        .subject = x->subject,
        .subject_kind = x->route.subject_kind,
        .fields = &x->fields,
        .consents = x->n_held > 0 ? x->consents : NULL,
        .now_unix_s = hf_worker_unix_s(x->worker),
        .views = x->worker->views,
    };
}

/* --- judging ------------------------------------------------------------------------------- */

enum hf_exchange_state hf_exchange_deny(struct hf_exchange *x, enum hf_code code,
                                        const char *attribute)
{
    x->refusal = hf_problem_code(code);
    (void)snprintf(x->attribute, sizeof x->attribute, "%s", attribute ? attribute : "");
    hf_metrics_add(&x->worker->metrics, HF_METRIC_DENIED, 1);
    hf_status status = hf_exchange_record_denial(x);
    return hf_is_ok(status) ? HF_X_DENYING
                            : hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
}

static hf_status resolve_consents(struct hf_exchange *x, struct hf_problem *reterr)
{
    struct hf_gateway *gateway = x->worker->gateway;
    const struct hf_token *conflict = NULL;
    const struct hf_held_context context = {
        .token = {.grantors = x->snapshot->grantors,
                  .authorities = x->snapshot->authorities,
                  .audience = gateway->config->audience,
                  .limits = gateway->claims_limits,
                  .now_unix_s = hf_worker_unix_s(x->worker)},
        .ceilings = x->snapshot->ceilings,
        .generation = x->snapshot->generation,
        .bank = hf_bytes_of_string(x->bank->uscc),
        .registry = gateway->registry,
        .cache = x->worker->tokens,
        .metrics = &x->worker->metrics,
        .ret_conflict = &conflict,
    };
    hf_status status =
        hf_held_resolve(&context, x->fields.consents, x->fields.n_consents, x->consents, reterr);
    if (conflict) {
        hf_alarm_jti_conflict(x->worker, context.bank, conflict);
        hf_token_unref(conflict);
    }
    return status;
}

static hf_status decide(struct hf_exchange *x, struct hf_problem *reterr)
{
    HF_TRY(hf_decide_subject(&x->route, &x->worker->gateway->pseudonym, &x->arena, &x->subject));
    HF_TRY(resolve_consents(x, reterr));
    x->n_held = x->fields.n_consents;
    const struct hf_decide_request request = hf_exchange_decide_request(x, x->snapshot);
    hf_decide(&request, &x->decision, reterr);
    if (x->decision.verdict != HF_VERDICT_ALLOW) {
        return hf_status_of(x->decision.code == HF_OK ? HF_BUG : x->decision.code);
    }
    hf_status reserved =
        hf_decision_reserve(&x->decision, x->consents, request.now_unix_s, &x->uses);
    if (!hf_is_ok(reserved)) {
        hf_decision_clear(&x->decision); /* nothing was charged, and the record will say so */
    }
    return reserved;
}

static void note_judged(struct hf_exchange *x, const struct hf_snapshot *snapshot,
                        int64_t now_unix_s)
{
    x->judged_generation = snapshot->generation;
    x->judged_unix_s = now_unix_s;
}

/* The source is asked at once, unless the record must be on disk before it. */
static enum hf_exchange_state begin_access(struct hf_exchange *x)
{
    const struct hf_config *config = x->worker->gateway->config;
    const struct hf_source_config *source =
        hf_config_source(config, hf_catalog_source(x->route.operation->catalog));
    hf_rand_bytes(x->id, sizeof x->id);
    hf_base64url_encode_fixed(hf_bytes_of(x->id, sizeof x->id), x->id_text);
    note_judged(x, x->snapshot, hf_worker_unix_s(x->worker));
    x->source = (size_t)(source - config->sources);
    hf_metrics_add(&x->worker->metrics, HF_METRIC_ALLOWED, 1);
    hf_worker_watch(x->worker, &x->watched);
    if (source->log_first || x->route.operation->method == HF_METHOD_POST) {
        hf_status status = hf_exchange_record_access(x);
        return hf_is_ok(status)
                   ? HF_X_RECORDING
                   : hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
    }
    hf_loop_timer_start(x->worker->loop, &x->timer, HF_RECORD_WAIT_MS);
    return hf_x_ask(x, NULL);
}

enum hf_exchange_state hf_exchange_judge(struct hf_exchange *x)
{
    HF_UNINITIALISED struct hf_problem problem;
    hf_problem_init(&problem);
    hf_status status = decide(x, &problem);
    return hf_is_ok(status) ? begin_access(x) : hf_exchange_deny(x, status.code, problem.where);
}

enum hf_exchange_state hf_x_read_body(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    HF_UNINITIALISED struct hf_problem problem;
    hf_problem_init(&problem);
    hf_status status = hf_route_read_body(&x->route, hf_buf_view(&x->body), &x->arena, &problem);
    return hf_is_ok(status) ? hf_exchange_judge(x)
                            : hf_exchange_deny(x, status.code, problem.where);
}

enum hf_exchange_state hf_x_answer_denial(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_exchange_send_problem(x);
    return HF_X_SENDING;
}

/* Nothing more is told of a log that cannot be written; what had not left never will. */
enum hf_exchange_state hf_x_unrecorded(struct hf_exchange *x, struct hf_exchange_input *input)
{
    hf_exchange_cancel(x);
    hf_loop_timer_stop(x->worker->loop, &x->timer);
    if (x->headers_left) {
        hf_h2_stream_reset(x->task.stream, HF_H2_INTERNAL_ERROR);
        return HF_X_ENDED;
    }
    enum hf_code code = input->code == HF_OVERLOADED ? HF_OVERLOADED : HF_LOG_UNAVAILABLE;
    hf_answer_problem(x->task.stream, &(struct hf_refusal){.code = code}, NULL);
    return HF_X_SENDING;
}

/* --- failing and cutting ------------------------------------------------------------------- */

/* Nothing more is to come of the source: puts on record what is not yet. */
static hf_status record_end(struct hf_exchange *x)
{
    hf_exchange_cancel(x);
    hf_loop_timer_stop(x->worker->loop, &x->timer);
    return hf_exchange_record_outcome(x);
}

/* Nothing has left: the answer will be a problem. */
static enum hf_exchange_state fail(struct hf_exchange *x, enum hf_code code)
{
    x->refusal = hf_problem_code(code);
    hf_status status = record_end(x);
    return hf_is_ok(status) ? HF_X_FAILING
                            : hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
}

/* Bytes may have left: the stream is reset, and the outcome tells how far it came. */
static enum hf_exchange_state cut(struct hf_exchange *x, enum hf_code code)
{
    x->refusal = hf_problem_code(code);
    hf_metrics_add(&x->worker->metrics, HF_METRIC_CUT, 1);
    hf_h2_stream_reset(x->task.stream, HF_H2_INTERNAL_ERROR);
    hf_ignore(record_end(x)); /* without a log there is nobody to tell, and nothing to hold back */
    return HF_X_ENDED;
}

static enum hf_exchange_state fail_or_cut(struct hf_exchange *x, enum hf_code code)
{
    return x->headers_left ? cut(x, code) : fail(x, code);
}

enum hf_exchange_state hf_x_withdraw(struct hf_exchange *x, struct hf_exchange_input *input)
{
    return fail_or_cut(x, input->code);
}

/* An answer whose end is on record is whole: what is not released yet is judged at its release. */
enum hf_exchange_state hf_x_withdraw_open(struct hf_exchange *x, struct hf_exchange_input *input)
{
    return x->outcome.is_queued ? x->state : hf_x_withdraw(x, input);
}

enum hf_exchange_state hf_x_source_fault(struct hf_exchange *x, struct hf_exchange_input *input)
{
    x->call = NULL;
    hf_metrics_add(&x->worker->metrics, HF_METRIC_FAULTS, 1);
    return fail(x, input->code);
}

enum hf_exchange_state hf_x_cut_by_source(struct hf_exchange *x, struct hf_exchange_input *input)
{
    x->call = NULL;
    hf_metrics_add(&x->worker->metrics, HF_METRIC_FAULTS, 1);
    return cut(x, input->code);
}

/* The bank is gone, or its stream was cut as bytes were about to leave (then refusal says why). */
enum hf_exchange_state hf_x_abandon(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_metrics_add(&x->worker->metrics, HF_METRIC_CUT, x->headers_left ? 1 : 0);
    hf_ignore(record_end(x));
    return HF_X_ENDED;
}

enum hf_exchange_state hf_x_explain(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_exchange_send_problem(x);
    return HF_X_SENDING;
}

enum hf_exchange_state hf_x_end(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)x;
    (void)input;
    return HF_X_ENDED;
}

/* --- asking -------------------------------------------------------------------------------- */

enum hf_exchange_state hf_x_ask(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    /* While the record was on its way a consent may have ended: then the source hears nothing. */
    enum hf_code code = x->access.is_queued ? hf_exchange_standing(x) : HF_OK;
    if (code != HF_OK) {
        return fail(x, code);
    }
    hf_status status = hf_exchange_call(x);
    if (hf_is_ok(status)) {
        return HF_X_ASKING;
    }
    if (x->access.is_queued) {
        return fail(x, status.code);
    }
    return hf_x_unrecorded(x, &(struct hf_exchange_input){.code = HF_OVERLOADED});
}

/* The record has waited long enough for a quick answer. */
enum hf_exchange_state hf_x_record(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_status status = hf_exchange_record_access(x);
    return hf_is_ok(status) ? x->state
                            : hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
}

enum hf_exchange_state hf_x_hold(struct hf_exchange *x, struct hf_exchange_input *input)
{
    enum hf_code code = hf_exchange_source_code(input->status);
    if (code == HF_OK && !hf_exchange_accepts_head(x, input)) {
        code = HF_SOURCE_MALFORMED;
    }
    if (code != HF_OK) {
        return fail(x, code);
    }
    hf_status status = hf_exchange_open_body(x);
    if (!hf_is_ok(status)) {
        return fail(x, status.code);
    }
    if (x->access.is_queued) {
        hf_loop_timer_start(x->worker->loop, &x->timer, HF_RELEASE_MS);
    }
    return HF_X_HOLDING;
}

/* --- holding ------------------------------------------------------------------------------- */

static hf_status judge_again(struct hf_exchange *x)
{
    const struct hf_decide_request request =
        hf_exchange_decide_request(x, hf_worker_snapshot(x->worker));
    HF_TRY(hf_decide_again(&request, &x->decision));
    note_judged(x, request.snapshot, request.now_unix_s);
    return HF_DONE;
}

/* Within one generation nothing but a consent's own end can change what was judged … */
static bool is_unchanged(const struct hf_exchange *x)
{
    return hf_worker_snapshot(x->worker)->generation == x->judged_generation &&
           hf_held_stand(x->consents, x->fields.n_consents);
}

/* … and, where the hour counts, the clock, which is read to the second. */
static bool is_judged_now(const struct hf_exchange *x)
{
    return is_unchanged(x) && hf_worker_unix_s(x->worker) == x->judged_unix_s;
}

/* Opens the answer if the gate lets it, if it is time, and if the access still stands. */
static enum hf_exchange_state try_release(struct hf_exchange *x)
{
    bool is_time = x->body_is_complete || x->held_long || x->output.size >= HF_RELEASE_BYTES;
    if (!is_time || !hf_gate_lets_bytes(&x->gate)) {
        return x->state;
    }
    hf_status status = is_judged_now(x) ? HF_DONE : judge_again(x);
    if (!hf_is_ok(status)) {
        return fail(x, status.code);
    }
    hf_loop_timer_stop(x->worker->loop, &x->timer);
    status = hf_exchange_send_headers(x);
    if (hf_is_ok(status)) {
        x->headers_left = true;
        status = hf_gate_give(&x->gate, &x->output);
    }
    if (!hf_is_ok(status)) {
        return fail_or_cut(x, status.code);
    }
    if (x->body_is_complete) {
        return HF_X_CLOSING;
    }
    hf_call_resume(x->call);
    return HF_X_RELAYING;
}

enum hf_exchange_state hf_x_release(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    return try_release(x);
}

/* Either the access record has waited long enough, or the HEADERS have. */
enum hf_exchange_state hf_x_hold_due(struct hf_exchange *x, struct hf_exchange_input *input)
{
    if (!x->access.is_queued) { /* the source's HEADERS came while the record waited */
        hf_loop_timer_start(x->worker->loop, &x->timer, HF_RELEASE_MS - HF_RECORD_WAIT_MS);
        return hf_x_record(x, input);
    }
    x->held_long = true;
    return try_release(x);
}

/* Takes bytes while little is held; what is not taken stays with the source. */
enum hf_exchange_state hf_x_take(struct hf_exchange *x, struct hf_exchange_input *input)
{
    while (input->n_taken < input->bytes.size && x->output.size < HF_RELEASE_BYTES) {
        hf_status status = hf_exchange_take_piece(x, input);
        if (!hf_is_ok(status)) {
            return fail(x, status.code);
        }
    }
    if (x->output.size >= HF_RELEASE_BYTES) {
        hf_status status = hf_exchange_record_access(x);
        if (!hf_is_ok(status)) {
            return hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
        }
    }
    return try_release(x);
}

/* The call has ended, and with it the body. */
static hf_status close_body(struct hf_exchange *x)
{
    x->call = NULL;
    return hf_exchange_close_body(x);
}

/* A quick answer: both records go to the log together, and then it leaves at once. */
enum hf_exchange_state hf_x_complete(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_status status = close_body(x);
    if (!hf_is_ok(status)) {
        return fail(x, status.code);
    }
    status = record_end(x);
    if (!hf_is_ok(status)) {
        return hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
    }
    hf_exchange_drop_body(x);
    x->state = HF_X_CLOSING;
    return try_release(x);
}

/* --- relaying ------------------------------------------------------------------------------ */

/* Takes bytes while the bank does: this is where its pace reaches back to the source. */
enum hf_exchange_state hf_x_relay(struct hf_exchange *x, struct hf_exchange_input *input)
{
    while (input->n_taken < input->bytes.size && hf_h2_stream_room(x->task.stream) > 0) {
        hf_status status = hf_exchange_take_piece(x, input);
        if (hf_is_ok(status)) {
            status = hf_gate_give(&x->gate, &x->output);
        }
        if (!hf_is_ok(status)) {
            return cut(x, status.code);
        }
    }
    return HF_X_RELAYING;
}

enum hf_exchange_state hf_x_relay_writable(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_call_resume(x->call);
    return HF_X_RELAYING;
}

/* The outcome waits until the last byte has left, so that it can tell of all of them. */
enum hf_exchange_state hf_x_relay_complete(struct hf_exchange *x, struct hf_exchange_input *input)
{
    hf_status status = close_body(x);
    if (hf_is_ok(status)) {
        status = hf_gate_give(&x->gate, &x->output);
    }
    if (!hf_is_ok(status)) {
        return cut(x, status.code);
    }
    return hf_x_close_writable(x, input);
}

enum hf_exchange_state hf_x_close_writable(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    if (x->outcome.is_queued || hf_h2_stream_unframed(x->task.stream) > 0) {
        return HF_X_CLOSING;
    }
    hf_status status = hf_exchange_record_outcome(x);
    return hf_is_ok(status) ? HF_X_CLOSING
                            : hf_x_unrecorded(x, &(struct hf_exchange_input){.code = status.code});
}

enum hf_exchange_state hf_x_finish(struct hf_exchange *x, struct hf_exchange_input *input)
{
    (void)input;
    hf_status status = hf_exchange_send_trailers(x);
    if (!hf_is_ok(status)) {
        return cut(x, status.code);
    }
    hf_metrics_add(&x->worker->metrics, HF_METRIC_BYTES_OUT, x->n_redacted_bytes);
    return HF_X_SENDING;
}

enum hf_code hf_exchange_standing(struct hf_exchange *x)
{
    hf_status status = is_unchanged(x) ? HF_DONE : judge_again(x);
    return hf_is_ok(status) ? HF_OK : hf_problem_code(status.code);
}

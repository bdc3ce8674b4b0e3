/*
 * Decides when a word about a given consent is acknowledged: when both what it does and its record
 * are on disk. What takes away acts first and is recorded after, so that nothing, not even the log,
 * delays it; what gives back is recorded first. Either is repeated by sending it again.
 *
 * The token is the proof, whoever sends it and on whichever listener. So a word that is known
 * already may come from anybody who has kept it: it is paid for by whoever sends it, and the
 * grantor of whom it is has all its rate left for what is new.
 */
#include "gateway/endpoint_impl.h"

#include "crypto/base64.h"
#include "gateway/address.h"

enum { ANSWER_BYTES = 512 };

static bool gives_back(const struct hf_endpoint_call *call)
{
    return call->act.kind == HF_ACT_RESUME;
}

static void answer(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(ANSWER_BYTES);
    const struct hf_act *act = &call->act;
    hf_status status =
        hf_buf_printf(&body, "{\"iss\":\"%s\",\"jti\":\"%s\",\"state\":\"%s\"}\n", act->id.iss,
                      hf_act_is_of_all(act) ? "*" : act->id.jti, hf_act_state_name(act->kind));
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, NULL);
        return;
    }
    if (act->kind == HF_ACT_REVOKE) {
        hf_metrics_add(&call->worker->metrics, HF_METRIC_REVOCATIONS, 1);
    }
    hf_endpoint_answer(call, 200, "application/json", hf_buf_view(&body));
}

static hf_status carry_out(struct hf_endpoint_call *call)
{
    hf_endpoint_hold(call);
    hf_status status = hf_registry_act(call->worker->gateway->registry, &call->act,
                                       hf_endpoint_token(call), hf_endpoint_on_registry_done, call);
    if (!hf_is_ok(status)) {
        hf_endpoint_let_go(call);
    }
    return status;
}

static void on_recorded(struct hf_log_entry *entry, hf_status status)
{
    struct hf_endpoint_call *call = entry->context;
    if (hf_is_ok(status) && gives_back(call)) {
        status = carry_out(call);
    } else if (hf_is_ok(status)) {
        answer(call);
    }
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, NULL);
    }
    hf_endpoint_let_go(call);
}

static hf_status record(struct hf_endpoint_call *call)
{
    const struct hf_act *act = &call->act;
    char sha256[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(hf_endpoint_token(call), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), sha256);
    struct hf_detail detail = {
        .iat = HF_DETAIL_NUMBER((uint64_t)act->iat_unix_s),
        .iss = hf_bytes_of_string(act->id.iss),
        .jti = hf_bytes_of_string(act->id.jti),
        .state = hf_bytes_of_string(hf_act_state_name(act->kind)),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_worker_unix_s(call->worker) * 1000),
        .token_sha256 = hf_bytes_of_string(sha256),
    };
    if (act->kind == HF_ACT_REVOKE) {
        detail.reason = hf_bytes_of_string(hf_revocation_reason_name(act->reason));
    }
    return hf_endpoint_record_detail(
        call, &detail, act->kind == HF_ACT_REVOKE ? HF_RECORD_REVOKE : HF_RECORD_STATUS,
        on_recorded);
}

static void on_carried_out(struct hf_post *post)
{
    struct hf_endpoint_call *call = hf_endpoint_of_post(post);
    hf_status status = call->registry_status;
    if (hf_is_ok(status) && gives_back(call)) {
        answer(call);
    } else if (hf_is_ok(status)) {
        status = record(call);
    }
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, NULL);
    }
    hf_endpoint_let_go(call);
}

static hf_bytes sender_of(const struct hf_endpoint_call *call)
{
    return call->bank ? hf_bytes_of_string(call->bank->uscc)
                      : hf_address_network(&hf_h2_stream_peer(call->task.stream)->address);
}

static hf_status take_rate(struct hf_endpoint_call *call)
{
    bool is_news;
    HF_TRY(hf_registry_is_news(call->worker->gateway->registry, &call->act, &is_news));
    bool is_within = is_news ? hf_endpoint_within_rate(call, HF_RATE_REVOKE)
                             : hf_rates_take(&call->worker->rates, HF_RATE_AGAIN, sender_of(call),
                                             hf_loop_now_ms(call->worker->loop));
    return hf_status_of(is_within ? HF_OK : HF_RATE_LIMIT);
}

static hf_status begin(struct hf_endpoint_call *call, struct hf_problem *reterr)
{
    const struct hf_token_context context = hf_endpoint_token_context(call);
    HF_TRY(hf_act_verify(&context, hf_endpoint_token(call), &call->act, reterr));
    call->id = call->act.id;
    HF_TRY(take_rate(call));
    call->post.run = on_carried_out;
    if (!gives_back(call)) {
        return carry_out(call);
    }
    /* Judged again when it is carried out; here so that nothing is recorded that will not be. */
    HF_TRY(hf_registry_judge_act(call->worker->gateway->registry, &call->act));
    return record(call);
}

void hf_endpoint_act(struct hf_endpoint_call *call)
{
    struct hf_problem problem = {.code = HF_OK};
    hf_status status = begin(call, &problem);
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, problem.where);
    }
}

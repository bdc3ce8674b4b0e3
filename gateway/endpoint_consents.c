/*
 * Decides when a consent is registered: when both the record and the registry's entry are on disk.
 * It is recorded first and registered after, so that no consent is ever named that the log does not
 * know.
 *
 * On the public listener the token is the proof, whoever sends it. A bank is known, and registers
 * its own consents only: the answer tells what has become of them.
 *
 * A grantor's rate is taken after the signature was checked, never before: the issuer that a token
 * claims is anybody's word, and whoever sends enough of them would keep that grantor from giving
 * consents, or from withdrawing them. The work of checking is paid for by the sender's address.
 */
#include "gateway/endpoint_impl.h"

#include "consent/receipt.h"
#include "consent/registry_status.h"
#include "crypto/base64.h"
#include "gateway/alarm.h"

struct hf_token_context hf_endpoint_token_context(const struct hf_endpoint_call *call)
{
    const struct hf_gateway *gateway = call->worker->gateway;
    return (struct hf_token_context){.grantors = call->snapshot->grantors,
                                     .authorities = call->snapshot->authorities,
                                     .audience = gateway->config->audience,
                                     .limits = gateway->claims_limits,
                                     .now_unix_s = hf_worker_unix_s(call->worker)};
}

hf_bytes hf_endpoint_token(const struct hf_endpoint_call *call)
{
    hf_bytes text = hf_buf_view(&call->body);
    if (text.size && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    return text;
}

bool hf_endpoint_within_rate(struct hf_endpoint_call *call, enum hf_rate rate)
{
    return hf_rates_take(&call->worker->rates, rate, hf_bytes_of_string(call->id.iss),
                         hf_loop_now_ms(call->worker->loop));
}

/* --- what both acts do --------------------------------------------------------------------- */

hf_status hf_endpoint_record_detail(struct hf_endpoint_call *call, const struct hf_detail *detail,
                                    enum hf_record_kind kind, hf_log_settled_fn *on_settled)
{
    HF_TRY(hf_detail_write(detail, &call->detail));
    call->entry = (struct hf_log_entry){.kind = kind,
                                        .bank = detail->bank,
                                        .enterprise = detail->iss,
                                        .detail = hf_buf_view(&call->detail),
                                        .on_settled = on_settled,
                                        .context = call};
    HF_TRY(hf_log_append(call->worker->waiter, &call->entry));
    hf_endpoint_hold(call);
    return HF_DONE;
}

struct hf_endpoint_call *hf_endpoint_of_post(struct hf_post *post)
{
    return (struct hf_endpoint_call *)((char *)post - offsetof(struct hf_endpoint_call, post));
}

/* On the registry's thread: go home. */
void hf_endpoint_on_registry_done(void *context, hf_status status)
{
    struct hf_endpoint_call *call = context;
    call->registry_status = status;
    hf_worker_post(call->worker, &call->post);
}

/* --- registering --------------------------------------------------------------------------- */

static void refuse(struct hf_endpoint_call *call, enum hf_code code, const char *attribute)
{
    if (code == HF_JTI_CONFLICT) {
        hf_bytes bank = call->bank ? hf_bytes_of_string(call->bank->uscc) : (hf_bytes){NULL, 0};
        hf_alarm_jti_conflict(call->worker, bank, call->token);
    }
    hf_endpoint_refuse(call, code, attribute);
}

/* With its receipt: who registers has a right to one, and a bank has every word of it already. */
static void answer_registered(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf receipt = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    struct hf_entry *entry = NULL;
    hf_status status = hf_registry_find(call->worker->gateway->registry, &call->id, &entry);
    if (hf_is_ok(status)) {
        status = hf_endpoint_write_receipt(call, entry, &receipt);
    }
    if (hf_is_ok(status)) {
        hf_metrics_add(&call->worker->metrics, HF_METRIC_CONSENTS, 1);
        hf_endpoint_answer_status(call, 201, entry, hf_buf_view(&receipt));
    } else {
        hf_endpoint_refuse(call, status.code, NULL);
    }
    hf_entry_unref(entry);
}

static void on_registered(struct hf_post *post)
{
    struct hf_endpoint_call *call = hf_endpoint_of_post(post);
    if (hf_is_ok(call->registry_status)) {
        answer_registered(call);
    } else {
        refuse(call, call->registry_status.code, NULL);
    }
    hf_endpoint_let_go(call);
}

static void on_grant_recorded(struct hf_log_entry *entry, hf_status status)
{
    struct hf_endpoint_call *call = entry->context;
    call->post.run = on_registered;
    if (hf_is_ok(status)) {
        hf_endpoint_hold(call);
        const struct hf_registration registration = {
            .token = call->token, .has_record = true, .record = entry->index, .slot = call->slot};
        status = hf_registry_register(call->worker->gateway->registry, &registration,
                                      hf_endpoint_on_registry_done, call);
        if (!hf_is_ok(status)) {
            hf_endpoint_let_go(call);
        }
    }
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, NULL);
    }
    hf_endpoint_let_go(call);
}

/* What is known under its id, named or merely seen, has this payload or none. */
static hf_status judge_payload(const struct hf_endpoint_call *call)
{
    struct hf_entry *entry = NULL;
    hf_status status = hf_registry_find_seen(call->worker->gateway->registry, &call->id, &entry);
    if (status.code == HF_CONSENT_MISSING) {
        return HF_DONE;
    }
    HF_TRY(status);
    bool is_same = memcmp(hf_entry_facts(entry)->payload_sha256, call->token->payload_sha256,
                          HF_SHA256_BYTES) == 0;
    hf_entry_unref(entry);
    return hf_status_of(is_same ? HF_OK : HF_JTI_CONFLICT);
}

/* A consent that is registered already needs no second record. */
static hf_status find_registered(struct hf_endpoint_call *call, bool *ret_found)
{
    struct hf_entry *entry = NULL;
    hf_status status = hf_registry_find(call->worker->gateway->registry, &call->id, &entry);
    *ret_found = hf_is_ok(status);
    hf_entry_unref(entry);
    return status.code == HF_CONSENT_MISSING ? HF_DONE : status;
}

static hf_status record_grant(struct hf_endpoint_call *call)
{
    char sha256[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    const struct hf_claims *claims = &call->token->claims;
    HF_TRY(hf_registry_draw_slot(call->worker->gateway->registry, &call->id, &call->slot));
    hf_base64url_encode_fixed(hf_bytes_of(call->token->sha256, HF_SHA256_BYTES), sha256);
    const struct hf_detail detail = {
        .bank = hf_bytes_skip(claims->rcpt, strlen("uscc:")),
        .exp = HF_DETAIL_NUMBER((uint64_t)claims->exp_unix_s),
        .iss = hf_bytes_of_string(call->id.iss),
        .jti = hf_bytes_of_string(call->id.jti),
        .kid = hf_bytes_of_string(call->token->kid),
        .state = HF_LITERAL("active"),
        .status_idx = HF_DETAIL_NUMBER(call->slot.idx),
        .status_list = hf_bytes_of_string(call->slot.list),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_worker_unix_s(call->worker) * 1000),
        .token_sha256 = hf_bytes_of_string(sha256),
    };
    return hf_endpoint_record_detail(call, &detail, HF_RECORD_GRANT, on_grant_recorded);
}

static hf_status begin_register(struct hf_endpoint_call *call, bool *ret_found,
                                struct hf_problem *reterr)
{
    const struct hf_token_context context = hf_endpoint_token_context(call);
    HF_TRY(hf_token_verify(&context, hf_endpoint_token(call), &call->token, reterr));
    if (call->bank && !hf_bytes_equal_string(call->token->claims.rcpt, call->bank->rcpt)) {
        return hf_problem_set(reterr, HF_RECIPIENT_MISMATCH, "rcpt", "names another bank");
    }
    HF_TRY(hf_token_judge(&context, call->token, context.now_unix_s, reterr));
    call->id = call->token->claims.id;
    const hf_status payload = judge_payload(call);
    HF_TRY(find_registered(call, ret_found));
    if (*ret_found && hf_is_ok(payload)) {
        return HF_DONE;
    }
    /* What is written down is paid for first: a grant, and the alarm that a conflict raises. */
    if (!hf_endpoint_within_rate(call, HF_RATE_REGISTER)) {
        HF_FAIL(RATE_LIMIT);
    }
    HF_TRY(payload);
    HF_TRY(hf_ceilings_admit(call->snapshot->ceilings, &call->token->claims, reterr));
    return record_grant(call);
}

void hf_endpoint_register(struct hf_endpoint_call *call)
{
    bool found = false;
    struct hf_problem problem = {.code = HF_OK};
    hf_status status = begin_register(call, &found, &problem);
    if (!hf_is_ok(status)) {
        refuse(call, status.code, problem.where);
    } else if (found) {
        answer_registered(call);
    }
}

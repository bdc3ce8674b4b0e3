/*
 * Decides who sees what has become of a consent: its bank, by its certificate, what is registered
 * for it; its grantor, by a proof that it signed for this request, all that it gave. For everybody
 * else there is nothing there.
 */
#include "gateway/endpoint_impl.h"

#include "consent/request_proof.h"
#include "gateway/seen.h"

#include <inttypes.h>
#include <stdio.h>

enum { STATUS_BYTES = 1024, LIST_BYTES = (HF_REGISTRY_PAGE + 1) * STATUS_BYTES };

/* --- writing ------------------------------------------------------------------------------- */

/* Without its closing brace: more members may follow. */
static hf_status write_status(const struct hf_entry *entry, int64_t now_unix_s, hf_buf *buf)
{
    const struct hf_entry_facts *facts = hf_entry_facts(entry);
    struct hf_consent_status status;
    hf_entry_status(entry, now_unix_s, &status);
    HF_TRY(hf_buf_printf(buf,
                         "{\"iss\":\"%s\",\"jti\":\"%s\",\"state\":\"%s\",\"exp\":%" PRId64
                         ",\"uses\":{\"left\":%" PRIu32,
                         facts->id.iss, facts->id.jti, hf_consent_state_name(status.state),
                         status.exp_unix_s, status.left));
    if (status.has_window) {
        HF_TRY(hf_buf_printf(buf, ",\"window_left\":%" PRIu32 ",\"window_ends\":%" PRId64,
                             status.window_left, status.window_ends_unix_s));
    }
    return hf_buf_append_byte(buf, '}');
}

/* A receipt is a JWS: nothing to escape. */
static hf_status write_answer(struct hf_endpoint_call *call, const struct hf_entry *entry,
                              hf_bytes receipt, hf_buf *body)
{
    struct hf_status_ref ref;
    hf_endpoint_status_ref(call, entry, &ref);
    HF_TRY(write_status(entry, hf_worker_unix_s(call->worker), body));
    if (ref.uri[0]) {
        HF_TRY(hf_buf_append_string(body, ",\"status\":"));
        HF_TRY(hf_status_ref_write(&ref, body));
    }
    if (receipt.size > 0) {
        HF_TRY(hf_buf_append_string(body, ",\"receipt\":\""));
        HF_TRY(hf_buf_append(body, receipt));
        HF_TRY(hf_buf_append_byte(body, '"'));
    }
    return hf_buf_append_string(body, "}\n");
}

void hf_endpoint_answer_status(struct hf_endpoint_call *call, int http_status,
                               const struct hf_entry *entry, hf_bytes receipt)
{
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(STATUS_BYTES + receipt.size);
    hf_status status = write_answer(call, entry, receipt, &body);
    if (hf_is_ok(status)) {
        hf_endpoint_answer(call, http_status, "application/json", hf_buf_view(&body));
    } else {
        hf_endpoint_refuse(call, HF_INTERNAL, NULL);
    }
}

static hf_status write_page(const char *iss, const struct hf_registry_page *page,
                            int64_t now_unix_s, hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, "{\"iss\":\"%s\",\"consents\":[", iss));
    for (size_t i = 0; i < page->n_entries; i++) {
        HF_TRY(hf_buf_append_string(buf, i > 0 ? "," : ""));
        HF_TRY(write_status(page->entries[i], now_unix_s, buf));
        HF_TRY(hf_buf_append_byte(buf, '}'));
    }
    HF_TRY(hf_buf_append_byte(buf, ']'));
    if (page->next[0]) {
        HF_TRY(hf_buf_printf(buf, ",\"next\":\"%s\"", page->next));
    }
    return hf_buf_append_string(buf, "}\n");
}

/* --- a grantor ----------------------------------------------------------------------------- */

static hf_status use_once(struct hf_endpoint_call *call, const struct hf_request_proof *proof,
                          int64_t now_unix_s, struct hf_problem *reterr)
{
    char id[HF_CONSENT_ID_MAX_BYTES + 1];
    (void)snprintf(id, sizeof id, "%s;%s", proof->iss, proof->jti);
    hf_status status = hf_seen_note(call->worker->gateway->seen, hf_bytes_of_string(id), now_unix_s,
                                    proof->iat_unix_s + HF_REQUEST_PROOF_LIFE_S);
    if (status.code == HF_EXISTS) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "jti", "was used before");
    }
    return hf_is_ok(status) ? status : hf_status_of(HF_OVERLOADED);
}

/* When this run began, as the clock tells it now: one that was behind at the start, and put right
 * since, dates our beginning, and what the run before has used, later than it did then. */
static int64_t began_unix_s(const struct hf_gateway *gateway)
{
    const int64_t ran_ms = hf_clock_monotonic_ms(&gateway->clock) - gateway->began_monotonic_ms;
    const int64_t by_now_unix_s = (hf_clock_unix_ms(&gateway->clock) - ran_ms) / 1000;
    return by_now_unix_s > gateway->began_unix_s ? by_now_unix_s : gateway->began_unix_s;
}

/* Who asks, if it is proven: a grantor, of its own consents. */
static hf_status judge_proof(struct hf_endpoint_call *call, hf_bytes iss, struct hf_problem *reterr)
{
    const struct hf_token_context context = hf_endpoint_token_context(call);
    const struct hf_proven_request request = {.method = HF_LITERAL("GET"),
                                              .target = call->target,
                                              .now_unix_s = context.now_unix_s,
                                              .began_unix_s = began_unix_s(call->worker->gateway)};
    struct hf_request_proof proof;
    hf_bytes authority;
    HF_TRY(hf_request_proof_verify(&context, call->proof, &proof, reterr));
    HF_TRY(hf_request_proof_judge(&proof, &request, &authority, reterr));
    if (!hf_worker_answers_for(call->worker, authority)) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "htu", "is another gateway's");
    }
    if (!hf_bytes_equal_string(iss, proof.iss)) {
        HF_FAIL(ROUTE_UNKNOWN); /* another's consents are not there */
    }
    if (!hf_rates_take(&call->worker->rates, HF_RATE_READ, iss,
                       hf_loop_now_ms(call->worker->loop))) {
        HF_FAIL(RATE_LIMIT);
    }
    return use_once(call, &proof, context.now_unix_s, reterr);
}

static hf_status list(struct hf_endpoint_call *call, hf_bytes iss, hf_bytes query, hf_buf *body)
{
    const hf_bytes lead = HF_LITERAL("?after=");
    struct hf_registry_page page;
    char name[HF_PARTY_MAX_BYTES + 1] = "";
    if (query.size && !hf_bytes_starts_with(query, lead)) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    memcpy(name, iss.data, iss.size); /* it is the proof's: bounded */
    HF_TRY(hf_registry_list(call->worker->gateway->registry, name,
                            hf_bytes_skip(query, query.size ? lead.size : 0), &page));
    hf_status status = write_page(name, &page, hf_worker_unix_s(call->worker), body);
    hf_registry_page_clear(&page);
    return status;
}

static hf_status answer_list(struct hf_endpoint_call *call, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(LIST_BYTES);
    const uint8_t *mark = memchr(call->rest.data, '?', call->rest.size);
    size_t n = mark ? (size_t)(mark - call->rest.data) : call->rest.size;
    hf_bytes iss = {call->rest.data, n};
    HF_TRY(judge_proof(call, iss, reterr));
    HF_TRY(list(call, iss, hf_bytes_skip(call->rest, n), &body));
    hf_endpoint_answer(call, 200, "application/json", hf_buf_view(&body));
    return HF_DONE;
}

/* --- one consent --------------------------------------------------------------------------- */

static hf_status read_id(hf_bytes path, struct hf_consent_id *ret_id)
{
    const uint8_t *slash = path.size ? memchr(path.data, '/', path.size) : NULL;
    if (!slash) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    hf_bytes iss = {path.data, (size_t)(slash - path.data)};
    return hf_consent_id_of(iss, hf_bytes_skip(path, iss.size + 1), ret_id);
}

/* A registry that cannot be read does not say that there is nothing. */
static hf_status is_there(hf_status found)
{
    return found.code == HF_CONSENT_MISSING ? hf_status_of(HF_ROUTE_UNKNOWN) : found;
}

/* Unknown, malformed and another bank's answer alike. */
static hf_status find_for_bank(struct hf_endpoint_call *call, struct hf_entry **ret_entry)
{
    struct hf_entry *entry = NULL;
    if (!hf_is_ok(read_id(call->rest, &call->id))) {
        HF_FAIL(ROUTE_UNKNOWN);
    }
    HF_TRY(is_there(hf_registry_find(call->worker->gateway->registry, &call->id, &entry)));
    if (strcmp(hf_entry_facts(entry)->rcpt, call->bank->rcpt) != 0) {
        hf_entry_unref(entry);
        HF_FAIL(ROUTE_UNKNOWN);
    }
    *ret_entry = entry;
    return HF_DONE;
}

static hf_status find_for_grantor(struct hf_endpoint_call *call, struct hf_entry **ret_entry,
                                  struct hf_problem *reterr)
{
    if (!hf_is_ok(read_id(call->rest, &call->id))) {
        HF_FAIL(ROUTE_UNKNOWN);
    }
    HF_TRY(judge_proof(call, hf_bytes_of_string(call->id.iss), reterr));
    return is_there(hf_registry_find_seen(call->worker->gateway->registry, &call->id, ret_entry));
}

static hf_status answer_one(struct hf_endpoint_call *call, struct hf_problem *reterr)
{
    struct hf_entry *entry = NULL;
    HF_TRY(call->bank ? find_for_bank(call, &entry) : find_for_grantor(call, &entry, reterr));
    hf_endpoint_answer_status(call, 200, entry, (hf_bytes){NULL, 0});
    hf_entry_unref(entry);
    return HF_DONE;
}

/* The grantor's own, to keep. Whether a token is there to repeat, the receipt finds out. */
static hf_status answer_receipt(struct hf_endpoint_call *call, struct hf_problem *reterr)
{
    struct hf_entry *entry = NULL;
    HF_TRY(find_for_grantor(call, &entry, reterr));
    hf_endpoint_answer_receipt(call, entry);
    hf_entry_unref(entry);
    return HF_DONE;
}

/* Cuts /receipt off what names a consent. */
static bool take_receipt(hf_bytes *rest)
{
    const hf_bytes tail = HF_LITERAL("/receipt");
    if (rest->size <= tail.size ||
        !hf_bytes_equal(hf_bytes_skip(*rest, rest->size - tail.size), tail)) {
        return false;
    }
    rest->size -= tail.size;
    return true;
}

void hf_endpoint_show_consent(struct hf_endpoint_call *call)
{
    struct hf_problem problem = {.code = HF_OK};
    hf_status status = HF_DONE;
    if (!call->bank && !call->proof.size) {
        status = hf_status_of(HF_ROUTE_UNKNOWN);
    } else if (!call->bank && call->rest.size && !memchr(call->rest.data, '/', call->rest.size)) {
        status = answer_list(call, &problem);
    } else if (!call->bank && take_receipt(&call->rest)) {
        status = answer_receipt(call, &problem);
    } else {
        status = answer_one(call, &problem);
    }
    if (!hf_is_ok(status)) {
        hf_endpoint_refuse(call, status.code, problem.where);
    }
}

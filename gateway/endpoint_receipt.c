/*
 * What a grantor is given to keep: a receipt over the gateway's signature, when a consent is
 * registered and whenever its grantor asks; and for everybody the keys that verify it, and the
 * lists of what has become of consents.
 *
 * Only a registered consent has one: of a token that a bank merely presented the gateway keeps no
 * words that a receipt could repeat.
 */
#include "gateway/endpoint_impl.h"

#include "consent/receipt.h"
#include "consent/status_list.h"

#include <stdio.h>

enum { URI_BYTES = HF_DOCUMENT_URI_MAX_BYTES + 16 };

void hf_endpoint_status_ref(const struct hf_endpoint_call *call, const struct hf_entry *entry,
                            struct hf_status_ref *ret_ref)
{
    const struct hf_status_slot *slot = &hf_entry_facts(entry)->slot;
    struct hf_status_ref ref = {.idx = 0};
    if (hf_entry_is_registered(entry) && slot->list[0]) {
        ref.idx = slot->idx;
        (void)snprintf(ref.uri, sizeof ref.uri, "%s/status/%s",
                       call->worker->gateway->config->public_url, slot->list);
    }
    *ret_ref = ref;
}

static hf_status sign(struct hf_endpoint_call *call, const struct hf_entry *entry,
                      const struct hf_consent_history *history, hf_bytes token, hf_buf *buf)
{
    const struct hf_gateway *gateway = call->worker->gateway;
    const struct hf_entry_facts *facts = hf_entry_facts(entry);
    const int64_t now_unix_s = hf_worker_unix_s(call->worker);
    char withdrawal_uri[URI_BYTES];
    struct hf_consent_status status;
    hf_entry_status(entry, now_unix_s, &status);
    (void)snprintf(withdrawal_uri, sizeof withdrawal_uri, "%s/revocations",
                   gateway->config->public_url);
    struct hf_receipt_facts receipt = {.issuer = gateway->config->audience,
                                       .now_unix_s = now_unix_s,
                                       .token = token,
                                       .state = status.state,
                                       .history = history,
                                       .withdrawal_uri = withdrawal_uri};
    if (facts->has_record) {
        receipt.log_origin = gateway->config->origin;
        receipt.log_index = facts->record;
    }
    hf_endpoint_status_ref(call, entry, &receipt.status);
    return hf_receipt_sign(gateway->signer.key, &receipt, buf);
}

hf_status hf_endpoint_write_receipt(struct hf_endpoint_call *call, const struct hf_entry *entry,
                                    hf_buf *buf)
{
    struct hf_registry *registry = call->worker->gateway->registry;
    const struct hf_consent_id *id = &hf_entry_facts(entry)->id;
    struct hf_consent_history history;
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    HF_TRY(hf_registry_read_token(registry, id, &token));
    HF_TRY(hf_registry_read_history(registry, id, &history));
    return sign(call, entry, &history, hf_buf_view(&token), buf);
}

void hf_endpoint_answer_receipt(struct hf_endpoint_call *call, const struct hf_entry *entry)
{
    HF_CLEANUP(hf_buf_clear) hf_buf receipt = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    hf_status status = hf_endpoint_write_receipt(call, entry, &receipt);
    if (hf_is_ok(status)) {
        hf_endpoint_answer(call, 200, "application/jwt", hf_buf_view(&receipt));
    } else {
        hf_endpoint_refuse(call, status.code == HF_CONSENT_MISSING ? HF_ROUTE_UNKNOWN : status.code,
                           NULL);
    }
}

/* For everybody: who asks for a list does not say which of its consents it is about. */
void hf_endpoint_status_list(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf list = hf_buf_init(HF_STATUS_LIST_TEXT_BYTES);
    hf_status status = hf_status_board_read(call->worker->gateway->board, call->rest, &list);
    if (hf_is_ok(status)) {
        hf_endpoint_answer(call, 200, HF_STATUS_LIST_CONTENT_TYPE, hf_buf_view(&list));
    } else {
        hf_endpoint_refuse(call, status.code == HF_NOT_FOUND ? HF_ROUTE_UNKNOWN : status.code,
                           NULL);
    }
}

void hf_endpoint_keys(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf keys = hf_buf_init(HF_KEY_SET_MAX_BYTES);
    hf_status status = hf_key_set_write(&call->worker->gateway->signer.keys, &keys);
    if (hf_is_ok(status)) {
        status = hf_buf_append_byte(&keys, '\n');
    }
    if (hf_is_ok(status)) {
        hf_endpoint_answer(call, 200, "application/jwk-set+json", hf_buf_view(&keys));
    } else {
        hf_endpoint_refuse(call, status.code, NULL);
    }
}

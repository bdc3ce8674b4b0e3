/*
 * Decides what an alarm tells: enough to find both signers' acts, and nothing of what they say. A
 * grantor that signs two consents under one id tries to have one of them counted, revoked or shown
 * in place of the other; or somebody else has its key.
 */
#include "gateway/alarm.h"

#include "audit/detail.h"
#include "crypto/base64.h"

#include <stdlib.h>

struct alarm {
    struct hf_log_entry entry;
    hf_buf detail;
};

static void free_alarm(struct alarm *alarm)
{
    hf_buf_clear(&alarm->detail);
    free(alarm);
}

static void on_settled(struct hf_log_entry *entry, hf_status status)
{
    (void)status; /* whoever waits for the log hears of its failure */
    free_alarm(entry->context);
}

typedef char digest_text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];

static void spell(const uint8_t sha256[static HF_SHA256_BYTES], digest_text ret_text)
{
    hf_base64url_encode_fixed(hf_bytes_of(sha256, HF_SHA256_BYTES), ret_text);
}

/* The tokens: the one that the registry knows first, if it still does. */
static hf_status describe(struct hf_worker *worker, hf_bytes bank, const struct hf_token *token,
                          hf_buf *text)
{
    digest_text digests[2];
    hf_bytes tokens[2];
    size_t n_tokens = 0;
    struct hf_entry *entry = NULL;
    hf_status found = hf_registry_find_seen(worker->gateway->registry, &token->claims.id, &entry);
    if (hf_is_ok(found)) {
        spell(hf_entry_facts(entry)->token_sha256, digests[n_tokens++]);
        hf_entry_unref(entry);
    }
    spell(token->sha256, digests[n_tokens++]);
    for (size_t i = 0; i < n_tokens; i++) {
        tokens[i] = hf_bytes_of_string(digests[i]);
    }
    const struct hf_detail detail = {
        .bank = bank,
        .code = hf_bytes_of_string(hf_code_info(HF_JTI_CONFLICT)->name),
        .iss = hf_bytes_of_string(token->claims.id.iss),
        .jti = hf_bytes_of_string(token->claims.id.jti),
        .kid = hf_bytes_of_string(token->kid),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_clock_unix_ms(&worker->gateway->clock)),
        .tokens = {tokens, n_tokens},
    };
    return hf_detail_write(&detail, text);
}

static hf_status raise(struct hf_worker *worker, hf_bytes bank, const struct hf_token *token,
                       struct alarm *alarm)
{
    alarm->detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
    HF_TRY(describe(worker, bank, token, &alarm->detail));
    alarm->entry = (struct hf_log_entry){.kind = HF_RECORD_ALARM,
                                         .detail = hf_buf_view(&alarm->detail),
                                         .on_settled = on_settled,
                                         .context = alarm};
    return hf_log_append(worker->waiter, &alarm->entry);
}

void hf_alarm_jti_conflict(struct hf_worker *worker, hf_bytes bank, const struct hf_token *token)
{
    struct alarm *alarm = calloc(1, sizeof *alarm);
    if (alarm && !hf_is_ok(raise(worker, bank, token, alarm))) {
        free_alarm(alarm);
    }
    hf_metrics_add(&worker->metrics, HF_METRIC_ALARMS, 1);
}

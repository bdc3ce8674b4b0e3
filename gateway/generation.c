/*
 * Decides what of a configuration is worth naming: all that a decision rests on and that an
 * operator may change while the gateway runs. Grantors' keys have records of their own, key by key
 * (known_keys.c), because they are other people's.
 */
#include "gateway/generation.h"

#include "audit/detail.h"
#include "crypto/base64.h"

struct digest {
    char text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
};

static hf_bytes spell(const uint8_t *sha256, struct digest *digest)
{
    hf_base64url_encode_fixed(hf_bytes_of(sha256, HF_SHA256_BYTES), digest->text);
    return hf_bytes_of_string(digest->text);
}

hf_status hf_generation_record(const struct hf_snapshot *snapshot, struct hf_log *log,
                               int64_t unix_ms, int64_t *ret_recorded_unix_s)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    const struct hf_ceilings *table = snapshot->ceilings;
    struct digest agreements, banks, catalogs, ceilings, policy;
    const struct hf_detail detail = {
        .agreements_sha256 = spell(hf_agreements_sha256(snapshot->agreements), &agreements),
        .banks_sha256 = spell(hf_banks_sha256(snapshot->banks), &banks),
        .catalogs_sha256 = spell(snapshot->catalogs_sha256, &catalogs),
        .ceilings_sha256 = table ? spell(hf_ceilings_sha256(table), &ceilings) : (hf_bytes){0},
        .change = HF_LITERAL("in_force"),
        .generation = HF_DETAIL_NUMBER(snapshot->generation),
        .policy_sha256 = spell(hf_policy_digest(snapshot->policy), &policy),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)unix_ms),
    };
    HF_TRY(hf_detail_write(&detail, &text));
    struct hf_log_entry entry = {.kind = HF_RECORD_CONFIG, .detail = hf_buf_view(&text)};
    HF_TRY(hf_log_append_wait(log, &entry));
    *ret_recorded_unix_s = entry.time_unix_s;
    return HF_DONE;
}

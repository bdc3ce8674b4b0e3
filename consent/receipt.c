/*
 * Writes receipts: the consent's own words as they stand in its token, and what the gateway adds. A
 * token was verified when it was registered, so its payload is believed here; what it says is
 * copied, never reworded.
 *
 * Invariant: hf_receipt_parse() reads whatever is written here.
 */
#include "consent/receipt.h"

#include "crypto/base64.h"
#include "crypto/jws.h"

#include <inttypes.h>

static const struct hf_json_limits payload_limits = {
    .max_bytes = HF_JWS_PAYLOAD_MAX_BYTES,
    .max_depth = 6,
    .max_values = 4096,
    .max_string_bytes = HF_JWS_PAYLOAD_MAX_BYTES,
};

static hf_status read_claims(hf_bytes token, struct hf_arena *arena,
                             const struct hf_json **ret_claims)
{
    struct hf_jws jws;
    HF_TRY(hf_jws_parse_certified(token, arena, &jws, NULL));
    hf_status status = hf_json_parse(jws.payload, &payload_limits, arena, ret_claims, NULL);
    bool is_malformed = status.code == HF_JSON_MALFORMED || status.code == HF_LIMIT;
    return is_malformed ? hf_status_of(HF_CONSENT_MALFORMED) : status;
}

/* Appends `,"name":` and the value of the token's claim @claim. */
static hf_status copy(const struct hf_json *claims, const char *claim, const char *name,
                      hf_buf *buf)
{
    const struct hf_json *value = hf_json_member(claims, claim);
    if (!value) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    HF_TRY(hf_buf_printf(buf, ",\"%s\":", name));
    return hf_json_write_canonical(buf, value);
}

static hf_status write_string(const char *lead, hf_bytes text, hf_buf *buf)
{
    HF_TRY(hf_buf_append_string(buf, lead));
    return hf_json_write_string(buf, text);
}

/* ---- parts ---- */

static hf_status write_head(const struct hf_receipt_facts *facts, const struct hf_json *claims,
                            hf_buf *buf)
{
    const struct hf_json *iss = hf_json_member(claims, "iss");
    const struct hf_json *jti = hf_json_member(claims, "jti");
    struct hf_consent_id id;
    if (!iss || !jti || iss->type != HF_JSON_STRING || jti->type != HF_JSON_STRING) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    HF_TRY(hf_consent_id_of(iss->text, jti->text, &id));
    HF_TRY(write_string("{\"ver\":1,\"schema_version\":\"" HF_RECEIPT_SCHEMA "\",\"iss\":",
                        hf_bytes_of_string(facts->issuer), buf));
    HF_TRY(hf_buf_printf(buf, ",\"iat\":%" PRId64 ",\"record_id\":\"%s;%s\"", facts->now_unix_s,
                         id.iss, id.jti));
    return copy(claims, "sub", "pii_principal_id", buf);
}

static hf_status note_source(hf_bytes datatype, bool is_held[static HF_N_SOURCES])
{
    const uint8_t *slash = datatype.size > 0 ? memchr(datatype.data, '/', datatype.size) : NULL;
    enum hf_source source;
    if (!slash ||
        !hf_source_by_name((hf_bytes){datatype.data, (size_t)(slash - datatype.data)}, &source)) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    is_held[source] = true;
    return HF_DONE;
}

/* The departments that hold the data: the sources of its datasets, each once. */
static hf_status write_controllers(const struct hf_json *claims, hf_buf *buf)
{
    bool is_held[HF_N_SOURCES] = {false};
    const struct hf_json *scopes = hf_json_member(claims, "authorization_details");
    for (const struct hf_json *scope = scopes ? scopes->child : NULL; scope; scope = scope->next) {
        const struct hf_json *names = hf_json_member(scope, "datatypes");
        for (const struct hf_json *name = names ? names->child : NULL; name; name = name->next) {
            HF_TRY(note_source(name->text, is_held));
        }
    }
    HF_TRY(hf_buf_append_string(buf, ",\"pii_controllers\":["));
    bool is_first = true;
    for (unsigned i = 0; i < HF_N_SOURCES; i++) {
        if (is_held[i]) {
            HF_TRY(hf_buf_printf(buf, "%s\"%s\"", is_first ? "" : ",",
                                 hf_source_name((enum hf_source)i)));
            is_first = false;
        }
    }
    return hf_buf_append_byte(buf, ']');
}

static hf_status write_terms(const struct hf_receipt_facts *facts, const struct hf_json *claims,
                             hf_buf *buf)
{
    HF_TRY(copy(claims, "notice", "notice", buf));
    HF_TRY(copy(claims, "purposes", "purposes", buf));
    HF_TRY(hf_buf_append_string(buf, ",\"lawful_basis\":\"consent\""));
    HF_TRY(write_controllers(claims, buf));
    HF_TRY(copy(claims, "rcpt", "recipient", buf));
    HF_TRY(copy(claims, "authorization_details", "pii_information", buf));
    HF_TRY(copy(claims, "data_life_days", "retention_days", buf));
    HF_TRY(copy(claims, "nbf", "nbf", buf));
    HF_TRY(copy(claims, "exp", "exp", buf));
    HF_TRY(write_string(",\"withdrawal\":{\"method\":\"POST\",\"typ\":\"consent-revocation+jwt\","
                        "\"uri\":",
                        hf_bytes_of_string(facts->withdrawal_uri), buf));
    return hf_buf_append_byte(buf, '}');
}

static hf_status write_events(const struct hf_consent_history *history, hf_buf *buf)
{
    HF_TRY(hf_buf_append_string(buf, ",\"events\":["));
    for (size_t i = 0; i < history->n_events; i++) {
        HF_TRY(hf_buf_printf(buf, "%s{\"event\":\"%s\",\"time\":%" PRId64 "}", i > 0 ? "," : "",
                             hf_event_kind_name(history->events[i].kind),
                             history->events[i].unix_s));
    }
    HF_TRY(hf_buf_append_byte(buf, ']'));
    return history->n_omitted > 0
               ? hf_buf_printf(buf, ",\"events_omitted\":%" PRIu64, history->n_omitted)
               : HF_DONE;
}

static hf_status write_standing(const struct hf_receipt_facts *facts, hf_buf *buf)
{
    char digest_text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(facts->token, digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), digest_text);
    HF_TRY(hf_buf_printf(buf, ",\"consent_sha256\":\"%s\"", digest_text));
    if (facts->log_origin) {
        HF_TRY(write_string(",\"log\":{\"origin\":", hf_bytes_of_string(facts->log_origin), buf));
        HF_TRY(hf_buf_printf(buf, ",\"index\":%" PRIu64 "}", facts->log_index));
    }
    if (facts->status.uri[0]) {
        HF_TRY(hf_buf_append_string(buf, ",\"status\":"));
        HF_TRY(hf_status_ref_write(&facts->status, buf));
    }
    HF_TRY(hf_buf_printf(buf, ",\"state\":\"%s\"", hf_consent_state_name(facts->state)));
    HF_TRY(write_events(facts->history, buf));
    return hf_buf_append_byte(buf, '}');
}

hf_status hf_receipt_sign(const struct hf_key *key, const struct hf_receipt_facts *facts,
                          hf_buf *buf)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_RECEIPT_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(HF_RECEIPT_PAYLOAD_MAX_BYTES);
    const struct hf_json *claims = NULL;
    HF_TRY(read_claims(facts->token, &arena, &claims));
    HF_TRY(write_head(facts, claims, &payload));
    HF_TRY(write_terms(facts, claims, &payload));
    HF_TRY(write_standing(facts, &payload));
    return hf_jws_sign_document(key, HF_RECEIPT_TYP, hf_buf_view(&payload), buf);
}

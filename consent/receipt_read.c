/*
 * Reads receipts. Whoever keeps one may have got it from anywhere: nothing of it is read before a
 * key of the gateway's has been found to have signed it, and then every claim is one that the
 * profile knows.
 */
#include "consent/receipt.h"

#include "consent/profile.h"

enum {
    MAX_DEPTH = 6,
    MAX_VALUES = 4096,
    MAX_SCOPES = 16,
    MAX_ORIGIN_BYTES = 200,
    MAX_STATE_BYTES = 16
};

static hf_status open_receipt(hf_bytes payload, struct hf_arena *arena,
                              struct hf_members *ret_members, struct hf_problem *reterr)
{
    static const char *const names[] = {"ver",
                                        "schema_version",
                                        "iss",
                                        "iat",
                                        "record_id",
                                        "notice",
                                        "pii_principal_id",
                                        "purposes",
                                        "lawful_basis",
                                        "recipient",
                                        "pii_controllers",
                                        "pii_information",
                                        "retention_days",
                                        "nbf",
                                        "exp",
                                        "withdrawal",
                                        "consent_sha256",
                                        "log",
                                        "status",
                                        "state",
                                        "events",
                                        "events_omitted",
                                        NULL};
    static const struct hf_json_limits limits = {.max_bytes = HF_RECEIPT_PAYLOAD_MAX_BYTES,
                                                 .max_depth = MAX_DEPTH,
                                                 .max_values = MAX_VALUES,
                                                 .max_string_bytes = HF_PROFILE_MAX_STRING_BYTES};
    static const struct hf_profile profile = {.names = names, .limits = &limits};
    return hf_profile_open(payload, &profile, arena, ret_members, reterr);
}

/* A string that can be only one. */
static hf_status read_fixed(const struct hf_members *members, const char *name, const char *value)
{
    const struct hf_json *text = NULL;
    HF_TRY(hf_members_get(members, name, HF_JSON_STRING, &text));
    return hf_bytes_equal_string(text->text, value)
               ? HF_DONE
               : hf_members_wrong(members, name, "is not of this version of receipts");
}

static hf_status read_uri(const struct hf_members *members, const char *name, hf_bytes *ret_uri)
{
    hf_bytes uri;
    HF_TRY(hf_members_string(members, name, 1, HF_DOCUMENT_URI_MAX_BYTES, &uri));
    if (!hf_document_uri_is_valid(uri)) {
        return hf_members_wrong(members, name, "must be an https URI");
    }
    *ret_uri = uri;
    return HF_DONE;
}

static hf_status read_head(const struct hf_members *members, struct hf_receipt *receipt)
{
    hf_bytes record_id;
    HF_TRY(read_fixed(members, "schema_version", HF_RECEIPT_SCHEMA));
    HF_TRY(read_uri(members, "iss", &receipt->iss));
    HF_TRY(hf_profile_time(members, "iat", &receipt->iat_unix_s));
    HF_TRY(hf_members_string(members, "record_id", 1, HF_CONSENT_ID_MAX_BYTES, &record_id));
    if (!hf_is_ok(hf_consent_id_parse(record_id, &receipt->id))) {
        return hf_members_wrong(members, "record_id", "must be the id of a consent");
    }
    return read_fixed(members, "pii_principal_id", receipt->id.iss);
}

static hf_status read_notice(const struct hf_members *members, struct hf_receipt *receipt)
{
    static const char *const names[] = {"id", "ver", "sha256", "lang", NULL};
    const struct hf_json *value = NULL;
    struct hf_members notice;
    hf_bytes digest;
    HF_TRY(hf_members_get(members, "notice", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(members, value, "notice", names, &notice));
    HF_TRY(hf_members_string(&notice, "id", 1, 64, &receipt->notice_id));
    HF_TRY(hf_members_string(&notice, "ver", 1, 32, &receipt->notice_ver));
    HF_TRY(hf_members_string(&notice, "lang", 1, 16, &receipt->notice_lang));
    return hf_profile_digest(&notice, "sha256", &digest);
}

static hf_status read_withdrawal(const struct hf_members *members, struct hf_receipt *receipt)
{
    static const char *const names[] = {"method", "typ", "uri", NULL};
    const struct hf_json *value = NULL;
    struct hf_members withdrawal;
    HF_TRY(hf_members_get(members, "withdrawal", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(members, value, "withdrawal", names, &withdrawal));
    HF_TRY(read_fixed(&withdrawal, "method", "POST"));
    HF_TRY(read_fixed(&withdrawal, "typ", "consent-revocation+jwt"));
    return read_uri(&withdrawal, "uri", &receipt->withdrawal_uri);
}

static hf_status read_controllers(const struct hf_members *members)
{
    const struct hf_json *array = NULL;
    enum hf_source source;
    HF_TRY(hf_members_strings(members, "pii_controllers", 1, HF_N_SOURCES, &array));
    for (const struct hf_json *name = array->child; name; name = name->next) {
        if (!hf_source_by_name(name->text, &source)) {
            return hf_members_wrong(members, "pii_controllers", "names what is no source");
        }
    }
    return HF_DONE;
}

static hf_status read_scopes(const struct hf_members *members, const struct hf_json **ret_scopes)
{
    const struct hf_json *scopes = NULL;
    HF_TRY(hf_members_get(members, "pii_information", HF_JSON_ARRAY, &scopes));
    bool is_bounded = scopes->n_children >= 1 && scopes->n_children <= MAX_SCOPES;
    for (const struct hf_json *scope = scopes->child; scope; scope = scope->next) {
        if (!is_bounded || scope->type != HF_JSON_OBJECT) {
            return hf_members_wrong(members, "pii_information", "must be 1 to 16 scopes");
        }
    }
    if (!is_bounded) {
        return hf_members_wrong(members, "pii_information", "must be 1 to 16 scopes");
    }
    *ret_scopes = scopes;
    return HF_DONE;
}

static hf_status read_terms(const struct hf_members *members, struct hf_receipt *receipt)
{
    enum hf_subject_kind kind;
    HF_TRY(read_notice(members, receipt));
    HF_TRY(hf_members_mask(members, "purposes", 1, hf_purpose_by_name, &receipt->purposes));
    HF_TRY(read_fixed(members, "lawful_basis", "consent"));
    HF_TRY(read_controllers(members));
    HF_TRY(hf_members_string(members, "recipient", 1, HF_PARTY_MAX_BYTES, &receipt->recipient));
    if (!hf_party_kind(receipt->recipient, &kind)) {
        return hf_members_wrong(members, "recipient", "must be uscc: and a valid code");
    }
    HF_TRY(read_scopes(members, &receipt->pii_information));
    HF_TRY(hf_members_integer(members, "retention_days", 0, 1826, &receipt->retention_days));
    HF_TRY(hf_profile_time(members, "nbf", &receipt->nbf_unix_s));
    HF_TRY(hf_profile_time(members, "exp", &receipt->exp_unix_s));
    return read_withdrawal(members, receipt);
}

static hf_status read_log(const struct hf_members *members, struct hf_receipt *receipt)
{
    static const char *const names[] = {"origin", "index", NULL};
    const struct hf_json *value = NULL;
    struct hf_members log;
    HF_TRY(hf_members_find(members, "log", HF_JSON_OBJECT, &value));
    if (!value) {
        return HF_DONE;
    }
    HF_TRY(hf_members_open(members, value, "log", names, &log));
    HF_TRY(hf_members_string(&log, "origin", 1, MAX_ORIGIN_BYTES, &receipt->log_origin));
    return hf_members_integer(&log, "index", 0, INT64_MAX, &receipt->log_index);
}

static hf_status read_event(const struct hf_members *members, const struct hf_json *value,
                            struct hf_consent_event *ret_event)
{
    static const char *const names[] = {"event", "time", NULL};
    struct hf_members event;
    hf_bytes name;
    HF_TRY(hf_members_open(members, value, "events", names, &event));
    HF_TRY(hf_members_string(&event, "event", 1, MAX_STATE_BYTES, &name));
    if (!hf_event_kind_by_name(name, &ret_event->kind)) {
        return hf_members_wrong(&event, "event", "is not in the vocabulary");
    }
    return hf_profile_time(&event, "time", &ret_event->unix_s);
}

static hf_status read_events(const struct hf_members *members, struct hf_consent_history *history)
{
    const struct hf_json *events = NULL;
    int64_t n_omitted = 0;
    HF_TRY(hf_members_get(members, "events", HF_JSON_ARRAY, &events));
    if (events->n_children < 1 || events->n_children > HF_HISTORY_MAX_EVENTS) {
        return hf_members_wrong(members, "events", "are none, or too many");
    }
    for (const struct hf_json *event = events->child; event; event = event->next) {
        HF_TRY(read_event(members, event, &history->events[history->n_events]));
        history->n_events++;
    }
    if (hf_json_member(members->object, "events_omitted")) {
        HF_TRY(hf_members_integer(members, "events_omitted", 1, INT64_MAX, &n_omitted));
    }
    history->n_omitted = (uint64_t)n_omitted;
    return HF_DONE;
}

static hf_status read_standing(const struct hf_members *members, struct hf_receipt *receipt)
{
    HF_TRY(hf_members_digest(members, "consent_sha256", receipt->consent_sha256));
    HF_TRY(read_log(members, receipt));
    HF_TRY(hf_status_ref_read(members, &receipt->status));
    HF_TRY(hf_members_string(members, "state", 1, MAX_STATE_BYTES, &receipt->state));
    if (!hf_consent_state_is_named(receipt->state)) {
        return hf_members_wrong(members, "state", "is not in the vocabulary");
    }
    return read_events(members, &receipt->history);
}

hf_status hf_receipt_parse(hf_bytes payload, struct hf_arena *arena, struct hf_receipt *ret_receipt,
                           struct hf_problem *reterr)
{
    struct hf_members members;
    struct hf_receipt receipt = {.iat_unix_s = 0};
    HF_TRY(open_receipt(payload, arena, &members, reterr));
    HF_TRY(read_head(&members, &receipt));
    HF_TRY(read_terms(&members, &receipt));
    HF_TRY(read_standing(&members, &receipt));
    *ret_receipt = receipt;
    return HF_DONE;
}

hf_status hf_receipt_verify(hf_bytes text, const struct hf_key_set *keys, struct hf_arena *arena,
                            struct hf_receipt *ret_receipt, struct hf_problem *reterr)
{
    hf_bytes payload;
    HF_TRY(hf_document_open(text, &(struct hf_document_trust){HF_RECEIPT_TYP, keys}, arena,
                            &payload, reterr));
    return hf_receipt_parse(payload, arena, ret_receipt, reterr);
}

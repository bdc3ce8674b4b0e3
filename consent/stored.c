/*
 * Spelling and reading of what lasts. Each value carries its version and is read as strictly as it
 * was written: a value that is not ours is damage, and damage is a refusal, never a fresh start.
 */
#include "consent/stored.h"

#include "consent/history.h"
#include "consent/members.h"
#include "consent/status_list.h"
#include "crypto/base64.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    VERSION = 1,
    TREE_BYTES = 64 << 10,
    EXPIRY_CHARS = 11 /* wide enough for any NumericDate, so that keys sort by it */
};

static const struct hf_json_limits limits = {.max_bytes = HF_STORED_VALUE_MAX_BYTES,
                                             .max_depth = 3,
                                             .max_values = 64,
                                             .max_string_bytes = HF_STORED_VALUE_MAX_BYTES};

struct hf_stored_key hf_stored_key_of(enum hf_stored_kind kind, const struct hf_consent_id *id)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "%c/%s;%s", (char)kind, id->iss, id->jti);
    return key;
}

struct hf_stored_key hf_stored_event_key(const struct hf_consent_id *id, uint64_t n)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "e/%s;%s;%02u", id->iss, id->jti,
             (unsigned)(n % HF_HISTORY_MAX_STATUSES));
    return key;
}

struct hf_stored_key hf_stored_order_key(const char *reference)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "o/%s", reference);
    return key;
}

struct hf_stored_key hf_stored_expiry_key(const struct hf_entry_facts *facts)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "x/%s;%0*lld;%s", facts->id.iss, EXPIRY_CHARS,
             (long long)facts->exp_unix_s, facts->id.jti);
    return key;
}

struct hf_stored_key hf_stored_expiry_prefix(const char *iss)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "x/%s;", iss);
    return key;
}

struct hf_stored_key hf_stored_word_key(const struct hf_consent_id *id, int64_t at_unix_s)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "z/%s;%0*lld;%s", id->iss, EXPIRY_CHARS,
             (long long)at_unix_s, id->jti);
    return key;
}

struct hf_stored_key hf_stored_word_prefix(const char *iss)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "z/%s;", iss);
    return key;
}

bool hf_stored_expiry_of(hf_bytes key, int64_t *ret_unix_s)
{
    const uint8_t *semicolon = key.size > 0 ? memchr(key.data, ';', key.size) : NULL;
    int64_t unix_s = 0;
    if (!semicolon || (size_t)(semicolon - key.data) + 1 + EXPIRY_CHARS > key.size) {
        return false;
    }
    for (size_t i = 1; i <= EXPIRY_CHARS; i++) {
        if (semicolon[i] < '0' || semicolon[i] > '9') {
            return false;
        }
        unix_s = unix_s * 10 + (semicolon[i] - '0');
    }
    *ret_unix_s = unix_s;
    return true;
}

struct hf_stored_key hf_stored_past_key(const struct hf_entry_facts *facts)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "y/%0*lld;%s;%s", EXPIRY_CHARS,
             (long long)facts->exp_unix_s, facts->id.iss, facts->id.jti);
    return key;
}

/* Takes what stands before the next semicolon, or all. */
static hf_bytes take_word(hf_bytes *rest)
{
    const uint8_t *semicolon = rest->size > 0 ? memchr(rest->data, ';', rest->size) : NULL;
    hf_bytes word = {rest->data, semicolon ? (size_t)(semicolon - rest->data) : rest->size};
    *rest = hf_bytes_skip(*rest, word.size + (semicolon != NULL));
    return word;
}

static bool read_moment(hf_bytes word, int64_t *ret_unix_s)
{
    int64_t unix_s = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') {
            return false;
        }
        unix_s = unix_s * 10 + (word.data[i] - '0');
    }
    *ret_unix_s = unix_s;
    return word.size == EXPIRY_CHARS;
}

bool hf_stored_key_read(hf_bytes key, struct hf_consent_id *ret_id, int64_t *ret_exp_unix_s)
{
    hf_bytes rest = hf_bytes_skip(key, key.size < 2 ? key.size : 2);
    hf_bytes words[3];
    for (size_t i = 0; i < 3; i++) {
        words[i] = take_word(&rest);
    }
    bool is_past = key.size > 2 && key.data[0] == 'y';
    return rest.size == 0 && read_moment(words[is_past ? 0 : 1], ret_exp_unix_s) &&
           hf_is_ok(hf_consent_id_of(words[is_past ? 1 : 0], words[2], ret_id));
}

/* ---- consents ---- */

static hf_status write_digest(const char *name, const uint8_t *digest, hf_buf *value)
{
    char text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_base64url_encode_fixed(hf_bytes_of(digest, HF_SHA256_BYTES), text);
    return hf_buf_printf(value, ",\"%s\":\"%s\"", name, text);
}

hf_status hf_stored_consent_write(const struct hf_entry_facts *facts, bool is_registered,
                                  hf_buf *value)
{
    HF_TRY(hf_buf_printf(value,
                         "{\"v\":%d,\"rcpt\":\"%s\",\"received\":%lld,\"iat\":%lld,\"nbf\":%lld,"
                         "\"exp\":%lld,\"max_total\":%u",
                         VERSION, facts->rcpt, (long long)facts->received_unix_s,
                         (long long)facts->iat_unix_s, (long long)facts->nbf_unix_s,
                         (long long)facts->exp_unix_s, (unsigned)facts->max_total));
    if (facts->has_window) {
        HF_TRY(hf_buf_printf(value, ",\"window\":\"%s\",\"window_count\":%u",
                             hf_window_name(facts->window), (unsigned)facts->window_count));
    }
    HF_TRY(write_digest("token_sha256", facts->token_sha256, value));
    HF_TRY(write_digest("payload_sha256", facts->payload_sha256, value));
    if (facts->slot.list[0]) {
        HF_TRY(hf_buf_printf(value, ",\"list\":\"%s\",\"idx\":%u", facts->slot.list,
                             (unsigned)facts->slot.idx));
    }
    if (facts->has_record) {
        HF_TRY(hf_buf_printf(value, ",\"record\":%llu", (unsigned long long)facts->record));
    }
    return hf_buf_printf(value, ",\"registered\":%d}", is_registered);
}

static hf_status read_window(const struct hf_members *members, struct hf_entry_facts *facts)
{
    hf_bytes window;
    int64_t count;
    if (!hf_json_member(members->object, "window")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(members, "window", 1, 8, &window));
    if (!hf_window_by_name(window, &facts->window)) {
        HF_FAIL(IO);
    }
    HF_TRY(hf_members_integer(members, "window_count", 1, UINT32_MAX, &count));
    facts->window_count = (uint32_t)count;
    facts->has_window = true;
    return HF_DONE;
}

static hf_status read_record(const struct hf_members *members, struct hf_entry_facts *facts)
{
    int64_t record;
    if (!hf_json_member(members->object, "record")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_integer(members, "record", 0, INT64_MAX, &record));
    facts->record = (uint64_t)record;
    facts->has_record = true;
    return HF_DONE;
}

static hf_status read_slot(const struct hf_members *members, struct hf_entry_facts *facts)
{
    hf_bytes list;
    int64_t idx;
    if (!hf_json_member(members->object, "list")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(members, "list", HF_SLOT_LIST_CHARS, HF_SLOT_LIST_CHARS, &list));
    HF_TRY(hf_members_integer(members, "idx", 0, HF_STATUS_LIST_ENTRIES - 1, &idx));
    if (!hf_slot_list_is_valid(list)) {
        HF_FAIL(IO);
    }
    memcpy(facts->slot.list, list.data, HF_SLOT_LIST_CHARS); /* zeroed behind */
    facts->slot.idx = (uint32_t)idx;
    return HF_DONE;
}

static hf_status read_facts(const struct hf_members *members, struct hf_entry_facts *facts)
{
    hf_bytes rcpt;
    int64_t max_total;
    HF_TRY(hf_members_string(members, "rcpt", 1, HF_PARTY_MAX_BYTES, &rcpt));
    memcpy(facts->rcpt, rcpt.data, rcpt.size); /* bounded just above; zeroed behind */
    HF_TRY(hf_members_integer(members, "received", 0, INT64_MAX, &facts->received_unix_s));
    facts->iat_unix_s = facts->received_unix_s; /* unless it says when: earlier ones did not */
    if (hf_json_member(members->object, "iat")) {
        HF_TRY(hf_members_integer(members, "iat", 0, INT64_MAX, &facts->iat_unix_s));
    }
    HF_TRY(hf_members_integer(members, "nbf", 0, INT64_MAX, &facts->nbf_unix_s));
    HF_TRY(hf_members_integer(members, "exp", 0, INT64_MAX, &facts->exp_unix_s));
    HF_TRY(hf_members_integer(members, "max_total", 1, UINT32_MAX, &max_total));
    facts->max_total = (uint32_t)max_total;
    HF_TRY(read_window(members, facts));
    HF_TRY(read_record(members, facts));
    HF_TRY(read_slot(members, facts));
    HF_TRY(hf_members_digest(members, "token_sha256", facts->token_sha256));
    return hf_members_digest(members, "payload_sha256", facts->payload_sha256);
}

hf_status hf_stored_consent_read(hf_bytes value, const struct hf_consent_id *id,
                                 struct hf_entry_facts *ret_facts, bool *ret_is_registered)
{
    static const char *const names[] = {"v",
                                        "rcpt",
                                        "received",
                                        "iat",
                                        "nbf",
                                        "exp",
                                        "max_total",
                                        "window",
                                        "window_count",
                                        "token_sha256",
                                        "payload_sha256",
                                        "record",
                                        "list",
                                        "idx",
                                        "registered",
                                        NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members members = {.text = value, .code = HF_IO};
    struct hf_entry_facts facts = {.id = *id};
    int64_t version;
    int64_t is_registered;
    HF_TRY(hf_members_parse(&members, &limits, &arena, names));
    HF_TRY(hf_members_integer(&members, "v", VERSION, VERSION, &version));
    HF_TRY(read_facts(&members, &facts));
    HF_TRY(hf_members_integer(&members, "registered", 0, 1, &is_registered));
    *ret_facts = facts;
    *ret_is_registered = is_registered;
    return HF_DONE;
}

/* ---- uses ---- */

hf_status hf_stored_uses_write(const struct hf_use_counts *counts, hf_buf *value)
{
    HF_TRY(hf_buf_printf(value, "{\"v\":%d,\"total\":%u,\"records\":%llu", VERSION,
                         (unsigned)counts->total, (unsigned long long)counts->n_records));
    for (unsigned i = 0; i < HF_N_WINDOWS; i++) {
        if (counts->windows[i].count > 0) {
            HF_TRY(hf_buf_printf(
                value, ",\"%s\":{\"index\":%u,\"count\":%u}", hf_window_name((enum hf_window)i),
                (unsigned)counts->windows[i].index, (unsigned)counts->windows[i].count));
        }
    }
    return hf_buf_append_byte(value, '}');
}

static hf_status read_window_uses(const struct hf_members *members, enum hf_window window,
                                  struct hf_use_counts *counts)
{
    static const char *const names[] = {"index", "count", NULL};
    const struct hf_json *value = hf_json_member(members->object, hf_window_name(window));
    struct hf_members uses;
    int64_t index;
    int64_t count;
    if (!value) {
        return HF_DONE;
    }
    HF_TRY(hf_members_open(members, value, "", names, &uses));
    HF_TRY(hf_members_integer(&uses, "index", 0, UINT32_MAX, &index));
    HF_TRY(hf_members_integer(&uses, "count", 0, UINT32_MAX, &count));
    counts->windows[window].index = (uint32_t)index;
    counts->windows[window].count = (uint32_t)count;
    return HF_DONE;
}

hf_status hf_stored_uses_read(hf_bytes value, struct hf_use_counts *ret_counts)
{
    static const char *const names[] = {"v",   "total", "records", "hour",
                                        "day", "week",  "month",   NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members members = {.text = value, .code = HF_IO};
    struct hf_use_counts counts = {.total = 0};
    int64_t number;
    HF_TRY(hf_members_parse(&members, &limits, &arena, names));
    HF_TRY(hf_members_integer(&members, "v", VERSION, VERSION, &number));
    HF_TRY(hf_members_integer(&members, "total", 0, UINT32_MAX, &number));
    counts.total = (uint32_t)number;
    HF_TRY(hf_members_integer(&members, "records", 0, INT64_MAX, &number));
    counts.n_records = (uint64_t)number;
    for (unsigned i = 0; i < HF_N_WINDOWS; i++) {
        HF_TRY(read_window_uses(&members, (enum hf_window)i, &counts));
    }
    *ret_counts = counts;
    return HF_DONE;
}

/* ---- acts, replay ---- */

#define ACT_BEHIND_AT ",\"iat\":" /* what follows the moment, in each act that was written */

hf_status hf_stored_act_write(const struct hf_act *act, int64_t at_unix_s, uint64_t n,
                              hf_bytes text, hf_buf *value)
{
    HF_TRY(hf_buf_printf(value, "{\"v\":%d,\"at\":%lld" ACT_BEHIND_AT "%lld,\"state\":\"%s\"",
                         VERSION, (long long)at_unix_s, (long long)act->iat_unix_s,
                         hf_act_state_name(act->kind)));
    if (act->kind == HF_ACT_REVOKE) {
        HF_TRY(hf_buf_printf(value, ",\"reason\":\"%s\"", hf_revocation_reason_name(act->reason)));
    }
    if (n > 0) {
        HF_TRY(hf_buf_printf(value, ",\"n\":%llu", (unsigned long long)n));
    }
    if (act->jti[0]) {
        HF_TRY(hf_buf_printf(value, ",\"jti\":\"%s\"", act->jti));
    }
    if (act->reference[0]) {
        HF_TRY(hf_buf_append_string(value, ",\"reference\":"));
        HF_TRY(hf_json_write_string(value, hf_bytes_of_string(act->reference)));
    }
    if (text.size > 0) { /* a token is of base64url and dots: nothing to escape */
        HF_TRY(hf_buf_printf(value, ",\"token\":\"%.*s\"", HF_PRINT(text)));
    }
    return hf_buf_append_byte(value, '}');
}

static bool act_kind_by_name(hf_bytes name, enum hf_act_kind *ret_kind)
{
    static const enum hf_act_kind kinds[] = {HF_ACT_REVOKE, HF_ACT_PAUSE, HF_ACT_RESUME};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (hf_bytes_equal_string(name, hf_act_state_name(kinds[i]))) {
            *ret_kind = kinds[i];
            return true;
        }
    }
    return false;
}

hf_status hf_stored_act_read(hf_bytes value, struct hf_stored_act *ret_act)
{
    static const char *const names[] = {"v", "at",  "iat",       "state", "reason",
                                        "n", "jti", "reference", "token", NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members members = {.text = value, .code = HF_IO};
    struct hf_stored_act act = {.n = 0};
    hf_bytes state;
    int64_t version;
    int64_t n = 0;
    HF_TRY(hf_members_parse(&members, &limits, &arena, names));
    HF_TRY(hf_members_integer(&members, "v", VERSION, VERSION, &version));
    HF_TRY(hf_members_integer(&members, "at", 0, INT64_MAX, &act.at_unix_s));
    HF_TRY(hf_members_integer(&members, "iat", 0, INT64_MAX, &act.iat_unix_s));
    HF_TRY(hf_members_string(&members, "state", 1, 8, &state));
    if (!act_kind_by_name(state, &act.kind)) {
        HF_FAIL(IO);
    }
    if (hf_json_member(members.object, "n")) {
        HF_TRY(hf_members_integer(&members, "n", 1, INT64_MAX, &n));
    }
    act.n = (uint64_t)n;
    *ret_act = act;
    return HF_DONE;
}

hf_status hf_stored_act_redate(hf_bytes stored, int64_t at_unix_s, hf_buf *value)
{
    const hf_bytes behind = HF_LITERAL(ACT_BEHIND_AT);
    struct hf_stored_act act;
    HF_TRY(hf_stored_act_read(stored, &act)); /* so it has a moment, and this after it */
    while (!hf_bytes_starts_with(stored, behind)) {
        if (stored.size == 0) {
            HF_FAIL(IO);
        }
        stored = hf_bytes_skip(stored, 1);
    }
    HF_TRY(hf_buf_printf(value, "{\"v\":%d,\"at\":%lld", VERSION, (long long)at_unix_s));
    return hf_buf_append(value, stored);
}

hf_status hf_stored_replay_write(uint64_t from, hf_buf *value)
{
    return hf_buf_printf(value, "{\"v\":%d,\"from\":%llu}", VERSION, (unsigned long long)from);
}

hf_status hf_stored_replay_read(hf_bytes value, uint64_t *ret_from)
{
    static const char *const names[] = {"v", "from", NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members members = {.text = value, .code = HF_IO};
    int64_t number;
    HF_TRY(hf_members_parse(&members, &limits, &arena, names));
    HF_TRY(hf_members_integer(&members, "v", VERSION, VERSION, &number));
    HF_TRY(hf_members_integer(&members, "from", 0, INT64_MAX, &number));
    *ret_from = (uint64_t)number;
    return HF_DONE;
}

/*
 * The one spelling of a record. The writer puts fields between fixed words; the reader demands the
 * same words at the same places and, for each field, the one spelling of its value. So whatever is
 * accepted is what the writer would write again: two readers cannot take one record for two things.
 *
 * It does not know what came before: order, hashes and time are the chain's affair (chain.c).
 */
#include "audit/record.h"

#include "base/date.h"
#include "base/digits.h"
#include "crypto/base64.h"

#define WORD(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define KIND(name, decision)                                                                       \
    {                                                                                              \
        WORD(name), WORD(decision)                                                                 \
    }

/* In the order of enum hf_record_kind. */
static const struct {
    hf_bytes name; /* literals: a NUL follows */
    hf_bytes decision;
} kinds[HF_N_RECORD_KINDS] = {
    [HF_RECORD_ACCESS] = KIND("access", "allow"),  [HF_RECORD_ALARM] = KIND("alarm", "none"),
    [HF_RECORD_ANCHOR] = KIND("anchor", "none"),   [HF_RECORD_CONFIG] = KIND("config", "none"),
    [HF_RECORD_DENY] = KIND("deny", "deny"),       [HF_RECORD_DENYSUM] = KIND("denysum", "deny"),
    [HF_RECORD_EPOCH] = KIND("epoch", "none"),     [HF_RECORD_EXPORT] = KIND("export", "none"),
    [HF_RECORD_GRANT] = KIND("grant", "none"),     [HF_RECORD_KEY] = KIND("key", "none"),
    [HF_RECORD_OUTCOME] = KIND("outcome", "none"), [HF_RECORD_RECOVER] = KIND("recover", "none"),
    [HF_RECORD_REVOKE] = KIND("revoke", "none"),   [HF_RECORD_SHRED] = KIND("shred", "none"),
    [HF_RECORD_STATUS] = KIND("status", "none"),
};

static bool is_kind(enum hf_record_kind kind)
{
    return kind >= HF_RECORD_ACCESS && kind < HF_N_RECORD_KINDS;
}

const char *hf_record_kind_name(enum hf_record_kind kind)
{
    return is_kind(kind) ? (const char *)kinds[kind].name.data : "?";
}

const char *hf_record_decision(enum hf_record_kind kind)
{
    return is_kind(kind) ? (const char *)kinds[kind].decision.data : "?";
}

bool hf_record_kind_by_name(hf_bytes name, enum hf_record_kind *ret_kind)
{
    for (int kind = HF_RECORD_ACCESS; kind < HF_N_RECORD_KINDS; kind++) {
        if (hf_bytes_equal(name, kinds[kind].name)) {
            *ret_kind = (enum hf_record_kind)kind;
            return true;
        }
    }
    return false;
}

void hf_record_leaf_hash(hf_bytes text, uint8_t ret_hash[static HF_SHA256_BYTES])
{
    static const uint8_t prefix = 0x00; /* = RFC 6962 2.1 */
    HF_UNINITIALISED struct hf_sha256 state;
    hf_sha256_init(&state);
    hf_sha256_update(&state, hf_bytes_of(&prefix, 1));
    hf_sha256_update(&state, text);
    hf_sha256_final(&state, ret_hash);
}

void hf_record_epoch(int64_t time_unix_s, char ret_epoch[static HF_RECORD_EPOCH_CHARS + 1])
{
    enum { SECONDS_A_DAY = 86400, LAST_DAY = 2932896 /* 9999-12-31 */ };
    int64_t day = time_unix_s < 0 ? 0 : time_unix_s / SECONDS_A_DAY;
    int year;
    unsigned month;
    unsigned day_of_month;
    hf_date_to_civil((int32_t)(day > LAST_DAY ? LAST_DAY : day), &year, &month, &day_of_month);
    hf_digits_write_fixed((unsigned)year, 4, ret_epoch);
    ret_epoch[4] = '-';
    hf_digits_write_fixed(month, 2, ret_epoch + 5);
    ret_epoch[HF_RECORD_EPOCH_CHARS] = '\0';
}

/* The longest record: nine fixed words, the five byte strings, the longest names, two numbers. */
_Static_assert(128 + 2 * 43 + 3 * 22 + 7 + 5 + 7 + 2 * 16 < HF_RECORD_MAX_BYTES, "a record fits");

static char *put_view(char *at, hf_bytes text)
{
    memcpy(at, text.data, text.size);
    return at + text.size;
}

static char *put(char *at, const char *text)
{
    return put_view(at, hf_bytes_of_string(text));
}

static char *put_bytes(char *at, const uint8_t *bytes, size_t size)
{
    hf_base64url_encode_fixed(hf_bytes_of(bytes, size), at);
    return at + HF_BASE64URL_CHARS(size);
}

static char *put_number(char *at, uint64_t number)
{
    return at + hf_digits_write(number, at);
}

hf_status hf_record_write(const struct hf_record *record, char ret_text[static HF_RECORD_MAX_BYTES],
                          size_t *ret_size)
{
    if (!is_kind(record->kind) || record->index > HF_RECORD_MAX_NUMBER || record->time_unix_s < 0 ||
        (uint64_t)record->time_unix_s > HF_RECORD_MAX_NUMBER) {
        HF_FAIL(BUG);
    }
    char epoch[HF_RECORD_EPOCH_CHARS + 1];
    hf_record_epoch(record->time_unix_s, epoch);
    char *p = ret_text;
    p = put_bytes(put(p, "{\"bank\":\""), record->bank, sizeof(record->bank));
    p = put_bytes(put(p, "\",\"commit\":\""), record->commit, sizeof(record->commit));
    p = put_view(put(p, "\",\"decision\":\""), kinds[record->kind].decision);
    p = put(p, "\",\"enterprise\":\"");
    p = put_bytes(p, record->enterprise, sizeof(record->enterprise));
    p = put(put(p, "\",\"epoch\":\""), epoch);
    p = put_number(put(p, "\",\"index\":"), record->index);
    p = put_view(put(p, ",\"kind\":\""), kinds[record->kind].name);
    p = put_bytes(put(p, "\",\"nonce\":\""), record->nonce, sizeof(record->nonce));
    p = put_bytes(put(p, "\",\"prev\":\""), record->prev, sizeof(record->prev));
    p = put_number(put(p, "\",\"time\":"), (uint64_t)record->time_unix_s);
    p = put(p, ",\"v\":1}");
    *ret_size = (size_t)(p - ret_text);
    return HF_DONE;
}

/* Where the reader stands; once a step fails the rest do nothing. */
struct cursor {
    hf_bytes rest;
    const char *failed_at; /* NULL: all well */
};

static void take(struct cursor *cursor, hf_bytes word, const char *where)
{
    if (cursor->failed_at) {
        return;
    }
    if (!hf_bytes_starts_with(cursor->rest, word)) {
        cursor->failed_at = where;
        return;
    }
    cursor->rest = hf_bytes_skip(cursor->rest, word.size);
}

static void take_bytes(struct cursor *cursor, uint8_t *ret_bytes, size_t size, const char *where)
{
    size_t n_chars = HF_BASE64URL_CHARS(size);
    hf_buf bytes = {.data = ret_bytes, .capacity_bytes = size, .limit_bytes = size};
    if (cursor->failed_at) {
        return;
    }
    if (cursor->rest.size < n_chars ||
        !hf_is_ok(hf_base64url_decode(hf_bytes_of(cursor->rest.data, n_chars), &bytes))) {
        cursor->failed_at = where;
        return;
    }
    cursor->rest = hf_bytes_skip(cursor->rest, n_chars);
}

static uint64_t take_number(struct cursor *cursor, const char *where)
{
    if (cursor->failed_at) {
        return 0;
    }
    uint64_t number = 0;
    size_t n = 0;
    while (n < cursor->rest.size && n < 17 && cursor->rest.data[n] >= '0' &&
           cursor->rest.data[n] <= '9') {
        number = number * 10 + (uint64_t)(cursor->rest.data[n] - '0');
        n++;
    }
    if (n == 0 || number > HF_RECORD_MAX_NUMBER || (n > 1 && cursor->rest.data[0] == '0')) {
        cursor->failed_at = where;
        return 0;
    }
    cursor->rest = hf_bytes_skip(cursor->rest, n);
    return number;
}

/* A word of lower-case letters up to the closing quote, which stays. */
static hf_bytes take_word(struct cursor *cursor, const char *where)
{
    size_t n = 0;
    if (cursor->failed_at) {
        return hf_bytes_of(NULL, 0);
    }
    while (n < cursor->rest.size && cursor->rest.data[n] >= 'a' && cursor->rest.data[n] <= 'z') {
        n++;
    }
    hf_bytes word = hf_bytes_of(cursor->rest.data, n);
    if (n == 0) {
        cursor->failed_at = where;
        return word;
    }
    cursor->rest = hf_bytes_skip(cursor->rest, n);
    return word;
}

/* What is derived from other members and must agree with them. */
struct derived {
    hf_bytes decision;
    hf_bytes epoch;
    hf_bytes kind;
};

static void take_members(struct cursor *cursor, struct hf_record *record, struct derived *derived)
{
    take(cursor, HF_LITERAL("{\"bank\":\""), "bank");
    take_bytes(cursor, record->bank, sizeof(record->bank), "bank");
    take(cursor, HF_LITERAL("\",\"commit\":\""), "commit");
    take_bytes(cursor, record->commit, sizeof(record->commit), "commit");
    take(cursor, HF_LITERAL("\",\"decision\":\""), "decision");
    derived->decision = take_word(cursor, "decision");
    take(cursor, HF_LITERAL("\",\"enterprise\":\""), "enterprise");
    take_bytes(cursor, record->enterprise, sizeof(record->enterprise), "enterprise");
    take(cursor, HF_LITERAL("\",\"epoch\":\""), "epoch");
    derived->epoch = hf_bytes_of(cursor->rest.data, HF_RECORD_EPOCH_CHARS);
    if (!cursor->failed_at && cursor->rest.size < HF_RECORD_EPOCH_CHARS) {
        cursor->failed_at = "epoch";
    }
    if (!cursor->failed_at) {
        cursor->rest = hf_bytes_skip(cursor->rest, HF_RECORD_EPOCH_CHARS);
    }
    take(cursor, HF_LITERAL("\",\"index\":"), "index");
    record->index = take_number(cursor, "index");
    take(cursor, HF_LITERAL(",\"kind\":\""), "kind");
    derived->kind = take_word(cursor, "kind");
    take(cursor, HF_LITERAL("\",\"nonce\":\""), "nonce");
    take_bytes(cursor, record->nonce, sizeof(record->nonce), "nonce");
    take(cursor, HF_LITERAL("\",\"prev\":\""), "prev");
    take_bytes(cursor, record->prev, sizeof(record->prev), "prev");
    take(cursor, HF_LITERAL("\",\"time\":"), "time");
    record->time_unix_s = (int64_t)take_number(cursor, "time");
    take(cursor, HF_LITERAL(",\"v\":1}"), "v");
}

/* The member whose value does not follow from the others, or NULL. */
static const char *contradiction(const struct derived *derived, struct hf_record *record)
{
    if (!hf_record_kind_by_name(derived->kind, &record->kind)) {
        return "kind";
    }
    if (!hf_bytes_equal(derived->decision, kinds[record->kind].decision)) {
        return "decision";
    }
    char epoch[HF_RECORD_EPOCH_CHARS + 1];
    hf_record_epoch(record->time_unix_s, epoch);
    if (!hf_bytes_equal(derived->epoch, hf_bytes_of(epoch, HF_RECORD_EPOCH_CHARS))) {
        return "epoch";
    }
    return NULL;
}

hf_status hf_record_parse(hf_bytes text, struct hf_record *ret_record, struct hf_problem *reterr)
{
    struct hf_record record = {0};
    struct derived derived = {0};
    struct cursor cursor = {.rest = text};
    take_members(&cursor, &record, &derived);
    if (!cursor.failed_at && cursor.rest.size != 0) {
        cursor.failed_at = "v";
    }
    const char *where = cursor.failed_at ? cursor.failed_at : contradiction(&derived, &record);
    if (where) {
        if (reterr) {
            reterr->offset = text.size - cursor.rest.size;
        }
        return hf_problem_set(reterr, HF_LOG_TAMPERED, where,
                              "the record is not in its one spelling here");
    }
    *ret_record = record;
    return HF_DONE;
}

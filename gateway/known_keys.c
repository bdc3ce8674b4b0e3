/*
 * Decides what counts as a change of a grantor's key: it is new, it is gone, or its disabled_at or
 * compromised_at is another. One line per key, in the order of the grantors' set:
 * `iss kid thumbprint disabled_at`, and compromised_at if it has one. None of these words can hold
 * a space.
 */
#include "gateway/known_keys.h"

#include "audit/detail.h"
#include "base/file.h"

#include <inttypes.h>
#include <string.h>

enum { FILE_MAX_BYTES = 64 << 20, LINE_BYTES = 320 };

static hf_status write_line(const struct hf_grantor_key *key, hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, "%s %s %s %" PRId64, key->iss, key->kid,
                         key->key ? hf_key_thumbprint(key->key) : "not_served",
                         key->disabled_at_unix_s));
    if (key->compromised_at_unix_s) {
        HF_TRY(hf_buf_printf(buf, " %" PRId64, key->compromised_at_unix_s));
    }
    return hf_buf_append_byte(buf, '\n');
}

static hf_status write_all(const struct hf_grantors *grantors, hf_buf *buf)
{
    for (size_t i = 0; i < hf_grantors_n_keys(grantors); i++) {
        HF_TRY(write_line(hf_grantors_key_at(grantors, i), buf));
    }
    return HF_DONE;
}

/* Takes one word up to @end; false when there is none. */
static bool take_word(hf_bytes *text, uint8_t end, hf_bytes *ret_word)
{
    const uint8_t *stop = text->size ? memchr(text->data, end, text->size) : NULL;
    if (!stop) {
        return false;
    }
    *ret_word = (hf_bytes){text->data, (size_t)(stop - text->data)};
    *text = hf_bytes_skip(*text, ret_word->size + 1);
    return true;
}

struct known_key {
    hf_bytes iss;
    hf_bytes kid;
    hf_bytes rest; /* thumbprint and moments */
};

static bool take_key(hf_bytes *text, struct known_key *ret_key)
{
    return take_word(text, ' ', &ret_key->iss) && take_word(text, ' ', &ret_key->kid) &&
           take_word(text, '\n', &ret_key->rest);
}

struct recorder {
    struct hf_log *log;
    int64_t unix_ms;
    size_t n_changes;
};

static hf_status record(struct recorder *recorder, const char *change, hf_bytes iss, hf_bytes kid)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    const struct hf_detail detail = {.change = hf_bytes_of_string(change),
                                     .iss = iss,
                                     .kid = kid,
                                     .time_ms = HF_DETAIL_NUMBER((uint64_t)recorder->unix_ms)};
    HF_TRY(hf_detail_write(&detail, &text));
    struct hf_log_entry entry = {
        .kind = HF_RECORD_CONFIG, .enterprise = iss, .detail = hf_buf_view(&text)};
    recorder->n_changes++;
    return hf_log_append_wait(recorder->log, &entry);
}

static int compare_iss(const struct known_key *known, const char *iss)
{
    size_t n = strlen(iss);
    int order = memcmp(known->iss.data, iss, known->iss.size < n ? known->iss.size : n);
    return order ? order : (known->iss.size > n) - (known->iss.size < n);
}

/* The lines of one grantor; @rest then begins behind them. Both sides are sorted by grantor. */
static hf_bytes take_grantor(hf_bytes *rest, const char *iss)
{
    hf_bytes at = *rest;
    hf_bytes lines = {at.data, 0};
    struct known_key known;
    while (take_key(&at, &known) && compare_iss(&known, iss) <= 0) {
        if (compare_iss(&known, iss) < 0) {
            lines = (hf_bytes){at.data, 0};
        } else {
            lines.size = (size_t)(at.data - lines.data);
        }
        *rest = at;
    }
    return lines;
}

static bool contains(hf_bytes lines, hf_bytes text)
{
    return lines.size && text.size && memmem(lines.data, lines.size, text.data, text.size);
}

/* One key against its grantor's lines of before. */
static hf_status record_key(struct recorder *recorder, const struct hf_grantor_key *key,
                            hf_bytes lines)
{
    HF_CLEANUP(hf_buf_clear) hf_buf line = hf_buf_init(LINE_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(LINE_BYTES);
    HF_TRY(write_line(key, &line));
    if (contains(lines, hf_buf_view(&line))) {
        return HF_DONE;
    }
    HF_TRY(hf_buf_printf(&name, "%s %s ", key->iss, key->kid));
    return record(recorder,
                  contains(lines, hf_buf_view(&name)) ? "grantor_key_changed" : "grantor_key_added",
                  hf_bytes_of_string(key->iss), hf_bytes_of_string(key->kid));
}

static hf_status record_present(struct recorder *recorder, const struct hf_grantors *now,
                                hf_bytes before)
{
    const char *iss = "";
    hf_bytes lines = {NULL, 0};
    for (size_t i = 0; i < hf_grantors_n_keys(now); i++) {
        const struct hf_grantor_key *key = hf_grantors_key_at(now, i);
        if (strcmp(key->iss, iss) != 0) {
            iss = key->iss;
            lines = take_grantor(&before, iss);
        }
        HF_TRY(record_key(recorder, key, lines));
    }
    return HF_DONE;
}

static hf_status record_absent(struct recorder *recorder, const struct hf_grantors *now,
                               hf_bytes before)
{
    struct known_key known;
    while (take_key(&before, &known)) {
        if (!hf_grantors_key(now, known.iss, known.kid)) {
            HF_TRY(record(recorder, "grantor_key_removed", known.iss, known.kid));
        }
    }
    return hf_status_of(before.size ? HF_CONFIG_INVALID : HF_OK);
}

hf_status hf_known_keys_record(const char *path, const struct hf_grantors *grantors,
                               struct hf_log *log, int64_t unix_ms, size_t *ret_n_changes)
{
    HF_CLEANUP(hf_buf_clear) hf_buf before = hf_buf_init(FILE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf after = hf_buf_init(FILE_MAX_BYTES);
    struct recorder recorder = {.log = log, .unix_ms = unix_ms};
    hf_status read = hf_file_read(path, &before);
    if (!hf_is_ok(read) && read.code != HF_NOT_FOUND) {
        return read;
    }
    HF_TRY(write_all(grantors, &after));
    if (!hf_bytes_equal(hf_buf_view(&before), hf_buf_view(&after))) {
        HF_TRY(record_present(&recorder, grantors, hf_buf_view(&before)));
        HF_TRY(record_absent(&recorder, grantors, hf_buf_view(&before)));
        HF_TRY(hf_file_write_durable(path, hf_buf_view(&after), 0600));
    }
    *ret_n_changes = recorder.n_changes;
    return HF_DONE;
}

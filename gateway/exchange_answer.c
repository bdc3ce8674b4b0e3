/*
 * Decides which fields and trailers an answer has. They tell of the record, the view and the
 * digest; of the source's own fields only last-modified is among them.
 */
#include "gateway/exchange_impl.h"

#include "base/digits.h"
#include "crypto/base64.h"
#include "gateway/answer.h"

#include <string.h>

#define DIGEST_LEAD "sha-256=:"

enum {
    RECORD_NAME_BYTES = 288,
    MAX_FIELDS = 10,
    DIGEST_FIELD_CHARS = sizeof DIGEST_LEAD - 1 + HF_BASE64_CHARS(HF_SHA256_BYTES) + 1,
    WITHHELD_FIELD_CHARS = 96 /* the names of all classes */
};

/* One whose value no other answer will repeat: the tables are kept for those that do. */
static struct hf_h2_field unique(const char *name, hf_bytes value)
{
    return (struct hf_h2_field){
        .name = hf_bytes_of_string(name), .value = value, .indexing = HF_H2_INDEX_NAME};
}

/* "<origin> <index>", in @ret_text and with a NUL behind it */
static hf_bytes name_record(const struct hf_exchange *x, char ret_text[static RECORD_NAME_BYTES])
{
    const char *origin = x->worker->gateway->config->origin;
    size_t size = strnlen(origin, RECORD_NAME_BYTES - HF_DIGITS_MAX_CHARS - 2);
    memcpy(ret_text, origin, size);
    ret_text[size++] = ' ';
    size += hf_digits_write(x->access.entry.index, ret_text + size);
    ret_text[size] = 0;
    return hf_bytes_of(ret_text, size);
}

/* What the operator's ceilings took away: a dictionary of RFC 8941 3.2. */
static hf_status write_clamped(struct hf_exchange *x, hf_buf *buf)
{
    const hf_bytes *items = NULL;
    size_t n = 0;
    HF_TRY(hf_ceilings_list(&x->decision.ceiling, &x->arena, &items, &n));
    for (size_t i = 0; i < n; i++) {
        HF_TRY(hf_buf_append_string(buf, i > 0 ? ", " : ""));
        HF_TRY(hf_buf_append(buf, items[i]));
    }
    return HF_DONE;
}

hf_status hf_exchange_send_headers(struct hf_exchange *x)
{
    HF_UNINITIALISED struct hf_h2_field fields[MAX_FIELDS];
    HF_UNINITIALISED char record[RECORD_NAME_BYTES];
    char delete_by[HF_DATE_CHARS + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf clamped = hf_buf_init(HF_N_CEILINGS * HF_CEILING_TEXT_BYTES);
    size_t n = 0;
    fields[n++] = hf_h2_field_of("content-type", hf_media_name(x->route.operation->media));
    fields[n++] = hf_h2_field_of("cache-control", "no-store");
    fields[n++] = unique("access-id", hf_bytes_of_string(x->id_text));
    fields[n++] = unique("access-log", name_record(x, record));
    fields[n++] = hf_h2_field_of("access-policy", x->decision.view->digest_text);
    if (x->decision.has_delete_by) {
        hf_date_write(x->decision.delete_by_day, delete_by);
        fields[n++] = hf_h2_field_of("access-delete-by", delete_by);
    }
    if (x->decision.ceiling.clamped) {
        HF_TRY(write_clamped(x, &clamped));
        fields[n++] = (struct hf_h2_field){.name = HF_LITERAL("access-clamped"),
                                           .value = hf_buf_view(&clamped)};
    }
    if (x->last_modified[0]) {
        fields[n++] = hf_h2_field_of("last-modified", x->last_modified);
    }
    return hf_gate_respond(&x->gate, 200, fields, n);
}

/* = RFC 9530 2: sha-256 of the content, as a byte sequence of RFC 8941 3.3.5. */
static hf_bytes write_content_digest(const struct hf_exchange *x,
                                     char ret_text[static DIGEST_FIELD_CHARS + 1])
{
    memcpy(ret_text, DIGEST_LEAD, sizeof DIGEST_LEAD - 1);
    hf_base64_encode_fixed(hf_bytes_of(x->digest_value, HF_SHA256_BYTES),
                           ret_text + sizeof DIGEST_LEAD - 1);
    ret_text[DIGEST_FIELD_CHARS - 1] = ':'; /* where the NUL was */
    return hf_bytes_of(ret_text, DIGEST_FIELD_CHARS);
}

/*
 * The classes of which the view withholds some field, as a list of RFC 8941 3.1. A function of the
 * view alone: a count would tell how many penalties or persons exist outside the consent.
 */
static hf_bytes write_withheld(const struct hf_exchange *x,
                               char ret_text[static WITHHELD_FIELD_CHARS])
{
    unsigned classes = hf_view_withheld_classes(x->decision.view->view);
    size_t size = 0;
    for (unsigned bit = 1; bit < HF_FIELD_ALL; bit <<= 1) {
        hf_bytes name = hf_bytes_of_string(hf_field_name(bit));
        if (!(classes & bit) || size + 2 + name.size > WITHHELD_FIELD_CHARS) {
            continue;
        }
        if (size > 0) {
            memcpy(ret_text + size, ", ", 2);
            size += 2;
        }
        memcpy(ret_text + size, name.data, name.size);
        size += name.size;
    }
    return hf_bytes_of(ret_text, size);
}

hf_status hf_exchange_send_trailers(struct hf_exchange *x)
{
    char digest[DIGEST_FIELD_CHARS + 1];
    char withheld[WITHHELD_FIELD_CHARS];
    char outcome[HF_DIGITS_MAX_CHARS];
    const hf_bytes classes = write_withheld(x, withheld);
    size_t n_digits = hf_digits_write(x->outcome.entry.index, outcome);
    const struct hf_h2_field trailers[] = {
        unique("content-digest", write_content_digest(x, digest)),
        unique("access-outcome", hf_bytes_of(outcome, n_digits)),
        {.name = HF_LITERAL("access-withheld"), .value = classes},
    };
    size_t n = sizeof trailers / sizeof *trailers;
    return hf_gate_end(&x->gate, trailers, classes.size ? n : n - 1);
}

void hf_exchange_send_problem(struct hf_exchange *x)
{
    struct hf_h2_field fields[3];
    char record[RECORD_NAME_BYTES];
    char outcome[HF_DIGITS_MAX_CHARS];
    size_t n = 0;
    fields[n++] = unique("access-log", name_record(x, record));
    if (x->outcome.is_durable) {
        size_t n_digits = hf_digits_write(x->outcome.entry.index, outcome);
        fields[n++] = unique("access-id", hf_bytes_of_string(x->id_text));
        fields[n++] = unique("access-outcome", hf_bytes_of(outcome, n_digits));
    }
    const struct hf_answer_fields extra = {fields, n};
    const struct hf_refusal refusal = {.code = x->refusal,
                                       .attribute = x->attribute[0] ? x->attribute : NULL,
                                       .access_log = record};
    hf_answer_problem(x->task.stream, &refusal, &extra);
}

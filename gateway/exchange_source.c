/*
 * Decides what a source is sent and what its answer means. A source sees the rebuilt path and body
 * and the fields below, and nothing else of the bank's request; of its answer only the body and
 * last-modified can ever go on.
 *
 * Of codings only gzip is undone, and only once; a bank always gets identity.
 */
#include "gateway/exchange_impl.h"

#include "base/digits.h"
#include "crypto/rand.h"
#include "policy/media.h"

#include <string.h>
#include <strings.h>

enum { TRACE_PARENT_BYTES = 8, MAX_CALL_FIELDS = 8 };

/* = W3C Trace Context 3.2: the access id is the trace id, so that three logs name one thing. */
static void write_traceparent(const struct hf_exchange *x, char ret_text[static 56])
{
    uint8_t parent[TRACE_PARENT_BYTES];
    hf_rand_bytes(parent, sizeof parent);
    parent[0] |= 1; /* all zeros would be invalid */
    memcpy(ret_text, "00-", 3);
    hf_digits_write_hex(hf_bytes_of(x->id, sizeof x->id), ret_text + 3);
    ret_text[35] = '-';
    hf_digits_write_hex(hf_bytes_of(parent, sizeof parent), ret_text + 36);
    memcpy(ret_text + 52, "-01", 4); /* with its NUL */
}

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct hf_exchange_input input = {.status = status, .fields = fields, .n_fields = n_fields};
    hf_exchange_dispatch(context, HF_X_HEAD, &input);
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct hf_exchange_input input = {.bytes = bytes};
    hf_exchange_dispatch(context, HF_X_DATA, &input);
    return input.n_taken;
}

static void on_end(void *context)
{
    hf_exchange_dispatch(context, HF_X_DATA_END, NULL);
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct hf_exchange_input input = {.code = fault->code};
    hf_exchange_dispatch(context, HF_X_FAULT, &input);
}

static const struct hf_call_events events = {
    .on_headers = on_headers,
    .on_data = on_data,
    .on_end = on_end,
    .on_fault = on_fault,
};

hf_status hf_exchange_call(struct hf_exchange *x)
{
    HF_UNINITIALISED struct hf_h2_field fields[MAX_CALL_FIELDS];
    char traceparent[56];
    char length[HF_DIGITS_MAX_CHARS];
    bool is_post = x->route.operation->method == HF_METHOD_POST;
    size_t n = 0;
    write_traceparent(x, traceparent);
    fields[n++] = hf_h2_field_of("accept", hf_media_name(x->route.operation->media));
    fields[n++] = hf_h2_field_of("accept-encoding", "identity, gzip");
    if (is_post) {
        fields[n++] = hf_h2_field_of("content-type", "application/json");
        fields[n++] = (struct hf_h2_field){
            .name = HF_LITERAL("content-length"),
            .value = hf_bytes_of(length, hf_digits_write(x->route.body.size, length)),
        };
    }
    fields[n++] = hf_h2_field_of("access-id", x->id_text);
    fields[n - 1].indexing = HF_H2_INDEX_NAME; /* no other request will repeat the value */
    fields[n++] = hf_h2_field_of("access-bank", x->bank->uscc);
    if (x->fields.purpose) {
        fields[n++] = hf_h2_field_of("access-purpose", hf_purpose_name(x->fields.purpose));
    }
    fields[n++] = hf_h2_field_of("traceparent", traceparent);
    fields[n - 1].indexing = HF_H2_INDEX_NAME;
    const struct hf_source_config *source = &x->worker->gateway->config->sources[x->source];
    const struct hf_call_request request = {
        .method = is_post ? HF_LITERAL("POST") : HF_LITERAL("GET"),
        .authority = hf_bytes_of_string(source->authority),
        .path = x->route.path,
        .fields = fields,
        .n_fields = n,
        .body = x->route.body,
    };
    return hf_upstream_call(x->worker->upstreams[x->source], &request, &events, x, &x->call);
}

void hf_exchange_cancel(struct hf_exchange *x)
{
    if (x->call) {
        hf_call_cancel(x->call);
        x->call = NULL;
    }
}

enum hf_code hf_exchange_source_code(int status)
{
    switch (status) {
    case 200:
        return HF_OK;
    case 404:
        return HF_NO_DATA;
    case 408:
    case 504:
        return HF_SOURCE_TIMEOUT;
    case 429:
    case 503:
        return HF_SOURCE_UNAVAILABLE;
    default:
        /* Also redirects, which are never followed, and every other success: an operation answers
         * with its document or not at all. */
        return HF_SOURCE_REFUSED;
    }
}

/* One of the names of three letters that @names is made of. */
static bool is_among(const uint8_t *name, const char *names)
{
    while (*names && memcmp(name, names, 3) != 0) {
        names += 3;
    }
    return *names != 0;
}

/* = RFC 9110 5.6.7: IMF-fixdate, the one form that senders may still write. */
static bool is_http_date(hf_bytes value)
{
    static const char shape[] = "aaa, 00 aaa 0000 00:00:00 GMT";
    if (value.size != sizeof shape - 1) {
        return false;
    }
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];
        bool is_digit = c >= '0' && c <= '9';
        if (shape[i] != 'a' && (shape[i] == '0' ? !is_digit : c != (uint8_t)shape[i])) {
            return false;
        }
    }
    return is_among(value.data, "MonTueWedThuFriSatSun") &&
           is_among(value.data + 8, "JanFebMarAprMayJunJulAugSepOctNovDec");
}

/* Of the source's own fields this one passes, so it says a date or nothing. */
static void keep_last_modified(struct hf_exchange *x, hf_bytes value)
{
    if (is_http_date(value)) {
        memcpy(x->last_modified, value.data, value.size);
        x->last_modified[value.size] = 0;
    }
}

/* What the source says of its body. Each may be said once: who reads the other one reads another
 * body. */
struct said {
    enum hf_media media; /* OTHER: not yet, or nothing that may pass */
    unsigned n_media;
    unsigned n_codings;
    bool is_gzip;
    bool is_coded; /* in a way that is not undone here */
};

/* = RFC 9110 8.4: names of codings have no case; a list of them is one after the other. */
static void read_coding(struct said *said, hf_bytes value)
{
    said->n_codings++;
    said->is_gzip = value.size == 4 && strncasecmp((const char *)value.data, "gzip", 4) == 0;
    said->is_coded = !said->is_gzip && !(value.size == 8 &&
                                         strncasecmp((const char *)value.data, "identity", 8) == 0);
}

bool hf_exchange_accepts_head(struct hf_exchange *x, const struct hf_exchange_input *input)
{
    struct said said = {.media = HF_MEDIA_OTHER};
    for (size_t i = 0; i < input->n_fields; i++) {
        const struct hf_h2_field *f = &input->fields[i];
        if (hf_bytes_equal_string(f->name, "content-type")) {
            said.media = hf_media_of(f->value);
            said.n_media++;
        } else if (hf_bytes_equal_string(f->name, "content-encoding")) {
            read_coding(&said, f->value);
        } else if (hf_bytes_equal_string(f->name, "last-modified")) {
            keep_last_modified(x, f->value);
        }
    }
    x->is_gzip = said.is_gzip;
    return said.media == x->route.operation->media && said.n_media == 1 && said.n_codings <= 1 &&
           !said.is_coded;
}

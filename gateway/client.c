/*
 * One request for the tool: a loop, a pool of one connection and one call, all for the length of
 * one function. It adds nothing to what the pool decides; it only remembers, so that the tool can
 * say what came, what was missing and why.
 */
#include "gateway/client.h"

#include "gateway/upstream.h"

#include <stdio.h>

enum {
    ANSWER_LIMIT_BYTES = 4 * HF_H2_MAX_LIST_BYTES,
    HOST_BYTES = 256,
    DEFAULT_TIMEOUT_MS = 300000
};

struct fetch {
    const struct hf_client_request *request;
    struct hf_client_answer *answer;
    struct hf_loop *loop;
    struct hf_call *call;
    hf_status status;
};

/* --- the answer ---------------------------------------------------------------------------- */

static void stop(struct fetch *fetch, hf_status status)
{
    fetch->status = status;
    hf_loop_stop(fetch->loop);
}

static void give_up(struct fetch *fetch, hf_status status)
{
    hf_call_cancel(fetch->call);
    fetch->call = NULL;
    stop(fetch, status);
}

static hf_status copy_fields(struct hf_arena *arena, const struct hf_h2_field *fields,
                             size_t n_fields, struct hf_h2_field **ret_copies)
{
    struct hf_h2_field *copies = hf_arena_alloc_array(arena, n_fields + 1, sizeof *copies);
    if (!copies) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n_fields; i++) {
        HF_TRY(hf_arena_copy(arena, fields[i].name, &copies[i].name));
        HF_TRY(hf_arena_copy(arena, fields[i].value, &copies[i].value));
    }
    *ret_copies = copies;
    return HF_DONE;
}

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct fetch *fetch = context;
    struct hf_client_answer *answer = fetch->answer;
    hf_status copied = copy_fields(&answer->arena, fields, n_fields, &answer->fields);
    answer->status = status;
    if (hf_is_ok(copied)) {
        answer->n_fields = n_fields;
    } else {
        give_up(fetch, copied);
    }
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct fetch *fetch = context;
    hf_status status = fetch->request->on_body(fetch->request->context, bytes);
    if (!hf_is_ok(status)) {
        give_up(fetch, status);
    }
    return bytes.size;
}

static void on_trailers(void *context, const struct hf_h2_field *fields, size_t n_fields)
{
    struct fetch *fetch = context;
    struct hf_client_answer *answer = fetch->answer;
    hf_status copied = copy_fields(&answer->arena, fields, n_fields, &answer->trailers);
    if (hf_is_ok(copied)) {
        answer->n_trailers = n_fields;
    } else {
        give_up(fetch, copied);
    }
}

static void on_end(void *context)
{
    struct fetch *fetch = context;
    fetch->answer->complete = true;
    stop(fetch, HF_DONE);
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct fetch *fetch = context;
    fetch->answer->was_reset = fault->was_reset;
    fetch->answer->h2_error = fault->h2_error;
    fetch->answer->detail = fault->detail;
    stop(fetch, hf_status_of(fault->code));
}

static const struct hf_call_events call_events = {.on_headers = on_headers,
                                                  .on_data = on_data,
                                                  .on_trailers = on_trailers,
                                                  .on_end = on_end,
                                                  .on_fault = on_fault};

/* --- the request --------------------------------------------------------------------------- */

static void write_authority(const struct hf_client_request *request, char *text, size_t capacity)
{
    const char *open = strchr(request->host, ':') ? "[" : "";
    const char *close = strchr(request->host, ':') ? "]" : "";
    if (request->port == 443) {
        snprintf(text, capacity, "%s%s%s", open, request->host, close);
    } else {
        snprintf(text, capacity, "%s%s%s:%u", open, request->host, close, request->port);
    }
}

static hf_status call(struct fetch *fetch, struct hf_upstream *upstream)
{
    const struct hf_client_request *request = fetch->request;
    char authority[HOST_BYTES + 16];
    write_authority(request, authority, sizeof authority);
    const struct hf_call_request wire = {.method = request->method,
                                         .authority = hf_bytes_of_string(authority),
                                         .path = request->path,
                                         .fields = request->fields,
                                         .n_fields = request->n_fields,
                                         .body = request->body};
    hf_status status = hf_upstream_call(upstream, &wire, &call_events, fetch, &fetch->call);
    if (status.code == HF_BUG) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    HF_TRY(status);
    hf_loop_run(fetch->loop);
    return fetch->status;
}

static hf_status fetch_on(struct hf_loop *loop, const struct hf_client_request *request,
                          struct hf_client_answer *answer)
{
    uint64_t timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
    const struct hf_upstream_config config = {.loop = loop,
                                              .host = request->host,
                                              .port = request->port,
                                              .tls = request->tls,
                                              .max_connections = 1,
                                              .first_byte_ms = timeout_ms,
                                              .whole_ms = timeout_ms};
    struct fetch fetch = {.request = request, .answer = answer, .loop = loop};
    struct hf_upstream *upstream = NULL;
    HF_TRY(hf_upstream_new(&config, &upstream));
    hf_status status = call(&fetch, upstream);
    hf_upstream_free(upstream);
    return status;
}

hf_status hf_client_fetch(const struct hf_client_request *request,
                          struct hf_client_answer *ret_answer)
{
    *ret_answer = (struct hf_client_answer){.arena = hf_arena_init(ANSWER_LIMIT_BYTES)};
    struct hf_loop *loop = NULL;
    HF_TRY(hf_loop_new(&loop));
    hf_status status = fetch_on(loop, request, ret_answer);
    hf_loop_free(loop);
    return status;
}

void hf_client_answer_clear(struct hf_client_answer *answer)
{
    hf_arena_clear(&answer->arena);
    *answer = (struct hf_client_answer){0};
}

hf_bytes hf_client_find(const struct hf_h2_field *fields, size_t n_fields, const char *name)
{
    for (size_t i = 0; i < n_fields; i++) {
        if (hf_bytes_equal_string(fields[i].name, name)) {
            return fields[i].value;
        }
    }
    return hf_bytes_of(NULL, 0);
}

/* --- addresses ----------------------------------------------------------------------------- */

static bool is_visible(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] <= ' ' || text[i] == 0x7f || text[i] == '#') {
            return false;
        }
    }
    return true;
}

/* 1..65535 in decimal digits and nothing else. */
static hf_status parse_port(const char *text, size_t size, uint16_t *ret_port)
{
    unsigned port = 0;
    if (size == 0 || size > 5) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            HF_FAIL(REQUEST_MALFORMED);
        }
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    *ret_port = (uint16_t)port;
    return HF_DONE;
}

hf_status hf_client_url(const char *url, char ret_host[static 256], uint16_t *ret_port,
                        hf_bytes *ret_path)
{
    static const char scheme[] = "https://";
    uint16_t port = 443;
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    const char *host = url + sizeof scheme - 1;
    size_t authority_size = strcspn(host, "/?#");
    const char *path = host + authority_size;
    if (memchr(host, '@', authority_size) || !is_visible(url, strlen(url)) || *path == '?') {
        HF_FAIL(REQUEST_MALFORMED);
    }
    const char *end = host + authority_size;
    bool is_bracketed = *host == '[';
    const char *host_end =
        is_bracketed ? memchr(host, ']', authority_size) : memchr(host, ':', authority_size);
    if (is_bracketed) {
        if (!host_end) {
            HF_FAIL(REQUEST_MALFORMED);
        }
        host++;
    }
    host_end = host_end ? host_end : end;
    const char *after = host_end + (is_bracketed ? 1 : 0);
    if (after != end) {
        if (*after != ':') {
            HF_FAIL(REQUEST_MALFORMED);
        }
        HF_TRY(parse_port(after + 1, (size_t)(end - after - 1), &port));
    }
    size_t host_size = (size_t)(host_end - host);
    if (host_size == 0 || host_size >= HOST_BYTES) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    memcpy(ret_host, host, host_size);
    ret_host[host_size] = '\0';
    *ret_port = port;
    *ret_path = *path ? hf_bytes_of_string(path) : HF_LITERAL("/");
    return HF_DONE;
}

/*
 * The two ends for tests of the transport. Anything that goes wrong here is the test's failure, and
 * ends it at once.
 */
#include "tests/support/wire.h"

#include "crypto/cert.h"
#include "crypto/rand.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void must(hf_status status, const char *what)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "%s: %s\n", what, hf_code_info(status.code)->name);
        abort();
    }
}

/* --- certificates and a loop --------------------------------------------------------------- */

enum { PEM_LIMIT_BYTES = 16384 };

static void issue(const struct hf_cert_issuer *issuer, bool is_server, hf_buf *cert, hf_buf *key)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};
    const struct hf_cert_request request = {.common_name = is_server ? "localhost" : "bank",
                                            .alt_names = names,
                                            .n_alt_names = is_server ? 2 : 0,
                                            .validity = {0, 4102444800},
                                            .is_server = is_server};
    *cert = hf_buf_init(PEM_LIMIT_BYTES);
    *key = hf_buf_init(PEM_LIMIT_BYTES);
    must(hf_cert_issue(issuer, &request, cert, key), "issue a certificate");
}

static void make_contexts(struct wire *wire)
{
    struct hf_tls_server_config server = {.cert_pem = hf_buf_view(&wire->server_cert_pem),
                                          .key_pem = hf_buf_view(&wire->server_key_pem)};
    must(hf_tls_server_new(&server, &wire->public_server, NULL), "public server");
    server.client_cert = true;
    must(hf_tls_server_new(&server, &wire->bank_server, NULL), "bank server");
    struct hf_tls_client_config client = {.ca_pem = hf_buf_view(&wire->ca_pem)};
    must(hf_tls_client_new(&client, &wire->plain_client, NULL), "plain client");
    client.cert_pem = hf_buf_view(&wire->bank_cert_pem);
    client.key_pem = hf_buf_view(&wire->bank_key_pem);
    must(hf_tls_client_new(&client, &wire->bank_client, NULL), "bank client");
}

void wire_init(struct wire *wire)
{
    *wire = (struct wire){.ca_pem = hf_buf_init(PEM_LIMIT_BYTES)};
    struct hf_cert_issuer *issuer = NULL;
    must(hf_crypto_init(), "crypto");
    must(hf_cert_issuer_new("test", (struct hf_cert_validity){0, 4102444800}, &issuer), "issuer");
    must(hf_cert_issuer_write_cert(issuer, &wire->ca_pem), "root");
    issue(issuer, true, &wire->server_cert_pem, &wire->server_key_pem);
    issue(issuer, false, &wire->bank_cert_pem, &wire->bank_key_pem);
    hf_cert_issuer_free(issuer);
    make_contexts(wire);
    must(hf_loop_new(&wire->loop), "loop");
}

void wire_clear(struct wire *wire)
{
    hf_loop_free(wire->loop);
    hf_tls_context_unref(wire->bank_server);
    hf_tls_context_unref(wire->public_server);
    hf_tls_context_unref(wire->bank_client);
    hf_tls_context_unref(wire->plain_client);
    hf_buf_clear(&wire->ca_pem);
    hf_buf_clear(&wire->server_cert_pem);
    hf_buf_clear(&wire->server_key_pem);
    hf_buf_clear(&wire->bank_cert_pem);
    hf_buf_clear(&wire->bank_key_pem);
}

struct waiting {
    struct wire *wire;
    bool (*is_done)(void *context);
    void *context;
    struct hf_timer timer;
    uint64_t until_ms;
    bool late;
};

static void look(void *context)
{
    struct waiting *waiting = context;
    bool late = hf_loop_now_ms(waiting->wire->loop) >= waiting->until_ms;
    if (waiting->is_done(waiting->context) || late) {
        waiting->late = late;
        hf_loop_stop(waiting->wire->loop);
        return;
    }
    hf_loop_timer_start(waiting->wire->loop, &waiting->timer, 1);
}

static bool run(struct wire *wire, bool (*is_done)(void *context), void *context, uint64_t ms)
{
    struct waiting waiting = {.wire = wire, .is_done = is_done, .context = context};
    waiting.timer = hf_timer_init(look, &waiting);
    waiting.until_ms = hf_loop_now_ms(wire->loop) + ms;
    hf_loop_timer_start(wire->loop, &waiting.timer, 0);
    hf_loop_run(wire->loop);
    return !waiting.late || is_done(context);
}

void wire_run_until(struct wire *wire, bool (*is_done)(void *context), void *context,
                    uint64_t limit_ms)
{
    if (!run(wire, is_done, context, limit_ms)) {
        fprintf(stderr, "what the test waits for has not come in %llu ms\n",
                (unsigned long long)limit_ms);
        abort();
    }
}

static bool never(void *context)
{
    (void)context;
    return false;
}

void wire_run_ms(struct wire *wire, uint64_t ms)
{
    run(wire, never, NULL, ms);
}

void wire_socket_pair(int ret_fds[static 2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ret_fds) != 0) {
        abort();
    }
}

/* --- an origin ----------------------------------------------------------------------------- */

struct visit {
    struct origin *origin;
    struct hf_h2_stream *stream;
    struct hf_timer timer;
    hf_buf body;
    size_t left_bytes; /* of /bytes */
    bool trails;       /* trailers when the body has been framed */
    bool holds;
    bool echoes;
    bool resets; /* when the body has been framed */
};

static void end_with_trailer(struct hf_h2_stream *stream)
{
    const struct hf_h2_field check = {.name = HF_LITERAL("check"), .value = HF_LITERAL("1")};
    must(hf_h2_stream_end(stream, &check, 1), "end");
}

static void respond(struct hf_h2_stream *stream, int status, bool has_body)
{
    const struct hf_h2_field type = {.name = HF_LITERAL("content-type"),
                                     .value = HF_LITERAL("text/plain")};
    must(hf_h2_respond(stream, status, &type, 1, has_body), "respond");
}

static void answer_with(struct hf_h2_stream *stream, hf_bytes body)
{
    respond(stream, 200, true);
    must(hf_h2_stream_write(stream, body), "write");
}

static void write_more(struct visit *visit)
{
    static const uint8_t block[4096] = {'x'};
    size_t room = hf_h2_stream_room(visit->stream);
    while (visit->left_bytes > 0 && room > 0) {
        size_t n = visit->left_bytes < sizeof block ? visit->left_bytes : sizeof block;
        must(hf_h2_stream_write(visit->stream, hf_bytes_of(block, n)), "write");
        visit->left_bytes -= n;
        visit->origin->n_written_bytes += n;
        room = hf_h2_stream_room(visit->stream);
        if (visit->left_bytes == 0) {
            must(hf_h2_stream_end(visit->stream, NULL, 0), "end");
        }
    }
}

static void leave(struct visit *visit)
{
    visit->origin->n_live--;
    hf_loop_timer_stop(visit->origin->wire->loop, &visit->timer);
    hf_h2_stream_release(visit->stream);
    hf_buf_clear(&visit->body);
    free(visit);
}

static void on_visit_timer(void *context)
{
    struct visit *visit = context;
    if (visit->holds) {
        leave(visit);
    } else {
        end_with_trailer(visit->stream);
    }
}

static void answer_trailers(struct visit *visit)
{
    answer_with(visit->stream, HF_LITERAL("hello"));
    end_with_trailer(visit->stream);
}

static void answer_late_trailers(struct visit *visit)
{
    visit->trails = true;
    answer_with(visit->stream, HF_LITERAL("hello"));
}

static void answer_hello(struct visit *visit)
{
    answer_with(visit->stream, HF_LITERAL("hello"));
    must(hf_h2_stream_end(visit->stream, NULL, 0), "end");
}

static void answer_goaway(struct visit *visit)
{
    answer_hello(visit);
    hf_h2_stream_goaway(visit->stream);
}

static void answer_hold(struct visit *visit)
{
    visit->holds = true;
    answer_hello(visit);
}

static void answer_echo(struct visit *visit)
{
    visit->echoes = true;
}

static void answer_empty(struct visit *visit)
{
    respond(visit->stream, 204, false);
}

static void answer_never(struct visit *visit)
{
    (void)visit;
}

static void answer_headers_only(struct visit *visit)
{
    respond(visit->stream, 200, true);
}

static void answer_reset(struct visit *visit)
{
    hf_h2_stream_reset(visit->stream, HF_H2_INTERNAL_ERROR);
}

static void answer_reset_body(struct visit *visit)
{
    visit->resets = true;
    answer_with(visit->stream, HF_LITERAL("hel"));
}

static const struct {
    const char *path;
    void (*answer)(struct visit *visit);
} answers[] = {
    {"/hello", answer_hello},
    {"/trailers", answer_trailers},
    {"/late-trailers", answer_late_trailers},
    {"/goaway", answer_goaway},
    {"/hold", answer_hold},
    {"/echo", answer_echo},
    {"/empty", answer_empty},
    {"/never", answer_never},
    {"/headers-only", answer_headers_only},
    {"/reset", answer_reset},
    {"/reset-body", answer_reset_body},
};

static void answer(struct visit *visit, hf_bytes path)
{
    static const char bytes[] = "/bytes/";
    if (hf_bytes_starts_with(path, HF_LITERAL("/bytes/"))) {
        visit->left_bytes = strtoul((const char *)path.data + sizeof bytes - 1, NULL, 10);
        respond(visit->stream, 200, true);
        write_more(visit);
        return;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (hf_bytes_equal_string(path, answers[i].path)) {
            answers[i].answer(visit);
            return;
        }
    }
    respond(visit->stream, 404, false);
}

static void on_request(void *context, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request)
{
    struct origin *origin = context;
    struct visit *visit = calloc(1, sizeof *visit);
    if (!visit) {
        abort();
    }
    *visit = (struct visit){.origin = origin, .stream = stream, .body = hf_buf_init(1 << 20)};
    visit->timer = hf_timer_init(on_visit_timer, visit);
    hf_h2_stream_set_context(stream, visit);
    origin->n_requests++;
    origin->n_live++;
    origin->last_fault = request->fault;
    origin->last_had_cert = hf_h2_stream_peer(stream)->has_cert;
    snprintf(origin->last_path, sizeof origin->last_path, "%.*s", HF_PRINT(request->path));
    if (request->fault != HF_OK) {
        origin->n_faulty++;
        respond(stream, hf_code_info(request->fault)->http_status, false);
        return;
    }
    answer(visit, request->path);
}

static void on_body(void *context, struct hf_h2_stream *stream, hf_bytes bytes)
{
    struct origin *origin = context;
    struct visit *visit = hf_h2_stream_context(stream);
    origin->n_body_bytes += bytes.size;
    if (visit->echoes) {
        must(hf_buf_append(&visit->body, bytes), "keep the body");
        hf_h2_stream_consume(stream, bytes.size);
    }
}

static void on_body_end(void *context, struct hf_h2_stream *stream)
{
    (void)context;
    struct visit *visit = hf_h2_stream_context(stream);
    if (visit->echoes) {
        answer_with(stream, hf_buf_view(&visit->body));
        must(hf_h2_stream_end(stream, NULL, 0), "end");
    }
}

static void on_writable(void *context, struct hf_h2_stream *stream)
{
    struct origin *origin = context;
    struct visit *visit = hf_h2_stream_context(stream);
    if (visit->left_bytes > 0) {
        write_more(visit);
    } else if (visit->trails) {
        hf_loop_timer_start(origin->wire->loop, &visit->timer, 20);
    } else if (visit->resets) {
        hf_h2_stream_reset(stream, HF_H2_INTERNAL_ERROR);
    }
}

static void on_end(void *context, struct hf_h2_stream *stream, enum hf_h2_end end)
{
    struct origin *origin = context;
    struct visit *visit = hf_h2_stream_context(stream);
    origin->n_ended[end]++;
    if (visit->holds) {
        hf_loop_timer_start(origin->wire->loop, &visit->timer, 50);
    } else {
        leave(visit);
    }
}

static void on_drained(void *context)
{
    struct origin *origin = context;
    origin->drained = true;
}

static const struct hf_h2_server_events origin_events = {.on_request = on_request,
                                                         .on_body = on_body,
                                                         .on_body_end = on_body_end,
                                                         .on_writable = on_writable,
                                                         .on_end = on_end,
                                                         .on_drained = on_drained};

void origin_open(struct origin *origin, struct wire *wire, const struct hf_h2_server_limits *limits,
                 struct hf_tls_context *tls)
{
    *origin = (struct origin){.wire = wire};
    struct hf_h2_service_config config = {.loop = wire->loop,
                                          .tls = tls,
                                          .limits =
                                              limits ? *limits : hf_h2_server_limits_default(),
                                          .events = &origin_events,
                                          .context = origin};
    must(hf_address_from_literal("127.0.0.1", 0, &config.listen), "address");
    must(hf_h2_service_open(&config, &origin->service), "listen");
}

void origin_close(struct origin *origin)
{
    hf_h2_service_close(origin->service);
    origin->service = NULL;
    wire_run_ms(origin->wire, origin->n_live > 0 ? 60 : 1); /* those that hold on let go */
}

uint16_t origin_port(const struct origin *origin)
{
    return hf_h2_service_port(origin->service);
}

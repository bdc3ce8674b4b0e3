/*
 * The transport alone: every request of a bank's connection goes to one source and its answer comes
 * back, byte for byte. No consent, no redaction, no log. It shows what the transport costs beside
 * nghttpx, and it is what the attacks are run against when the transport itself is under test.
 *
 *   echo_gateway PORT CERT KEY HOST PORT CA [bank]      bank: demand a client certificate
 */
#include "base/file.h"
#include "gateway/h2_server.h"
#include "gateway/upstream.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct gateway {
    struct hf_loop *loop;
    struct hf_upstream *upstream;
    struct hf_h2_service *service;
    unsigned long n_requests;
};

struct exchange {
    struct gateway *gateway;
    struct hf_h2_stream *stream;
    struct hf_call *call;
    bool responded;
};

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct exchange *exchange = context;
    struct hf_h2_field out[HF_H2_MAX_RESPONSE_FIELDS];
    size_t n = 0;
    for (size_t i = 0; i < n_fields && n < HF_H2_MAX_RESPONSE_FIELDS; i++) {
        if (hf_bytes_equal_string(fields[i].name, "content-type") ||
            hf_bytes_equal_string(fields[i].name, "last-modified")) {
            out[n++] = fields[i];
        }
    }
    exchange->responded = true;
    hf_ignore(hf_h2_respond(exchange->stream, status, out, n, true));
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct exchange *exchange = context;
    size_t room = hf_h2_stream_room(exchange->stream);
    size_t n = bytes.size < room ? bytes.size : room;
    if (n > 0 && !hf_is_ok(hf_h2_stream_write(exchange->stream, hf_bytes_of(bytes.data, n)))) {
        hf_h2_stream_reset(exchange->stream, HF_H2_INTERNAL_ERROR);
    }
    return n;
}

static void on_answer_end(void *context)
{
    struct exchange *exchange = context;
    exchange->call = NULL;
    hf_ignore(hf_h2_stream_end(exchange->stream, NULL, 0));
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct exchange *exchange = context;
    exchange->call = NULL;
    if (exchange->responded) {
        hf_h2_stream_reset(exchange->stream, HF_H2_INTERNAL_ERROR);
    } else {
        hf_ignore(hf_h2_respond(exchange->stream, hf_code_info(fault->code)->http_status, NULL, 0,
                                false));
    }
}

static const struct hf_call_events call_events = {
    .on_headers = on_headers, .on_data = on_data, .on_end = on_answer_end, .on_fault = on_fault};

static void on_request(void *context, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request)
{
    struct gateway *gateway = context;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange) {
        abort();
    }
    exchange->gateway = gateway;
    exchange->stream = stream;
    hf_h2_stream_set_context(stream, exchange);
    enum hf_code code = request->fault;
    if (code == HF_OK) {
        const struct hf_call_request call = {
            .method = request->method, .authority = HF_LITERAL("source"), .path = request->path};
        gateway->n_requests++;
        code = hf_upstream_call(gateway->upstream, &call, &call_events, exchange, &exchange->call)
                   .code;
    }
    if (code != HF_OK) {
        hf_ignore(hf_h2_respond(stream, hf_code_info(code)->http_status, NULL, 0, false));
    }
}

static void on_body(void *context, struct hf_h2_stream *stream, hf_bytes bytes)
{
    (void)context;
    hf_h2_stream_consume(stream, bytes.size);
}

static void on_body_end(void *context, struct hf_h2_stream *stream)
{
    (void)context;
    (void)stream;
}

static void on_writable(void *context, struct hf_h2_stream *stream)
{
    (void)context;
    struct exchange *exchange = hf_h2_stream_context(stream);
    if (exchange->call) {
        hf_call_resume(exchange->call);
    }
}

static void on_end(void *context, struct hf_h2_stream *stream, enum hf_h2_end end)
{
    (void)context;
    (void)end;
    struct exchange *exchange = hf_h2_stream_context(stream);
    if (exchange->call) {
        hf_call_cancel(exchange->call);
    }
    free(exchange);
    hf_h2_stream_release(stream);
}

static void on_drained(void *context)
{
    struct gateway *gateway = context;
    hf_loop_stop(gateway->loop);
}

static const struct hf_h2_server_events server_events = {.on_request = on_request,
                                                         .on_body = on_body,
                                                         .on_body_end = on_body_end,
                                                         .on_writable = on_writable,
                                                         .on_end = on_end,
                                                         .on_drained = on_drained};

static void on_terminate(void *context, int signum)
{
    (void)signum;
    struct gateway *gateway = context;
    hf_h2_service_drain(gateway->service);
}

static hf_status start(struct gateway *gateway, char **argv, bool client_cert)
{
    HF_CLEANUP(hf_buf_clear) hf_buf cert = hf_buf_init(65536);
    HF_CLEANUP(hf_buf_clear) hf_buf key = hf_buf_init(65536);
    HF_CLEANUP(hf_buf_clear) hf_buf ca = hf_buf_init(65536);
    HF_TRY(hf_file_read(argv[2], &cert));
    HF_TRY(hf_file_read(argv[3], &key));
    HF_TRY(hf_file_read(argv[6], &ca));
    const struct hf_tls_server_config server = {
        .cert_pem = hf_buf_view(&cert), .key_pem = hf_buf_view(&key), .client_cert = client_cert};
    const struct hf_tls_client_config client = {.ca_pem = hf_buf_view(&ca)};
    struct hf_h2_service_config service = {.loop = gateway->loop,
                                           .limits = hf_h2_server_limits_default(),
                                           .events = &server_events,
                                           .context = gateway};
    struct hf_upstream_config upstream = {
        .loop = gateway->loop, .host = argv[4], .port = (uint16_t)strtoul(argv[5], NULL, 10)};
    HF_TRY(hf_tls_server_new(&server, &service.tls, NULL));
    HF_TRY(hf_tls_client_new(&client, &upstream.tls, NULL));
    HF_TRY(hf_address_from_literal("127.0.0.1", (uint16_t)strtoul(argv[1], NULL, 10),
                                   &service.listen));
    HF_TRY(hf_upstream_new(&upstream, &gateway->upstream));
    HF_TRY(hf_h2_service_open(&service, &gateway->service));
    hf_tls_context_unref(service.tls);
    hf_tls_context_unref(upstream.tls);
    return hf_loop_on_signal(gateway->loop, SIGTERM, on_terminate, gateway);
}

int main(int argc, char **argv)
{
    struct gateway gateway = {0};
    mallopt(M_TRIM_THRESHOLD, 64 << 20); /* no memory goes back and forth with each turn */
    if (argc < 7 || !hf_is_ok(hf_loop_new(&gateway.loop))) {
        fprintf(stderr, "usage: echo_gateway PORT CERT KEY HOST PORT CA [bank]\n");
        return 2;
    }
    hf_status status = start(&gateway, argv, argc > 7);
    if (!hf_is_ok(status)) {
        fprintf(stderr, "echo_gateway: %s\n", hf_code_info(status.code)->name);
        return 1;
    }
    printf("listening on %u\n", hf_h2_service_port(gateway.service));
    fflush(stdout);
    hf_loop_run(gateway.loop);
    printf("requests to the source: %lu\n", gateway.n_requests);
    hf_h2_service_close(gateway.service);
    hf_upstream_free(gateway.upstream);
    hf_loop_free(gateway.loop);
    return 0;
}

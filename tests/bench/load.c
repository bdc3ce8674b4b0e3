/*
 * A load generator for HTTP/2 over TLS with a client certificate, for hufud and nghttpx alike:
 * N connections with M requests at once on each, until a number of requests has been answered.
 * It opens a connection anew when a GOAWAY or the end took it, sends again what was refused, and
 * checks every status and, if asked, every body.
 *
 *   load [options] https://HOST:PORT/PATH
 *     -n N  requests in all (1000)          --ca F --cert F --key F   PEM files
 *     -c N  connections (1)                 -H 'name: value'          a request field; repeat
 *     -m N  requests at once on each (1)    -d FILE                   POST this body
 *     --status N  expected (200)            --sha256 HEX              expected of each body
 *
 * Prints one line of key=value pairs; exits 0 only if every answer was as expected.
 */
#include "base/file.h"
#include "crypto/hash.h"
#include "gateway/address.h"
#include "gateway/conn.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    MAX_FIELDS = 40,
    WINDOW_BYTES = 1 << 20,
    CONNECTION_WINDOW_BYTES = 1 << 26,
    MAX_CONNECTION_FAILURES = 20
};

struct load;

struct request {
    struct hf_sha256 digest;
    uint64_t began_us;
    size_t body_sent;
    int status;
};

struct client {
    struct load *load;
    struct hf_conn *conn;
    nghttp2_session *session;
    uint32_t n_open;
    struct hf_job fill_job;
};

struct load {
    struct hf_loop *loop;
    struct hf_tls_context *tls;
    struct hf_address address;
    struct client *clients;
    struct hf_job reconnect_job;

    char host[256];
    uint16_t port;
    nghttp2_nv nv[4 + MAX_FIELDS];
    size_t n_nv;
    hf_buf body;
    uint32_t n_clients;
    uint32_t n_streams;
    int want_status;
    bool check_digest;
    uint8_t want_digest[HF_SHA256_BYTES];

    uint32_t n_total;
    uint32_t n_begun;
    uint32_t n_done; /* answered or lost */
    uint32_t n_ok;
    uint32_t n_other_status;
    uint32_t n_wrong_body;
    uint32_t n_reset;
    uint32_t n_again;
    uint32_t n_connections;
    uint32_t n_failures; /* connections lost in a row without an answer */
    uint64_t n_body_bytes;
    uint32_t *latencies_us;
    const char *trouble;
};

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void finish_one(struct load *load)
{
    if (++load->n_done == load->n_total) {
        hf_loop_stop(load->loop);
    }
}

/* --- one request --------------------------------------------------------------------------- */

static void judge(struct load *load, struct request *request)
{
    uint8_t digest[HF_SHA256_BYTES];
    load->latencies_us[load->n_done] = (uint32_t)(clock_us() - request->began_us);
    load->n_failures = 0;
    if (load->check_digest) {
        hf_sha256_final(&request->digest, digest);
    }
    if (request->status != load->want_status) {
        load->n_other_status++;
    } else if (load->check_digest && memcmp(digest, load->want_digest, sizeof digest) != 0) {
        load->n_wrong_body++;
    } else {
        load->n_ok++;
    }
    finish_one(load);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                     void *context)
{
    (void)flags;
    (void)context;
    struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (request && name_size == 7 && value_size == 3 && memcmp(name, ":status", 7) == 0) {
        request->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t size, void *context)
{
    (void)flags;
    struct client *client = context;
    struct request *request = nghttp2_session_get_stream_user_data(session, id);
    client->load->n_body_bytes += size;
    if (client->load->check_digest && request) {
        hf_sha256_update(&request->digest, hf_bytes_of(data, size));
    }
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    struct client *client = context;
    struct load *load = client->load;
    struct request *request = nghttp2_session_get_stream_user_data(session, id);
    client->n_open--;
    if (error == NGHTTP2_NO_ERROR) {
        judge(load, request);
    } else if (error == NGHTTP2_REFUSED_STREAM) {
        load->n_again++;
        load->n_begun--;
    } else {
        load->n_reset++;
        finish_one(load);
    }
    free(request);
    hf_loop_defer(load->loop, &client->fill_job);
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t capacity,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session;
    (void)id;
    struct client *client = context;
    struct request *request = source->ptr;
    hf_bytes rest = hf_bytes_skip(hf_buf_view(&client->load->body), request->body_sent);
    size_t n = rest.size < capacity ? rest.size : capacity;
    memcpy(data, rest.data, n);
    request->body_sent += n;
    *flags |= n == rest.size ? NGHTTP2_DATA_FLAG_EOF : 0U;
    return (ssize_t)n;
}

static bool begin_one(struct client *client)
{
    struct load *load = client->load;
    struct request *request = calloc(1, sizeof *request);
    if (!request) {
        return false;
    }
    request->began_us = clock_us();
    hf_sha256_init(&request->digest);
    const nghttp2_data_provider body = {.source = {.ptr = request}, .read_callback = read_body};
    int32_t id = nghttp2_submit_request(client->session, NULL, load->nv, load->n_nv,
                                        load->body.size > 0 ? &body : NULL, request);
    if (id < 0) {
        free(request);
        return false;
    }
    client->n_open++;
    load->n_begun++;
    return true;
}

static void fill(void *context)
{
    struct client *client = context;
    struct load *load = client->load;
    if (!client->session || nghttp2_session_check_request_allowed(client->session) == 0) {
        return;
    }
    while (client->n_open < load->n_streams && load->n_begun < load->n_total && begin_one(client)) {
    }
    hf_conn_mark_dirty(client->conn);
}

/* --- one connection ------------------------------------------------------------------------ */

static void on_ready(void *context)
{
    struct client *client = context;
    nghttp2_session_callbacks *callbacks = NULL;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES}};
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
        abort();
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    if (nghttp2_session_client_new(&client->session, callbacks, client) != 0 ||
        nghttp2_submit_settings(client->session, 0, settings, 2) != 0 ||
        nghttp2_session_set_local_window_size(client->session, 0, 0, CONNECTION_WINDOW_BYTES) !=
            0) {
        abort();
    }
    nghttp2_session_callbacks_del(callbacks);
    client->load->n_connections++;
    fill(client);
}

static hf_status on_bytes(void *context, hf_bytes bytes)
{
    struct client *client = context;
    ssize_t n = nghttp2_session_mem_recv(client->session, bytes.data, bytes.size);
    hf_conn_mark_dirty(client->conn);
    return hf_status_of(n < 0 ? HF_SOURCE_MALFORMED : HF_OK);
}

static hf_status pull(void *context, hf_bytes *ret_bytes)
{
    struct client *client = context;
    const uint8_t *data = NULL;
    ssize_t n = nghttp2_session_mem_send(client->session, &data);
    *ret_bytes = hf_bytes_of(data, n > 0 ? (size_t)n : 0);
    if (n == 0 && !nghttp2_session_want_read(client->session)) {
        hf_conn_finish(client->conn);
    }
    return hf_status_of(n < 0 ? HF_INTERNAL : HF_OK);
}

static bool wants_read(void *context)
{
    (void)context;
    return true;
}

/* Requests without an end when the connection goes are lost: nobody knows what became of them. */
static void on_end(void *context, enum hf_conn_end end, const char *why)
{
    (void)end;
    struct client *client = context;
    struct load *load = client->load;
    hf_loop_undefer(load->loop, &client->fill_job);
    load->n_reset += client->n_open;
    load->n_done += client->n_open;
    client->n_open = 0;
    nghttp2_session_del(client->session); /* forgets its streams; what they hold is left behind */
    client->session = NULL;
    client->conn = NULL;
    load->trouble = why;
    if (load->n_done >= load->n_total || ++load->n_failures > MAX_CONNECTION_FAILURES) {
        hf_loop_stop(load->loop);
        return;
    }
    hf_loop_defer(load->loop, &load->reconnect_job);
}

static const struct hf_conn_events conn_events = {.on_ready = on_ready,
                                                  .on_bytes = on_bytes,
                                                  .pull = pull,
                                                  .wants_read = wants_read,
                                                  .on_end = on_end};

static void connect_all(void *context)
{
    struct load *load = context;
    const struct hf_conn_config config = {.loop = load->loop,
                                          .tls = load->tls,
                                          .host = load->host,
                                          .handshake_ms = 10000,
                                          .write_stall_ms = 30000};
    for (uint32_t i = 0; i < load->n_clients; i++) {
        struct client *client = &load->clients[i];
        int fd = -1;
        if (client->conn) {
            continue;
        }
        client->load = load;
        client->fill_job = hf_job_init(fill, client);
        if (!hf_is_ok(hf_address_connect(&load->address, &fd)) ||
            !hf_is_ok(hf_conn_new(&config, fd, &conn_events, client, &client->conn))) {
            load->trouble = "no connection can be made";
            hf_loop_stop(load->loop);
        }
    }
}

/* --- the command line ---------------------------------------------------------------------- */

static _Noreturn void usage(const char *about)
{
    fprintf(stderr, "load: %s\n", about);
    exit(2); /* a program, not a library */
}

static void add_field(struct load *load, const char *name, const char *value)
{
    if (load->n_nv == 4 + MAX_FIELDS) {
        usage("too many fields");
    }
    load->nv[load->n_nv++] = (nghttp2_nv){.name = (uint8_t *)strdup(name),
                                          .value = (uint8_t *)strdup(value),
                                          .namelen = strlen(name),
                                          .valuelen = strlen(value)};
}

static void split_field(struct load *load, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon) {
        usage("a field is 'name: value'");
    }
    *colon = '\0';
    add_field(load, line, colon + 1 + strspn(colon + 1, " "));
}

static void read_url(struct load *load, const char *url)
{
    char authority[300];
    char path[2048];
    unsigned port = 443;
    if (sscanf(url, "https://%299[^/]%2047s", authority, path) != 2) {
        usage("the address is https://HOST:PORT/PATH");
    }
    if (sscanf(authority, "%255[^:]:%u", load->host, &port) < 1) {
        usage("no host in the address");
    }
    load->port = (uint16_t)port;
    add_field(load, ":method", load->body.size > 0 ? "POST" : "GET");
    add_field(load, ":scheme", "https");
    add_field(load, ":authority", authority);
    add_field(load, ":path", path);
}

static void read_digest(struct load *load, const char *hex)
{
    for (unsigned i = 0; i < HF_SHA256_BYTES; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * (size_t)i, "%2x", &byte) != 1) {
            usage("--sha256 wants 64 hexadecimal digits");
        }
        load->want_digest[i] = (uint8_t)byte;
    }
    load->check_digest = true;
}

struct files {
    hf_buf ca;
    hf_buf cert;
    hf_buf key;
};

static void read_into(hf_buf *buf, const char *path)
{
    if (!hf_is_ok(hf_file_read(path, buf))) {
        fprintf(stderr, "load: cannot read %s\n", path);
        exit(2);
    }
}

static uint32_t number(const char *text)
{
    unsigned long value = strtoul(text, NULL, 10);
    if (value == 0 || value > 100000000) {
        usage("a number is expected, from 1");
    }
    return (uint32_t)value;
}

static void take_option(struct load *load, struct files *files, const char *name, char *value)
{
    if (strcmp(name, "-n") == 0) {
        load->n_total = number(value);
    } else if (strcmp(name, "-c") == 0) {
        load->n_clients = number(value);
    } else if (strcmp(name, "-m") == 0) {
        load->n_streams = number(value);
    } else if (strcmp(name, "--status") == 0) {
        load->want_status = (int)number(value);
    } else if (strcmp(name, "--sha256") == 0) {
        read_digest(load, value);
    } else if (strcmp(name, "--ca") == 0) {
        read_into(&files->ca, value);
    } else if (strcmp(name, "--cert") == 0) {
        read_into(&files->cert, value);
    } else if (strcmp(name, "--key") == 0) {
        read_into(&files->key, value);
    } else if (strcmp(name, "-d") == 0) {
        read_into(&load->body, value);
    } else if (strcmp(name, "-H") != 0) {
        usage("unknown option");
    }
}

static void read_command_line(struct load *load, struct files *files, int argc, char **argv)
{
    if (argc < 2) {
        usage("[-n N] [-c N] [-m N] --ca F [--cert F --key F] [-H FIELD]... URL");
    }
    int i = 1;
    for (; i + 2 < argc; i += 2) {
        take_option(load, files, argv[i], argv[i + 1]);
    }
    if (i + 1 != argc) {
        usage("the last argument is the address");
    }
    read_url(load, argv[argc - 1]); /* pseudo fields first */
    for (i = 1; i + 2 < argc; i += 2) {
        if (strcmp(argv[i], "-H") == 0) {
            split_field(load, argv[i + 1]);
        }
    }
}

/* --- the result ---------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int report(struct load *load, uint64_t took_us)
{
    uint32_t n = load->n_ok + load->n_other_status + load->n_wrong_body;
    qsort(load->latencies_us, load->n_total, sizeof *load->latencies_us, by_size);
    const uint32_t *latencies = load->latencies_us + (load->n_total - n); /* zeros come first */
    printf("requests=%u ok=%u other_status=%u wrong_body=%u reset=%u sent_again=%u "
           "connections=%u seconds=%.3f rps=%.0f p50_us=%u p99_us=%u max_us=%u body_bytes=%llu\n",
           load->n_total, load->n_ok, load->n_other_status, load->n_wrong_body, load->n_reset,
           load->n_again, load->n_connections, (double)took_us / 1e6,
           (double)n * 1e6 / (double)took_us, n ? latencies[n / 2] : 0,
           n ? latencies[(size_t)n * 99 / 100] : 0, n ? latencies[n - 1] : 0,
           (unsigned long long)load->n_body_bytes);
    if (load->n_ok == load->n_total) {
        return 0;
    }
    fprintf(stderr, "load: %s\n", load->trouble ? load->trouble : "not every answer was right");
    return 1;
}

static hf_status prepare(struct load *load, const struct files *files)
{
    const struct hf_tls_client_config tls = {.ca_pem = hf_buf_view(&files->ca),
                                             .cert_pem = hf_buf_view(&files->cert),
                                             .key_pem = hf_buf_view(&files->key)};
    struct hf_problem problem = {0};
    hf_status status = hf_tls_client_new(&tls, &load->tls, &problem);
    if (!hf_is_ok(status)) {
        fprintf(stderr, "load: %s: %s\n", problem.where, problem.detail);
        return status;
    }
    HF_TRY(hf_address_resolve(load->host, load->port, &load->address));
    HF_TRY(hf_loop_new(&load->loop));
    load->clients = calloc(load->n_clients, sizeof *load->clients);
    load->latencies_us = calloc(load->n_total, sizeof *load->latencies_us);
    if (!load->clients || !load->latencies_us) {
        HF_FAIL(NOMEM);
    }
    load->reconnect_job = hf_job_init(connect_all, load);
    return HF_DONE;
}

int main(int argc, char **argv)
{
    struct load load = {.n_total = 1000,
                        .n_clients = 1,
                        .n_streams = 1,
                        .want_status = 200,
                        .body = hf_buf_init(1 << 20)};
    struct files files = {hf_buf_init(1 << 20), hf_buf_init(1 << 20), hf_buf_init(1 << 20)};
    read_command_line(&load, &files, argc, argv);
    hf_status status = prepare(&load, &files);
    if (!hf_is_ok(status)) {
        fprintf(stderr, "load: %s\n", hf_code_info(status.code)->sentence);
        return 2;
    }
    uint64_t began_us = clock_us();
    connect_all(&load);
    hf_loop_run(load.loop);
    return report(&load, clock_us() - began_us);
}

/*
 * A peer that sends whatever frames a test wants and keeps all that comes back.
 */
#include "tests/support/wire.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FRAME_HEAD_BYTES = 9, MEMORY_BYTES = 64 << 20 };

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static bool frame_at(const struct peer *peer, size_t offset, struct frame *ret_frame)
{
    if (peer->in.size - offset < FRAME_HEAD_BYTES) {
        return false;
    }
    const uint8_t *p = peer->in.data + offset;
    size_t size = (size_t)p[0] << 16 | (size_t)p[1] << 8 | p[2];
    if (peer->in.size - offset < FRAME_HEAD_BYTES + size) {
        return false;
    }
    *ret_frame = (struct frame){.type = p[3],
                                .flags = p[4],
                                .stream_id = (uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 |
                                             (uint32_t)p[7] << 8 | p[8],
                                .payload = hf_bytes_of(p + FRAME_HEAD_BYTES, size)};
    return true;
}

static void inflate(struct peer *peer, const struct frame *frame)
{
    hf_bytes rest = frame->payload;
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t n = nghttp2_hd_inflate_hd2(peer->inflater, &nv, &flags, rest.data, rest.size, 1);
        must(n >= 0, "a header block does not inflate");
        rest = hf_bytes_skip(rest, (size_t)n);
        if (flags & NGHTTP2_HD_INFLATE_EMIT) {
            must(hf_is_ok(hf_buf_printf(&peer->fields, "%u %.*s: %.*s\n", frame->stream_id,
                                        (int)nv.namelen, nv.name, (int)nv.valuelen, nv.value)),
                 "too many fields");
        }
        if (flags & NGHTTP2_HD_INFLATE_FINAL) {
            nghttp2_hd_inflate_end_headers(peer->inflater);
            return;
        }
    }
}

static void read_fields(struct peer *peer)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    struct frame frame;
    if (peer->is_server && !peer->prefaced && peer->in.size >= sizeof preface - 1) {
        peer->prefaced = true; /* frames begin behind it */
        peer->in.size -= sizeof preface - 1;
        memmove(peer->in.data, peer->in.data + sizeof preface - 1, peer->in.size);
    }
    if (peer->is_server && !peer->prefaced) {
        return;
    }
    while (frame_at(peer, peer->inflated, &frame)) {
        if (frame.type == FRAME_HEADERS) {
            inflate(peer, &frame);
        }
        peer->inflated += FRAME_HEAD_BYTES + frame.payload.size;
    }
}

static void on_ready(void *context)
{
    struct peer *peer = context;
    peer->ready = true;
    hf_conn_mark_dirty(peer->conn);
}

static hf_status on_bytes(void *context, hf_bytes bytes)
{
    struct peer *peer = context;
    HF_TRY(hf_buf_append(&peer->in, bytes));
    read_fields(peer);
    return HF_DONE;
}

static hf_status pull(void *context, hf_bytes *ret_bytes)
{
    struct peer *peer = context;
    *ret_bytes = hf_bytes_skip(hf_buf_view(&peer->out), peer->out_pulled);
    peer->out_pulled = peer->out.size;
    return HF_DONE;
}

static bool wants_read(void *context)
{
    (void)context;
    return true;
}

static void on_end(void *context, enum hf_conn_end end, const char *why)
{
    (void)end;
    struct peer *peer = context;
    peer->ended = true;
    peer->conn = NULL;
    peer->why = why;
}

static const struct hf_conn_events events = {.on_ready = on_ready,
                                             .on_bytes = on_bytes,
                                             .pull = pull,
                                             .wants_read = wants_read,
                                             .on_end = on_end};

static bool is_open(void *context)
{
    const struct peer *peer = context;
    return peer->ready || peer->ended;
}

void peer_open(struct peer *peer, struct wire *wire, uint16_t port, bool prefaced)
{
    *peer = (struct peer){.wire = wire,
                          .out = hf_buf_init(MEMORY_BYTES),
                          .in = hf_buf_init(MEMORY_BYTES),
                          .fields = hf_buf_init(MEMORY_BYTES)};
    struct hf_address address;
    int fd = -1;
    const struct hf_conn_config config = {.loop = wire->loop,
                                          .tls = wire->bank_client,
                                          .host = "127.0.0.1",
                                          .handshake_ms = 5000,
                                          .write_stall_ms = 30000};
    must(nghttp2_hd_inflate_new(&peer->inflater) == 0, "inflater");
    must(hf_is_ok(hf_address_from_literal("127.0.0.1", port, &address)) &&
             hf_is_ok(hf_address_connect(&address, &fd)) &&
             hf_is_ok(hf_conn_new(&config, fd, &events, peer, &peer->conn)),
         "connect");
    wire_run_until(wire, is_open, peer, 5000);
    if (prefaced) {
        peer_send(peer, HF_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        peer_send_frame(peer, FRAME_SETTINGS, 0, 0, hf_bytes_of(NULL, 0));
        peer_send_frame(peer, FRAME_SETTINGS, FLAG_ACK, 0, hf_bytes_of(NULL, 0));
    }
}

static void accept_one(void *context, unsigned socket_events)
{
    (void)socket_events;
    struct peer *peer = context;
    struct hf_address address;
    int fd = -1;
    const struct hf_conn_config config = {.loop = peer->wire->loop,
                                          .tls = peer->wire->public_server,
                                          .handshake_ms = 5000,
                                          .write_stall_ms = 30000};
    if (peer->conn || !hf_is_ok(hf_address_accept(peer->listener_fd, &fd, &address))) {
        return;
    }
    peer->n_accepted++;
    peer->ended = peer->ready = peer->prefaced = false;
    hf_buf_reset(&peer->in);
    hf_buf_reset(&peer->fields);
    peer->inflated = 0;
    nghttp2_hd_inflate_del(peer->inflater);
    must(nghttp2_hd_inflate_new(&peer->inflater) == 0, "inflater");
    must(hf_is_ok(hf_conn_new(&config, fd, &events, peer, &peer->conn)), "accept");
}

uint16_t peer_listen(struct peer *peer, struct wire *wire)
{
    *peer = (struct peer){.wire = wire,
                          .out = hf_buf_init(MEMORY_BYTES),
                          .in = hf_buf_init(MEMORY_BYTES),
                          .fields = hf_buf_init(MEMORY_BYTES)};
    struct hf_address address;
    must(nghttp2_hd_inflate_new(&peer->inflater) == 0 &&
             hf_is_ok(hf_address_from_literal("127.0.0.1", 0, &address)) &&
             hf_is_ok(hf_address_listen(&address, 8, &peer->listener_fd)),
         "listen");
    const struct hf_io_watch watch = {
        .fd = peer->listener_fd, .events = HF_IO_READ, .on_ready = accept_one, .context = peer};
    must(hf_is_ok(hf_io_open(wire->loop, &watch, &peer->listener)), "watch");
    address.size_bytes = sizeof address.storage;
    must(getsockname(peer->listener_fd, (struct sockaddr *)&address.storage, &address.size_bytes) ==
             0,
         "port");
    peer->is_server = true;
    return hf_address_port(&address);
}

void peer_close(struct peer *peer)
{
    hf_io_close(peer->listener);
    if (peer->listener) {
        close(peer->listener_fd);
    }
    if (peer->conn) {
        hf_conn_abort(peer->conn);
    }
    nghttp2_hd_inflate_del(peer->inflater);
    hf_buf_clear(&peer->out);
    hf_buf_clear(&peer->in);
    hf_buf_clear(&peer->fields);
}

void peer_send(struct peer *peer, hf_bytes bytes)
{
    if (!peer->conn) {
        return;
    }
    if (peer->out_pulled == peer->out.size) {
        hf_buf_reset(&peer->out);
        peer->out_pulled = 0;
    }
    must(hf_is_ok(hf_buf_append(&peer->out, bytes)), "too much to send");
    hf_conn_mark_dirty(peer->conn);
}

void peer_send_frame(struct peer *peer, uint8_t type, uint8_t flags, uint32_t stream_id,
                     hf_bytes payload)
{
    const uint8_t head[FRAME_HEAD_BYTES] = {(uint8_t)(payload.size >> 16),
                                            (uint8_t)(payload.size >> 8),
                                            (uint8_t)payload.size,
                                            type,
                                            flags,
                                            (uint8_t)(stream_id >> 24),
                                            (uint8_t)(stream_id >> 16),
                                            (uint8_t)(stream_id >> 8),
                                            (uint8_t)stream_id};
    peer_send(peer, hf_bytes_of(head, sizeof head));
    peer_send(peer, payload);
}

static void append_string(hf_buf *block, const char *text)
{
    size_t size = strlen(text);
    must(size < 128 || size < 127 + 128 * 128, "too long for this encoder");
    bool fits = true;
    if (size < 127) {
        fits = hf_is_ok(hf_buf_append_byte(block, (uint8_t)size));
    } else { /* RFC 7541 5.1, prefix of 7 bits */
        size_t rest = size - 127;
        fits = hf_is_ok(hf_buf_append_byte(block, 127));
        while (fits && rest >= 128) {
            fits = hf_is_ok(hf_buf_append_byte(block, (uint8_t)(rest % 128 + 128)));
            rest /= 128;
        }
        fits = fits && hf_is_ok(hf_buf_append_byte(block, (uint8_t)rest));
    }
    must(fits && hf_is_ok(hf_buf_append_string(block, text)), "block");
}

void hpack_literal(hf_buf *block, const char *name, const char *value)
{
    must(hf_is_ok(hf_buf_append_byte(block, 0)), "block");
    append_string(block, name);
    append_string(block, value);
}

void hpack_get(hf_buf *block, const char *path)
{
    hpack_literal(block, ":method", "GET");
    hpack_literal(block, ":scheme", "https");
    hpack_literal(block, ":authority", "localhost");
    hpack_literal(block, ":path", path);
}

void peer_get(struct peer *peer, uint32_t stream_id, const char *path)
{
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_get(&block, path);
    peer_send_frame(peer, FRAME_HEADERS, FLAG_END_STREAM | FLAG_END_HEADERS, stream_id,
                    hf_buf_view(&block));
}

bool peer_find(const struct peer *peer, uint8_t type, unsigned n, struct frame *ret_frame)
{
    struct frame frame;
    for (size_t offset = 0; frame_at(peer, offset, &frame);
         offset += FRAME_HEAD_BYTES + frame.payload.size) {
        if (frame.type == type && n-- == 0) {
            *ret_frame = frame;
            return true;
        }
    }
    return false;
}

unsigned peer_count(const struct peer *peer, uint8_t type)
{
    struct frame frame;
    unsigned n = 0;
    for (size_t offset = 0; frame_at(peer, offset, &frame);
         offset += FRAME_HEAD_BYTES + frame.payload.size) {
        n += frame.type == type;
    }
    return n;
}

struct expected {
    const struct peer *peer;
    uint8_t type;
    unsigned n;
};

static bool has_come(void *context)
{
    const struct expected *expected = context;
    return expected->peer->ended || peer_count(expected->peer, expected->type) >= expected->n;
}

void peer_wait(struct peer *peer, uint8_t type, unsigned n)
{
    struct expected expected = {.peer = peer, .type = type, .n = n};
    wire_run_until(peer->wire, has_come, &expected, 5000);
}

static bool has_ended(void *context)
{
    const struct peer *peer = context;
    return peer->ended;
}

void peer_wait_end(struct peer *peer)
{
    wire_run_until(peer->wire, has_ended, peer, 5000);
}

uint32_t peer_error(const struct peer *peer, uint8_t type)
{
    struct frame frame;
    must(peer_find(peer, type, 0, &frame), "no such frame has come");
    const uint8_t *p = frame.payload.data + (type == FRAME_GOAWAY ? 4 : 0);
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool peer_has_field(const struct peer *peer, const char *line)
{
    return peer->fields.size > 0 &&
           memmem(peer->fields.data, peer->fields.size, line, strlen(line)) != NULL;
}

/*
 * The ops listener. It serves whoever is on this machine, which is not a reason to be lax: heads
 * are bounded, connections are few and short, and nothing but GET of a plain path is read.
 *
 * Invariant: one request, one answer, then the connection is closed.
 */
#include "gateway/ops.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEAD_LIMIT_BYTES = 4096,
    CHUNK_BYTES = 1024,
    BODY_LIMIT_BYTES = 1024 * 1024,
    MAX_VISITORS = 64,
    VISIT_MS = 5000,
    BACKLOG = 64
};

struct visitor {
    struct hf_ops *ops;
    struct visitor *next;
    struct visitor *prev;
    struct hf_io *io;
    struct hf_timer deadline;
    hf_buf in;
    hf_buf out;
    size_t sent;
    int fd;
};

struct hf_ops {
    struct hf_loop *loop;
    hf_ops_handler *handler;
    void *context;
    struct hf_io *io;
    struct visitor *visitors;
    unsigned n_visitors;
    int fd;
};

/* --- the head ------------------------------------------------------------------------------ */

static bool is_target_byte(uint8_t byte)
{
    return byte > ' ' && byte < 0x7f;
}

/* = RFC 9112 3: method SP target SP version CRLF, and nothing more lenient. */
static enum hf_ops_parse parse_line(hf_bytes line, hf_bytes *ret_path)
{
    static const char version[] = " HTTP/1.1";
    size_t version_size = sizeof version - 1;
    const uint8_t *space = memchr(line.data, ' ', line.size);
    if (!space || line.size < version_size ||
        (memcmp(line.data + line.size - version_size, version, version_size) != 0 &&
         memcmp(line.data + line.size - version_size, " HTTP/1.0", version_size) != 0)) {
        return HF_OPS_BAD;
    }
    size_t method_size = (size_t)(space - line.data);
    if (method_size + 1 + version_size >= line.size) {
        return HF_OPS_BAD;
    }
    hf_bytes target = hf_bytes_of(space + 1, line.size - version_size - method_size - 1);
    if (target.data[0] != '/') {
        return HF_OPS_BAD;
    }
    size_t path_size = target.size;
    for (size_t i = 0; i < target.size; i++) {
        if (!is_target_byte(target.data[i])) {
            return HF_OPS_BAD;
        }
        if (target.data[i] == '?' && path_size == target.size) {
            path_size = i;
        }
    }
    if (!hf_bytes_equal(hf_bytes_of(line.data, method_size), HF_LITERAL("GET"))) {
        return HF_OPS_METHOD;
    }
    *ret_path = hf_bytes_of(target.data, path_size);
    return HF_OPS_GET;
}

enum hf_ops_parse hf_ops_parse_head(hf_bytes head, hf_bytes *ret_path)
{
    const uint8_t *end = memmem(head.data, head.size, "\r\n\r\n", 4);
    if (!end) {
        return head.size >= HEAD_LIMIT_BYTES ? HF_OPS_BAD : HF_OPS_MORE;
    }
    const uint8_t *line_end = memmem(head.data, head.size, "\r\n", 2);
    return parse_line(hf_bytes_of(head.data, (size_t)(line_end - head.data)), ret_path);
}

/* --- a visitor ----------------------------------------------------------------------------- */

static void dismiss(struct visitor *visitor)
{
    struct hf_ops *ops = visitor->ops;
    if (visitor->prev) {
        visitor->prev->next = visitor->next;
    } else {
        ops->visitors = visitor->next;
    }
    if (visitor->next) {
        visitor->next->prev = visitor->prev;
    }
    ops->n_visitors--;
    hf_loop_timer_stop(ops->loop, &visitor->deadline);
    hf_io_close(visitor->io);
    close(visitor->fd);
    hf_buf_clear(&visitor->in);
    hf_buf_clear(&visitor->out);
    free(visitor);
}

static void on_deadline(void *context)
{
    dismiss(context);
}

static const char *reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    default:
        return "Service Unavailable";
    }
}

static hf_status write_answer(struct visitor *visitor, int status, const char *content_type,
                              hf_bytes body)
{
    HF_TRY(hf_buf_printf(&visitor->out, "HTTP/1.1 %d %s\r\n", status, reason_of(status)));
    if (status == 405) {
        HF_TRY(hf_buf_append_string(&visitor->out, "allow: GET\r\n"));
    }
    HF_TRY(hf_buf_printf(&visitor->out,
                         "content-type: %s\r\ncontent-length: %zu\r\ncache-control: no-store\r\n"
                         "connection: close\r\n\r\n",
                         content_type, body.size));
    return hf_buf_append(&visitor->out, body);
}

static hf_status answer(struct visitor *visitor, enum hf_ops_parse parse, hf_bytes path)
{
    static const char plain[] = "text/plain; charset=utf-8";
    if (parse != HF_OPS_GET) {
        return write_answer(visitor, parse == HF_OPS_METHOD ? 405 : 400, plain,
                            hf_bytes_of(NULL, 0));
    }
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(BODY_LIMIT_BYTES);
    struct hf_ops_reply reply = {.status = 404, .content_type = plain, .body = &body};
    visitor->ops->handler(visitor->ops->context, path, &reply);
    return write_answer(visitor, reply.status, reply.content_type, hf_buf_view(&body));
}

static void send_answer(struct visitor *visitor)
{
    while (visitor->sent < visitor->out.size) {
        ssize_t n = send(visitor->fd, visitor->out.data + visitor->sent,
                         visitor->out.size - visitor->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            hf_io_set(visitor->io, HF_IO_WRITE);
            return;
        }
        if (n < 0 && errno != EINTR) {
            break;
        }
        visitor->sent += n > 0 ? (size_t)n : 0;
    }
    dismiss(visitor);
}

/* Reads what there is. Returns false when the visitor has gone. */
static bool read_head(struct visitor *visitor)
{
    uint8_t bytes[CHUNK_BYTES];
    ssize_t n;
    while ((n = recv(visitor->fd, bytes, sizeof bytes, 0)) > 0) {
        if (!hf_is_ok(hf_buf_append(&visitor->in, hf_bytes_of(bytes, (size_t)n)))) {
            return false;
        }
        if (visitor->in.size >= HEAD_LIMIT_BYTES) {
            return true; /* enough to call it bad */
        }
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void on_visitor(void *context, unsigned events)
{
    (void)events;
    struct visitor *visitor = context;
    if (visitor->out.size > 0) {
        send_answer(visitor);
        return;
    }
    if (!read_head(visitor)) {
        dismiss(visitor);
        return;
    }
    hf_bytes path = {NULL, 0};
    enum hf_ops_parse parse = hf_ops_parse_head(hf_buf_view(&visitor->in), &path);
    if (parse == HF_OPS_MORE) {
        return;
    }
    if (hf_is_ok(answer(visitor, parse, path))) {
        send_answer(visitor);
    } else {
        dismiss(visitor);
    }
}

static void welcome(struct hf_ops *ops, int fd)
{
    struct visitor *visitor = ops->n_visitors < MAX_VISITORS ? calloc(1, sizeof *visitor) : NULL;
    const struct hf_io_watch watch = {
        .fd = fd, .events = HF_IO_READ, .on_ready = on_visitor, .context = visitor};
    if (!visitor || !hf_is_ok(hf_io_open(ops->loop, &watch, &visitor->io))) {
        close(fd);
        free(visitor);
        return;
    }
    visitor->ops = ops;
    visitor->fd = fd;
    visitor->in = hf_buf_init(HEAD_LIMIT_BYTES + CHUNK_BYTES);
    visitor->out = hf_buf_init(BODY_LIMIT_BYTES + 1024);
    visitor->deadline = hf_timer_init(on_deadline, visitor);
    hf_loop_timer_start(ops->loop, &visitor->deadline, VISIT_MS);
    visitor->next = ops->visitors;
    if (visitor->next) {
        visitor->next->prev = visitor;
    }
    ops->visitors = visitor;
    ops->n_visitors++;
}

/* --- the listener -------------------------------------------------------------------------- */

static void on_acceptable(void *context, unsigned events)
{
    (void)events;
    struct hf_ops *ops = context;
    int fd = -1;
    struct hf_address peer;
    if (hf_is_ok(hf_address_accept(ops->fd, &fd, &peer))) {
        welcome(ops, fd);
    }
}

hf_status hf_ops_open(struct hf_loop *loop, const struct hf_address *address,
                      hf_ops_handler *handler, void *context, struct hf_ops **ret_ops)
{
    if (!hf_address_is_loopback(address)) {
        HF_FAIL(CONFIG_INVALID);
    }
    struct hf_ops *ops = calloc(1, sizeof *ops);
    if (!ops) {
        HF_FAIL(NOMEM);
    }
    *ops = (struct hf_ops){.loop = loop, .handler = handler, .context = context, .fd = -1};
    hf_status status = hf_address_listen(address, BACKLOG, &ops->fd);
    if (hf_is_ok(status)) {
        const struct hf_io_watch watch = {
            .fd = ops->fd, .events = HF_IO_READ, .on_ready = on_acceptable, .context = ops};
        status = hf_io_open(loop, &watch, &ops->io);
    }
    if (!hf_is_ok(status)) {
        hf_ops_close(ops);
        return status;
    }
    *ret_ops = ops;
    return HF_DONE;
}

uint16_t hf_ops_port(const struct hf_ops *ops)
{
    struct hf_address address = {.size_bytes = sizeof address.storage};
    if (getsockname(ops->fd, (struct sockaddr *)&address.storage, &address.size_bytes) != 0) {
        return 0;
    }
    return hf_address_port(&address);
}

void hf_ops_close(struct hf_ops *ops)
{
    if (!ops) {
        return;
    }
    while (ops->visitors) {
        dismiss(ops->visitors);
    }
    hf_io_close(ops->io);
    if (ops->fd >= 0) {
        close(ops->fd);
    }
    free(ops);
}

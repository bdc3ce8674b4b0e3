/*
 * Stands in for gateway/conn.c in a fuzz target: the linker finds these first. One connection lives
 * at a time.
 */
#include "tests/support/bare_conn.h"

#include <stdlib.h>
#include <unistd.h>

struct hf_conn {
    struct hf_loop *loop;
    const struct hf_conn_events *events;
    void *context;
    bool finishing;
};

static struct hf_conn *last;
static size_t sent_bytes;

struct hf_conn *bare_conn_last(void)
{
    return last;
}

size_t bare_conn_sent_bytes(void)
{
    return sent_bytes;
}

hf_status hf_conn_new(const struct hf_conn_config *config, int fd,
                      const struct hf_conn_events *events, void *context, struct hf_conn **ret_conn)
{
    close(fd);
    struct hf_conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        HF_FAIL(NOMEM);
    }
    *conn = (struct hf_conn){.loop = config->loop, .events = events, .context = context};
    last = *ret_conn = conn;
    return HF_DONE;
}

static void forget(struct hf_conn *conn)
{
    if (last == conn) {
        last = NULL;
    }
    free(conn);
}

static void end(struct hf_conn *conn)
{
    const struct hf_conn_events *events = conn->events;
    void *context = conn->context;
    last = NULL;
    events->on_end(context, HF_CONN_CLOSED, "the peer closed the connection");
    free(conn); /* after its last callback, as the real one */
}

/* Pulls what the session has to say, runs the loop once, and again until it is silent. */
static void turn(void)
{
    for (int i = 0; i < 8 && last; i++) {
        struct hf_conn *conn = last;
        hf_bytes bytes = {NULL, 0};
        hf_status status = HF_DONE;
        do {
            status = conn->events->pull(conn->context, &bytes);
            sent_bytes += bytes.size;
        } while (hf_is_ok(status) && bytes.size > 0 && last == conn);
        if (last == conn && (conn->finishing || !hf_is_ok(status))) {
            end(conn);
            return;
        }
        struct hf_loop *loop = conn->loop;
        hf_loop_stop(loop);
        hf_loop_run(loop);
    }
}

void bare_conn_ready(void)
{
    if (last) {
        last->events->on_ready(last->context);
        turn();
    }
}

void bare_conn_feed(hf_bytes bytes)
{
    if (!last || last->finishing) {
        return;
    }
    if (!hf_is_ok(last->events->on_bytes(last->context, bytes)) && last) {
        last->finishing = true;
    }
    turn();
}

void bare_conn_play(const uint8_t *data, size_t size)
{
    size_t piece = size > 0 && data[0] > 0 ? data[0] : size;
    for (size_t at = 1; at < size; at += piece) {
        bare_conn_feed(hf_bytes_of(data + at, size - at < piece ? size - at : piece));
    }
    if (last) {
        end(last);
    }
}

void hf_conn_mark_dirty(struct hf_conn *conn)
{
    (void)conn; /* every turn pulls */
}

void hf_conn_finish(struct hf_conn *conn)
{
    conn->finishing = true;
}

void hf_conn_abort(struct hf_conn *conn)
{
    forget(conn);
}

size_t hf_conn_unsent_bytes(const struct hf_conn *conn)
{
    (void)conn;
    return 0;
}

hf_status hf_conn_peer_cert(const struct hf_conn *conn, struct hf_cert_info *ret_info)
{
    (void)conn;
    (void)ret_info;
    HF_FAIL(NOT_FOUND);
}

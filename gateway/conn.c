/*
 * A connection's life: connecting, handshake, open, finishing (the last bytes leave), lingering
 * (the peer's last bytes are thrown away, so that ours are not lost to a TCP reset), dead.
 *
 * It decides when bytes move: they are read until the socket has no more or a budget is spent, and
 * sent once a turn, gathered. It refuses to know what they mean.
 *
 * Invariants: nothing is pulled while the socket takes no bytes, so the session's own bounds hold
 * what waits; a dead connection calls nobody, and its memory lives until the end of the turn, so
 * that callers on the stack may still look at it.
 */
#include "gateway/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STAGE_BYTES = 16384,       /* one TLS record */
    GATHER_BYTES = 128 * 1024, /* one send */
    READ_TURNS = 16,           /* records of 16 KiB read before others get their turn */
    LINGER_MS = 1000,
    LINGER_BYTES = 4 * 1024 * 1024
};

enum state { CONNECTING, HANDSHAKE, OPEN, FINISHING, LINGERING, DEAD };

struct hf_conn {
    struct hf_loop *loop;
    struct hf_tls *tls;
    struct hf_io *io;
    const struct hf_conn_events *events;
    void *context;
    struct hf_job flush_job;
    struct hf_job free_job;
    struct hf_timer deadline; /* handshake, then a stalled write, then lingering */
    struct hf_timer read_on;  /* bytes are left in OpenSSL's buffer, where poll cannot see them */
    uint64_t write_stall_ms;
    hf_bytes pulled; /* of the last pull, not yet encrypted */
    size_t lingered_bytes;
    enum state state;
    int fd;
    bool blocked;     /* the socket took less than we had */
    bool read_paused; /* because blocked */
};

static void update_interest(struct hf_conn *conn)
{
    bool reads = conn->state == HANDSHAKE || (conn->state == OPEN && !conn->read_paused) ||
                 conn->state == LINGERING;
    bool writes = conn->state == CONNECTING || conn->blocked;
    hf_io_set(conn->io, (reads ? HF_IO_READ : 0U) | (writes ? HF_IO_WRITE : 0U));
}

/* Closes everything but the memory, which goes at the end of the turn. */
static void die(struct hf_conn *conn)
{
    conn->state = DEAD;
    hf_loop_timer_stop(conn->loop, &conn->deadline);
    hf_loop_timer_stop(conn->loop, &conn->read_on);
    hf_loop_undefer(conn->loop, &conn->flush_job);
    hf_io_close(conn->io);
    close(conn->fd);
    hf_loop_defer(conn->loop, &conn->free_job);
}

static void end(struct hf_conn *conn, enum hf_conn_end how, const char *why)
{
    if (conn->state == DEAD) {
        return;
    }
    die(conn);
    conn->events->on_end(conn->context, how, why);
}

static void free_conn(void *context)
{
    struct hf_conn *conn = context;
    hf_tls_free(conn->tls);
    free(conn);
}

/* --- reading ------------------------------------------------------------------------------- */

static bool should_pause(struct hf_conn *conn)
{
    return conn->blocked && !conn->events->wants_read(conn->context);
}

static void read_records(struct hf_conn *conn)
{
    HF_UNINITIALISED uint8_t data[STAGE_BYTES];
    for (int i = 0; i < READ_TURNS; i++) {
        if (conn->state != OPEN) {
            return;
        }
        if (should_pause(conn)) {
            conn->read_paused = true;
            update_interest(conn);
            return;
        }
        size_t size = 0;
        switch (hf_tls_read(conn->tls, data, sizeof data, &size)) {
        case HF_TLS_DONE:
            if (!hf_is_ok(conn->events->on_bytes(conn->context, hf_bytes_of(data, size)))) {
                hf_conn_finish(conn);
            }
            break;
        case HF_TLS_WAIT:
            return;
        case HF_TLS_CLOSED:
            end(conn, HF_CONN_CLOSED, hf_tls_failure(conn->tls));
            return;
        case HF_TLS_FAILED:
            hf_tls_flush(conn->tls); /* the alert that says why, if the socket takes it */
            end(conn, HF_CONN_FAILED, hf_tls_failure(conn->tls));
            return;
        }
    }
    hf_loop_timer_start(conn->loop, &conn->read_on, 0);
}

static void read_on(void *context)
{
    read_records(context);
}

static void resume_reading(struct hf_conn *conn)
{
    if (conn->read_paused) {
        conn->read_paused = false;
        hf_loop_timer_start(conn->loop, &conn->read_on, 0);
    }
}

/* --- writing ------------------------------------------------------------------------------- */

/* Notes how a flush went. Returns whether the socket takes more. */
static bool flushed(struct hf_conn *conn, size_t unsent_before)
{
    switch (hf_tls_flush(conn->tls)) {
    case HF_TLS_DONE:
        if (conn->blocked) {
            conn->blocked = false;
            hf_loop_timer_stop(conn->loop, &conn->deadline);
            resume_reading(conn);
            update_interest(conn);
        }
        return true;
    case HF_TLS_WAIT:
        if (!conn->blocked || hf_tls_unsent(conn->tls) < unsent_before) {
            hf_loop_timer_start(conn->loop, &conn->deadline, conn->write_stall_ms);
        }
        conn->blocked = true;
        update_interest(conn);
        return false;
    case HF_TLS_CLOSED:
    case HF_TLS_FAILED:
        break;
    }
    end(conn, HF_CONN_FAILED, hf_tls_failure(conn->tls));
    return false;
}

/* Fills one record from the session. Returns its size: less than a whole one when there is no more
 * (or the session broke). */
static size_t stage(struct hf_conn *conn, uint8_t record[static STAGE_BYTES])
{
    size_t size = 0;
    while (size < STAGE_BYTES) {
        hf_bytes *pulled = &conn->pulled;
        if (pulled->size == 0 && !hf_is_ok(conn->events->pull(conn->context, pulled))) {
            end(conn, HF_CONN_FAILED, "the HTTP/2 session broke");
            return 0;
        }
        if (pulled->size == 0) {
            break;
        }
        size_t room = STAGE_BYTES - size;
        size_t n = pulled->size < room ? pulled->size : room;
        memcpy(record + size, pulled->data, n);
        size += n;
        *pulled = hf_bytes_skip(*pulled, n);
    }
    return size;
}

/* Pulls, encrypts and sends until there is nothing (true) or the socket is full (false). */
static bool send_all(struct hf_conn *conn)
{
    HF_UNINITIALISED uint8_t record[STAGE_BYTES];
    size_t size;
    do {
        size = stage(conn, record);
        if (conn->state == DEAD) {
            return false;
        }
        if (hf_tls_write(conn->tls, hf_bytes_of(record, size)) != HF_TLS_DONE) {
            end(conn, HF_CONN_FAILED, hf_tls_failure(conn->tls));
            return false;
        }
        size_t unsent = hf_tls_unsent(conn->tls);
        if (unsent >= GATHER_BYTES && !flushed(conn, unsent)) {
            return false;
        }
    } while (size == STAGE_BYTES);
    return flushed(conn, hf_tls_unsent(conn->tls));
}

static void start_lingering(struct hf_conn *conn)
{
    hf_tls_shutdown(conn->tls);
    if (hf_tls_flush(conn->tls) != HF_TLS_DONE || shutdown(conn->fd, SHUT_WR) != 0) {
        end(conn, HF_CONN_CLOSED, "closed");
        return;
    }
    conn->state = LINGERING;
    conn->blocked = false;
    update_interest(conn);
    hf_loop_timer_start(conn->loop, &conn->deadline, LINGER_MS);
}

static void flush(void *context)
{
    struct hf_conn *conn = context;
    if (conn->state != OPEN && conn->state != FINISHING) {
        return;
    }
    if (conn->blocked && !flushed(conn, hf_tls_unsent(conn->tls))) {
        return;
    }
    if (send_all(conn) && conn->state == FINISHING) {
        start_lingering(conn);
    }
}

/* --- the beginning and the end ------------------------------------------------------------- */

static void step_handshake(struct hf_conn *conn)
{
    switch (hf_tls_handshake(conn->tls)) {
    case HF_TLS_DONE:
        conn->state = OPEN;
        conn->blocked = hf_tls_unsent(conn->tls) > 0;
        hf_loop_timer_stop(conn->loop, &conn->deadline);
        update_interest(conn);
        conn->events->on_ready(conn->context);
        read_records(conn); /* the first frames often come with the last handshake message */
        return;
    case HF_TLS_WAIT:
        conn->blocked = hf_tls_unsent(conn->tls) > 0;
        update_interest(conn);
        return;
    case HF_TLS_CLOSED:
    case HF_TLS_FAILED:
        end(conn, HF_CONN_FAILED, hf_tls_failure(conn->tls));
        return;
    }
}

static void finish_connecting(struct hf_conn *conn)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        end(conn, HF_CONN_FAILED, "the connection was refused");
        return;
    }
    conn->state = HANDSHAKE;
    step_handshake(conn);
}

static void linger(struct hf_conn *conn)
{
    uint8_t waste[STAGE_BYTES];
    ssize_t n;
    while ((n = recv(conn->fd, waste, sizeof waste, 0)) > 0) {
        conn->lingered_bytes += (size_t)n;
        if (conn->lingered_bytes > LINGER_BYTES) {
            break;
        }
    }
    if (n >= 0 || errno != EAGAIN) {
        end(conn, HF_CONN_CLOSED, "closed");
    }
}

static void on_socket(void *context, unsigned events)
{
    struct hf_conn *conn = context;
    switch (conn->state) {
    case CONNECTING:
        finish_connecting(conn);
        return;
    case HANDSHAKE:
        step_handshake(conn);
        return;
    case OPEN:
    case FINISHING:
        if (events & HF_IO_WRITE) {
            hf_loop_defer(conn->loop, &conn->flush_job);
        }
        if (events & HF_IO_READ) {
            read_records(conn);
        }
        return;
    case LINGERING:
        linger(conn);
        return;
    case DEAD:
        return;
    }
}

static void on_deadline(void *context)
{
    struct hf_conn *conn = context;
    switch (conn->state) {
    case CONNECTING:
        end(conn, HF_CONN_STALLED, "the connection was not made in time");
        return;
    case HANDSHAKE:
        end(conn, HF_CONN_STALLED, "the TLS handshake took too long");
        return;
    case OPEN:
    case FINISHING:
        end(conn, HF_CONN_STALLED, "the peer reads nothing");
        return;
    case LINGERING:
        end(conn, HF_CONN_CLOSED, "closed");
        return;
    case DEAD:
        return;
    }
}

static hf_status start(struct hf_conn *conn, const struct hf_conn_config *config)
{
    HF_TRY(hf_tls_new(config->tls, conn->fd, config->host, hf_loop_spare(conn->loop), &conn->tls));
    conn->state = config->host ? CONNECTING : HANDSHAKE;
    const struct hf_io_watch wanted = {conn->fd, config->host ? HF_IO_WRITE : HF_IO_READ, on_socket,
                                       conn};
    HF_TRY(hf_io_open(conn->loop, &wanted, &conn->io));
    hf_loop_timer_start(conn->loop, &conn->deadline, config->handshake_ms);
    return HF_DONE;
}

hf_status hf_conn_new(const struct hf_conn_config *config, int fd,
                      const struct hf_conn_events *events, void *context, struct hf_conn **ret_conn)
{
    struct hf_conn *conn = calloc(1, sizeof *conn);
    if (!conn) {
        close(fd);
        HF_FAIL(NOMEM);
    }
    conn->loop = config->loop;
    conn->fd = fd;
    conn->events = events;
    conn->context = context;
    conn->write_stall_ms = config->write_stall_ms;
    conn->flush_job = hf_job_init(flush, conn);
    conn->free_job = hf_job_init(free_conn, conn);
    conn->deadline = hf_timer_init(on_deadline, conn);
    conn->read_on = hf_timer_init(read_on, conn);
    hf_status status = start(conn, config);
    if (!hf_is_ok(status)) {
        close(fd);
        free_conn(conn);
        return status;
    }
    *ret_conn = conn;
    return HF_DONE;
}

void hf_conn_mark_dirty(struct hf_conn *conn)
{
    if (conn->state == OPEN || conn->state == FINISHING) {
        hf_loop_defer(conn->loop, &conn->flush_job);
    }
}

void hf_conn_finish(struct hf_conn *conn)
{
    if (conn->state == OPEN) {
        conn->state = FINISHING;
        update_interest(conn);
        hf_loop_defer(conn->loop, &conn->flush_job);
    } else if (conn->state == CONNECTING || conn->state == HANDSHAKE) {
        hf_loop_timer_start(conn->loop, &conn->deadline, 0);
    }
}

void hf_conn_abort(struct hf_conn *conn)
{
    if (conn->state != DEAD) {
        die(conn);
    }
}

size_t hf_conn_unsent_bytes(const struct hf_conn *conn)
{
    return hf_tls_unsent(conn->tls);
}

hf_status hf_conn_peer_cert(const struct hf_conn *conn, struct hf_cert_info *ret_info)
{
    return hf_tls_peer_cert(conn->tls, ret_info);
}

#include "gateway/conn.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <unistd.h>

enum {
    PATIENCE_MS = 10000, /* longer than any machine is busy */
    IMPATIENCE_MS = 500
};

/* One end, with a scripted session. */
struct end {
    struct hf_conn *conn;
    hf_buf out;
    size_t pulled;
    size_t chunk; /* what one pull gives at most */
    unsigned n_pulls;
    hf_buf in;
    size_t n_in;
    bool keeps;
    bool ready;
    bool wants;   /* to read while it cannot write */
    bool refuses; /* the next bytes */
    bool breaks;  /* the next pull */
    bool over;
    enum hf_conn_end how;
};

static void on_ready(void *context)
{
    struct end *end = context;
    end->ready = true;
}

static hf_status on_bytes(void *context, hf_bytes bytes)
{
    struct end *end = context;
    end->n_in += bytes.size;
    if (end->refuses) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    return end->keeps ? hf_buf_append(&end->in, bytes) : HF_DONE;
}

static hf_status pull(void *context, hf_bytes *ret_bytes)
{
    struct end *end = context;
    if (end->breaks) {
        HF_FAIL(INTERNAL);
    }
    hf_bytes rest = hf_bytes_skip(hf_buf_view(&end->out), end->pulled);
    rest.size = rest.size < end->chunk ? rest.size : end->chunk;
    end->pulled += rest.size;
    end->n_pulls++;
    *ret_bytes = rest;
    return HF_DONE;
}

static bool wants_read(void *context)
{
    const struct end *end = context;
    return end->wants;
}

static void on_end(void *context, enum hf_conn_end how, const char *why)
{
    struct end *end = context;
    assert_false(end->over);
    assert_non_null(why);
    end->over = true;
    end->how = how;
    end->conn = NULL;
}

static const struct hf_conn_events events = {.on_ready = on_ready,
                                             .on_bytes = on_bytes,
                                             .pull = pull,
                                             .wants_read = wants_read,
                                             .on_end = on_end};

struct test {
    struct wire wire;
    struct end server;
    struct end client;
    int fds[2];
    uint64_t patience_ms; /* of both ends: with a handshake, with a peer that takes nothing */
};

static struct end new_end(void)
{
    return (struct end){.out = hf_buf_init(16 << 20),
                        .in = hf_buf_init(16 << 20),
                        .chunk = 1000,
                        .keeps = true,
                        .wants = true};
}

static void open_end(struct test *test, struct end *end, int fd, bool is_client)
{
    const struct hf_conn_config config = {.loop = test->wire.loop,
                                          .tls = is_client ? test->wire.plain_client
                                                           : test->wire.public_server,
                                          .host = is_client ? "localhost" : NULL,
                                          .handshake_ms = test->patience_ms,
                                          .write_stall_ms = test->patience_ms};
    assert_ok(hf_conn_new(&config, fd, &events, end, &end->conn));
}

static bool both_ready(void *context)
{
    const struct test *test = context;
    return test->server.ready && test->client.ready;
}

static int setup(void **state)
{
    static struct test test;
    wire_init(&test.wire);
    test.server = new_end();
    test.client = new_end();
    test.patience_ms = PATIENCE_MS;
    wire_socket_pair(test.fds);
    *state = &test;
    return 0;
}

static int open_both(void **state, uint64_t patience_ms)
{
    setup(state);
    struct test *test = *state;
    test->patience_ms = patience_ms;
    open_end(test, &test->server, test->fds[0], false);
    open_end(test, &test->client, test->fds[1], true);
    wire_run_until(&test->wire, both_ready, test, 5000);
    return 0;
}

static int setup_open(void **state)
{
    return open_both(state, PATIENCE_MS);
}

static int setup_impatient(void **state)
{
    return open_both(state, IMPATIENCE_MS);
}

static void clear_end(struct end *end)
{
    if (end->conn) {
        hf_conn_abort(end->conn);
    }
    hf_buf_clear(&end->out);
    hf_buf_clear(&end->in);
}

static int teardown(void **state)
{
    struct test *test = *state;
    clear_end(&test->server);
    clear_end(&test->client);
    wire_clear(&test->wire);
    return 0;
}

static void fill_out(struct end *end, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        assert_ok(hf_buf_append_byte(&end->out, (uint8_t)(i * 31 >> 3)));
    }
    hf_conn_mark_dirty(end->conn);
}

static bool is_over(void *context)
{
    const struct end *end = context;
    return end->over;
}

struct amount {
    const struct end *end;
    size_t size;
};

static bool has_arrived(void *context)
{
    const struct amount *amount = context;
    return amount->end->n_in >= amount->size;
}

static void expect_arrival(struct test *test, const struct end *to, const struct end *from)
{
    struct amount amount = {.end = to, .size = from->out.size};
    wire_run_until(&test->wire, has_arrived, &amount, 5000);
    assert_int_equal(to->in.size, from->out.size);
    assert_memory_equal(to->in.data, from->out.data, from->out.size);
}

static void bytes_arrive_in_order_whatever_the_chunks(void **state)
{
    static const size_t chunks[] = {1, 16383, 16384, 16385, 100000};
    struct test *test = *state;
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        test->server.chunk = chunks[i];
        fill_out(&test->server, chunks[i] == 1 ? 3000 : 2000000);
        expect_arrival(test, &test->client, &test->server);
        hf_buf_reset(&test->server.out);
        hf_buf_reset(&test->client.in);
        test->server.pulled = test->client.n_in = 0;
    }
}

static void both_directions_pass_at_once(void **state)
{
    struct test *test = *state;
    fill_out(&test->server, 3000000);
    fill_out(&test->client, 3000000);
    expect_arrival(test, &test->client, &test->server);
    expect_arrival(test, &test->server, &test->client);
}

/* Marked a hundred times in a turn, a connection is pulled from once. */
static void a_turn_has_one_flush(void **state)
{
    struct test *test = *state;
    unsigned before = test->server.n_pulls;
    assert_ok(hf_buf_append_string(&test->server.out, "x"));
    for (int i = 0; i < 100; i++) {
        hf_conn_mark_dirty(test->server.conn);
    }
    wire_run_ms(&test->wire, 5);
    assert_int_equal(test->server.n_pulls - before, 2); /* the byte, and that there is no more */
}

/* The peer takes nothing: no more is pulled than a few records, and in the end it is given up. */
static void a_stalled_write_has_an_end(void **state)
{
    struct test *test = *state;
    int deaf = dup(test->fds[1]); /* keeps the socket open and reads nothing */
    hf_conn_abort(test->client.conn);
    test->client.conn = NULL;
    test->server.chunk = 1 << 20;
    fill_out(&test->server, 8 << 20);
    wire_run_ms(&test->wire, 20);
    assert_false(test->server.over);
    assert_true(hf_conn_unsent_bytes(test->server.conn) > 0);
    assert_true(hf_conn_unsent_bytes(test->server.conn) < 256 * 1024);
    assert_true(test->server.pulled < 2 << 20);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_STALLED);
    close(deaf);
}

/* Blocked by each other, two ends that read nothing while they wait both stall; ends that read on
 * get through. */
static void while_it_cannot_write_it_reads_only_if_it_wants(void **state)
{
    struct test *test = *state;
    test->server.wants = false;
    test->client.wants = false;
    fill_out(&test->server, 4 << 20);
    fill_out(&test->client, 4 << 20);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_STALLED);
    assert_true(test->server.n_in < 4 << 20);
}

static void finishing_sends_what_is_queued(void **state)
{
    struct test *test = *state;
    fill_out(&test->server, 500000);
    hf_conn_finish(test->server.conn);
    hf_conn_finish(test->server.conn);
    wire_run_until(&test->wire, is_over, &test->client, 5000);
    assert_int_equal(test->client.how, HF_CONN_CLOSED);
    assert_int_equal(test->client.in.size, 500000);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_CLOSED);
}

/* The last words reach a peer that is still sending: its bytes are thrown away, not answered by a
 * TCP reset that would take the words with it. */
static void last_words_reach_a_peer_that_still_sends(void **state)
{
    struct test *test = *state;
    test->server.refuses = true;
    assert_ok(hf_buf_append_string(&test->server.out, "go away"));
    fill_out(&test->client, 600000);
    wire_run_until(&test->wire, is_over, &test->client, 5000);
    assert_true(hf_bytes_equal_string(hf_buf_view(&test->client.in), "go away"));
    wire_run_until(&test->wire, is_over, &test->server, 5000);
}

static void a_broken_session_ends_the_connection(void **state)
{
    struct test *test = *state;
    test->server.breaks = true;
    hf_conn_mark_dirty(test->server.conn);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_FAILED);
    wire_run_until(&test->wire, is_over, &test->client, 5000);
}

static void an_aborted_end_is_never_called_again(void **state)
{
    struct test *test = *state;
    fill_out(&test->server, 100000);
    hf_conn_abort(test->server.conn);
    test->server.conn = NULL;
    wire_run_until(&test->wire, is_over, &test->client, 5000);
    assert_false(test->server.over);
    assert_int_equal(test->client.in.size, 0);
}

static void a_handshake_has_its_time(void **state)
{
    struct test *test = *state;
    test->patience_ms = IMPATIENCE_MS;
    open_end(test, &test->server, test->fds[0], false);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_STALLED);
    close(test->fds[1]);
}

static void noise_fails_the_handshake(void **state)
{
    struct test *test = *state;
    open_end(test, &test->server, test->fds[0], false);
    assert_int_equal(write(test->fds[1], "hello, is this HTTP?", 20), 20);
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    assert_int_equal(test->server.how, HF_CONN_FAILED);
    assert_false(test->server.ready);
    close(test->fds[1]);
}

static void what_is_no_socket_is_refused(void **state)
{
    struct test *test = *state;
    struct hf_conn *conn = NULL;
    const struct hf_conn_config config = {.loop = test->wire.loop, .tls = test->wire.public_server};
    assert_code(hf_conn_new(&config, -1, &events, &test->server, &conn), IO);
    assert_null(conn);
    close(test->fds[0]);
    close(test->fds[1]);
}

static void finishing_before_the_handshake_just_ends(void **state)
{
    struct test *test = *state;
    open_end(test, &test->server, test->fds[0], false);
    hf_conn_finish(test->server.conn);
    assert_false(test->server.over); /* not inside the call */
    wire_run_until(&test->wire, is_over, &test->server, 5000);
    close(test->fds[1]);
}

#define opened(test) cmocka_unit_test_setup_teardown(test, setup_open, teardown)
#define opened_impatient(test) cmocka_unit_test_setup_teardown(test, setup_impatient, teardown)
#define unopened(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        opened(bytes_arrive_in_order_whatever_the_chunks),
        opened(both_directions_pass_at_once),
        opened(a_turn_has_one_flush),
        opened_impatient(a_stalled_write_has_an_end),
        opened_impatient(while_it_cannot_write_it_reads_only_if_it_wants),
        opened(finishing_sends_what_is_queued),
        opened(last_words_reach_a_peer_that_still_sends),
        opened(a_broken_session_ends_the_connection),
        opened(an_aborted_end_is_never_called_again),
        unopened(a_handshake_has_its_time),
        unopened(noise_fails_the_handshake),
        unopened(what_is_no_socket_is_refused),
        unopened(finishing_before_the_handshake_just_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

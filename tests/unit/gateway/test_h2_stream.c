/*
 * How answers are framed: bodies, trailers, resets, and the rules for those who write them.
 */
#include "gateway/h2_server.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

struct test {
    struct wire wire;
    struct hf_h2_service *service;
    struct peer peer;
    struct hf_h2_stream *stream; /* of the request under test */
    unsigned n_writable;
    unsigned n_ended;
    enum hf_h2_end end;
    size_t unframed_at_end;
};

static void on_request(void *context, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request)
{
    (void)request;
    struct test *test = context;
    test->stream = stream;
    hf_h2_stream_set_context(stream, test);
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
    struct test *test = context;
    assert_ptr_equal(hf_h2_stream_context(stream), test);
    test->n_writable++;
}

static void on_end(void *context, struct hf_h2_stream *stream, enum hf_h2_end end)
{
    struct test *test = context;
    test->n_ended++;
    test->end = end;
    test->unframed_at_end = hf_h2_stream_unframed(stream);
}

static const struct hf_h2_server_events events = {.on_request = on_request,
                                                  .on_body = on_body,
                                                  .on_body_end = on_body_end,
                                                  .on_writable = on_writable,
                                                  .on_end = on_end};

static bool has_stream(void *context)
{
    const struct test *test = context;
    return test->stream != NULL;
}

static int setup(void **state)
{
    static struct test test;
    test = (struct test){0};
    wire_init(&test.wire);
    struct hf_h2_service_config config = {.loop = test.wire.loop,
                                          .tls = test.wire.bank_server,
                                          .limits = hf_h2_server_limits_default(),
                                          .events = &events,
                                          .context = &test};
    assert_ok(hf_address_from_literal("127.0.0.1", 0, &config.listen));
    assert_ok(hf_h2_service_open(&config, &test.service));
    peer_open(&test.peer, &test.wire, hf_h2_service_port(test.service), true);
    peer_get(&test.peer, 1, "/");
    wire_run_until(&test.wire, has_stream, &test, 5000);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    peer_close(&test->peer);
    if (test->stream) {
        hf_h2_stream_release(test->stream);
    }
    hf_h2_service_close(test->service);
    wire_clear(&test->wire);
    return 0;
}

static void begin_answer(struct test *test)
{
    assert_ok(hf_h2_respond(test->stream, 200, NULL, 0, true));
}

static void add_trailer(struct test *test)
{
    const struct hf_h2_field trailer = {.name = HF_LITERAL("check"), .value = HF_LITERAL("1")};
    assert_ok(hf_h2_stream_end(test->stream, &trailer, 1));
}

static void an_answer_without_body_is_one_frame(void **state)
{
    struct test *test = *state;
    struct frame head;
    assert_ok(hf_h2_respond(test->stream, 403, NULL, 0, false));
    peer_wait(&test->peer, FRAME_HEADERS, 1);
    assert_true(peer_find(&test->peer, FRAME_HEADERS, 0, &head));
    assert_true(head.flags & FLAG_END_STREAM);
    assert_true(peer_has_field(&test->peer, "1 :status: 403\n"));
    assert_int_equal(test->end, HF_H2_END_COMPLETE);
}

static void the_last_data_ends_the_stream_when_nothing_trails(void **state)
{
    struct test *test = *state;
    struct frame data;
    begin_answer(test);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("abc")));
    assert_ok(hf_h2_stream_end(test->stream, NULL, 0));
    peer_wait(&test->peer, FRAME_DATA, 1);
    assert_true(peer_find(&test->peer, FRAME_DATA, 0, &data));
    assert_true(data.flags & FLAG_END_STREAM);
    assert_true(hf_bytes_equal_string(data.payload, "abc"));
}

static void given_memory_moves_and_its_bytes_are_sent(void **state)
{
    struct test *test = *state;
    struct frame data;
    hf_buf bytes = hf_buf_init(1000);
    begin_answer(test);
    assert_ok(hf_buf_append_string(&bytes, "abc"));
    assert_ok(hf_h2_stream_give(test->stream, &bytes));
    assert_null(bytes.data);
    assert_int_equal(hf_h2_stream_unframed(test->stream), 3);
    assert_ok(hf_buf_append_string(&bytes, "def")); /* behind what waits: copied */
    assert_ok(hf_h2_stream_give(test->stream, &bytes));
    assert_int_equal(bytes.size, 0);
    assert_ok(hf_h2_stream_end(test->stream, NULL, 0));
    peer_wait(&test->peer, FRAME_DATA, 1);
    assert_true(peer_find(&test->peer, FRAME_DATA, 0, &data));
    assert_true(hf_bytes_equal_string(data.payload, "abcdef"));
    hf_buf_clear(&bytes);
}

static void what_cannot_be_given_stays_the_givers(void **state)
{
    struct test *test = *state;
    hf_buf bytes = hf_buf_init(1000);
    assert_ok(hf_buf_append_string(&bytes, "abc"));
    assert_code(hf_h2_stream_give(test->stream, &bytes), BUG); /* there is no response yet */
    assert_true(hf_bytes_equal_string(hf_buf_view(&bytes), "abc"));
    begin_answer(test);
    assert_ok(hf_h2_stream_end(test->stream, NULL, 0));
    assert_code(hf_h2_stream_give(test->stream, &bytes), BUG);
    assert_int_equal(bytes.size, 3);
    hf_buf_clear(&bytes);
}

static void trailers_end_the_stream_behind_the_data(void **state)
{
    struct test *test = *state;
    struct frame data;
    struct frame tail;
    begin_answer(test);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("abc")));
    add_trailer(test);
    peer_wait(&test->peer, FRAME_HEADERS, 2);
    assert_true(peer_find(&test->peer, FRAME_DATA, 0, &data));
    assert_false(data.flags & FLAG_END_STREAM);
    assert_true(peer_find(&test->peer, FRAME_HEADERS, 1, &tail));
    assert_true(tail.flags & FLAG_END_STREAM);
    assert_true(tail.payload.data > data.payload.data);
    assert_true(peer_has_field(&test->peer, "1 check: 1\n"));
    assert_int_equal(test->end, HF_H2_END_COMPLETE);
}

/* The gateway's own way: data first, trailers once the outcome is durable; no empty DATA between.
 */
static void late_trailers_follow_without_an_empty_frame(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("abc")));
    peer_wait(&test->peer, FRAME_DATA, 1);
    wire_run_ms(&test->wire, 20);
    assert_int_equal(test->n_writable, 1);
    assert_int_equal(test->n_ended, 0);
    add_trailer(test);
    peer_wait(&test->peer, FRAME_HEADERS, 2);
    assert_int_equal(peer_count(&test->peer, FRAME_DATA), 1);
    assert_true(peer_has_field(&test->peer, "1 check: 1\n"));
    assert_int_equal(test->end, HF_H2_END_COMPLETE);
}

static void an_empty_body_may_have_trailers(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    peer_wait(&test->peer, FRAME_HEADERS, 1);
    add_trailer(test);
    peer_wait(&test->peer, FRAME_HEADERS, 2);
    assert_int_equal(peer_count(&test->peer, FRAME_DATA), 0);
}

static void trailers_wait_for_the_peers_window(void **state)
{
    struct test *test = *state;
    static const uint8_t block[60000];
    begin_answer(test);
    assert_ok(hf_h2_stream_write(test->stream, hf_bytes_of(block, sizeof block)));
    assert_ok(hf_h2_stream_write(test->stream, hf_bytes_of(block, sizeof block)));
    add_trailer(test);
    wire_run_ms(&test->wire, 30);
    assert_int_equal(peer_count(&test->peer, FRAME_HEADERS), 1);
    assert_int_equal(hf_h2_stream_unframed(test->stream), 2 * sizeof block - 65535);
    peer_send_frame(&test->peer, FRAME_WINDOW_UPDATE, 0, 0, hf_bytes_of("\0\1\0\0", 4));
    peer_send_frame(&test->peer, FRAME_WINDOW_UPDATE, 0, 1, hf_bytes_of("\0\1\0\0", 4));
    peer_wait(&test->peer, FRAME_HEADERS, 2);
    assert_true(peer_has_field(&test->peer, "1 check: 1\n"));
}

static void room_counts_down_and_comes_back(void **state)
{
    struct test *test = *state;
    static const uint8_t block[65536];
    begin_answer(test);
    assert_int_equal(hf_h2_stream_room(test->stream), 65536);
    assert_ok(hf_h2_stream_write(test->stream, hf_bytes_of(block, 1000)));
    assert_int_equal(hf_h2_stream_room(test->stream), 64536);
    assert_int_equal(hf_h2_stream_unframed(test->stream), 1000);
    assert_ok(hf_h2_stream_write(test->stream, hf_bytes_of(block, sizeof block)));
    assert_int_equal(hf_h2_stream_room(test->stream), 0);
    peer_wait(&test->peer, FRAME_DATA, 4);
    assert_true(test->n_writable >= 1);
    assert_true(hf_h2_stream_room(test->stream) > 60000);
}

static void an_overshoot_has_a_bound(void **state)
{
    struct test *test = *state;
    static const uint8_t block[65536];
    begin_answer(test);
    for (int i = 0; i < 4; i++) {
        assert_ok(hf_h2_stream_write(test->stream, hf_bytes_of(block, sizeof block)));
    }
    assert_code(hf_h2_stream_write(test->stream, hf_bytes_of(block, 1)), LIMIT);
}

static void what_makes_no_answer_is_a_bug(void **state)
{
    struct test *test = *state;
    const struct hf_h2_field field = {.name = HF_LITERAL("a"), .value = HF_LITERAL("b")};
    assert_code(hf_h2_stream_write(test->stream, HF_LITERAL("x")), BUG);
    assert_code(hf_h2_stream_end(test->stream, NULL, 0), BUG);
    assert_code(hf_h2_respond(test->stream, 100, NULL, 0, false), BUG);
    assert_code(hf_h2_respond(test->stream, 600, NULL, 0, false), BUG);
    assert_code(hf_h2_respond(test->stream, 200, &field, HF_H2_MAX_RESPONSE_FIELDS + 1, false),
                BUG);
    begin_answer(test);
    assert_code(hf_h2_respond(test->stream, 200, NULL, 0, true), BUG);
    assert_ok(hf_h2_stream_end(test->stream, NULL, 0));
    assert_code(hf_h2_stream_write(test->stream, HF_LITERAL("x")), BUG);
    assert_code(hf_h2_stream_end(test->stream, NULL, 0), BUG);
}

static void a_reset_drops_what_has_not_been_framed(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("secret")));
    hf_h2_stream_reset(test->stream, HF_H2_INTERNAL_ERROR);
    hf_h2_stream_reset(test->stream, HF_H2_CANCEL);
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    wire_run_ms(&test->wire, 10);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_INTERNAL_ERROR);
    assert_int_equal(peer_count(&test->peer, FRAME_RST_STREAM), 1);
    assert_int_equal(peer_count(&test->peer, FRAME_DATA), 0);
    assert_int_equal(test->end, HF_H2_END_RESET);
    assert_int_equal(test->unframed_at_end, 6);
}

/* Whoever held the stream may not have heard yet: every call is allowed and does nothing. */
static void an_ended_stream_takes_every_call(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    peer_send_frame(&test->peer, FRAME_RST_STREAM, 0, 1, hf_bytes_of("\0\0\0\x08", 4));
    wire_run_ms(&test->wire, 20);
    assert_int_equal(test->n_ended, 1);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("x")));
    assert_ok(hf_h2_stream_end(test->stream, NULL, 0));
    hf_h2_stream_consume(test->stream, 10);
    hf_h2_stream_reset(test->stream, HF_H2_CANCEL);
    hf_h2_stream_goaway(test->stream);
    wire_run_ms(&test->wire, 20);
    assert_int_equal(test->n_ended, 1);
    assert_int_equal(peer_count(&test->peer, FRAME_RST_STREAM), 0);
}

static void releasing_a_live_stream_resets_it_without_a_word(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    hf_h2_stream_release(test->stream);
    test->stream = NULL;
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_CANCEL);
    wire_run_ms(&test->wire, 10);
    assert_int_equal(test->n_ended, 0);
}

static void a_stream_outlives_its_connection_and_its_service(void **state)
{
    struct test *test = *state;
    begin_answer(test);
    hf_h2_service_close(test->service);
    assert_int_equal(test->end, HF_H2_END_CONNECTION);
    assert_ok(hf_h2_stream_write(test->stream, HF_LITERAL("x")));
    assert_true(hf_h2_stream_peer(test->stream)->has_cert);
    hf_h2_stream_release(test->stream);
    test->stream = NULL;
    test->service = NULL;
}

#define over_the_wire(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_wire(an_answer_without_body_is_one_frame),
        over_the_wire(the_last_data_ends_the_stream_when_nothing_trails),
        over_the_wire(given_memory_moves_and_its_bytes_are_sent),
        over_the_wire(what_cannot_be_given_stays_the_givers),
        over_the_wire(trailers_end_the_stream_behind_the_data),
        over_the_wire(late_trailers_follow_without_an_empty_frame),
        over_the_wire(an_empty_body_may_have_trailers),
        over_the_wire(trailers_wait_for_the_peers_window),
        over_the_wire(room_counts_down_and_comes_back),
        over_the_wire(an_overshoot_has_a_bound),
        over_the_wire(what_makes_no_answer_is_a_bug),
        over_the_wire(a_reset_drops_what_has_not_been_framed),
        over_the_wire(an_ended_stream_takes_every_call),
        over_the_wire(releasing_a_live_stream_resets_it_without_a_word),
        over_the_wire(a_stream_outlives_its_connection_and_its_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

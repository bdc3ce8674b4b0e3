/*
 * What a client may do to a connection: resets, floods, stalls, GOAWAY. The origin of
 * tests/support/wire.h answers; the peer sends raw frames.
 */
#include "gateway/h2_server.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

struct test {
    struct wire wire;
    struct origin origin;
    struct peer peer;
};

static void open_with(struct test *test, const struct hf_h2_server_limits *limits)
{
    wire_init(&test->wire);
    origin_open(&test->origin, &test->wire, limits, test->wire.bank_server);
    peer_open(&test->peer, &test->wire, origin_port(&test->origin), true);
}

static int setup(void **state)
{
    static struct test test;
    open_with(&test, NULL);
    *state = &test;
    return 0;
}

/* Timers a thousand times shorter than a deployment's. */
static int setup_hasty(void **state)
{
    static struct test test;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    limits.header_block_ms = 500;
    limits.body_idle_ms = 500;
    limits.write_stall_ms = 500;
    limits.connection_idle_ms = 1500;
    limits.request_ms = 800;
    open_with(&test, &limits);
    *state = &test;
    return 0;
}

static int setup_small(void **state)
{
    static struct test test;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    limits.max_work = 2;
    limits.max_requests = 5;
    open_with(&test, &limits);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    peer_close(&test->peer);
    origin_close(&test->origin);
    assert_int_equal(test->origin.n_live, 0);
    wire_clear(&test->wire);
    return 0;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static void send_u32(struct test *test, uint8_t type, uint32_t stream_id, uint32_t value)
{
    uint8_t payload[4];
    put_u32(payload, value);
    peer_send_frame(&test->peer, type, 0, stream_id, hf_bytes_of(payload, sizeof payload));
}

/* --- ordinary life ------------------------------------------------------------------------- */

static void a_request_is_answered(void **state)
{
    struct test *test = *state;
    struct frame data;
    peer_get(&test->peer, 1, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    assert_true(peer_has_field(&test->peer, "1 :status: 200\n"));
    assert_true(peer_has_field(&test->peer, "1 content-type: text/plain\n"));
    assert_true(peer_find(&test->peer, FRAME_DATA, 0, &data));
    assert_true(hf_bytes_equal_string(data.payload, "hello"));
    assert_true(data.flags & FLAG_END_STREAM);
    assert_int_equal(test->origin.n_ended[HF_H2_END_COMPLETE], 1);
}

static void settings_say_what_is_allowed(void **state)
{
    struct test *test = *state;
    struct frame settings;
    static const uint8_t streams[] = {0, 3, 0, 0, 0, 100};
    static const uint8_t list[] = {0, 6, 0, 1, 0, 0};
    peer_wait(&test->peer, FRAME_SETTINGS, 1);
    assert_true(peer_find(&test->peer, FRAME_SETTINGS, 0, &settings));
    assert_non_null(memmem(settings.payload.data, settings.payload.size, streams, sizeof streams));
    assert_non_null(memmem(settings.payload.data, settings.payload.size, list, sizeof list));
}

static void a_reset_ends_the_work(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/never");
    send_u32(test, FRAME_RST_STREAM, 1, HF_H2_CANCEL);
    peer_get(&test->peer, 3, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 1);
    assert_int_equal(test->origin.n_live, 0);
}

static void a_lost_connection_ends_the_work(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/never");
    peer_get(&test->peer, 3, "/headers-only");
    peer_wait(&test->peer, FRAME_HEADERS, 1);
    hf_conn_abort(test->peer.conn);
    test->peer.conn = NULL;
    wire_run_ms(&test->wire, 50);
    assert_int_equal(test->origin.n_ended[HF_H2_END_CONNECTION], 2);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 0);
}

static void a_goaway_lets_the_open_stream_end(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/late-trailers");
    peer_get(&test->peer, 3, "/goaway");
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_NO_ERROR);
    assert_true(peer_has_field(&test->peer, "1 check: 1\n"));
    assert_int_equal(test->origin.n_ended[HF_H2_END_COMPLETE], 2);
}

static void after_so_many_requests_the_connection_is_renewed(void **state)
{
    struct test *test = *state;
    for (uint32_t id = 1; id < 10; id += 2) {
        peer_get(&test->peer, id, "/hello");
        peer_wait(&test->peer, FRAME_DATA, id / 2 + 1);
    }
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_NO_ERROR);
    assert_int_equal(test->origin.n_ended[HF_H2_END_COMPLETE], 5);
}

/* --- attacks ------------------------------------------------------------------------------- */

/* CVE-2023-44487 */
static void rapid_resets_are_cut_off(void **state)
{
    struct test *test = *state;
    for (uint32_t id = 1; id < 4000; id += 2) {
        peer_get(&test->peer, id, "/never");
        send_u32(test, FRAME_RST_STREAM, id, HF_H2_CANCEL);
    }
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
    assert_true(test->origin.n_requests <= 220);
}

/* CVE-2025-8671: the peer makes us reset its streams */
static void window_overflows_are_cut_off(void **state)
{
    struct test *test = *state;
    for (uint32_t id = 1; id < 4000; id += 2) {
        peer_get(&test->peer, id, "/never");
        send_u32(test, FRAME_WINDOW_UPDATE, id, 0x7fffffff);
        if (id % 10 == 9) {
            wire_run_ms(&test->wire, 0); /* fewer than the stream limit at once */
        }
    }
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
    assert_true(test->origin.n_requests <= 120);
}

static void streams_beyond_the_limit_end_the_connection(void **state)
{
    struct test *test = *state;
    for (uint32_t id = 1; id < 1000; id += 2) {
        peer_get(&test->peer, id, "/never");
    }
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_PROTOCOL_ERROR);
    assert_int_equal(test->origin.n_requests, 100);
}

/* One that has not acknowledged the limit may not know it: it is refused, up to a point. */
static void streams_beyond_a_limit_not_yet_known_are_refused(void **state)
{
    struct test *test = *state;
    struct peer hasty;
    peer_open(&hasty, &test->wire, origin_port(&test->origin), false);
    peer_send(&hasty, HF_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    peer_send_frame(&hasty, FRAME_SETTINGS, 0, 0, hf_bytes_of(NULL, 0));
    for (uint32_t id = 1; id < 1000; id += 2) {
        peer_get(&hasty, id, "/never");
    }
    peer_wait_end(&hasty);
    assert_int_equal(peer_error(&hasty, FRAME_RST_STREAM), HF_H2_REFUSED_STREAM);
    assert_int_equal(peer_error(&hasty, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
    assert_int_equal(test->origin.n_requests, 100);
    peer_close(&hasty);
}

static void work_counts_until_it_is_released(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/hold");
    peer_get(&test->peer, 3, "/hold");
    peer_wait(&test->peer, FRAME_DATA, 2);
    assert_int_equal(test->origin.n_live, 2); /* both streams have ended, the work has not */
    peer_get(&test->peer, 5, "/hello");
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_REFUSED_STREAM);
    wire_run_ms(&test->wire, 80);
    peer_get(&test->peer, 7, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 3);
    assert_int_equal(test->origin.n_requests, 3);
}

static void expect_calm(struct test *test)
{
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
}

static void a_flood_of_pings_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_PING, 0, 0, HF_LITERAL("12345678"));
    }
    expect_calm(test);
    assert_true(peer_count(&test->peer, FRAME_PING) <= 100);
}

static void a_flood_of_settings_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_SETTINGS, 0, 0, hf_bytes_of(NULL, 0));
    }
    expect_calm(test);
}

static void a_flood_of_priorities_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_PRIORITY, 0, 1, hf_bytes_of("\0\0\0\0\x10", 5));
    }
    expect_calm(test);
}

/* = RFC 9218 2.1: such a client sends none, and of those of one that does nghttp2 tells nobody */
static void a_flood_of_renounced_priorities_is_cut_off(void **state)
{
    struct test *test = *state;
    peer_close(&test->peer);
    peer_open(&test->peer, &test->wire, origin_port(&test->origin), false);
    peer_send(&test->peer, HF_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    peer_send_frame(&test->peer, FRAME_SETTINGS, 0, 0, hf_bytes_of("\0\x09\0\0\0\1", 6));
    a_flood_of_priorities_is_cut_off(state);
}

static void a_flood_of_answers_to_no_ping_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_PING, FLAG_ACK, 0, HF_LITERAL("12345678"));
    }
    expect_calm(test);
}

static void a_flood_of_window_updates_behind_an_answer_is_cut_off(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    for (int i = 0; i < 1000; i++) {
        send_u32(test, FRAME_WINDOW_UPDATE, 1, 1);
    }
    expect_calm(test);
}

static void a_flood_of_window_updates_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        send_u32(test, FRAME_WINDOW_UPDATE, 0, 1);
    }
    expect_calm(test);
}

static void a_flood_of_unknown_frames_is_cut_off(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, 0xbe, 0, 0, HF_LITERAL("x"));
    }
    expect_calm(test);
}

static void post_head(struct test *test, uint32_t stream_id, const char *path)
{
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, ":method", "POST");
    hpack_literal(&block, ":scheme", "https");
    hpack_literal(&block, ":authority", "localhost");
    hpack_literal(&block, ":path", path);
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_HEADERS, stream_id, hf_buf_view(&block));
}

static void a_flood_of_empty_data_is_cut_off(void **state)
{
    struct test *test = *state;
    post_head(test, 1, "/echo");
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_DATA, 0, 1, hf_bytes_of(NULL, 0));
    }
    expect_calm(test);
}

/* CVE-2024-28182: libnghttp2 ends the session after eight */
static void a_flood_of_continuations_is_cut_off(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_get(&block, "/hello");
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_STREAM, 1, hf_buf_view(&block));
    hf_buf_reset(&block);
    hpack_literal(&block, "x", "1");
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_CONTINUATION, 0, 1, hf_buf_view(&block));
    }
    peer_wait_end(&test->peer);
    assert_int_equal(test->origin.n_requests, 0);
}

/* = RFC 9113 5.1.1 */
static void a_lower_identifier_that_was_never_used_is_an_error(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 5, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    peer_get(&test->peer, 3, "/hello");
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_PROTOCOL_ERROR);
    assert_int_equal(test->origin.n_requests, 1);
}

/* = RFC 9113 5.1: a stream that both sides have closed takes nothing more. */
static void data_on_a_closed_stream_is_an_error(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    peer_send_frame(&test->peer, FRAME_DATA, FLAG_END_STREAM, 1, HF_LITERAL("late"));
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_STREAM_CLOSED);
}

static void a_head_on_a_closed_stream_is_an_error(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
    peer_get(&test->peer, 1, "/hello");
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_STREAM_CLOSED);
    assert_int_equal(test->origin.n_requests, 1);
}

/* A request is answered, and its stream ended, before its body is there. */
static void end_early(struct test *test)
{
    post_head(test, 1, "/hello");
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
}

static void send_fields(struct test *test, uint32_t stream_id, uint8_t flags)
{
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, "check", "1");
    peer_send_frame(&test->peer, FRAME_HEADERS, flags | FLAG_END_HEADERS, stream_id,
                    hf_buf_view(&block));
}

static void send_trailers(struct test *test, uint32_t stream_id)
{
    send_fields(test, stream_id, FLAG_END_STREAM);
}

/* A request is answered, all but the end, before its body is there. */
static void answer_early(struct test *test)
{
    post_head(test, 1, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 1);
}

static bool is_ended(const struct test *test, uint32_t stream_id)
{
    struct frame frame;
    bool ended = false;
    for (unsigned n = 0; peer_find(&test->peer, FRAME_DATA, n, &frame); n++) {
        ended |= frame.stream_id == stream_id && (frame.flags & FLAG_END_STREAM);
    }
    return ended;
}

static void an_early_answer_ends_with_its_request(void **state)
{
    struct test *test = *state;
    answer_early(test);
    assert_false(is_ended(test, 1));
    peer_send_frame(&test->peer, FRAME_DATA, FLAG_END_STREAM, 1, HF_LITERAL("body"));
    peer_wait(&test->peer, FRAME_DATA, 2);
    assert_true(is_ended(test, 1));
    assert_int_equal(peer_count(&test->peer, FRAME_RST_STREAM), 0);
}

/* = RFC 9113 8.1: whether the answer is under way or not */
static void a_second_head_behind_an_early_answer_is_malformed(void **state)
{
    struct test *test = *state;
    answer_early(test);
    send_fields(test, 1, 0);
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_PROTOCOL_ERROR);
    assert_int_equal(test->origin.n_live, 0);
}

static void who_never_ends_a_request_has_its_answer_ended(void **state)
{
    struct test *test = *state;
    answer_early(test);
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_true(is_ended(test, 1));
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), 0);
}

static void what_was_under_way_to_a_stream_that_we_ended_is_dropped(void **state)
{
    struct test *test = *state;
    end_early(test);
    peer_send_frame(&test->peer, FRAME_DATA, 0, 1, HF_LITERAL("late"));
    send_trailers(test, 1);
    peer_get(&test->peer, 3, "/hello");
    peer_wait(&test->peer, FRAME_DATA, 2);
    assert_int_equal(test->origin.n_body_bytes, 0);
    assert_int_equal(test->origin.n_requests, 2);
    assert_int_equal(peer_count(&test->peer, FRAME_GOAWAY), 0);
}

static void trailers_come_once(void **state)
{
    struct test *test = *state;
    end_early(test);
    send_trailers(test, 1);
    send_trailers(test, 1);
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_STREAM_CLOSED);
}

/* = RFC 9113 5.1: whoever has reset a stream has nothing more to say on it. */
static void expect_nothing_after_a_reset(struct test *test, void (*say)(struct test *))
{
    post_head(test, 1, "/never");
    send_u32(test, FRAME_RST_STREAM, 1, HF_H2_CANCEL);
    say(test);
    peer_get(&test->peer, 3, "/hello");
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_STREAM_CLOSED);
}

static void say_data(struct test *test)
{
    peer_send_frame(&test->peer, FRAME_DATA, FLAG_END_STREAM, 1, HF_LITERAL("late"));
}

static void say_trailers(struct test *test)
{
    send_trailers(test, 1);
}

static void data_on_a_stream_that_the_client_reset_is_an_error(void **state)
{
    expect_nothing_after_a_reset(*state, say_data);
}

static void a_head_on_a_stream_that_the_client_reset_is_an_error(void **state)
{
    expect_nothing_after_a_reset(*state, say_trailers);
}

static void a_flood_of_empty_data_behind_an_answer_is_cut_off(void **state)
{
    struct test *test = *state;
    end_early(test);
    for (int i = 0; i < 1000; i++) {
        peer_send_frame(&test->peer, FRAME_DATA, 0, 1, hf_bytes_of(NULL, 0));
    }
    expect_calm(test);
}

static void what_is_no_http2_is_sent_away(void **state)
{
    struct test *test = *state;
    struct peer stranger;
    peer_open(&stranger, &test->wire, origin_port(&test->origin), false);
    peer_send(&stranger, HF_LITERAL("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    peer_wait_end(&stranger);
    peer_close(&stranger);
    assert_int_equal(test->origin.n_requests, 0);
}

/* --- flow control -------------------------------------------------------------------------- */

/* A peer that gives no window costs one buffer and its stream's time, not the answer's size. */
static void a_slow_reader_holds_back_the_writer(void **state)
{
    struct test *test = *state;
    static uint8_t none[6] = {0, 4, 0, 0, 0, 0}; /* INITIAL_WINDOW_SIZE 0 */
    peer_send_frame(&test->peer, FRAME_SETTINGS, 0, 0, hf_bytes_of(none, sizeof none));
    peer_get(&test->peer, 1, "/bytes/10000000");
    peer_wait(&test->peer, FRAME_HEADERS, 1);
    wire_run_ms(&test->wire, 20);
    assert_true(test->origin.n_written_bytes <= 65536 + 4096);
    assert_int_equal(peer_count(&test->peer, FRAME_DATA), 0);
    send_u32(test, FRAME_WINDOW_UPDATE, 1, 20000);
    peer_wait(&test->peer, FRAME_DATA, 2);
    wire_run_ms(&test->wire, 20);
    assert_true(test->origin.n_written_bytes > 65536);
    assert_true(test->origin.n_written_bytes <= 65536 + 20000 + 4096);
}

static void a_request_body_is_taken_only_as_far_as_it_is_consumed(void **state)
{
    struct test *test = *state;
    static uint8_t block[16384];
    post_head(test, 1, "/never"); /* consumes nothing */
    for (int i = 0; i < 3; i++) {
        peer_send_frame(&test->peer, FRAME_DATA, 0, 1, hf_bytes_of(block, sizeof block));
    }
    wire_run_ms(&test->wire, 20);
    assert_int_equal(test->origin.n_body_bytes, 3 * sizeof block);
    assert_int_equal(peer_count(&test->peer, FRAME_WINDOW_UPDATE), 1); /* the session's first */
    peer_send_frame(&test->peer, FRAME_DATA, 0, 1, hf_bytes_of(block, sizeof block));
    peer_send_frame(&test->peer, FRAME_DATA, 0, 1, hf_bytes_of(block, sizeof block));
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_FLOW_CONTROL_ERROR);
    assert_true(test->origin.n_body_bytes <= 65535);
}

static void an_answer_before_the_end_of_the_request_stops_the_request(void **state)
{
    struct test *test = *state;
    post_head(test, 1, "/hello");
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_NO_ERROR);
    assert_int_equal(test->origin.n_ended[HF_H2_END_COMPLETE], 1);
}

/* --- time ---------------------------------------------------------------------------------- */

static void a_connection_without_use_is_closed(void **state)
{
    struct test *test = *state;
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_NO_ERROR);
}

static void pings_do_not_keep_a_connection(void **state)
{
    struct test *test = *state;
    for (int i = 0; i < 40 && !test->peer.ended; i++) {
        peer_send_frame(&test->peer, FRAME_PING, 0, 0, HF_LITERAL("12345678"));
        wire_run_ms(&test->wire, 100);
    }
    assert_true(test->peer.ended);
}

static void a_head_that_does_not_come_to_its_end_is_not_waited_for(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_get(&block, "/hello");
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_STREAM, 1, hf_buf_view(&block));
    peer_wait_end(&test->peer);
    assert_int_equal(test->origin.n_requests, 0);
}

static void a_body_that_does_not_come_is_not_waited_for(void **state)
{
    struct test *test = *state;
    post_head(test, 1, "/echo");
    peer_send_frame(&test->peer, FRAME_DATA, 0, 1, HF_LITERAL("some"));
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_CANCEL);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 1);
}

static void a_window_that_stays_shut_is_not_waited_for(void **state)
{
    struct test *test = *state;
    static uint8_t none[6] = {0, 4, 0, 0, 0, 0};
    peer_send_frame(&test->peer, FRAME_SETTINGS, 0, 0, hf_bytes_of(none, sizeof none));
    peer_get(&test->peer, 1, "/bytes/100");
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->peer, FRAME_RST_STREAM), HF_H2_CANCEL);
    assert_int_equal(test->origin.n_live, 0);
}

static void busyness_elsewhere_does_not_hide_a_stalled_stream(void **state)
{
    struct test *test = *state;
    static uint8_t none[6] = {0, 4, 0, 0, 0, 0};
    peer_send_frame(&test->peer, FRAME_SETTINGS, 0, 0, hf_bytes_of(none, sizeof none));
    peer_get(&test->peer, 1, "/bytes/100");
    for (uint32_t id = 3; id < 60 && peer_count(&test->peer, FRAME_RST_STREAM) == 0; id += 2) {
        peer_get(&test->peer, id, "/empty");
        wire_run_ms(&test->wire, 100);
    }
    assert_int_equal(peer_count(&test->peer, FRAME_RST_STREAM), 1);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 1);
}

static void a_request_has_an_end_whatever_happens(void **state)
{
    struct test *test = *state;
    peer_get(&test->peer, 1, "/never");
    peer_wait(&test->peer, FRAME_RST_STREAM, 1);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 1);
}

static void silence_after_the_handshake_is_not_waited_for(void **state)
{
    struct test *test = *state;
    struct peer silent;
    peer_open(&silent, &test->wire, origin_port(&test->origin), false);
    peer_wait_end(&silent);
    peer_close(&silent);
}

#define usual(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define hasty(test) cmocka_unit_test_setup_teardown(test, setup_hasty, teardown)
#define small(test) cmocka_unit_test_setup_teardown(test, setup_small, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        usual(a_request_is_answered),
        usual(settings_say_what_is_allowed),
        usual(a_reset_ends_the_work),
        usual(a_lost_connection_ends_the_work),
        usual(a_goaway_lets_the_open_stream_end),
        small(after_so_many_requests_the_connection_is_renewed),
        usual(rapid_resets_are_cut_off),
        usual(window_overflows_are_cut_off),
        usual(streams_beyond_the_limit_end_the_connection),
        usual(streams_beyond_a_limit_not_yet_known_are_refused),
        small(work_counts_until_it_is_released),
        usual(a_flood_of_pings_is_cut_off),
        usual(a_flood_of_settings_is_cut_off),
        usual(a_flood_of_priorities_is_cut_off),
        usual(a_flood_of_renounced_priorities_is_cut_off),
        usual(a_flood_of_answers_to_no_ping_is_cut_off),
        usual(a_flood_of_window_updates_is_cut_off),
        usual(a_flood_of_window_updates_behind_an_answer_is_cut_off),
        usual(a_flood_of_unknown_frames_is_cut_off),
        usual(a_flood_of_empty_data_is_cut_off),
        usual(a_flood_of_continuations_is_cut_off),
        usual(a_lower_identifier_that_was_never_used_is_an_error),
        usual(data_on_a_closed_stream_is_an_error),
        usual(a_head_on_a_closed_stream_is_an_error),
        usual(data_on_a_stream_that_the_client_reset_is_an_error),
        usual(a_head_on_a_stream_that_the_client_reset_is_an_error),
        usual(what_was_under_way_to_a_stream_that_we_ended_is_dropped),
        usual(trailers_come_once),
        usual(an_early_answer_ends_with_its_request),
        usual(a_second_head_behind_an_early_answer_is_malformed),
        usual(who_never_ends_a_request_has_its_answer_ended),
        usual(a_flood_of_empty_data_behind_an_answer_is_cut_off),
        usual(what_is_no_http2_is_sent_away),
        usual(a_slow_reader_holds_back_the_writer),
        usual(a_request_body_is_taken_only_as_far_as_it_is_consumed),
        usual(an_answer_before_the_end_of_the_request_stops_the_request),
        hasty(a_connection_without_use_is_closed),
        hasty(pings_do_not_keep_a_connection),
        hasty(a_head_that_does_not_come_to_its_end_is_not_waited_for),
        hasty(a_body_that_does_not_come_is_not_waited_for),
        hasty(a_window_that_stays_shut_is_not_waited_for),
        hasty(busyness_elsewhere_does_not_hide_a_stalled_stream),
        hasty(a_request_has_an_end_whatever_happens),
        hasty(silence_after_the_handshake_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

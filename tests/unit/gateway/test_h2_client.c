/*
 * A source that breaks the rules: raw frames against our side as client. Half of them must end as
 * `source_malformed`, none may pass as an answer.
 */
#include "gateway/h2_client.h"

#include "gateway/upstream.h"
#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <string.h>

struct test {
    struct wire wire;
    struct peer source;
    struct hf_upstream *upstream;
    struct hf_call *call;
    int status;
    unsigned n_heads;
    size_t n_body_bytes;
    bool ended;
    bool failed;
    struct hf_call_fault fault;
};

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct test *test = context;
    (void)fields;
    (void)n_fields;
    test->status = status;
    test->n_heads++;
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct test *test = context;
    test->n_body_bytes += bytes.size;
    return bytes.size;
}

static void on_end(void *context)
{
    struct test *test = context;
    test->ended = true;
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct test *test = context;
    test->failed = true;
    test->fault = *fault;
}

static const struct hf_call_events events = {
    .on_headers = on_headers, .on_data = on_data, .on_end = on_end, .on_fault = on_fault};

static bool is_over(void *context)
{
    const struct test *test = context;
    return test->ended || test->failed;
}

static void call(struct test *test)
{
    const struct hf_call_request request = {
        .method = HF_LITERAL("GET"), .authority = HF_LITERAL("localhost"), .path = HF_LITERAL("/")};
    test->ended = test->failed = false;
    assert_ok(hf_upstream_call(test->upstream, &request, &events, test, &test->call));
}

static void greet(struct test *test)
{
    peer_send_frame(&test->source, FRAME_SETTINGS, 0, 0, hf_bytes_of(NULL, 0));
}

/* A connection with one request under way, as stream 1. */
static int setup(void **state)
{
    static struct test test;
    test = (struct test){0};
    wire_init(&test.wire);
    const struct hf_upstream_config config = {.loop = test.wire.loop,
                                              .host = "127.0.0.1",
                                              .port = peer_listen(&test.source, &test.wire),
                                              .tls = test.wire.plain_client,
                                              .first_byte_ms = 3000};
    assert_ok(hf_upstream_new(&config, &test.upstream));
    call(&test);
    peer_wait(&test.source, FRAME_HEADERS, 1);
    greet(&test);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    if (!is_over(test)) {
        hf_call_cancel(test->call);
    }
    hf_upstream_free(test->upstream);
    peer_close(&test->source);
    wire_clear(&test->wire);
    return 0;
}

static void send_head(struct test *test, uint8_t flags, const char *status, const char *name,
                      const char *value)
{
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, ":status", status);
    if (name) {
        hpack_literal(&block, name, value);
    }
    peer_send_frame(&test->source, FRAME_HEADERS, flags | FLAG_END_HEADERS, 1, hf_buf_view(&block));
}

static void finish(struct test *test)
{
    wire_run_until(&test->wire, is_over, test, 5000);
}

static void expect_malformed(struct test *test)
{
    finish(test);
    assert_true(test->failed);
    assert_code(hf_status_of(test->fault.code), SOURCE_MALFORMED);
}

static void our_settings_ask_for_nothing_to_be_pushed(void **state)
{
    struct test *test = *state;
    struct frame settings;
    static const uint8_t no_push[] = {0, 2, 0, 0, 0, 0};
    assert_true(peer_find(&test->source, FRAME_SETTINGS, 0, &settings));
    assert_non_null(memmem(settings.payload.data, settings.payload.size, no_push, sizeof no_push));
    assert_true(peer_has_field(&test->source, "1 :path: /\n"));
    assert_true(peer_has_field(&test->source, "1 :scheme: https\n"));
}

/* 64 KiB for each of 256 streams: what one slow bank leaves unread is nobody else's credit. */
static void the_connections_window_covers_all_streams(void **state)
{
    struct test *test = *state;
    struct frame update;
    assert_true(peer_find(&test->source, FRAME_WINDOW_UPDATE, 0, &update));
    assert_int_equal(update.stream_id, 0);
    const uint8_t *p = update.payload.data;
    uint32_t n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    assert_int_equal(n + 65535, 256 * 65536);
}

static void interim_answers_are_passed_over(void **state)
{
    struct test *test = *state;
    send_head(test, 0, "103", "link", "x");
    send_head(test, 0, "100", NULL, NULL);
    send_head(test, FLAG_END_STREAM, "200", NULL, NULL);
    finish(test);
    assert_true(test->ended);
    assert_int_equal(test->n_heads, 1);
    assert_int_equal(test->status, 200);
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
    struct test *test = *state;
    send_head(test, FLAG_END_STREAM, "302", "location", "https://elsewhere/");
    finish(test);
    assert_true(test->ended);
    assert_int_equal(test->status, 302);
    assert_int_equal(peer_count(&test->source, FRAME_HEADERS), 1);
}

static void a_shorter_body_than_promised_is_malformed(void **state)
{
    struct test *test = *state;
    send_head(test, 0, "200", "content-length", "10");
    peer_send_frame(&test->source, FRAME_DATA, FLAG_END_STREAM, 1, HF_LITERAL("short"));
    expect_malformed(test);
}

static void a_longer_body_than_promised_is_malformed(void **state)
{
    struct test *test = *state;
    send_head(test, 0, "200", "content-length", "2");
    peer_send_frame(&test->source, FRAME_DATA, 0, 1, HF_LITERAL("longer"));
    expect_malformed(test);
}

static void an_answer_without_status_is_malformed(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, "content-type", "text/plain");
    peer_send_frame(&test->source, FRAME_HEADERS, FLAG_END_STREAM | FLAG_END_HEADERS, 1,
                    hf_buf_view(&block));
    expect_malformed(test);
    assert_int_equal(test->n_heads, 0);
}

/* Neither interim nor final: what follows would be taken for trailers, and end a call unheard. */
static void a_status_out_of_range_is_malformed(void **state)
{
    struct test *test = *state;
    send_head(test, 0, "051", NULL, NULL);
    send_head(test, FLAG_END_STREAM, "204", NULL, NULL);
    expect_malformed(test);
    assert_int_equal(test->n_heads, 0);
}

static void data_before_the_head_is_malformed(void **state)
{
    struct test *test = *state;
    peer_send_frame(&test->source, FRAME_DATA, FLAG_END_STREAM, 1, HF_LITERAL("x"));
    expect_malformed(test);
    assert_int_equal(test->n_body_bytes, 0);
}

static void a_head_beyond_the_bounds_is_malformed(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, ":status", "200");
    for (int i = 0; i < 101; i++) {
        hpack_literal(&block, "x", "1");
    }
    peer_send_frame(&test->source, FRAME_HEADERS, FLAG_END_STREAM | FLAG_END_HEADERS, 1,
                    hf_buf_view(&block));
    expect_malformed(test);
    assert_int_equal(test->n_heads, 0);
}

static void a_connection_cut_inside_the_body_is_no_end(void **state)
{
    struct test *test = *state;
    send_head(test, 0, "200", NULL, NULL);
    peer_send_frame(&test->source, FRAME_DATA, 0, 1, HF_LITERAL("begin"));
    wire_run_ms(&test->wire, 20);
    hf_conn_abort(test->source.conn);
    test->source.conn = NULL;
    finish(test);
    assert_true(test->failed);
    assert_code(hf_status_of(test->fault.code), SOURCE_UNAVAILABLE);
    assert_int_equal(test->n_body_bytes, 5);
}

/* --- repeating ----------------------------------------------------------------------------- */

static void refuse(struct test *test, uint32_t stream_id)
{
    peer_send_frame(&test->source, FRAME_RST_STREAM, 0, stream_id, hf_bytes_of("\0\0\0\7", 4));
}

static void a_refused_request_is_sent_once_more(void **state)
{
    struct test *test = *state;
    refuse(test, 1);
    peer_wait(&test->source, FRAME_HEADERS, 2);
    assert_true(peer_has_field(&test->source, "3 :path: /\n"));
    refuse(test, 3);
    finish(test);
    assert_true(test->failed);
    assert_code(hf_status_of(test->fault.code), SOURCE_UNAVAILABLE);
    assert_int_equal(peer_count(&test->source, FRAME_HEADERS), 2);
}

static bool is_connected_again(void *context)
{
    const struct test *test = context;
    return test->source.n_accepted == 2;
}

/* = RFC 9113 6.8: streams above the last identifier were not processed */
static void a_request_above_a_goaway_is_sent_on_a_new_connection(void **state)
{
    struct test *test = *state;
    peer_send_frame(&test->source, FRAME_GOAWAY, 0, 0, hf_bytes_of("\0\0\0\0\0\0\0\0", 8));
    wire_run_until(&test->wire, is_connected_again, test, 5000);
    peer_wait(&test->source, FRAME_HEADERS, 1);
    greet(test);
    send_head(test, FLAG_END_STREAM, "200", NULL, NULL);
    finish(test);
    assert_true(test->ended);
}

static void a_request_that_may_have_been_processed_is_not_repeated(void **state)
{
    struct test *test = *state;
    hf_conn_abort(test->source.conn);
    test->source.conn = NULL;
    finish(test);
    assert_true(test->failed);
    assert_code(hf_status_of(test->fault.code), SOURCE_UNAVAILABLE);
}

static void a_cancelled_request_is_reset(void **state)
{
    struct test *test = *state;
    hf_call_cancel(test->call);
    test->failed = true; /* nothing is left to cancel */
    peer_wait(&test->source, FRAME_RST_STREAM, 1);
    assert_int_equal(peer_error(&test->source, FRAME_RST_STREAM), HF_H2_CANCEL);
    /* What comes for it now gives its credit back, or the connection would run dry. */
    send_head(test, 0, "200", NULL, NULL);
    static const uint8_t block[16384];
    for (int i = 0; i < 600; i++) {
        peer_send_frame(&test->source, FRAME_DATA, 0, 1, hf_bytes_of(block, sizeof block));
    }
    peer_wait(&test->source, FRAME_WINDOW_UPDATE, 2);
    assert_int_equal(test->n_body_bytes, 0);
}

#define over_the_wire(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_wire(our_settings_ask_for_nothing_to_be_pushed),
        over_the_wire(the_connections_window_covers_all_streams),
        over_the_wire(interim_answers_are_passed_over),
        over_the_wire(a_redirect_is_an_answer_and_not_followed),
        over_the_wire(a_shorter_body_than_promised_is_malformed),
        over_the_wire(a_longer_body_than_promised_is_malformed),
        over_the_wire(an_answer_without_status_is_malformed),
        over_the_wire(a_status_out_of_range_is_malformed),
        over_the_wire(data_before_the_head_is_malformed),
        over_the_wire(a_head_beyond_the_bounds_is_malformed),
        over_the_wire(a_connection_cut_inside_the_body_is_no_end),
        over_the_wire(a_refused_request_is_sent_once_more),
        over_the_wire(a_request_above_a_goaway_is_sent_on_a_new_connection),
        over_the_wire(a_request_that_may_have_been_processed_is_not_repeated),
        over_the_wire(a_cancelled_request_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

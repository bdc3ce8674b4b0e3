/*
 * Requests as they arrive on the wire, against the rules of form that are the gateway's own and
 * those that it relies on libnghttp2 for. Source: RFC 9113 8.2, 8.3.
 */
#include "gateway/h2_server.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

struct test {
    struct wire wire;
    struct origin origin;
    struct peer peer;
};

static int setup(void **state)
{
    static struct test test;
    wire_init(&test.wire);
    origin_open(&test.origin, &test.wire, NULL, test.wire.bank_server);
    peer_open(&test.peer, &test.wire, origin_port(&test.origin), true);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    peer_close(&test->peer);
    origin_close(&test->origin);
    wire_clear(&test->wire);
    return 0;
}

/* Sends a head; it is complete and has no body. */
static void send_head(struct test *test, uint32_t stream_id, const hf_buf *block)
{
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_STREAM | FLAG_END_HEADERS, stream_id,
                    hf_buf_view(block));
}

static void expect_status(struct test *test, int status)
{
    char line[32];
    snprintf(line, sizeof line, "1 :status: %d\n", status);
    peer_wait(&test->peer, FRAME_HEADERS, 1);
    assert_true(peer_has_field(&test->peer, line));
}

struct head {
    const char *method;
    const char *path;
    const char *authority; /* NULL: none */
    const char *name;      /* NULL: no further field */
    const char *value;
};

static void write_head(hf_buf *block, const struct head *head)
{
    hpack_literal(block, ":method", head->method ? head->method : "GET");
    hpack_literal(block, ":scheme", "https");
    if (head->authority) {
        hpack_literal(block, ":authority", head->authority);
    }
    hpack_literal(block, ":path", head->path ? head->path : "/hello");
    if (head->name) {
        hpack_literal(block, head->name, head->value);
    }
}

static void send_one(struct test *test, const struct head *head)
{
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    write_head(&block, head);
    send_head(test, 1, &block);
}

static void a_plain_request_is_heard(void **state)
{
    struct test *test = *state;
    send_one(test, &(struct head){.authority = "localhost", .name = "host", .value = "localhost"});
    expect_status(test, 200);
    assert_int_equal(test->origin.last_fault, HF_OK);
    assert_string_equal(test->origin.last_path, "/hello");
    assert_true(test->origin.last_had_cert);
}

static void expect_malformed(struct test *test, const struct head *head)
{
    send_one(test, head);
    expect_status(test, 400);
    assert_int_equal(test->origin.last_fault, HF_REQUEST_MALFORMED);
}

static void a_host_that_differs_from_the_authority_is_malformed(void **state)
{
    expect_malformed(*state,
                     &(struct head){.authority = "localhost", .name = "host", .value = "other"});
}

static void a_request_without_authority_is_malformed(void **state)
{
    expect_malformed(*state, &(struct head){.name = "host", .value = "localhost"});
}

static void user_information_is_malformed(void **state)
{
    expect_malformed(*state, &(struct head){.authority = "me@localhost"});
}

static void a_fragment_is_malformed(void **state)
{
    expect_malformed(*state, &(struct head){.authority = "localhost", .path = "/hello#x"});
}

static void an_underscore_in_a_name_is_malformed(void **state)
{
    expect_malformed(*state,
                     &(struct head){.authority = "localhost", .name = "consent_id", .value = "1"});
}

/* What libnghttp2 must refuse by itself never reaches us: the stream is reset. */
static void broken_messages_are_reset_and_never_heard(void **state)
{
    static const struct head heads[] = {
        {.authority = "localhost", .name = "transfer-encoding", .value = "chunked"},
        {.authority = "localhost", .name = "connection", .value = "close"},
        {.authority = "localhost", .name = "te", .value = "gzip"},
        {.authority = "localhost", .name = "X-Upper", .value = "1"},
        {.authority = "localhost", .name = "content-length", .value = "+0"},
        {.authority = "localhost", .name = "content-length", .value = "5"},
        {.authority = "localhost", .name = "x", .value = "a\r\nb: c"},
        {.authority = "localhost", .name = "x y", .value = "1"},
        {.authority = "localhost", .name = "x:", .value = "1"},
        {.authority = "localhost", .name = ":status", .value = "200"},
        {.authority = "localhost", .name = ":path", .value = "/again"},
        {.authority = "local\r\nhost"},
        {.authority = "localhost", .path = ""},
        {.authority = "localhost", .path = "/a b"},
        {.authority = "localhost", .path = "hello"},
        {.authority = "localhost", .method = "GE T"},
    };
    struct test *test = *state;
    uint32_t stream_id = 1;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++, stream_id += 2) {
        HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
        write_head(&block, &heads[i]);
        send_head(test, stream_id, &block);
        peer_wait(&test->peer, FRAME_RST_STREAM, (unsigned)i + 1);
        assert_int_equal(peer_count(&test->peer, FRAME_RST_STREAM), i + 1);
        assert_int_equal(test->origin.n_requests, 0);
    }
}

static void a_head_with_too_many_fields_is_431(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_get(&block, "/hello");
    for (int i = 0; i < 97; i++) {
        hpack_literal(&block, "x", "1");
    }
    send_head(test, 1, &block);
    expect_status(test, 431);
    assert_int_equal(test->origin.last_fault, HF_HEADERS_TOO_LARGE);
}

static void a_field_beyond_eight_kilobytes_is_431(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    char value[8193 + 256];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    hpack_get(&block, "/hello");
    hpack_literal(&block, "x", value);
    send_head(test, 1, &block);
    expect_status(test, 431);
}

static void a_second_head_that_is_too_large_ends_the_connection(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_get(&block, "/hello");
    for (int i = 0; i < 97; i++) {
        hpack_literal(&block, "x", "1");
    }
    send_head(test, 1, &block);
    send_head(test, 3, &block);
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
    assert_true(test->origin.n_requests <= 1);
}

/* 12 000 references to one field of 4 000 bytes: 48 MB out of 12 kB (CVE-2016-6581). */
static void an_hpack_bomb_is_not_decoded_to_its_end(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    char value[4001];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    hpack_get(&block, "/hello");
    size_t at = block.size;
    hpack_literal(&block, "x", value);
    block.data[at] = 0x40; /* RFC 7541 6.2.1: into the dynamic table */
    for (int i = 0; i < 12000; i++) {
        assert_ok(hf_buf_append_byte(&block, 0x80 | 62)); /* 6.1: its first entry */
    }
    send_head(test, 1, &block);
    peer_wait_end(&test->peer);
    assert_int_equal(peer_error(&test->peer, FRAME_GOAWAY), HF_H2_ENHANCE_YOUR_CALM);
    assert_int_equal(test->origin.n_requests, 0);
}

static void trailers_of_a_request_are_bounded_and_dropped(void **state)
{
    struct test *test = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf block = hf_buf_init(65536);
    hpack_literal(&block, ":method", "POST");
    hpack_literal(&block, ":scheme", "https");
    hpack_literal(&block, ":authority", "localhost");
    hpack_literal(&block, ":path", "/echo");
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_HEADERS, 1, hf_buf_view(&block));
    peer_send_frame(&test->peer, FRAME_DATA, 0, 1, HF_LITERAL("body"));
    hf_buf_reset(&block);
    hpack_literal(&block, "consent-id", "smuggled");
    peer_send_frame(&test->peer, FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1,
                    hf_buf_view(&block));
    expect_status(test, 200);
    struct frame data;
    peer_wait(&test->peer, FRAME_DATA, 1);
    assert_true(peer_find(&test->peer, FRAME_DATA, 0, &data));
    assert_true(hf_bytes_equal_string(data.payload, "body"));
}

#define over_the_wire(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_wire(a_plain_request_is_heard),
        over_the_wire(a_host_that_differs_from_the_authority_is_malformed),
        over_the_wire(a_request_without_authority_is_malformed),
        over_the_wire(user_information_is_malformed),
        over_the_wire(a_fragment_is_malformed),
        over_the_wire(an_underscore_in_a_name_is_malformed),
        over_the_wire(broken_messages_are_reset_and_never_heard),
        over_the_wire(a_head_with_too_many_fields_is_431),
        over_the_wire(a_field_beyond_eight_kilobytes_is_431),
        over_the_wire(a_second_head_that_is_too_large_ends_the_connection),
        over_the_wire(an_hpack_bomb_is_not_decoded_to_its_end),
        over_the_wire(trailers_of_a_request_are_bounded_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

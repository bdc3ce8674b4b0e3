#include "gateway/h2_server.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <unistd.h>

struct test {
    struct wire wire;
    struct origin origin;
};

static int setup(void **state)
{
    static struct test test;
    wire_init(&test.wire);
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    wire_clear(&test->wire);
    return 0;
}

static bool is_drained(void *context)
{
    const struct origin *origin = context;
    return origin->drained;
}

static void draining_lets_open_streams_end(void **state)
{
    struct test *test = *state;
    struct peer peer;
    struct frame goaway;
    origin_open(&test->origin, &test->wire, NULL, test->wire.bank_server);
    peer_open(&peer, &test->wire, origin_port(&test->origin), true);
    peer_get(&peer, 1, "/late-trailers");
    peer_wait(&peer, FRAME_DATA, 1);
    hf_h2_service_drain(test->origin.service);
    hf_h2_service_drain(test->origin.service);
    peer_get(&peer, 3, "/hello"); /* sent before the client can have heard */
    wire_run_until(&test->wire, is_drained, &test->origin, 5000);
    assert_true(peer_has_field(&peer, "1 check: 1\n"));
    assert_true(peer_has_field(&peer, "3 :status: 200\n"));
    assert_int_equal(peer_count(&peer, FRAME_GOAWAY), 2);
    assert_true(peer_find(&peer, FRAME_GOAWAY, 0, &goaway));
    assert_int_equal(goaway.payload.data[0], 0x7f); /* a notice first: all streams count */
    assert_true(peer_find(&peer, FRAME_GOAWAY, 1, &goaway));
    assert_int_equal(goaway.payload.data[3], 3);
    assert_true(peer.ended);
    peer_close(&peer);
    origin_close(&test->origin);
}

static void draining_an_idle_service_is_done_at_once(void **state)
{
    struct test *test = *state;
    origin_open(&test->origin, &test->wire, NULL, test->wire.bank_server);
    hf_h2_service_drain(test->origin.service);
    assert_true(test->origin.drained);
    assert_int_equal(hf_h2_service_port(test->origin.service), 0);
    origin_close(&test->origin);
}

static void connections_beyond_the_limit_are_closed(void **state)
{
    struct test *test = *state;
    struct peer first;
    struct peer second;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    limits.max_connections = 1;
    origin_open(&test->origin, &test->wire, &limits, test->wire.bank_server);
    peer_open(&first, &test->wire, origin_port(&test->origin), true);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 1);
    peer_open(&second, &test->wire, origin_port(&test->origin), true);
    assert_true(second.ended);
    peer_close(&second);
    peer_close(&first);
    wire_run_ms(&test->wire, 20);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 0);
    peer_open(&second, &test->wire, origin_port(&test->origin), true);
    assert_true(second.ready);
    peer_close(&second);
    origin_close(&test->origin);
}

static void a_handshake_that_does_not_come_is_not_waited_for(void **state)
{
    struct test *test = *state;
    struct hf_address address;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    int fd = -1;
    limits.handshake_ms = 50;
    origin_open(&test->origin, &test->wire, &limits, test->wire.bank_server);
    assert_ok(hf_address_from_literal("127.0.0.1", origin_port(&test->origin), &address));
    assert_ok(hf_address_connect(&address, &fd));
    wire_run_ms(&test->wire, 20);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 1);
    wire_run_ms(&test->wire, 80);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 0);
    close(fd);
    origin_close(&test->origin);
}

static void a_socket_can_be_handed_over(void **state)
{
    struct test *test = *state;
    struct hf_h2_server_limits limits = hf_h2_server_limits_default();
    int fds[2];
    limits.max_connections = 1;
    origin_open(&test->origin, &test->wire, &limits, test->wire.bank_server);
    wire_socket_pair(fds);
    assert_ok(hf_h2_service_adopt(test->origin.service, fds[0]));
    assert_int_equal(hf_h2_service_connections(test->origin.service), 1);
    assert_code(hf_h2_service_adopt(test->origin.service, fds[1]), LIMIT);
    origin_close(&test->origin);
    origin_open(&test->origin, &test->wire, NULL, test->wire.bank_server);
    assert_code(hf_h2_service_adopt(test->origin.service, -1), IO);
    origin_close(&test->origin);
}

static void new_connections_use_new_certificates(void **state)
{
    struct test *test = *state;
    struct wire other;
    struct peer peer;
    wire_init(&other);
    origin_open(&test->origin, &test->wire, NULL, test->wire.bank_server);
    hf_h2_service_set_tls(test->origin.service, other.bank_server);
    peer_open(&peer, &test->wire, origin_port(&test->origin), true);
    assert_true(peer.ended); /* it trusts the first authority only */
    peer_close(&peer);
    hf_h2_service_set_tls(test->origin.service, test->wire.bank_server);
    peer_open(&peer, &test->wire, origin_port(&test->origin), true);
    assert_true(peer.ready);
    peer_close(&peer);
    origin_close(&test->origin);
    wire_clear(&other);
}

static void an_address_that_is_not_ours_is_not_listened_on(void **state)
{
    struct test *test = *state;
    struct hf_h2_service *service = NULL;
    const struct hf_h2_server_events events = {0};
    struct hf_h2_service_config config = {
        .loop = test->wire.loop, .tls = test->wire.bank_server, .events = &events};
    assert_ok(hf_address_from_literal("192.0.2.1", 0, &config.listen));
    assert_code(hf_h2_service_open(&config, &service), IO);
    assert_null(service);
    hf_h2_service_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draining_lets_open_streams_end),
        cmocka_unit_test(draining_an_idle_service_is_done_at_once),
        cmocka_unit_test(connections_beyond_the_limit_are_closed),
        cmocka_unit_test(a_handshake_that_does_not_come_is_not_waited_for),
        cmocka_unit_test(a_socket_can_be_handed_over),
        cmocka_unit_test(new_connections_use_new_certificates),
        cmocka_unit_test(an_address_that_is_not_ours_is_not_listened_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

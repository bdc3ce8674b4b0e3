/*
 * The tool's client, against an origin that runs on another thread, as it does for the tool.
 */
#include "gateway/client.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>

struct test {
    struct wire wire;
    struct origin origin;
    pthread_t thread;
    atomic_bool stop;
    uint16_t port;
    hf_buf body;
    size_t body_limit;
};

static bool is_stopped(void *context)
{
    struct test *test = context;
    return atomic_load(&test->stop);
}

static void *serve(void *context)
{
    struct test *test = context;
    wire_run_until(&test->wire, is_stopped, test, 60000);
    return NULL;
}

static int setup(void **state)
{
    static struct test test;
    wire_init(&test.wire);
    origin_open(&test.origin, &test.wire, NULL, test.wire.bank_server);
    test.port = origin_port(&test.origin);
    atomic_init(&test.stop, false);
    if (pthread_create(&test.thread, NULL, serve, &test) != 0) {
        return -1;
    }
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    atomic_store(&test->stop, true);
    pthread_join(test->thread, NULL);
    origin_close(&test->origin);
    wire_clear(&test->wire);
    return 0;
}

static hf_status keep(void *context, hf_bytes bytes)
{
    struct test *test = context;
    return hf_buf_append(&test->body, bytes);
}

static struct hf_client_request request_for(struct test *test, const char *path)
{
    hf_buf_clear(&test->body);
    test->body = hf_buf_init(test->body_limit ? test->body_limit : 1 << 20);
    return (struct hf_client_request){.host = "127.0.0.1",
                                      .port = test->port,
                                      .tls = test->wire.bank_client,
                                      .method = HF_LITERAL("GET"),
                                      .path = hf_bytes_of_string(path),
                                      .timeout_ms = 2000,
                                      .on_body = keep,
                                      .context = test};
}

static void an_answer_is_told_whole(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    struct hf_client_request request = request_for(test, "/trailers");
    assert_ok(hf_client_fetch(&request, &answer));
    assert_true(answer.complete);
    assert_int_equal(answer.status, 200);
    assert_true(hf_bytes_equal_string(hf_buf_view(&test->body), "hello"));
    assert_true(hf_bytes_equal_string(
        hf_client_find(answer.fields, answer.n_fields, "content-type"), "text/plain"));
    assert_true(
        hf_bytes_equal_string(hf_client_find(answer.trailers, answer.n_trailers, "check"), "1"));
    assert_int_equal(hf_client_find(answer.fields, answer.n_fields, "check").size, 0);
    hf_client_answer_clear(&answer);
}

static void a_body_is_posted(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    struct hf_client_request request = request_for(test, "/echo");
    request.method = HF_LITERAL("POST");
    request.body = HF_LITERAL("a token");
    assert_ok(hf_client_fetch(&request, &answer));
    assert_true(hf_bytes_equal_string(hf_buf_view(&test->body), "a token"));
    hf_client_answer_clear(&answer);
}

static void a_reset_is_told_with_what_had_come(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    struct hf_client_request request = request_for(test, "/reset-body");
    assert_code(hf_client_fetch(&request, &answer), SOURCE_UNAVAILABLE);
    assert_false(answer.complete);
    assert_true(answer.was_reset);
    assert_int_equal(answer.h2_error, HF_H2_INTERNAL_ERROR);
    assert_int_equal(answer.status, 200);
    assert_non_null(answer.detail);
    assert_true(hf_bytes_equal_string(hf_buf_view(&test->body), "hel"));
    hf_client_answer_clear(&answer);
}

static void silence_is_a_timeout(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    struct hf_client_request request = request_for(test, "/never");
    request.timeout_ms = 50;
    assert_code(hf_client_fetch(&request, &answer), SOURCE_TIMEOUT);
    assert_int_equal(answer.status, 0);
    hf_client_answer_clear(&answer);
}

static void whoever_keeps_the_body_may_stop(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    test->body_limit = 1000;
    struct hf_client_request request = request_for(test, "/bytes/100000");
    assert_code(hf_client_fetch(&request, &answer), LIMIT);
    assert_false(answer.complete);
    test->body_limit = 0;
    hf_client_answer_clear(&answer);
}

static void a_gateway_with_another_name_is_not_spoken_to(void **state)
{
    struct test *test = *state;
    struct wire other;
    struct hf_client_answer answer;
    wire_init(&other);
    struct hf_client_request request = request_for(test, "/hello");
    request.tls = other.bank_client;
    assert_code(hf_client_fetch(&request, &answer), SOURCE_UNAVAILABLE);
    assert_non_null(answer.detail);
    hf_client_answer_clear(&answer);
    request.host = "no such name";
    assert_code(hf_client_fetch(&request, &answer), SOURCE_UNAVAILABLE);
    hf_client_answer_clear(&answer);
    wire_clear(&other);
}

static void too_many_fields_are_malformed(void **state)
{
    struct test *test = *state;
    struct hf_client_answer answer;
    struct hf_h2_field fields[HF_H2_MAX_RESPONSE_FIELDS + 1];
    memset(fields, 0, sizeof fields);
    struct hf_client_request request = request_for(test, "/hello");
    request.fields = fields;
    request.n_fields = HF_H2_MAX_RESPONSE_FIELDS + 1;
    assert_code(hf_client_fetch(&request, &answer), REQUEST_MALFORMED);
    hf_client_answer_clear(&answer);
}

/* --- addresses ----------------------------------------------------------------------------- */

static void addresses_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *host;
        uint16_t port;
        const char *path;
    } cases[] = {
        {"https://localhost:8443/tax/payment?x=1", "localhost", 8443, "/tax/payment?x=1"},
        {"https://gateway.example", "gateway.example", 443, "/"},
        {"https://gateway.example/", "gateway.example", 443, "/"},
        {"https://[::1]:9/a", "::1", 9, "/a"},
        {"https://[2001:db8::1]/a", "2001:db8::1", 443, "/a"},
        {"https://192.0.2.1:65535/", "192.0.2.1", 65535, "/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char host[256];
        uint16_t port = 0;
        hf_bytes path;
        assert_ok(hf_client_url(cases[i].url, host, &port, &path));
        assert_string_equal(host, cases[i].host);
        assert_int_equal(port, cases[i].port);
        assert_true(hf_bytes_equal_string(path, cases[i].path));
    }
}

static void other_addresses_are_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "http://localhost/",
        "localhost/",
        "https://",
        "https:///path",
        "https://:443/",
        "https://localhost:/",
        "https://localhost:0/",
        "https://localhost:65536/",
        "https://localhost:123456/",
        "https://localhost:8443x/",
        "https://me@localhost/",
        "https://localhost/#here",
        "https://localhost?x=1",
        "https://local host/",
        "https://localhost/a b",
        "https://localhost/\n",
        "https://[::1/",
        "https://[::1]8443/",
        "https://[]/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char host[256] = "unchanged";
        uint16_t port;
        hf_bytes path;
        assert_code(hf_client_url(bad[i], host, &port, &path), REQUEST_MALFORMED);
        assert_string_equal(host, "unchanged");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_told_whole),
        cmocka_unit_test(a_body_is_posted),
        cmocka_unit_test(a_reset_is_told_with_what_had_come),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(whoever_keeps_the_body_may_stop),
        cmocka_unit_test(a_gateway_with_another_name_is_not_spoken_to),
        cmocka_unit_test(too_many_fields_are_malformed),
        cmocka_unit_test(addresses_are_split),
        cmocka_unit_test(other_addresses_are_malformed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

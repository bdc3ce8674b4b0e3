#include "gateway/ops.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static enum hf_ops_parse parse(const char *head, hf_bytes *ret_path)
{
    return hf_ops_parse_head(hf_bytes_of_string(head), ret_path);
}

static void a_get_is_read_up_to_its_query(void **state)
{
    (void)state;
    hf_bytes path = {0};
    assert_int_equal(parse("GET /metrics?x=1 HTTP/1.1\r\nhost: a\r\n\r\n", &path), HF_OPS_GET);
    assert_true(hf_bytes_equal_string(path, "/metrics"));
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &path), HF_OPS_GET);
    assert_true(hf_bytes_equal_string(path, "/"));
}

static void a_head_without_its_end_is_not_judged(void **state)
{
    (void)state;
    hf_bytes path;
    assert_int_equal(parse("", &path), HF_OPS_MORE);
    assert_int_equal(parse("GET /metrics HTTP/1.1\r\nhost: a\r\n", &path), HF_OPS_MORE);
}

static void other_methods_are_told_so(void **state)
{
    (void)state;
    hf_bytes path;
    assert_int_equal(parse("POST / HTTP/1.1\r\n\r\n", &path), HF_OPS_METHOD);
    assert_int_equal(parse("get / HTTP/1.1\r\n\r\n", &path), HF_OPS_METHOD);
}

static void what_is_no_request_line_is_bad(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET \r\n\r\n",
        "GET HTTP/1.1\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET metrics HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n",
        "GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
    };
    hf_bytes path;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(bad[i], &path), HF_OPS_BAD);
    }
}

static void a_head_that_never_ends_is_bad(void **state)
{
    (void)state;
    char head[4097];
    hf_bytes path;
    memset(head, 'a', sizeof head - 1);
    head[sizeof head - 1] = '\0';
    assert_int_equal(parse(head, &path), HF_OPS_BAD);
}

/* --- over a socket ------------------------------------------------------------------------- */

static void answer(void *context, hf_bytes path, struct hf_ops_reply *reply)
{
    (void)context;
    if (hf_bytes_equal_string(path, "/healthz")) {
        reply->status = 200;
        hf_ignore(hf_buf_append_string(reply->body, "well\n"));
    } else if (hf_bytes_equal_string(path, "/large")) {
        static uint8_t block[1000];
        reply->status = 200;
        memset(block, 'x', sizeof block);
        for (int i = 0; i < 1000; i++) {
            hf_ignore(hf_buf_append(reply->body, hf_bytes_of(block, sizeof block)));
        }
    }
}

struct visit {
    uint16_t port;
    const char *head;
    hf_buf answer;
    bool done;
};

static void *visit(void *context)
{
    struct visit *visit = context;
    struct hf_address address;
    int fd = -1;
    uint8_t bytes[4096];
    if (!hf_is_ok(hf_address_from_literal("127.0.0.1", visit->port, &address)) ||
        !hf_is_ok(hf_address_connect(&address, &fd))) {
        return NULL;
    }
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    poll(&ready, 1, 5000);
    ssize_t n = write(fd, visit->head, strlen(visit->head));
    ready.events = POLLIN;
    while (n > 0 && poll(&ready, 1, 8000) == 1) {
        n = read(fd, bytes, sizeof bytes);
        if (n > 0) {
            hf_ignore(hf_buf_append(&visit->answer, hf_bytes_of(bytes, (size_t)n)));
        }
    }
    close(fd);
    __atomic_store_n(&visit->done, true, __ATOMIC_SEQ_CST);
    return NULL;
}

static bool is_done(void *context)
{
    const struct visit *visit = context;
    return __atomic_load_n(&visit->done, __ATOMIC_SEQ_CST);
}

/* What a visitor gets for @head; the caller clears it. */
static hf_buf ask(const char *head)
{
    struct wire wire = {0};
    struct hf_address address;
    struct hf_ops *ops = NULL;
    pthread_t thread;
    assert_ok(hf_loop_new(&wire.loop));
    assert_ok(hf_address_from_literal("127.0.0.1", 0, &address));
    assert_ok(hf_ops_open(wire.loop, &address, answer, NULL, &ops));
    struct visit visitor = {.port = hf_ops_port(ops), .head = head, .answer = hf_buf_init(2 << 20)};
    assert_int_equal(pthread_create(&thread, NULL, visit, &visitor), 0);
    wire_run_until(&wire, is_done, &visitor, 9000);
    pthread_join(thread, NULL);
    hf_ops_close(ops);
    hf_loop_free(wire.loop);
    return visitor.answer;
}

static bool says(const hf_buf *answered, const char *text)
{
    return answered->size > 0 && memmem(answered->data, answered->size, text, strlen(text));
}

static void a_known_path_is_answered_and_the_connection_closed(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf got = ask("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_true(says(&got, "HTTP/1.1 200 OK\r\n"));
    assert_true(says(&got, "content-length: 5\r\n"));
    assert_true(says(&got, "\r\n\r\nwell\n"));
}

static void an_unknown_path_is_404_and_a_post_405(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf unknown = ask("GET /x HTTP/1.1\r\n\r\n");
    assert_true(says(&unknown, "HTTP/1.1 404 "));
    HF_CLEANUP(hf_buf_clear) hf_buf post = ask("POST /healthz HTTP/1.1\r\n\r\n");
    assert_true(says(&post, "HTTP/1.1 405 "));
    assert_true(says(&post, "allow: GET\r\n"));
    HF_CLEANUP(hf_buf_clear) hf_buf bad = ask("nonsense\r\n\r\n");
    assert_true(says(&bad, "HTTP/1.1 400 "));
}

static void a_large_answer_arrives_whole(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf got = ask("GET /large HTTP/1.1\r\n\r\n");
    assert_true(says(&got, "content-length: 1000000\r\n"));
    assert_true(got.size > 1000000);
}

static void only_loopback_is_served(void **state)
{
    (void)state;
    struct hf_loop *loop = NULL;
    struct hf_address address;
    struct hf_ops *ops = NULL;
    assert_ok(hf_loop_new(&loop));
    assert_ok(hf_address_from_literal("0.0.0.0", 0, &address));
    assert_code(hf_ops_open(loop, &address, answer, NULL, &ops), CONFIG_INVALID);
    assert_null(ops);
    hf_ops_close(NULL);
    hf_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_read_up_to_its_query),
        cmocka_unit_test(a_head_without_its_end_is_not_judged),
        cmocka_unit_test(other_methods_are_told_so),
        cmocka_unit_test(what_is_no_request_line_is_bad),
        cmocka_unit_test(a_head_that_never_ends_is_bad),
        cmocka_unit_test(a_known_path_is_answered_and_the_connection_closed),
        cmocka_unit_test(an_unknown_path_is_404_and_a_post_405),
        cmocka_unit_test(a_large_answer_arrives_whole),
        cmocka_unit_test(only_loopback_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

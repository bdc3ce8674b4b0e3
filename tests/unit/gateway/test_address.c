#include "gateway/address.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

static void literals_of_both_families_are_read(void **state)
{
    (void)state;
    struct hf_address address;
    char text[HF_ADDRESS_TEXT_BYTES];
    assert_ok(hf_address_from_literal("192.0.2.1", 443, &address));
    hf_address_text(&address, text);
    assert_string_equal(text, "192.0.2.1");
    assert_int_equal(hf_address_port(&address), 443);
    assert_ok(hf_address_from_literal("2001:db8::1", 8443, &address));
    hf_address_text(&address, text);
    assert_string_equal(text, "2001:db8::1");
    assert_int_equal(hf_address_port(&address), 8443);
}

static bool same_network(const char *one, const char *other)
{
    struct hf_address a;
    struct hf_address b;
    assert_ok(hf_address_from_literal(one, 1, &a));
    assert_ok(hf_address_from_literal(other, 2, &b));
    return hf_bytes_equal(hf_address_network(&a), hf_address_network(&b));
}

/* Whoever is given an IPv6 network has 2^64 addresses to count by. */
static void a_network_is_what_one_caller_has(void **state)
{
    (void)state;
    const struct hf_address none = {.size_bytes = 0};
    assert_true(same_network("192.0.2.1", "192.0.2.1"));
    assert_false(same_network("192.0.2.1", "192.0.2.2"));
    assert_true(same_network("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
    assert_false(same_network("2001:db8::1", "2001:db8:0:1::1"));
    assert_true(same_network("::ffff:192.0.2.1", "192.0.2.1"));
    assert_false(same_network("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
    assert_int_equal(hf_address_network(&none).size, 0);
}

static void names_are_no_literals(void **state)
{
    (void)state;
    struct hf_address address;
    static const char *const bad[] = {"localhost", "", "[::1]", "192.0.2", "192.0.2.256", "::1%lo"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_code(hf_address_from_literal(bad[i], 1, &address), CONFIG_INVALID);
    }
}

static void a_name_that_does_not_exist_is_unavailable(void **state)
{
    (void)state;
    struct hf_address address;
    assert_code(hf_address_resolve("no such name", 1, &address), SOURCE_UNAVAILABLE);
    assert_ok(hf_address_resolve("127.0.0.1", 1, &address));
}

static void loopback_is_told_from_the_rest(void **state)
{
    (void)state;
    struct hf_address address;
    static const struct {
        const char *host;
        bool is_loopback;
    } cases[] = {{"127.0.0.1", true}, {"127.255.1.2", true}, {"::1", true},
                 {"0.0.0.0", false},  {"::", false},         {"192.0.2.1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(hf_address_from_literal(cases[i].host, 1, &address));
        assert_int_equal(hf_address_is_loopback(&address), cases[i].is_loopback);
    }
}

static int listen_here(struct hf_address *ret_address)
{
    int fd = -1;
    struct hf_address address;
    assert_ok(hf_address_from_literal("127.0.0.1", 0, &address));
    assert_ok(hf_address_listen(&address, 8, &fd));
    ret_address->size_bytes = sizeof ret_address->storage;
    assert_int_equal(
        getsockname(fd, (struct sockaddr *)&ret_address->storage, &ret_address->size_bytes), 0);
    return fd;
}

static void check_socket(int fd)
{
    int on = 0;
    socklen_t size = sizeof on;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    assert_true(on);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void both_ends_are_ready_for_the_loop(void **state)
{
    (void)state;
    struct hf_address address;
    struct hf_address peer;
    int listener = listen_here(&address);
    int ours = -1;
    int theirs = -1;
    assert_code(hf_address_accept(listener, &theirs, &peer), NOT_FOUND);
    assert_ok(hf_address_connect(&address, &ours));
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 5000), 1);
    assert_ok(hf_address_accept(listener, &theirs, &peer));
    assert_true(hf_address_is_loopback(&peer));
    check_socket(ours);
    check_socket(theirs);
    close(ours);
    close(theirs);
    close(listener);
}

static void each_worker_can_listen_on_the_same_port(void **state)
{
    (void)state;
    struct hf_address address;
    int first = listen_here(&address);
    int second = -1;
    assert_ok(hf_address_listen(&address, 8, &second));
    close(first);
    close(second);
}

static void an_address_that_is_not_ours_cannot_be_listened_on(void **state)
{
    (void)state;
    struct hf_address address;
    int fd = -1;
    assert_ok(hf_address_from_literal("192.0.2.1", 0, &address));
    assert_code(hf_address_listen(&address, 8, &fd), IO);
    assert_int_equal(fd, -1);
}

static void used_up_descriptors_are_a_limit(void **state)
{
    (void)state;
    struct hf_address address;
    struct hf_address peer;
    struct rlimit before;
    int listener = listen_here(&address);
    int ours = -1;
    int theirs = -1;
    assert_ok(hf_address_connect(&address, &ours));
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 5000), 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_code(hf_address_accept(listener, &theirs, &peer), LIMIT);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(ours);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_of_both_families_are_read),
        cmocka_unit_test(a_network_is_what_one_caller_has),
        cmocka_unit_test(names_are_no_literals),
        cmocka_unit_test(a_name_that_does_not_exist_is_unavailable),
        cmocka_unit_test(loopback_is_told_from_the_rest),
        cmocka_unit_test(both_ends_are_ready_for_the_loop),
        cmocka_unit_test(each_worker_can_listen_on_the_same_port),
        cmocka_unit_test(an_address_that_is_not_ours_cannot_be_listened_on),
        cmocka_unit_test(used_up_descriptors_are_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

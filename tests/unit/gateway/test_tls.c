#include "gateway/tls.h"

#include "crypto/hash.h"
#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <unistd.h>

/* Both ends of a handshake, driven by hand. */
struct pair {
    int fds[2];
    hf_buf spare;
    struct hf_tls *server;
    struct hf_tls *client;
    enum hf_tls_progress server_progress;
    enum hf_tls_progress client_progress;
};

static int setup(void **state)
{
    static struct wire wire;
    wire_init(&wire);
    *state = &wire;
    return 0;
}

static int teardown(void **state)
{
    wire_clear(*state);
    return 0;
}

static void open_pair(struct pair *pair, struct hf_tls_context *server,
                      struct hf_tls_context *client, const char *host)
{
    *pair = (struct pair){.server_progress = HF_TLS_WAIT, .client_progress = HF_TLS_WAIT};
    wire_socket_pair(pair->fds);
    assert_ok(hf_tls_new(server, pair->fds[0], NULL, &pair->spare, &pair->server));
    assert_ok(hf_tls_new(client, pair->fds[1], host, &pair->spare, &pair->client));
    for (int i = 0; i < 10; i++) {
        if (pair->client_progress == HF_TLS_WAIT) {
            pair->client_progress = hf_tls_handshake(pair->client);
        }
        if (pair->server_progress == HF_TLS_WAIT) {
            pair->server_progress = hf_tls_handshake(pair->server);
        }
    }
}

static void close_pair(struct pair *pair)
{
    hf_tls_free(pair->server);
    hf_tls_free(pair->client);
    hf_buf_clear(&pair->spare);
    close(pair->fds[0]);
    close(pair->fds[1]);
}

static void a_client_certificate_is_handed_over(void **state)
{
    const struct wire *wire = *state;
    struct pair pair;
    struct hf_cert_info seen;
    struct hf_cert_info expected;
    open_pair(&pair, wire->bank_server, wire->bank_client, "localhost");
    assert_int_equal(pair.client_progress, HF_TLS_DONE);
    assert_int_equal(pair.server_progress, HF_TLS_DONE);
    assert_ok(hf_tls_peer_cert(pair.server, &seen));
    assert_ok(hf_cert_info_from_pem(hf_buf_view(&wire->bank_cert_pem), &expected));
    assert_memory_equal(seen.sha256, expected.sha256, HF_SHA256_BYTES);
    assert_string_equal(seen.jkt, expected.jkt);
    assert_int_equal(seen.not_after_unix_s, expected.not_after_unix_s);
    close_pair(&pair);
}

/* A P-384 certificate of nobody, and its key: of a kind that no consent can be bound to. */
static const char p384_cert[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBszCCATigAwIBAgIUefoVBNLWqQUIJdBT2nUHQkm1Rr4wCgYIKoZIzj0EAwIw\n"
                                "DzENMAsGA1UEAwwEYmFuazAgFw0yNjExMjIxNTI0MTVaGA8yMTI2MTAyOTE1MjQx\n"
                                "NVowDzENMAsGA1UEAwwEYmFuazB2MBAGByqGSM49AgEGBSuBBAAiA2IABHukoUEg\n"
                                "wjccmU2howoIKyWvjmwrMpOTHy5wNdAejmTN5x4YdExcnW5EYDOgzmqEHdBn54aD\n"
                                "wFlteVns8LssL/FSo/70lu9YffuqJVtVXMBBAwv9gnaazPJQxx2++gDefaNTMFEw\n"
                                "HQYDVR0OBBYEFA9XTZCp2+Zs2rDRYFn44RqcvEKvMB8GA1UdIwQYMBaAFA9XTZCp\n"
                                "2+Zs2rDRYFn44RqcvEKvMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDaQAw\n"
                                "ZgIxAOQ9kldsHL/viqy7FuJ+9F0taeUlncadOsCYeM34B5aIaSJInU1MfEc35a5b\n"
                                "R/GLXgIxAN15JdoLE1fdqn1sy8Wya2R8/K2CrT8N4zPA4lrHGfHAH62JmxxeRhnJ\n"
                                "H6UIScCZHg==\n"
                                "-----END CERTIFICATE-----\n";
static const char p384_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDVN8M+c8tSIDY0Wd8m\n"
                               "c2QsCxusiiFGmwGDtnpup+VT4WImuFz9R4vuNLeJi+IrPIChZANiAAR7pKFBIMI3\n"
                               "HJlNoaMKCCslr45sKzKTkx8ucDXQHo5kzeceGHRMXJ1uRGAzoM5qhB3QZ+eGg8BZ\n"
                               "bXlZ7PC7LC/xUqP+9JbvWH37qiVbVVzAQQML/YJ2mszyUMcdvvoA3n0=\n"
                               "-----END PRIVATE KEY-----\n";

static void a_certificate_with_a_key_of_another_kind_is_told(void **state)
{
    const struct wire *wire = *state;
    struct hf_tls_context *client = NULL;
    struct hf_cert_info info;
    struct pair pair;
    const struct hf_tls_client_config config = {.ca_pem = hf_buf_view(&wire->ca_pem),
                                                .cert_pem = hf_bytes_of_string(p384_cert),
                                                .key_pem = hf_bytes_of_string(p384_key)};
    assert_ok(hf_tls_client_new(&config, &client, NULL));
    open_pair(&pair, wire->bank_server, client, "localhost");
    assert_int_equal(pair.server_progress, HF_TLS_DONE);
    assert_code(hf_tls_peer_cert(pair.server, &info), KEY_UNSUPPORTED);
    close_pair(&pair);
    hf_tls_context_unref(client);
}

static void without_a_certificate_a_bank_is_not_let_in(void **state)
{
    const struct wire *wire = *state;
    struct pair pair;
    open_pair(&pair, wire->bank_server, wire->plain_client, "localhost");
    assert_int_equal(pair.server_progress, HF_TLS_FAILED);
    close_pair(&pair);
}

static void the_public_server_asks_for_none(void **state)
{
    const struct wire *wire = *state;
    struct pair pair;
    struct hf_cert_info info;
    open_pair(&pair, wire->public_server, wire->bank_client, "127.0.0.1");
    assert_int_equal(pair.server_progress, HF_TLS_DONE);
    assert_int_equal(pair.client_progress, HF_TLS_DONE);
    assert_code(hf_tls_peer_cert(pair.server, &info), NOT_FOUND);
    close_pair(&pair);
}

static void a_source_with_another_name_is_refused(void **state)
{
    const struct wire *wire = *state;
    static const char *const others[] = {"example.org", "127.0.0.2", "::1", "ocalhost"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct pair pair;
        open_pair(&pair, wire->public_server, wire->plain_client, others[i]);
        assert_int_equal(pair.client_progress, HF_TLS_FAILED);
        assert_non_null(strstr(hf_tls_failure(pair.client), "mismatch"));
        close_pair(&pair);
    }
}

static void a_source_of_another_authority_is_refused(void **state)
{
    const struct wire *wire = *state;
    struct wire other;
    struct pair pair;
    wire_init(&other);
    open_pair(&pair, other.public_server, wire->plain_client, "localhost");
    assert_int_equal(pair.client_progress, HF_TLS_FAILED);
    assert_string_not_equal(hf_tls_failure(pair.client), "");
    close_pair(&pair);
    wire_clear(&other);
}

static void a_client_must_say_whom_it_wants(void **state)
{
    const struct wire *wire = *state;
    struct hf_tls *tls = NULL;
    hf_buf spare = {0};
    assert_code(hf_tls_new(wire->plain_client, 0, NULL, &spare, &tls), BUG);
    assert_null(tls);
}

static void bytes_pass_in_both_directions(void **state)
{
    const struct wire *wire = *state;
    struct pair pair;
    uint8_t bytes[64];
    size_t size = 0;
    open_pair(&pair, wire->bank_server, wire->bank_client, "localhost");
    assert_int_equal(hf_tls_write(pair.client, HF_LITERAL("question")), HF_TLS_DONE);
    assert_true(hf_tls_unsent(pair.client) > 8);
    assert_int_equal(hf_tls_read(pair.server, bytes, sizeof bytes, &size), HF_TLS_WAIT);
    assert_int_equal(hf_tls_flush(pair.client), HF_TLS_DONE);
    assert_int_equal(hf_tls_unsent(pair.client), 0);
    assert_int_equal(hf_tls_read(pair.server, bytes, sizeof bytes, &size), HF_TLS_DONE);
    assert_true(hf_bytes_equal_string(hf_bytes_of(bytes, size), "question"));
    assert_int_equal(hf_tls_write(pair.server, HF_LITERAL("answer")), HF_TLS_DONE);
    assert_int_equal(hf_tls_flush(pair.server), HF_TLS_DONE);
    assert_int_equal(hf_tls_read(pair.client, bytes, sizeof bytes, &size), HF_TLS_DONE);
    assert_true(hf_bytes_equal_string(hf_bytes_of(bytes, size), "answer"));
    close_pair(&pair);
}

/* More than the socket takes: it stays, in order, and leaves when there is room. */
static void a_full_socket_keeps_the_rest(void **state)
{
    const struct wire *wire = *state;
    static uint8_t block[16384];
    struct pair pair;
    size_t n_written = 0;
    size_t n_read = 0;
    open_pair(&pair, wire->public_server, wire->plain_client, "localhost");
    enum hf_tls_progress flushed = HF_TLS_DONE;
    while (flushed == HF_TLS_DONE) {
        memset(block, (int)(n_written / sizeof block), sizeof block);
        assert_int_equal(hf_tls_write(pair.server, hf_bytes_of(block, sizeof block)), HF_TLS_DONE);
        n_written += sizeof block;
        flushed = hf_tls_flush(pair.server);
    }
    assert_int_equal(flushed, HF_TLS_WAIT);
    assert_true(hf_tls_unsent(pair.server) > 0);
    while (n_read < n_written) {
        size_t size = 0;
        if (hf_tls_read(pair.client, block, sizeof block, &size) == HF_TLS_WAIT) {
            hf_tls_flush(pair.server);
            continue;
        }
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(block[i], (uint8_t)((n_read + i) / sizeof block));
        }
        n_read += size;
    }
    assert_int_equal(hf_tls_unsent(pair.server), 0);
    close_pair(&pair);
}

static void an_orderly_end_is_told_from_a_cut(void **state)
{
    const struct wire *wire = *state;
    struct pair pair;
    uint8_t bytes[8];
    size_t size = 0;
    open_pair(&pair, wire->public_server, wire->plain_client, "localhost");
    hf_tls_shutdown(pair.server);
    assert_int_equal(hf_tls_flush(pair.server), HF_TLS_DONE);
    assert_int_equal(hf_tls_read(pair.client, bytes, sizeof bytes, &size), HF_TLS_CLOSED);
    close_pair(&pair);
    open_pair(&pair, wire->public_server, wire->plain_client, "localhost");
    assert_int_equal(write(pair.fds[0], "\x17\x03\x03\x00\x05junk!", 10), 10);
    assert_int_equal(hf_tls_read(pair.client, bytes, sizeof bytes, &size), HF_TLS_FAILED);
    close_pair(&pair);
}

static void noise_is_no_handshake(void **state)
{
    const struct wire *wire = *state;
    struct pair pair = {0};
    wire_socket_pair(pair.fds);
    assert_ok(hf_tls_new(wire->bank_server, pair.fds[0], NULL, &pair.spare, &pair.server));
    assert_int_equal(write(pair.fds[1], "GET / HTTP/1.1\r\n\r\n", 18), 18);
    assert_int_equal(hf_tls_handshake(pair.server), HF_TLS_FAILED);
    close_pair(&pair);
}

/* The example of RFC 8410 10.3. */
static const char ed25519_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";

static void unreadable_identities_are_named(void **state)
{
    const struct wire *wire = *state;
    struct hf_tls_context *context = NULL;
    struct hf_problem problem = {0};
    struct hf_tls_server_config config = {.cert_pem = HF_LITERAL("no PEM"),
                                          .key_pem = hf_buf_view(&wire->server_key_pem)};
    assert_code(hf_tls_server_new(&config, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "cert");
    config.cert_pem = hf_buf_view(&wire->server_cert_pem);
    config.key_pem = HF_LITERAL("no PEM");
    assert_code(hf_tls_server_new(&config, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "key");
    config.key_pem = (hf_bytes){NULL, 0}; /* an empty file */
    assert_code(hf_tls_server_new(&config, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "key");
    config.key_pem = hf_bytes_of_string(ed25519_key); /* of another kind than the certificate */
    assert_code(hf_tls_server_new(&config, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "key");
    config.key_pem = hf_buf_view(&wire->bank_key_pem);
    assert_code(hf_tls_server_new(&config, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "key");
    const struct hf_tls_client_config client = {.ca_pem = HF_LITERAL("")};
    assert_code(hf_tls_client_new(&client, &context, &problem), CONFIG_INVALID);
    assert_string_equal(problem.where, "ca");
    assert_null(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_certificate_is_handed_over),
        cmocka_unit_test(a_certificate_with_a_key_of_another_kind_is_told),
        cmocka_unit_test(without_a_certificate_a_bank_is_not_let_in),
        cmocka_unit_test(the_public_server_asks_for_none),
        cmocka_unit_test(a_source_with_another_name_is_refused),
        cmocka_unit_test(a_source_of_another_authority_is_refused),
        cmocka_unit_test(a_client_must_say_whom_it_wants),
        cmocka_unit_test(bytes_pass_in_both_directions),
        cmocka_unit_test(a_full_socket_keeps_the_rest),
        cmocka_unit_test(an_orderly_end_is_told_from_a_cut),
        cmocka_unit_test(noise_is_no_handshake),
        cmocka_unit_test(unreadable_identities_are_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

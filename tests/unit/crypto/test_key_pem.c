#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"

#define BEGIN "-----BEGIN PRIVATE KEY-----\n"
#define END "-----END PRIVATE KEY-----\n"

/* = RFC 8410 10.3 and 10.1 */
#define RFC8410_V1 BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" END
#define RFC8410_V2                                                                                 \
    BEGIN "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"                     \
          "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"                     \
          "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n" END
#define RFC8410_SPKI                                                                               \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"                               \
    "-----END PUBLIC KEY-----\n"

/* what `openssl genpkey -algorithm ED25519` (3.0) makes of the seed of RFC 8037 A.1 */
#define OPENSSL_PEM BEGIN "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" END

static struct hf_key *key_of(const char *pem)
{
    struct hf_key *key = NULL;
    assert_ok(hf_key_from_pem(hf_bytes_of_string(pem), &key, NULL));
    return key;
}

static void both_keys_of_rfc_8410_are_read(void **state)
{
    (void)state;
    static const char *const pems[] = {RFC8410_V1, RFC8410_V2};
    for (size_t i = 0; i < 2; i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of(pems[i]);
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
        assert_true(hf_key_has_private(key));
        assert_ok(hf_key_write_public_pem(key, &buf));
        assert_true(hf_bytes_equal_string(hf_buf_view(&buf), RFC8410_SPKI));
    }
}

static void what_is_written_is_what_openssl_writes(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_secret_buf_clear) hf_buf buf = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    assert_ok(hf_key_write_private_pem(key, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), OPENSSL_PEM));
    HF_CLEANUP(hf_key_drop) struct hf_key *again = key_of(OPENSSL_PEM);
    assert_string_equal(hf_key_thumbprint(again), RFC8037_THUMBPRINT);
}

static void public_keys_of_every_kind_come_back(void **state)
{
    (void)state;
    static const enum hf_alg algs[] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        HF_CLEANUP(hf_key_drop) struct hf_key *again = NULL;
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
        assert_ok(hf_key_generate(algs[i], &key));
        assert_ok(hf_key_write_public_pem(key, &buf));
        assert_ok(hf_key_from_public_pem(hf_buf_view(&buf), &again, NULL));
        assert_int_equal(hf_key_alg(again), algs[i]);
        assert_string_equal(hf_key_thumbprint(key), hf_key_thumbprint(again));
        assert_false(hf_key_has_private(again));
    }
}

static void private_keys_of_every_kind_come_back(void **state)
{
    (void)state;
    static const enum hf_alg algs[] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        HF_CLEANUP(hf_key_drop) struct hf_key *again = NULL;
        HF_CLEANUP(hf_secret_buf_clear) hf_buf buf = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
        assert_ok(hf_key_generate(algs[i], &key));
        assert_ok(hf_key_write_private_pem(key, &buf));
        assert_ok(hf_key_from_pem(hf_buf_view(&buf), &again, NULL));
        assert_string_equal(hf_key_thumbprint(key), hf_key_thumbprint(again));
        assert_true(hf_key_has_private(again));
    }
}

static void a_public_pem_is_as_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum hf_code code;
    } cases[] = {
        {RFC8410_V1, HF_KEY_UNSUPPORTED}, /* a private key */
        {"", HF_KEY_MALFORMED},
        {RFC8410_SPKI "x", HF_KEY_MALFORMED},
        {RFC8410_SPKI RFC8410_SPKI, HF_KEY_MALFORMED},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", HF_KEY_MALFORMED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hf_problem problem = {0};
        struct hf_key *key = NULL;
        assert_int_equal(
            hf_key_from_public_pem(hf_bytes_of_string(cases[i].text), &key, &problem).code,
            cases[i].code);
        assert_null(key);
        assert_string_not_equal(problem.detail, "");
    }
}

static void line_ends_and_outer_white_space_do_not_matter(void **state)
{
    (void)state;
    static const char *const pems[] = {
        "\n" RFC8410_V1 "\n",
        "-----BEGIN PRIVATE KEY-----\r\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\r\n"
        "-----END PRIVATE KEY-----\r\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK\n1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----"};
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of(pems[i]);
        assert_true(hf_key_has_private(key));
    }
}

static void assert_refused(const char *pem, enum hf_code code)
{
    struct hf_problem problem = {0};
    struct hf_key *key = NULL;
    hf_status status = hf_key_from_pem(hf_bytes_of_string(pem), &key, &problem);
    assert_string_equal(hf_code_info(status.code)->name, hf_code_info(code)->name);
    assert_null(key);
    assert_string_not_equal(problem.detail, "");
}

static void texts_that_are_no_key_are_refused(void **state)
{
    (void)state;
    static const char *const pems[] = {
        "",
        "\n",
        "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
        BEGIN,
        BEGIN END,
        BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n",
        "x" RFC8410_V1,
        RFC8410_V1 "x",
        RFC8410_V1 RFC8410_V1,
        BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVh\n" END,
        BEGIN "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp-K06/nwoy/HU++CXqI9EdVhC\n" END,
        BEGIN "AAAA\n" END,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----", /* nothing between */
        "-----BEGIN PRIVATE KEY-----END PRIVATE KEY-----",      /* one dash run for both */
    };
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        assert_refused(pems[i], HF_KEY_MALFORMED);
    }
}

static void other_keys_are_named_as_such(void **state)
{
    (void)state;
    assert_refused("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                   "-----END ENCRYPTED PRIVATE KEY-----\n",
                   HF_KEY_UNSUPPORTED);
    assert_refused(RFC8410_SPKI, HF_KEY_UNSUPPORTED);
    assert_refused("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
                   HF_KEY_UNSUPPORTED);
    assert_refused("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                   HF_KEY_UNSUPPORTED);
    assert_refused("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
                   HF_KEY_UNSUPPORTED);
    /* X25519: the seed of RFC 8410's key under the neighbouring object identifier */
    assert_refused(BEGIN "MC4CAQAwBQYDK2VuBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" END,
                   HF_KEY_UNSUPPORTED);
    /* what begins like a P-256 key and names secp256k1 */
    assert_refused(BEGIN "MD4CAQAwEAYHKoZIzj0CAQYFK4EEAAoEJzAlAgEBBCAAAAAAAAAAAAAAAAAAAAAA\n"
                         "AAAAAAAAAAAAAAAAAAAAAQ==\n" END,
                   HF_KEY_UNSUPPORTED);
}

/* Bytes of a DER key, with one change each. */
static void assert_der_refused(const uint8_t *der, size_t n, enum hf_code code)
{
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    const char *text = NULL;
    assert_ok(hf_buf_append_string(&pem, BEGIN));
    assert_ok(hf_base64_encode(hf_bytes_of(der, n), &pem));
    assert_ok(hf_buf_append_string(&pem, "\n" END));
    assert_ok(hf_buf_string(&pem, &text));
    assert_refused(text, code);
}

#define PKCS8_V1                                                                                   \
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20

static void every_byte_before_the_seed_counts(void **state)
{
    (void)state;
    const uint8_t good[48] = {PKCS8_V1};
    for (size_t i = 0; i < 16; i++) {
        uint8_t der[48];
        memcpy(der, good, sizeof(der));
        der[i] ^= i == 4 ? 2 : 1;        /* version 1 is a version; 2 is none */
        bool is_oid = i >= 8 && i <= 11; /* its length too: a shorter one is another */
        assert_der_refused(der, sizeof(der), is_oid ? HF_KEY_UNSUPPORTED : HF_KEY_MALFORMED);
    }
}

static void a_cut_or_longer_der_is_refused(void **state)
{
    (void)state;
    const uint8_t der[49] = {PKCS8_V1};
    for (size_t n = 1; n < 48; n++) {
        assert_der_refused(der, n, HF_KEY_MALFORMED);
    }
    assert_der_refused(der, 49, HF_KEY_MALFORMED);
}

static void lengths_have_their_shortest_form(void **state)
{
    (void)state;
    const uint8_t one_octet[49] = {0x30, 0x81, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                   0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    const uint8_t indefinite[50] = {0x30, 0x80, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                    0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    const uint8_t huge[8] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01};
    assert_der_refused(one_octet, sizeof(one_octet), HF_KEY_MALFORMED);
    assert_der_refused(indefinite, sizeof(indefinite), HF_KEY_MALFORMED);
    assert_der_refused(huge, sizeof(huge), HF_KEY_MALFORMED);
}

static void parameters_of_the_algorithm_are_refused(void **state)
{
    (void)state;
    const uint8_t der[50] = {0x30, 0x30, 0x02, 0x01, 0x00, 0x30, 0x07, 0x06, 0x03,
                             0x2b, 0x65, 0x70, 0x05, 0x00, 0x04, 0x22, 0x04, 0x20};
    assert_der_refused(der, sizeof(der), HF_KEY_MALFORMED);
}

static void a_public_key_inside_must_be_the_private_keys_own(void **state)
{
    (void)state;
    uint8_t der[83] = {0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06,
                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    bytes_of_hex(RFC8037_SEED_HEX, der + 16);
    der[48] = 0x81;
    der[49] = 0x21;
    bytes_of_hex(RFC8037_PUBLIC_HEX, der + 51);
    der[82] ^= 1;
    assert_der_refused(der, sizeof(der), HF_KEY_MALFORMED);
    der[82] ^= 1;
    der[50] = 1; /* unused bits */
    assert_der_refused(der, sizeof(der), HF_KEY_MALFORMED);
    der[50] = 0;
    der[4] = 0; /* version 1 of the structure has no public key */
    assert_der_refused(der, sizeof(der), HF_KEY_MALFORMED);
    der[4] = 1;
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    assert_ok(hf_buf_append_string(&pem, BEGIN));
    assert_ok(hf_base64_encode(hf_bytes_of(der, sizeof(der)), &pem));
    assert_ok(hf_buf_append_string(&pem, "\n" END));
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    assert_ok(hf_key_from_pem(hf_buf_view(&pem), &key, NULL));
    assert_string_equal(hf_key_thumbprint(key), RFC8037_THUMBPRINT);
}

static void a_text_larger_than_any_key_is_refused(void **state)
{
    (void)state;
    static char text[HF_KEY_PEM_MAX_BYTES + 2];
    memset(text, '\n', sizeof(text) - 1);
    assert_refused(text, HF_KEY_MALFORMED);
}

static void a_public_key_has_no_private_pem(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    uint8_t point[32];
    bytes_of_hex(RFC8037_PUBLIC_HEX, point);
    assert_ok(hf_key_from_ed25519_public(point, &key));
    assert_code(hf_key_write_private_pem(key, &buf), BUG);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(50);
    assert_code(hf_key_write_public_pem(key, &small), LIMIT);
    assert_int_equal(small.size, 0);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_keys_of_rfc_8410_are_read),
        cmocka_unit_test(what_is_written_is_what_openssl_writes),
        cmocka_unit_test(public_keys_of_every_kind_come_back),
        cmocka_unit_test(private_keys_of_every_kind_come_back),
        cmocka_unit_test(a_public_pem_is_as_strict),
        cmocka_unit_test(line_ends_and_outer_white_space_do_not_matter),
        cmocka_unit_test(texts_that_are_no_key_are_refused),
        cmocka_unit_test(other_keys_are_named_as_such),
        cmocka_unit_test(every_byte_before_the_seed_counts),
        cmocka_unit_test(a_cut_or_longer_der_is_refused),
        cmocka_unit_test(lengths_have_their_shortest_form),
        cmocka_unit_test(parameters_of_the_algorithm_are_refused),
        cmocka_unit_test(a_public_key_inside_must_be_the_private_keys_own),
        cmocka_unit_test(a_text_larger_than_any_key_is_refused),
        cmocka_unit_test(a_public_key_has_no_private_pem),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

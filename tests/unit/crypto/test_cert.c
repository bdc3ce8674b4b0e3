#include "crypto/cert.h"

#include "crypto/base64.h"
#include "tests/unit/crypto/certs.h"
#include "tests/unit/crypto/hex.h"
#include "tests/unit/unit.h"

struct known {
    const char *pem;
    const char *sha256;
    const char *jkt;
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
};

static const struct known knowns[] = {
    {P256_PEM, P256_SHA256, P256_JKT, P256_NOT_BEFORE, P256_NOT_AFTER},
    {ED25519_PEM, ED25519_SHA256, ED25519_JKT, ED25519_NOT_BEFORE, ED25519_NOT_AFTER},
    {RSA_PEM, RSA_SHA256, RSA_JKT, RSA_NOT_BEFORE, RSA_NOT_AFTER},
};

static void what_other_software_says_of_a_certificate_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
        struct hf_cert_info info;
        uint8_t sha256[32];
        bytes_of_hex(knowns[i].sha256, sha256);
        assert_ok(hf_cert_info_from_pem(hf_bytes_of_string(knowns[i].pem), &info));
        assert_memory_equal(info.sha256, sha256, 32);
        assert_string_equal(info.jkt, knowns[i].jkt);
        assert_int_equal(info.not_before_unix_s, knowns[i].not_before_unix_s);
        assert_int_equal(info.not_after_unix_s, knowns[i].not_after_unix_s);
    }
}

/* The DER inside a PEM of one certificate. */
static void der_of(const char *pem, hf_buf *der)
{
    HF_CLEANUP(hf_buf_clear) hf_buf digits = hf_buf_init(1 << 14);
    const char *at = strchr(pem, '\n') + 1;
    const char *end = strstr(at, "-----END");
    for (; at < end; at++) {
        if (*at != '\n') {
            assert_ok(hf_buf_append_byte(&digits, (uint8_t)*at));
        }
    }
    assert_ok(hf_base64_decode(hf_buf_view(&digits), der));
}

static void der_and_pem_say_the_same(void **state)
{
    (void)state;
    struct hf_cert_info one;
    struct hf_cert_info two;
    HF_CLEANUP(hf_buf_clear) hf_buf der = hf_buf_init(1 << 14);
    der_of(P256_PEM, &der);
    assert_ok(hf_cert_info_from_der(hf_buf_view(&der), &one));
    assert_ok(hf_cert_info_from_pem(HF_LITERAL(P256_PEM), &two));
    assert_memory_equal(one.sha256, two.sha256, 32);
    assert_string_equal(one.jkt, two.jkt);
}

static void the_first_of_several_is_taken(void **state)
{
    (void)state;
    struct hf_cert_info info;
    assert_ok(hf_cert_info_from_pem(HF_LITERAL("words before\n" ED25519_PEM P256_PEM), &info));
    assert_string_equal(info.jkt, ED25519_JKT);
}

static void another_kind_of_key_is_not_supported(void **state)
{
    (void)state;
    struct hf_cert_info info = {.not_after_unix_s = 7};
    assert_code(hf_cert_info_from_pem(HF_LITERAL(P384_PEM), &info), KEY_UNSUPPORTED);
    assert_int_equal(info.not_after_unix_s, 7);
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    struct hf_cert_info info;
    static uint8_t big[70000];
    static const char *const pems[] = {
        "", "x", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n"};
    for (size_t i = 0; i < sizeof(pems) / sizeof(pems[0]); i++) {
        assert_code(hf_cert_info_from_pem(hf_bytes_of_string(pems[i]), &info), KEY_MALFORMED);
    }
    assert_code(hf_cert_info_from_der(hf_bytes_of(NULL, 0), &info), KEY_MALFORMED);
    assert_code(hf_cert_info_from_der(hf_bytes_of(big, sizeof(big)), &info), KEY_MALFORMED);
}

static void a_cut_or_longer_der_is_refused(void **state)
{
    (void)state;
    struct hf_cert_info info;
    HF_CLEANUP(hf_buf_clear) hf_buf der = hf_buf_init(1 << 14);
    der_of(P256_PEM, &der);
    for (size_t n = 0; n < der.size; n++) {
        assert_code(hf_cert_info_from_der(hf_bytes_of(der.data, n), &info), KEY_MALFORMED);
    }
    assert_ok(hf_buf_append_byte(&der, 0));
    assert_code(hf_cert_info_from_der(hf_buf_view(&der), &info), KEY_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_other_software_says_of_a_certificate_holds),
        cmocka_unit_test(der_and_pem_say_the_same),
        cmocka_unit_test(the_first_of_several_is_taken),
        cmocka_unit_test(another_kind_of_key_is_not_supported),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(a_cut_or_longer_der_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

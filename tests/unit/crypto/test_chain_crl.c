#include "crypto/chain_parts.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/little_ca.h"

#include <openssl/err.h>

static struct ca_cert issuer;
static struct ca_cert other;
static uint8_t der[4096];

static const struct ca_spec ca = {.name = "CA", .usage = CA_USAGE, .constraints = CA_CONSTRAINTS};

static hf_status list_of(hf_bytes file, struct hf_chain_crl **ret_crl)
{
    struct hf_problem problem = {0};
    hf_status status = hf_chain_crl_new(file, ret_crl, &problem);
    assert_int_equal(hf_is_ok(status), problem.detail[0] == '\0');
    assert_int_equal(ERR_peek_error(), 0);
    return status;
}

static void a_list_is_verified_with_its_issuers_key_alone(void **state)
{
    (void)state;
    const struct ca_list list = {.id = NULL};
    struct hf_chain_crl *crl = NULL;
    struct hf_key *key = NULL;
    struct hf_key *wrong = NULL;
    assert_ok(list_of(ca_crl(&issuer, &list, der), &crl));
    assert_ok(hf_chain_key_of(issuer.x509, &key));
    assert_ok(hf_chain_key_of(other.x509, &wrong));
    assert_true(hf_chain_crl_is_of(crl, issuer.x509));
    assert_code(hf_chain_crl_verify(crl, wrong), SIGNATURE_INVALID);
    assert_ok(hf_chain_crl_verify(crl, key));
    assert_ok(hf_chain_crl_verify(crl, key)); /* from memory */
    assert_code(hf_chain_crl_verify(crl, wrong), SIGNATURE_INVALID);
    hf_chain_crl_free(crl);
    hf_key_unref(key);
    hf_key_unref(wrong);
}

static void a_list_of_another_algorithm_does_not_verify(void **state)
{
    (void)state;
    struct ca_spec spec = ca;
    struct hf_chain_crl *crl = NULL;
    struct hf_key *key = NULL;
    const struct ca_list list = {.id = NULL};
    spec.type = "EC";
    struct ca_cert p256 = ca_issue(&spec, NULL);
    assert_ok(list_of(ca_crl(&p256, &list, der), &crl));
    assert_ok(hf_chain_key_of(issuer.x509, &key));
    assert_code(hf_chain_crl_verify(crl, key), SIGNATURE_INVALID);
    hf_chain_crl_free(crl);
    hf_key_unref(key);
    ca_free(&p256);
}

static void a_list_answers_for_one_certificate(void **state)
{
    (void)state;
    const struct ca_list list = {
        .revoked = &other, .revoked_at = CA_FROM + 5, .updated = CA_FROM + 9, .next = CA_FROM + 20};
    struct hf_chain_crl_answer answer;
    struct hf_chain_crl *crl = NULL;
    struct ca_cert third = ca_issue(&ca, &issuer);
    assert_ok(list_of(ca_crl(&issuer, &list, der), &crl));
    hf_chain_crl_ask(crl, other.x509, &answer);
    assert_int_equal(answer.revoked_at_unix_s, CA_FROM + 5);
    assert_int_equal(answer.updated_unix_s, CA_FROM + 9);
    assert_int_equal(answer.next_update_unix_s, CA_FROM + 20);
    hf_chain_crl_ask(crl, third.x509, &answer);
    assert_int_equal(answer.revoked_at_unix_s, 0);
    hf_chain_crl_free(crl);
    ca_free(&third);
}

static void an_end_in_1970_is_one(void **state)
{
    (void)state;
    const struct ca_list list = {.revoked = &other, .revoked_at = 0};
    struct hf_chain_crl_answer answer;
    struct hf_chain_crl *crl = NULL;
    assert_ok(list_of(ca_crl(&issuer, &list, der), &crl));
    hf_chain_crl_ask(crl, other.x509, &answer);
    assert_int_equal(answer.revoked_at_unix_s, 1);
    hf_chain_crl_free(crl);
}

static void lists_that_tell_less_than_all_are_refused(void **state)
{
    (void)state;
    const struct ca_list lists[] = {
        {.is_delta = true}, {.critical_nid = NID_crl_number}, /* known, and never critical */
    };
    for (size_t i = 0; i < 2; i++) {
        struct hf_chain_crl *crl = NULL;
        assert_code(list_of(ca_crl(&issuer, &lists[i], der), &crl), KEY_MALFORMED);
        assert_null(crl);
    }
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    struct hf_chain_crl *crl = NULL;
    const struct ca_list list = {.id = NULL};
    hf_bytes good = ca_crl(&issuer, &list, der);
    assert_code(list_of((hf_bytes){NULL, 0}, &crl), KEY_MALFORMED);
    assert_code(list_of(HF_LITERAL("-----BEGIN X509 CRL-----\n"), &crl), KEY_MALFORMED);
    assert_code(list_of(HF_LITERAL("0"), &crl), KEY_MALFORMED);
    assert_code(list_of(ca_der(&issuer), &crl), KEY_MALFORMED);
    assert_code(list_of(hf_bytes_of(good.data, good.size - 1), &crl), KEY_MALFORMED);
    der[good.size] = 0;
    assert_code(list_of(hf_bytes_of(good.data, good.size + 1), &crl), KEY_MALFORMED);
    assert_null(crl);
    hf_chain_crl_free(NULL);
}

static void an_algorithm_has_one_number(void **state)
{
    (void)state;
    enum hf_alg alg = HF_ALG_ED25519;
    assert_false(hf_chain_alg_of(NID_ecdsa_with_SHA1, &alg));
    assert_false(hf_chain_alg_of(NID_ecdsa_with_SHA384, &alg));
    assert_false(hf_chain_alg_of(NID_sha256WithRSAEncryption, &alg));
    assert_false(hf_chain_alg_of(NID_undef, &alg));
    assert_int_equal(alg, HF_ALG_ED25519);
    assert_true(hf_chain_alg_of(NID_SM2_with_SM3, &alg));
    assert_int_equal(alg, HF_ALG_SM2);
    assert_true(hf_chain_alg_of(NID_ecdsa_with_SHA256, &alg));
    assert_int_equal(alg, HF_ALG_ES256);
    int64_t unix_s;
    assert_false(hf_chain_time(NULL, &unix_s));
}

static int set_up(void **state)
{
    (void)state;
    if (!hf_is_ok(hf_crypto_init())) {
        return 1;
    }
    issuer = ca_issue(&ca, NULL);
    other = ca_issue(&ca, &issuer);
    ERR_clear_error();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ca_free(&issuer);
    ca_free(&other);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_verified_with_its_issuers_key_alone),
        cmocka_unit_test(a_list_of_another_algorithm_does_not_verify),
        cmocka_unit_test(a_list_answers_for_one_certificate),
        cmocka_unit_test(an_end_in_1970_is_one),
        cmocka_unit_test(lists_that_tell_less_than_all_are_refused),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(an_algorithm_has_one_number),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

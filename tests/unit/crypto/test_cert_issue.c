#include "crypto/cert.h"

#include "crypto/secret.h"
#include "tests/unit/unit.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum { NOT_BEFORE = 1767225600, NOT_AFTER = 2082758400 }; /* 2026, 2036 */
static const struct hf_cert_validity validity = {NOT_BEFORE, NOT_AFTER};
static struct hf_cert_issuer *issuer;

static X509 *read_cert(const hf_buf *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(cert);
    return cert;
}

static X509 *root_cert(void)
{
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    assert_ok(hf_cert_issuer_write_cert(issuer, &pem));
    return read_cert(&pem);
}

/* What OpenSSL's own verification says of @cert under our root, for @purpose at @time. */
static int verify(X509 *cert, int purpose, time_t time)
{
    X509 *root = root_cert();
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_init(context, store, cert, NULL);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), time);
    int error = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    return error;
}

static X509 *issue(struct hf_cert_request request)
{
    HF_CLEANUP(hf_buf_clear) hf_buf cert_pem = hf_buf_init(8192);
    HF_CLEANUP(hf_secret_buf_clear) hf_buf key_pem = hf_buf_init(8192);
    request.validity = validity;
    assert_ok(hf_cert_issue(issuer, &request, &cert_pem, &key_pem));
    X509 *cert = read_cert(&cert_pem);
    BIO *bio = BIO_new_mem_buf(key_pem.data, (int)key_pem.size);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_int_equal(X509_check_private_key(cert, key), 1);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return cert;
}

static void a_server_is_accepted_as_a_server_only(void **state)
{
    (void)state;
    static const char *const names[] = {"localhost", "127.0.0.1", "::1", "gw.example.test"};
    X509 *cert = issue((struct hf_cert_request){
        .common_name = "gateway", .alt_names = names, .n_alt_names = 4, .is_server = true});
    assert_int_equal(verify(cert, X509_PURPOSE_SSL_SERVER, NOT_BEFORE + 60), X509_V_OK);
    assert_int_equal(verify(cert, X509_PURPOSE_SSL_CLIENT, NOT_BEFORE + 60),
                     X509_V_ERR_INVALID_PURPOSE);
    assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "gw.example.test", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(cert, "other.example.test", 0, 0, NULL), 0);
    assert_int_equal(X509_check_host(cert, "gateway", 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL),
                     0);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.2", 0), 0);
    X509_free(cert);
}

static void a_client_is_accepted_as_a_client_only(void **state)
{
    (void)state;
    X509 *cert = issue((struct hf_cert_request){.common_name = "uscc:911100001000044477"});
    assert_int_equal(verify(cert, X509_PURPOSE_SSL_CLIENT, NOT_BEFORE + 60), X509_V_OK);
    assert_int_equal(verify(cert, X509_PURPOSE_SSL_SERVER, NOT_BEFORE + 60),
                     X509_V_ERR_INVALID_PURPOSE);
    X509_free(cert);
}

static void outside_its_validity_it_is_refused(void **state)
{
    (void)state;
    X509 *cert = issue((struct hf_cert_request){.common_name = "a"});
    assert_int_equal(verify(cert, X509_PURPOSE_SSL_CLIENT, NOT_BEFORE - 60),
                     X509_V_ERR_CERT_NOT_YET_VALID);
    assert_int_not_equal(verify(cert, X509_PURPOSE_SSL_CLIENT, NOT_AFTER + 60), X509_V_OK);
    X509_free(cert);
}

static void what_it_issues_can_issue_nothing(void **state)
{
    (void)state;
    X509 *root = root_cert();
    X509 *cert = issue((struct hf_cert_request){.common_name = "a"});
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_check_ca(root), 1);
    assert_int_equal(X509_get_pathlen(root), 0);
    X509_free(cert);
    X509_free(root);
}

static void certificates_and_serials_differ(void **state)
{
    (void)state;
    X509 *one = issue((struct hf_cert_request){.common_name = "a"});
    X509 *two = issue((struct hf_cert_request){.common_name = "a"});
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(one), X509_get0_serialNumber(two)),
                         0);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(two)), 0);
    X509_free(one);
    X509_free(two);
}

static void assert_refused(struct hf_cert_request request)
{
    HF_CLEANUP(hf_buf_clear) hf_buf cert_pem = hf_buf_init(8192);
    HF_CLEANUP(hf_buf_clear) hf_buf key_pem = hf_buf_init(8192);
    assert_code(hf_cert_issue(issuer, &request, &cert_pem, &key_pem), CRYPTO);
    assert_int_equal(cert_pem.size + key_pem.size, 0);
    assert_int_equal(ERR_peek_error(), 0);
}

static void names_that_are_no_names_are_refused(void **state)
{
    (void)state;
    static const char *const bad_names[] = {"", "a b", "a/b", "*.x,y", "\xe7\xa8\x8e.test"};
    for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
        assert_refused((struct hf_cert_request){.common_name = "a",
                                                .alt_names = &bad_names[i],
                                                .n_alt_names = 1,
                                                .validity = validity,
                                                .is_server = true});
    }
    assert_refused((struct hf_cert_request){
        .common_name = "65 characters are one more than X.509 allows for a common name ..",
        .validity = validity});
}

static void a_validity_that_ends_before_it_begins_is_refused(void **state)
{
    (void)state;
    struct hf_cert_issuer *other = NULL;
    assert_refused(
        (struct hf_cert_request){.common_name = "a", .validity = {NOT_AFTER, NOT_BEFORE}});
    assert_code(hf_cert_issuer_new("r", (struct hf_cert_validity){NOT_BEFORE, NOT_BEFORE}, &other),
                CRYPTO);
    assert_null(other);
    hf_cert_issuer_free(NULL);
}

static void buffers_that_are_full_are_a_limit_and_keep_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf big = hf_buf_init(8192);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(100);
    const struct hf_cert_request request = {.common_name = "a", .validity = validity};
    assert_code(hf_cert_issue(issuer, &request, &big, &small), LIMIT);
    assert_code(hf_cert_issue(issuer, &request, &small, &big), LIMIT);
    assert_code(hf_cert_issuer_write_cert(issuer, &small), LIMIT);
    assert_int_equal(big.size + small.size, 0);
}

static void an_issued_certificate_is_identified(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf cert_pem = hf_buf_init(8192);
    HF_CLEANUP(hf_buf_clear) hf_buf key_pem = hf_buf_init(8192);
    const struct hf_cert_request request = {.common_name = "a", .validity = validity};
    struct hf_cert_info info;
    assert_ok(hf_cert_issue(issuer, &request, &cert_pem, &key_pem));
    assert_ok(hf_cert_info_from_pem(hf_buf_view(&cert_pem), &info));
    assert_int_equal(info.not_before_unix_s, NOT_BEFORE);
    assert_int_equal(info.not_after_unix_s, NOT_AFTER);
    assert_int_equal(strlen(info.jkt), HF_THUMBPRINT_CHARS);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_cert_issuer_new("a deployment", validity, &issuer)) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    hf_cert_issuer_free(issuer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_accepted_as_a_server_only),
        cmocka_unit_test(a_client_is_accepted_as_a_client_only),
        cmocka_unit_test(outside_its_validity_it_is_refused),
        cmocka_unit_test(what_it_issues_can_issue_nothing),
        cmocka_unit_test(certificates_and_serials_differ),
        cmocka_unit_test(names_that_are_no_names_are_refused),
        cmocka_unit_test(a_validity_that_ends_before_it_begins_is_refused),
        cmocka_unit_test(buffers_that_are_full_are_a_limit_and_keep_nothing),
        cmocka_unit_test(an_issued_certificate_is_identified),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

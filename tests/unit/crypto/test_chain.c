#include "crypto/chain.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/little_ca.h"

#include <openssl/err.h>

enum { MAX_CERTS = 4 };

/* A hierarchy as it should be, of one kind of key; tests change one specification of it. */
struct hierarchy {
    struct ca_spec root, middle, signer;
    struct ca_list root_list, middle_list;
    bool is_middle_list_absent;
    bool is_middle_revoked;
    bool is_signer_revoked;
    long revoked_at;
};

static struct hierarchy usual(const char *type)
{
    return (struct hierarchy){
        .root = {.name = "Root", .type = type, .usage = CA_USAGE, .constraints = CA_CONSTRAINTS},
        .middle = {.name = "Middle",
                   .type = type,
                   .usage = CA_USAGE,
                   .constraints = CA_CONSTRAINTS},
        .signer = {.name = "Enterprise", .type = type, .usage = SIGNER_USAGE, .code = CA_USCC},
        .revoked_at = CA_FROM + 10,
    };
}

/* What a hierarchy became. */
struct built {
    struct ca_cert root, middle, signer;
    struct hf_chain_root *trusted;
    struct hf_chain chain;
    struct hf_problem problem;
};

static void tear_down(struct built *built)
{
    ca_free(&built->root);
    ca_free(&built->middle);
    ca_free(&built->signer);
    hf_chain_root_free(built->trusted);
    hf_chain_clear(&built->chain);
    assert_int_equal(ERR_peek_error(), 0);
}

static void build(const struct hierarchy *hierarchy, struct built *built)
{
    uint8_t der[4096];
    struct ca_list list = hierarchy->root_list;
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    *built = (struct built){.root = ca_issue(&hierarchy->root, NULL)};
    built->middle = ca_issue(&hierarchy->middle, &built->root);
    built->signer = ca_issue(&hierarchy->signer, &built->middle);
    ca_write_pem(&built->root, &pem);
    assert_ok(hf_chain_root_new(hf_buf_view(&pem), &built->trusted, NULL));
    list.revoked = hierarchy->is_middle_revoked ? &built->middle : NULL;
    list.revoked_at = hierarchy->revoked_at;
    assert_ok(hf_chain_root_add_crl(built->trusted, ca_crl(&built->root, &list, der), NULL));
    if (!hierarchy->is_middle_list_absent) {
        list = hierarchy->middle_list;
        list.revoked = hierarchy->is_signer_revoked ? &built->signer : NULL;
        list.revoked_at = hierarchy->revoked_at;
        assert_ok(hf_chain_root_add_crl(built->trusted, ca_crl(&built->middle, &list, der), NULL));
    }
    ERR_clear_error(); /* what the little authority left */
}

static hf_status verify(struct built *built)
{
    const hf_bytes certs[] = {ca_der(&built->signer), ca_der(&built->middle)};
    hf_chain_clear(&built->chain);
    return hf_chain_verify(built->trusted, certs, 2, &built->chain, &built->problem);
}

static void assert_holds(const struct hierarchy *hierarchy)
{
    struct built built;
    build(hierarchy, &built);
    hf_status status = verify(&built);
    if (!hf_is_ok(status)) {
        print_error("%s\n", built.problem.detail);
    }
    assert_ok(status);
    tear_down(&built);
}

static void assert_refused(const struct hierarchy *hierarchy)
{
    struct built built;
    build(hierarchy, &built);
    assert_code(verify(&built), SIGNATURE_INVALID);
    assert_null(built.chain.key);
    assert_string_not_equal(built.problem.detail, "");
    tear_down(&built);
}

/* ---- chains that hold ---- */

static void chains_of_both_kinds_and_mixed_ones_hold(void **state)
{
    (void)state;
    struct hierarchy sm2 = usual("SM2");
    struct hierarchy p256 = usual("EC");
    struct hierarchy mixed = usual("SM2");
    mixed.root.type = "EC";
    assert_holds(&sm2);
    assert_holds(&p256);
    assert_holds(&mixed);
    mixed = usual("EC");
    mixed.root.type = "SM2";
    assert_holds(&mixed);
}

static void a_chain_gives_the_signers_key(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    uint8_t signature[64];
    uint8_t der[80];
    size_t n = sizeof der;
    build(&hierarchy, &built);
    assert_ok(verify(&built));
    assert_int_equal(hf_key_alg(built.chain.key), HF_ALG_SM2);
    assert_false(hf_key_has_private(built.chain.key));
    EVP_MD_CTX *context = ca_signer(built.signer.key, CA_ID, NULL);
    assert_int_equal(EVP_DigestSign(context, der, &n, (const unsigned char *)"text", 4), 1);
    EVP_MD_CTX_free(context);
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &(const unsigned char *){der}, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + 32, 32);
    ECDSA_SIG_free(numbers);
    assert_ok(hf_key_verify(built.chain.key, HF_LITERAL("text"), hf_bytes_of(signature, 64)));
    tear_down(&built);
}

static void a_root_may_certify_signers_itself(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    build(&hierarchy, &built);
    struct ca_cert signer = ca_issue(&hierarchy.signer, &built.root);
    const hf_bytes cert = ca_der(&signer);
    assert_ok(hf_chain_verify(built.trusted, &cert, 1, &built.chain, &built.problem));
    ca_free(&signer);
    tear_down(&built);
}

static void validity_is_what_all_certificates_share(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    hierarchy.middle.from = CA_FROM + 7;
    hierarchy.signer.to = CA_FROM + 9;
    build(&hierarchy, &built);
    assert_ok(verify(&built)); /* whatever the hour is */
    assert_int_equal(built.chain.not_before_unix_s, CA_FROM + 7);
    assert_int_equal(built.chain.not_after_unix_s, CA_FROM + 10);
    assert_int_equal(built.chain.revoked_at_unix_s, 0);
    assert_int_equal(built.chain.crls_updated_unix_s, CA_FROM + CA_DAY);
    assert_int_equal(built.chain.crls_next_update_unix_s, CA_TO);
    tear_down(&built);
}

static void usages_of_signers_that_are_fine(void **state)
{
    (void)state;
    static const char *const extended[] = {"clientAuth", "emailProtection", "serverAuth,clientAuth",
                                           "anyExtendedKeyUsage"};
    struct hierarchy hierarchy = usual("SM2");
    hierarchy.signer.usage = "digitalSignature";
    hierarchy.signer.constraints = "CA:FALSE";
    for (size_t i = 0; i < sizeof extended / sizeof extended[0]; i++) {
        hierarchy.signer.extended = extended[i];
        assert_holds(&hierarchy);
    }
}

/* ---- chains that do not ---- */

static void every_certificate_wants_the_one_id(void **state)
{
    (void)state;
    static const char *const ids[] = {"", "1234567812345679"};
    for (size_t i = 0; i < 2; i++) {
        struct hierarchy hierarchy = usual("SM2");
        hierarchy.signer.id = ids[i];
        assert_refused(&hierarchy);
        hierarchy = usual("SM2");
        hierarchy.middle.id = ids[i];
        assert_refused(&hierarchy);
    }
}

static void a_middle_that_is_no_ca_is_refused(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    hierarchy.middle.constraints = "critical,CA:FALSE";
    assert_refused(&hierarchy);
    hierarchy.middle.constraints = NULL;
    assert_refused(&hierarchy);
    hierarchy.middle.constraints = CA_CONSTRAINTS;
    hierarchy.middle.usage = "critical,digitalSignature";
    assert_refused(&hierarchy);
    hierarchy.middle.usage = "critical,keyCertSign"; /* may not sign its list */
    assert_refused(&hierarchy);
    hierarchy.middle.usage = CA_USAGE;
    hierarchy.root.constraints = "critical,CA:TRUE,pathlen:0";
    assert_refused(&hierarchy);
    hierarchy.root.constraints = "critical,CA:TRUE,pathlen:1";
    assert_holds(&hierarchy);
}

static void a_signer_signs_and_does_nothing_else(void **state)
{
    (void)state;
    static const char *const usages[] = {
        NULL,
        "critical,nonRepudiation",
        "critical,keyEncipherment,dataEncipherment",
        "critical,keyAgreement",
        "critical,digitalSignature,keyEncipherment",
        "critical,digitalSignature,dataEncipherment",
        "critical,digitalSignature,keyAgreement",
    };
    struct hierarchy hierarchy = usual("SM2");
    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        hierarchy.signer.usage = usages[i];
        assert_refused(&hierarchy);
    }
    hierarchy.signer.usage = SIGNER_USAGE;
    hierarchy.signer.extended = "serverAuth";
    assert_refused(&hierarchy);
    hierarchy.signer.extended = "OCSPSigning,timeStamping,codeSigning";
    assert_refused(&hierarchy);
    hierarchy.signer.extended = NULL;
    hierarchy.signer.constraints = CA_CONSTRAINTS;
    hierarchy.signer.usage = "critical,digitalSignature,keyCertSign,cRLSign";
    assert_refused(&hierarchy);
}

static void other_keys_and_digests_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"RSA", "P-384"};
    for (size_t i = 0; i < 2; i++) {
        struct hierarchy hierarchy = usual("EC");
        hierarchy.signer.type = types[i];
        assert_refused(&hierarchy);
    }
    static const char *const digests[] = {"SHA1", "SHA384", "SHA224"};
    for (size_t i = 0; i < 3; i++) {
        struct hierarchy hierarchy = usual("EC");
        hierarchy.signer.digest = digests[i];
        assert_refused(&hierarchy);
        hierarchy = usual("EC");
        hierarchy.middle.digest = digests[i];
        assert_refused(&hierarchy);
    }
}

static void a_ca_of_another_kind_of_key_is_refused(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("EC");
    struct built built;
    build(&hierarchy, &built);
    hierarchy.middle.type = "RSA";
    struct ca_cert middle = ca_issue(&hierarchy.middle, &built.root);
    struct ca_cert signer = ca_issue(&hierarchy.signer, &middle);
    const hf_bytes certs[] = {ca_der(&signer), ca_der(&middle)};
    assert_code(hf_chain_verify(built.trusted, certs, 2, &built.chain, &built.problem),
                SIGNATURE_INVALID);
    ca_free(&middle);
    ca_free(&signer);
    tear_down(&built);
}

static void unknown_critical_extensions_are_refused(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    hierarchy.signer.ext_oid = "1.2.156.10260.4.1.4";
    hierarchy.signer.ext_value = "critical,ASN1:UTF8String:" CA_USCC;
    assert_refused(&hierarchy);
    hierarchy.signer.ext_value = "ASN1:UTF8String:" CA_USCC;
    assert_holds(&hierarchy);
}

static void the_chain_is_what_was_sent_in_order(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    build(&hierarchy, &built);
    hf_bytes signer = ca_der(&built.signer);
    hf_bytes middle = ca_der(&built.middle);
    hf_bytes root = ca_der(&built.root);
    const struct {
        hf_bytes certs[MAX_CERTS];
        size_t n;
        enum hf_code code;
    } cases[] = {
        {{signer, middle}, 2, HF_OK},
        {{signer}, 1, HF_NOT_FOUND},
        {{middle, signer}, 2, HF_NOT_FOUND},
        {{signer, middle, root}, 3, HF_SIGNATURE_INVALID}, /* the root is not sent */
        {{signer, root}, 2, HF_SIGNATURE_INVALID},
        {{signer, middle, middle}, 3, HF_SIGNATURE_INVALID},
        {{signer, signer, middle}, 3, HF_SIGNATURE_INVALID},
        {{middle}, 1, HF_SIGNATURE_INVALID}, /* a CA signs no consents */
        {{signer, middle, middle, middle}, 4, HF_SIGNATURE_INVALID},
        {{signer}, 0, HF_SIGNATURE_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hf_chain_clear(&built.chain);
        hf_status status = hf_chain_verify(built.trusted, cases[i].certs, cases[i].n, &built.chain,
                                           &built.problem);
        assert_string_equal(hf_code_info(status.code)->name, hf_code_info(cases[i].code)->name);
    }
    tear_down(&built);
}

/* Any bit of any certificate. */
static void every_byte_of_a_chain_counts(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("EC");
    struct built built;
    build(&hierarchy, &built);
    struct ca_cert *const certs[] = {&built.signer, &built.middle};
    for (size_t i = 0; i < 2; i++) {
        for (size_t byte = 0; byte < certs[i]->n_der; byte++) {
            certs[i]->der[byte] ^= (uint8_t)(1U << byte % 8);
            assert_false(hf_is_ok(verify(&built)));
            certs[i]->der[byte] ^= (uint8_t)(1U << byte % 8);
        }
    }
    assert_ok(verify(&built));
    built.signer.n_der--;
    assert_code(verify(&built), SIGNATURE_INVALID);
    built.signer.n_der += 2;
    assert_code(verify(&built), SIGNATURE_INVALID);
    tear_down(&built);
}

static void a_root_of_the_same_name_is_not_the_root(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    struct built other;
    build(&hierarchy, &built);
    build(&hierarchy, &other);
    const hf_bytes certs[] = {ca_der(&other.signer), ca_der(&other.middle)};
    assert_code(hf_chain_verify(built.trusted, certs, 2, &built.chain, &built.problem),
                SIGNATURE_INVALID);
    tear_down(&other);
    tear_down(&built);
}

/* ---- revocation ---- */

static void assert_revoked_at(const struct hierarchy *hierarchy, long expected)
{
    struct built built;
    build(hierarchy, &built);
    assert_ok(verify(&built));
    assert_int_equal(built.chain.revoked_at_unix_s, expected);
    tear_down(&built);
}

static void a_revoked_certificate_is_told_with_its_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct hierarchy hierarchy = usual(i == 0 ? "SM2" : "EC");
        assert_revoked_at(&hierarchy, 0);
        hierarchy.is_signer_revoked = true;
        assert_revoked_at(&hierarchy, CA_FROM + 10);
        hierarchy.is_signer_revoked = false;
        hierarchy.is_middle_revoked = true;
        assert_revoked_at(&hierarchy, CA_FROM + 10);
        hierarchy.revoked_at = CA_TO; /* ahead of the list */
        assert_revoked_at(&hierarchy, CA_TO);
    }
}

static void without_a_list_of_each_issuer_no_chain_holds(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    hierarchy.is_middle_list_absent = true;
    assert_refused(&hierarchy);
}

static void a_list_under_another_id_is_no_list(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    hierarchy.middle_list.id = "";
    assert_refused(&hierarchy);
}

static void the_oldest_word_counts(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    hierarchy.root_list.updated = CA_FROM + 3;
    hierarchy.root_list.next = -1;
    hierarchy.middle_list.next = CA_FROM + 5;
    build(&hierarchy, &built);
    assert_ok(verify(&built));
    assert_int_equal(built.chain.crls_updated_unix_s, CA_FROM + 3);
    assert_int_equal(built.chain.crls_next_update_unix_s, CA_FROM + 5);
    tear_down(&built);
}

/* ---- roots ---- */

static hf_status root_of(const struct ca_cert *cert)
{
    struct hf_chain_root *root = NULL;
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    ca_write_pem(cert, &pem);
    hf_status status = hf_chain_root_new(hf_buf_view(&pem), &root, &problem);
    assert_int_equal(hf_is_ok(status), problem.detail[0] == '\0');
    hf_chain_root_free(root);
    return status;
}

static hf_status root_with(struct ca_spec spec)
{
    struct ca_cert cert = ca_issue(&spec, NULL);
    hf_status status = root_of(&cert);
    ca_free(&cert);
    return status;
}

static void only_roots_of_ours_are_trusted(void **state)
{
    (void)state;
    const struct ca_spec good = {.name = "R", .usage = CA_USAGE, .constraints = CA_CONSTRAINTS};
    struct ca_spec spec = good;
    assert_ok(root_with(spec));
    spec.type = "EC";
    assert_ok(root_with(spec));
    spec.digest = "SHA384";
    assert_code(root_with(spec), KEY_UNSUPPORTED);
    spec = good;
    spec.type = "RSA";
    assert_code(root_with(spec), KEY_UNSUPPORTED);
    spec.type = "P-384";
    assert_code(root_with(spec), KEY_UNSUPPORTED);
    spec = good;
    spec.constraints = "CA:FALSE";
    assert_code(root_with(spec), KEY_MALFORMED);
    spec = good;
    spec.id = ""; /* what `openssl req` makes when it is told no id */
    assert_code(root_with(spec), KEY_MALFORMED);
}

static void a_root_signed_itself(void **state)
{
    (void)state;
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    build(&hierarchy, &built);
    assert_code(root_of(&built.middle), KEY_MALFORMED);
    tear_down(&built);
    struct hf_chain_root *root = NULL;
    assert_code(hf_chain_root_new(HF_LITERAL("no certificate"), &root, NULL), KEY_MALFORMED);
    assert_code(hf_chain_root_new((hf_bytes){NULL, 0}, &root, NULL), KEY_MALFORMED);
    assert_null(root);
    hf_chain_root_free(NULL);
}

static void a_list_of_the_roots_must_be_the_roots(void **state)
{
    (void)state;
    uint8_t der[4096];
    struct hierarchy hierarchy = usual("SM2");
    struct built built;
    struct built other;
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    struct hf_chain_root *root = NULL;
    build(&hierarchy, &built);
    build(&hierarchy, &other);
    ca_write_pem(&built.root, &pem);
    assert_ok(hf_chain_root_new(hf_buf_view(&pem), &root, NULL));
    const struct ca_list list = {.id = NULL};
    assert_code(hf_chain_root_add_crl(root, ca_crl(&other.root, &list, der), NULL),
                SIGNATURE_INVALID);
    assert_false(hf_chain_root_has_own_crl(root));
    assert_ok(hf_chain_root_add_crl(root, ca_crl(&built.middle, &list, der), NULL));
    assert_false(hf_chain_root_has_own_crl(root));
    assert_ok(hf_chain_root_add_crl(root, ca_crl(&built.root, &list, der), NULL));
    assert_true(hf_chain_root_has_own_crl(root));
    hf_chain_root_free(root);
    tear_down(&other);
    tear_down(&built);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_of_both_kinds_and_mixed_ones_hold),
        cmocka_unit_test(a_chain_gives_the_signers_key),
        cmocka_unit_test(a_root_may_certify_signers_itself),
        cmocka_unit_test(validity_is_what_all_certificates_share),
        cmocka_unit_test(usages_of_signers_that_are_fine),
        cmocka_unit_test(every_certificate_wants_the_one_id),
        cmocka_unit_test(a_middle_that_is_no_ca_is_refused),
        cmocka_unit_test(a_signer_signs_and_does_nothing_else),
        cmocka_unit_test(other_keys_and_digests_are_refused),
        cmocka_unit_test(a_ca_of_another_kind_of_key_is_refused),
        cmocka_unit_test(unknown_critical_extensions_are_refused),
        cmocka_unit_test(the_chain_is_what_was_sent_in_order),
        cmocka_unit_test(every_byte_of_a_chain_counts),
        cmocka_unit_test(a_root_of_the_same_name_is_not_the_root),
        cmocka_unit_test(a_revoked_certificate_is_told_with_its_moment),
        cmocka_unit_test(without_a_list_of_each_issuer_no_chain_holds),
        cmocka_unit_test(a_list_under_another_id_is_no_list),
        cmocka_unit_test(the_oldest_word_counts),
        cmocka_unit_test(only_roots_of_ours_are_trusted),
        cmocka_unit_test(a_root_signed_itself),
        cmocka_unit_test(a_list_of_the_roots_must_be_the_roots),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

#include "crypto/key_parts.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"

/* Keys as the openssl command writes them with `pkey -outform DER`, of the published private keys.
 */
#define OID_EC "06072a8648ce3d0201"
#define OID_P256 "06082a8648ce3d030107"
#define OID_SM2 "06082a811ccf5501822d"
#define P256_POINT                                                                                 \
    "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"                             \
    "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"
#define SM2_POINT SM2_X_HEX SM2_Y_HEX
#define PKCS8(curve, d, point)                                                                     \
    "308187020100301306072a8648ce3d0201" curve "046d306b0201010420" d "a144034200" point
#define SPKI(curve, point) "3059301306072a8648ce3d0201" curve "034200" point

static hf_status read_private(const char *hex, struct hf_key **ret_key, struct hf_problem *reterr)
{
    uint8_t der[512];
    assert_true(strlen(hex) / 2 <= sizeof(der));
    return hf_key_from_pkcs8(hf_bytes_of(der, bytes_of_hex(hex, der)), ret_key, reterr);
}

static hf_status read_public(const char *hex, struct hf_key **ret_key, struct hf_problem *reterr)
{
    uint8_t der[512];
    assert_true(strlen(hex) / 2 <= sizeof(der));
    return hf_key_from_spki(hf_bytes_of(der, bytes_of_hex(hex, der)), ret_key, reterr);
}

static const struct {
    enum hf_alg alg;
    const char *private_hex;
    const char *thumbprint;
    const char *pkcs8;
    const char *spki;
} known[] = {
    {HF_ALG_ED25519, RFC8037_SEED_HEX, RFC8037_THUMBPRINT,
     "302e020100300506032b657004220420" RFC8037_SEED_HEX,
     "302a300506032b6570032100" RFC8037_PUBLIC_HEX},
    {HF_ALG_ES256, RFC7515_D_HEX, RFC7515_THUMBPRINT,
     PKCS8(OID_P256, RFC7515_D_HEX, "04" P256_POINT), SPKI(OID_P256, "04" P256_POINT)},
    {HF_ALG_SM2, SM2_D_HEX, SM2_THUMBPRINT, PKCS8(OID_SM2, SM2_D_HEX, "04" SM2_POINT),
     SPKI(OID_SM2, "04" SM2_POINT)},
};
enum { N_KNOWN = sizeof(known) / sizeof(known[0]) };

static void every_kind_of_key_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *pair = NULL;
        HF_CLEANUP(hf_key_drop) struct hf_key *public_key = NULL;
        assert_ok(read_private(known[i].pkcs8, &pair, NULL));
        assert_ok(read_public(known[i].spki, &public_key, NULL));
        assert_int_equal(hf_key_alg(pair), known[i].alg);
        assert_string_equal(hf_key_thumbprint(pair), known[i].thumbprint);
        assert_string_equal(hf_key_thumbprint(public_key), known[i].thumbprint);
        assert_true(hf_key_has_private(pair));
        assert_false(hf_key_has_private(public_key));
    }
}

static void every_kind_of_key_is_written_as_openssl_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        uint8_t expected[512];
        HF_CLEANUP(hf_key_drop)
        struct hf_key *key = key_of_private(known[i].alg, known[i].private_hex);
        HF_CLEANUP(hf_buf_clear) hf_buf pkcs8 = hf_buf_init(HF_KEY_DER_MAX_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf spki = hf_buf_init(HF_KEY_DER_MAX_BYTES);
        assert_ok(hf_key_write_pkcs8(key, &pkcs8));
        assert_ok(hf_key_write_spki(key, &spki));
        assert_int_equal(pkcs8.size, bytes_of_hex(known[i].pkcs8, expected));
        assert_memory_equal(pkcs8.data, expected, pkcs8.size);
        assert_int_equal(spki.size, bytes_of_hex(known[i].spki, expected));
        assert_memory_equal(spki.data, expected, spki.size);
    }
}

/* = RFC 5915 3: parameters and public key are optional in an ECPrivateKey */
static void optional_parts_may_be_absent_or_there(void **state)
{
    (void)state;
    static const char *const texts[] = {
        /* neither */
        "3041020100301306072a8648ce3d0201" OID_P256 "042730250201010420" RFC7515_D_HEX,
        /* the curve once more */
        "304d020100301306072a8648ce3d0201" OID_P256 "043330310201010420" RFC7515_D_HEX
        "a00a" OID_P256,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        assert_ok(read_private(texts[i], &key, NULL));
        assert_string_equal(hf_key_thumbprint(key), RFC7515_THUMBPRINT);
    }
}

static void assert_private_refused(const char *hex, enum hf_code code)
{
    struct hf_problem problem = {0};
    struct hf_key *key = NULL;
    assert_int_equal(read_private(hex, &key, &problem).code, code);
    assert_null(key);
    assert_string_not_equal(problem.detail, "");
}

static void assert_public_refused(const char *hex, enum hf_code code)
{
    struct hf_problem problem = {0};
    struct hf_key *key = NULL;
    assert_int_equal(read_public(hex, &key, &problem).code, code);
    assert_null(key);
    assert_string_not_equal(problem.detail, "");
}

static void a_private_key_is_of_the_curve_that_it_names(void **state)
{
    (void)state;
    /* each curve's public point under the other's name; an inner curve that differs */
    assert_private_refused(PKCS8(OID_SM2, RFC7515_D_HEX, "04" P256_POINT), HF_KEY_MALFORMED);
    assert_private_refused(PKCS8(OID_P256, SM2_D_HEX, "04" SM2_POINT), HF_KEY_MALFORMED);
    assert_private_refused("304d020100301306072a8648ce3d0201" OID_P256
                           "043330310201010420" RFC7515_D_HEX "a00a" OID_SM2,
                           HF_KEY_MALFORMED);
    /* secp384r1; explicit parameters */
    assert_private_refused("303e020100301006072a8648ce3d020106052b81040022"
                           "042730250201010420" RFC7515_D_HEX,
                           HF_KEY_UNSUPPORTED);
    assert_private_refused("303c020100300d06072a8648ce3d020130020500"
                           "042730250201010420" RFC7515_D_HEX,
                           HF_KEY_MALFORMED);
}

static void scalars_out_of_range_are_no_keys(void **state)
{
    (void)state;
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define BARE(curve, d) "3041020100301306072a8648ce3d0201" curve "042730250201010420" d
    assert_private_refused(BARE(OID_P256, ZERO), HF_KEY_MALFORMED);
    assert_private_refused(BARE(OID_P256, ONES), HF_KEY_MALFORMED);
    assert_private_refused(BARE(OID_SM2, ZERO), HF_KEY_MALFORMED);
    assert_private_refused(
        BARE(OID_SM2, "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122"),
        HF_KEY_MALFORMED);
}

static void points_are_uncompressed_and_on_the_curve(void **state)
{
    (void)state;
    assert_public_refused(SPKI(OID_P256, "04" SM2_POINT), HF_KEY_MALFORMED);
    assert_public_refused(SPKI(OID_SM2, "04" P256_POINT), HF_KEY_MALFORMED);
    assert_public_refused(SPKI(OID_P256, "06" P256_POINT), HF_KEY_MALFORMED); /* hybrid */
    assert_public_refused("3039301306072a8648ce3d0201" OID_P256 "032200"
                          "037fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445",
                          HF_KEY_MALFORMED); /* compressed */
    assert_public_refused("3019301306072a8648ce3d0201" OID_P256 "03020000",
                          HF_KEY_MALFORMED); /* infinity */
    assert_public_refused("3059301306072a8648ce3d0201" OID_P256 "034201"
                          "04" P256_POINT,
                          HF_KEY_MALFORMED); /* an unused bit */
    assert_public_refused("302a300506032b656e032100" RFC8037_PUBLIC_HEX,
                          HF_KEY_UNSUPPORTED); /* X25519 */
    assert_public_refused("302c300706032b65700500032100" RFC8037_PUBLIC_HEX,
                          HF_KEY_MALFORMED); /* Ed25519 with parameters */
}

/* Whatever one bit of a key turns into, it is never this key with something else in it. */
static void every_byte_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        uint8_t der[512];
        size_t n = bytes_of_hex(known[i].spki, der);
        for (size_t bit = 0; bit < n * 8; bit++) {
            HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
            der[bit / 8] ^= (uint8_t)(1U << bit % 8);
            hf_status status = hf_key_from_spki(hf_bytes_of(der, n), &key, NULL);
            if (hf_is_ok(status)) { /* half of Ed25519's encodings are points */
                assert_int_equal(known[i].alg, HF_ALG_ED25519);
                assert_string_not_equal(hf_key_thumbprint(key), known[i].thumbprint);
            }
            der[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t cut = 0; cut < n; cut++) {
            struct hf_key *key = NULL;
            assert_code(hf_key_from_spki(hf_bytes_of(der, cut), &key, NULL), KEY_MALFORMED);
        }
    }
}

static void a_cut_private_key_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KNOWN; i++) {
        uint8_t der[512];
        size_t n = bytes_of_hex(known[i].pkcs8, der);
        der[n] = 0;
        for (size_t cut = 0; cut <= n + 1; cut++) {
            HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
            assert_int_equal(hf_is_ok(hf_key_from_pkcs8(hf_bytes_of(der, cut), &key, NULL)),
                             cut == n);
        }
    }
}

static void a_public_key_has_no_pkcs8(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf der = hf_buf_init(HF_KEY_DER_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(16);
    assert_ok(read_public(known[2].spki, &key, NULL));
    assert_code(hf_key_write_pkcs8(key, &der), BUG);
    assert_code(hf_key_write_spki(key, &small), LIMIT);
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
        cmocka_unit_test(every_kind_of_key_is_read),
        cmocka_unit_test(every_kind_of_key_is_written_as_openssl_does),
        cmocka_unit_test(optional_parts_may_be_absent_or_there),
        cmocka_unit_test(a_private_key_is_of_the_curve_that_it_names),
        cmocka_unit_test(scalars_out_of_range_are_no_keys),
        cmocka_unit_test(points_are_uncompressed_and_on_the_curve),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(a_cut_private_key_is_none),
        cmocka_unit_test(a_public_key_has_no_pkcs8),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

#include "crypto/ec.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#define P256_N_HEX "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_P_HEX "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define SM2_N_HEX "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define SM2_P_HEX "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"
#define ZERO_HEX "0000000000000000000000000000000000000000000000000000000000000000"

/* = GB/T 32918.5 Annex A */
#define SM2_R_HEX "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define SM2_S_HEX "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static const struct suite {
    enum hf_alg alg;
    const char *private_hex;
    const char *order_hex;
    const char *prime_hex;
    const char *type;
    const char *digest;
} suites[] = {
    {HF_ALG_ES256, RFC7515_D_HEX, P256_N_HEX, P256_P_HEX, "EC", "SHA256"},
    {HF_ALG_SM2, SM2_D_HEX, SM2_N_HEX, SM2_P_HEX, "SM2", "SM3"},
};

struct pair {
    uint8_t scalar[32];
    uint8_t point[64];
    struct hf_ec_public *public_key;
};

static void clear_pair(struct pair *pair)
{
    hf_ec_public_free(pair->public_key);
}

static struct pair pair_of(const struct suite *suite)
{
    struct pair pair = {0};
    bytes_of_hex(suite->private_hex, pair.scalar);
    assert_ok(hf_ec_point_of(suite->alg, pair.scalar, pair.point));
    assert_ok(hf_ec_public_new(suite->alg, pair.point, &pair.public_key));
    return pair;
}

static void sign(const struct suite *suite, const struct pair *pair, hf_bytes message,
                 uint8_t signature[64])
{
    const struct hf_ec_pair ec = {suite->alg, pair->scalar, pair->point};
    assert_ok(hf_ec_sign(&ec, message, signature));
}

static void assert_refused(const struct pair *pair, hf_bytes message, hf_bytes signature)
{
    assert_code(hf_ec_verify(pair->public_key, message, signature), SIGNATURE_INVALID);
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left for the next TLS connection */
}

/* a = b - a, big-endian, of 32 bytes */
static void subtract_from(uint8_t a[32], const uint8_t b[32])
{
    unsigned borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        unsigned difference = b[i] - (unsigned)a[i] - borrow;
        a[i] = (uint8_t)difference;
        borrow = difference >> 8 & 1;
    }
}

/* ---- known answers ---- */

static void the_signature_of_annex_a_holds(void **state)
{
    (void)state;
    uint8_t point[64];
    uint8_t signature[64];
    HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[1]);
    bytes_of_hex(SM2_X_HEX SM2_Y_HEX, point);
    bytes_of_hex(SM2_R_HEX SM2_S_HEX, signature);
    assert_memory_equal(pair.point, point, sizeof(point));
    assert_ok(hf_ec_verify(pair.public_key, HF_LITERAL("message digest"),
                           hf_bytes_of(signature, sizeof(signature))));
    assert_refused(&pair, HF_LITERAL("message digesu"), hf_bytes_of(signature, 64));
}

/* = RFC 7515 A.3.1 */
static void the_signature_of_rfc_7515_holds(void **state)
{
    (void)state;
    static const uint8_t signature[64] = {
        14,  209, 33,  83,  121, 99,  108, 72,  60,  47,  127, 21,  88,  7,   212, 2,
        163, 178, 40,  3,   58,  249, 124, 126, 23,  129, 154, 195, 22,  158, 166, 101,
        197, 10,  7,   211, 140, 60,  112, 229, 216, 241, 45,  175, 8,   74,  84,  128,
        166, 101, 144, 197, 242, 147, 80,  154, 143, 63,  127, 138, 131, 163, 84,  213};
    const hf_bytes message =
        HF_LITERAL("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
                   "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[0]);
    assert_ok(hf_ec_verify(pair.public_key, message, hf_bytes_of(signature, 64)));
}

static void what_is_signed_verifies_and_each_time_differs(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t one[64];
        uint8_t two[64];
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        sign(&suites[i], &pair, HF_LITERAL("message"), one);
        sign(&suites[i], &pair, HF_LITERAL("message"), two);
        assert_memory_not_equal(one, two, 64);
        assert_ok(hf_ec_verify(pair.public_key, HF_LITERAL("message"), hf_bytes_of(one, 64)));
        assert_ok(hf_ec_verify(pair.public_key, HF_LITERAL("message"), hf_bytes_of(two, 64)));
    }
}

static void an_empty_message_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t signature[64];
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        sign(&suites[i], &pair, HF_LITERAL(""), signature);
        assert_ok(hf_ec_verify(pair.public_key, HF_LITERAL(""), hf_bytes_of(signature, 64)));
        assert_refused(&pair, HF_LITERAL("x"), hf_bytes_of(signature, 64));
    }
}

/* ---- numbers that are no signature ---- */

static void r_and_s_are_from_1_to_n_minus_1(void **state)
{
    (void)state;
    static const char ones[] = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    for (size_t i = 0; i < 2; i++) {
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        const char *const wrong[] = {ZERO_HEX, suites[i].order_hex, ones, suites[i].prime_hex};
        for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
            for (size_t half = 0; half < 2; half++) {
                uint8_t signature[64];
                sign(&suites[i], &pair, HF_LITERAL("message"), signature);
                bytes_of_hex(wrong[w], signature + 32 * half);
                assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature, 64));
            }
        }
    }
}

/* = GB/T 32918.2 7.1 B5: t = r + s must not be 0 */
static void r_and_s_that_add_up_to_n_are_refused(void **state)
{
    (void)state;
    HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[1]);
    uint8_t order[32];
    uint8_t signature[64];
    bytes_of_hex(SM2_N_HEX, order);
    sign(&suites[1], &pair, HF_LITERAL("message"), signature);
    memcpy(signature + 32, signature, 32);
    subtract_from(signature + 32, order);
    assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature, 64));
}

static void r_and_s_cannot_change_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t signature[64];
        uint8_t swapped[64];
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        sign(&suites[i], &pair, HF_LITERAL("message"), signature);
        memcpy(swapped, signature + 32, 32);
        memcpy(swapped + 32, signature, 32);
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(swapped, 64));
    }
}

/* The other root is as good with ES256, so nobody may count by a token's bytes; not with SM2. */
static void the_twin_of_a_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t order[32];
        uint8_t signature[64];
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        bytes_of_hex(suites[i].order_hex, order);
        sign(&suites[i], &pair, HF_LITERAL("message"), signature);
        subtract_from(signature + 32, order);
        hf_status status =
            hf_ec_verify(pair.public_key, HF_LITERAL("message"), hf_bytes_of(signature, 64));
        assert_int_equal(status.code, i == 0 ? HF_OK : HF_SIGNATURE_INVALID);
    }
}

static void another_length_than_64_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t signature[66] = {0};
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        sign(&suites[i], &pair, HF_LITERAL("message"), signature + 1);
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature + 1, 63));
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature + 1, 65));
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature, 65));
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(signature + 1, 32));
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(NULL, 0));
    }
}

/* ---- signatures that OpenSSL makes in other ways ---- */

/* Signs with EVP itself: @id NULL gives none. Fills @der and returns its length. */
static size_t sign_with_evp(const struct suite *suite, const struct pair *pair, const char *digest,
                            const char *id, uint8_t der[80])
{
    uint8_t encoded[65] = {4};
    uint8_t native[32];
    EVP_PKEY *key = NULL;
    memcpy(encoded + 1, pair->point, 64);
    for (size_t i = 0; i < 32; i++) {
        native[i] = pair->scalar[31 - i]; /* the test machines are little-endian */
    }
    char group[] = "P-256";
    char sm2[] = "SM2";
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string("group", suite->alg == HF_ALG_SM2 ? sm2 : group, 0),
        OSSL_PARAM_construct_octet_string("pub", encoded, sizeof encoded),
        OSSL_PARAM_construct_BN("priv", native, sizeof native), OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *keys = EVP_PKEY_CTX_new_from_name(NULL, suite->type, NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(keys), 1);
    assert_int_equal(EVP_PKEY_fromdata(keys, &key, EVP_PKEY_KEYPAIR, parts), 1);
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_end()};
    if (id) {
        params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID,
                                                      (void *)(uintptr_t)id, strlen(id));
        params[1] = OSSL_PARAM_construct_end();
    }
    size_t n = 80;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, params), 1);
    assert_int_equal(EVP_DigestSign(context, der, &n, (const unsigned char *)"message", 7), 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(keys);
    return n;
}

/* The 64 bytes of a DER signature. */
static void raw_of_der(const uint8_t *der, uint8_t signature[64])
{
    const uint8_t *at = der + 2;
    memset(signature, 0, 64);
    for (size_t half = 0; half < 2; half++) {
        size_t n = at[1];
        const uint8_t *number = at + 2;
        at = number + n;
        for (; n > 32; n--, number++) {
        }
        memcpy(signature + 32 * half + 32 - n, number, n);
    }
}

static void assert_made_with(const struct suite *suite, const char *digest, const char *id,
                             enum hf_code code)
{
    uint8_t der[80];
    uint8_t signature[64];
    HF_CLEANUP(clear_pair) struct pair pair = pair_of(suite);
    sign_with_evp(suite, &pair, digest, id, der);
    raw_of_der(der, signature);
    assert_int_equal(
        hf_ec_verify(pair.public_key, HF_LITERAL("message"), hf_bytes_of(signature, 64)).code,
        code);
}

static void only_the_one_distinguishing_id_counts(void **state)
{
    (void)state;
    assert_made_with(&suites[1], "SM3", HF_SM2_DISTINGUISHING_ID, HF_OK);
    assert_made_with(&suites[1], "SM3", NULL, HF_SIGNATURE_INVALID);
    assert_made_with(&suites[1], "SM3", "", HF_SIGNATURE_INVALID);
    assert_made_with(&suites[1], "SM3", "1234567812345679", HF_SIGNATURE_INVALID);
    assert_made_with(&suites[1], "SM3", "TLSv1.3+GM+Cipher+Suite", HF_SIGNATURE_INVALID);
}

static void only_the_one_digest_counts(void **state)
{
    (void)state;
    assert_made_with(&suites[0], "SHA256", NULL, HF_OK);
    assert_made_with(&suites[0], "SHA384", NULL, HF_SIGNATURE_INVALID);
    assert_made_with(&suites[0], "SM3", NULL, HF_SIGNATURE_INVALID);
}

static void der_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t der[80] = {0};
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        size_t n = sign_with_evp(&suites[i], &pair, suites[i].digest,
                                 i == 0 ? NULL : HF_SM2_DISTINGUISHING_ID, der);
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(der, n));
        assert_refused(&pair, HF_LITERAL("message"), hf_bytes_of(der, 64));
    }
}

/* One scalar is a key on both curves: neither's signatures are the other's. */
static void a_key_of_one_algorithm_never_serves_the_other(void **state)
{
    (void)state;
    uint8_t signature[64];
    const struct suite other = {HF_ALG_SM2, RFC7515_D_HEX, SM2_N_HEX, SM2_P_HEX, "SM2", "SM3"};
    HF_CLEANUP(clear_pair) struct pair p256 = pair_of(&suites[0]);
    HF_CLEANUP(clear_pair) struct pair sm2 = pair_of(&other);
    sign(&suites[0], &p256, HF_LITERAL("message"), signature);
    assert_refused(&sm2, HF_LITERAL("message"), hf_bytes_of(signature, 64));
    sign(&other, &sm2, HF_LITERAL("message"), signature);
    assert_refused(&p256, HF_LITERAL("message"), hf_bytes_of(signature, 64));
}

/* ---- keys ---- */

static void assert_no_point(enum hf_alg alg, const uint8_t point[64])
{
    struct hf_ec_public *public_key = NULL;
    assert_code(hf_ec_public_new(alg, point, &public_key), KEY_MALFORMED);
    assert_null(public_key);
    assert_int_equal(ERR_peek_error(), 0);
}

static void points_that_are_not_on_the_curve_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t point[64] = {0};
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        assert_no_point(suites[i].alg, point); /* (0, 0): some write infinity so */
        for (size_t byte = 0; byte < 64; byte++) {
            memcpy(point, pair.point, 64);
            point[byte] ^= 1;
            assert_no_point(suites[i].alg, point);
        }
        memcpy(point, pair.point + 32, 32);
        memcpy(point + 32, pair.point, 32);
        assert_no_point(suites[i].alg, point);          /* x and y in each other's place */
        assert_no_point(suites[1 - i].alg, pair.point); /* the other curve's */
    }
}

static void coordinates_are_below_the_prime(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t prime[32];
        uint8_t point[64];
        HF_CLEANUP(clear_pair) struct pair pair = pair_of(&suites[i]);
        bytes_of_hex(suites[i].prime_hex, prime);
        for (size_t half = 0; half < 2; half++) {
            memcpy(point, pair.point, 64);
            memcpy(point + 32 * half, prime, 32); /* p for 0 */
            assert_no_point(suites[i].alg, point);
            memset(point + 32 * half, 0xff, 32);
            assert_no_point(suites[i].alg, point);
        }
    }
}

static void private_keys_have_their_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t scalar[32] = {0};
        uint8_t point[64];
        assert_code(hf_ec_point_of(suites[i].alg, scalar, point), KEY_MALFORMED);
        scalar[31] = 1;
        assert_ok(hf_ec_point_of(suites[i].alg, scalar, point));
        bytes_of_hex(suites[i].order_hex, scalar);
        assert_code(hf_ec_point_of(suites[i].alg, scalar, point), KEY_MALFORMED);
        scalar[31]--; /* n - 1: for SM2 1 + d would be 0 */
        assert_int_equal(hf_ec_point_of(suites[i].alg, scalar, point).code,
                         i == 0 ? HF_OK : HF_KEY_MALFORMED);
        scalar[31]--;
        assert_ok(hf_ec_point_of(suites[i].alg, scalar, point));
        memset(scalar, 0xff, 32);
        assert_code(hf_ec_point_of(suites[i].alg, scalar, point), KEY_MALFORMED);
    }
}

static void algorithms_of_no_curve_are_refused(void **state)
{
    (void)state;
    struct hf_ec_public *public_key = NULL;
    uint8_t scalar[32] = {1};
    uint8_t point[64] = {0};
    uint8_t signature[64];
    const struct hf_ec_pair pair = {HF_ALG_ED25519, scalar, point};
    assert_code(hf_ec_public_new(HF_ALG_ED25519, point, &public_key), KEY_UNSUPPORTED);
    assert_code(hf_ec_point_of(HF_ALG_ED25519, scalar, point), KEY_UNSUPPORTED);
    assert_code(hf_ec_sign(&pair, HF_LITERAL("x"), signature), CRYPTO);
    hf_ec_public_free(NULL);
}

/* A pair whose halves do not belong together is a fault, and gives out no signature. */
static void a_point_of_no_curve_signs_nothing(void **state)
{
    (void)state;
    uint8_t point[64] = {0};
    uint8_t signature[64];
    uint8_t scalar[32] = {[31] = 1};
    const struct hf_ec_pair pair = {HF_ALG_SM2, scalar, point};
    assert_code(hf_ec_sign(&pair, HF_LITERAL("x"), signature), CRYPTO);
    assert_int_equal(ERR_peek_error(), 0);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_of_annex_a_holds),
        cmocka_unit_test(the_signature_of_rfc_7515_holds),
        cmocka_unit_test(what_is_signed_verifies_and_each_time_differs),
        cmocka_unit_test(an_empty_message_is_one),
        cmocka_unit_test(r_and_s_are_from_1_to_n_minus_1),
        cmocka_unit_test(r_and_s_that_add_up_to_n_are_refused),
        cmocka_unit_test(r_and_s_cannot_change_places),
        cmocka_unit_test(the_twin_of_a_signature),
        cmocka_unit_test(another_length_than_64_is_refused),
        cmocka_unit_test(only_the_one_distinguishing_id_counts),
        cmocka_unit_test(only_the_one_digest_counts),
        cmocka_unit_test(der_is_refused),
        cmocka_unit_test(a_key_of_one_algorithm_never_serves_the_other),
        cmocka_unit_test(points_that_are_not_on_the_curve_are_refused),
        cmocka_unit_test(coordinates_are_below_the_prime),
        cmocka_unit_test(private_keys_have_their_range),
        cmocka_unit_test(algorithms_of_no_curve_are_refused),
        cmocka_unit_test(a_point_of_no_curve_signs_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

#include "crypto/key.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"
#include "tests/unit/vectors.h"

struct rfc8032_test {
    const char *seed;
    const char *public_key;
    const char *message;
    const char *signature;
};

/* = RFC 8032 7.1: tests 1, 2, 3 */
static const struct rfc8032_test rfc8032_tests[] = {
    {RFC8037_SEED_HEX, RFC8037_PUBLIC_HEX, "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void the_vectors_of_rfc_8032_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rfc8032_tests) / sizeof(rfc8032_tests[0]); i++) {
        uint8_t expected[64];
        uint8_t message[8];
        uint8_t signature[64];
        uint8_t public_key[32];
        HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(rfc8032_tests[i].seed);
        hf_bytes text = hf_bytes_of(message, bytes_of_hex(rfc8032_tests[i].message, message));
        assert_ok(hf_key_ed25519_public(key, public_key));
        bytes_of_hex(rfc8032_tests[i].public_key, expected);
        assert_memory_equal(public_key, expected, 32);
        assert_ok(hf_key_sign(key, text, signature));
        bytes_of_hex(rfc8032_tests[i].signature, expected);
        assert_memory_equal(signature, expected, 64);
        assert_ok(hf_key_verify(key, text, hf_bytes_of(signature, 64)));
    }
}

/* = RFC 8037 A.3 */
static void the_thumbprint_of_rfc_8037_holds(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    assert_string_equal(hf_key_thumbprint(key), RFC8037_THUMBPRINT);
}

/* the kids of the golden tokens, computed by other software */
static void the_thumbprints_of_curves_hold(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *p256 = key_of_private(HF_ALG_ES256, RFC7515_D_HEX);
    HF_CLEANUP(hf_key_drop) struct hf_key *sm2 = key_of_private(HF_ALG_SM2, SM2_D_HEX);
    assert_string_equal(hf_key_thumbprint(p256), RFC7515_THUMBPRINT);
    assert_string_equal(hf_key_thumbprint(sm2), SM2_THUMBPRINT);
}

static void assert_every_bit_counts(enum hf_alg alg)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    uint8_t message[20] = "nineteen characters";
    uint8_t signature[64];
    assert_ok(hf_key_generate(alg, &key));
    assert_ok(hf_key_sign(key, hf_bytes_of(message, 20), signature));
    for (unsigned bit = 0; bit < 20 * 8; bit++) {
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_code(hf_key_verify(key, hf_bytes_of(message, 20), hf_bytes_of(signature, 64)),
                    SIGNATURE_INVALID);
        message[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (unsigned bit = 0; bit < 64 * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_code(hf_key_verify(key, hf_bytes_of(message, 20), hf_bytes_of(signature, 64)),
                    SIGNATURE_INVALID);
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_ok(hf_key_verify(key, hf_bytes_of(message, 20), hf_bytes_of(signature, 64)));
}

static void a_changed_bit_of_message_or_signature_is_refused(void **state)
{
    (void)state;
    assert_every_bit_counts(HF_ALG_ED25519);
    assert_every_bit_counts(HF_ALG_ES256);
    assert_every_bit_counts(HF_ALG_SM2);
}

static void another_length_than_64_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    uint8_t signature[65] = {0};
    assert_ok(hf_key_sign(key, HF_LITERAL("x"), signature));
    assert_code(hf_key_verify(key, HF_LITERAL("x"), hf_bytes_of(signature, 63)), SIGNATURE_INVALID);
    assert_code(hf_key_verify(key, HF_LITERAL("x"), hf_bytes_of(signature, 65)), SIGNATURE_INVALID);
    assert_code(hf_key_verify(key, HF_LITERAL("x"), hf_bytes_of(NULL, 0)), SIGNATURE_INVALID);
}

/* S + L is the same scalar: = RFC 8032 5.1.7 wants 0 <= S < L */
static void a_second_spelling_of_the_scalar_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    uint8_t order[32];
    uint8_t signature[64];
    bytes_of_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order);
    assert_ok(hf_key_sign(key, HF_LITERAL("x"), signature));
    unsigned carry = 0;
    for (unsigned i = 0; i < 32; i++) {
        carry += signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_code(hf_key_verify(key, HF_LITERAL("x"), hf_bytes_of(signature, 64)), SIGNATURE_INVALID);
}

static void points_that_are_no_keys_are_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000", /* order 4 */
        "0100000000000000000000000000000000000000000000000000000000000000", /* neutral */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* order 2 */
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", /* order 8 */
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", /* order 8 */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p */
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p + 1 */
        "0100000000000000000000000000000000000000000000000000000000000080", /* minus zero */
        "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
    };
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        struct hf_key *key = NULL;
        uint8_t point[32];
        assert_int_equal(bytes_of_hex(points[i], point), 32);
        assert_code(hf_key_from_ed25519_public(point, &key), KEY_MALFORMED);
        assert_null(key);
    }
}

static void a_public_key_verifies_and_cannot_sign(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *pair = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_key_drop) struct hf_key *public_key = NULL;
    uint8_t point[32];
    uint8_t signature[64] = {0};
    uint8_t seed[32];
    assert_ok(hf_key_ed25519_public(pair, point));
    assert_ok(hf_key_from_ed25519_public(point, &public_key));
    assert_true(hf_key_has_private(pair));
    assert_false(hf_key_has_private(public_key));
    assert_ok(hf_key_sign(pair, HF_LITERAL("x"), signature));
    assert_ok(hf_key_verify(public_key, HF_LITERAL("x"), hf_bytes_of(signature, 64)));
    assert_code(hf_key_sign(public_key, HF_LITERAL("x"), signature), BUG);
    assert_code(hf_key_private_part(public_key, seed), BUG);
    assert_string_equal(hf_key_thumbprint(pair), hf_key_thumbprint(public_key));
}

static void new_keys_differ(void **state)
{
    (void)state;
    static const enum hf_alg algs[] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *one = NULL;
        HF_CLEANUP(hf_key_drop) struct hf_key *two = NULL;
        assert_ok(hf_key_generate(algs[i], &one));
        assert_ok(hf_key_generate(algs[i], &two));
        assert_string_not_equal(hf_key_thumbprint(one), hf_key_thumbprint(two));
        assert_int_equal(hf_key_alg(one), algs[i]);
        assert_true(hf_key_has_private(one));
    }
}

static void an_algorithm_that_is_none_has_no_keys(void **state)
{
    (void)state;
    struct hf_key *key = NULL;
    assert_code(hf_key_generate((enum hf_alg)0, &key), KEY_UNSUPPORTED);
    assert_code(hf_key_generate((enum hf_alg)4, &key), KEY_UNSUPPORTED);
    assert_null(key);
}

static void a_seed_of_another_length_is_refused(void **state)
{
    (void)state;
    static const uint8_t seed[33];
    struct hf_key *key = NULL;
    assert_code(hf_key_from_private_part(HF_ALG_ED25519, hf_bytes_of(seed, 31), &key),
                KEY_MALFORMED);
    assert_code(hf_key_from_private_part(HF_ALG_ED25519, hf_bytes_of(seed, 33), &key),
                KEY_MALFORMED);
    assert_null(key);
}

static void names_of_algorithms_are_exact(void **state)
{
    (void)state;
    static const char *const no_names[] = {"",      "none",   "None",  "ed25519", "EDDSA",
                                           "HS256", "RS256",  "PS256", "ES384",   "ES512",
                                           "Ed448", "ES256K", "sm2",   "ES256 "};
    enum hf_alg alg = HF_ALG_SM2;
    assert_true(hf_alg_by_name(HF_LITERAL("Ed25519"), &alg));
    assert_int_equal(alg, HF_ALG_ED25519);
    assert_true(hf_alg_by_name(HF_LITERAL("ES256"), &alg));
    assert_int_equal(alg, HF_ALG_ES256);
    assert_true(hf_alg_by_name(HF_LITERAL("EdDSA"), &alg));
    assert_int_equal(alg, HF_ALG_ED25519);
    assert_string_equal(hf_alg_name(HF_ALG_ED25519), "Ed25519");
    assert_string_equal(hf_alg_name(HF_ALG_SM2), "SM2");
    for (size_t i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++) {
        assert_false(hf_alg_by_name(hf_bytes_of_string(no_names[i]), &alg));
    }
    assert_int_equal(alg, HF_ALG_ED25519);
}

static void a_reference_keeps_the_key(void **state)
{
    (void)state;
    struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    struct hf_key *same = hf_key_ref(key);
    hf_key_unref(key);
    assert_string_equal(hf_key_thumbprint(same), RFC8037_THUMBPRINT);
    hf_key_unref(same);
    hf_key_unref(NULL);
}

/* One group of Wycheproof: a key and what was signed, or claimed to be signed, with it. */
static size_t count_agreements(const struct hf_json *group, const struct hf_key *key)
{
    uint8_t message[4096];
    uint8_t signature[256];
    size_t n_agreed = 0;
    const struct hf_json *tests = hf_json_member(group, "tests");
    for (const struct hf_json *test = tests->child; test; test = test->next) {
        hf_bytes msg = hf_json_member(test, "msg")->text;
        hf_bytes sig = hf_json_member(test, "sig")->text;
        assert_true(msg.size / 2 <= sizeof(message) && sig.size / 2 <= sizeof(signature));
        hf_bytes text = hf_bytes_of(message, bytes_of_hex_view(msg, message));
        hf_bytes bytes = hf_bytes_of(signature, bytes_of_hex_view(sig, signature));
        bool is_valid = hf_json_is_string(hf_json_member(test, "result"), "valid");
        if (hf_is_ok(hf_key_verify(key, text, bytes)) == is_valid) {
            n_agreed++;
        }
    }
    return n_agreed;
}

static struct hf_key *ed25519_key_of(const struct hf_json *group)
{
    uint8_t point[32];
    struct hf_key *key = NULL;
    const struct hf_json *pk = hf_json_member(hf_json_member(group, "publicKey"), "pk");
    assert_int_equal(bytes_of_hex_view(pk->text, point), 32);
    assert_ok(hf_key_from_ed25519_public(point, &key));
    return key;
}

static struct hf_key *p256_key_of(const struct hf_json *group)
{
    uint8_t point[65];
    struct hf_key *key = NULL;
    const struct hf_json *uncompressed =
        hf_json_member(hf_json_member(group, "publicKey"), "uncompressed");
    assert_int_equal(bytes_of_hex_view(uncompressed->text, point), 65);
    assert_ok(hf_key_from_public_part(HF_ALG_ES256, hf_bytes_of(point + 1, 64), &key));
    return key;
}

static void assert_wycheproof(const char *name, struct hf_key *(*key_of)(const struct hf_json *),
                              size_t n_tests)
{
    const char *path = vector_path(name);
    if (!path) {
        return;
    }
    size_t size = 0;
    char *text = vector_read(path, &size);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 24);
    const struct hf_json *root = json_of(text, &arena);
    size_t n_agreed = 0;
    const struct hf_json *groups = hf_json_member(root, "testGroups");
    for (const struct hf_json *group = groups->child; group; group = group->next) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of(group);
        n_agreed += count_agreements(group, key);
    }
    assert_int_equal(n_agreed, n_tests);
    free(text);
}

static void all_151_vectors_of_wycheproof_agree(void **state)
{
    (void)state;
    assert_wycheproof("wycheproof/ed25519_test.json", ed25519_key_of, 151);
}

static void all_262_vectors_of_p256_agree(void **state)
{
    (void)state;
    assert_wycheproof("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json", p256_key_of, 262);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_8032_hold),
        cmocka_unit_test(the_thumbprint_of_rfc_8037_holds),
        cmocka_unit_test(the_thumbprints_of_curves_hold),
        cmocka_unit_test(a_changed_bit_of_message_or_signature_is_refused),
        cmocka_unit_test(another_length_than_64_is_refused),
        cmocka_unit_test(a_second_spelling_of_the_scalar_is_refused),
        cmocka_unit_test(points_that_are_no_keys_are_refused),
        cmocka_unit_test(a_public_key_verifies_and_cannot_sign),
        cmocka_unit_test(new_keys_differ),
        cmocka_unit_test(an_algorithm_that_is_none_has_no_keys),
        cmocka_unit_test(a_seed_of_another_length_is_refused),
        cmocka_unit_test(names_of_algorithms_are_exact),
        cmocka_unit_test(a_reference_keeps_the_key),
        cmocka_unit_test(all_151_vectors_of_wycheproof_agree),
        cmocka_unit_test(all_262_vectors_of_p256_agree),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

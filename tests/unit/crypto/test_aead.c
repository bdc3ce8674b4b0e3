#include "crypto/aead.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/hex.h"
#include "tests/unit/unit.h"

#define AD HF_LITERAL("front and place")
#define PLAIN HF_LITERAL("purpose=pre_loan, seventeen bytes and more")

typedef hf_status sealer(const uint8_t *key, hf_bytes ad, hf_bytes plain, uint8_t *ret_sealed);
typedef hf_status opener(const uint8_t *key, hf_bytes ad, hf_bytes sealed, uint8_t *ret_plain);

static sealer *const sealers[] = {hf_aead_seal, hf_aead_seal_portable};
static opener *const openers[] = {hf_aead_open, hf_aead_open_portable};
static const uint8_t key[HF_AEAD_KEY_BYTES] = {1, 2, 3};
static const hf_bytes nothing = {NULL, 0};

/* McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: test cases 13 and 14 */
static void the_vectors_with_key_and_nonce_zero_hold(void **state)
{
    (void)state;
    static const uint8_t zeros[HF_AEAD_KEY_BYTES];
    uint8_t expected[32];
    uint8_t sealed[32];
    for (size_t i = 0; i < 2; i++) {
        bytes_of_hex("530f8afbc74536b9a963b4f1c4cb738b", expected);
        assert_ok(sealers[i](zeros, nothing, nothing, sealed));
        assert_memory_equal(sealed, expected, 16);
        bytes_of_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", expected);
        assert_ok(sealers[i](zeros, nothing, hf_bytes_of(zeros, 16), sealed));
        assert_memory_equal(sealed, expected, 32);
    }
}

static void both_ways_make_the_same_and_open_each_other(void **state)
{
    (void)state;
    uint8_t plain[600];
    uint8_t one[sizeof(plain) + HF_AEAD_TAG_BYTES];
    uint8_t two[sizeof(plain) + HF_AEAD_TAG_BYTES];
    uint8_t back[sizeof(plain)];
    hf_rand_bytes(plain, sizeof(plain));
    for (size_t n = 0; n <= sizeof(plain); n += n < 70 ? 1 : 53) {
        assert_ok(hf_aead_seal(key, AD, hf_bytes_of(plain, n), one));
        assert_ok(hf_aead_seal_portable(key, AD, hf_bytes_of(plain, n), two));
        assert_memory_equal(one, two, n + HF_AEAD_TAG_BYTES);
        for (size_t i = 0; i < 2; i++) {
            assert_ok(openers[i](key, AD, hf_bytes_of(one, n + HF_AEAD_TAG_BYTES), back));
            assert_memory_equal(back, plain, n);
        }
    }
}

static void assert_closed(opener *open, const uint8_t *with, hf_bytes ad, hf_bytes sealed)
{
    uint8_t back[64];
    memset(back, 'x', sizeof(back));
    assert_code(open(with, ad, sealed, back), SEAL_INVALID);
    assert_null(memmem(back, sizeof(back), "pre_loan", 8));
}

static void any_change_is_noticed_either_way(void **state)
{
    (void)state;
    static const uint8_t other[HF_AEAD_KEY_BYTES] = {1, 2, 4};
    uint8_t sealed[64];
    const hf_bytes all = hf_bytes_of(sealed, PLAIN.size + HF_AEAD_TAG_BYTES);
    assert_ok(hf_aead_seal(key, AD, PLAIN, sealed));
    for (size_t i = 0; i < 2; i++) {
        assert_closed(openers[i], other, AD, all);
        assert_closed(openers[i], key, HF_LITERAL("front and plac"), all);
        assert_closed(openers[i], key, nothing, all);
        for (size_t bit = 0; bit < all.size * 8; bit++) {
            sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_closed(openers[i], key, AD, all);
            sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

static void what_is_shorter_than_a_tag_is_closed(void **state)
{
    (void)state;
    uint8_t sealed[HF_AEAD_TAG_BYTES];
    assert_ok(hf_aead_seal(key, AD, nothing, sealed));
    for (size_t n = 0; n < sizeof(sealed); n++) {
        assert_closed(hf_aead_open, key, AD, hf_bytes_of(sealed, n));
        assert_closed(hf_aead_open_portable, key, AD, hf_bytes_of(sealed, n));
    }
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_with_key_and_nonce_zero_hold),
        cmocka_unit_test(both_ways_make_the_same_and_open_each_other),
        cmocka_unit_test(any_change_is_noticed_either_way),
        cmocka_unit_test(what_is_shorter_than_a_tag_is_closed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

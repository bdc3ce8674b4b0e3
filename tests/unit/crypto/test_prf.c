#include "crypto/prf.h"

#include "tests/unit/unit.h"

static const uint8_t key[HF_PRF_KEY_BYTES] = {'k', 'e', 'y'};

/* = RFC 8391 5.1: SHA2-256(toByte(3, 32) || KEY || M) */
static void prf_by_the_book(hf_bytes message, uint8_t *ret_bytes)
{
    uint8_t prefix[32] = {0};
    struct hf_sha256 hash;
    prefix[31] = 3;
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, hf_bytes_of(prefix, sizeof(prefix)));
    hf_sha256_update(&hash, hf_bytes_of(key, sizeof(key)));
    hf_sha256_update(&hash, message);
    hf_sha256_final(&hash, ret_bytes);
}

static void it_is_the_function_of_rfc_8391(void **state)
{
    (void)state;
    uint8_t message[HF_PRF_MAX_MESSAGE_BYTES];
    struct hf_prf_key prf_key;
    hf_prf_key_init(&prf_key, key);
    memset(message, 'm', sizeof(message));
    for (size_t n = 0; n <= sizeof(message); n++) {
        uint8_t expected[HF_SHA256_BYTES];
        uint8_t bytes[HF_SHA256_BYTES];
        prf_by_the_book(hf_bytes_of(message, n), expected);
        hf_prf(&prf_key, hf_bytes_of(message, n), bytes); /* the key is kept, not used up */
        assert_memory_equal(bytes, expected, sizeof(bytes));
    }
}

static void another_key_makes_other_bytes(void **state)
{
    (void)state;
    uint8_t other[HF_PRF_KEY_BYTES];
    memcpy(other, key, sizeof(other));
    other[HF_PRF_KEY_BYTES - 1] = 1;
    uint8_t one[HF_SHA256_BYTES];
    uint8_t two[HF_SHA256_BYTES];
    struct hf_prf_key prf_key;
    hf_prf_key_init(&prf_key, key);
    hf_prf(&prf_key, HF_LITERAL("the same"), one);
    hf_prf_key_init(&prf_key, other);
    hf_prf(&prf_key, HF_LITERAL("the same"), two);
    assert_memory_not_equal(one, two, sizeof(one));
}

static void a_cleared_key_holds_nothing(void **state)
{
    (void)state;
    static const struct hf_prf_key zero;
    struct hf_prf_key prf_key;
    hf_prf_key_init(&prf_key, key);
    hf_prf_key_clear(&prf_key);
    assert_memory_equal(&prf_key, &zero, sizeof(zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_function_of_rfc_8391),
        cmocka_unit_test(another_key_makes_other_bytes),
        cmocka_unit_test(a_cleared_key_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

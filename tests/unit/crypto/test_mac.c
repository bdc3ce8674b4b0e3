#include "crypto/mac.h"

#include "tests/unit/crypto/hex.h"
#include "tests/unit/unit.h"

static void assert_tag(hf_bytes key, hf_bytes message, const char *hex)
{
    uint8_t expected[HF_SHA256_BYTES];
    uint8_t tag[HF_SHA256_BYTES];
    bytes_of_hex(hex, expected);
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, key);
    hf_mac(&mac_key, &message, 1, tag);
    assert_memory_equal(tag, expected, sizeof(tag));
    hf_mac(&mac_key, &message, 1, tag); /* the midstates are kept, not used up */
    assert_memory_equal(tag, expected, sizeof(tag));
    hf_mac_key_clear(&mac_key);
}

/* = RFC 4231 4.2-4.4, 4.7, 4.8: test cases 1, 2, 3, 6, 7 */
static void the_vectors_of_rfc_4231_hold(void **state)
{
    (void)state;
    uint8_t key[131];
    uint8_t data[50];
    memset(key, 0x0b, 20);
    assert_tag(hf_bytes_of(key, 20), HF_LITERAL("Hi There"),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_tag(HF_LITERAL("Jefe"), HF_LITERAL("what do ya want for nothing?"),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    memset(data, 0xdd, sizeof(data));
    assert_tag(hf_bytes_of(key, 20), hf_bytes_of(data, sizeof(data)),
               "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    assert_tag(hf_bytes_of(key, 131),
               HF_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"),
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_tag(hf_bytes_of(key, 131),
               HF_LITERAL("This is a test using a larger than block-size key and a larger than "
                          "block-size data. The key needs to be hashed before being used by the "
                          "HMAC algorithm."),
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void parts_are_one_message(void **state)
{
    (void)state;
    uint8_t whole[HF_SHA256_BYTES];
    uint8_t pieces[HF_SHA256_BYTES];
    const hf_bytes message = HF_LITERAL("hufu/e:nonce");
    const hf_bytes parts[] = {HF_LITERAL("hufu/e"), HF_LITERAL(""), HF_LITERAL(":nonce")};
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, HF_LITERAL("key"));
    hf_mac(&mac_key, &message, 1, whole);
    hf_mac(&mac_key, parts, 3, pieces);
    assert_memory_equal(whole, pieces, sizeof(whole));
}

/* H(key ^ opad || H(key ^ ipad || message)), said as RFC 2104 2 says it */
static void mac_by_the_book(hf_bytes key, hf_bytes message, uint8_t *ret_tag)
{
    uint8_t pads[2][HF_SHA256_BLOCK_BYTES];
    struct hf_sha256 hash;
    for (size_t i = 0; i < HF_SHA256_BLOCK_BYTES; i++) {
        const uint8_t byte = i < key.size ? key.data[i] : 0;
        pads[0][i] = byte ^ 0x36;
        pads[1][i] = byte ^ 0x5c;
    }
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, hf_bytes_of(pads[0], HF_SHA256_BLOCK_BYTES));
    hf_sha256_update(&hash, message);
    hf_sha256_final(&hash, ret_tag);
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, hf_bytes_of(pads[1], HF_SHA256_BLOCK_BYTES));
    hf_sha256_update(&hash, hf_bytes_of(ret_tag, HF_SHA256_BYTES));
    hf_sha256_final(&hash, ret_tag);
}

static void messages_of_every_length_are_tagged_by_the_book(void **state)
{
    (void)state;
    uint8_t message[2 * HF_SHA256_BLOCK_BYTES];
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, HF_LITERAL("key"));
    memset(message, 'm', sizeof(message));
    for (size_t n = 0; n <= sizeof(message); n++) {
        uint8_t expected[HF_SHA256_BYTES];
        uint8_t tag[HF_SHA256_BYTES];
        const hf_bytes parts[] = {hf_bytes_of(message, n / 2), hf_bytes_of(message, n - n / 2)};
        mac_by_the_book(HF_LITERAL("key"), hf_bytes_of(message, n), expected);
        hf_mac(&mac_key, parts, 2, tag);
        assert_memory_equal(tag, expected, sizeof(tag));
    }
}

static void another_key_makes_another_tag(void **state)
{
    (void)state;
    uint8_t one[HF_SHA256_BYTES];
    uint8_t two[HF_SHA256_BYTES];
    const hf_bytes message = HF_LITERAL("the same");
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, HF_LITERAL("key 1"));
    hf_mac(&mac_key, &message, 1, one);
    hf_mac_key_init(&mac_key, HF_LITERAL("key 2"));
    hf_mac(&mac_key, &message, 1, two);
    assert_memory_not_equal(one, two, sizeof(one));
}

static void a_cleared_key_holds_nothing(void **state)
{
    (void)state;
    static const struct hf_mac_key zero;
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, HF_LITERAL("key"));
    hf_mac_key_clear(&mac_key);
    assert_memory_equal(&mac_key, &zero, sizeof(zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4231_hold),
        cmocka_unit_test(parts_are_one_message),
        cmocka_unit_test(messages_of_every_length_are_tagged_by_the_book),
        cmocka_unit_test(another_key_makes_another_tag),
        cmocka_unit_test(a_cleared_key_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

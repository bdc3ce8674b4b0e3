#include "crypto/hash.h"

#include "tests/unit/crypto/hex.h"
#include "tests/unit/unit.h"

static void assert_digest(hf_bytes message, const char *hex)
{
    uint8_t expected[HF_SHA256_BYTES];
    uint8_t digest[HF_SHA256_BYTES];
    bytes_of_hex(hex, expected);
    hf_sha256_of(message, digest);
    assert_memory_equal(digest, expected, sizeof(digest));
}

/* FIPS 180-4 examples and the NIST CAVP short messages */
static void known_messages_have_known_digests(void **state)
{
    (void)state;
    assert_digest(HF_LITERAL(""),
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(HF_LITERAL("abc"),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(HF_LITERAL("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_letters_in_uneven_pieces(void **state)
{
    (void)state;
    static const uint8_t expected_hex[] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    uint8_t expected[HF_SHA256_BYTES];
    uint8_t digest[HF_SHA256_BYTES];
    char letters[977];
    memset(letters, 'a', sizeof(letters));
    bytes_of_hex((const char *)expected_hex, expected);
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    for (size_t n_left = 1000000; n_left > 0;) {
        size_t n = n_left < sizeof(letters) ? n_left : sizeof(letters);
        hf_sha256_update(&hash, hf_bytes_of(letters, n));
        n_left -= n;
    }
    hf_sha256_final(&hash, digest);
    assert_memory_equal(digest, expected, sizeof(digest));
}

static void a_copied_state_goes_its_own_way(void **state)
{
    (void)state;
    uint8_t one[HF_SHA256_BYTES];
    uint8_t two[HF_SHA256_BYTES];
    uint8_t whole[HF_SHA256_BYTES];
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, HF_LITERAL("a"));
    struct hf_sha256 copy = hash;
    hf_sha256_update(&hash, HF_LITERAL("bc"));
    hf_sha256_update(&copy, HF_LITERAL("xy"));
    hf_sha256_final(&hash, one);
    hf_sha256_final(&copy, two);
    hf_sha256_of(HF_LITERAL("abc"), whole);
    assert_memory_equal(one, whole, sizeof(one));
    hf_sha256_of(HF_LITERAL("axy"), whole);
    assert_memory_equal(two, whole, sizeof(two));
}

static void an_empty_view_without_pointer_changes_nothing(void **state)
{
    (void)state;
    uint8_t digest[HF_SHA256_BYTES];
    uint8_t expected[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of(NULL, 0), digest);
    hf_sha256_of(HF_LITERAL(""), expected);
    assert_memory_equal(digest, expected, sizeof(digest));
}

static void a_short_end_makes_the_digest_of_the_whole(void **state)
{
    (void)state;
    uint8_t message[2 * HF_SHA256_BLOCK_BYTES + HF_SHA256_SHORT_BYTES];
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)(i * 7 + 1);
    }
    for (size_t n_blocks = 0; n_blocks <= 2; n_blocks++) {
        const size_t n_before = n_blocks * HF_SHA256_BLOCK_BYTES;
        struct hf_sha256 midstate;
        struct hf_sha256 by_blocks;
        hf_sha256_init(&midstate);
        hf_sha256_update(&midstate, hf_bytes_of(message, n_before));
        hf_sha256_init(&by_blocks);
        for (size_t at = 0; at < n_before; at += HF_SHA256_BLOCK_BYTES) {
            hf_sha256_block(&by_blocks, message + at);
        }
        for (size_t n = 0; n <= HF_SHA256_SHORT_BYTES; n++) {
            uint8_t whole[HF_SHA256_BYTES];
            uint8_t digest[HF_SHA256_BYTES];
            hf_sha256_of(hf_bytes_of(message, n_before + n), whole);
            hf_sha256_short(&midstate, n_blocks, hf_bytes_of(message + n_before, n), digest);
            assert_memory_equal(digest, whole, sizeof(digest));
            hf_sha256_short(&by_blocks, n_blocks, hf_bytes_of(message + n_before, n), digest);
            assert_memory_equal(digest, whole, sizeof(digest));
        }
    }
}

/* printf abc >a.json; printf '' >b.json; LC_ALL=C sha256sum *.json | sha256sum */
static void a_list_is_what_sha256sum_prints(void **state)
{
    (void)state;
    uint8_t expected[HF_SHA256_BYTES];
    uint8_t digest[HF_SHA256_BYTES];
    struct hf_sha256 list;
    hf_sha256_init(&list);
    hf_sha256_list(&list, HF_LITERAL("abc"), "a.json");
    hf_sha256_list(&list, HF_LITERAL(""), "b.json");
    hf_sha256_final(&list, digest);
    bytes_of_hex("2d097763a5dbd7c002e835714ab586464c01647822a7f19b6528ab26993b715d", expected);
    assert_memory_equal(digest, expected, sizeof(digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_messages_have_known_digests),
        cmocka_unit_test(a_million_letters_in_uneven_pieces),
        cmocka_unit_test(a_copied_state_goes_its_own_way),
        cmocka_unit_test(an_empty_view_without_pointer_changes_nothing),
        cmocka_unit_test(a_list_is_what_sha256sum_prints),
        cmocka_unit_test(a_short_end_makes_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

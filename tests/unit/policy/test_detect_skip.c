/* Passing by: what the loops return is defined by folding each character; the fast one must agree.
 */
#include "policy/detect_skip.h"

#include "base/utf8.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

static uint64_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* On exact heap copies, so that the address sanitizer sees a read too far. */
static void agree(const uint8_t *data, size_t size)
{
    hf_detect_skip_fn *avx2 = hf_detect_skip_avx2();
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    if (avx2) {
        assert_int_equal(avx2(copy, size), hf_detect_skip_plain(copy, size));
    }
    free(copy);
}

static bool is_anchor(uint32_t scalar)
{
    return scalar == '\\' || hf_fold_is_anchor(hf_fold_of(scalar));
}

/* Every character at three places of a block: none is missed, none is taken for another. */
static void every_character_is_judged_alike(void **state)
{
    (void)state;
    uint8_t data[100];
    for (uint32_t scalar = 1; scalar < 0x110000; scalar++) {
        if (scalar >= 0xd800 && scalar < 0xe000) {
            continue;
        }
        for (size_t at = 29; at < 33; at++) {
            memset(data, 'a', sizeof data);
            unsigned n = hf_utf8_encode(scalar, data + at);
            assert_true(n > 0);
            size_t expected = is_anchor(scalar) ? at : sizeof data;
            assert_int_equal(hf_detect_skip_best()(data, sizeof data), expected);
            if (scalar > 0xffff && scalar % 61) {
                break; /* four bytes: the same at every place */
            }
        }
    }
}

static void random_text_is_passed_alike(void **state)
{
    (void)state;
    static const uint32_t firsts[] = {0x20, 0xa0, 0x600, 0x2000, 0x3000, 0x4e00, 0x5000, 0xff00};
    uint8_t data[400];
    for (int round = 0; round < 50000; round++) {
        size_t n = 0;
        for (uint32_t k = next_random(90); k > 0; k--) {
            n += hf_utf8_encode(firsts[next_random(8)] + next_random(0x60), data + n);
        }
        agree(data, n);
    }
}

static void text_of_every_length_is_passed_whole(void **state)
{
    (void)state;
    uint8_t data[200];
    memset(data, 'a', sizeof data);
    for (size_t n = 0; n < sizeof data; n++) {
        assert_int_equal(hf_detect_skip_best()(data, n), n);
        agree(data, n);
    }
}

static void what_is_malformed_is_one_character(void **state)
{
    (void)state;
    uint32_t scalar = 0;
    assert_int_equal(hf_detect_decode((const uint8_t *)"\xff", 1, &scalar), 1);
    assert_int_equal(scalar, 0xfffd);
    assert_int_equal(hf_detect_decode((const uint8_t *)"\xe4\xb8", 2, &scalar), 1);
    assert_int_equal(hf_detect_decode((const uint8_t *)"\xe4\x41\x41", 3, &scalar), 1);
    assert_int_equal(hf_detect_decode((const uint8_t *)"\xe4\xb8\x80", 3, &scalar), 3);
    assert_int_equal(scalar, 0x4e00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_judged_alike),
        cmocka_unit_test(random_text_is_passed_alike),
        cmocka_unit_test(text_of_every_length_is_passed_whole),
        cmocka_unit_test(what_is_malformed_is_one_character),
    };
    return cmocka_run_group_tests_name("policy/detect_skip", tests, NULL, NULL);
}

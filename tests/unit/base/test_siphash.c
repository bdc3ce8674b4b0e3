#include "base/siphash.h"

#include "tests/unit/unit.h"

static const struct hf_siphash_key KEY = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

/* = SipHash paper, appendix A: key 00..0f, message 00..0e. Its first 8 bytes are our prefix. */
static void the_vector_of_the_paper_holds(void **state)
{
    (void)state;
    const uint8_t rest[] = {8, 9, 10, 11, 12, 13, 14};
    assert_true(hf_siphash(&KEY, 0x0706050403020100, hf_bytes_of(rest, sizeof rest)) ==
                0xa129ca6149be45e5);
}

static void prefix_bytes_and_length_all_count(void **state)
{
    (void)state;
    uint64_t hash = hf_siphash(&KEY, 1, HF_LITERAL("abcdefgh"));
    assert_true(hash != hf_siphash(&KEY, 2, HF_LITERAL("abcdefgh")));
    assert_true(hash != hf_siphash(&KEY, 1, HF_LITERAL("abcdefgi")));
    assert_true(hash != hf_siphash(&KEY, 1, HF_LITERAL("abcdefgh\0")));
    assert_true(hash != hf_siphash(&KEY, 1, HF_LITERAL("abcdefg")));
}

static void an_empty_message_is_fine(void **state)
{
    (void)state;
    assert_true(hf_siphash(&KEY, 0, hf_bytes_of(NULL, 0)) == hf_siphash(&KEY, 0, HF_LITERAL("")));
}

static void the_key_of_a_process_stays_and_is_not_zero(void **state)
{
    (void)state;
    struct hf_siphash_key first = hf_siphash_process_key();
    struct hf_siphash_key again = hf_siphash_process_key();
    assert_true(first.k0 == again.k0 && first.k1 == again.k1);
    assert_true(first.k0 != 0 && first.k1 != 0 && first.k0 != first.k1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_the_paper_holds),
        cmocka_unit_test(prefix_bytes_and_length_all_count),
        cmocka_unit_test(an_empty_message_is_fine),
        cmocka_unit_test(the_key_of_a_process_stays_and_is_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

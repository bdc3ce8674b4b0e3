#include "base/utf8.h"

#include "tests/unit/unit.h"

static void every_scalar_value_comes_back(void **state)
{
    (void)state;
    for (uint32_t scalar = 0; scalar <= 0x10ffff; scalar++) {
        if (scalar >= 0xd800 && scalar <= 0xdfff) {
            continue;
        }
        uint8_t bytes[4];
        unsigned n = hf_utf8_encode(scalar, bytes);
        if (hf_utf8_sequence(hf_bytes_of(bytes, n)) != n) {
            fail_msg("U+%04X", (unsigned)scalar);
        }
        if (n > 1 && hf_utf8_sequence(hf_bytes_of(bytes, n - 1)) != 0) {
            fail_msg("U+%04X cut short", (unsigned)scalar);
        }
    }
}

/* Decodes without checking anything, to say what a sequence would mean. */
static bool is_scalar_in_shortest_form(const uint8_t b[4], unsigned n)
{
    uint32_t scalar = n == 2 ? b[0] & 0x1f : n == 3 ? b[0] & 0x0f : b[0] & 0x07;
    for (unsigned i = 1; i < n; i++) {
        if ((b[i] & 0xc0) != 0x80) {
            return false;
        }
        scalar = scalar << 6 | (b[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return scalar >= least[n] && scalar <= 0x10ffff && (scalar < 0xd800 || scalar > 0xdfff);
}

/* All first two bytes, against the definition rather than the table. */
static void sequences_agree_with_the_definition(void **state)
{
    (void)state;
    for (unsigned first = 0x80; first <= 0xff; first++) {
        unsigned n = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
        for (unsigned second = 0; second <= 0xff; second++) {
            const uint8_t bytes[4] = {(uint8_t)first, (uint8_t)second, 0x80, 0xbf};
            unsigned expected = n > 0 && is_scalar_in_shortest_form(bytes, n) ? n : 0;
            if (hf_utf8_sequence(hf_bytes_of(bytes, 4)) != expected) {
                fail_msg("%02x %02x", first, second);
            }
        }
    }
}

static void later_bytes_must_be_tails(void **state)
{
    (void)state;
    assert_int_equal(hf_utf8_sequence(HF_LITERAL("\xe2\x82\x41")), 0);
    assert_int_equal(hf_utf8_sequence(HF_LITERAL("\xf0\x9f\x41\x82")), 0);
    assert_int_equal(hf_utf8_sequence(HF_LITERAL("\xf0\x9f\x98\xc0")), 0);
    assert_int_equal(hf_utf8_sequence(hf_bytes_of(NULL, 0)), 0);
}

static void the_first_bad_sequence_is_named(void **state)
{
    (void)state;
    size_t offset = 77;
    assert_true(hf_utf8_check(HF_LITERAL("a\xe5\xae\xa2\xf0\x9f\x98\x82\0z"), &offset));
    assert_int_equal(offset, 77);
    assert_false(hf_utf8_check(HF_LITERAL("a\xe5\xae\xa2\xc0\xaf"), &offset));
    assert_int_equal(offset, 4);
    assert_false(hf_utf8_check(HF_LITERAL("\x80"), NULL));
    assert_true(hf_utf8_check(hf_bytes_of(NULL, 0), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_value_comes_back),
        cmocka_unit_test(sequences_agree_with_the_definition),
        cmocka_unit_test(later_bytes_must_be_tails),
        cmocka_unit_test(the_first_bad_sequence_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

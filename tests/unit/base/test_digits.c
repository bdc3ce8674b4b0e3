#include "base/digits.h"

#include "tests/unit/unit.h"

static void decimal(uint64_t number, const char *expected)
{
    char text[HF_DIGITS_MAX_CHARS];
    size_t n = hf_digits_write(number, text);
    assert_true(hf_bytes_equal_string(hf_bytes_of(text, n), expected));
}

static void decimals_have_no_leading_zero(void **state)
{
    (void)state;
    decimal(0, "0");
    decimal(7, "7");
    decimal(10, "10");
    decimal(UINT64_C(9007199254740991), "9007199254740991");
}

static void the_largest_number_fits(void **state)
{
    (void)state;
    decimal(UINT64_MAX, "18446744073709551615");
}

static void fixed_digits_are_filled_and_cut(void **state)
{
    (void)state;
    char text[] = "....|";
    hf_digits_write_fixed(42, 4, text);
    assert_string_equal(text, "0042|");
    hf_digits_write_fixed(12345, 4, text);
    assert_string_equal(text, "2345|");
}

static void no_digits_are_nothing(void **state)
{
    (void)state;
    char text[] = "|";
    hf_digits_write_fixed(1, 0, text);
    assert_string_equal(text, "|");
}

static void hex_is_lower_case_and_keeps_zeros(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    char text[] = "........|";
    hf_digits_write_hex(hf_bytes_of(bytes, sizeof bytes), text);
    assert_string_equal(text, "000fa5ff|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_have_no_leading_zero),
        cmocka_unit_test(the_largest_number_fits),
        cmocka_unit_test(fixed_digits_are_filled_and_cut),
        cmocka_unit_test(no_digits_are_nothing),
        cmocka_unit_test(hex_is_lower_case_and_keeps_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

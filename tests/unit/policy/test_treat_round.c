#include "policy/treat.h"

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static hf_status round_to(const char *lexeme, const char *step_text, hf_buf *out)
{
    struct hf_step step;
    assert_ok(hf_step_parse(hf_bytes_of_string(step_text), &step));
    return hf_treat_round(hf_bytes_of_string(lexeme), &step, out);
}

static void rounds(const char *lexeme, const char *step, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(256);
    const char *text = NULL;
    assert_ok(round_to(lexeme, step, &out));
    assert_ok(hf_buf_string(&out, &text));
    assert_string_equal(text, expected);
}

static void to_the_nearest_multiple(void **state)
{
    (void)state;
    rounds("1234", "1000", "1000");
    rounds("1499", "1000", "1000");
    rounds("1501", "1000", "2000");
    rounds("7", "5", "5");
    rounds("8", "5", "10");
    rounds("10", "25", "0");
    rounds("13", "25", "25");
    rounds("123.456", "0.01", "123.46");
    rounds("9.99", "0.1", "10.0");
    rounds("999", "10", "1000");
}

static void ties_go_away_from_zero(void **state)
{
    (void)state;
    rounds("1500", "1000", "2000");
    rounds("-1500", "1000", "-2000");
    rounds("2.5", "1", "3");
    rounds("-2.5", "1", "-3");
    rounds("2.5", "5", "5");
    rounds("-2.5", "5", "-5");
    rounds("0.125", "0.25", "0.25");
    rounds("12.5", "25", "25");
    rounds("0.5", "1", "1");
}

static void just_below_a_tie_stays(void **state)
{
    (void)state;
    rounds("1499.9999999999999999999999999999", "1000", "1000");
    rounds("2.4999999999999999999999999999999", "5", "0");
    rounds("0.4999999999999999999999999999999", "1", "0");
    rounds("12.4999999", "25", "0");
}

static void the_steps_decimals_are_written(void **state)
{
    (void)state;
    rounds("1", "0.50", "1.00");
    rounds("1.3", "0.50", "1.50");
    rounds("7", "2.5", "7.5");
    rounds("100", "10.00", "100.00");
    rounds("0", "0.001", "0.000");
    rounds("0.0004", "0.001", "0.000");
    rounds("0.0005", "0.001", "0.001");
    rounds("1", "0.000000001", "1.000000000");
}

static void zero_has_no_sign(void **state)
{
    (void)state;
    rounds("-0", "1", "0");
    rounds("-0.4", "1", "0");
    rounds("-0.0000", "0.10", "0.00");
    rounds("-499", "1000", "0");
}

static void exponents_move_the_point(void **state)
{
    (void)state;
    rounds("1E3", "1", "1000");
    rounds("1.5e3", "1000", "2000");
    rounds("15e-1", "1", "2");
    rounds("1e-3", "0.01", "0.00");
    rounds("5e-3", "0.01", "0.01");
    rounds("1.0E7", "1000", "10000000");
    rounds("-1e+2", "50", "-100");
    rounds("1e-64", "1", "0");
    rounds("9e-64", "0.1", "0.0");
    rounds("1e64", "1", "10000000000000000000000000000000000000000000000000000000000000000");
}

static void numbers_beyond_any_machine_type_are_exact(void **state)
{
    (void)state;
    rounds("12345678901234567890123", "1000", "12345678901234567890000");
    rounds("9007199254740993", "1", "9007199254740993");
    rounds("99999999999999999999999999999999999999999999999999999999999999.5", "1",
           "100000000000000000000000000000000000000000000000000000000000000");
    rounds("123456789012345678901", "99999999999999999", "123499999999999998765");
}

static void an_exponent_out_of_bounds_is_refused(void **state)
{
    (void)state;
    static const char *const far[] = {"1e65", "1E-65", "1e400", "1e99999999999999999999", "0e1000"};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(256);
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        assert_code(round_to(far[i], "1", &out), LIMIT);
    }
    assert_int_equal(out.size, 0);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",   ".5",   "1.",    "1.x", "1e",
                                      "1e+", "abc", "1e5x", "1.2.3", "1 ",  "--1"};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(256);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_code(round_to(bad[i], "1", &out), JSON_MALFORMED);
    }
    char digits[HF_NUMBER_MAX_BYTES + 2];
    memset(digits, '1', sizeof digits);
    digits[sizeof digits - 1] = 0;
    assert_code(round_to(digits, "1", &out), JSON_MALFORMED);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(3);
    assert_code(round_to("1000", "1", &out), LIMIT);
    assert_int_equal(out.size, 0);
}

/* Against 64-bit arithmetic, on values and steps that fit: all in units of a hundredth. */
static void agrees_with_machine_arithmetic(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned i = 0; i < 20000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t cents = (seed >> 20) % (i % 2 ? 100000000000 : 2000);
        uint64_t step = 1 + (seed >> 7) % (i % 3 ? 5000 : 50);
        uint64_t quotient = cents / step + (2 * (cents % step) >= step);
        uint64_t rounded = quotient * step;
        char lexeme[64];
        char step_text[64];
        char expected[64];
        const char *sign = i % 5 == 0 && rounded ? "-" : "";
        snprintf(lexeme, sizeof lexeme, "%s%" PRIu64 ".%02" PRIu64, sign, cents / 100, cents % 100);
        snprintf(step_text, sizeof step_text, "%" PRIu64 ".%02" PRIu64, step / 100, step % 100);
        snprintf(expected, sizeof expected, "%s%" PRIu64 ".%02" PRIu64, sign, rounded / 100,
                 rounded % 100);
        rounds(lexeme, step_text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_the_nearest_multiple),
        cmocka_unit_test(ties_go_away_from_zero),
        cmocka_unit_test(just_below_a_tie_stays),
        cmocka_unit_test(the_steps_decimals_are_written),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(exponents_move_the_point),
        cmocka_unit_test(numbers_beyond_any_machine_type_are_exact),
        cmocka_unit_test(an_exponent_out_of_bounds_is_refused),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(agrees_with_machine_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

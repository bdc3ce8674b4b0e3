/* Numbers and words: exact bytes, JSON's grammar and no other. */
#include "tests/unit/policy/redact_assert.h"

static const char numbers[] = "[\"decimal keep\"]";
static const char integers[] = "[\"integer keep\"]";

static void keeps(const char *lexeme)
{
    char document[256];
    snprintf(document, sizeof document, "[%s]", lexeme);
    redacts(numbers, document, document);
}

static void numbers_leave_byte_for_byte(void **state)
{
    (void)state;
    static const char *const exact[] = {"0",
                                        "-0",
                                        "1.10",
                                        "12345678901234567890123",
                                        "9007199254740993",
                                        "1E400",
                                        "-1.5e+3",
                                        "0.2709",
                                        "1e-400",
                                        "0e0",
                                        "3.141592653589793238462643383279502884197"};
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        keeps(exact[i]);
        redacts("\"decimal keep\"", exact[i], exact[i]);
    }
}

static void what_is_no_json_number_is_a_fault(void **state)
{
    (void)state;
    static const char *const bad[] = {"01", "-01",   "1.",  "1.e1", "1e", "1e+", "-",     "--1",
                                      "-a", "1.2.3", "1ea", "1-2",  "00", "-.5", "1e1.5", "1+2"};
    static const char *const not_even[] = {"+1", ".5", "Infinity", "NaN", "e1", "\xef\xbc\x91"};
    char document[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(document, sizeof document, "[%s]", bad[i]);
        breaks(numbers, document, "number", "[");
        breaks("{}", document, "number", "");
    }
    for (size_t i = 0; i < sizeof not_even / sizeof not_even[0]; i++) {
        snprintf(document, sizeof document, "[%s]", not_even[i]);
        breaks(numbers, document, "value", "[");
    }
}

static void a_number_that_ends_the_body_ends_there(void **state)
{
    (void)state;
    redacts("\"integer keep\"", "0", "0");
    redacts("\"integer keep\"", "1234567890", "1234567890");
    redacts("\"integer keep\"", "12 \n", "12");
    breaks("\"decimal keep\"", "-", "truncated", "");
    breaks("\"decimal keep\"", "1.", "truncated", "");
    breaks("\"decimal keep\"", "1e+", "truncated", "");
}

static void an_integer_has_neither_fraction_nor_exponent(void **state)
{
    (void)state;
    redacts(integers, "[1,1.0,1e3,10E-1,-7,-0,19900000001.0,1.9900000001e10]", "[1,-7,-0]");
}

static void a_number_of_64_bytes_is_the_longest_that_leaves(void **state)
{
    (void)state;
    char document[256];
    char expected[256];
    for (int n = 62; n < 200; n += n < 66 ? 1 : 40) {
        snprintf(document, sizeof document, "[1,%0*d,2]", n, 0);
        document[3] = '5'; /* a five and n - 1 zeros */
        snprintf(expected, sizeof expected, "%s", n <= 64 ? document : "[1,2]");
        redacts(numbers, document, expected);
    }
}

static void a_long_number_that_is_dropped_is_still_checked(void **state)
{
    (void)state;
    char document[256];
    snprintf(document, sizeof document, "[1%0100d.5]", 0);
    redacts("{}", document, "null");
    snprintf(document, sizeof document, "[1%0100d.]", 0);
    breaks("{}", document, "number", "");
}

static void the_three_words_are_lower_case_and_whole(void **state)
{
    (void)state;
    redacts("[\"boolean keep nullable\"]", "[true,false,null]", "[true,false,null]");
    static const char *const bad[] = {"tru", "True", "nul", "falsy", "nulL", "t"};
    static const char *const not_even[] = {"TRUE", "yes", "undefined"};
    char document[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(document, sizeof document, "[%s]", bad[i]);
        breaks("[\"boolean keep nullable\"]", document, bad[i][0] == 'T' ? "value" : "literal",
               "[");
    }
    for (size_t i = 0; i < sizeof not_even / sizeof not_even[0]; i++) {
        snprintf(document, sizeof document, "[%s]", not_even[i]);
        breaks("[\"boolean keep nullable\"]", document, not_even[i][0] == 'n' ? "literal" : "value",
               "[");
    }
    breaks(numbers, "[0x10]", "separator", "[0");
    breaks(numbers, "[1_0]", "separator", "[1");
    breaks("[\"boolean keep\"]", "[truex]", "separator", "[true");
    breaks("[\"boolean keep\"]", "tru", "truncated", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_leave_byte_for_byte),
        cmocka_unit_test(what_is_no_json_number_is_a_fault),
        cmocka_unit_test(a_number_that_ends_the_body_ends_there),
        cmocka_unit_test(an_integer_has_neither_fraction_nor_exponent),
        cmocka_unit_test(a_number_of_64_bytes_is_the_longest_that_leaves),
        cmocka_unit_test(a_long_number_that_is_dropped_is_still_checked),
        cmocka_unit_test(the_three_words_are_lower_case_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

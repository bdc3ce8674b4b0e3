#include "policy/route_value.h"

#include "tests/unit/unit.h"

static struct hf_parameter parameter_of(enum hf_schema_type type)
{
    return (struct hf_parameter){.type = type, .max_chars = 20};
}

static bool fits(enum hf_schema_type type, const char *text)
{
    const struct hf_parameter parameter = parameter_of(type);
    return hf_value_fits(&parameter, hf_bytes_of_string(text));
}

static bool fits_format(enum hf_schema_format format, const char *text)
{
    struct hf_parameter parameter = parameter_of(HF_SCHEMA_STRING);
    parameter.format = format;
    parameter.max_chars = 40;
    return hf_value_fits(&parameter, hf_bytes_of_string(text));
}

static void an_integer_has_one_spelling(void **state)
{
    (void)state;
    assert_true(fits(HF_SCHEMA_INTEGER, "0"));
    assert_true(fits(HF_SCHEMA_INTEGER, "-12"));
    assert_true(fits(HF_SCHEMA_INTEGER, "999999999999999999"));
    static const char *const BAD[] = {"",    "-",  "01",  "-0", "+1", "1.0",
                                      "1e3", " 1", "0x1", "1 ", "1-", "1000000000000000000"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_false(fits(HF_SCHEMA_INTEGER, BAD[i]));
    }
}

static void a_number_may_have_a_fraction_but_no_exponent(void **state)
{
    (void)state;
    assert_true(fits(HF_SCHEMA_NUMBER, "12.50"));
    assert_true(fits(HF_SCHEMA_NUMBER, "-0.5"));
    assert_true(fits(HF_SCHEMA_NUMBER, "7"));
    static const char *const BAD[] = {"", ".5", "1.", "1e3", "1.5.0", "00.1", "NaN", "1,5"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_false(fits(HF_SCHEMA_NUMBER, BAD[i]));
    }
}

static void a_boolean_is_true_or_false(void **state)
{
    (void)state;
    assert_true(fits(HF_SCHEMA_BOOLEAN, "true"));
    assert_true(fits(HF_SCHEMA_BOOLEAN, "false"));
    assert_false(fits(HF_SCHEMA_BOOLEAN, "TRUE"));
    assert_false(fits(HF_SCHEMA_BOOLEAN, "1"));
    assert_false(fits(HF_SCHEMA_BOOLEAN, ""));
}

static void a_type_that_no_parameter_has_fits_nothing(void **state)
{
    (void)state;
    assert_false(fits(HF_SCHEMA_NULL, "null"));
}

static void a_string_is_measured_in_characters(void **state)
{
    (void)state;
    struct hf_parameter parameter = parameter_of(HF_SCHEMA_STRING);
    parameter.min_chars = 2;
    parameter.max_chars = 3;
    assert_false(hf_value_fits(&parameter, HF_LITERAL("\xe7\xa8\x8e")));
    assert_true(hf_value_fits(&parameter, HF_LITERAL("\xe7\xa8\x8e\xe5\x8a\xa1")));
    assert_true(hf_value_fits(&parameter, HF_LITERAL("abc")));
    assert_false(hf_value_fits(&parameter, HF_LITERAL("abcd")));
}

static void a_string_holds_no_control_character(void **state)
{
    (void)state;
    assert_false(fits(HF_SCHEMA_STRING, "a\nb"));
    assert_false(fits(HF_SCHEMA_STRING, "a\x7f"));
    const struct hf_parameter parameter = parameter_of(HF_SCHEMA_STRING);
    assert_false(hf_value_fits(&parameter, HF_LITERAL("a\0b")));
}

static void an_enum_is_compared_byte_for_byte(void **state)
{
    (void)state;
    const hf_bytes values[] = {HF_LITERAL("vat"), HF_LITERAL("income")};
    struct hf_parameter parameter = parameter_of(HF_SCHEMA_STRING);
    parameter.values = values;
    parameter.n_values = 2;
    assert_true(hf_value_fits(&parameter, HF_LITERAL("income")));
    assert_false(hf_value_fits(&parameter, HF_LITERAL("VAT")));
    assert_false(hf_value_fits(&parameter, HF_LITERAL("")));
}

static void a_date_exists_and_is_written_one_way(void **state)
{
    (void)state;
    assert_true(fits_format(HF_SCHEMA_FORMAT_DATE, "2024-02-29"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE, "2025-02-29"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE, "20250228"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE, "2025-2-1"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE, "2025-02-28T00:00:00Z"));
    assert_true(fits_format(HF_SCHEMA_FORMAT_DATE_TIME, "2025-02-28T00:00:00Z"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE_TIME, "2025-02-28"));
    assert_false(fits_format(HF_SCHEMA_FORMAT_DATE_TIME, "2025-02-28 at noon"));
}

/* ---- subjects ---- */

static uint8_t folded[18];
static enum hf_subject_kind kind;
static hf_bytes subject;

static bool names(enum hf_parameter_place place, const char *text)
{
    return hf_value_subject(place, hf_bytes_of_string(text), folded, &kind, &subject);
}

static void a_uscc_names_an_enterprise_in_any_place(void **state)
{
    (void)state;
    assert_true(names(HF_PLACE_PATH, "91350100M000100Y43"));
    assert_int_equal(kind, HF_SUBJECT_LEGAL);
    assert_true(hf_bytes_equal_string(subject, "91350100M000100Y43"));
    assert_true(names(HF_PLACE_QUERY, "92999999MA0000B07L"));
    assert_int_equal(kind, HF_SUBJECT_SOLE_TRADER);
    assert_true(names(HF_PLACE_BODY, "911000001000013428"));
    assert_int_equal(kind, HF_SUBJECT_LEGAL);
}

static void a_uscc_has_one_spelling(void **state)
{
    (void)state;
    assert_false(names(HF_PLACE_PATH, "91350100m000100y43"));
    assert_false(names(HF_PLACE_PATH, "91350100M000100Y4Z"));
    assert_false(names(HF_PLACE_PATH, "91350100M000100Y4"));
    assert_false(names(HF_PLACE_PATH, "uscc:91350100M000100Y43"));
    assert_false(names(HF_PLACE_BODY, " 91350100M000100Y43"));
}

static void a_person_is_named_only_in_a_body_and_folded(void **state)
{
    (void)state;
    assert_false(names(HF_PLACE_PATH, "11010519491231002X"));
    assert_false(names(HF_PLACE_QUERY, "440524188001010014"));
    assert_true(names(HF_PLACE_BODY, "11010519491231002x"));
    assert_int_equal(kind, HF_SUBJECT_PERSON);
    assert_true(hf_bytes_equal_string(subject, "11010519491231002X"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_has_one_spelling),
        cmocka_unit_test(a_number_may_have_a_fraction_but_no_exponent),
        cmocka_unit_test(a_boolean_is_true_or_false),
        cmocka_unit_test(a_type_that_no_parameter_has_fits_nothing),
        cmocka_unit_test(a_string_is_measured_in_characters),
        cmocka_unit_test(a_string_holds_no_control_character),
        cmocka_unit_test(an_enum_is_compared_byte_for_byte),
        cmocka_unit_test(a_date_exists_and_is_written_one_way),
        cmocka_unit_test(a_uscc_names_an_enterprise_in_any_place),
        cmocka_unit_test(a_uscc_has_one_spelling),
        cmocka_unit_test(a_person_is_named_only_in_a_body_and_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

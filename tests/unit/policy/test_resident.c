#include "policy/resident.h"

#include "tests/unit/unit.h"

static bool is_valid(const char *text)
{
    return hf_resident_is_valid(hf_bytes_of_string(text));
}

static bool is_within(const char *text)
{
    return hf_resident_is_within(hf_bytes_of_string(text));
}

static void the_standards_examples_are_valid(void **state)
{
    (void)state;
    assert_true(is_valid("11010519491231002X"));
    assert_true(is_valid("11010519491231002x"));
    assert_true(is_valid("440524188001010014"));
    assert_true(is_valid("810000199408230021"));
    assert_true(is_valid("830000199201300022"));
}

static void a_wrong_check_character_is_no_id(void **state)
{
    (void)state;
    assert_false(is_valid("110105194912310021"));
    assert_false(is_valid("110101199003070000"));
    assert_false(is_valid("440524188001010013"));
}

static void a_province_or_birthday_that_does_not_exist_is_no_id(void **state)
{
    (void)state;
    assert_false(is_valid("160105194912310029"));
    assert_false(is_valid("000105194912310025"));
    assert_false(is_valid("110105194913310028"));
    assert_false(is_valid("110105194902300021"));
    assert_false(is_valid("110105184912310022"));
}

static void another_shape_is_no_id(void **state)
{
    (void)state;
    assert_false(is_valid(""));
    assert_false(is_valid("11010519491231002"));
    assert_false(is_valid("11010519491231002X1"));
    assert_false(is_valid("1101051949123100XX"));
    assert_false(is_valid("11010519491231 02X"));
}

static void a_uscc_that_begins_with_nine_is_no_id(void **state)
{
    (void)state;
    assert_false(is_valid("911000001000013428"));
    assert_false(is_valid("91350100M000100Y43"));
}

static void an_id_is_found_inside_a_text(void **state)
{
    (void)state;
    assert_true(is_within("11010519491231002X"));
    assert_true(is_within("id=11010519491231002x&"));
    assert_true(is_within("999911010519491231002X"));
    assert_true(is_within("110105-19491231-002X"));
    assert_true(is_within("110105 1949 1231 002.X"));
    assert_true(is_within("11010519491231002X.json"));
}

static void ordinary_values_hold_no_id(void **state)
{
    (void)state;
    assert_false(is_within(""));
    assert_false(is_within("2025-01-01"));
    assert_false(is_within("91350100M000100Y43.json"));
    assert_false(is_within("911000001000013428"));
    assert_false(is_within("335018000000004521"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples_are_valid),
        cmocka_unit_test(a_wrong_check_character_is_no_id),
        cmocka_unit_test(a_province_or_birthday_that_does_not_exist_is_no_id),
        cmocka_unit_test(another_shape_is_no_id),
        cmocka_unit_test(a_uscc_that_begins_with_nine_is_no_id),
        cmocka_unit_test(an_id_is_found_inside_a_text),
        cmocka_unit_test(ordinary_values_hold_no_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Forms of identifiers, apart from where they stand. */
#include "policy/detect_form.h"

#include "policy/resident.h"
#include "tests/unit/unit.h"

typedef bool form_fn(hf_bytes text);

static void fits(form_fn *form, const char *text)
{
    assert_true(form(hf_bytes_of_string(text)));
}

static void fits_not(form_fn *form, const char *text)
{
    assert_false(form(hf_bytes_of_string(text)));
}

static void cards_have_their_check_digit_and_head(void **state)
{
    (void)state;
    fits(hf_form_is_card, "6217000000000000004");
    fits(hf_form_is_card, "6205500000000000004");
    fits(hf_form_is_card, "9558800000000000000");
    fits(hf_form_is_card, "2720990000000007");
    fits_not(hf_form_is_card, "6217000010012345678");
    fits_not(hf_form_is_card, "2721000000000004");
    fits_not(hf_form_is_card, "0000000000000000");
    fits_not(hf_form_is_card, "62000000000000050000");
    fits_not(hf_form_is_card, "620000000000");
    fits_not(hf_form_is_card, "620000000000000X");
}

static void mobile_numbers_have_their_head(void **state)
{
    (void)state;
    fits(hf_form_is_mobile, "13000000000");
    fits(hf_form_is_mobile, "19999999999");
    fits_not(hf_form_is_mobile, "12999999999");
    fits_not(hf_form_is_mobile, "23000000000");
    fits_not(hf_form_is_mobile, "130000000000");
    fits_not(hf_form_is_mobile, "1300000000X");
}

static void landlines_have_an_area(void **state)
{
    (void)state;
    unsigned area = 0;
    assert_true(hf_form_is_landline(HF_LITERAL("01066778899"), true, &area));
    assert_int_equal(area, 3);
    assert_true(hf_form_is_landline(HF_LITERAL("05922345678"), true, &area));
    assert_int_equal(area, 4);
    assert_true(hf_form_is_landline(HF_LITERAL("5922345678"), false, &area));
    assert_int_equal(area, 3);
    assert_true(hf_form_is_landline(HF_LITERAL("2166778899"), false, &area));
    assert_int_equal(area, 2);
    assert_false(hf_form_is_landline(HF_LITERAL("0106677889"), true, &area));
    assert_false(hf_form_is_landline(HF_LITERAL("01112345678"), true, &area));
    assert_false(hf_form_is_landline(HF_LITERAL("05921345678"), true, &area));
    assert_false(hf_form_is_landline(HF_LITERAL("5922345678"), true, &area));
    assert_false(hf_form_is_landline(HF_LITERAL("059223456"), true, &area));
}

static void residents_read_both_ways(void **state)
{
    (void)state;
    fits(hf_form_is_resident, "11010519491231002X");
    fits(hf_form_is_resident, "X20013219491501011");
    fits_not(hf_form_is_resident, "110105194912310021");
    fits_not(hf_form_is_resident, "1101051949123100");
    assert_true(hf_resident_is_old(HF_LITERAL("110105491231002")));
    assert_false(hf_resident_is_old(HF_LITERAL("11010549123100X")));
    assert_false(hf_resident_is_old(HF_LITERAL("110105490231002")));
    assert_false(hf_resident_is_old(HF_LITERAL("1101054912310021")));
}

static void codes_have_a_department(void **state)
{
    (void)state;
    fits(hf_form_is_uscc, "91350100M000100Y43");
    fits(hf_form_is_uscc, "11999999MB0000C07P");
    fits_not(hf_form_is_uscc, "91350100M000100Y4Z");
    fits_not(hf_form_is_uscc, "000000000000000000");
    fits_not(hf_form_is_uscc, "91350100M000100Y4");
}

static void passports_have_letters_and_digits(void **state)
{
    (void)state;
    fits(hf_form_is_passport, "E12345678");
    fits(hf_form_is_passport, "EA1234567");
    fits(hf_form_is_passport, "PE1234567");
    fits(hf_form_is_passport, "C12345678");
    fits(hf_form_is_passport, "M1234567890");
    fits_not(hf_form_is_passport, "A12345678");
    fits_not(hf_form_is_passport, "PA1234567");
    fits_not(hf_form_is_passport, "E1234567");
    fits_not(hf_form_is_passport, "E1234567890");
    fits_not(hf_form_is_passport, "EAA123456");
}

static void serials_of_plates_have_three_digits(void **state)
{
    (void)state;
    fits(hf_form_is_plate_serial, "12345");
    fits(hf_form_is_plate_serial, "A1B23");
    fits_not(hf_form_is_plate_serial, "AB1C2");
    fits_not(hf_form_is_plate_serial, "1234O");
    fits_not(hf_form_is_plate_serial, "1234I");
    fits_not(hf_form_is_plate_serial, "123#4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_have_their_check_digit_and_head),
        cmocka_unit_test(mobile_numbers_have_their_head),
        cmocka_unit_test(landlines_have_an_area),
        cmocka_unit_test(residents_read_both_ways),
        cmocka_unit_test(codes_have_a_department),
        cmocka_unit_test(passports_have_letters_and_digits),
        cmocka_unit_test(serials_of_plates_have_three_digits),
    };
    return cmocka_run_group_tests_name("policy/detect_form", tests, NULL, NULL);
}

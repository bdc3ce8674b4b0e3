#include "base/uscc.h"

#include "tests/unit/unit.h"

/* Published codes; the first is the worked example usually given for GB 32100. */
static const char *const REAL[] = {"91350100M000100Y43", "911100001000044477",
                                   "91110000802100433B"};

static void real_codes_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REAL / sizeof REAL[0]; i++) {
        assert_true(hf_uscc_is_valid(hf_bytes_of_string(REAL[i])));
    }
}

static void every_single_wrong_character_is_found(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < HF_USCC_CHARS; i++) {
        for (const char *c = alphabet; *c; c++) {
            uint8_t code[HF_USCC_CHARS];
            memcpy(code, REAL[0], sizeof code);
            bool same = code[i] == (uint8_t)*c;
            code[i] = (uint8_t)*c;
            assert_int_equal(hf_uscc_is_valid(hf_bytes_of(code, sizeof code)), same);
        }
    }
}

static void other_alphabets_lengths_and_case_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "91350100M000100Y4",
                                        "91350100M000100Y433",
                                        "91350100m000100y43",
                                        "91350100M000100Y4 ",
                                        "9135010OM000100Y43", /* letter O for zero */
                                        "9I350100M000100Y43", /* letter I for one */
                                        ("91350100M0001\xc3\xa9"
                                         "Y43")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(hf_uscc_is_valid(hf_bytes_of_string(wrong[i])));
    }
    assert_false(hf_uscc_is_valid((hf_bytes){NULL, 0}));
}

static void the_division_is_of_digits(void **state)
{
    (void)state;
    uint8_t code[HF_USCC_CHARS] = "91A50100M000100Y4";
    code[HF_USCC_CHARS - 1] = (uint8_t)hf_uscc_check_character(code);
    assert_true(code[HF_USCC_CHARS - 1] != 0);
    assert_false(hf_uscc_is_valid(hf_bytes_of(code, sizeof code)));
}

static void no_check_character_for_a_foreign_alphabet(void **state)
{
    (void)state;
    assert_int_equal(hf_uscc_check_character((const uint8_t *)"91350100M000100Y4"), '3');
    assert_int_equal(hf_uscc_check_character((const uint8_t *)"91350100M000100I4"), 0);
    assert_int_equal(hf_uscc_check_character((const uint8_t *)"91350100M000\0"
                                                              "00Y4"),
                     0);
}

static void a_party_is_an_enterprise_a_sole_trader_or_a_person(void **state)
{
    (void)state;
    enum hf_subject_kind kind;
    assert_true(hf_party_kind(HF_LITERAL("uscc:91350100M000100Y43"), &kind));
    assert_int_equal(kind, HF_SUBJECT_LEGAL);
    assert_true(
        hf_party_kind(HF_LITERAL("person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"), &kind));
    assert_int_equal(kind, HF_SUBJECT_PERSON);

    uint8_t trader[] = "uscc:92350100M000100Y4?";
    trader[22] = (uint8_t)hf_uscc_check_character(trader + 5);
    assert_true(hf_party_kind(hf_bytes_of(trader, 23), &kind));
    assert_int_equal(kind, HF_SUBJECT_SOLE_TRADER);
}

static void what_is_no_party_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "uscc:",
        "91350100M000100Y43",
        "USCC:91350100M000100Y43",
        "uscc:91350100M000100Y44",
        "person:",
        "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-",   /* short */
        "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-YY", /* long */
        "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI+Y",  /* other alphabet */
        "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Z",  /* unused bits set */
        "person:11010519491231002X"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum hf_subject_kind kind = HF_SUBJECT_PERSON;
        assert_false(hf_party_kind(hf_bytes_of_string(wrong[i]), &kind));
        assert_int_equal(kind, HF_SUBJECT_PERSON);
    }
}

static void a_code_may_stand_bare_or_with_its_prefix(void **state)
{
    (void)state;
    hf_bytes uscc = {0};
    assert_true(hf_party_uscc(HF_LITERAL("uscc:911100001000044477"), &uscc));
    assert_true(hf_bytes_equal_string(uscc, "911100001000044477"));
    assert_true(hf_party_uscc(HF_LITERAL("911100001000044477"), &uscc));
    assert_false(hf_party_uscc(HF_LITERAL("911100001000044478"), &uscc));
    assert_false(hf_party_uscc(HF_LITERAL("uscc:uscc:911100001000044477"), &uscc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_codes_are_valid),
        cmocka_unit_test(every_single_wrong_character_is_found),
        cmocka_unit_test(other_alphabets_lengths_and_case_are_refused),
        cmocka_unit_test(the_division_is_of_digits),
        cmocka_unit_test(no_check_character_for_a_foreign_alphabet),
        cmocka_unit_test(a_party_is_an_enterprise_a_sole_trader_or_a_person),
        cmocka_unit_test(what_is_no_party_is_refused),
        cmocka_unit_test(a_code_may_stand_bare_or_with_its_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

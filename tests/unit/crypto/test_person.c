#include "crypto/person.h"

#include "tests/unit/unit.h"

static void name_of(const char *key, hf_bytes id_number, char ret_name[HF_PARTY_MAX_BYTES + 1])
{
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, hf_bytes_of_string(key));
    hf_person_name(&mac_key, id_number, ret_name);
    hf_mac_key_clear(&mac_key);
}

static void the_name_is_the_hmac_that_other_software_computes(void **state)
{
    (void)state;
    char name[HF_PARTY_MAX_BYTES + 1];
    name_of("a key of thirty-two bytes, fixed.", HF_LITERAL("11010519491231002X"), name);
    assert_string_equal(name, "person:Z3vdxUdJhEYRCTPlU7kIn6dcTUrnhkEzaOTudCME7oM");
}

static void the_name_is_a_party_of_its_kind(void **state)
{
    (void)state;
    char name[HF_PARTY_MAX_BYTES + 1];
    enum hf_subject_kind kind = HF_SUBJECT_LEGAL;
    name_of("k", HF_LITERAL("440524188001010014"), name);
    assert_true(hf_party_kind(hf_bytes_of_string(name), &kind));
    assert_int_equal(kind, HF_SUBJECT_PERSON);
}

static void both_spellings_of_the_check_character_are_one_person(void **state)
{
    (void)state;
    char big[HF_PARTY_MAX_BYTES + 1];
    char small[HF_PARTY_MAX_BYTES + 1];
    name_of("k", HF_LITERAL("11010519491231002X"), big);
    name_of("k", HF_LITERAL("11010519491231002x"), small);
    assert_string_equal(big, small);
}

static void another_key_or_number_is_another_name(void **state)
{
    (void)state;
    char name[HF_PARTY_MAX_BYTES + 1];
    char other[HF_PARTY_MAX_BYTES + 1];
    name_of("k", HF_LITERAL("11010519491231002X"), name);
    name_of("l", HF_LITERAL("11010519491231002X"), other);
    assert_string_not_equal(name, other);
    name_of("k", HF_LITERAL("440524188001010014"), other);
    assert_string_not_equal(name, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_the_hmac_that_other_software_computes),
        cmocka_unit_test(the_name_is_a_party_of_its_kind),
        cmocka_unit_test(both_spellings_of_the_check_character_are_one_person),
        cmocka_unit_test(another_key_or_number_is_another_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

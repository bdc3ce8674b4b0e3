#include "base/vocabulary.h"

#include "tests/unit/unit.h"

typedef bool by_name(hf_bytes name, unsigned *ret_bit);
typedef const char *name_of(unsigned bit);

/* Every bit of @all has a name that leads back to it, and nothing else has one. */
static void assert_closed(by_name *bit_by_name, name_of *name_by_bit, unsigned all)
{
    for (unsigned bit = 1; bit <= all; bit <<= 1) {
        unsigned found = 0;
        assert_non_null(name_by_bit(bit));
        assert_true(bit_by_name(hf_bytes_of_string(name_by_bit(bit)), &found));
        assert_int_equal(found, bit);
    }
    assert_null(name_by_bit(0));
    assert_null(name_by_bit(3)); /* two bits are no name */
    assert_null(name_by_bit(all + 1));
}

static void purposes_actions_classes_and_kinds_are_closed_sets(void **state)
{
    (void)state;
    assert_closed(hf_purpose_by_name, hf_purpose_name, HF_PURPOSE_ALL);
    assert_closed(hf_action_by_name, hf_action_name, HF_ACTION_ALL);
    assert_closed(hf_field_by_name, hf_field_name, HF_FIELD_ALL);
    assert_closed(hf_subject_kind_by_name, hf_subject_kind_name, HF_SUBJECT_ALL);
}

static void bits_carry_the_names_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(hf_purpose_name(HF_PURPOSE_PRE_LOAN), "pre_loan");
    assert_string_equal(hf_purpose_name(HF_PURPOSE_POST_LOAN), "post_loan");
    assert_string_equal(hf_action_name(HF_ACTION_ANALYSE), "analyse");
    assert_string_equal(hf_field_name(HF_FIELD_SENSITIVE), "sensitive_personal");
    assert_string_equal(hf_subject_kind_name(HF_SUBJECT_SOLE_TRADER), "sole_trader");
    assert_string_equal(hf_detail_name(HF_DETAIL_SUMMARY), "summary");
    assert_string_equal(hf_detail_name(HF_DETAIL_RECORDS), "records");
    assert_null(hf_detail_name((enum hf_detail_kind)2));
}

static void every_source_has_a_name_and_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_SOURCES; i++) {
        enum hf_source source = HF_N_SOURCES;
        assert_true(
            hf_source_by_name(hf_bytes_of_string(hf_source_name((enum hf_source)i)), &source));
        assert_int_equal(source, i);
    }
    assert_null(hf_source_name(HF_N_SOURCES));
    assert_string_equal(hf_source_name(HF_SOURCE_CREDIT), "credit");
}

static void no_name_is_guessed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "Query", "query ", " query", "quer", "queryy", "*"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned bit = 77;
        enum hf_source source = HF_SOURCE_GAS;
        enum hf_detail_kind detail = HF_DETAIL_RECORDS;
        hf_bytes name = hf_bytes_of_string(wrong[i]);
        assert_false(hf_action_by_name(name, &bit));
        assert_false(hf_purpose_by_name(name, &bit));
        assert_false(hf_field_by_name(name, &bit));
        assert_false(hf_source_by_name(name, &source));
        assert_false(hf_detail_by_name(name, &detail));
        assert_int_equal(bit, 77); /* outputs only on success */
        assert_int_equal(source, HF_SOURCE_GAS);
    }
    unsigned bit;
    assert_false(hf_action_by_name(HF_LITERAL("query\0"), &bit));
}

static void a_dataset_splits_at_its_slash(void **state)
{
    (void)state;
    enum hf_source source;
    hf_bytes name;
    assert_true(hf_dataset_split(HF_LITERAL("samr/annual_report"), &source, &name));
    assert_int_equal(source, HF_SOURCE_SAMR);
    assert_true(hf_bytes_equal_string(name, "annual_report"));
}

static void a_malformed_dataset_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "tax",
        "tax/",
        "/payment",
        "bank/payment",
        "tax/*",
        "tax/a/b",
        "tax/1a",
        "tax/_a",
        "tax/A",
        "Tax/pay",
        "tax/a-b",
        "tax/a b",
        "tax//a",
        ("tax/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaa")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum hf_source source;
        hf_bytes name;
        assert_false(hf_dataset_split(hf_bytes_of_string(wrong[i]), &source, &name));
    }
    assert_false(hf_dataset_name_ok((hf_bytes){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purposes_actions_classes_and_kinds_are_closed_sets),
        cmocka_unit_test(bits_carry_the_names_of_the_contract),
        cmocka_unit_test(every_source_has_a_name_and_back),
        cmocka_unit_test(no_name_is_guessed),
        cmocka_unit_test(a_dataset_splits_at_its_slash),
        cmocka_unit_test(a_malformed_dataset_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

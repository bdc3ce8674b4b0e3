#include "audit/fault.h"

#include "tests/unit/unit.h"

static void a_fault_names_file_place_and_difference(void **state)
{
    (void)state;
    struct hf_log_fault fault = {.file = "wal/0.hfl", .offset = 4096, .index = 17};
    struct hf_problem problem = {0};
    hf_log_fault_numbers(&fault, "the record has another index", 17, 18);
    assert_code(hf_log_fault_raise(&fault, HF_LOG_CORRUPT, &problem), LOG_CORRUPT);
    assert_string_equal(problem.where, "wal/0.hfl");
    assert_int_equal(problem.offset, 4096);
    assert_string_equal(problem.detail, "offset 4096, record 17: the record has another index: "
                                        "expected 17, got 18");
}

static void a_sentence_alone_has_nothing_to_compare(void **state)
{
    (void)state;
    struct hf_log_fault fault = {.file = "checkpoint", .expected = "x", .got = "y"};
    struct hf_problem problem = {0};
    hf_log_fault_say(&fault, "not a signed checkpoint");
    assert_code(hf_log_fault_raise(&fault, HF_LOG_TAMPERED, &problem), LOG_TAMPERED);
    assert_string_equal(problem.detail, "offset 0, record 0: not a signed checkpoint");
    assert_code(hf_log_fault_raise(&fault, HF_LOG_TAMPERED, NULL), LOG_TAMPERED);
}

static void hashes_are_printed_whole(void **state)
{
    (void)state;
    struct hf_log_fault fault = {0};
    const uint8_t expected[32] = {0};
    const uint8_t got[32] = {0xff};
    hf_log_fault_hashes(&fault, "prev", expected, got);
    assert_string_equal(fault.expected, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_string_equal(fault.got, "_wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_names_file_place_and_difference),
        cmocka_unit_test(a_sentence_alone_has_nothing_to_compare),
        cmocka_unit_test(hashes_are_printed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

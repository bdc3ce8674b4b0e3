#include "audit/line.h"

#include "base/status.h"
#include "tests/unit/unit.h"

static void lines_are_taken_one_by_one(void **state)
{
    (void)state;
    hf_bytes rest = HF_LITERAL("one\n\ntwo");
    hf_bytes line;
    assert_true(hf_line_take(&rest, &line));
    assert_true(hf_bytes_equal_string(line, "one"));
    assert_true(hf_line_take(&rest, &line));
    assert_int_equal(line.size, 0);
    assert_false(hf_line_take(&rest, &line)); /* a line that does not end is none */
    assert_true(hf_bytes_equal_string(rest, "two"));
    rest = hf_bytes_of(NULL, 0);
    assert_false(hf_line_take(&rest, &line));
}

static void a_number_has_one_spelling(void **state)
{
    (void)state;
    uint64_t number = 7;
    assert_true(hf_line_number(HF_LITERAL("0"), &number));
    assert_int_equal(number, 0);
    assert_true(hf_line_number(HF_LITERAL("9999999999999999999"), &number));
    static const char *const wrong[] = {"",   "00", "01", "-1",
                                        "+1", "1 ", "1a", "10000000000000000000"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(hf_line_number(hf_bytes_of_string(wrong[i]), &number));
    }
}

static void a_hash_is_32_bytes_in_padded_base64(void **state)
{
    (void)state;
    uint8_t hash[HF_SHA256_BYTES];
    assert_true(hf_line_hash(HF_LITERAL("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), hash));
    assert_int_equal(hash[0], 1);
    assert_false(hf_line_hash(HF_LITERAL("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash));
    assert_false(hf_line_hash(HF_LITERAL("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="), hash));
    assert_false(hf_line_hash(HF_LITERAL("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), hash));
    assert_false(hf_line_hash(HF_LITERAL("AQ=="), hash));
}

static void words_stand_between_blanks(void **state)
{
    (void)state;
    hf_bytes rest = HF_LITERAL("  one\ttwo ");
    hf_bytes word;
    assert_true(hf_line_word(&rest, &word));
    assert_true(hf_bytes_equal_string(word, "one"));
    assert_true(hf_line_word(&rest, &word));
    assert_true(hf_bytes_equal_string(word, "two"));
    assert_false(hf_line_word(&rest, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken_one_by_one),
        cmocka_unit_test(a_number_has_one_spelling),
        cmocka_unit_test(a_hash_is_32_bytes_in_padded_base64),
        cmocka_unit_test(words_stand_between_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

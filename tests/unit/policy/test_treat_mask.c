#include "policy/treat.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static void masks(const char *value, unsigned first, unsigned last, const char *expected)
{
    const struct hf_treatment treatment = {
        .kind = HF_TREAT_MASK, .keep_first = first, .keep_last = last};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    const char *text = NULL;
    assert_ok(hf_treat_mask(hf_bytes_of_string(value), &treatment, &out));
    assert_ok(hf_buf_string(&out, &text));
    assert_string_equal(text, expected);
}

static void the_inner_characters_become_stars(void **state)
{
    (void)state;
    masks("13912345678", 3, 4, "\"139****5678\"");
    masks("13912345678", 0, 4, "\"*******5678\"");
    masks("13912345678", 3, 0, "\"139********\"");
    masks("13912345678", 0, 0, "\"***********\"");
}

static void a_short_value_is_masked_whole(void **state)
{
    (void)state;
    masks("123456", 2, 2, "\"******\"");
    masks("1234567", 2, 2, "\"12***67\"");
    masks("12", 0, 0, "\"**\"");
    masks("", 3, 4, "\"\"");
    masks("1", 64, 64, "\"*\"");
}

static void characters_are_code_points(void **state)
{
    (void)state;
    masks("\xe5\xbc\xa0\xe4\xb8\x89\xe4\xb8\xb0\xe5\x85\x88", 1, 0, "\"\xe5\xbc\xa0***\"");
    masks("\xf0\x9f\x98\x80"
          "abcd",
          1, 1, "\"\xf0\x9f\x98\x80***d\"");
    masks("ab\xc3\xa9\xc3\xa9\xc3\xa9", 1, 1, "\"a***\xc3\xa9\"");
}

static void what_stays_is_escaped_again(void **state)
{
    (void)state;
    masks("\"\\abc\n\x01", 2, 2, "\"\\\"\\\\***\\n\\u0001\"");
}

/* Whatever the length of a value, and wherever in it a character is that is not plain. */
static void one_odd_character_is_found_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *odd;
        const char *written;
    } cases[] = {
        {"x", "x"}, {"\"", "\\\""}, {"\\", "\\\\"}, {"\x1f", "\\u001f"}, {"\xc3\xa9", "\xc3\xa9"}};
    static const char zeros[] = "0000000000000000000000000000000000000000";
    static const char stars[] = "****************************************";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned n = 1; n <= 40; n++) {
            for (unsigned at = 0; at < n; at++) {
                char value[128];
                char expected[128];
                const char *first = n <= 3 ? "*" : at == 0 ? cases[i].written : "0";
                snprintf(value, sizeof value, "%.*s%s%.*s", (int)at, zeros, cases[i].odd,
                         (int)(n - at - 1), zeros);
                snprintf(expected, sizeof expected, "\"%s%.*s\"", first, (int)n - 1, stars);
                masks(value, 1, 0, expected);
            }
        }
    }
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    const struct hf_treatment treatment = {.kind = HF_TREAT_MASK};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(4);
    assert_ok(hf_buf_append_byte(&out, ':'));
    assert_code(hf_treat_mask(HF_LITERAL("12345"), &treatment, &out), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&out), ":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inner_characters_become_stars),
        cmocka_unit_test(a_short_value_is_masked_whole),
        cmocka_unit_test(characters_are_code_points),
        cmocka_unit_test(what_stays_is_escaped_again),
        cmocka_unit_test(one_odd_character_is_found_anywhere),
        cmocka_unit_test(a_full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

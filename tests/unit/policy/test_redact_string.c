/* Strings: encodings that deceive, escapes, and cuts at every byte. */
#include "tests/unit/policy/redact_assert.h"

/* A kept, a masked and a dropped place: the same bytes must be refused in each. */
static const char *const places[] = {"\"string keep\"", "\"string keep max=100\"",
                                     "\"string mask=1,1\"", "\"string drop\"", "[\"*\"]"};

static void refuses_everywhere(hf_bytes content, const char *rule)
{
    char document[256] = "\"";
    assert_true(content.size < sizeof document - 2);
    memcpy(document + 1, content.data, content.size);
    document[content.size + 1] = '"';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct redacting redacting = redacting_of(places[i]);
        struct redacted redacted =
            redact_all_ways(&redacting, hf_bytes_of(document, content.size + 2));
        assert_code(redacted.status, SOURCE_MALFORMED);
        assert_string_equal(redacted.problem.where, rule);
        redacted_clear(&redacted);
        hf_view_unref(redacting.view);
    }
}

static void keeps(const char *document)
{
    redacts("\"string keep\"", document, document);
    redacts("\"string keep max=1000\"", document, document);
    redacts("\"string drop\"", document, "null");
}

static void kept_strings_leave_byte_for_byte(void **state)
{
    (void)state;
    keeps("\"\"");
    keeps("\"plain, / and \\/ and \\u0041 \\n\\r\\t\\b\\f \\\\ \\\"\"");
    keeps("\"\xe4\xb8\xad\xe6\x96\x87 \xc3\xa9 \xf0\x9f\x98\x80 \\ud83d\\uDE00\"");
    keeps("\"a string of more than thirty-two bytes, to fill a block, and a second one, too\"");
}

static void del_and_line_separators_are_characters_like_others(void **state)
{
    (void)state;
    keeps("\"\x7f \xe2\x80\xa8 \xe2\x80\xa9 \xef\xbb\xbf \xef\xbf\xbf \xc2\x80\"");
}

static void overlong_forms_are_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("a\xc0\xaf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xc1\xbf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xe0\x80\xaf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xe0\x9f\xbf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xf0\x80\x80\xaf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xf0\x8f\xbf\xbf"), "utf8");
}

static void surrogates_as_bytes_are_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("\xed\xa0\x80"), "utf8");
    refuses_everywhere(HF_LITERAL("\xed\xbf\xbf"), "utf8");
    refuses_everywhere(HF_LITERAL("\xed\xa0\xbd\xed\xb8\x80"), "utf8"); /* CESU-8 */
}

static void code_points_beyond_the_last_are_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("\xf4\x90\x80\x80"), "utf8");
    refuses_everywhere(HF_LITERAL("\xf5\x80\x80\x80"), "utf8");
    refuses_everywhere(HF_LITERAL("\xff\xfe"), "utf8");
}

static void stray_and_missing_continuations_are_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("a\x80"), "utf8");
    refuses_everywhere(HF_LITERAL("\xe4\xb8"), "utf8");
    refuses_everywhere(HF_LITERAL("\xe4\xb8x"), "utf8");
    refuses_everywhere(HF_LITERAL("\xe4"), "utf8");
    refuses_everywhere(HF_LITERAL("\xc3\\u0041"), "utf8");
    refuses_everywhere(HF_LITERAL("\xf0\x9f\x98"), "utf8");
}

static void gbk_is_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("\xd6\xd0\xce\xc4"), "utf8"); /* 中文 */
}

static void a_byte_order_mark_or_utf16_is_refused(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("\"string keep\"");
    assert_breaks(&redacting, HF_LITERAL("\xef\xbb\xbf\"a\""), "value", "");
    assert_breaks(&redacting, HF_LITERAL("\xff\xfe\"\0a\0\"\0"), "value", "");
    assert_breaks(&redacting, HF_LITERAL("\"\0a\0\"\0"), "control", "\"");
    assert_breaks(&redacting, HF_LITERAL("\0\"\0a\0\""), "value", "");
    hf_view_unref(redacting.view);
}

static void raw_control_characters_are_refused(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x20; byte++) {
        const uint8_t content[] = {'a', (uint8_t)byte, 'b'};
        refuses_everywhere(hf_bytes_of(content, 3), "control");
    }
}

static void lone_halves_of_pairs_are_refused(void **state)
{
    (void)state;
    refuses_everywhere(HF_LITERAL("\\ud800"), "surrogate");
    refuses_everywhere(HF_LITERAL("\\uDBFF."), "surrogate");
    refuses_everywhere(HF_LITERAL("\\udc00"), "surrogate");
    refuses_everywhere(HF_LITERAL("\\ud800\\n"), "surrogate");
    refuses_everywhere(HF_LITERAL("\\ud800\\u0041"), "surrogate");
    refuses_everywhere(HF_LITERAL("\\ud800\\ud800"), "surrogate");
    refuses_everywhere(HF_LITERAL("\\ude00\\ud83d"), "surrogate");
}

static void escapes_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const escapes[] = {
        "\\x41",         "\\a",     "\\0",     "\\'",     "\\U0041",
        "\\u004",        "\\u00g1", "\\u 041", "\\u+041", "\\\xe4\xb8\xad",
        "\\ud83d\\u00g0"};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        refuses_everywhere(hf_bytes_of_string(escapes[i]), "escape");
    }
}

static void a_fault_is_placed_at_the_first_byte_of_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        size_t offset;
    } cases[] = {
        {"\"ab\xe4\xb8x\"", 3}, {"\"ab\\ud83dx\"", 3}, {"\"ab\\q\"", 3}, {"\"ab\x01\"", 3}};
    struct redacting redacting = redacting_of("\"string keep\"");
    for (size_t i = 0; i < 4; i++) {
        struct redacted redacted =
            redact_all_ways(&redacting, hf_bytes_of_string(cases[i].document));
        assert_int_equal(redacted.problem.offset, cases[i].offset);
        assert_text(hf_buf_view(&redacted.out), "\"ab");
        redacted_clear(&redacted);
    }
    hf_view_unref(redacting.view);
}

static void a_string_at_its_limit_passes_and_one_byte_more_does_not(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("{\"a\":\"string keep\"}");
    redacting.limits.max_string_bytes = 6;
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"123456\"}"), "{\"a\":\"123456\"}");
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"\\u0041\",\"x\":\"123456\"}"),
                   "{\"a\":\"\\u0041\"}");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"1234567\"}"), "string_length",
                  "{\"a\":\"123456");
    assert_breaks(&redacting, HF_LITERAL("{\"x\":\"1234567\"}"), "string_length", "{");
    assert_breaks(&redacting, HF_LITERAL("{\"a123456\":\"1\"}"), "string_length", "{");
    assert_breaks(&redacting, HF_LITERAL("{\"x\":\"1\\u0041\"}"), "string_length", "{");
    hf_view_unref(redacting.view);
}

static void a_name_of_escapes_may_be_six_times_as_long(void **state)
{
    (void)state;
    char document[6 * 256 + 16];
    char view[400] = "{\"";
    char expected[400] = "{\"";
    size_t n = 0;
    document[n++] = '{';
    document[n++] = '"';
    for (int i = 0; i < 256; i++) {
        memcpy(document + n, "\\u0061", 6);
        n += 6;
    }
    snprintf(document + n, sizeof document - n, "\":\"1\"}");
    memset(view + 2, 'a', 256);
    memset(expected + 2, 'a', 256);
    snprintf(view + 258, sizeof view - 258, "\":\"string keep\"}");
    snprintf(expected + 258, sizeof expected - 258, "\":\"1\"}");
    redacts(view, document, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_strings_leave_byte_for_byte),
        cmocka_unit_test(del_and_line_separators_are_characters_like_others),
        cmocka_unit_test(overlong_forms_are_refused),
        cmocka_unit_test(surrogates_as_bytes_are_refused),
        cmocka_unit_test(code_points_beyond_the_last_are_refused),
        cmocka_unit_test(stray_and_missing_continuations_are_refused),
        cmocka_unit_test(gbk_is_refused),
        cmocka_unit_test(a_byte_order_mark_or_utf16_is_refused),
        cmocka_unit_test(raw_control_characters_are_refused),
        cmocka_unit_test(lone_halves_of_pairs_are_refused),
        cmocka_unit_test(escapes_that_do_not_exist_are_refused),
        cmocka_unit_test(a_fault_is_placed_at_the_first_byte_of_what_is_wrong),
        cmocka_unit_test(a_string_at_its_limit_passes_and_one_byte_more_does_not),
        cmocka_unit_test(a_name_of_escapes_may_be_six_times_as_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

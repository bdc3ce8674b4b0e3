/* Leaves: types, treatments, whom they are about, and the dates of rows. */
#include "tests/unit/policy/redact_assert.h"

#include "base/date.h"

static const char leaf_of_each_type[] =
    "{\"s\":\"string keep\",\"i\":\"integer keep\",\"d\":\"decimal keep\","
    "\"b\":\"boolean keep\",\"t\":\"date keep\"}";

/* --- types --- */

static void a_leaf_of_its_own_type_is_kept(void **state)
{
    (void)state;
    redacts(leaf_of_each_type, "{\"s\":\"x\",\"i\":1,\"d\":1.5,\"b\":true,\"t\":\"2025-01-31\"}",
            "{\"s\":\"x\",\"i\":1,\"d\":1.5,\"b\":true,\"t\":\"2025-01-31\"}");
    redacts(leaf_of_each_type, "{\"d\":1,\"b\":false,\"t\":\"2025-01-31T10:00:00Z\"}",
            "{\"d\":1,\"b\":false,\"t\":\"2025-01-31T10:00:00Z\"}");
}

static void a_leaf_of_another_type_is_dropped(void **state)
{
    (void)state;
    redacts(leaf_of_each_type, "{\"s\":1,\"i\":\"1\",\"d\":\"1\",\"b\":\"true\",\"t\":20250131}",
            "{}");
    redacts(leaf_of_each_type, "{\"s\":true,\"i\":1.0,\"d\":true,\"b\":1,\"t\":\"CANARY\"}", "{}");
    redacts(leaf_of_each_type, "{\"s\":{},\"i\":[1],\"d\":{\"d\":1},\"b\":[],\"t\":[\"2025\"]}",
            "{}");
    redacts(leaf_of_each_type, "{\"s\":null,\"i\":null,\"d\":null,\"b\":null,\"t\":null}", "{}");
}

static void a_date_is_read_through_its_escapes(void **state)
{
    (void)state;
    redacts("[\"date keep\"]", "[\"\\u0032025\",\"2025\\u002d01\",\"2025-1\\u0033\",\"\"]",
            "[\"\\u0032025\",\"2025\\u002d01\"]");
}

static void a_leaf_may_have_several_types(void **state)
{
    (void)state;
    redacts("[\"any keep\"]", "[1.5,\"x\",true,null,{}]", "[1.5,\"x\",true]");
    redacts("[\"text keep\"]", "[\"x\",\"2025\",1]", "[\"x\",\"2025\"]");
}

static void a_nullable_leaf_keeps_null(void **state)
{
    (void)state;
    redacts("[\"string keep nullable\"]", "[null,\"x\"]", "[null,\"x\"]");
    redacts("[\"string mask=1,1 nullable\"]", "[null]", "[null]");
    redacts("[\"string drop nullable\"]", "[null]", "[]");
}

/* --- lengths --- */

static void a_string_over_its_length_is_dropped_not_cut(void **state)
{
    (void)state;
    redacts("[\"string keep max=3\"]", "[\"123\",\"1234\",\"\",\"CANARYCANARY\"]",
            "[\"123\",\"\"]");
    redacts("{\"a\":\"string keep max=3\",\"b\":\"integer keep\"}", "{\"a\":\"1234\",\"b\":1}",
            "{\"b\":1}");
}

static void lengths_are_counted_in_characters(void **state)
{
    (void)state;
    redacts("[\"string keep max=3\"]",
            "[\"\xe4\xb8\xad\xe5\x8d\x8e\xe4\xba\xba\",\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\","
            "\"\xe4\xb8\xad\xe5\x8d\x8e\xe4\xba\xba\xe6\xb0\x91\"]",
            "[\"\xe4\xb8\xad\xe5\x8d\x8e\xe4\xba\xba\",\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"]");
    redacts("[\"string keep max=3\"]",
            "[\"\\u4e2d\\ud83d\\ude00\\n\",\"\\u0031\\u0031\\u0031\\u0031\"]",
            "[\"\\u4e2d\\ud83d\\ude00\\n\"]");
}

static void a_masked_string_has_its_length_too(void **state)
{
    (void)state;
    redacts("[\"string mask=1,0 max=5\"]", "[\"12345\",\"123456\"]", "[\"1****\"]");
}

static void a_held_string_beyond_half_the_hold_is_dropped(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("[\"string keep max=1000\"]");
    redacting.limits.max_hold_bytes = 20;
    assert_becomes(&redacting, HF_LITERAL("[\"1234567890\",\"12345678901\",\"1\"]"),
                   "[\"1234567890\",\"1\"]");
    assert_becomes(&redacting, HF_LITERAL("[\"\\u0031\",\"\\u0031\\u0031\",\"1\"]"),
                   "[\"\\u0031\",\"1\"]");
    hf_view_unref(redacting.view);
}

static void a_value_too_long_for_its_treatment_is_dropped(void **state)
{
    (void)state;
    static char document[HF_TREAT_MAX_BYTES + 64];
    static char expected[HF_TREAT_MAX_BYTES + 64];
    for (int n = HF_TREAT_MAX_BYTES - 1; n <= HF_TREAT_MAX_BYTES + 1; n++) {
        snprintf(document, sizeof document, "[\"1%0*d3\",\"4\"]", n - 2, 2);
        memset(expected, '*', sizeof expected);
        memcpy(expected, "[\"1", 3);
        snprintf(expected + n + 1, sizeof expected - (size_t)n - 1, "3\",\"*\"]");
        redacts("[\"string mask=1,1\"]", document, n <= HF_TREAT_MAX_BYTES ? expected : "[\"*\"]");
    }
}

/* --- treatments --- */

static void null_says_only_that_something_was_there(void **state)
{
    (void)state;
    redacts("[\"any null\"]", "[1,\"CANARY\",false,{\"a\":\"CANARY\"},\"\\u0041\"]",
            "[null,null,null,null]");
    redacts("{\"a\":\"string null\"}", "{\"a\":7}", "{}");
}

static void masking_counts_characters_and_not_bytes_or_escapes(void **state)
{
    (void)state;
    redacts("[\"string mask=3,2\"]",
            "[\"13912345678\",\"1391\\u0032345678\",\"1234567\",\"12345678\"]",
            "[\"139******78\",\"139******78\",\"*******\",\"123***78\"]");
    redacts("[\"string mask=1,0\"]", "[\"\xe5\xbc\xa0\xe4\xb8\x89\xe4\xb8\xb0\xe5\x85\x88\"]",
            "[\"\xe5\xbc\xa0***\"]");
    redacts("[\"string mask=1,1\"]", "[\"\\\"abc\\u0007\"]", "[\"\\\"***\\u0007\"]");
}

static void rounding_writes_the_step_and_no_exponent(void **state)
{
    (void)state;
    redacts("[\"decimal round=0.5\"]", "[1.25,-1.25,1e1,-0.1,0]", "[1.5,-1.5,10.0,0.0,0.0]");
    redacts("[\"integer round=1000\"]", "[1499,1500,-1500,1.5]", "[1000,2000,-2000]");
}

static void a_number_whose_exponent_is_out_of_bounds_is_dropped(void **state)
{
    (void)state;
    redacts("[\"decimal round=10\"]", "[5,1e400,1e-400,1e99999999999999999999,6]", "[10,10]");
    redacts("{\"a\":\"decimal round=10\",\"b\":\"integer keep\"}", "{\"a\":1e400,\"b\":1}",
            "{\"b\":1}");
}

static void a_bucket_takes_every_number_and_no_string(void **state)
{
    (void)state;
    redacts("[\"decimal bucket=0,1000.0,5000\"]",
            "[-1,-0,999.9999,1E3,1000.0,5e3,1e400,1e-400,-1e400,123456789012345678901234567890]",
            "[\"..0\",\"0..1000.0\",\"0..1000.0\",\"1000.0..5000\",\"1000.0..5000\",\"5000..\","
            "\"5000..\",\"0..1000.0\",\"..0\",\"5000..\"]");
    redacts("[\"integer bucket=10\"]", "[9,10,1.5,\"7\",true,null,[1]]", "[\"..10\",\"10..\"]");
    redacts("[\"decimal bucket=10 nullable\"]", "[null,3]", "[null,\"..10\"]");
    redacts("{\"a\":\"number bucket=10\",\"b\":\"string keep\"}",
            "{\"a\":0.00000000000000000000000000000000000000000000000000000000000000001,"
            "\"b\":\"65 digits\"}",
            "{\"b\":\"65 digits\"}");
}

static void an_identifier_in_a_bucket_shows_nothing(void **state)
{
    (void)state;
    redacts("[\"integer bucket=0\"]", "[13800138000]", "[\"0..\"]");
}

/* Key and bank are those of tests/support/redacting.c. */
static void a_pseudonym_stands_for_the_decoded_value(void **state)
{
    struct redacting redacting = redacting_of("[\"string pseudonym\"]");
    (void)state;
    struct redacted a = redact_all_ways(&redacting, HF_LITERAL("[\"A\\u0042\",\"AB\",7]"));
    struct redacted b = redact_all_ways(&redacting, HF_LITERAL("[\"AB\",\"\\u0041\\u0042\"]"));
    assert_ok(a.status);
    assert_int_equal(a.out.size, 2 * (HF_PSEUDONYM_CHARS + 2) + 3);
    assert_true(hf_bytes_equal(hf_buf_view(&a.out), hf_buf_view(&b.out)));
    assert_memory_equal(a.out.data + 1, a.out.data + 2 + HF_PSEUDONYM_CHARS + 2,
                        HF_PSEUDONYM_CHARS + 2);
    assert_int_equal(a.stats.withheld[1][HF_WITHHELD_TYPE], 1);
    redacted_clear(&a);
    redacted_clear(&b);
    hf_view_unref(redacting.view);
}

static void an_integer_is_named_as_it_is_written(void **state)
{
    struct redacting redacting = redacting_of("[\"integer pseudonym nullable\"]");
    (void)state;
    struct redacted redacted =
        redact_all_ways(&redacting, HF_LITERAL("[13800138000,13800138000,null,1.5,\"7\"]"));
    assert_ok(redacted.status);
    assert_memory_equal(redacted.out.data + 1, redacted.out.data + 30, HF_PSEUDONYM_CHARS + 2);
    assert_true(hf_bytes_equal_string(hf_bytes_skip(hf_buf_view(&redacted.out), 58), ",null]"));
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void without_a_key_a_pseudonym_is_withheld(void **state)
{
    struct redacting redacting = redacting_of("{\"a\":\"string pseudonym\"}");
    (void)state;
    redacting.anonymous = true;
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"CANARY\"}"), "{}");
    hf_view_unref(redacting.view);
}

static void dates_are_truncated_in_all_their_spellings(void **state)
{
    (void)state;
    static const char document[] =
        "[\"2025\",\"2025-05\",\"2025-05-31\",\"20250531\",\"2025-05-31T12:00:00+08:00\",\"x\",1]";
    redacts("[\"date month\"]", document,
            "[\"2025\",\"2025-05\",\"2025-05\",\"2025-05\",\"2025-05\"]");
    redacts("[\"date quarter\"]", document,
            "[\"2025\",\"2025-Q2\",\"2025-Q2\",\"2025-Q2\",\"2025-Q2\"]");
    redacts("[\"date year\"]", document, "[\"2025\",\"2025\",\"2025\",\"2025\",\"2025\"]");
}

/* --- subject --- */

static struct redacting about(const char *view, const char *subject)
{
    struct redacting redacting = redacting_of(view);
    redacting.subject = subject;
    return redacting;
}

static void the_subject_passes_in_any_spelling_of_it(void **state)
{
    (void)state;
    struct redacting redacting =
        about("{\"id\":\"string keep echo\",\"a\":\"string keep\"}", "91350100M000100Y43");
    assert_becomes(&redacting, HF_LITERAL("{\"id\":\"91350100M000100Y43\",\"a\":\"1\"}"),
                   "{\"id\":\"91350100M000100Y43\",\"a\":\"1\"}");
    assert_becomes(&redacting, HF_LITERAL("{\"id\":\"91350100M000100Y\\u00343\"}"),
                   "{\"id\":\"91350100M000100Y\\u00343\"}");
    assert_becomes(&redacting, HF_LITERAL("{\"id\":null,\"a\":\"1\"}"), "{\"a\":\"1\"}");
    hf_view_unref(redacting.view);
}

static void an_answer_about_someone_else_breaks_off(void **state)
{
    (void)state;
    static const char *const others[] = {"91350100M000100Y4", "91350100m000100y43",
                                         "91350100M000100Y43 ", "91350100M000100Y431", ""};
    struct redacting redacting =
        about("{\"id\":\"string keep echo max=18\",\"a\":\"string keep\"}", "91350100M000100Y43");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char document[96];
        snprintf(document, sizeof document, "{\"a\":\"1\",\"id\":\"%s\",\"a\":\"CANARY\"}",
                 others[i]);
        assert_breaks(&redacting, hf_bytes_of_string(document), "subject", "{\"a\":\"1\"");
    }
    hf_view_unref(redacting.view);
}

static void a_long_name_of_someone_else_breaks_off_too(void **state)
{
    (void)state;
    static char document[3000] = "{\"id\":\"";
    memset(document + 7, '9', 2900);
    memcpy(document + 2907, "\",\"a\":\"CANARY\"}", 16);
    struct redacting redacting =
        about("{\"id\":\"string keep echo\",\"a\":\"string keep\"}", "91350100M000100Y43");
    assert_breaks(&redacting, hf_bytes_of_string(document), "subject", "{");
    hf_view_unref(redacting.view);
}

static void without_a_subject_no_echo_matches(void **state)
{
    (void)state;
    redacts("[\"string keep echo\"]", "[\"\",\"CANARY\"]", "[]");
    redacts("[\"integer keep echo\"]", "[0,1]", "[]");
}

static void a_masked_echo_is_compared_before_it_is_masked(void **state)
{
    (void)state;
    struct redacting redacting = about("[\"string mask=2,2 echo\"]", "1234567");
    assert_becomes(&redacting, HF_LITERAL("[\"1234567\"]"), "[\"12***67\"]");
    assert_breaks(&redacting, HF_LITERAL("[\"1234567\",\"7654321\"]"), "subject", "[\"12***67\"");
    hf_view_unref(redacting.view);
}

/* What policy withholds is compared all the same: the rest of the answer hangs on it. */
static void a_dropped_echo_is_compared_too(void **state)
{
    (void)state;
    static const char *const others[] = {"7654321", "", "1234567 ", "123456\\u0038"};
    struct redacting redacting =
        about("{\"id\":\"string drop echo max=7 class=2\",\"a\":\"string keep\"}", "1234567");
    assert_becomes(&redacting, HF_LITERAL("{\"id\":\"123456\\u0037\",\"a\":\"1\"}"),
                   "{\"a\":\"1\"}");
    assert_becomes(&redacting, HF_LITERAL("{\"id\":null,\"a\":\"1\"}"), "{\"a\":\"1\"}");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char document[96];
        snprintf(document, sizeof document, "{\"a\":\"1\",\"id\":\"%s\",\"b\":1}", others[i]);
        assert_breaks(&redacting, hf_bytes_of_string(document), "subject", "{\"a\":\"1\"");
    }
    hf_view_unref(redacting.view);
}

static void a_dropped_echo_is_counted_as_dropped(void **state)
{
    (void)state;
    struct redacting redacting = about("[\"string drop echo class=2\"]", "1234567");
    struct redacted redacted =
        redact_all_ways(&redacting, HF_LITERAL("[\"1234567\",null,1,{\"a\":\"7654321\"}]"));
    assert_ok(redacted.status);
    assert_int_equal(redacted.stats.withheld[3][HF_WITHHELD_POLICY], 4);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* --- rows --- */

static struct redacting rows_of(const char *view, const char *from, const char *to)
{
    struct hf_view_range range = {.bounded = true};
    assert_true(hf_date_parse(hf_bytes_of_string(from), &range.from_day));
    assert_true(hf_date_parse(hf_bytes_of_string(to), &range.to_day));
    struct redacting redacting = {.view = redacting_view(view, &range),
                                  .limits = hf_redact_limits_default()};
    assert_non_null(redacting.view);
    return redacting;
}

static void row_becomes(const char *item, const char *document, const char *expected)
{
    char view[512];
    snprintf(view, sizeof view, "{\"rows\":[\"rows\",%s],\"z\":\"integer keep\"}", item);
    struct redacting redacting = rows_of(view, "2025-01-01", "2025-12-31");
    assert_becomes(&redacting, hf_bytes_of_string(document), expected);
    hf_view_unref(redacting.view);
}

static const char dated[] = "{\"d\":\"date keep date\",\"v\":\"integer keep\"}";

static void a_row_passes_only_with_its_date_in_the_range(void **state)
{
    (void)state;
    row_becomes(
        dated,
        "{\"rows\":[{\"d\":\"2024-12-31\",\"v\":1},{\"d\":\"2025-01-01\",\"v\":2},"
        "{\"v\":3,\"d\":\"2025-12-31\"},{\"v\":4,\"d\":\"2026-01-01\"}],\"z\":9}",
        "{\"rows\":[{\"d\":\"2025-01-01\",\"v\":2},{\"v\":3,\"d\":\"2025-12-31\"}],\"z\":9}");
}

static void a_date_must_lie_wholly_in_the_range(void **state)
{
    (void)state;
    struct redacting redacting =
        rows_of("[\"rows\",\"date keep date\"]", "2025-01-15", "2026-01-31");
    assert_becomes(
        &redacting,
        HF_LITERAL("[\"2025\",\"2025-01\",\"2025-02\",\"20250114\",\"20250115\",\"2026\","
                   "\"2026-01\",\"2026-01-31T23:59:59+08:00\",\"2026-01-31T16:00:00Z\"]"),
        "[\"2025-02\",\"20250115\",\"2026-01\",\"2026-01-31T23:59:59+08:00\"]");
    hf_view_unref(redacting.view);
}

static void a_row_without_a_readable_date_is_withheld(void **state)
{
    (void)state;
    row_becomes(
        dated,
        "{\"rows\":[{\"v\":1},{\"d\":null,\"v\":2},{\"d\":\"\",\"v\":3},{\"d\":20250101,\"v\":4},"
        "{\"d\":[\"2025\"],\"v\":5},{\"d\":{},\"v\":6},{\"d\":true,\"v\":7},"
        "{\"d\":\"soon\",\"v\":8},{},{\"D\":\"2025\",\"v\":9}]}",
        "{\"rows\":[]}");
}

static void a_nullable_date_is_no_date(void **state)
{
    (void)state;
    row_becomes("{\"d\":\"date keep date nullable\"}", "{\"rows\":[{\"d\":null},{\"d\":\"2025\"}]}",
                "{\"rows\":[{\"d\":\"2025\"}]}");
}

static void all_dates_of_a_row_must_hold(void **state)
{
    (void)state;
    row_becomes("{\"a\":\"date keep date\",\"b\":\"date keep date\"}",
                "{\"rows\":[{\"a\":\"2025\",\"b\":\"2024\"},{\"a\":\"2024\",\"b\":\"2025\"},"
                "{\"a\":\"2025\"},{\"b\":\"2025\"},{\"b\":\"2025\",\"a\":\"2025\"}]}",
                "{\"rows\":[{\"b\":\"2025\",\"a\":\"2025\"}]}");
}

static void a_date_decides_whatever_is_done_to_it(void **state)
{
    (void)state;
    static const char *const treatments[] = {"drop", "null", "mask=1,1", "year", "quarter"};
    static const char *const outputs[] = {"{}", "{\"d\":null}", "{\"d\":\"2********5\"}",
                                          "{\"d\":\"2025\"}", "{\"d\":\"2025-Q1\"}"};
    char item[64];
    char expected[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(item, sizeof item, "{\"d\":\"date %s date\"}", treatments[i]);
        snprintf(expected, sizeof expected, "{\"rows\":[%s]}", outputs[i]);
        row_becomes(item,
                    "{\"rows\":[{\"d\":\"2024-03-05\"},{\"d\":\"2025-03-05\"},{\"d\":null},{},"
                    "{\"d\":7},{\"d\":true},{\"d\":\"x\"},{\"d\":[]}]}",
                    expected);
    }
}

/* However it is cut: nobody reads more than so much of a date. */
static void a_date_too_long_to_be_kept_is_no_date(void **state)
{
    (void)state;
    static char document[2 * HF_TREAT_MAX_BYTES];
    int n = snprintf(document, sizeof document,
                     "{\"rows\":[{\"d\":\"2025-01-01T00:00:00.%0*dZ\"}]}", HF_TREAT_MAX_BYTES, 0);
    assert_true(n > HF_TREAT_MAX_BYTES);
    row_becomes("{\"d\":\"date keep date\"}", document, "{\"rows\":[]}");
    row_becomes("{\"d\":\"date drop date\"}", document, "{\"rows\":[]}");
}

/* Whatever is done to it: which rows pass does not hang on a treatment. */
static void a_date_over_its_length_is_no_date(void **state)
{
    (void)state;
    static const char *const treatments[] = {"keep", "drop", "null", "month", "mask=4,0"};
    char row[64];
    for (size_t i = 0; i < sizeof treatments / sizeof treatments[0]; i++) {
        snprintf(row, sizeof row, "{\"d\":\"date %s date max=10\"}", treatments[i]);
        row_becomes(row, "{\"rows\":[{\"d\":\"2025-01-01T00:00:00Z\"}]}", "{\"rows\":[]}");
    }
}

static void a_date_of_another_type_is_none_dropped_or_not(void **state)
{
    (void)state;
    static const char *const treatments[] = {"keep", "drop", "null", "month", "mask=4,0"};
    static const char *const values[] = {"2025", "20250301", "true", "null", "[]", "{}", "2025.0"};
    char row[64];
    char document[64];
    for (size_t i = 0; i < sizeof treatments / sizeof treatments[0]; i++) {
        snprintf(row, sizeof row, "{\"d\":\"date %s date\"}", treatments[i]);
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            snprintf(document, sizeof document, "{\"rows\":[{\"d\":%s}]}", values[j]);
            row_becomes(row, document, "{\"rows\":[]}");
        }
    }
    row_becomes("{\"d\":\"integer drop date\"}", "{\"rows\":[{\"d\":\"2025\"}]}", "{\"rows\":[]}");
}

static void an_integer_may_be_a_date(void **state)
{
    (void)state;
    row_becomes("{\"y\":\"integer keep date\"}",
                "{\"rows\":[{\"y\":2025},{\"y\":2024},{\"y\":20250301},{\"y\":25},{\"y\":2025.0},"
                "{\"y\":\"2025\"}]}",
                "{\"rows\":[{\"y\":2025},{\"y\":20250301}]}");
    row_becomes("{\"y\":\"integer drop date\"}",
                "{\"rows\":[{\"y\":2025},{\"y\":2024},{\"y\":1e3}]}", "{\"rows\":[{}]}");
}

static void a_date_deeper_in_the_row_decides_too(void **state)
{
    (void)state;
    row_becomes("{\"p\":{\"d\":\"date drop date\"},\"v\":\"integer keep\"}",
                "{\"rows\":[{\"v\":1,\"p\":{\"d\":\"2025\"}},{\"v\":2,\"p\":{\"d\":\"2024\"}},"
                "{\"v\":3,\"p\":{}},{\"v\":4},{\"v\":5,\"p\":null},{\"v\":6,\"p\":[]}]}",
                "{\"rows\":[{\"v\":1,\"p\":{}}]}");
    row_becomes("{\"l\":[{\"d\":\"date drop date\"}],\"v\":\"integer keep\"}",
                "{\"rows\":[{\"v\":1,\"l\":[{\"d\":\"2025\"},{\"d\":\"2025-03\"}]},"
                "{\"v\":2,\"l\":[{\"d\":\"2025\"},{\"d\":\"2024\"}]},{\"v\":3,\"l\":[]},"
                "{\"v\":4,\"l\":[{\"d\":\"2025\"},{}]},{\"v\":5,\"l\":[{\"d\":\"2025\"},7]}]}",
                "{\"rows\":[{\"v\":1,\"l\":[{},{}]}]}");
}

static void an_element_that_is_no_row_is_withheld(void **state)
{
    (void)state;
    row_becomes(dated, "{\"rows\":[7,\"2025\",null,[{\"d\":\"2025\"}],{\"d\":\"2025\",\"v\":1}]}",
                "{\"rows\":[{\"d\":\"2025\",\"v\":1}]}");
}

static void rows_without_any_date_leaf_are_all_withheld(void **state)
{
    (void)state;
    row_becomes("{\"v\":\"integer keep\"}", "{\"rows\":[{\"v\":1},{}],\"z\":2}",
                "{\"rows\":[],\"z\":2}");
}

static void without_a_range_no_row_is_judged(void **state)
{
    (void)state;
    redacts("[\"rows\",{\"d\":\"date keep date\",\"v\":\"integer keep\"}]",
            "[{\"v\":1},{\"d\":\"1900\",\"v\":2}]", "[{\"v\":1},{\"d\":\"1900\",\"v\":2}]");
}

static void dates_outside_the_rows_decide_nothing(void **state)
{
    (void)state;
    struct redacting redacting =
        rows_of("{\"d\":\"date keep date\",\"r\":[\"rows\",\"date keep date\"]}", "2025-01-01",
                "2025-12-31");
    assert_becomes(&redacting, HF_LITERAL("{\"d\":\"1900\",\"r\":[\"2025\"],\"x\":[\"2024\"]}"),
                   "{\"d\":\"1900\",\"r\":[\"2025\"]}");
    hf_view_unref(redacting.view);
}

static void a_row_longer_than_the_hold_is_a_fault(void **state)
{
    (void)state;
    struct redacting redacting = rows_of(
        "[\"rows\",{\"d\":\"date keep date\",\"v\":\"string keep\"}]", "2025-01-01", "2025-12-31");
    redacting.limits.max_hold_bytes = 40;
    assert_becomes(&redacting,
                   HF_LITERAL("[{\"d\":\"2025\",\"v\":\"12345678901234567890\"},{\"d\":\"2025\"}]"),
                   "[{\"d\":\"2025\",\"v\":\"12345678901234567890\"},{\"d\":\"2025\"}]");
    assert_breaks(&redacting,
                  HF_LITERAL("[{\"d\":\"2025\"},{\"d\":\"2025\",\"v\":\"123456789012345678901\"}]"),
                  "row_length", "[{\"d\":\"2025\"}");
    assert_breaks(&redacting, HF_LITERAL("[{\"v\":\"CANARY78901234567890123456789012345\"}]"),
                  "row_length", "[");
    hf_view_unref(redacting.view);
}

static void a_row_that_is_cut_off_does_not_leave(void **state)
{
    (void)state;
    struct redacting redacting = rows_of(
        "[\"rows\",{\"d\":\"date keep date\",\"v\":\"integer keep\"}]", "2025-01-01", "2025-12-31");
    assert_breaks(&redacting, HF_LITERAL("[{\"d\":\"2025\"},{\"d\":\"2025\",\"v\":1"), "truncated",
                  "[{\"d\":\"2025\"}");
    assert_breaks(&redacting, HF_LITERAL("[{\"d\":\"2025\"},{\"v\":1,\"d\":\"2025\"x"), "separator",
                  "[{\"d\":\"2025\"}");
    hf_view_unref(redacting.view);
}

/* --- counts --- */

static void what_was_done_is_counted_by_class_and_reason(void **state)
{
    (void)state;
    struct redacting redacting =
        redacting_of("{\"a\":\"string keep class=0\",\"b\":\"string drop class=1\","
                     "\"c\":\"integer keep class=2\",\"d\":\"string keep max=2 class=1\","
                     "\"e\":\"string keep echo class=3\",\"o\":{}}");
    redacting.subject = "me";
    struct redacted redacted = redact_all_ways(
        &redacting, HF_LITERAL("{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\",\"d\":\"444\",\"e\":null,"
                               "\"x\":{\"y\":1,\"z\":2},\"w\":1,\"o\":7}"));
    const struct hf_redact_stats *stats = &redacted.stats;
    assert_ok(redacted.status);
    assert_int_equal(stats->released[1], 1);
    assert_int_equal(stats->withheld[2][HF_WITHHELD_POLICY], 1);
    assert_int_equal(stats->withheld[3][HF_WITHHELD_TYPE], 1);
    assert_int_equal(stats->withheld[2][HF_WITHHELD_LENGTH], 1);
    assert_int_equal(stats->withheld[4][HF_WITHHELD_SUBJECT], 1);
    assert_int_equal(stats->withheld[0][HF_WITHHELD_UNKNOWN], 2);
    assert_int_equal(stats->withheld[0][HF_WITHHELD_TYPE], 1);
    assert_int_equal(stats->n_bytes_out, redacted.out.size);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void a_withheld_row_releases_nothing(void **state)
{
    (void)state;
    struct redacting redacting = rows_of(
        "[\"rows\",{\"v\":\"integer keep\",\"d\":\"date keep date\"}]", "2025-01-01", "2025-12-31");
    struct redacted redacted = redact_all_ways(
        &redacting, HF_LITERAL("[{\"v\":1,\"d\":\"2025\"},{\"v\":2,\"d\":\"2024\"},{\"v\":3}]"));
    assert_int_equal(redacted.stats.released[1], 2);
    assert_int_equal(redacted.stats.n_rows_passed, 1);
    assert_int_equal(redacted.stats.n_rows_withheld, 2);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void every_reason_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_WITHHELD; i++) {
        assert_string_not_equal(hf_withheld_name((enum hf_withheld)i), "?");
    }
    assert_string_equal(hf_withheld_name(HF_N_WITHHELD), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_of_its_own_type_is_kept),
        cmocka_unit_test(a_leaf_of_another_type_is_dropped),
        cmocka_unit_test(a_date_is_read_through_its_escapes),
        cmocka_unit_test(a_leaf_may_have_several_types),
        cmocka_unit_test(a_nullable_leaf_keeps_null),
        cmocka_unit_test(a_string_over_its_length_is_dropped_not_cut),
        cmocka_unit_test(lengths_are_counted_in_characters),
        cmocka_unit_test(a_masked_string_has_its_length_too),
        cmocka_unit_test(a_held_string_beyond_half_the_hold_is_dropped),
        cmocka_unit_test(a_value_too_long_for_its_treatment_is_dropped),
        cmocka_unit_test(null_says_only_that_something_was_there),
        cmocka_unit_test(masking_counts_characters_and_not_bytes_or_escapes),
        cmocka_unit_test(rounding_writes_the_step_and_no_exponent),
        cmocka_unit_test(a_number_whose_exponent_is_out_of_bounds_is_dropped),
        cmocka_unit_test(a_bucket_takes_every_number_and_no_string),
        cmocka_unit_test(an_identifier_in_a_bucket_shows_nothing),
        cmocka_unit_test(a_pseudonym_stands_for_the_decoded_value),
        cmocka_unit_test(an_integer_is_named_as_it_is_written),
        cmocka_unit_test(without_a_key_a_pseudonym_is_withheld),
        cmocka_unit_test(dates_are_truncated_in_all_their_spellings),
        cmocka_unit_test(the_subject_passes_in_any_spelling_of_it),
        cmocka_unit_test(an_answer_about_someone_else_breaks_off),
        cmocka_unit_test(a_long_name_of_someone_else_breaks_off_too),
        cmocka_unit_test(without_a_subject_no_echo_matches),
        cmocka_unit_test(a_masked_echo_is_compared_before_it_is_masked),
        cmocka_unit_test(a_dropped_echo_is_compared_too),
        cmocka_unit_test(a_dropped_echo_is_counted_as_dropped),
        cmocka_unit_test(a_row_passes_only_with_its_date_in_the_range),
        cmocka_unit_test(a_date_must_lie_wholly_in_the_range),
        cmocka_unit_test(a_row_without_a_readable_date_is_withheld),
        cmocka_unit_test(a_nullable_date_is_no_date),
        cmocka_unit_test(all_dates_of_a_row_must_hold),
        cmocka_unit_test(a_date_decides_whatever_is_done_to_it),
        cmocka_unit_test(a_date_too_long_to_be_kept_is_no_date),
        cmocka_unit_test(a_date_over_its_length_is_no_date),
        cmocka_unit_test(a_date_of_another_type_is_none_dropped_or_not),
        cmocka_unit_test(an_integer_may_be_a_date),
        cmocka_unit_test(a_date_deeper_in_the_row_decides_too),
        cmocka_unit_test(an_element_that_is_no_row_is_withheld),
        cmocka_unit_test(rows_without_any_date_leaf_are_all_withheld),
        cmocka_unit_test(without_a_range_no_row_is_judged),
        cmocka_unit_test(dates_outside_the_rows_decide_nothing),
        cmocka_unit_test(a_row_longer_than_the_hold_is_a_fault),
        cmocka_unit_test(a_row_that_is_cut_off_does_not_leave),
        cmocka_unit_test(what_was_done_is_counted_by_class_and_reason),
        cmocka_unit_test(a_withheld_row_releases_nothing),
        cmocka_unit_test(every_reason_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

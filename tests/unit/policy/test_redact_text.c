/* Free text in the redactor: what the detectors find is masked wherever the text is cut, and all
 * else about the text as about any string. */
#include "policy/redact_state.h"
#include "tests/unit/policy/redact_assert.h"
#include "tests/unit/unit.h"

static void a_text_that_holds_nothing_leaves_as_it_came(void **state)
{
    (void)state;
    redacts("{\"t\":\"string scan\",\"n\":\"integer keep\"}",
            "{\"t\":\"\\u4f9d\\u636e\\n第六十二条 \\\"A\\\" 2025年3月12日\",\"n\":1}",
            "{\"t\":\"\\u4f9d\\u636e\\n第六十二条 \\\"A\\\" 2025年3月12日\",\"n\":1}");
    redacts("{\"t\":\"string scan\"}", "{\"t\":\"\"}", "{\"t\":\"\"}");
    redacts("[\"string scan\"]", "[\"a\",null,\"b\",7,true,{}]", "[\"a\",\"b\"]");
    redacts("\"string scan\"", "\"x 13800138000\"", "\"x ***********\"");
}

static void an_identifier_is_masked(void **state)
{
    (void)state;
    redacts("{\"t\":\"string scan max=60\",\"u\":\"string keep\"}",
            "{\"t\":\"电话13800138000，身份证11010519491231002X。\",\"u\":\"13800138000\"}",
            "{\"t\":\"电话***********，身份证******************。\",\"u\":\"13800138000\"}");
    redacts(
        "{\"t\":\"string scan\"}",
        "{\"t\":\"\\u0031\\u0033\\u0038\\u0030\\u0030\\u0031\\u0033\\u0038\\u0030\\u0030\\u0030\"}",
        "{\"t\":\"***********\"}");
    redacts("{\"t\":\"string scan\"}", "{\"t\":\"\\ud835\\udfcf3800138000\\ud83d\\ude00\"}",
            "{\"t\":\"***********\\ud83d\\ude00\"}");
}

static void two_fields_are_two_texts(void **state)
{
    (void)state;
    redacts("{\"a\":\"string scan\",\"b\":\"string scan\"}", "{\"a\":\"138001\",\"b\":\"38000\"}",
            "{\"a\":\"138001\",\"b\":\"38000\"}");
    redacts("[\"string scan\"]", "[\"1990000\",\"0001\"]", "[\"1990000\",\"0001\"]");
}

static void a_text_that_is_too_long_is_dropped_whole(void **state)
{
    (void)state;
    redacts("{\"t\":\"string scan max=5\",\"n\":\"integer keep\"}",
            "{\"t\":\"六个字符了。\",\"n\":1}", "{\"n\":1}");
    redacts("{\"t\":\"string scan max=11\"}", "{\"t\":\"13800138000\"}", "{\"t\":\"***********\"}");
    redacts("{\"t\":\"string scan max=10\"}", "{\"t\":\"\\u0031380013800\\u0030\"}", "{}");
}

static void a_text_goes_with_its_row(void **state)
{
    (void)state;
    const struct hf_view_range range = {.bounded = true, .from_day = 20089, .to_day = 20453};
    struct redacting redacting = {
        .view =
            redacting_view("[\"rows\",{\"t\":\"string scan\",\"d\":\"date keep date\"}]", &range),
        .limits = hf_redact_limits_default()};
    assert_becomes(&redacting,
                   HF_LITERAL("[{\"t\":\"a 13800138000\",\"d\":\"2019-01-01\"},"
                              "{\"d\":\"2019-01-01\",\"t\":\"b 13800138000\"},"
                              "{\"t\":\"c 13800138000\",\"d\":\"2025-01-01\"}]"),
                   "[{\"t\":\"c ***********\",\"d\":\"2025-01-01\"}]");
    hf_view_unref(redacting.view);
}

/* What leaves before a fault is the same for every way of cutting. */
/* However long it is: none of it waits for the rest of the row. */
static void a_text_of_a_lost_row_takes_no_room(void **state)
{
    static char document[80000];
    const struct hf_view_range range = {.bounded = true, .from_day = 19000, .to_day = 21000};
    struct redacting redacting = {
        .view = redacting_view(
            "{\"rows\":[\"rows\",{\"day\":\"date keep date\",\"txt\":\"string scan\"}]}", &range),
        .subject = "",
        .limits = hf_redact_limits_default()};
    (void)state;
    int size = snprintf(document, sizeof document,
                        "{\"rows\":[{\"day\":\"1999-01-01\",\"txt\":\"%070000d\"},"
                        "{\"day\":\"2024-05-06\",\"txt\":\"ok\"}]}",
                        0);
    static const size_t chunks[] = {sizeof document, 65536, 1000, 1};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        struct redacted redacted =
            redacting_run(&redacting, hf_bytes_of(document, (size_t)size), chunks[i]);
        assert_string_equal(redacted.problem.where, "");
        assert_text(hf_buf_view(&redacted.out),
                    "{\"rows\":[{\"day\":\"2024-05-06\",\"txt\":\"ok\"}]}");
        redacted_clear(&redacted);
    }
    hf_view_unref(redacting.view);
}

/* @text is a fault, with the same prefix and in the same place however it is cut. */
static void fails_alike(const struct redacting *redacting, const char *text)
{
    hf_bytes document = hf_bytes_of_string(text);
    struct redacted whole = redacting_run(redacting, document, 0);
    assert_code(whole.status, SOURCE_MALFORMED);
    for (size_t n = 1; n <= document.size; n++) {
        struct redacted pieces = redacting_run(redacting, document, n);
        assert_null(redacted_difference(&whole, &pieces));
        redacted_clear(&pieces);
    }
    redacted_clear(&whole);
}

static void a_fault_inside_a_text_leaves_what_was_decided(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "{\"t\":\"电话13800138000，a b c d e 1380013\\q",
        "{\"t\":\"甲乙\\u7532。1380\x01",
        "{\"t\":\"The quick brown fox jumps over it\xff",
        "{\"t\":\"x@y.z 13800\\ud800x",
        "{\"t\":\"138001380",
    };
    struct redacting redacting = redacting_of("{\"t\":\"string scan\"}");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        fails_alike(&redacting, faults[i]);
    }
    hf_view_unref(redacting.view);
}

static void a_text_over_the_limit_of_strings_is_a_fault(void **state)
{
    (void)state;
    static const char *const texts[] = {"\"甲乙丙丁戊\"", "\"\\u7532\\u7532\\u7532\"",
                                        "\"abcdefghij\\ud83d\\ude00\"", "\"abcdefghijk\\n\""};
    struct redacting redacting = redacting_of("\"string scan\"");
    redacting.limits.max_string_bytes = 11;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fails_alike(&redacting, texts[i]);
    }
    hf_view_unref(redacting.view);
}

static void case_36_an_integer_that_is_an_identifier_is_withheld(void **state)
{
    (void)state;
    const char *document = "[19900000001,440524188001010014,6222020000000000000,1990000000,"
                           "19900000001.0,1.9900000001e10,-19900000001]";
    redacts("[\"integer keep\"]", document, "[1990000000,-19900000001]");
    redacts("[\"integer scan\"]", document, "[1990000000,-19900000001]");
    redacts("[\"decimal keep\"]", document, document);
    redacts("{\"a\":\"integer keep\",\"b\":\"integer keep\",\"c\":\"integer keep\"}",
            "{\"a\":19900000001,\"b\":29900000001,\"c\":1}", "{\"b\":29900000001,\"c\":1}");
    redacts("{\"a\":\"decimal keep\",\"c\":\"integer keep\"}", "{\"a\":19900000001,\"c\":12}",
            "{\"a\":19900000001,\"c\":12}");
    struct redacting redacting = redacting_of("[\"integer keep class=0\"]");
    struct redacted redacted = redacting_run(&redacting, hf_bytes_of_string(document), 0);
    assert_int_equal(redacted.stats.withheld[1][HF_WITHHELD_IDENTIFIER], 3);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* A redactor that never scanned begins to. */
static void a_redactor_scans_after_its_reset(void **state)
{
    (void)state;
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_view *plain = redacting_view("[\"string keep\"]", NULL);
    struct hf_view *scanning = redacting_view("[\"string scan\"]", NULL);
    struct hf_redact *redact = NULL;
    hf_buf out = hf_buf_init(1 << 16);
    assert_ok(hf_redact_new(plain, REDACTING_ABOUT(HF_LITERAL("")), &limits, &redact));
    for (int round = 0; round < 2; round++) {
        assert_ok(hf_redact_reset(redact, scanning, REDACTING_ABOUT(HF_LITERAL("")), &limits));
        assert_ok(hf_redact_push(redact, HF_LITERAL("[\"1380013"), &out, NULL));
        assert_ok(hf_redact_reset(redact, scanning, REDACTING_ABOUT(HF_LITERAL("")), &limits));
        hf_buf_reset(&out);
        assert_ok(hf_redact_push(redact, HF_LITERAL("[\"8000 13800138"), &out, NULL));
        assert_ok(hf_redact_push(redact, HF_LITERAL("000\"]"), &out, NULL));
        assert_ok(hf_redact_finish(redact, &out, NULL));
        assert_true(hf_bytes_equal_string(hf_buf_view(&out), "[\"8000 ***********\"]"));
        assert_ok(hf_redact_reset(redact, plain, REDACTING_ABOUT(HF_LITERAL("")), &limits));
    }
    hf_redact_free(redact);
    hf_buf_clear(&out);
    hf_view_unref(plain);
    hf_view_unref(scanning);
}

static void a_full_output_is_a_fault(void **state)
{
    (void)state;
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_view *view = redacting_view("[\"string scan\"]", NULL);
    struct hf_redact *redact = NULL;
    hf_buf out = hf_buf_init(90);
    static const char part[] = "[\"13800138000";
    char document[600];
    memset(document, 'a', sizeof document);
    memcpy(document, part, sizeof part - 1);
    assert_ok(hf_redact_new(view, REDACTING_ABOUT(HF_LITERAL("")), &limits, &redact));
    hf_status status = hf_redact_push(redact, hf_bytes_of(document, 40), &out, NULL);
    for (size_t at = 40; at < sizeof document && hf_is_ok(status); at += 20) {
        status = hf_redact_push(redact, hf_bytes_of(document + at, 20), &out, NULL);
    }
    assert_code(status, LIMIT);
    hf_redact_free(redact);
    hf_buf_clear(&out);
    hf_view_unref(view);
}

/* The output is full at each byte in turn: what has left is where the whole would have begun. */
static void a_full_output_leaves_a_prefix(void **state)
{
    (void)state;
    static const char document[] =
        "[\"a 13800138000 b\",\"plain\",\"\\u0031380013800\\u0030\",\"a.b@c.cn\"]";
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct redacting redacting = redacting_of("[\"string scan\"]");
    struct redacted whole = redacting_run(&redacting, HF_LITERAL(document), 0);
    for (size_t room = 0; room < whole.out.size; room++) {
        for (size_t step = 1; step < sizeof document; step += 20) {
            struct hf_redact *redact = NULL;
            hf_buf out = hf_buf_init(room);
            hf_status status =
                hf_redact_new(redacting.view, REDACTING_ABOUT(HF_LITERAL("")), &limits, &redact);
            for (size_t at = 0; at < sizeof document - 1 && hf_is_ok(status); at += step) {
                size_t left = sizeof document - 1 - at;
                status = hf_redact_push(
                    redact, hf_bytes_of(document + at, left < step ? left : step), &out, NULL);
            }
            assert_code(status, LIMIT);
            assert_true(hf_bytes_starts_with(hf_buf_view(&whole.out), hf_buf_view(&out)));
            hf_redact_free(redact);
            hf_buf_clear(&out);
        }
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_holds_nothing_leaves_as_it_came),
        cmocka_unit_test(an_identifier_is_masked),
        cmocka_unit_test(two_fields_are_two_texts),
        cmocka_unit_test(a_text_that_is_too_long_is_dropped_whole),
        cmocka_unit_test(a_text_goes_with_its_row),
        cmocka_unit_test(a_text_of_a_lost_row_takes_no_room),
        cmocka_unit_test(a_fault_inside_a_text_leaves_what_was_decided),
        cmocka_unit_test(a_text_over_the_limit_of_strings_is_a_fault),
        cmocka_unit_test(case_36_an_integer_that_is_an_identifier_is_withheld),
        cmocka_unit_test(a_redactor_scans_after_its_reset),
        cmocka_unit_test(a_full_output_is_a_fault),
        cmocka_unit_test(a_full_output_leaves_a_prefix),
    };
    return cmocka_run_group_tests_name("policy/redact_text", tests, NULL, NULL);
}

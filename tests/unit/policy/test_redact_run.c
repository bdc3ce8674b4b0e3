/*
 * The common way through an object must give what the steps give. Input cut into single bytes never
 * comes there, so every document here is read whole, byte by byte, and cut at every place.
 */
#include "tests/unit/policy/redact_assert.h"

/* --- members --- */

static const char pad[] = "                                                                    "
                          "                                                                    ";

/* @document, with room behind it so that its last members are read in one go, too. */
static struct redacted run_all_ways(const struct redacting *redacting, const char *document)
{
    char padded[4096];
    int size = snprintf(padded, sizeof padded, "%s%s", document, pad);
    assert_true(size > 0 && (size_t)size < sizeof padded);
    hf_bytes whole = hf_bytes_of(padded, (size_t)size);
    struct redacted result = redact_all_ways(redacting, whole);
    for (size_t at = 1; at < strlen(document); at++) {
        struct redacted halves = redacting_cut(redacting, whole, at);
        assert_null(redacted_difference(&result, &halves));
        redacted_clear(&halves);
        hf_bytes tight = hf_bytes_of(padded, (size_t)size - strlen(pad));
        halves = redacting_cut(redacting, tight, at);
        struct redacted unpadded = redacting_run(redacting, tight, 1);
        assert_null(redacted_difference(&unpadded, &halves));
        redacted_clear(&halves);
        redacted_clear(&unpadded);
    }
    return result;
}

static const char view[] =
    "{\"a\":\"string keep\",\"amount\":\"decimal keep\",\"count\":\"integer keep\","
    "\"name\":\"string keep max=6\",\"card\":\"string mask=2,2\",\"day\":\"date month\","
    "\"born\":\"date keep\",\"who\":\"string keep echo\",\"gone\":\"string drop\","
    "\"a name of exactly so many b\":\"boolean keep nullable\","
    "\"a name that is longer than a block\":\"string keep\",\"\xe5\x90\x8d\":\"string keep\","
    "\"in\":{\"x\":\"integer keep\"},\"list\":[\"string keep\"]}";

static void becomes(const char *document, const char *expected)
{
    struct redacting redacting = redacting_of(view);
    redacting.subject = "me";
    struct redacted redacted = run_all_ways(&redacting, document);
    assert_string_equal(redacted.problem.where, "");
    assert_text(hf_buf_view(&redacted.out), expected);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void stops(const char *document, const char *rule, size_t offset)
{
    struct redacting redacting = redacting_of(view);
    redacting.subject = "me";
    redacting.limits.max_members = 5;
    redacting.limits.max_string_bytes = 40;
    struct redacted redacted = run_all_ways(&redacting, document);
    assert_string_equal(redacted.problem.where, rule);
    assert_int_equal(redacted.problem.offset, offset);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void members_in_the_order_of_the_view_leave(void **state)
{
    (void)state;
    static const char document[] =
        "{\"a\":\"1\",\"amount\":-12.50,\"count\":0,\"name\":\"123456\",\"card\":\"1234567\","
        "\"day\":\"2025-03-31\",\"born\":\"2025-03-31\",\"who\":\"me\",\"gone\":\"CANARY\","
        "\"a name of exactly so many b\":null,\"a name that is longer than a block\":\"2\","
        "\"\xe5\x90\x8d\":\"3\",\"in\":{\"x\":1},\"list\":[\"4\"]}";
    becomes(document,
            "{\"a\":\"1\",\"amount\":-12.50,\"count\":0,\"name\":\"123456\",\"card\":\"12***67\","
            "\"day\":\"2025-03\",\"born\":\"2025-03-31\",\"who\":\"me\","
            "\"a name of exactly so many b\":null,\"a name that is longer than a block\":\"2\","
            "\"\xe5\x90\x8d\":\"3\",\"in\":{\"x\":1},\"list\":[\"4\"]}");
}

static void members_in_another_order_leave_in_that(void **state)
{
    (void)state;
    becomes("{\"list\":[\"4\"],\"\xe5\x90\x8d\":\"3\",\"born\":\"2025\",\"a\":\"1\",\"count\":7,"
            "\"amount\":1,\"gone\":\"CANARY\",\"in\":{\"x\":1}}",
            "{\"list\":[\"4\"],\"\xe5\x90\x8d\":\"3\",\"born\":\"2025\",\"a\":\"1\",\"count\":7,"
            "\"amount\":1,\"in\":{\"x\":1}}");
}

static void white_space_between_members_is_not_written(void **state)
{
    (void)state;
    becomes("{ \"a\": \"1\",\n  \"amount\": 2 ,\t\"count\":  3,\"name\" :\"4\",\r\n\"in\": { } }",
            "{\"a\":\"1\",\"amount\":2,\"count\":3,\"name\":\"4\",\"in\":{}}");
}

static void what_the_view_does_not_name_is_skipped(void **state)
{
    (void)state;
    becomes("{\"A\":\"CANARY\",\"a\":\"1\",\"a \":[{\"a\":\"CANARY\",\"b\":1,\"\xc3\xa9\":2}],"
            "\"\xc3\xa9\":\"CANARY\",\"count\":2,\"\":3,\"nam\":4,\"names\":\"\\u0041\"}",
            "{\"a\":\"1\",\"count\":2}");
}

static void values_of_another_kind_are_withheld(void **state)
{
    (void)state;
    becomes("{\"a\":1,\"amount\":\"CANARY\",\"count\":1.0,\"name\":\"CANARY7\",\"card\":true,"
            "\"day\":\"CANARY\",\"born\":7,\"who\":null,\"in\":\"CANARY\",\"list\":-3}",
            "{}");
}

static void strings_of_any_length_and_script_leave_whole(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 100; n++) {
        char text[128] = "";
        char document[512];
        for (unsigned i = 0; i < n; i++) {
            text[i] = (char)('a' + i % 26);
        }
        const char *tail = n % 3 == 0 ? "\xe4\xb8\xad\xe6\x96\x87" : n % 3 == 1 ? "\\n" : "";
        snprintf(document, sizeof document, "{\"a\":\"%s%s\",\"count\":%u}", text, tail, n);
        becomes(document, document);
    }
}

static void numbers_of_any_spelling_leave_as_they_came(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0",   "-0",    "10",  "-1.0",    "0.5",
        "1e5", "-2E-3", "0e0", "1.5e+10", "123456789012345678901234567890"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char document[128];
        snprintf(document, sizeof document, "{\"a\":\"\",\"amount\":%s,\"count\":1}", numbers[i]);
        becomes(document, document);
    }
}

static void a_fault_is_found_where_it_stands(void **state)
{
    (void)state;
    stops("{\"a\":\"1\",\"a\":\"CANARY\"}", "duplicate_member", 9);
    stops("{\"a\":\"1\",\"amount\":2,\"a\":\"CANARY\"}", "duplicate_member", 20);
    stops("{\"a\":\"1\",}", "name", 9);
    stops("{\"a\":\"1\" \"count\":1}", "separator", 9);
    stops("{\"a\":\"1\",\"count\":1]", "separator", 18);
    stops("{\"a\":\"1\",\"count\":01}", "number", 18);
    stops("{\"a\":\"1\",\"count\":-}", "number", 18);
    stops("{\"a\":\"1\",\"amount\":1.}", "number", 20);
    stops("{\"a\":\"1\",\"amount\":1.5.5}", "number", 21);
    stops("{\"a\":\"1\",\"count\":x}", "value", 17);
    stops("{\"a\":\"1\x01\",\"count\":1}", "control", 7);
    stops("{\"a\":\"1\xff\",\"count\":1}", "utf8", 7);
    stops("{\"a\":\"1\",\"b\xff\":1}", "utf8", 11);
    stops("{\"a\":\"1\",\"who\":\"you\"}", "subject", 15);
    stops("{\"a\":\"1\",\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1}", "members", 33);
    stops("{\"a\":\"12345678901234567890123456789012345678901\",\"count\":1}", "string_length", 46);
    stops("{\"a\":\"1\",\x01\"count\":1}", "name", 9);
}

/* Rows repeat their members; one lacks some, one has them twice, one has them turned round. */
static void rows_of_many_members_come_through(void **state)
{
    (void)state;
    char text[4096] = "[{";
    for (unsigned i = 0; i < 70; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\"m%u\":\"integer keep\"",
                 i ? "," : "", i);
    }
    snprintf(text + strlen(text), sizeof text - strlen(text), "}]");
    struct redacting redacting = redacting_of(text);
    HF_CLEANUP(hf_buf_clear) hf_buf document = hf_buf_init(1 << 16);
    assert_ok(hf_buf_append_string(&document, "["));
    for (unsigned row = 0; row < 6; row++) {
        assert_ok(hf_buf_append_string(&document, row ? ",{" : "{"));
        for (unsigned i = 0, n = 0; i < 70; i++) {
            unsigned ordinal = row == 3 ? 69 - i : i;
            if (row < 3 && i % (row + 2) == row) {
                continue;
            }
            assert_ok(hf_buf_printf(&document, "%s\"m%u\":%u", n++ ? "," : "", ordinal, i));
        }
        assert_ok(hf_buf_append_string(&document, "}"));
    }
    assert_ok(hf_buf_append_string(&document, "]"));
    struct redacted redacted = redact_all_ways(&redacting, hf_buf_view(&document));
    assert_ok(redacted.status);
    assert_true(hf_bytes_equal(hf_buf_view(&redacted.out), hf_buf_view(&document)));
    redacted_clear(&redacted);
    document.size -= 2;
    assert_ok(hf_buf_append_string(&document, ",\"m64\":1}]"));
    redacted = redact_all_ways(&redacting, hf_buf_view(&document));
    assert_string_equal(redacted.problem.where, "duplicate_member");
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* --- rows, one behind the other --- */

static const char rows_view[] =
    "{\"n\":\"integer keep\",\"rows\":[\"rows\",{\"day\":\"date keep date\",\"month\":\"date "
    "month\","
    "\"card\":\"string mask=2,2 max=20\",\"name\":\"string keep\",\"few\":\"string keep max=3\","
    "\"secret\":\"string drop\",\"parts\":[{\"p\":\"integer keep\",\"when\":\"date drop "
    "date\"}]}]}";

static void rows_become(const char *document, const char *expected)
{
    const struct hf_view_range range = {.bounded = true, .from_day = 19723, .to_day = 20453};
    struct redacting redacting = {redacting_view(rows_view, &range), "", {0}, false, false};
    assert_non_null(redacting.view);
    redacting.limits = hf_redact_limits_default();
    struct redacted redacted = run_all_ways(&redacting, document);
    assert_string_equal(redacted.problem.where, "");
    assert_text(hf_buf_view(&redacted.out), expected);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

#define PART "\"parts\":[{\"p\":1,\"when\":\"2025-01-01\"},{\"p\":2,\"when\":\"2024-01-01\"}]"
#define PART_LEFT "\"parts\":[{\"p\":1},{\"p\":2}]"

static void rows_follow_each_other(void **state)
{
    (void)state;
    rows_become("{\"n\":1,\"rows\":[{\"day\":\"2024-01-01\",\"month\":\"2025-02-28\",\"card\":"
                "\"1234567890\",\"name\":\"\xe5\xbc\xa0\xe4\xb8\x89\",\"secret\":\"CANARY\"," PART
                "},{\"day\":\"2025-12-31\",\"month\":\"2025-03-31\",\"card\":\"123456\"," PART "},{"
                "\"day\":\"2024-02-29\",\"few\":\"abc\"," PART "}]}",
                "{\"n\":1,\"rows\":[{\"day\":\"2024-01-01\",\"month\":\"2025-02\",\"card\":"
                "\"12******90\",\"name\":\"\xe5\xbc\xa0\xe4\xb8\x89\"," PART_LEFT
                "},{\"day\":\"2025-12-31\",\"month\":\"2025-03\",\"card\":\"******\"," PART_LEFT
                "},{\"day\":\"2024-02-29\",\"few\":\"abc\"," PART_LEFT "}]}");
}

static void lost_rows_leave_nothing(void **state)
{
    (void)state;
    rows_become("{\"rows\":[{\"day\":\"2023-12-31\",\"card\":\"CANARY\"," PART "},{\"day\":"
                "\"2025-01-01\"," PART "},{\"day\":\"2026-01-01\"," PART "},{\"name\":\"CANARY\"},"
                "{\"day\":\"2025-02-29\"," PART "},{\"day\":\"2025\"," PART
                "},{\"day\":\"20250101\""
                "," PART "},{\"day\":\"2025-01-01\",\"parts\":[{\"p\":1,\"when\":\"2025-01-01\"},"
                "{\"p\":2}]}]}",
                "{\"rows\":[{\"day\":\"2025-01-01\"," PART_LEFT "},{\"day\":\"2025\"," PART_LEFT
                "},{\"day\":\"20250101\"," PART_LEFT "}]}");
}

static void what_a_way_does_not_fit_is_asked_about(void **state)
{
    (void)state;
    rows_become(
        "{\"rows\":[{\"day\":\"2025-01-01\",\"month\": \"2025-01-31\",\"card\":\"\xc3\xa9"
        "bcdefghi\",\"few\":\"abcd\",\"name\": \"x\"," PART "},{\"day\":\"2025-01-01\","
        "\"month\":\"2025-01\",\"card\":\"123456789012345678901\",\"few\":\"\xc3\xa9\xc3\xa9\","
        "\"name\":\"a name that is longer than a block of thirty-two\"," PART "}]}",
        "{\"rows\":[{\"day\":\"2025-01-01\",\"month\":\"2025-01\",\"card\":\"\xc3\xa9"
        "b*****hi\",\"name\":\"x\"," PART_LEFT "},{\"day\":\"2025-01-01\",\"month\":"
        "\"2025-01\",\"few\":\"\xc3\xa9\xc3\xa9\",\"name\":\"a name that is longer than a block "
        "of thirty-two\"," PART_LEFT "}]}");
}

static void dropped_objects_follow_each_other(void **state)
{
    (void)state;
    rows_become("{\"x\":[{\"a\":\"CANARY\",\"b\":1},{\"a\":\"CANARY\",\"b\":[{\"c\":2},{\"c\":3}]},"
                "{\"a\":null},{},{\"a\":true,\"a\":false}],\"n\":7}",
                "{\"n\":7}");
}

static void rows_stop_where_a_rule_breaks(void **state)
{
    (void)state;
    const struct hf_view_range range = {.bounded = true, .from_day = 19723, .to_day = 20453};
    struct redacting redacting = {redacting_view(rows_view, &range), "", {0}, false, false};
    redacting.limits = hf_redact_limits_default();
    redacting.limits.max_hold_bytes = 80;
    struct redacted redacted = run_all_ways(
        &redacting, "{\"rows\":[{\"day\":\"2025-01-01\",\"name\":\"1\"},{\"day\":\"2025-01-01\","
                    "\"name\":\"12345678901234567890123456789012345678901234567890123456789\"},"
                    "{\"day\":\"2025-01-01\"}]}");
    assert_string_equal(redacted.problem.where, "row_length");
    redacted_clear(&redacted);
    redacted =
        run_all_ways(&redacting, "{\"rows\":[{\"day\":\"2025-01-01\",\"name\":\"1\"},{\"name\":"
                                 "\"2\",\"day\":\"2025-01-01\",\"name\":\"3\"}]}");
    assert_string_equal(redacted.problem.where, "duplicate_member");
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* As many members as an object may have, in the order of the view and in another. */
static void members_are_counted_up_to_their_limit(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("{\"a\":\"integer keep\",\"b\":\"integer keep\"}");
    redacting.limits.max_members = 4;
    static const struct {
        const char *document;
        const char *rule;
    } cases[] = {
        {"{\"a\":1,\"x\":2,\"y\":3,\"b\":4}", ""},
        {"{\"b\":1,\"x\":2,\"a\":3,\"y\":4}", ""},
        {"{\"a\":1,\"x\":2,\"y\":3,\"b\":4,\"z\":5}", "members"},
        {"{\"x\":1,\"y\":2,\"z\":3,\"a\":4,\"b\":5}", "members"},
        {"{\"b\":1,\"x\":2,\"b\":3}", "duplicate_member"},
        {"{\"b\":1,\"a\":2,\"a\":3}", "duplicate_member"},
        {"{\"x\":[{\"1\":1,\"2\":2,\"3\":3,\"4\":4},{\"1\":1,\"2\":2,\"3\":3,\"4\":4}]}", ""},
        {"{\"x\":[{\"1\":1},{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5}]}", "members"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redacted redacted = run_all_ways(&redacting, cases[i].document);
        assert_string_equal(redacted.problem.where, cases[i].rule);
        redacted_clear(&redacted);
    }
    hf_view_unref(redacting.view);
}

/* @document in two chunks of memory apart, the first one with @behind behind it. */
static void expect_apart(struct hf_redact *redact, const struct redacting *redacting,
                         const char *document, size_t cut, const char *behind)
{
    static char first[512];
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(4096);
    snprintf(first, sizeof first, "%.*s%s", (int)cut, document, behind);
    assert_ok(hf_redact_reset(redact, redacting->view, REDACTING_ABOUT(HF_LITERAL("")),
                              &redacting->limits));
    assert_ok(hf_redact_push(redact, hf_bytes_of(first, cut), &out, NULL));
    assert_ok(hf_redact_push(redact, hf_bytes_of_string(document + cut), &out, NULL));
    assert_ok(hf_redact_finish(redact, &out, NULL));
    assert_text(hf_buf_view(&out), "{\"a\":\"y\"}");
}

/* Names and values that just fit into a block, in every place before the end of a chunk. */
static void what_stands_behind_a_chunk_is_not_read(void **state)
{
    static const char x[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    static const char *const behind[] = {",", "\",\"a\":\"", "\"}],", "}"};
    struct redacting redacting = redacting_of(view);
    struct hf_redact *redact = NULL;
    (void)state;
    assert_ok(
        hf_redact_new(redacting.view, REDACTING_ABOUT(HF_LITERAL("")), &redacting.limits, &redact));
    for (int i = 0; i < 6 * 10 * 2 * 4; i++) {
        char document[256];
        snprintf(document, sizeof document, "{\"gone\":\"%s\",\"%.*s\":%s\"%.*s\",\"a\":\"y\"}", x,
                 28 + i % 6, x, i / 60 % 2 ? " " : "", 28 + i / 6 % 10, x);
        for (size_t cut = 1; cut < strlen(document); cut++) {
            expect_apart(redact, &redacting, document, cut, behind[i / 120]);
        }
    }
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

static void masks_of_every_length_are_as_long_as_their_values(void **state)
{
    (void)state;
    char document[256];
    char expected[128];
    for (size_t n = 0; n < 80; n++) {
        char value[96] = {0};
        char masked[96] = {0};
        memset(value, 'v', n);
        memset(masked, '*', n);
        if (n > 5) { /* of up to 2 + 1 + 2 characters none stays */
            masked[0] = masked[1] = masked[n - 1] = 'v';
        }
        snprintf(document, sizeof document, "{\"m\":\"%s\",\"n\":1}%s", value, pad);
        snprintf(expected, sizeof expected, "{\"m\":\"%s\",\"n\":1}", masked);
        redacts("{\"m\":\"string mask=2,1\",\"n\":\"integer keep\"}", document, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_in_the_order_of_the_view_leave),
        cmocka_unit_test(members_in_another_order_leave_in_that),
        cmocka_unit_test(white_space_between_members_is_not_written),
        cmocka_unit_test(what_the_view_does_not_name_is_skipped),
        cmocka_unit_test(values_of_another_kind_are_withheld),
        cmocka_unit_test(strings_of_any_length_and_script_leave_whole),
        cmocka_unit_test(numbers_of_any_spelling_leave_as_they_came),
        cmocka_unit_test(a_fault_is_found_where_it_stands),
        cmocka_unit_test(rows_of_many_members_come_through),
        cmocka_unit_test(rows_follow_each_other),
        cmocka_unit_test(lost_rows_leave_nothing),
        cmocka_unit_test(what_a_way_does_not_fit_is_asked_about),
        cmocka_unit_test(dropped_objects_follow_each_other),
        cmocka_unit_test(rows_stop_where_a_rule_breaks),
        cmocka_unit_test(members_are_counted_up_to_their_limit),
        cmocka_unit_test(masks_of_every_length_are_as_long_as_their_values),
        cmocka_unit_test(what_stands_behind_a_chunk_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

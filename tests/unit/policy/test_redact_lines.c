/* Answers of lines: what is a line, what becomes of it, and what ends the answer. Each is read in
 * all sizes of chunks. */
#include "tests/unit/policy/redact_assert.h"

#include <stdlib.h>

#define OBJECT "{\"a\":\"string keep\",\"n\":\"integer keep\",\"x\":\"string drop\"}"
#define ROW "{\"d\":\"date keep date\",\"v\":\"string keep\"}"

static const char objects[] = "[\"lines\"," OBJECT "]";
static const char integers[] = "[\"lines\",\"integer keep\"]";
static const char rows[] = "[\"lines\",\"rows\"," ROW "]";
static const struct hf_view_range of_2024 = {true, 19723, 20088};

static struct redacting rows_of_2024(void)
{
    struct redacting redacting = {.view = redacting_view(rows, &of_2024),
                                  .limits = hf_redact_limits_default()};
    assert_non_null(redacting.view);
    return redacting;
}

static void becomes_by_date(const char *document, const char *expected)
{
    struct redacting redacting = rows_of_2024();
    assert_becomes(&redacting, hf_bytes_of_string(document), expected);
    hf_view_unref(redacting.view);
}

/* --- what a line is --- */

static void each_line_is_a_value(void **state)
{
    (void)state;
    redacts(objects, "{\"a\":\"1\",\"x\":\"CANARY\"}\n{\"n\":2, \"y\":\"CANARY\"}\n",
            "{\"a\":\"1\"}\n{\"n\":2}\n");
    redacts(integers, "1\n22\n-333\n", "1\n22\n-333\n");
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    redacts(objects, "{\"a\":\"1\"}\n{\"a\":\"2\"}", "{\"a\":\"1\"}\n{\"a\":\"2\"}\n");
    redacts(integers, "1\n22", "1\n22\n");
    redacts("[\"lines\",\"boolean keep\"]", "true\nfalse", "true\nfalse\n");
}

static void a_carriage_return_is_white_space(void **state)
{
    (void)state;
    redacts(objects, "{\"a\":\"1\"}\r\n\t{\"a\" :\"2\"}\t\r\n", "{\"a\":\"1\"}\n{\"a\":\"2\"}\n");
    redacts(integers, "1\r\n2\r\n3\r", "1\n2\n3\n");
    redacts(objects, "{\r\"a\"\r:\r\"1\"\r}\r\r\n", "{\"a\":\"1\"}\n");
}

static void an_empty_line_is_passed_over(void **state)
{
    (void)state;
    redacts(objects, "\n\r\n \t \n{\"a\":\"1\"}\n\n\n{\"a\":\"2\"}\n \n  ",
            "{\"a\":\"1\"}\n{\"a\":\"2\"}\n");
    redacts(objects, "\n", "");
    redacts(objects, " ", "");
}

static void no_line_is_no_answer_and_no_fault(void **state)
{
    (void)state;
    redacts(objects, "", "");
    redacts(rows, "", "");
}

/* --- what becomes of it --- */

static void a_withheld_line_is_not_there(void **state)
{
    (void)state;
    redacts(objects, "{\"a\":\"1\"}\n7\n\"CANARY\"\n[\"CANARY\"]\nnull\n{\"a\":\"2\"}\n",
            "{\"a\":\"1\"}\n{\"a\":\"2\"}\n");
    redacts(integers, "1\n1.5\n\"CANARY\"\n{\"a\":\"CANARY\"}\n2\n", "1\n2\n");
    redacts("[\"lines\",\"string drop\"]", "\"CANARY\"\n\"CANARY\"\n", "");
}

static void an_emptied_line_stays(void **state)
{
    (void)state;
    redacts(objects, "{\"x\":\"CANARY\"}\n{}\n", "{}\n{}\n");
    redacts("[\"lines\",[\"integer keep\"]]", "[\"CANARY\"]\n[1,\"CANARY\",2]\n", "[]\n[1,2]\n");
}

static void a_null_that_may_be_stays(void **state)
{
    (void)state;
    redacts("[\"lines\",\"integer keep nullable\"]", "null\n1\n", "null\n1\n");
    redacts("[\"lines\",{\"a\":\"string keep\",\"nullable\":true}]", "null\n", "null\n");
    redacts("[\"lines\",\"string null\"]", "\"CANARY\"\n", "null\n");
}

static void each_line_may_name_a_member_again(void **state)
{
    (void)state;
    redacts(objects, "{\"n\":1,\"a\":\"1\"}\n{\"a\":\"2\"}\n{\"a\":\"3\",\"n\":3}\n",
            "{\"n\":1,\"a\":\"1\"}\n{\"a\":\"2\"}\n{\"a\":\"3\",\"n\":3}\n");
}

static void treatments_and_texts_are_done_on_each(void **state)
{
    (void)state;
    redacts(
        "[\"lines\",{\"m\":\"string mask=1,1\",\"t\":\"string scan\",\"r\":\"number round=10\"}]",
        "{\"m\":\"abcdef\",\"t\":\"tel 13800138000\",\"r\":17}\n{\"m\":\"ghijkl\"}\n",
        "{\"m\":\"a****f\",\"t\":\"tel ***********\",\"r\":20}\n{\"m\":\"g****l\"}\n");
}

static void each_line_is_a_dated_row(void **state)
{
    (void)state;
    becomes_by_date("{\"d\":\"2024-02-01\",\"v\":\"1\"}\n{\"v\":\"CANARY\",\"d\":\"2023-12-31\"}\n"
                    "{\"v\":\"CANARY\"}\n7\nnull\n{\"v\":\"2\",\"d\":\"2024-12\"}",
                    "{\"d\":\"2024-02-01\",\"v\":\"1\"}\n{\"v\":\"2\",\"d\":\"2024-12\"}\n");
    becomes_by_date("{\"v\":\"CANARY\",\"d\":\"2025-01-01\"}\n", "");
}

static void rows_are_counted(void **state)
{
    struct redacting redacting = rows_of_2024();
    (void)state;
    struct redacted redacted = redact_all_ways(
        &redacting, HF_LITERAL("{\"d\":\"2024\",\"v\":\"1\"}\n\n{\"d\":\"2023\",\"v\":\"2\"}\n"));
    assert_int_equal(redacted.stats.n_rows_passed, 1);
    assert_int_equal(redacted.stats.n_rows_withheld, 1);
    assert_int_equal(redacted.stats.n_bytes_in, 43);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* --- what ends the answer --- */

static void a_line_holds_one_value(void **state)
{
    (void)state;
    breaks(objects, "{\"a\":\"1\"}{\"a\":\"2\"}\n", "trailing", "{\"a\":\"1\"}\n");
    breaks(objects, "{\"a\":\"1\"},{\"a\":\"2\"}\n", "trailing", "{\"a\":\"1\"}\n");
    breaks(objects, "{\"a\":\"1\"}]\n", "trailing", "{\"a\":\"1\"}\n");
    breaks(integers, "1 2\n", "trailing", "1\n");
    breaks(integers, "1,2\n", "trailing", "1\n");
    breaks(objects, "[{\"a\":\"1\"}\n,{\"a\":\"2\"}]", "truncated", "");
}

static void a_value_holds_no_line(void **state)
{
    (void)state;
    breaks(objects, "{\"a\":\"1\",\n\"n\":2}\n", "truncated", "{\"a\":\"1\"");
    breaks(objects, "{\n\"a\":\"1\"}", "truncated", "{");
    breaks(objects, "{\"a\":\"1\n\"}", "truncated", "{\"a\":\"1");
    breaks(integers, "1\n-\n2", "truncated", "1\n");
    breaks("[\"lines\",\"boolean keep\"]", "tr\nue\n", "truncated", "");
}

static void an_answer_that_is_cut_is_a_fault(void **state)
{
    (void)state;
    breaks(objects, "{\"a\":\"1\"}\n{\"a\":", "truncated", "{\"a\":\"1\"}\n{");
    breaks(integers, "1\n2e", "truncated", "1\n");
}

static void a_malformed_line_ends_the_answer(void **state)
{
    (void)state;
    breaks(objects, "{\"a\":\"1\"}\nCANARY\n{\"a\":\"3\"}\n", "value", "{\"a\":\"1\"}\n");
    breaks(objects, "{\"a\":\"1\"}\n{\"a\":\"2\",\"a\":\"CANARY\"}\n", "duplicate_member",
           "{\"a\":\"1\"}\n{\"a\":\"2\"");
    breaks(integers, "1\n01\n", "number", "1\n");
    breaks(objects, "{\"a\":\"\xff\"}\n", "utf8", "{\"a\":\"");
    breaks(objects, "{\"y\":{\"y\":\"\\ud800\"}}\n", "surrogate", "{");
}

static void a_byte_order_mark_is_no_white_space(void **state)
{
    (void)state;
    breaks(objects, "\xef\xbb\xbf{\"a\":\"1\"}\n", "value", "");
    breaks(objects, "{\"a\":\"1\"}\n\xef\xbb\xbf{\"a\":\"2\"}\n", "value", "{\"a\":\"1\"}\n");
    breaks(objects, "\x1e{\"a\":\"1\"}\n", "value", ""); /* RFC 7464 is another format */
}

static void a_fault_tells_its_place_in_the_body(void **state)
{
    struct redacting redacting = redacting_of(objects);
    (void)state;
    struct redacted redacted =
        redact_all_ways(&redacting, HF_LITERAL("{\"a\":\"1\"}\r\n\n{\"a\":!}\n"));
    assert_int_equal(redacted.problem.offset, 17);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* --- limits --- */

static void limits_hold_for_each_line_and_for_all(void **state)
{
    struct redacting redacting = redacting_of(objects);
    (void)state;
    redacting.limits.max_members = 2;
    redacting.limits.max_string_bytes = 4;
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"1234\",\"n\":1}\n{\"a\":\"1234\",\"n\":1}\n"),
                   "{\"a\":\"1234\",\"n\":1}\n{\"a\":\"1234\",\"n\":1}\n");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"1\"}\n{\"a\":\"1\",\"n\":1,\"y\":1}\n"),
                  "members", "{\"a\":\"1\"}\n{\"a\":\"1\",\"n\":1");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"1\"}\n{\"y\":\"12345\"}\n"), "string_length",
                  "{\"a\":\"1\"}\n{");
    redacting.limits.max_body_bytes = 18;
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"1\"}\n{\"n\":1}\n"),
                   "{\"a\":\"1\"}\n{\"n\":1}\n");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"1\"}\n{\"n\":1}\n\n"), "body_length",
                  "{\"a\":\"1\"}\n{\"n\":1}\n");
    hf_view_unref(redacting.view);
}

static void a_row_that_is_too_long_is_a_fault(void **state)
{
    struct redacting redacting = rows_of_2024();
    (void)state;
    redacting.limits.max_hold_bytes = 40;
    assert_breaks(
        &redacting,
        HF_LITERAL("{\"d\":\"2024\",\"v\":\"1\"}\n"
                   "{\"v\":\"0123456789012345678901234567890123456789\",\"d\":\"2024\"}\n"),
        "row_length", "{\"d\":\"2024\",\"v\":\"1\"}\n");
    hf_view_unref(redacting.view);
}

static void a_line_may_be_as_deep_as_a_document(void **state)
{
    char text[2 * 64 + 2 + 1];
    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    memcpy(text + 128, "\n", 2);
    redacts("[\"lines\",\"*\"]", text, "");
    memset(text, '[', 65);
    breaks("[\"lines\",\"*\"]", text, "depth", "");
}

static void memory_does_not_grow_with_the_lines(void **state)
{
    struct redacting redacting = redacting_of(objects);
    hf_buf document = hf_buf_init(8 << 20);
    (void)state;
    while (document.size < 4 << 20) {
        assert_ok(hf_buf_append_string(&document, "{\"a\":\"some words\",\"n\":12345}\n"));
    }
    struct redacted redacted = redacting_run(&redacting, hf_buf_view(&document), 1000);
    assert_ok(redacted.status);
    assert_true(hf_bytes_equal(hf_buf_view(&redacted.out), hf_buf_view(&document)));
    assert_true(redacted.max_out_bytes < 1100);
    redacted_clear(&redacted);
    hf_buf_clear(&document);
    hf_view_unref(redacting.view);
}

/* --- the twin: an array with the same elements --- */

static const char *const elements[] = {
    "{\"a\":\"1\"}",
    "{\"a\":\"\\u4eba\",\"n\":-7,\"x\":\"CANARY\"}",
    "{\"x\":{\"a\":[\"CANARY\",{}]},\"n\":12}",
    "{}",
    "null",
    "[1,2]",
    "\"CANARY\"",
    "-1.5e3",
    "true",
    "{\"d\":\"2024-05-06\",\"v\":\"w\"}",
    "{\"v\":\"w\",\"d\":\"2024-05-06\"}",
    "{\"v\":\"CANARY\",\"d\":\"2022\"}",
    "{ \"n\" : 5 , \"a\" : \"with space\" }",
};

static size_t random_below(size_t n)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static void append(hf_buf *buf, const char *text)
{
    assert_ok(hf_buf_append_string(buf, text));
}

/* `[a,b]` as lines; no element that leaves holds a comma between braces and another brace. */
static void lines_of_array(hf_bytes array, hf_buf *lines)
{
    size_t depth = 0;
    for (size_t i = 1; i + 1 < array.size; i++) {
        uint8_t byte = array.data[i];
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        assert_ok(hf_buf_append_byte(lines, byte == ',' && depth == 0 ? '\n' : byte));
    }
    if (array.size > 2) {
        append(lines, "\n");
    }
}

static void check_twin(const char *item, const struct hf_view_range *range)
{
    char view[256];
    HF_CLEANUP(hf_buf_clear) hf_buf array = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf lines = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf expected = hf_buf_init(1 << 16);
    append(&array, "[");
    for (size_t i = random_below(12); i > 0; i--) {
        const char *element = elements[random_below(sizeof elements / sizeof *elements)];
        append(&array, array.size > 1 ? "," : "");
        append(&array, element);
        append(&lines, element);
        append(&lines, i == 1 && random_below(2) ? "" : random_below(3) ? "\n" : " \r\n\n");
    }
    append(&array, "]");
    snprintf(view, sizeof view, "[%s]", item);
    struct redacting twin = {.view = redacting_view(view, range),
                             .limits = hf_redact_limits_default()};
    struct redacted as_array = redacting_run(&twin, hf_buf_view(&array), 0);
    assert_ok(as_array.status);
    lines_of_array(hf_buf_view(&as_array.out), &expected);
    snprintf(view, sizeof view, "[\"lines\",%s]", item);
    struct redacting redacting = {.view = redacting_view(view, range),
                                  .limits = hf_redact_limits_default()};
    struct redacted as_lines = redact_all_ways(&redacting, hf_buf_view(&lines));
    assert_ok(as_lines.status);
    assert_true(hf_bytes_equal(hf_buf_view(&as_lines.out), hf_buf_view(&expected)));
    assert_memory_equal(as_lines.stats.withheld, as_array.stats.withheld,
                        sizeof as_array.stats.withheld);
    assert_memory_equal(as_lines.stats.released, as_array.stats.released,
                        sizeof as_array.stats.released);
    assert_int_equal(as_lines.stats.n_rows_withheld, as_array.stats.n_rows_withheld);
    redacted_clear(&as_array);
    redacted_clear(&as_lines);
    hf_view_unref(twin.view);
    hf_view_unref(redacting.view);
}

static void lines_become_what_elements_become(void **state)
{
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        check_twin(OBJECT, NULL);
        check_twin("\"any keep nullable\"", NULL);
        check_twin("\"rows\"," ROW, &of_2024);
    }
}

static void only_an_array_can_be_lines(void **state)
{
    struct hf_view_builder *builder = NULL;
    const struct hf_view_node *node = NULL;
    struct hf_view *view = NULL;
    (void)state;
    assert_ok(hf_view_builder_new(&builder));
    assert_ok(hf_view_builder_drop(builder, 0, &node));
    hf_view_builder_lines(builder);
    assert_code(hf_view_builder_finish(builder, node, &(struct hf_view_range){0}, &view),
                POLICY_INVALID);
}

static void the_digest_tells_lines_from_an_array(void **state)
{
    struct hf_view *lines = redacting_view(objects, NULL);
    struct hf_view *array = redacting_view("[" OBJECT "]", NULL);
    (void)state;
    assert_memory_not_equal(hf_view_digest(lines), hf_view_digest(array), HF_SHA256_BYTES);
    hf_view_unref(lines);
    hf_view_unref(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_a_value),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_carriage_return_is_white_space),
        cmocka_unit_test(an_empty_line_is_passed_over),
        cmocka_unit_test(no_line_is_no_answer_and_no_fault),
        cmocka_unit_test(a_withheld_line_is_not_there),
        cmocka_unit_test(an_emptied_line_stays),
        cmocka_unit_test(a_null_that_may_be_stays),
        cmocka_unit_test(each_line_may_name_a_member_again),
        cmocka_unit_test(treatments_and_texts_are_done_on_each),
        cmocka_unit_test(each_line_is_a_dated_row),
        cmocka_unit_test(rows_are_counted),
        cmocka_unit_test(a_line_holds_one_value),
        cmocka_unit_test(a_value_holds_no_line),
        cmocka_unit_test(an_answer_that_is_cut_is_a_fault),
        cmocka_unit_test(a_malformed_line_ends_the_answer),
        cmocka_unit_test(a_byte_order_mark_is_no_white_space),
        cmocka_unit_test(a_fault_tells_its_place_in_the_body),
        cmocka_unit_test(limits_hold_for_each_line_and_for_all),
        cmocka_unit_test(a_row_that_is_too_long_is_a_fault),
        cmocka_unit_test(a_line_may_be_as_deep_as_a_document),
        cmocka_unit_test(memory_does_not_grow_with_the_lines),
        cmocka_unit_test(lines_become_what_elements_become),
        cmocka_unit_test(only_an_array_can_be_lines),
        cmocka_unit_test(the_digest_tells_lines_from_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

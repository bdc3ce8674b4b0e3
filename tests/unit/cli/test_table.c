#include "cli/table.h"

#include "tests/unit/cli/tool.h"

static void add_all(struct hf_table *table, const char *const *cells)
{
    for (; *cells; cells++) {
        hf_table_add(table, hf_bytes_of_string(*cells));
    }
}

static void assert_prints(size_t n_columns, const char *const *cells, const char *expected)
{
    char *out = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&out, &n);
    struct hf_table table = hf_table_init(n_columns);
    assert_non_null(stream);
    add_all(&table, cells);
    assert_ok(hf_table_print(stream, &table));
    fclose(stream);
    assert_string_equal(out, expected);
    free(out);
    hf_table_clear(&table);
}

static void chinese_takes_two_places(void **state)
{
    (void)state;
    assert_int_equal(hf_text_columns(HF_LITERAL("税种")), 4);
    assert_int_equal(hf_text_columns(HF_LITERAL("items[].税")), 10);
    assert_int_equal(hf_text_columns(HF_LITERAL("１Ａ")), 4);
    assert_int_equal(hf_text_columns(HF_LITERAL("𠀀")), 2);
}

static void marks_take_none(void **state)
{
    (void)state;
    assert_int_equal(hf_text_columns(HF_LITERAL("e\xcc\x81")), 1);
    assert_int_equal(hf_text_columns(HF_LITERAL("a\xe2\x80\x8bz")), 2);
}

static void what_is_escaped_takes_four(void **state)
{
    (void)state;
    assert_int_equal(hf_text_columns(HF_LITERAL("\x1b[")), 5);
    assert_int_equal(hf_text_columns(HF_LITERAL("\xff")), 4);
    assert_int_equal(hf_text_columns(HF_LITERAL("\xc2\x85")), 8);
}

static void columns_are_aligned_by_what_is_seen(void **state)
{
    (void)state;
    assert_prints(3, (const char *const[]){"a", "b", "c", "税种", "x", "y", NULL},
                  "a     b  c\n税种  x  y\n");
}

static void no_line_ends_in_spaces(void **state)
{
    (void)state;
    assert_prints(3, (const char *const[]){"a", "", "", "long", "x", "", NULL}, "a\nlong  x\n");
}

static void control_characters_are_cleaned(void **state)
{
    (void)state;
    assert_prints(2, (const char *const[]){"\x1b", "a", "1234", "b", NULL}, "\\x1b  a\n1234  b\n");
}

static void a_table_that_did_not_fit_is_not_printed(void **state)
{
    (void)state;
    struct hf_table table = hf_table_init(1);
    table.text = hf_buf_init(2);
    hf_table_add(&table, HF_LITERAL("abc"));
    assert_code(hf_table_print(stdout, &table), LIMIT);
    hf_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_takes_two_places),
        cmocka_unit_test(marks_take_none),
        cmocka_unit_test(what_is_escaped_takes_four),
        cmocka_unit_test(columns_are_aligned_by_what_is_seen),
        cmocka_unit_test(no_line_ends_in_spaces),
        cmocka_unit_test(control_characters_are_cleaned),
        cmocka_unit_test(a_table_that_did_not_fit_is_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/json_diff.h"

#include "cli/json_text.h"
#include "tests/unit/cli/tool.h"

static struct hf_arena arena;

static const struct hf_json *parsed(const char *text)
{
    static const struct hf_json_limits limits = {4096, 16, 256, 4096};
    const struct hf_json *root = NULL;
    assert_ok(hf_json_parse(hf_bytes_of_string(text), &limits, &arena, &root, NULL));
    return root;
}

static hf_status append(hf_buf *told, const struct hf_json *value)
{
    return value ? hf_json_text_compact(told, value) : hf_buf_append_string(told, "nothing");
}

static hf_status note(void *context, const struct hf_difference *difference)
{
    hf_buf *told = context;
    HF_TRY(hf_buf_printf(told, "%s: ", difference->path));
    HF_TRY(append(told, difference->expected));
    HF_TRY(hf_buf_append_string(told, " -> "));
    HF_TRY(append(told, difference->actual));
    return hf_buf_append_byte(told, '\n');
}

static void assert_diff(const char *expected, const char *actual, const char *differences)
{
    const char *text = NULL;
    hf_buf told = hf_buf_init(8192);
    assert_ok(hf_json_diff(parsed(expected), parsed(actual), note, &told));
    assert_ok(hf_buf_string(&told, &text));
    assert_string_equal(text, differences);
    hf_buf_clear(&told);
    hf_arena_clear(&arena);
}

static int set_up(void **state)
{
    (void)state;
    arena = hf_arena_init(1 << 20);
    return 0;
}

static void what_is_the_same_differs_nowhere(void **state)
{
    (void)state;
    assert_diff("{\"a\":[1,\"x\",null,true,{}]}", "{ \"a\" : [1, \"\\u0078\", null, true, {}] }",
                "");
}

static void the_order_of_members_is_no_difference(void **state)
{
    (void)state;
    assert_diff("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "");
}

static void a_number_differs_by_its_spelling(void **state)
{
    (void)state;
    assert_diff("{\"a\":1.0}", "{\"a\":1.00}", "a: 1.0 -> 1.00\n");
}

static void missing_and_superfluous_members_are_told(void **state)
{
    (void)state;
    assert_diff("{\"a\":1,\"b\":2}", "{\"b\":2,\"c\":3}", "a: 1 -> nothing\nc: nothing -> 3\n");
}

static void elements_are_told_by_their_number(void **state)
{
    (void)state;
    assert_diff("{\"i\":[{\"x\":1},{\"x\":2}]}", "{\"i\":[{\"x\":1},{\"x\":\"2\"},0]}",
                "i[1].x: 2 -> \"2\"\ni[2]: nothing -> 0\n");
    assert_diff("[[1]]", "[[]]", "[0][0]: 1 -> nothing\n");
}

static void another_type_is_one_difference(void **state)
{
    (void)state;
    assert_diff("{\"a\":{\"b\":1}}", "{\"a\":[1]}", "a: {\"b\":1} -> [1]\n");
    assert_diff("true", "false", ": true -> false\n");
}

static void a_path_that_is_too_long_is_cut(void **state)
{
    (void)state;
    char text[2 * HF_DIFFERENCE_PATH_BYTES];
    char name[HF_DIFFERENCE_PATH_BYTES + 8];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    hf_buf told = hf_buf_init(8192);
    snprintf(text, sizeof(text), "{\"%s\":{\"deep\":1}}", name);
    const struct hf_json *left = parsed(text);
    snprintf(text, sizeof(text), "{\"%s\":{\"deep\":2}}", name);
    assert_ok(hf_json_diff(left, parsed(text), note, &told));
    assert_true(told.size > HF_DIFFERENCE_PATH_BYTES && told.size < HF_DIFFERENCE_PATH_BYTES + 16);
    hf_buf_clear(&told);
    hf_arena_clear(&arena);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_the_same_differs_nowhere),  TEST(the_order_of_members_is_no_difference),
        TEST(a_number_differs_by_its_spelling),  TEST(missing_and_superfluous_members_are_told),
        TEST(elements_are_told_by_their_number), TEST(another_type_is_one_difference),
        TEST(a_path_that_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/json_text.h"

#include "tests/unit/unit.h"

static void assert_texts(const char *text, const char *compact, const char *pretty)
{
    const struct hf_json_limits limits = {4096, 16, 100, 512};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4096);
    const struct hf_json *value = NULL;
    const char *written;
    assert_ok(hf_json_parse(hf_bytes_of_string(text), &limits, &arena, &value, NULL));
    assert_ok(hf_json_text_compact(&buf, value));
    assert_ok(hf_buf_string(&buf, &written));
    assert_string_equal(written, compact);
    hf_buf_reset(&buf);
    assert_ok(hf_json_text_pretty(&buf, value));
    assert_ok(hf_buf_string(&buf, &written));
    assert_string_equal(written, pretty);
}

static void nothing_is_changed_but_white_space(void **state)
{
    (void)state;
    assert_texts(
        " { \"b\" : [ 1.50, -0e1 , null ] , \"a\" : { } , \"c\":[ ] ,\"d\":[true,false] } ",
        "{\"b\":[1.50,-0e1,null],\"a\":{},\"c\":[],\"d\":[true,false]}",
        "{\n  \"b\": [\n    1.50,\n    -0e1,\n    null\n  ],\n  \"a\": {},\n  \"c\": [],\n"
        "  \"d\": [\n    true,\n    false\n  ]\n}");
}

static void strings_keep_their_meaning(void **state)
{
    (void)state;
    assert_texts("\"\\u8d37\\n\\\"\\/\"", "\"\xe8\xb4\xb7\\n\\\"/\"", "\"\xe8\xb4\xb7\\n\\\"/\"");
}

static void a_small_buffer_is_an_error(void **state)
{
    (void)state;
    const struct hf_json number = {.type = HF_JSON_NUMBER, .text = HF_LITERAL("12345")};
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4);
    assert_code(hf_json_text_compact(&buf, &number), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_changed_but_white_space),
        cmocka_unit_test(strings_keep_their_meaning),
        cmocka_unit_test(a_small_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

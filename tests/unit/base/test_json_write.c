#include "base/json.h"

#include "tests/unit/unit.h"
#include "tests/unit/vectors.h"

static const struct hf_json_limits LIMITS = {
    .max_bytes = 1 << 20, .max_depth = 64, .max_values = 10000, .max_string_bytes = 1 << 16};

static hf_status canonical(hf_bytes text, hf_buf *buf)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    const struct hf_json *root = NULL;
    assert_ok(hf_json_parse(text, &LIMITS, &arena, &root, NULL));
    return hf_json_write_canonical(buf, root);
}

static void assert_canonical(const char *text, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 20);
    const char *written = NULL;
    assert_ok(canonical(hf_bytes_of_string(text), &buf));
    assert_ok(hf_buf_string(&buf, &written));
    assert_string_equal(written, expected);
}

static void strings_are_spelled_as_rfc8785_has_it(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
    assert_ok(
        hf_json_write_string(&buf, HF_LITERAL("a\"b\\c/\b\t\n\f\r\x01\x1f\x7f\xe2\x82\xac\0z")));
    assert_true(hf_bytes_equal(
        hf_buf_view(&buf),
        HF_LITERAL("\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\xe2\x82\xac\\u0000z\"")));
}

static void an_empty_string_is_two_quotes(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(2);
    assert_ok(hf_json_write_string(&buf, hf_bytes_of(NULL, 0)));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "\"\""));
}

static void bad_utf8_is_never_written(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
    assert_ok(hf_buf_append_string(&buf, "kept"));
    assert_code(hf_json_write_string(&buf, HF_LITERAL("a\xff")), JSON_MALFORMED);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "kept"));
}

static void a_full_buffer_keeps_what_it_had(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(8);
    assert_ok(hf_buf_append_string(&buf, "kept"));
    assert_code(hf_json_write_string(&buf, HF_LITERAL("abc")), LIMIT);
    assert_code(hf_json_write_string(&buf, HF_LITERAL("\n\n")), LIMIT);
    assert_code(canonical(HF_LITERAL("[1,2,3]"), &buf), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "kept"));
    assert_ok(hf_json_write_string(&buf, HF_LITERAL("ab")));
}

static void white_space_goes_and_values_stay(void **state)
{
    (void)state;
    assert_canonical(" { } ", "{}");
    assert_canonical("[ ]", "[]");
    assert_canonical(" [ null , true , false , -17 , \"\\u0041\" , { } , [ [ ] ] ] ",
                     "[null,true,false,-17,\"A\",{},[[]]]");
    assert_canonical("{\"b\": {\"z\":1, \"y\":2}, \"a\": 0}", "{\"a\":0,\"b\":{\"y\":2,\"z\":1}}");
}

/* = RFC 8785 3.2.3 */
static void few_and_many_members_are_sorted_alike(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 26; n++) { /* backwards in, forwards out */
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
        HF_CLEANUP(hf_buf_clear) hf_buf sorted = hf_buf_init(4096);
        const char *written = NULL;
        const char *expected = NULL;
        for (unsigned i = 0; i < n; i++) {
            assert_ok(hf_buf_printf(&text, "%s\"%c\":0", i ? "," : "{", (int)('a' + n - 1 - i)));
            assert_ok(hf_buf_printf(&sorted, "%s\"%c\":0", i ? "," : "{", (int)('a' + i)));
        }
        assert_ok(hf_buf_append_byte(&text, '}'));
        assert_ok(hf_buf_append_byte(&sorted, '}'));
        assert_ok(hf_buf_string(&text, &written));
        assert_ok(hf_buf_string(&sorted, &expected));
        assert_canonical(written, expected);
    }
}

static void members_are_sorted_by_utf16_units(void **state)
{
    (void)state;
    assert_canonical("{\"aa\":1,\"a\":2,\"\":3,\"b\":4,\"B\":5}",
                     "{\"\":3,\"B\":5,\"a\":2,\"aa\":1,\"b\":4}");
    /* U+1F602 is D83D DE02 in UTF-16: before U+FB33 and U+E000, behind U+D7FF and U+20AC */
    assert_canonical(
        "{\"\\ufb33\":1,\"\\ue000\":2,\"\\ud83d\\ude02\":3,\"\\ud7ff\":4,\"\\u20ac\":5}",
        "{\"\xe2\x82\xac\":5,\"\xed\x9f\xbf\":4,\"\xf0\x9f\x98\x82\":3,"
        "\"\xee\x80\x80\":2,\"\xef\xac\xb3\":1}");
    assert_canonical("{\"x\\udbff\\udfff\":1,\"x\\ud800\\udc00\":2}",
                     "{\"x\xf0\x90\x80\x80\":2,\"x\xf4\x8f\xbf\xbf\":1}");
}

static void numbers_beyond_exact_doubles_are_refused(void **state)
{
    (void)state;
    assert_canonical("[9007199254740991,-9007199254740991]",
                     "[9007199254740991,-9007199254740991]");
    static const char *const texts[] = {"9007199254740992", "-9007199254740992", "1.5", "1e3", "-0",
                                        "[1,[0.1]]",        "{\"a\":1.0}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
        assert_code(canonical(hf_bytes_of_string(texts[i]), &buf), JSON_MALFORMED);
        assert_int_equal(buf.size, 0);
    }
}

static void canonical_text_is_a_fixed_point(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf once = hf_buf_init(1000);
    HF_CLEANUP(hf_buf_clear) hf_buf twice = hf_buf_init(1000);
    assert_ok(
        canonical(HF_LITERAL("{\"b\":[1,\"\\u0007\"],\"a\":{\"d\":null,\"c\":\"\\/\"}}"), &once));
    assert_ok(canonical(hf_buf_view(&once), &twice));
    assert_true(hf_bytes_equal(hf_buf_view(&once), hf_buf_view(&twice)));
}

/* The vectors of the author of RFC 8785. `values` and `structures` hold fractions: refused. */
static void the_public_vectors_come_out_byte_for_byte(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool integers_only;
    } files[] = {{"arrays", true}, {"french", true},  {"unicode", true},
                 {"weird", true},  {"values", false}, {"structures", false}};
    const char *root = vector_path("rfc8785/testdata");
    if (!root) {
        return;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_MAX + 64];
        size_t in_size = 0;
        size_t out_size = 0;
        snprintf(path, sizeof path, "%s/input/%s.json", root, files[i].name);
        char *input = vector_read(path, &in_size);
        snprintf(path, sizeof path, "%s/output/%s.json", root, files[i].name);
        char *output = vector_read(path, &out_size);
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
        hf_status status = canonical(hf_bytes_of(input, in_size), &buf);
        if (files[i].integers_only) {
            assert_ok(status);
            assert_true(hf_bytes_equal(hf_buf_view(&buf), hf_bytes_of(output, out_size)));
        } else {
            assert_code(status, JSON_MALFORMED);
        }
        free(input);
        free(output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_spelled_as_rfc8785_has_it),
        cmocka_unit_test(an_empty_string_is_two_quotes),
        cmocka_unit_test(bad_utf8_is_never_written),
        cmocka_unit_test(a_full_buffer_keeps_what_it_had),
        cmocka_unit_test(white_space_goes_and_values_stay),
        cmocka_unit_test(few_and_many_members_are_sorted_alike),
        cmocka_unit_test(members_are_sorted_by_utf16_units),
        cmocka_unit_test(numbers_beyond_exact_doubles_are_refused),
        cmocka_unit_test(canonical_text_is_a_fixed_point),
        cmocka_unit_test(the_public_vectors_come_out_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

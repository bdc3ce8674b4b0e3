#include "base/json.h"

#include "tests/unit/unit.h"
#include "tests/unit/vectors.h"

static const struct hf_json_limits LIMITS = {
    .max_bytes = 1 << 20, .max_depth = 64, .max_values = 10000, .max_string_bytes = 1 << 16};

/* One parse: the tree lives until the next. */
static struct hf_arena arena;
static struct hf_problem problem;

static hf_status parse(hf_bytes text, const struct hf_json **ret_root)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(8 << 20);
    problem = (struct hf_problem){0};
    return hf_json_parse(text, &LIMITS, &arena, ret_root, &problem);
}

static const struct hf_json *parsed(const char *text)
{
    const struct hf_json *root = NULL;
    assert_ok(parse(hf_bytes_of_string(text), &root));
    return root;
}

static int drop_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

/* Refused as malformed, with the error at @offset. */
static void assert_refused_at(hf_bytes text, size_t offset)
{
    const struct hf_json *root = NULL;
    assert_code(parse(text, &root), JSON_MALFORMED);
    assert_null(root);
    assert_int_equal(problem.code, HF_JSON_MALFORMED);
    assert_int_equal(problem.offset, offset);
    assert_true(problem.line >= 1 && problem.column >= 1);
    assert_true(problem.detail[0] != 0);
}

#define assert_bad(text, offset) assert_refused_at(HF_LITERAL(text), offset)

/* ---- what is accepted ---- */

static void a_tree_holds_values_in_the_order_of_the_text(void **state)
{
    (void)state;
    const struct hf_json *root = parsed(" {\"a\":[1,\"two\",null],\"b\":{\"c\":true},\"d\":false}");
    assert_int_equal(root->type, HF_JSON_OBJECT);
    assert_int_equal(root->n_children, 3);
    assert_int_equal(root->offset, 1);
    const struct hf_json *a = hf_json_member(root, "a");
    assert_int_equal(a->type, HF_JSON_ARRAY);
    assert_int_equal(a->n_children, 3);
    assert_int_equal(a->child->type, HF_JSON_NUMBER);
    assert_true(hf_bytes_equal_string(a->child->text, "1"));
    assert_true(hf_json_is_string(a->child->next, "two"));
    assert_int_equal(a->child->next->next->type, HF_JSON_NULL);
    assert_null(a->child->next->next->next);
    assert_int_equal(hf_json_member(hf_json_member(root, "b"), "c")->type, HF_JSON_TRUE);
    assert_int_equal(a->next->next->type, HF_JSON_FALSE);
}

static void every_node_knows_its_place(void **state)
{
    (void)state;
    const struct hf_json *root = parsed("{\n  \"ab\" : 12,\n  \"c\\u0064\": [ true ]\n}");
    const struct hf_json *ab = hf_json_member(root, "ab");
    assert_int_equal(ab->name_offset, 4);
    assert_int_equal(ab->offset, 11);
    const struct hf_json *cd = hf_json_member(root, "cd");
    assert_int_equal(cd->name_offset, 17);
    assert_int_equal(cd->offset, 28);
    assert_int_equal(cd->child->offset, 30);
}

static void escapes_become_utf8(void **state)
{
    (void)state;
    const struct hf_json *root = parsed("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC"
                                        "\\ud83d\\uDe02\"");
    assert_true(hf_json_is_string(root, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x82"));
}

static void an_escaped_nul_is_a_byte_like_others(void **state)
{
    (void)state;
    const struct hf_json *root = parsed("\"a\\u0000b\"");
    assert_true(hf_bytes_equal(root->text, HF_LITERAL("a\0b")));
}

static void scalars_may_be_roots(void **state)
{
    (void)state;
    assert_int_equal(parsed("null")->type, HF_JSON_NULL);
    assert_int_equal(parsed(" true ")->type, HF_JSON_TRUE);
    assert_true(hf_bytes_equal_string(parsed("-0.5e+10")->text, "-0.5e+10"));
}

static void huge_numbers_stay_as_they_were_written(void **state)
{
    (void)state;
    assert_true(hf_bytes_equal_string(parsed("[1e99999]")->child->text, "1e99999"));
    assert_true(hf_bytes_equal_string(parsed("123123123123123123123123123123")->text,
                                      "123123123123123123123123123123"));
}

static void the_tree_outlives_the_text(void **state)
{
    (void)state;
    char text[] = "{\"name\":\"value\",\"n\":17}";
    const struct hf_json *root = NULL;
    assert_ok(parse(hf_bytes_of_string(text), &root));
    memset(text, 'x', sizeof text);
    assert_true(hf_json_is_string(hf_json_member(root, "name"), "value"));
    assert_true(hf_bytes_equal_string(hf_json_member(root, "n")->text, "17"));
}

static void one_name_may_stand_in_many_objects(void **state)
{
    (void)state;
    assert_int_equal(parsed("[{\"a\":1},{\"a\":2},{\"a\":{\"a\":3}}]")->n_children, 3);
}

static void asking_for_members_never_fails(void **state)
{
    (void)state;
    assert_null(hf_json_member(NULL, "a"));
    assert_null(hf_json_member(parsed("[\"a\"]"), "a"));
    assert_null(hf_json_member(parsed("{\"a\":1}"), "b"));
    assert_null(hf_json_member(parsed("{\"a\\u0000\":1}"), "a"));
    assert_false(hf_json_is_string(NULL, ""));
    assert_false(hf_json_is_string(parsed("1"), "1"));
}

/* ---- what is refused, and where ---- */

static void structure_errors_point_at_the_first_bad_byte(void **state)
{
    (void)state;
    assert_bad("", 0);
    assert_bad("  ", 2);
    assert_bad("[1,]", 3);
    assert_bad("[1 2]", 3);
    assert_bad("[,1]", 1);
    assert_bad("[1}", 2);
    assert_bad("{\"a\":1,}", 7);
    assert_bad("{\"a\" 1}", 5);
    assert_bad("{\"a\":}", 5);
    assert_bad("{a:1}", 1);
    assert_bad("{1:1}", 1);
    assert_bad("[1", 2);
    assert_bad("{\"a\":1", 6);
    assert_bad("1 1", 2);
    assert_bad("{} x", 3);
    assert_bad("]", 0);
    assert_bad("// no\n1", 0);
}

static void numbers_follow_the_grammar(void **state)
{
    (void)state;
    assert_bad("01", 1);
    assert_bad("-", 1);
    assert_bad("-a", 1);
    assert_bad("1.", 2);
    assert_bad("1.e1", 2);
    assert_bad("1e", 2);
    assert_bad("1e+", 3);
    assert_bad(".1", 0);
    assert_bad("+1", 0);
    assert_bad("0x1", 1);
    assert_bad("NaN", 0);
    assert_bad("Infinity", 0);
}

static void literals_are_whole_and_lower_case(void **state)
{
    (void)state;
    assert_bad("nul", 3);
    assert_bad("nulL", 3);
    assert_bad("True", 0);
    assert_bad("truex", 4);
    assert_refused_at(HF_LITERAL("nul\0"), 3);
}

static void strings_are_closed_and_escaped(void **state)
{
    (void)state;
    assert_bad("\"abc", 4);
    assert_bad("\"a\nb\"", 2);
    assert_refused_at(HF_LITERAL("\"a\0b\""), 2);
    assert_bad("\"\\x\"", 2);
    assert_bad("\"\\u12g4\"", 5);
    assert_bad("\"\\u12\"", 5);
    assert_bad("\"\\", 2);
    assert_bad("'a'", 0);
}

static void lone_surrogates_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_bad("\"a\\ud800\"", 2);
    assert_bad("\"a\\ud800x\"", 2);
    assert_bad("\"a\\udc00\"", 2);
    assert_bad("\"a\\udc00\\ud800\"", 2);
    assert_bad("\"a\\ud800\\u0041\"", 2);
    assert_bad("\"a\\ud800\\ud800\"", 2);
}

static void bad_utf8_is_refused_where_it_stands(void **state)
{
    (void)state;
    assert_bad("\"a\xff\"", 2);
    assert_bad("\"a\xc0\xaf\"", 2);
    assert_bad("\"a\xed\xa0\x80\"", 2);
    assert_bad("\"a\xf4\x90\x80\x80\"", 2);
    assert_bad("\"a\xe2\x82", 2);
    assert_bad("\xef\xbb\xbf{}", 0);
    assert_bad("[\xc3\xa9]", 1);
}

static void duplicates_are_found_after_unescaping(void **state)
{
    (void)state;
    assert_bad("{\"a\":1,\"a\":1}", 7);
    assert_bad("{\"a\":1,\"\\u0061\":2}", 7);
    assert_bad("{\"\":1,\"\":2}", 6);
    assert_bad("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", 19);
}

static void a_late_duplicate_is_found_among_thousands(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1 << 20);
    assert_ok(hf_buf_append_byte(&text, '{'));
    for (unsigned i = 0; i < 5000; i++) {
        assert_ok(hf_buf_printf(&text, "\"m%u\":0,", i));
    }
    size_t offset = text.size;
    assert_ok(hf_buf_append_string(&text, "\"m2500\":0}"));
    assert_refused_at(hf_buf_view(&text), offset);
}

/* Names are compared one by one up to some number of members, and hashed beyond: each is a first,
 * a middle and a last to repeat, on both sides of that number. */
static void a_duplicate_is_found_whatever_the_size_of_its_object(void **state)
{
    (void)state;
    const struct hf_json *root = NULL;
    for (unsigned n = 1; n < 70; n++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
        assert_ok(hf_buf_append_string(&text, "[{\"m0\":1},{"));
        for (unsigned i = 0; i < n; i++) {
            assert_ok(hf_buf_printf(&text, "\"m%u\":{\"m%u\":0},", i, i));
        }
        const size_t offset = text.size;
        const unsigned repeated[] = {0, n / 2, n - 1};
        for (unsigned i = 0; i < 3; i++) {
            text.size = offset;
            assert_ok(hf_buf_printf(&text, "\"m%u\":0}]", repeated[i]));
            assert_refused_at(hf_buf_view(&text), offset);
        }
        text.size = offset;
        assert_ok(hf_buf_printf(&text, "\"m%u\":0}]", n));
        assert_ok(parse(hf_buf_view(&text), &root));
    }
}

/* What cannot stand in a string is found at every place of it, and nothing that can is refused. */
static void each_byte_of_a_string_is_looked_at(void **state)
{
    (void)state;
    const struct hf_json *root = NULL;
    for (size_t at = 1; at < 20; at++) {
        for (unsigned c = 0; c < 256; c++) {
            uint8_t text[] = "\"....................\"";
            text[at] = (uint8_t)c;
            hf_bytes all = hf_bytes_of(text, sizeof text - 1);
            if (c == '"') {
                assert_refused_at(all, at + 1); /* the text goes on behind the string */
            } else if (c < 0x20 || c >= 0x80) {
                assert_refused_at(all, at);
            } else if (c == '\\') {
                assert_refused_at(all, at + 1); /* no such escape, or no end */
            } else {
                assert_ok(parse(all, &root));
            }
        }
    }
}

static void errors_carry_line_and_column(void **state)
{
    (void)state;
    assert_bad("{\n  \"a\": 1,\n  \"b\": tru\n}", 22);
    assert_int_equal(problem.line, 3);
    assert_int_equal(problem.column, 11);
    assert_bad("[\"\xe5\xae\xa2\", x]", 8);
    assert_int_equal(problem.line, 1);
    assert_int_equal(problem.column, 9); /* columns are bytes */
}

static void a_problem_is_optional(void **state)
{
    (void)state;
    const struct hf_json *root = NULL;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 16);
    assert_code(hf_json_parse(HF_LITERAL("["), &LIMITS, &arena, &root, NULL), JSON_MALFORMED);
}

/* ---- limits ---- */

static void assert_over(hf_bytes text, struct hf_json_limits limits, size_t offset)
{
    const struct hf_json *root = NULL;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    assert_code(hf_json_parse(text, &limits, &arena, &root, &problem), LIMIT);
    assert_null(root);
    assert_int_equal(problem.code, HF_LIMIT);
    assert_int_equal(problem.offset, offset);
}

static void assert_within(hf_bytes text, struct hf_json_limits limits)
{
    const struct hf_json *root = NULL;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    assert_ok(hf_json_parse(text, &limits, &arena, &root, &problem));
}

static void each_limit_holds_exactly(void **state)
{
    (void)state;
    struct hf_json_limits limits = LIMITS;
    limits.max_bytes = 4;
    assert_within(HF_LITERAL("[12]"), limits);
    assert_over(HF_LITERAL("[123]"), limits, 4);
    limits = LIMITS;
    limits.max_depth = 2;
    assert_within(HF_LITERAL("[[],{\"a\":1}]"), limits);
    assert_over(HF_LITERAL("[[[]]]"), limits, 2);
    limits.max_depth = 0;
    assert_within(HF_LITERAL("\"scalar\""), limits);
    assert_over(HF_LITERAL("{}"), limits, 0);
    limits = LIMITS;
    limits.max_values = 3;
    assert_within(HF_LITERAL("[1,2]"), limits);
    assert_over(HF_LITERAL("[1,2,3]"), limits, 5);
    limits = LIMITS;
    limits.max_string_bytes = 3;
    assert_within(HF_LITERAL("{\"abc\":\"\\u20ac\"}"), limits);
    assert_over(HF_LITERAL("[\"abcd\"]"), limits, 1);
    assert_over(HF_LITERAL("{\"abcd\":1}"), limits, 1);
}

static void depth_has_a_ceiling_that_no_caller_lifts(void **state)
{
    (void)state;
    char text[2 * HF_JSON_MAX_DEPTH + 2];
    memset(text, '[', HF_JSON_MAX_DEPTH + 1);
    memset(text + HF_JSON_MAX_DEPTH + 1, ']', HF_JSON_MAX_DEPTH + 1);
    struct hf_json_limits limits = LIMITS;
    limits.max_depth = 1000000;
    assert_over(hf_bytes_of(text, sizeof text), limits, HF_JSON_MAX_DEPTH);
    assert_within(hf_bytes_of(text + 1, sizeof text - 2), limits);
}

static void an_arena_too_small_is_nomem(void **state)
{
    (void)state;
    const struct hf_json *root = NULL;
    HF_CLEANUP(hf_arena_clear) struct hf_arena small = hf_arena_init(64);
    assert_code(hf_json_parse(HF_LITERAL("[]"), &LIMITS, &small, &root, NULL), NOMEM);
    assert_null(root);
}

/* ---- integers ---- */

static void integers_are_read_in_one_spelling(void **state)
{
    (void)state;
    int64_t n = 7;
    assert_ok(hf_json_integer(parsed("0"), &n));
    assert_int_equal(n, 0);
    assert_ok(hf_json_integer(parsed("9223372036854775807"), &n));
    assert_true(n == INT64_MAX);
    assert_ok(hf_json_integer(parsed("-9223372036854775808"), &n));
    assert_true(n == INT64_MIN);
}

static void what_is_not_an_int64_is_no_integer(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "-0",    "1.0",  "1e2", "9223372036854775808",       "-9223372036854775809",
        "\"1\"", "null", "1E0", "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t n = 7;
        assert_code(hf_json_integer(parsed(texts[i]), &n), JSON_MALFORMED);
        assert_int_equal(n, 7);
    }
}

/* ---- JSONTestSuite ---- */

/* Whether the implementation-defined file @name is one that we accept: numbers beyond a double are
 * lexemes to us, everything else of that kind is bad text or too deep. */
static bool accepts_undefined(const char *name)
{
    return strncmp(name, "i_number_", 9) == 0;
}

static void check_suite_file(const char *folder, const char *name, unsigned counts[static 3])
{
    char path[PATH_MAX];
    assert_true(snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path);
    size_t size = 0;
    char *text = vector_read(path, &size);
    const struct hf_json *root = NULL;
    hf_status status = parse(hf_bytes_of(text, size), &root);
    bool duplicate = strstr(name, "duplicated_key") != NULL;
    bool accept = name[0] == 'y' ? !duplicate : name[0] == 'i' && accepts_undefined(name);
    if (accept != (bool)hf_is_ok(status)) {
        fail_msg("%s: %s", name, hf_code_info(status.code)->name);
    }
    counts[name[0] == 'y' ? 0 : name[0] == 'n' ? 1 : 2]++;
    free(text);
}

static void the_public_suite_is_judged_right(void **state)
{
    (void)state;
    const char *folder = vector_path("JSONTestSuite/test_parsing");
    if (!folder) {
        return;
    }
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    unsigned counts[3] = {0};
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".json")) {
            check_suite_file(folder, entry->d_name, counts);
        }
    }
    closedir(dir);
    assert_int_equal(counts[0], 95);
    assert_int_equal(counts[1], 188);
    assert_int_equal(counts[2], 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_holds_values_in_the_order_of_the_text),
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(escapes_become_utf8),
        cmocka_unit_test(an_escaped_nul_is_a_byte_like_others),
        cmocka_unit_test(scalars_may_be_roots),
        cmocka_unit_test(huge_numbers_stay_as_they_were_written),
        cmocka_unit_test(the_tree_outlives_the_text),
        cmocka_unit_test(one_name_may_stand_in_many_objects),
        cmocka_unit_test(asking_for_members_never_fails),
        cmocka_unit_test(structure_errors_point_at_the_first_bad_byte),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(literals_are_whole_and_lower_case),
        cmocka_unit_test(strings_are_closed_and_escaped),
        cmocka_unit_test(lone_surrogates_are_refused_where_they_stand),
        cmocka_unit_test(bad_utf8_is_refused_where_it_stands),
        cmocka_unit_test(duplicates_are_found_after_unescaping),
        cmocka_unit_test(a_late_duplicate_is_found_among_thousands),
        cmocka_unit_test(a_duplicate_is_found_whatever_the_size_of_its_object),
        cmocka_unit_test(each_byte_of_a_string_is_looked_at),
        cmocka_unit_test(errors_carry_line_and_column),
        cmocka_unit_test(a_problem_is_optional),
        cmocka_unit_test(each_limit_holds_exactly),
        cmocka_unit_test(depth_has_a_ceiling_that_no_caller_lifts),
        cmocka_unit_test(an_arena_too_small_is_nomem),
        cmocka_unit_test(integers_are_read_in_one_spelling),
        cmocka_unit_test(what_is_not_an_int64_is_no_integer),
        cmocka_unit_test(the_public_suite_is_judged_right),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}

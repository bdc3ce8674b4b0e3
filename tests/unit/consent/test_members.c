#include "consent/members.h"

#include "base/vocabulary.h"

#include "tests/unit/unit.h"

static const struct hf_json_limits LIMITS = {
    .max_bytes = 4096, .max_depth = 4, .max_values = 100, .max_string_bytes = 512};
static const char *const NAMES[] = {"a", "b", "list", NULL};

static struct hf_arena arena;
static struct hf_problem problem;

static int start(void **state)
{
    (void)state;
    arena = hf_arena_init(1 << 20);
    problem = (struct hf_problem){0};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status parse(const char *text, struct hf_members *members)
{
    *members = (struct hf_members){.text = hf_bytes_of_string(text),
                                   .code = HF_CONFIG_INVALID,
                                   .file = "x.json",
                                   .reterr = &problem};
    return hf_members_parse(members, &LIMITS, &arena, NAMES);
}

static struct hf_members opened(const char *text)
{
    struct hf_members members;
    assert_ok(parse(text, &members));
    return members;
}

static void a_mistake_has_file_attribute_line_and_column(void **state)
{
    (void)state;
    struct hf_members members = opened("{\n  \"a\": 7}");
    hf_bytes text;
    assert_code(hf_members_string(&members, "a", 1, 2, &text), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json a");
    assert_string_equal(problem.detail, "must be a string");
    assert_int_equal(problem.code, HF_CONFIG_INVALID);
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 8);
    assert_int_equal(problem.offset, 9);
}

static void a_missing_member_is_blamed_on_its_object(void **state)
{
    (void)state;
    struct hf_members members = opened("\n {}");
    const struct hf_json *value = NULL;
    assert_code(hf_members_get(&members, "b", HF_JSON_ARRAY, &value), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json b");
    assert_string_equal(problem.detail, "is required");
    assert_int_equal(problem.line, 2);
    assert_code(hf_members_wrong(&members, NULL, "is odd"), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json");
    assert_ok(hf_members_find(&members, "b", HF_JSON_ARRAY, &value));
    assert_null(value);
}

static void strict_json_comes_first(void **state)
{
    (void)state;
    struct hf_members members;
    assert_code(parse("{\"a\":1,\"a\":2}", &members), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json");
    assert_int_equal(problem.line, 1);
    assert_code(parse("[]", &members), CONFIG_INVALID);
    assert_code(parse("{\"a\":[[[[1]]]]}", &members), CONFIG_INVALID); /* too deep */
    members = (struct hf_members){.text = HF_LITERAL("{"), .code = HF_IO};
    assert_code(hf_members_parse(&members, &LIMITS, &arena, NAMES), IO); /* nobody asks why */
}

static void an_unknown_member_is_refused_without_being_named(void **state)
{
    (void)state;
    struct hf_members members;
    assert_code(parse("{\"a\":1,\"secret\":2}", &members), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json");
    assert_null(strstr(problem.detail, "secret"));
    assert_int_equal(problem.column, 8); /* of the name */
}

static void inner_objects_have_their_own_path(void **state)
{
    (void)state;
    struct hf_members members = opened("{\"a\":{\"b\":true}}");
    struct hf_members inner;
    int64_t integer;
    assert_ok(hf_members_open(&members, hf_json_member(members.object, "a"), "a", NAMES, &inner));
    assert_code(hf_members_integer(&inner, "b", 0, 1, &integer), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json a.b");
    assert_code(hf_members_open(&inner, hf_json_member(inner.object, "b"), "a.b", NAMES, &inner),
                CONFIG_INVALID);
    assert_string_equal(problem.detail, "must be an object");
}

static void integers_are_bounded_and_plain(void **state)
{
    (void)state;
    struct hf_members members = opened("{\"a\":10,\"b\":1.0}");
    int64_t integer = 77;
    assert_ok(hf_members_integer(&members, "a", 10, 10, &integer));
    assert_int_equal(integer, 10);
    assert_code(hf_members_integer(&members, "a", 11, 20, &integer), CONFIG_INVALID);
    assert_code(hf_members_integer(&members, "a", 0, 9, &integer), CONFIG_INVALID);
    assert_string_equal(problem.detail, "must be an integer from 0 to 9");
    assert_code(hf_members_integer(&members, "b", 0, 9, &integer), CONFIG_INVALID);
    assert_int_equal(integer, 10);
}

static void strings_are_bounded_and_without_control_characters(void **state)
{
    (void)state;
    struct hf_members members = opened("{\"a\":\"abc\",\"b\":\"a\\u001f\"}");
    hf_bytes text;
    assert_ok(hf_members_string(&members, "a", 3, 3, &text));
    assert_code(hf_members_string(&members, "a", 4, 9, &text), CONFIG_INVALID);
    assert_code(hf_members_string(&members, "a", 0, 2, &text), CONFIG_INVALID);
    assert_code(hf_members_string(&members, "b", 0, 9, &text), CONFIG_INVALID);
}

static void lists_hold_strings_once_each(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{\"list\":[]}",
                                        "{\"list\":[\"x\",\"y\",\"z\"]}",
                                        "{\"list\":[\"x\",\"x\"]}",
                                        "{\"list\":[\"x\",7]}",
                                        "{\"list\":[\"x\\n\"]}",
                                        "{\"list\":\"x\"}",
                                        "{}"};
    const struct hf_json *array = NULL;
    struct hf_members members = opened("{\"list\":[\"x\",\"y\"]}");
    assert_ok(hf_members_strings(&members, "list", 1, 2, &array));
    assert_int_equal(array->n_children, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        members = opened(wrong[i]);
        assert_code(hf_members_strings(&members, "list", 1, 2, &array), CONFIG_INVALID);
        assert_int_equal(strncmp(problem.where, "x.json list", 11), 0);
    }
}

static void names_become_a_mask(void **state)
{
    (void)state;
    unsigned mask = 77;
    struct hf_members members = opened("{\"list\":[\"use\",\"query\"]}");
    assert_ok(hf_members_mask(&members, "list", 1, hf_action_by_name, &mask));
    assert_int_equal(mask, HF_ACTION_QUERY | HF_ACTION_USE);
    members = opened("{\"list\":[\"query\",\"sell\"]}");
    assert_code(hf_members_mask(&members, "list", 1, hf_action_by_name, &mask), CONFIG_INVALID);
    assert_string_equal(problem.where, "x.json list[1]");
    assert_int_equal(mask, HF_ACTION_QUERY | HF_ACTION_USE);
}

static void digests_have_one_spelling(void **state)
{
    (void)state;
    uint8_t digest[32];
    struct hf_members members = opened("{\"a\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
                                       "\"b\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"}");
    assert_ok(hf_members_digest(&members, "a", digest));
    assert_int_equal(digest[31], 0);
    assert_code(hf_members_digest(&members, "b", digest), CONFIG_INVALID);
    assert_code(hf_members_digest(&members, "list", digest), CONFIG_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mistake_has_file_attribute_line_and_column, start, stop),
        cmocka_unit_test_setup_teardown(a_missing_member_is_blamed_on_its_object, start, stop),
        cmocka_unit_test_setup_teardown(strict_json_comes_first, start, stop),
        cmocka_unit_test_setup_teardown(an_unknown_member_is_refused_without_being_named, start,
                                        stop),
        cmocka_unit_test_setup_teardown(inner_objects_have_their_own_path, start, stop),
        cmocka_unit_test_setup_teardown(integers_are_bounded_and_plain, start, stop),
        cmocka_unit_test_setup_teardown(strings_are_bounded_and_without_control_characters, start,
                                        stop),
        cmocka_unit_test_setup_teardown(lists_hold_strings_once_each, start, stop),
        cmocka_unit_test_setup_teardown(names_become_a_mask, start, stop),
        cmocka_unit_test_setup_teardown(digests_have_one_spelling, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/route_template.h"

#include "tests/unit/unit.h"

static struct hf_arena arena;

static int fresh_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 18);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static struct hf_template *parsed(const char *text)
{
    struct hf_template *template = NULL;
    assert_ok(hf_template_parse(hf_bytes_of_string(text), &arena, &template, NULL));
    return template;
}

static void assert_refused(const char *text)
{
    struct hf_template *template = NULL;
    struct hf_problem problem = {0};
    assert_code(hf_template_parse(hf_bytes_of_string(text), &arena, &template, &problem),
                CATALOG_INVALID);
    assert_null(template);
    assert_true(problem.detail[0] != '\0');
}

static bool matches(const char *template, const char *a, const char *b, hf_bytes *ret_value)
{
    hf_bytes values[HF_TEMPLATE_MAX_SEGMENTS];
    hf_bytes segments[] = {hf_bytes_of_string(a), hf_bytes_of_string(b)};
    bool is_match = hf_template_match(parsed(template), segments, 2, values);
    *ret_value = values[1];
    return is_match;
}

static enum hf_template_order order(const char *a, const char *b)
{
    static const enum hf_template_order MIRROR[] = {
        [HF_TEMPLATE_APART] = HF_TEMPLATE_APART,
        [HF_TEMPLATE_FIRST] = HF_TEMPLATE_SECOND,
        [HF_TEMPLATE_SECOND] = HF_TEMPLATE_FIRST,
        [HF_TEMPLATE_UNCLEAR] = HF_TEMPLATE_UNCLEAR,
    };
    enum hf_template_order there = hf_template_compare(parsed(a), parsed(b));
    assert_int_equal(hf_template_compare(parsed(b), parsed(a)), MIRROR[there]);
    return there;
}

static void a_parameter_may_be_a_part_of_a_segment(void **state)
{
    (void)state;
    hf_bytes value;
    assert_true(matches("/payment/{uscc}.json", "payment", "91.json", &value));
    assert_true(hf_bytes_equal_string(value, "91"));
    assert_true(matches("/payment/of-{uscc}", "payment", "of-91", &value));
    assert_true(hf_bytes_equal_string(value, "91"));
}

static void a_value_is_never_empty(void **state)
{
    (void)state;
    hf_bytes value;
    assert_false(matches("/payment/{uscc}.json", "payment", ".json", &value));
    assert_false(matches("/payment/a{uscc}a", "payment", "a", &value));
    assert_false(matches("/payment/a{uscc}a", "payment", "aa", &value));
}

static void another_literal_does_not_match(void **state)
{
    (void)state;
    hf_bytes value;
    assert_false(matches("/payment/{uscc}.json", "arrears", "91.json", &value));
    assert_false(matches("/payment/{uscc}.json", "Payment", "91.json", &value));
    assert_false(matches("/payment/{uscc}.json", "payment", "91.xml", &value));
}

static void another_number_of_segments_does_not_match(void **state)
{
    (void)state;
    hf_bytes value;
    assert_false(matches("/payment", "payment", "91", &value));
    assert_false(matches("/payment/{uscc}/all", "payment", "91", &value));
}

static void what_is_concrete_comes_before_what_is_templated(void **state)
{
    (void)state;
    assert_int_equal(order("/a/b", "/a/{x}"), HF_TEMPLATE_FIRST);
    assert_int_equal(order("/a/b.json", "/a/{x}.json"), HF_TEMPLATE_FIRST);
    assert_int_equal(order("/a/b/{y}", "/a/{x}/{y}"), HF_TEMPLATE_FIRST);
    assert_int_equal(order("/{x}/{y}/{z}", "/a/{y}/c"), HF_TEMPLATE_SECOND);
}

static void templates_concrete_in_different_places_are_unclear(void **state)
{
    (void)state;
    assert_int_equal(order("/{x}/b", "/a/{y}"), HF_TEMPLATE_UNCLEAR);
    assert_int_equal(order("/a/{x}", "/a/{y}"), HF_TEMPLATE_UNCLEAR);
    assert_int_equal(order("/a/{x}", "/a/{y}.json"), HF_TEMPLATE_UNCLEAR);
    assert_int_equal(order("/a/{x}.json", "/a/b-{y}"), HF_TEMPLATE_UNCLEAR);
    assert_int_equal(order("/a/{x}.json", "/a/{y}.min.json"), HF_TEMPLATE_UNCLEAR);
    assert_int_equal(order("/a/{x}/c", "/a/{y}.json/{z}"), HF_TEMPLATE_UNCLEAR);
}

static void templates_with_different_literals_are_apart(void **state)
{
    (void)state;
    assert_int_equal(order("/a/{x}", "/b/{x}"), HF_TEMPLATE_APART);
    assert_int_equal(order("/a/{x}", "/a/{x}/b"), HF_TEMPLATE_APART);
    assert_int_equal(order("/a/{x}.json", "/a/{y}.xml"), HF_TEMPLATE_APART);
    assert_int_equal(order("/a/b-{x}", "/a/c-{y}"), HF_TEMPLATE_APART);
    assert_int_equal(order("/a/{x}.json", "/a/.json"), HF_TEMPLATE_APART);
    assert_int_equal(order("/{x}/b", "/{y}.json/c"), HF_TEMPLATE_APART);
}

static void a_malformed_template_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",         "payment", "/",      "//a",   "/a/",   "/a//b",   "/./a",
        "/a/..",    "/{",      "/}",     "/{}",   "/a}{b", "/{a}{b}", "/{a}-{b}",
        "/{a}/{a}", "/a b",    "/a;b",   "/a%41", "/a?b",  "/a#b",    "/\xe7\xa8\x8e",
        "/{a b}",   "/{a",     "/a/b}c", "/{a}}", "/{{a}", "/a\\b",
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_refused(BAD[i]);
    }
}

static void a_template_is_bounded(void **state)
{
    (void)state;
    char text[HF_TEMPLATE_MAX_BYTES + 2] = {0};
    memset(text, 'a', sizeof(text) - 1);
    text[0] = '/';
    assert_refused(text);
    assert_refused("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17");
    assert_int_equal(parsed("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16")->n_segments, 16);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct hf_arena none = hf_arena_init(0);
    struct hf_template *template = NULL;
    assert_code(hf_template_parse(HF_LITERAL("/a"), &none, &template, NULL), NOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_arena, drop_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_parameter_may_be_a_part_of_a_segment),
        TEST(a_value_is_never_empty),
        TEST(another_literal_does_not_match),
        TEST(another_number_of_segments_does_not_match),
        TEST(what_is_concrete_comes_before_what_is_templated),
        TEST(templates_concrete_in_different_places_are_unclear),
        TEST(templates_with_different_literals_are_apart),
        TEST(a_malformed_template_is_refused),
        TEST(a_template_is_bounded),
        TEST(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/route_path.h"

#include "policy/route.h"
#include "tests/unit/unit.h"

static struct hf_arena arena;
static struct hf_path path;

static int fresh_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 16);
    path = (struct hf_path){0};
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static void assert_refused_at(hf_bytes text, size_t offset)
{
    struct hf_problem problem = {0};
    assert_code(hf_path_read(text, &arena, &path, &problem), REQUEST_MALFORMED);
    assert_int_equal(path.n_segments, 0);
    assert_int_equal(problem.offset, offset);
}

#define assert_bad(text, offset) assert_refused_at(HF_LITERAL(text), offset)

static void assert_segment(size_t index, const char *text)
{
    assert_true(index < path.n_segments);
    assert_true(hf_bytes_equal_string(path.segments[index], text));
}

static void a_path_is_split_and_decoded(void **state)
{
    (void)state;
    assert_ok(hf_path_read(HF_LITERAL("/tax/p%61yment/91%33.json"), &arena, &path, NULL));
    assert_int_equal(path.n_segments, 3);
    assert_segment(0, "tax");
    assert_segment(1, "payment");
    assert_segment(2, "913.json");
}

static void a_query_is_split_and_decoded(void **state)
{
    (void)state;
    assert_ok(
        hf_path_read(HF_LITERAL("/a?year=2025&k=%e7%a8%8e&e=&t=08:00%2B"), &arena, &path, NULL));
    assert_int_equal(path.n_pairs, 4);
    assert_true(hf_bytes_equal_string(path.pairs[0].name, "year"));
    assert_true(hf_bytes_equal_string(path.pairs[0].value, "2025"));
    assert_true(hf_bytes_equal_string(path.pairs[1].value, "\xe7\xa8\x8e"));
    assert_true(hf_bytes_equal_string(path.pairs[2].value, ""));
    assert_true(hf_bytes_equal_string(path.pairs[3].value, "08:00+"));
}

static void other_forms_than_origin_form_are_refused(void **state)
{
    (void)state;
    assert_bad("", 0);
    assert_bad("*", 0);
    assert_bad("tax/payment", 0);
    assert_bad("https://evil.example/tax", 0);
    assert_bad("//evil.example/tax", 1);
}

static void empty_and_dot_segments_are_refused(void **state)
{
    (void)state;
    assert_bad("/", 1);
    assert_bad("/a/", 3);
    assert_bad("/a//b", 3);
    assert_bad("/./a", 1);
    assert_bad("/a/../b", 3);
    assert_bad("/a/..", 3);
}

static void encoded_separators_and_double_encoding_are_refused(void **state)
{
    (void)state;
    assert_bad("/a%2fb", 2);
    assert_bad("/a%2Fb", 2);
    assert_bad("/a%5cb", 2);
    assert_bad("/%2e%2e/b", 1);
    assert_bad("/.%2e/b", 2);
    assert_bad("/a%252fb", 2);
    assert_bad("/a%00", 2);
    assert_bad("/a%0a", 2);
    assert_bad("/a%7f", 2);
    assert_bad("/a?b=%2e", 5);
    assert_bad("/a?b=%00", 5);
    assert_bad("/a?b=%25", 5);
}

static void broken_percent_signs_are_refused(void **state)
{
    (void)state;
    assert_bad("/a%", 2);
    assert_bad("/a%4", 2);
    assert_bad("/a%4/1", 2);
    assert_bad("/a%zz", 2);
    assert_bad("/a?b=%4", 5);
    assert_bad("/a?b%3=4", 4);
}

static void bytes_outside_the_grammar_are_refused(void **state)
{
    (void)state;
    assert_bad("/a;b", 2);
    assert_bad("/a#b", 2);
    assert_bad("/a\\b", 2);
    assert_bad("/a b", 2);
    assert_bad("/a\0b", 2);
    assert_bad("/a\xe7\xa8\x8e", 2);
    assert_bad("/a\"b", 2);
    assert_bad("/a?b=c;d=e", 6);
    assert_bad("/a?b=c+d", 6);
    assert_bad("/a?b=c#d", 6);
    assert_bad("/a?b=\0", 5);
}

static void bad_utf8_is_refused_after_decoding(void **state)
{
    (void)state;
    assert_bad("/a/%ff", 3);
    assert_bad("/a/%c0%ae", 3);
    assert_bad("/a/%ed%a0%80", 3);
    assert_bad("/a?b=%e7%a8", 5);
}

static void a_query_pair_needs_a_name_and_an_equals_sign(void **state)
{
    (void)state;
    assert_bad("/a?", 3);
    assert_bad("/a?b", 3);
    assert_bad("/a?=b", 3);
    assert_bad("/a?b=1&", 7);
    assert_bad("/a?b=1&&c=2", 7);
    assert_bad("/a?b=1=2", 6);
}

static void a_path_is_bounded(void **state)
{
    (void)state;
    static char text[HF_ROUTE_MAX_PATH_BYTES + 1];
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_refused_at(hf_bytes_of(text, sizeof(text)), HF_ROUTE_MAX_PATH_BYTES);
    assert_ok(hf_path_read(hf_bytes_of(text, sizeof(text) - 1), &arena, &path, NULL));
    path = (struct hf_path){0};
    for (size_t i = 0; i + 1 < 200; i += 2) {
        memcpy(text + i, "/a", 2);
    }
    assert_refused_at(hf_bytes_of(text, 200), 2 * HF_PATH_MAX_SEGMENTS + 1);
}

static void a_query_is_bounded(void **state)
{
    (void)state;
    char text[3 + 4 * (HF_PATH_MAX_PAIRS + 1)] = "/a?";
    for (size_t i = 0; i <= HF_PATH_MAX_PAIRS; i++) {
        memcpy(text + 3 + 4 * i, "b=1&", 4);
    }
    assert_refused_at(hf_bytes_of(text, sizeof(text) - 1), 3 + 4 * HF_PATH_MAX_PAIRS);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    struct hf_arena none = hf_arena_init(0);
    assert_code(hf_path_read(HF_LITERAL("/a"), &none, &path, NULL), NOMEM);
}

static void encoding_leaves_only_unreserved_characters(void **state)
{
    (void)state;
    hf_buf buf = hf_buf_init(64);
    assert_ok(hf_path_encode(&buf, HF_LITERAL("aZ09-._~/?&=+ \xe7\xa8\x8e")));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "aZ09-._~%2F%3F%26%3D%2B%20%E7%A8%8E"));
    hf_buf_reset(&buf);
    assert_ok(hf_query_encode(&buf, HF_LITERAL("aZ09-._~/?&=+")));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "aZ09-._~/%3F%26%3D%2B"));
    hf_buf_clear(&buf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_arena, drop_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_is_split_and_decoded),
        TEST(a_query_is_split_and_decoded),
        TEST(other_forms_than_origin_form_are_refused),
        TEST(empty_and_dot_segments_are_refused),
        TEST(encoded_separators_and_double_encoding_are_refused),
        TEST(broken_percent_signs_are_refused),
        TEST(bytes_outside_the_grammar_are_refused),
        TEST(bad_utf8_is_refused_after_decoding),
        TEST(a_query_pair_needs_a_name_and_an_equals_sign),
        TEST(a_path_is_bounded),
        TEST(a_query_is_bounded),
        TEST(a_full_arena_is_told),
        TEST(encoding_leaves_only_unreserved_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

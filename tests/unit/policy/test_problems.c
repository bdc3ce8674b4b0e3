#include "policy/problems.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static const struct hf_json_limits LIMITS = {
    .max_bytes = 1 << 16, .max_depth = 16, .max_values = 1000, .max_string_bytes = 1 << 12};

static struct hf_arena arena;
static struct hf_problems problems;

static struct hf_document document_of(const char *text)
{
    struct hf_document document = {
        .text = hf_bytes_of_string(text), .code = HF_CATALOG_INVALID, .problems = &problems};
    problems = (struct hf_problems){0};
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    assert_ok(hf_json_parse(document.text, &LIMITS, &arena, &document.root, NULL));
    return document;
}

static int drop_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static void a_mistake_has_line_column_and_pointer(void **state)
{
    (void)state;
    struct hf_document document = document_of("{\"a\":1,\n \"b\":[10, {\"c\":true}]}");
    const struct hf_json *item = hf_json_member(document.root, "b")->child->next;
    hf_problems_add(&document, hf_json_member(item, "c"), "no %s here", "truth");
    assert_int_equal(problems.n, 1);
    assert_int_equal(problems.items[0].code, HF_CATALOG_INVALID);
    assert_int_equal(problems.items[0].line, 2);
    assert_int_equal(problems.items[0].column, 16);
    assert_string_equal(problems.items[0].where, "/b/1/c");
    assert_string_equal(problems.items[0].detail, "no truth here");
}

static void a_mistake_may_stand_at_the_name(void **state)
{
    (void)state;
    struct hf_document document = document_of("{ \"a\" : 1}");
    hf_problems_add_name(&document, document.root->child, "unknown");
    assert_int_equal(problems.items[0].column, 3);
    assert_string_equal(problems.items[0].where, "/a");
}

static void a_mistake_of_the_whole_has_no_place(void **state)
{
    (void)state;
    struct hf_document document = document_of("{}");
    hf_problems_add(&document, NULL, "too long");
    assert_int_equal(problems.items[0].line, 0);
    assert_string_equal(problems.items[0].where, "");
}

static void a_pointer_escapes_slash_and_tilde(void **state)
{
    (void)state;
    struct hf_document document = document_of("{\"/a~b\":1}");
    hf_problems_add(&document, document.root->child, "x");
    assert_string_equal(problems.items[0].where, "/~1a~0b");
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct hf_document document = document_of("{\"\\u001b[2J\":1}");
    hf_problems_add(&document, document.root->child, "name %.*s",
                    HF_PRINT(document.root->child->name));
    assert_string_equal(problems.items[0].where, "/?[2J");
    assert_string_equal(problems.items[0].detail, "name ?[2J");
}

static void a_pointer_that_does_not_fit_is_cut_at_a_name(void **state)
{
    (void)state;
    char text[512];
    (void)snprintf(text, sizeof(text), "{\"a\":{\"%0400d\":1}}", 0);
    struct hf_document document = document_of(text);
    hf_problems_add(&document, document.root->child->child, "x");
    assert_string_equal(problems.items[0].where, "/a");
}

static void the_same_mistake_is_told_once(void **state)
{
    (void)state;
    struct hf_document document = document_of("{\"a\":1}");
    hf_problems_add(&document, document.root->child, "x");
    hf_problems_add(&document, document.root->child, "x");
    hf_problems_add(&document, document.root->child, "y");
    assert_int_equal(problems.n, 2);
    assert_int_equal(problems.n_left_out, 0);
}

static void the_list_is_bounded_and_counts_the_rest(void **state)
{
    (void)state;
    struct hf_document document = document_of("{\"a\":1}");
    for (int i = 0; i < HF_PROBLEMS_MAX + 5; i++) {
        hf_problems_add(&document, document.root->child, "mistake %d", i);
    }
    assert_int_equal(problems.n, HF_PROBLEMS_MAX);
    assert_int_equal(problems.n_left_out, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mistake_has_line_column_and_pointer),
        cmocka_unit_test(a_mistake_may_stand_at_the_name),
        cmocka_unit_test(a_mistake_of_the_whole_has_no_place),
        cmocka_unit_test(a_pointer_escapes_slash_and_tilde),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(a_pointer_that_does_not_fit_is_cut_at_a_name),
        cmocka_unit_test(the_same_mistake_is_told_once),
        cmocka_unit_test(the_list_is_bounded_and_counts_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}

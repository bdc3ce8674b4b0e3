#include "gateway/reader.h"

#include "tests/unit/gateway/folder.h"

struct thing {
    const char *name;
    const char *path;
    bool is_open;
    uint64_t size;
    int64_t since_unix_s;
};

static const struct hf_member members[] = {
    {"name", hf_read_string, offsetof(struct thing, name), true},
    {"path", hf_read_path, offsetof(struct thing, path), false},
    {"is_open", hf_read_bool, offsetof(struct thing, is_open), false},
    {"size", hf_read_size, offsetof(struct thing, size), false},
    {"since", hf_read_time, offsetof(struct thing, since_unix_s), false},
};

static struct hf_arena arena;
static struct hf_problem problem;

static hf_status read_thing(void **state, const char *text, struct thing *ret_thing)
{
    struct hf_reader reader = {.arena = &arena, .folder = "/base", .problem = &problem};
    const struct hf_json *root = NULL;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 22);
    problem = (struct hf_problem){0};
    HF_TRY(hf_reader_parse(&reader, test_folder_write(*state, "t.json", text), &root));
    return hf_reader_object(&reader, root, members, sizeof members / sizeof *members, ret_thing);
}

static void members_are_filled(void **state)
{
    struct thing thing = {0};
    assert_ok(read_thing(state,
                         "{\"name\":\"a\",\"path\":\"b/c\",\"is_open\":true,\"size\":9,"
                         "\"since\":1700000000}",
                         &thing));
    assert_string_equal(thing.name, "a");
    assert_string_equal(thing.path, "/base/b/c");
    assert_true(thing.is_open);
    assert_int_equal(thing.size, 9);
    assert_int_equal(thing.since_unix_s, 1700000000);
}

static void an_absolute_path_stays(void **state)
{
    struct thing thing = {0};
    assert_ok(read_thing(state, "{\"name\":\"a\",\"path\":\"/x\"}", &thing));
    assert_string_equal(thing.path, "/x");
}

static void refuse(void **state, const char *text, const char *where, unsigned column)
{
    struct thing thing = {0};
    assert_code(read_thing(state, text, &thing), CONFIG_INVALID);
    assert_string_equal(problem.where, where);
    assert_int_equal(problem.line, 1);
    assert_int_equal(problem.column, column);
}

static void each_mistake_has_its_place(void **state)
{
    refuse(state, "{\"name\":\"a\",\"nmae\":1}", "nmae", 13);
    refuse(state, "{\"path\":\"a\"}", "name", 1);
    refuse(state, "{\"name\":7}", "name", 9);
    refuse(state, "{\"name\":\"\"}", "name", 9);
    refuse(state, "{\"name\":\"a\\n\"}", "name", 9);
    refuse(state, "{\"name\":\"a\",\"is_open\":1}", "is_open", 23);
    refuse(state, "{\"name\":\"a\",\"size\":0}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"size\":-1}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"size\":1.5}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"size\":1e3}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"size\":\"9\"}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"size\":9007199254740992}", "size", 20);
    refuse(state, "{\"name\":\"a\",\"since\":12}", "since", 21);
    refuse(state, "{\"name\":\"a\",\"since\":4102444801}", "since", 21);
    refuse(state, "[]", "", 1);
    refuse(state, "{\"name\":\"a\",\"name\":\"b\"}", "", 13);
    refuse(state, "{\"name\":\"a\"} x", "", 14);
}

static void sentences_hold_no_value(void **state)
{
    struct thing thing = {0};
    assert_code(read_thing(state, "{\"name\":\"a\",\"size\":\"s3cret\"}", &thing), CONFIG_INVALID);
    assert_null(strstr(problem.detail, "s3cret"));
}

static void a_file_that_is_missing_or_no_file_is_told(void **state)
{
    (void)state;
    struct hf_reader reader = {.arena = &arena, .problem = &problem};
    const struct hf_json *root = NULL;
    assert_code(hf_reader_parse(&reader, "/nonexistent", &root), NOT_FOUND);
    assert_true(problem.detail[0]);
    assert_code(hf_reader_parse(&reader, "/tmp", &root), IO);
}

static void a_document_is_bounded(void **state)
{
    static char text[(1 << 20) + 2];
    struct thing thing = {0};
    memset(text, ' ', sizeof text - 1);
    assert_code(read_thing(state, text, &thing), LIMIT);
}

static void an_arena_that_is_full_is_an_error(void **state)
{
    struct hf_arena small = hf_arena_init(64);
    struct hf_reader reader = {.arena = &small};
    const struct hf_json *root = NULL;
    assert_code(
        hf_reader_parse(&reader, test_folder_write(*state, "t.json", "{\"name\":\"a\"}"), &root),
        NOMEM);
    hf_arena_clear(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_setup, test_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_are_filled),
        TEST(an_absolute_path_stays),
        TEST(each_mistake_has_its_place),
        TEST(sentences_hold_no_value),
        TEST(a_file_that_is_missing_or_no_file_is_told),
        TEST(a_document_is_bounded),
        TEST(an_arena_that_is_full_is_an_error),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hf_arena_clear(&arena);
    return failed;
}

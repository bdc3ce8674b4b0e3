#include "policy/route_index.h"

#include "policy/catalog.h"
#include "policy/route_template.h"
#include "tests/unit/unit.h"

#include <stdio.h>

enum { MAX = HF_CATALOG_MAX_OPERATIONS };

static struct hf_arena arena;
static struct hf_operation operations[MAX];
static char paths[MAX][64];
static size_t n_operations;

static int open_arena(void **state)
{
    (void)state;
    arena = hf_arena_init(4 << 20);
    n_operations = 0;
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static void add(const char *path)
{
    struct hf_template *template = NULL;
    (void)snprintf(paths[n_operations], sizeof(paths[0]), "%s", path);
    hf_bytes text = hf_bytes_of_string(paths[n_operations]);
    assert_ok(hf_template_parse(text, &arena, &template, NULL));
    operations[n_operations++] = (struct hf_operation){.path = text, .template = template};
}

/* "a/b/c" taken apart. */
static size_t split(const char *path, hf_bytes segments[static HF_TEMPLATE_MAX_SEGMENTS])
{
    size_t n = 0;
    while (*path) {
        size_t size = strcspn(path, "/");
        segments[n++] = hf_bytes_of(path, size);
        path += size + (path[size] == '/');
    }
    return n;
}

/* Sees to it that each template that matches @path comes once; returns how many come at all. */
static size_t look_up(const struct hf_route_index *index, const char *path)
{
    hf_bytes segments[HF_TEMPLATE_MAX_SEGMENTS];
    hf_bytes values[HF_TEMPLATE_MAX_SEGMENTS];
    unsigned n_times[MAX] = {0};
    size_t n_found = 0;
    size_t n = split(path, segments);
    struct hf_route_candidates candidates = hf_route_candidates(index, segments, n);
    const struct hf_operation *operation;
    while ((operation = hf_route_next(&candidates)) != NULL) {
        n_times[operation - operations]++;
        n_found++;
    }
    for (size_t i = 0; i < n_operations; i++) {
        bool matches = hf_template_match(operations[i].template, segments, n, values);
        assert_true(n_times[i] <= 1);
        assert_true(n_times[i] == 1 || !matches);
    }
    return n_found;
}

static const struct hf_route_index *build(void)
{
    const struct hf_route_index *index = NULL;
    assert_ok(hf_route_index_build(operations, n_operations, &arena, &index));
    return index;
}

static void what_matches_is_found_whatever_it_stands_under(void **state)
{
    (void)state;
    static const char *const templates[] = {
        "/payment/{uscc}.json",
        "/payment/{uscc}",
        "/payment/all.json",
        "/{kind}/{uscc}",
        "/{kind}/all.json",
        "/a/a",
        "/a/{x}",
        "/{x}/a",
        "/{x}",
        "/a",
        "/v1/tax/{uscc}/b",
        "/v1/{kind}/{uscc}/b",
        "/v1/{kind}/x{y}z/b",
        "/payment/{u}.xml",
        "/v1/tax/{uscc}/c",
    };
    static const char *const requests[] = {
        "payment/X.json",
        "payment/all.json",
        "payment/X",
        "a/a",
        "a/b",
        "b/a",
        "a",
        "b",
        "v1/tax/xAz/b",
        "v1/tax/X/c",
        "v1/other/xAz/b",
        "payment",
        "v1/tax/X/d",
        "payment/X.xml",
        "a/a/a",
        "",
        "all.json/payment",
        "all.json/all.json",
    };
    for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
        add(templates[i]);
    }
    const struct hf_route_index *index = build();
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
        look_up(index, requests[i]);
    }
    assert_true(look_up(index, "payment/all.json") >= 4);
}

/* @before, a literal of the @number, and @behind, in one of a few places. */
static const char *numbered(const char *before, unsigned number, const char *behind)
{
    static char path[64];
    (void)snprintf(path, sizeof(path), "%sset%u%s", before, number, behind);
    return path;
}

/* As many templates as a catalog can have; a path without its first slash is looked up. */
static void check_many(const char *before, const char *behind, const char *before_of_path,
                       const char *behind_of_path)
{
    n_operations = 0;
    for (unsigned i = 0; i < MAX; i++) {
        add(numbered(before, i, behind));
    }
    const struct hf_route_index *index = build();
    for (unsigned i = 0; i < MAX; i++) {
        assert_in_range(look_up(index, numbered(before_of_path, i, behind_of_path)), 1, 8);
    }
}

static void of_hundreds_a_few_are_looked_at(void **state)
{
    (void)state;
    check_many("/", "/{uscc}.json", "", "/X.json");
    check_many("/v1/{uscc}/", "", "v1/X/", "");
    check_many("/api/v1/", "/{uscc}", "api/v1/", "/X");
}

static void without_operations_there_is_nothing_to_look_at(void **state)
{
    (void)state;
    assert_int_equal(look_up(build(), "payment/X.json"), 0);
}

static void an_arena_without_room_is_told(void **state)
{
    (void)state;
    struct hf_arena none = hf_arena_init(64);
    const struct hf_route_index *index = NULL;
    add("/a/{x}");
    assert_code(hf_route_index_build(operations, n_operations, &none, &index), NOMEM);
    assert_null(index);
    hf_arena_clear(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_matches_is_found_whatever_it_stands_under, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(of_hundreds_a_few_are_looked_at, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(without_operations_there_is_nothing_to_look_at, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(an_arena_without_room_is_told, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

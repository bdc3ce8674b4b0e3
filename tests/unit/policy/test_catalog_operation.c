#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define OPERATION FIXTURE_OPERATION(FIXTURE_NOTE, FIXTURE_USCC, FIXTURE_OBJECT)
#define PLAIN "{" FIXTURE_ANSWER(FIXTURE_OBJECT) "}"

static void only_operations_with_a_note_are_served(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(
        FIXTURE_PATHS("\"/a\":{\"get\":" PLAIN "},\"/p/{uscc}\":{\"get\":" OPERATION
                      ",\"delete\":{}},\"/p/{id}\":{\"get\":" PLAIN "}"));
    assert_int_equal(hf_catalog_n_operations(catalog), 1);
    assert_true(hf_bytes_equal_string(hf_catalog_operation(catalog, 0)->path, "/p/{uscc}"));
    hf_catalog_free(catalog);
}

static void a_document_that_serves_nothing_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_PATHS("\"/a\":{\"get\":" PLAIN "}"), "/paths",
                           "nothing would be served");
    fixture_assert_refused("{\"openapi\":\"3.0.0\",\"info\":{\"x-hufu\":{\"source\":\"tax\"}}}", "",
                           "an object `paths`");
    fixture_assert_refused(
        "{\"openapi\":\"3.0.0\",\"info\":{\"x-hufu\":{\"source\":\"tax\"}},\"paths\":[]}", "/paths",
        "an object `paths`");
}

static void other_methods_carry_no_note(void **state)
{
    (void)state;
    static const char *const METHODS[] = {"put", "delete", "patch", "head", "options", "trace"};
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        char where[64];
        (void)snprintf(where, sizeof(where), "/paths/~1p~1{uscc}/%s", METHODS[i]);
        fixture_assert_refused(
            fixture_write(FIXTURE_PATHS("\"/p/{uscc}\":{\"%s\":" OPERATION "}"), METHODS[i]), where,
            "only get and post");
    }
}

static void two_operations_that_match_the_same_path_are_refused(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":" OPERATION
                                         "},\"/p/{uscc}.json\":{\"get\":" OPERATION "}"),
                           "/paths/~1p~1{uscc}.json", "would match this path");
    fixture_assert_refused(FIXTURE_PATHS("\"/{uscc}/b\":{\"get\":" OPERATION
                                         "},\"/a/{uscc}\":{\"get\":" OPERATION "}"),
                           "/paths/~1a~1{uscc}", "would match this path");
    hf_catalog_free(fixture_compiled(FIXTURE_PATHS("\"/a/{uscc}\":{\"get\":" OPERATION
                                                   "},\"/b/{uscc}\":{\"get\":" OPERATION "}")));
}

static void a_get_and_a_post_may_share_a_template(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_PATHS(
        "\"/p/{uscc}\":{\"get\":" OPERATION ",\"post\":{\"x-hufu\":" FIXTURE_NOTE
        ",\"parameters\":[" FIXTURE_USCC
        "],\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"properties\":{\"y\":{"
        "\"type\":\"integer\"}}}}}}," FIXTURE_ANSWER(FIXTURE_OBJECT) "}}"));
    assert_int_equal(hf_catalog_n_operations(catalog), 2);
    hf_catalog_free(catalog);
}

static void braces_and_declared_parameters_must_agree(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{id}\":{\"get\":" OPERATION "}"), "/paths/~1p~1{id}",
                           "must be the same");
    fixture_assert_refused(FIXTURE_PATHS("\"/p\":{\"get\":" OPERATION "}"), "/paths/~1p",
                           "must be the same");
    fixture_assert_refused(FIXTURE_PATHS("\"/{a}/{uscc}\":{\"get\":" OPERATION "}"),
                           "/paths/~1{a}~1{uscc}", "must be the same");
    fixture_assert_refused(
        FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(
            FIXTURE_NOTE, "{\"name\":\"uscc\",\"in\":\"path\",\"schema\":{\"type\":\"string\"}}",
            FIXTURE_OBJECT) "}"),
        "/paths/~1p~1{uscc}", "required: true");
}

static void a_bad_template_is_told_at_its_name(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{uscc}/\":{\"get\":" OPERATION "}"),
                           "/paths/~1p~1{uscc}~1", "empty segment");
    fixture_assert_refused(FIXTURE_PATHS("\"p/{uscc}\":{\"get\":" OPERATION "}"),
                           "/paths/p~1{uscc}", "begins with");
}

static void an_operation_needs_an_answer(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                                         ",\"parameters\":[" FIXTURE_USCC "]}}"),
                           "/paths/~1p~1{uscc}/get", "a response \"200\"");
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                                         ",\"parameters\":[" FIXTURE_USCC
                                         "],\"responses\":{\"200\":{\"content\":{\"text/csv\":{}}}}"
                                         "}}"),
                           "/paths/~1p~1{uscc}/get/responses", "a response \"200\"");
}

/* The first operation of a document whose answer is described by @responses. */
static struct hf_catalog *answered(const char *responses)
{
    return fixture_compiled(
        fixture_write(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                                    ",\"parameters\":[" FIXTURE_USCC "],\"responses\":{%s}}}"),
                      responses));
}

#define JSON_OF(name)                                                                              \
    "{\"content\":{\"application/json\":{\"schema\":{\"properties\":{\"" name "\":" FIXTURE_LEAF   \
    "}}}}}"
#define MEDIA_OF(media, name)                                                                      \
    "\"" media "\":{\"schema\":{\"properties\":{\"" name "\":" FIXTURE_LEAF "}}}"

static size_t n_leaves(const struct hf_catalog *catalog, const char *first)
{
    size_t n = 0;
    const struct hf_schema_field *answer = hf_catalog_operation(catalog, 0)->answer;
    assert_true(hf_bytes_equal_string(answer->child->name, first));
    for (const struct hf_schema_field *leaf = answer->child; leaf; leaf = leaf->next) {
        n++;
    }
    return n;
}

static void the_closest_response_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *responses;
        const char *first;
    } CASES[] = {
        {"\"default\":" JSON_OF("d") ",\"2XX\":" JSON_OF("x") ",\"200\":" JSON_OF("o"), "o"},
        {"\"default\":" JSON_OF("d") ",\"2XX\":" JSON_OF("x"), "x"},
        {"\"404\":" JSON_OF("n") ",\"default\":" JSON_OF("d"), "d"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct hf_catalog *catalog = answered(CASES[i].responses);
        assert_int_equal(n_leaves(catalog, CASES[i].first), 1);
        hf_catalog_free(catalog);
    }
}

static void media_types_of_json_are_laid_over_each_other(void **state)
{
    (void)state;
    struct hf_catalog *catalog =
        answered("\"200\":{\"content\":{" MEDIA_OF("text/csv", "t") "," MEDIA_OF(
            "application/json",
            "a") "," MEDIA_OF("Application/JSON ; charset=utf-8",
                              "b") "," MEDIA_OF("application/*",
                                                "r") "," MEDIA_OF("application/jsonx", "x") "}}");
    assert_int_equal(n_leaves(catalog, "a"), 2);
    hf_catalog_free(catalog);
}

static void a_media_range_counts_where_nothing_is_closer(void **state)
{
    (void)state;
    struct hf_catalog *catalog = answered(
        "\"200\":{\"content\":{" MEDIA_OF("*/*", "s") "," MEDIA_OF("application/*", "r") "}}");
    assert_int_equal(n_leaves(catalog, "r"), 1);
    hf_catalog_free(catalog);
    catalog = answered("\"200\":{\"content\":{" MEDIA_OF("*/*", "s") "}}");
    assert_int_equal(n_leaves(catalog, "s"), 1);
    hf_catalog_free(catalog);
}

static void lines_are_an_array_of_what_each_is(void **state)
{
    static const char *const names[] = {"application/x-ndjson", "Application/NDJSON",
                                        "application/jsonl; charset=utf-8"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char responses[512];
        snprintf(responses, sizeof(responses),
                 "\"200\":{\"content\":{" MEDIA_OF("*/*", "s") "," MEDIA_OF("%s", "l") "}}",
                 names[i]);
        struct hf_catalog *catalog = answered(responses);
        const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
        assert_int_equal(operation->media, HF_MEDIA_NDJSON);
        assert_int_equal(operation->answer->shape, HF_SHAPE_ARRAY);
        assert_true(hf_bytes_equal_string(operation->answer->child->child->path, "[].l"));
        assert_null(operation->rows);
        hf_catalog_free(catalog);
    }
}

static void a_document_is_closer_than_lines(void **state)
{
    (void)state;
    struct hf_catalog *catalog = answered("\"200\":{\"content\":{" MEDIA_OF(
        "application/x-ndjson", "l") "," MEDIA_OF("application/json", "a") "}}");
    assert_int_equal(hf_catalog_operation(catalog, 0)->media, HF_MEDIA_JSON);
    assert_int_equal(n_leaves(catalog, "a"), 1);
    hf_catalog_free(catalog);
}

#define LINES_GET(rows, schema)                                                                    \
    FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":{\"dataset\":\"payment\",\"subject\":"       \
                  "\"uscc\",\"rows\":" rows "},\"parameters\":[" FIXTURE_USCC                      \
                  "],\"responses\":{\"200\":{\"content\":{\"application/x-ndjson\":{\"schema\":"   \
                  "" schema "}}}}}}")
#define DATED_LINE                                                                                 \
    "{\"properties\":{\"day\":{\"type\":\"string\",\"x-hufu\":{\"class\":\"public\",\"date\":"     \
    "true}},"                                                                                      \
    "\"l\":{\"type\":\"array\",\"items\":" FIXTURE_LEAF "}}}"

static void lines_may_be_the_dated_rows_and_nothing_else_may(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(LINES_GET("\"\"", DATED_LINE));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_ptr_equal(operation->rows, operation->answer);
    hf_catalog_free(catalog);
    fixture_assert_refused(LINES_GET("\"/l\"", DATED_LINE), "/paths/~1p~1{uscc}/get/x-hufu/rows",
                           "points to no array");
}

static void a_class_in_one_name_of_lines_alone_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                      ",\"parameters\":[" FIXTURE_USCC
                      "],\"responses\":{\"200\":{\"content\":{" MEDIA_OF(
                          "application/ndjson", "a") ",\"application/jsonl\":{\"schema\":{"
                                                     "\"properties\":{\"a\":{\"type\":\"string\"}}"
                                                     "}}}}}}}"),
        "/paths/~1p~1{uscc}/get/responses/200/content/application~1jsonl/schema/properties/a",
        "no class");
}

static void a_class_in_one_media_type_alone_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                      ",\"parameters\":[" FIXTURE_USCC
                      "],\"responses\":{\"200\":{\"content\":{" MEDIA_OF(
                          "application/json", "a") ",\"application/json;v=2\":{\"schema\":{"
                                                   "\"properties\":{\"a\":{\"type\":\"string\"}}"
                                                   "}}}}}}}"),
        "/paths/~1p~1{uscc}/get/responses/200/content/application~1json;v=2/schema/properties/a",
        "no class");
}

static void what_is_concrete_may_stand_beside_what_is_templated(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_PATHS(
        "\"/p/{uscc}\":{\"get\":" OPERATION "},\"/p/all\":{\"get\":" FIXTURE_OPERATION(
            FIXTURE_NOTE,
            "{\"name\":\"uscc\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":"
            "\"string\"}}",
            FIXTURE_OBJECT) "}"));
    assert_int_equal(hf_catalog_n_operations(catalog), 2);
    hf_catalog_free(catalog);
}

static void parts_may_stand_behind_references(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(
        FIXTURE_HEAD
        "\"/p/{uscc}\":{\"$ref\":\"#/components/pathItems/P\"}},\"components\":{"
        "\"pathItems\":{\"P\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
        ",\"parameters\":[{\"$ref\":\"#/components/parameters/U\"}],\"responses\":{"
        "\"200\":{\"$ref\":\"#/components/responses/R\"}}}}},\"parameters\":{\"U\":" FIXTURE_USCC
        "},\"responses\":{\"R\":{\"content\":{\"application/json\":{\"schema\":" FIXTURE_OBJECT
        "}}}}}}");
    assert_int_equal(hf_catalog_n_operations(catalog), 1);
    hf_catalog_free(catalog);
}

static void too_many_operations_are_refused(void **state)
{
    (void)state;
    static char paths[16 << 10];
    size_t used = 0;
    for (int i = 0; i <= HF_CATALOG_MAX_OPERATIONS; i++) {
        used += (size_t)snprintf(paths + used, sizeof(paths) - used,
                                 "%s\"/%d/{uscc}\":{\"$ref\":\"#/P\"}", i ? "," : "", i);
    }
    fixture_assert_refused(fixture_write(FIXTURE_HEAD "%s},\"P\":{\"get\":" OPERATION "}}", paths),
                           "/paths/~1256~1{uscc}", "more than 256 operations");
    assert_int_equal(fixture_problems.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_operations_with_a_note_are_served),
        cmocka_unit_test(a_document_that_serves_nothing_is_refused),
        cmocka_unit_test(other_methods_carry_no_note),
        cmocka_unit_test(two_operations_that_match_the_same_path_are_refused),
        cmocka_unit_test(a_get_and_a_post_may_share_a_template),
        cmocka_unit_test(braces_and_declared_parameters_must_agree),
        cmocka_unit_test(a_bad_template_is_told_at_its_name),
        cmocka_unit_test(an_operation_needs_an_answer),
        cmocka_unit_test(parts_may_stand_behind_references),
        cmocka_unit_test(the_closest_response_is_read),
        cmocka_unit_test(media_types_of_json_are_laid_over_each_other),
        cmocka_unit_test(a_media_range_counts_where_nothing_is_closer),
        cmocka_unit_test(lines_are_an_array_of_what_each_is),
        cmocka_unit_test(a_document_is_closer_than_lines),
        cmocka_unit_test(lines_may_be_the_dated_rows_and_nothing_else_may),
        cmocka_unit_test(a_class_in_one_name_of_lines_alone_is_refused),
        cmocka_unit_test(a_class_in_one_media_type_alone_is_refused),
        cmocka_unit_test(what_is_concrete_may_stand_beside_what_is_templated),
        cmocka_unit_test(too_many_operations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

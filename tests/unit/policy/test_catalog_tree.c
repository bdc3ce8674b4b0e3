#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define AT "/paths/~1p~1{uscc}/get/responses/200/content/application~1json/schema"
#define NOTE_AT "/paths/~1p~1{uscc}/get/x-hufu"
#define ROWS "{\"dataset\":\"payment\",\"subject\":\"uscc\",\"rows\":\"%s\"}"
#define DAY "{\"type\":\"string\",\"x-hufu\":{\"class\":\"public\",\"date\":true}}"
#define ROW "{\"type\":\"object\",\"properties\":{\"day\":" DAY "}}"

static const char *with_rows(const char *rows, const char *schema)
{
    return fixture_write(FIXTURE_GET(ROWS, "%s"), rows, schema);
}

static const char *with_schema(const char *schema)
{
    return fixture_write(FIXTURE_GET(FIXTURE_NOTE, "%s"), schema);
}

static void refuse_leaf(const char *leaf, const char *words)
{
    char schema[512];
    (void)snprintf(schema, sizeof(schema),
                   "{\"properties\":{\"a\":%s,\"b\":{\"type\":\"object\"},\"c\":{\"type\":"
                   "\"string\"}}}",
                   leaf);
    fixture_assert_refused(with_schema(schema), AT "/properties/a/x-hufu", words);
}

static void a_leaf_knows_its_path_and_its_parent(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(with_rows(
        "/data/rows", "{\"properties\":{\"data\":{\"properties\":{\"rows\":{\"items\":"
                      "{\"properties\":{\"day\":" DAY ",\"in\":{\"properties\":{\"x\":" FIXTURE_LEAF
                      "}},\"tags\":{\"items\":" FIXTURE_LEAF "}}}}}}}}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    const struct hf_schema_field *x = fixture_field(operation->answer, "data.rows[].in.x");
    assert_true(hf_bytes_equal_string(x->parent->path, "data.rows[].in"));
    assert_int_equal(fixture_field(operation->answer, "data.rows[].tags[]")->shape, HF_SHAPE_LEAF);
    assert_true(fixture_field(operation->answer, "data.rows")->rows);
    assert_ptr_equal(operation->rows, fixture_field(operation->answer, "data.rows"));
    assert_int_equal(operation->n_fields, 9);
    hf_catalog_free(catalog);
}

static void an_array_of_arrays_is_said_once_for_each(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(
        with_schema("{\"properties\":{\"m\":{\"items\":{\"items\":" FIXTURE_LEAF "}}}}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_int_equal(fixture_field(operation->answer, "m")->shape, HF_SHAPE_ARRAY);
    assert_int_equal(fixture_field(operation->answer, "m[]")->shape, HF_SHAPE_ARRAY);
    assert_int_equal(fixture_field(operation->answer, "m[][]")->shape, HF_SHAPE_LEAF);
    hf_catalog_free(catalog);
}

static void the_root_may_be_the_rows(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(with_rows("", "{\"items\":" ROW "}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_ptr_equal(operation->rows, operation->answer);
    assert_non_null(fixture_find(operation->answer, "[].day"));
    hf_catalog_free(catalog);
}

static void rows_that_point_to_no_array_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"/list/0", "/nothing", "/row", "list",
                                      "/list/",  "/row/day", "/",    "/mixed"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        fixture_assert_refused(
            with_rows(BAD[i], "{\"properties\":{\"list\":{\"items\":{}},\"row\":{\"properties\":{"
                              "\"day\":{\"type\":\"string\"}}},\"mixed\":{\"type\":[\"array\","
                              "\"string\"]}}}"),
            NOTE_AT "/rows", "points to no array");
    }
}

static void rows_without_a_date_are_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        with_rows("/list", "{\"properties\":{\"list\":{\"items\":" FIXTURE_OBJECT "}}}"),
        NOTE_AT "/rows", "no leaf of the rows is marked");
}

static void a_date_outside_the_rows_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(with_schema("{\"properties\":{\"day\":" DAY "}}"), AT "/properties/day",
                           "stands in the rows");
    fixture_assert_refused(
        with_rows("/list", "{\"properties\":{\"day\":" DAY ",\"list\":{\"items\":" ROW "}}}"),
        AT "/properties/day", "stands in the rows");
    fixture_assert_refused(
        with_rows("/list", "{\"properties\":{\"list\":{\"items\":{\"properties\":{\"day\":" DAY
                           ",\"more\":{\"items\":" ROW "}}}}}}"),
        AT "/properties/list/items/properties/more/items/properties/day", "stands in the rows");
}

static void an_annotation_needs_a_fitting_type(void **state)
{
    (void)state;
    refuse_leaf("{\"x-hufu\":{\"class\":\"public\"}}", "needs a `type`");
    refuse_leaf("{\"type\":\"null\",\"x-hufu\":{\"class\":\"public\"}}", "needs a `type`");
    refuse_leaf("{\"type\":\"integer\",\"x-hufu\":{\"date\":true}}", "`date` leaf must be");
    refuse_leaf("{\"type\":\"number\",\"x-hufu\":{\"text\":true}}", "`text` leaf must be");
    refuse_leaf("{\"type\":[\"string\",\"integer\"],\"x-hufu\":{\"subject_echo\":true}}",
                "`subject_echo` leaf must be");
}

static void an_owner_is_a_leaf_beside(void **state)
{
    (void)state;
    refuse_leaf("{\"type\":\"string\",\"x-hufu\":{\"owner\":\"z\"}}", "`owner` must name");
    refuse_leaf("{\"type\":\"string\",\"x-hufu\":{\"owner\":\"a\"}}", "`owner` must name");
    refuse_leaf("{\"type\":\"string\",\"x-hufu\":{\"owner\":\"b\"}}", "`owner` must name");
    hf_catalog_free(fixture_compiled(
        with_schema("{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{\"owner\":\"c\"}},"
                    "\"c\":{\"type\":\"string\"}}}")));
    fixture_assert_refused(
        with_schema("{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{\"owner\":\"c\"}},"
                    "\"c\":{\"type\":\"integer\"}}}"),
        AT "/properties/a/x-hufu", "a leaf of type string");
}

static void only_personal_data_has_an_owner(void **state)
{
    (void)state;
    fixture_assert_refused(
        with_schema("{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{\"class\":"
                    "\"trade_secret\",\"owner\":\"c\"}},\"c\":{\"type\":\"string\"}}}"),
        AT "/properties/a/x-hufu", "must be personal or");
}

static void an_owner_is_known_as_one(void **state)
{
    (void)state;
    struct hf_catalog *catalog =
        fixture_compiled(with_schema("{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{"
                                     "\"class\":\"personal\",\"owner\":\"c\"}},"
                                     "\"b\":{\"type\":\"string\"},\"c\":{\"type\":\"string\"}}}"));
    const struct hf_schema_field *answer = hf_catalog_operation(catalog, 0)->answer;
    assert_false(fixture_field(answer, "a")->is_owner);
    assert_false(fixture_field(answer, "b")->is_owner);
    assert_true(fixture_field(answer, "c")->is_owner);
    hf_catalog_free(catalog);
}

static void an_object_has_so_many_owners(void **state)
{
    char schema[8192] = "{\"properties\":{";
    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        size_t size = strlen("{\"properties\":{");
        for (unsigned i = 0; i < HF_CATALOG_MAX_OWNERS + n; i++) {
            size += (size_t)snprintf(
                schema + size, sizeof schema - size,
                "%s\"a%u\":{\"type\":\"string\",\"x-hufu\":{\"class\":\"personal\","
                "\"owner\":\"c%u\"}},\"c%u\":{\"type\":\"string\"}",
                i ? "," : "", i, i, i);
        }
        snprintf(schema + size, sizeof schema - size, "}}");
        if (n == 0) {
            hf_catalog_free(fixture_compiled(with_schema(schema)));
        } else {
            fixture_assert_refused(with_schema(schema), AT, "32 owners of personal data");
        }
    }
}

static void a_container_carries_no_annotation(void **state)
{
    (void)state;
    refuse_leaf("{\"type\":\"object\",\"x-hufu\":{\"class\":\"public\"}}", "stands on leaves");
    refuse_leaf("{\"type\":\"array\",\"x-hufu\":{\"class\":\"public\"}}", "stands on leaves");
    refuse_leaf("{\"items\":{},\"x-hufu\":{\"undated\":true}}", "stands on leaves");
}

static void an_annotated_place_is_container_or_scalar(void **state)
{
    (void)state;
    fixture_assert_refused(with_schema("{\"properties\":{\"a\":{\"oneOf\":[" FIXTURE_OBJECT
                                       ",{\"type\":\"string\"}]}}}"),
                           AT "/properties/a", "container or a scalar");
    fixture_assert_refused(with_schema("{\"properties\":{\"a\":{\"anyOf\":[" FIXTURE_OBJECT
                                       ",{\"type\":\"array\"}]}}}"),
                           AT "/properties/a", "container or a scalar");
}

static void an_odd_place_that_nobody_annotated_is_dropped_whole(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(with_schema(
        "{\"properties\":{\"a\":{\"oneOf\":[{\"properties\":{\"x\":{}}},{\"type\":\"string\"}]},"
        "\"b\":" FIXTURE_LEAF "}}"));
    const struct hf_schema_field *a = fixture_field(hf_catalog_operation(catalog, 0)->answer, "a");
    assert_int_equal(a->shape, HF_SHAPE_LEAF);
    assert_false(a->classified);
    assert_int_equal(a->types, 0);
    assert_null(a->child);
    hf_catalog_free(catalog);
}

static void a_path_must_be_clear(void **state)
{
    (void)state;
    static const char *const BAD[] = {"a.b", "a[]", "", "x]", "\\u000a"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        char schema[256];
        char where[256];
        (void)snprintf(schema, sizeof(schema), "{\"properties\":{\"%s\":" FIXTURE_LEAF "}}",
                       BAD[i]);
        (void)snprintf(where, sizeof(where), AT "/properties/%s/x-hufu",
                       BAD[i][0] == '\\' ? "?" : BAD[i]);
        fixture_assert_refused(with_schema(schema), where, "a path of at most 512 bytes");
    }
    char schema[1024];
    (void)snprintf(schema, sizeof(schema),
                   "{\"properties\":{\"%0250d\":{\"properties\":{\"%0250d\":{\"properties\":{"
                   "\"%020d\":" FIXTURE_LEAF "}}}}}}",
                   1, 2, 3);
    struct hf_catalog *none = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(
        hf_catalog_compile(hf_bytes_of_string(with_schema(schema)), &fixture_problems, &none),
        CATALOG_INVALID);
    assert_non_null(strstr(fixture_problems.items[0].detail, "a path of at most 512 bytes"));
}

static void a_name_longer_than_the_redactor_reads_is_refused(void **state)
{
    (void)state;
    char schema[512];
    (void)snprintf(schema, sizeof(schema), "{\"properties\":{\"%0257d\":{}}}", 1);
    struct hf_catalog *none = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(
        hf_catalog_compile(hf_bytes_of_string(with_schema(schema)), &fixture_problems, &none),
        CATALOG_INVALID);
    assert_non_null(strstr(fixture_problems.items[0].detail, "longer than 256 bytes"));
}

static void an_object_with_too_many_members_is_refused(void **state)
{
    (void)state;
    static char schema[48 << 10];
    size_t used = (size_t)snprintf(schema, sizeof(schema), "{\"properties\":{\"x\":{}");
    for (int i = 0; i < 2048; i++) {
        used += (size_t)snprintf(schema + used, sizeof(schema) - used, ",\"%d\":{}", i);
    }
    (void)snprintf(schema + used, sizeof(schema) - used, "}}");
    fixture_assert_refused(with_schema(schema), AT, "more than 2048 members");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_knows_its_path_and_its_parent),
        cmocka_unit_test(an_array_of_arrays_is_said_once_for_each),
        cmocka_unit_test(the_root_may_be_the_rows),
        cmocka_unit_test(rows_that_point_to_no_array_are_refused),
        cmocka_unit_test(rows_without_a_date_are_refused),
        cmocka_unit_test(a_date_outside_the_rows_is_refused),
        cmocka_unit_test(an_annotation_needs_a_fitting_type),
        cmocka_unit_test(an_owner_is_a_leaf_beside),
        cmocka_unit_test(only_personal_data_has_an_owner),
        cmocka_unit_test(an_owner_is_known_as_one),
        cmocka_unit_test(an_object_has_so_many_owners),
        cmocka_unit_test(a_container_carries_no_annotation),
        cmocka_unit_test(an_annotated_place_is_container_or_scalar),
        cmocka_unit_test(an_odd_place_that_nobody_annotated_is_dropped_whole),
        cmocka_unit_test(a_path_must_be_clear),
        cmocka_unit_test(a_name_longer_than_the_redactor_reads_is_refused),
        cmocka_unit_test(an_object_with_too_many_members_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

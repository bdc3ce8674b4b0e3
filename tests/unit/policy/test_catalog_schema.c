#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define SCHEMA_AT "/paths/~1p~1{uscc}/get/responses/200/content/application~1json/schema"

static struct hf_catalog *catalog;

static int drop_catalog(void **state)
{
    (void)state;
    hf_catalog_free(catalog);
    catalog = NULL;
    return 0;
}

/* A document whose answer is @schema, with component schemas. */
static const char *document(const char *schema, const char *schemas)
{
    return fixture_write(
        FIXTURE_HEAD "\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(
            FIXTURE_NOTE, FIXTURE_USCC, "%s") "}},\"components\":{\"schemas\":%s}}",
        schema, schemas);
}

static const struct hf_schema_field *answer(const char *schema, const char *schemas)
{
    hf_catalog_free(catalog);
    catalog = NULL;
    catalog = fixture_compiled(document(schema, schemas));
    return hf_catalog_operation(catalog, 0)->answer;
}

#define C(class) "\"x-hufu\":{\"class\":\"" class "\",\"level\":2}"

static void types_of_both_versions_are_read(void **state)
{
    (void)state;
    const struct hf_schema_field *root = answer(
        "{\"properties\":{\"a\":{\"type\":\"string\",\"nullable\":true," C(
            "public") "},"
                      "\"b\":{\"type\":[\"integer\",\"null\"]," C(
                          "public") "},"
                                    "\"c\":{\"type\":[\"string\",\"number\"]," C(
                                        "public") "},"
                                                  "\"d\":{\"enum\":[\"x\",null]," C(
                                                      "public") "},"
                                                                "\"e\":{\"type\":\"boolean\"," C(
                                                                    "public") "}}}",
        "{}");
    assert_int_equal(fixture_field(root, "a")->types, HF_SCHEMA_STRING);
    assert_true(fixture_field(root, "a")->nullable);
    assert_int_equal(fixture_field(root, "b")->types, HF_SCHEMA_INTEGER);
    assert_true(fixture_field(root, "b")->nullable);
    assert_int_equal(fixture_field(root, "c")->types, HF_SCHEMA_STRING | HF_SCHEMA_NUMBER);
    assert_int_equal(fixture_field(root, "d")->types, HF_SCHEMA_STRING);
    assert_true(fixture_field(root, "d")->nullable);
    assert_int_equal(fixture_field(root, "e")->types, HF_SCHEMA_BOOLEAN);
    assert_false(fixture_field(root, "e")->nullable);
}

static void a_constant_tells_its_type(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"properties\":{\"a\":{\"const\":\"x\"," C(
                   "public") "},\"b\":{\"type\":"
                             "\"integer\",\"const\":\"x\"," C("public") "}}}",
               "{}");
    assert_int_equal(fixture_field(root, "a")->types, HF_SCHEMA_STRING);
    assert_int_equal(fixture_field(root, "b")->types, HF_SCHEMA_INTEGER);
}

static void members_keep_the_documents_order(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"allOf\":[{\"properties\":{\"z\":{\"type\":\"string\"},\"a\":{}}},"
               "{\"properties\":{\"m\":{},\"z\":{}}}]}",
               "{}");
    assert_true(hf_bytes_equal_string(root->child->name, "z"));
    assert_true(hf_bytes_equal_string(root->child->next->name, "a"));
    assert_true(hf_bytes_equal_string(root->child->next->next->name, "m"));
    assert_null(root->child->next->next->next);
}

static void a_reference_is_laid_with_what_stands_beside_it(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"properties\":{\"a\":{\"$ref\":\"#/components/schemas/A\"," C("personal") "}}}",
               "{\"A\":{\"type\":\"string\",\"x-hufu\":{\"class\":\"public\",\"level\":1}}}");
    assert_int_equal(fixture_field(root, "a")->class, HF_FIELD_PERSONAL);
    assert_int_equal(fixture_field(root, "a")->level, 2);
    assert_int_equal(fixture_field(root, "a")->types, HF_SCHEMA_STRING);
}

static void the_strictest_class_and_level_of_the_branches_win(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"oneOf\":[{\"properties\":{\"a\":{\"type\":\"string\"," C(
                   "trade_secret") "}}},"
                                   "{\"properties\":{\"a\":{\"type\":\"integer\",\"x-hufu\":{"
                                   "\"class\":\"public\"}}}}]}",
               "{}");
    assert_int_equal(fixture_field(root, "a")->class, HF_FIELD_TRADE_SECRET);
    assert_int_equal(fixture_field(root, "a")->level, 5);
    assert_int_equal(fixture_field(root, "a")->types, HF_SCHEMA_STRING | HF_SCHEMA_INTEGER);
}

static void undated_holds_only_if_every_class_says_so(void **state)
{
    (void)state;
    static const char *const U =
        "{\"type\":\"string\",\"x-hufu\":{\"class\":\"public\",\"undated\":true}}";
    char schema[512];
    (void)snprintf(schema, sizeof(schema),
                   "{\"properties\":{\"a\":{\"anyOf\":[%s,{\"type\":\"string\"," C(
                       "public") "}]},\"b\":{\"anyOf\":[%s,%s]}}}",
                   U, U, U);
    const struct hf_schema_field *root = answer(schema, "{}");
    assert_false(fixture_field(root, "a")->undated);
    assert_true(fixture_field(root, "b")->undated);
}

/* Zero is how a field says that it has no limit. */
static void a_length_of_zero_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        document("{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":0," C("public") "}}}",
                 "{}"),
        SCHEMA_AT "/properties/a/maxLength", "`maxLength` 0");
    const struct hf_schema_field *root = answer(
        "{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":1," C("public") "}}}", "{}");
    assert_int_equal(fixture_field(root, "a")->max_chars, 1);
}

static void a_branch_without_a_class_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(document("{\"properties\":{\"a\":{\"oneOf\":[{\"type\":\"string\"," C(
                                        "public") "},"
                                                  "{\"type\":\"integer\"}]}}}",
                                    "{}"),
                           SCHEMA_AT "/properties/a/oneOf/1", "no class while another has");
}

static void a_member_without_a_class_in_one_branch_is_refused(void **state)
{
    (void)state;
    static const char *const SAID = "{\"type\":\"string\"," C("public") "}";
    static const char *const BARE = "{\"type\":\"string\"}";
    char schema[512];
    for (int second = 0; second < 2; second++) {
        (void)snprintf(schema, sizeof(schema),
                       "{\"oneOf\":[{\"properties\":{\"a\":%s}},{\"properties\":{\"a\":%s}}]}",
                       second ? SAID : BARE, second ? BARE : SAID);
        fixture_assert_refused(document(schema, "{}"),
                               second ? SCHEMA_AT "/oneOf/1/properties/a"
                                      : SCHEMA_AT "/oneOf/0/properties/a",
                               "no class for a place");
    }
    (void)snprintf(schema, sizeof(schema),
                   "{\"properties\":{\"l\":{\"anyOf\":[{\"items\":%s},{\"items\":%s}]}}}", SAID,
                   BARE);
    fixture_assert_refused(document(schema, "{}"), SCHEMA_AT "/properties/l/anyOf/1/items",
                           "no class for a place");
}

static void a_members_class_may_stand_elsewhere_in_its_branch_or_outside(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"properties\":{\"b\":{" C(
                   "public") "}},\"oneOf\":[{\"properties\":{\"b\":{\"type\":"
                             "\"string\"}}},{\"allOf\":[{\"properties\":{\"a\":{"
                             "\"type\":\"string\"}}},"
                             "{\"properties\":{\"a\":{" C(
                                 "public") "}}}]},{\"allOf\":[{\"properties\":{\"a\":"
                                           "{" C("trade_secret") "}}},{\"properties\":{"
                                                                 "\"a\":{\"type\":"
                                                                 "\"string\"}}}]}]}",
               "{}");
    assert_int_equal(fixture_field(root, "a")->class, HF_FIELD_TRADE_SECRET);
    assert_int_equal(fixture_field(root, "b")->class, HF_FIELD_PUBLIC);
}

static void a_class_beside_the_branches_is_theirs(void **state)
{
    (void)state;
    const struct hf_schema_field *root = answer(
        "{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]," C(
            "public") "},\"b\":{\"oneOf\":[{\"type\":\"string\"," C("public") "},{\"type\":"
                                                                              "\"null\"}]}}}",
        "{}");
    assert_int_equal(fixture_field(root, "a")->class, HF_FIELD_PUBLIC);
    assert_true(fixture_field(root, "a")->nullable);
    assert_true(fixture_field(root, "b")->nullable);
}

static void a_place_without_a_class_is_not_classified(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":true,\"c\":{}}}", "{}");
    assert_false(fixture_field(root, "a")->classified);
    assert_false(fixture_field(root, "b")->classified);
    assert_int_equal(fixture_field(root, "c")->class, 0);
}

static void a_schema_inside_itself_is_bounded(void **state)
{
    (void)state;
    const struct hf_schema_field *root =
        answer("{\"$ref\":\"#/components/schemas/T\"}",
               "{\"T\":{\"type\":\"object\",\"properties\":{\"a\":" FIXTURE_LEAF
               ",\"t\":{\"$ref\":\"#/components/schemas/T\"}}}}");
    const struct hf_schema_field *deepest = fixture_field(root, "t.t.t.t");
    assert_non_null(fixture_field(root, "t.t.t.a"));
    assert_int_equal(deepest->shape, HF_SHAPE_LEAF);
    assert_false(deepest->classified);
}

static void a_reference_without_a_property_between_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(document("{\"$ref\":\"#/components/schemas/A\"}",
                                    "{\"A\":{\"allOf\":[{\"$ref\":\"#/components/schemas/A\"}]}}"),
                           "/components/schemas/A/allOf/0/$ref", "leads back to itself");
}

static void references_that_multiply_are_refused(void **state)
{
    (void)state;
    char schemas[16 << 10];
    size_t used = (size_t)snprintf(schemas, sizeof(schemas), "{\"S0\":{\"type\":\"string\"}");
    for (int i = 1; i <= 24; i++) {
        used += (size_t)snprintf(schemas + used, sizeof(schemas) - used,
                                 ",\"S%d\":{\"allOf\":[{\"$ref\":\"#/components/schemas/S%d\"},{"
                                 "\"$ref\":\"#/components/schemas/S%d\"}]}",
                                 i, i - 1, i - 1);
    }
    (void)snprintf(schemas + used, sizeof(schemas) - used, "}");
    struct hf_catalog *none = NULL;
    fixture_problems = (struct hf_problems){0};
    const char *text = document("{\"$ref\":\"#/components/schemas/S24\"}", schemas);
    assert_code(hf_catalog_compile(hf_bytes_of_string(text), &fixture_problems, &none),
                CATALOG_INVALID);
    assert_non_null(strstr(fixture_problems.items[0].detail, "refer to each other too often"));
}

static void an_answer_nested_too_deep_is_refused(void **state)
{
    (void)state;
    char schema[4096] = "";
    size_t used = 0;
    for (int i = 0; i <= HF_CATALOG_MAX_DEPTH; i++) {
        used += (size_t)snprintf(schema + used, sizeof(schema) - used, "{\"items\":");
    }
    used += (size_t)snprintf(schema + used, sizeof(schema) - used, "{}");
    memset(schema + used, '}', HF_CATALOG_MAX_DEPTH + 1);
    schema[used + HF_CATALOG_MAX_DEPTH + 1] = '\0';
    struct hf_catalog *none = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(
        hf_catalog_compile(hf_bytes_of_string(document(schema, "{}")), &fixture_problems, &none),
        CATALOG_INVALID);
    assert_non_null(strstr(fixture_problems.items[0].detail, "more than 32 deep"));
}

static void too_many_fields_are_refused(void **state)
{
    (void)state;
    static char schema[28 << 10];
    size_t used = (size_t)snprintf(schema, sizeof(schema), "{\"properties\":{\"x\":{}");
    for (int i = 0; i < 60; i++) {
        used += (size_t)snprintf(schema + used, sizeof(schema) - used,
                                 ",\"%d\":{\"$ref\":\"#/components/schemas/A\"}", i);
    }
    (void)snprintf(schema + used, sizeof(schema) - used, "}}");
    static char schemas[4096];
    used = (size_t)snprintf(schemas, sizeof(schemas), "{\"A\":{\"properties\":{\"x\":{}");
    for (int i = 0; i < 80; i++) {
        used += (size_t)snprintf(schemas + used, sizeof(schemas) - used, ",\"%d\":{}", i);
    }
    (void)snprintf(schemas + used, sizeof(schemas) - used, "}}}");
    struct hf_catalog *none = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(
        hf_catalog_compile(hf_bytes_of_string(document(schema, schemas)), &fixture_problems, &none),
        CATALOG_INVALID);
    assert_non_null(strstr(fixture_problems.items[0].detail, "more than 4096 fields"));
}

static void a_schema_of_the_wrong_form_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(document("[]", "{}"), SCHEMA_AT, "a schema must be an object");
    fixture_assert_refused(document("{\"properties\":[]}", "{}"), SCHEMA_AT "/properties",
                           "must be an object");
    fixture_assert_refused(document("{\"type\":\"text\"}", "{}"), SCHEMA_AT "/type",
                           "`type` must be");
    fixture_assert_refused(document("{\"type\":[\"string\",1]}", "{}"), SCHEMA_AT "/type/1",
                           "`type` must be");
    fixture_assert_refused(document("{\"allOf\":{}}", "{}"), SCHEMA_AT "/allOf",
                           "array of schemas");
    fixture_assert_refused(document("{\"oneOf\":[]}", "{}"), SCHEMA_AT "/oneOf",
                           "array of schemas");
}

static void contradicting_names_are_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        document("{\"properties\":{\"a\":{\"allOf\":[{\"type\":\"string\",\"x-hufu\":{"
                 "\"identifier\":\"name\"}},{\"x-hufu\":{\"identifier\":\"email\"}}]}}}",
                 "{}"),
        SCHEMA_AT "/properties/a/allOf/1/x-hufu", "another `identifier`");
}

#define TEST(name) cmocka_unit_test_teardown(name, drop_catalog)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(types_of_both_versions_are_read),
        TEST(a_constant_tells_its_type),
        TEST(members_keep_the_documents_order),
        TEST(a_reference_is_laid_with_what_stands_beside_it),
        TEST(the_strictest_class_and_level_of_the_branches_win),
        TEST(undated_holds_only_if_every_class_says_so),
        TEST(a_length_of_zero_is_refused),
        TEST(a_branch_without_a_class_is_refused),
        TEST(a_member_without_a_class_in_one_branch_is_refused),
        TEST(a_members_class_may_stand_elsewhere_in_its_branch_or_outside),
        TEST(a_class_beside_the_branches_is_theirs),
        TEST(a_place_without_a_class_is_not_classified),
        TEST(a_schema_inside_itself_is_bounded),
        TEST(a_reference_without_a_property_between_is_refused),
        TEST(references_that_multiply_are_refused),
        TEST(an_answer_nested_too_deep_is_refused),
        TEST(too_many_fields_are_refused),
        TEST(a_schema_of_the_wrong_form_is_refused),
        TEST(contradicting_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

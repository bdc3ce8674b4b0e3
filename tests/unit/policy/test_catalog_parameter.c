#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define GET_AT "/paths/~1p~1{uscc}/get"
#define POST_AT "/paths/~1p/post"

/* A GET whose parameters are uscc and @parameters. */
static const char *with_parameters(const char *parameters)
{
    return fixture_write(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(
                             FIXTURE_NOTE, FIXTURE_USCC "%s", FIXTURE_OBJECT) "}"),
                         parameters);
}

static const char *with_query(const char *schema)
{
    char parameters[512];
    (void)snprintf(parameters, sizeof(parameters),
                   ",{\"name\":\"q\",\"in\":\"query\",\"schema\":%s}", schema);
    return with_parameters(parameters);
}

/* A POST with this subject and body. */
static const char *with_body(const char *subject, const char *body)
{
    return fixture_write(
        FIXTURE_PATHS("\"/p\":{\"post\":{\"x-hufu\":{\"dataset\":\"person\","
                      "\"subject\":%s},\"requestBody\":%s," FIXTURE_ANSWER(FIXTURE_OBJECT) "}}"),
        subject, body);
}

#define BODY(schema) "{\"content\":{\"application/json\":{\"schema\":" schema "}}}"
#define ID_BODY                                                                                    \
    BODY("{\"required\":[\"id_no\"],\"properties\":{\"id_no\":{\"type\":\"string\"},"              \
         "\"year\":{\"type\":\"integer\"}}}")
#define IN_BODY "{\"in\":\"body\",\"name\":\"id_no\"}"

static void parameters_keep_the_declared_order(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(
        FIXTURE_PATHS("\"/p/{uscc}\":{\"parameters\":[" FIXTURE_USCC
                      ",{\"name\":\"z\",\"in\":\"query\",\"schema\":{\"type\":\"integer\"}}],"
                      "\"get\":" FIXTURE_OPERATION(
                          FIXTURE_NOTE,
                          "{\"name\":\"a\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
                          "\"format\":\"date\"}},"
                          "{\"name\":\"h\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}}",
                          FIXTURE_OBJECT) "}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_int_equal(operation->n_parameters, 3);
    assert_true(operation->parameters[0].subject);
    assert_ptr_equal(operation->subject, &operation->parameters[0]);
    assert_true(hf_bytes_equal_string(operation->parameters[1].name, "z"));
    assert_int_equal(operation->parameters[1].type, HF_SCHEMA_INTEGER);
    assert_true(hf_bytes_equal_string(operation->parameters[2].name, "a"));
    assert_int_equal(operation->parameters[2].format, HF_SCHEMA_FORMAT_DATE);
    assert_false(operation->parameters[2].required);
    assert_int_equal(operation->parameters[2].max_chars, HF_CATALOG_MAX_VALUE_CHARS);
    hf_catalog_free(catalog);
}

static void an_operation_may_say_a_parameter_anew(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_PATHS(
        "\"/p/{uscc}\":{\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"schema\":{\"type\":"
        "\"integer\"}}],\"get\":" FIXTURE_OPERATION(FIXTURE_NOTE,
                                                    FIXTURE_USCC
                                                    ",{\"name\":\"q\",\"in\":\"query\",\"required\""
                                                    ":true,\"schema\":{\"type\":[\"boolean\"]}}",
                                                    FIXTURE_OBJECT) "}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_int_equal(operation->n_parameters, 2);
    assert_int_equal(operation->parameters[1].type, HF_SCHEMA_BOOLEAN);
    assert_true(operation->parameters[1].required);
    hf_catalog_free(catalog);
}

static void a_schema_of_a_parameter_is_a_scalar(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{}", "{\"type\":\"array\"}", "{\"type\":\"object\"}",
                                      "{\"type\":[\"string\",\"null\"]}", "{\"type\":1}"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        struct hf_catalog *none = NULL;
        fixture_problems = (struct hf_problems){0};
        assert_code(
            hf_catalog_compile(hf_bytes_of_string(with_query(BAD[i])), &fixture_problems, &none),
            CATALOG_INVALID);
        assert_non_null(strstr(fixture_problems.items[0].detail, "a parameter's `type` must be"));
    }
}

static void limits_and_values_must_make_sense(void **state)
{
    (void)state;
    fixture_assert_refused(with_query("{\"type\":\"string\",\"maxLength\":5000}"),
                           GET_AT "/parameters/1/schema", "at most 4096");
    fixture_assert_refused(with_query("{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}"),
                           GET_AT "/parameters/1/schema", "not below `minLength`");
    fixture_assert_refused(with_query("{\"type\":\"string\",\"enum\":[]}"),
                           GET_AT "/parameters/1/schema/enum", "1 to 256 values");
    fixture_assert_refused(with_query("{\"type\":\"string\",\"enum\":[\"a\",1]}"),
                           GET_AT "/parameters/1/schema/enum/1", "not of the parameter's type");
    fixture_assert_refused(with_query("{\"type\":\"integer\",\"enum\":[\"1\"]}"),
                           GET_AT "/parameters/1/schema/enum/0", "not of the parameter's type");
}

static void a_parameter_of_the_wrong_form_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(with_parameters(",{\"in\":\"query\"}"), GET_AT "/parameters/1",
                           "needs `name` and `in`");
    fixture_assert_refused(with_parameters(",{\"name\":\"q\",\"in\":\"query\"}"),
                           GET_AT "/parameters/1", "needs a `schema`");
    fixture_assert_refused(
        with_parameters(",{\"name\":\"q\",\"in\":\"query\",\"content\":{\"application/json\":{}}}"),
        GET_AT "/parameters/1", "needs a `schema`");
    fixture_assert_refused(
        with_parameters(",{\"name\":\"\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}"),
        GET_AT "/parameters/1", "1 to 64 bytes");
    fixture_assert_refused(
        with_parameters(",{\"name\":\"h\",\"in\":\"header\",\"required\":true,\"schema\":{}}"),
        GET_AT "/parameters/1/in", "no header or cookie");
    fixture_assert_refused(FIXTURE_PATHS("\"/p\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                                         ",\"parameters\":{}," FIXTURE_ANSWER(FIXTURE_OBJECT) "}}"),
                           "/paths/~1p/get/parameters", "must be an array");
}

static void a_name_stands_in_one_place_only(void **state)
{
    (void)state;
    fixture_assert_refused(
        with_parameters(",{\"name\":\"uscc\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}"),
        GET_AT "/parameters/1", "declared twice");
}

static void too_many_parameters_are_refused(void **state)
{
    (void)state;
    static char parameters[8 << 10];
    size_t used = 0;
    for (int i = 0; i < HF_CATALOG_MAX_PARAMETERS; i++) {
        used += (size_t)snprintf(
            parameters + used, sizeof(parameters) - used,
            ",{\"name\":\"q%d\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}}", i);
    }
    fixture_assert_refused(with_parameters(parameters), GET_AT "/parameters/32", "32 parameters");
}

static void a_subject_is_a_required_string(void **state)
{
    (void)state;
    static const char QUERY[] = FIXTURE_PATHS(
        "\"/p\":{\"get\":" FIXTURE_OPERATION("{\"dataset\":\"a\",\"subject\":\"u\"}",
                                             "{\"name\":\"u\",\"in\":\"query\"%s,\"schema\":{"
                                             "\"type\":\"%s\"}}",
                                             FIXTURE_OBJECT) "}");
    hf_catalog_free(fixture_compiled(fixture_write(QUERY, ",\"required\":true", "string")));
    fixture_assert_refused(fixture_write(QUERY, "", "string"), "/paths/~1p/get/x-hufu/subject",
                           "must be required");
    fixture_assert_refused(fixture_write(QUERY, ",\"required\":true", "integer"),
                           "/paths/~1p/get/x-hufu/subject", "of type string");
}

static void a_subject_must_be_a_parameter(void **state)
{
    (void)state;
    fixture_assert_refused(FIXTURE_GET("{\"dataset\":\"a\",\"subject\":\"usc\"}", FIXTURE_OBJECT),
                           GET_AT "/x-hufu/subject", "names no parameter");
    fixture_assert_refused(
        FIXTURE_GET("{\"dataset\":\"a\",\"subject\":{\"in\":\"query\",\"name\":\"uscc\"}}",
                    FIXTURE_OBJECT),
        GET_AT "/x-hufu/subject", "names no parameter");
    fixture_assert_refused(with_body("\"id_no\"", ID_BODY), POST_AT "/x-hufu/subject",
                           "names no parameter");
}

static void a_body_has_members(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(with_body(IN_BODY, ID_BODY));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    assert_int_equal(operation->method, HF_METHOD_POST);
    assert_int_equal(operation->n_parameters, 2);
    assert_int_equal(operation->subject->place, HF_PLACE_BODY);
    assert_true(operation->subject->required);
    assert_false(operation->parameters[1].required);
    hf_catalog_free(catalog);
}

static void a_body_that_cannot_be_checked_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(with_body(IN_BODY, "{}"), POST_AT "/requestBody", "a POST needs");
    fixture_assert_refused(
        with_body(IN_BODY, "{\"content\":{\"text/xml\":{\"schema\":{\"properties\":{}}}}}"),
        POST_AT "/requestBody", "a POST needs");
    fixture_assert_refused(with_body(IN_BODY, BODY("{\"type\":\"object\"}")),
                           POST_AT "/requestBody", "a POST needs");
    fixture_assert_refused(
        with_body(IN_BODY, BODY("{\"required\":[\"id_no\"],\"properties\":{\"id_no\":{\"type\":"
                                "\"string\"},\"list\":{\"type\":\"array\"}}}")),
        POST_AT "/requestBody/content/application~1json/schema/properties/list/type",
        "a parameter's `type`");
    fixture_assert_refused(FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":{\"x-hufu\":" FIXTURE_NOTE
                                         ",\"requestBody\":{},\"parameters\":[" FIXTURE_USCC
                                         "]," FIXTURE_ANSWER(FIXTURE_OBJECT) "}}"),
                           GET_AT "/requestBody", "a GET with a body");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_keep_the_declared_order),
        cmocka_unit_test(an_operation_may_say_a_parameter_anew),
        cmocka_unit_test(a_schema_of_a_parameter_is_a_scalar),
        cmocka_unit_test(limits_and_values_must_make_sense),
        cmocka_unit_test(a_parameter_of_the_wrong_form_is_refused),
        cmocka_unit_test(a_name_stands_in_one_place_only),
        cmocka_unit_test(too_many_parameters_are_refused),
        cmocka_unit_test(a_subject_is_a_required_string),
        cmocka_unit_test(a_subject_must_be_a_parameter),
        cmocka_unit_test(a_body_has_members),
        cmocka_unit_test(a_body_that_cannot_be_checked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define SCHEMA_AT "/paths/~1p~1{uscc}/get/responses/200/content/application~1json/schema"

/* A document whose answer is @schema and whose components are @components. */
static const char *with_components(const char *schema, const char *components)
{
    return fixture_write(FIXTURE_HEAD "\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(
                             FIXTURE_NOTE, FIXTURE_USCC, "%s") "}},\"components\":%s}",
                         schema, components);
}

static void a_reference_leads_inside_the_document_only(void **state)
{
    (void)state;
    fixture_assert_refused(with_components("{\"$ref\":\"other.json#/a\"}", "{}"), SCHEMA_AT "/$ref",
                           "into this document");
    fixture_assert_refused(with_components("{\"$ref\":\"https://evil.example/\"}", "{}"),
                           SCHEMA_AT "/$ref", "into this document");
    fixture_assert_refused(with_components("{\"$ref\":7}", "{}"), SCHEMA_AT "/$ref",
                           "into this document");
    fixture_assert_refused(with_components("{\"$ref\":\"\"}", "{}"), SCHEMA_AT "/$ref",
                           "into this document");
}

static void a_reference_that_leads_nowhere_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"#/components/b",  "#/components/a/9", "#components",
                                      "#/components/~2", "#/components/l/x", "#/components/l/2"};
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        char schema[64];
        (void)snprintf(schema, sizeof(schema), "{\"$ref\":\"%s\"}", BAD[i]);
        fixture_assert_refused(with_components(schema, "{\"a\":" FIXTURE_OBJECT ",\"l\":[1,2]}"),
                               SCHEMA_AT "/$ref", "leads nowhere");
    }
}

static void a_pointer_is_unescaped(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(with_components(
        "{\"$ref\":\"#/components/a~1b~0c/1\"}", "{\"a/b~c\":[0," FIXTURE_OBJECT "]}"));
    assert_non_null(fixture_field(hf_catalog_operation(catalog, 0)->answer, "a"));
    hf_catalog_free(catalog);
}

static void a_fragment_is_percent_decoded_before_it_is_taken_apart(void **state)
{
    (void)state;
    static const char *const REFERENCES[] = {"#/components/a%20%7Bb%7d", "#%2Fcomponents/a%20{b}",
                                             "#/components/a %7bb}"};
    for (size_t i = 0; i < sizeof(REFERENCES) / sizeof(REFERENCES[0]); i++) {
        char schema[128];
        (void)snprintf(schema, sizeof(schema), "{\"$ref\":\"%s\"}", REFERENCES[i]);
        struct hf_catalog *catalog =
            fixture_compiled(with_components(schema, "{\"a {b}\":" FIXTURE_OBJECT "}"));
        assert_non_null(fixture_field(hf_catalog_operation(catalog, 0)->answer, "a"));
        hf_catalog_free(catalog);
    }
    static const char *const BROKEN[] = {"#/components/%", "#/components/%2", "#/components/%zz",
                                         "#/components/%00"};
    for (size_t i = 0; i < sizeof(BROKEN) / sizeof(BROKEN[0]); i++) {
        char schema[128];
        (void)snprintf(schema, sizeof(schema), "{\"$ref\":\"%s\"}", BROKEN[i]);
        fixture_assert_refused(with_components(schema, "{\"\":" FIXTURE_OBJECT "}"),
                               SCHEMA_AT "/$ref", "leads nowhere");
    }
}

static void a_reference_to_itself_is_refused(void **state)
{
    (void)state;
    static const char TEXT[] = FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(
        FIXTURE_NOTE, "{\"$ref\":\"#/paths/~1p~1{uscc}/get/parameters/0\"}", FIXTURE_OBJECT) "}");
    fixture_assert_refused(TEXT, "/paths/~1p~1{uscc}/get/parameters/0/$ref", "leads to itself");
}

static void a_member_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused(
        with_components("{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":-1}}}", "{}"),
        SCHEMA_AT "/properties/a/maxLength", "whole number");
    fixture_assert_refused(
        with_components("{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":4294967296}}}",
                        "{}"),
        SCHEMA_AT "/properties/a/maxLength", "whole number");
    fixture_assert_refused(
        with_components("{\"properties\":{\"a\":{\"type\":\"string\",\"format\":1}}}", "{}"),
        SCHEMA_AT "/properties/a/format", "must be a string");
    fixture_assert_refused(
        with_components("{\"properties\":{\"a\":{\"type\":\"string\",\"nullable\":1}}}", "{}"),
        SCHEMA_AT "/properties/a/nullable", "true or false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_leads_inside_the_document_only),
        cmocka_unit_test(a_reference_that_leads_nowhere_is_refused),
        cmocka_unit_test(a_pointer_is_unescaped),
        cmocka_unit_test(a_fragment_is_percent_decoded_before_it_is_taken_apart),
        cmocka_unit_test(a_reference_to_itself_is_refused),
        cmocka_unit_test(a_member_of_the_wrong_type_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/catalog.h"

#include "crypto/hash.h"
#include "tests/unit/policy/catalog_fixture.h"

static void the_tax_example_has_four_operations(void **state)
{
    (void)state;
    hf_buf buf;
    struct hf_catalog *catalog = fixture_compiled(fixture_file("examples/catalogs/tax.json", &buf));
    assert_true(hf_bytes_equal_string(hf_catalog_source(catalog), "tax"));
    assert_int_equal(hf_catalog_n_operations(catalog), 4);
    const struct hf_operation *invoice =
        hf_catalog_find(catalog, HF_LITERAL("GET /invoice/{uscc}.json"));
    assert_non_null(invoice);
    assert_true(hf_bytes_equal_string(invoice->dataset, "tax/invoice"));
    assert_int_equal(invoice->detail, HF_DETAIL_RECORDS);
    assert_false(invoice->is_public);
    assert_true(hf_bytes_equal_string(invoice->subject->name, "uscc"));
    assert_true(hf_bytes_equal_string(invoice->rows->path, "invoices"));
    assert_ptr_equal(invoice->catalog, catalog);
    hf_catalog_free(catalog);
    hf_buf_clear(&buf);
}

static void the_samr_example_has_no_rows_in_the_registration(void **state)
{
    (void)state;
    hf_buf buf;
    struct hf_catalog *catalog =
        fixture_compiled(fixture_file("examples/catalogs/samr.json", &buf));
    assert_int_equal(hf_catalog_n_operations(catalog), 2);
    const struct hf_operation *registration = hf_catalog_operation(catalog, 0);
    assert_null(registration->rows);
    assert_true(registration->is_public);
    const struct hf_schema_field *tag = fixture_field(registration->answer, "tags[]");
    assert_int_equal(tag->class, HF_FIELD_PUBLIC);
    assert_true(fixture_field(registration->answer, "uscc")->subject_echo);
    assert_true(fixture_field(registration->answer, "term_to")->nullable);
    hf_catalog_free(catalog);
    hf_buf_clear(&buf);
}

static void an_unknown_operation_is_not_found(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_GET(FIXTURE_NOTE, FIXTURE_OBJECT));
    assert_non_null(hf_catalog_find(catalog, HF_LITERAL("GET /p/{uscc}")));
    assert_null(hf_catalog_find(catalog, HF_LITERAL("POST /p/{uscc}")));
    assert_null(hf_catalog_find(catalog, HF_LITERAL("GET  /p/{uscc}")));
    assert_null(hf_catalog_find(catalog, HF_LITERAL("GET")));
    assert_null(hf_catalog_find(catalog, HF_LITERAL("")));
    assert_null(hf_catalog_operation(catalog, 1));
    hf_catalog_free(catalog);
}

static void the_digest_is_of_the_text(void **state)
{
    (void)state;
    const char *text = FIXTURE_GET(FIXTURE_NOTE, FIXTURE_OBJECT);
    struct hf_catalog *catalog = fixture_compiled(text);
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of_string(text), digest);
    assert_memory_equal(hf_catalog_digest(catalog), digest, sizeof(digest));
    hf_catalog_free(catalog);
}

static void a_text_that_is_no_json_is_told_with_its_place(void **state)
{
    (void)state;
    fixture_assert_refused("{\n \"openapi\": }", "", "");
    assert_int_equal(fixture_problems.items[0].line, 2);
}

static void a_document_without_its_parts_is_refused(void **state)
{
    (void)state;
    fixture_assert_refused("[]", "", "`info`");
    fixture_assert_refused("{}", "", "`openapi` must be");
    fixture_assert_refused("{\"openapi\":\"2.0\",\"info\":{}}", "/openapi", "3.0.x or 3.1.x");
    fixture_assert_refused("{\"openapi\":\"3.2.0\",\"info\":{}}", "/openapi", "3.0.x or 3.1.x");
    fixture_assert_refused("{\"openapi\":3,\"info\":{}}", "/openapi", "3.0.x or 3.1.x");
    fixture_assert_refused("{\"openapi\":\"3.1.0\",\"info\":{}}", "/info", "whose catalog");
}

static void several_mistakes_are_told_in_one_run(void **state)
{
    (void)state;
    fixture_assert_refused(
        FIXTURE_GET("{\"dataset\":\"Payment\",\"subject\":\"uscc\",\"rows\":3,\"detail\":\"all\","
                    "\"publik\":true}",
                    FIXTURE_OBJECT),
        "/paths/~1p~1{uscc}/get/x-hufu/dataset", "`dataset` must be");
    assert_int_equal(fixture_problems.n, 4);
}

static void a_text_above_the_limit_is_refused(void **state)
{
    (void)state;
    char *text = malloc(HF_CATALOG_MAX_BYTES + 2);
    assert_non_null(text);
    memset(text, ' ', HF_CATALOG_MAX_BYTES + 1);
    text[0] = '1';
    text[HF_CATALOG_MAX_BYTES + 1] = '\0';
    struct hf_catalog *catalog = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(hf_catalog_compile(hf_bytes_of_string(text), &fixture_problems, &catalog),
                CATALOG_INVALID);
    assert_int_equal(fixture_problems.items[0].code, HF_LIMIT);
    free(text);
}

static void nothing_may_be_freed(void **state)
{
    (void)state;
    hf_catalog_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tax_example_has_four_operations),
        cmocka_unit_test(the_samr_example_has_no_rows_in_the_registration),
        cmocka_unit_test(an_unknown_operation_is_not_found),
        cmocka_unit_test(the_digest_is_of_the_text),
        cmocka_unit_test(a_text_that_is_no_json_is_told_with_its_place),
        cmocka_unit_test(a_document_without_its_parts_is_refused),
        cmocka_unit_test(several_mistakes_are_told_in_one_run),
        cmocka_unit_test(a_text_above_the_limit_is_refused),
        cmocka_unit_test(nothing_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

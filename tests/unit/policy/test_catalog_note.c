#include "policy/catalog_build.h"

#include "tests/unit/policy/catalog_fixture.h"

#define NOTE_AT "/paths/~1p~1{uscc}/get/x-hufu"
#define LEAF_AT                                                                                    \
    "/paths/~1p~1{uscc}/get/responses/200/content/application~1json/schema/properties/a/x-hufu"

static void refuse_note(const char *note, const char *where, const char *words)
{
    fixture_assert_refused(fixture_write(FIXTURE_GET("%s", FIXTURE_OBJECT), note), where, words);
}

static void refuse_leaf(const char *note, const char *where, const char *words)
{
    fixture_assert_refused(
        fixture_write(FIXTURE_GET(FIXTURE_NOTE,
                                  "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
                                  "\"string\",\"x-hufu\":%s}}}"),
                      note),
        where, words);
}

static void refuse_info(const char *note, const char *where, const char *words)
{
    fixture_assert_refused(
        fixture_write("{\"openapi\":\"3.0.0\",\"info\":{\"x-hufu\":%s},\"paths\":{}}", note), where,
        words);
}

static void the_source_must_be_known(void **state)
{
    (void)state;
    refuse_info("3", "/info/x-hufu", "must be an object");
    refuse_info("{}", "/info/x-hufu", "`source` must be one of");
    refuse_info("{\"source\":\"taxes\"}", "/info/x-hufu/source", "`source` must be one of");
    refuse_info("{\"source\":1}", "/info/x-hufu/source", "must be a string");
    refuse_info("{\"source\":\"tax\",\"sauce\":1}", "/info/x-hufu/sauce", "no member `sauce`");
}

static void the_note_of_an_operation_is_closed(void **state)
{
    (void)state;
    refuse_note("[]", NOTE_AT, "must be an object");
    refuse_note("{\"dataset\":\"a\",\"subject\":\"uscc\",\"class\":\"public\"}", NOTE_AT "/class",
                "no member `class`");
    refuse_note("{\"subject\":\"uscc\"}", NOTE_AT, "`dataset` must be");
    refuse_note("{\"dataset\":\"tax/a\",\"subject\":\"uscc\"}", NOTE_AT "/dataset", "lower-case");
    refuse_note("{\"dataset\":\"a\",\"subject\":\"uscc\",\"detail\":\"lines\"}", NOTE_AT "/detail",
                "summary or records");
    refuse_note("{\"dataset\":\"a\",\"subject\":\"uscc\",\"public\":\"yes\"}", NOTE_AT "/public",
                "true or false");
    refuse_note("{\"dataset\":\"a\",\"subject\":\"uscc\",\"rows\":0}", NOTE_AT "/rows", "a string");
}

static void a_subject_is_a_name_or_a_place_and_a_name(void **state)
{
    (void)state;
    refuse_note("{\"dataset\":\"a\"}", NOTE_AT, "`subject` is missing");
    refuse_note("{\"dataset\":\"a\",\"subject\":1}", NOTE_AT "/subject", "parameter's name or");
    refuse_note("{\"dataset\":\"a\",\"subject\":{\"in\":\"body\"}}", NOTE_AT "/subject", "name or");
    refuse_note("{\"dataset\":\"a\",\"subject\":{\"in\":\"header\",\"name\":\"uscc\"}}",
                NOTE_AT "/subject", "name or");
    refuse_note("{\"dataset\":\"a\",\"subject\":{\"in\":\"body\",\"name\":\"x\",\"y\":1}}",
                NOTE_AT "/subject", "name or");
}

static void the_note_of_a_leaf_is_closed(void **state)
{
    (void)state;
    refuse_leaf("\"public\"", LEAF_AT, "must be an object");
    refuse_leaf("{\"klass\":\"public\"}", LEAF_AT "/klass", "no member `klass`");
    refuse_leaf("{\"class\":\"secret\"}", LEAF_AT "/class", "`class` must be public");
    refuse_leaf("{\"class\":\"Public\"}", LEAF_AT "/class", "`class` must be public");
    refuse_leaf("{\"level\":6}", LEAF_AT "/level", "1, 2, 3, 4 or 5");
    refuse_leaf("{\"level\":0}", LEAF_AT "/level", "1, 2, 3, 4 or 5");
    refuse_leaf("{\"level\":2.5}", LEAF_AT "/level", "1, 2, 3, 4 or 5");
    refuse_leaf("{\"identifier\":\"id\"}", LEAF_AT "/identifier", "one of uscc resident_id");
    refuse_leaf("{\"text\":1}", LEAF_AT "/text", "true or false");
    refuse_leaf("{\"date\":null}", LEAF_AT "/date", "true or false");
    refuse_leaf("{\"owner\":true}", LEAF_AT "/owner", "must be a string");
    refuse_leaf("{\"subject_echo\":\"\"}", LEAF_AT "/subject_echo", "true or false");
    refuse_leaf("{\"undated\":0}", LEAF_AT "/undated", "true or false");
}

static void every_member_of_a_leaf_is_read(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_GET(
        "{\"dataset\":\"a\",\"subject\":{\"in\":\"path\",\"name\":\"uscc\"},\"public\":true}",
        "{\"properties\":{\"id\":{\"type\":\"string\"},\"a\":{\"type\":\"string\",\"maxLength\":9,"
        "\"x-hufu\":{\"class\":\"sensitive_personal\",\"level\":4,\"identifier\":\"resident_id\","
        "\"text\":true,\"owner\":\"id\",\"subject_echo\":true,\"undated\":true}}}}"));
    const struct hf_schema_field *a = fixture_field(hf_catalog_operation(catalog, 0)->answer, "a");
    assert_true(a->classified && a->text && a->subject_echo && a->undated && !a->date);
    assert_int_equal(a->class, HF_FIELD_SENSITIVE);
    assert_int_equal(a->level, 4);
    assert_int_equal(a->max_chars, 9);
    assert_true(hf_bytes_equal_string(a->identifier, "resident_id"));
    assert_true(hf_bytes_equal_string(a->owner, "id"));
    hf_catalog_free(catalog);
}

static void an_absent_level_is_five(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_GET(FIXTURE_NOTE, FIXTURE_OBJECT));
    assert_int_equal(fixture_field(hf_catalog_operation(catalog, 0)->answer, "a")->level, 5);
    hf_catalog_free(catalog);
}

static void identifiers_are_a_closed_vocabulary(void **state)
{
    (void)state;
    assert_true(
        hf_bytes_equal_string(hf_identifier_by_name(HF_LITERAL("invoice_no")), "invoice_no"));
    assert_int_equal(hf_identifier_by_name(HF_LITERAL("Name")).size, 0);
    assert_int_equal(hf_identifier_by_name(HF_LITERAL("")).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_must_be_known),
        cmocka_unit_test(the_note_of_an_operation_is_closed),
        cmocka_unit_test(a_subject_is_a_name_or_a_place_and_a_name),
        cmocka_unit_test(the_note_of_a_leaf_is_closed),
        cmocka_unit_test(every_member_of_a_leaf_is_read),
        cmocka_unit_test(an_absent_level_is_five),
        cmocka_unit_test(identifiers_are_a_closed_vocabulary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

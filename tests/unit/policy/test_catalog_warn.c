#include "policy/catalog_warn.h"

#include "tests/unit/policy/catalog_fixture.h"

static struct hf_problems warnings;

/* Warns of an answer with one property. */
static void look_at(const char *name, const char *note)
{
    const char *text =
        fixture_write(FIXTURE_GET(FIXTURE_NOTE, "{\"properties\":{\"%s\":{\"type\":\"string\","
                                                "\"x-hufu\":%s}}}"),
                      name, note);
    struct hf_catalog *catalog = fixture_compiled(text);
    warnings = (struct hf_problems){0};
    hf_catalog_warn(catalog, hf_bytes_of_string(text), &warnings);
    hf_catalog_free(catalog);
}

static void assert_warned(const char *name, const char *note, const char *words)
{
    look_at(name, note);
    assert_int_equal(warnings.n, 1);
    if (!strstr(warnings.items[0].detail, words)) {
        fail_msg("%s: %s", name, warnings.items[0].detail);
    }
}

static void assert_silent(const char *name, const char *note)
{
    look_at(name, note);
    if (warnings.n > 0) {
        fail_msg("%s: %s", name, warnings.items[0].detail);
    }
}

static void an_identifier_in_too_loose_a_class_is_told(void **state)
{
    (void)state;
    assert_warned("x", "{\"class\":\"public\",\"identifier\":\"resident_id\"}",
                  "a resident_id is rarely public: sensitive_personal is usual");
    assert_warned("x", "{\"class\":\"personal\",\"identifier\":\"passport\"}",
                  "a passport is rarely personal");
    assert_warned("x", "{\"class\":\"public\",\"identifier\":\"bank_card\"}",
                  "trade_secret is usual");
}

static void an_identifier_in_its_usual_class_is_not(void **state)
{
    (void)state;
    assert_silent("x", "{\"class\":\"sensitive_personal\",\"identifier\":\"resident_id\"}");
    assert_silent("x", "{\"class\":\"trade_secret\",\"identifier\":\"account_no\"}");
    assert_silent("x", "{\"class\":\"public\",\"identifier\":\"uscc\"}");
    assert_silent("x", "{\"class\":\"public\",\"identifier\":\"landline\"}");
}

static void a_name_speaks_where_no_identifier_does(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"CF_XDR_SFZ", "legal_rep_id_no", "XK_FR_ZJHM",
                                        "法人身份证号码", "idCard"};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        assert_warned(NAMES[i], "{\"class\":\"public\"}", "the name looks like a resident_id");
    }
    assert_warned("手机号", "{\"class\":\"public\"}", "looks like a mobile");
    assert_silent("paid_no", "{\"class\":\"public\"}");
}

static void an_identifier_that_is_said_outweighs_the_name(void **state)
{
    (void)state;
    assert_silent("id_no", "{\"class\":\"public\",\"identifier\":\"uscc\"}");
}

static void what_never_leaves_is_not_told(void **state)
{
    (void)state;
    assert_silent("id_no", "{\"identifier\":\"resident_id\"}");
}

static void a_harmless_secret_of_a_person_is_told(void **state)
{
    (void)state;
    assert_warned("x", "{\"class\":\"sensitive_personal\",\"level\":1}", "level 1 means harmless");
    assert_silent("x", "{\"class\":\"sensitive_personal\",\"level\":3}");
    assert_silent("x", "{\"class\":\"public\",\"level\":1}");
}

static void an_echo_that_cannot_be_the_subject_is_told(void **state)
{
    (void)state;
    assert_warned("x",
                  "{\"class\":\"trade_secret\",\"subject_echo\":true,\"identifier\":\"mobile\"}",
                  "one of them is wrong");
    assert_silent("x", "{\"class\":\"public\",\"subject_echo\":true,\"identifier\":\"uscc\"}");
}

static void a_warning_has_its_place(void **state)
{
    (void)state;
    look_at("id_no", "{\"class\":\"public\"}");
    assert_string_equal(warnings.items[0].where, "tax/payment id_no");
    assert_int_equal(warnings.items[0].line, 1);
    assert_true(warnings.items[0].column > 1);
}

static void a_shared_schema_is_told_once(void **state)
{
    (void)state;
    const char *text = FIXTURE_HEAD "\"/a/{uscc}\":{\"get\":" FIXTURE_OPERATION(
        FIXTURE_NOTE, FIXTURE_USCC,
        "{\"$ref\":\"#/components/schemas/S\"}") "},\"/b/"
                                                 "{uscc}\":{"
                                                 "\"get\":" FIXTURE_OPERATION(
                                                     FIXTURE_NOTE, FIXTURE_USCC,
                                                     "{\"$"
                                                     "ref\":"
                                                     "\"#/"
                                                     "compon"
                                                     "ents/"
                                                     "schema"
                                                     "s/"
                                                     "S\"}") "}},\"components\":{\"schemas\":{"
                                                             "\"S\":{\"properties\":{\"id_"
                                                             "no\":" FIXTURE_LEAF "}}}}}";
    struct hf_catalog *catalog = fixture_compiled(text);
    warnings = (struct hf_problems){0};
    hf_catalog_warn(catalog, hf_bytes_of_string(text), &warnings);
    assert_int_equal(warnings.n, 1);
    hf_catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identifier_in_too_loose_a_class_is_told),
        cmocka_unit_test(an_identifier_in_its_usual_class_is_not),
        cmocka_unit_test(a_name_speaks_where_no_identifier_does),
        cmocka_unit_test(an_identifier_that_is_said_outweighs_the_name),
        cmocka_unit_test(what_never_leaves_is_not_told),
        cmocka_unit_test(a_harmless_secret_of_a_person_is_told),
        cmocka_unit_test(an_echo_that_cannot_be_the_subject_is_told),
        cmocka_unit_test(a_warning_has_its_place),
        cmocka_unit_test(a_shared_schema_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/id.h"

#include "tests/unit/unit.h"

#define ISS "uscc:91350100M000100Y43"
#define JTI "0123456789abcdefABCD-_"

static void an_id_is_two_checked_halves(void **state)
{
    (void)state;
    struct hf_consent_id id;
    assert_ok(hf_consent_id_parse(HF_LITERAL(ISS ";" JTI), &id));
    assert_string_equal(id.iss, ISS);
    assert_string_equal(id.jti, JTI);
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ISS,
                                        ISS ";",
                                        ";" JTI,
                                        ISS ";0123456789abcdefABCD-",
                                        ISS ";" JTI ";",
                                        ISS ";" JTI " ",
                                        ISS ":" JTI,
                                        "uscc:91350100M000100Y44;" JTI,
                                        ISS ";0123456789abcdef/../../etc"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct hf_consent_id id = {.jti = "kept"};
        assert_code(hf_consent_id_parse(hf_bytes_of_string(wrong[i]), &id), CONSENT_MALFORMED);
        assert_string_equal(id.jti, "kept");
    }
    struct hf_consent_id id;
    assert_code(hf_consent_id_parse((hf_bytes){NULL, 0}, &id), CONSENT_MALFORMED);
}

static void an_identifier_has_22_to_64_characters(void **state)
{
    (void)state;
    char text[66];
    memset(text, 'a', sizeof text);
    for (size_t n = 0; n < sizeof text; n++) {
        assert_int_equal(hf_jti_is_valid(hf_bytes_of(text, n)), n >= 22 && n <= 64);
    }
    for (int c = 0; c < 256; c++) {
        text[10] = (char)c;
        bool is_ours = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_';
        assert_int_equal(hf_jti_is_valid(hf_bytes_of(text, 30)), is_ours);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_two_checked_halves),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(an_identifier_has_22_to_64_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

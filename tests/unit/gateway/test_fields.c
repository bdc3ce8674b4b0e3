#include "gateway/fields.h"

#include "tests/unit/unit.h"

#define JTI "0123456789abcdefghij_-"
#define LOAN "0123456789abcdefghijABCDEFGHIJ0123456789_-x"

static hf_status read_one(struct hf_request_fields *fields, const char *name, const char *value)
{
    return hf_request_field_read(fields, hf_bytes_of_string(name), hf_bytes_of_string(value), NULL);
}

static void refuse(const char *name, const char *value)
{
    struct hf_request_fields fields = {0};
    struct hf_problem problem = {0};
    assert_code(hf_request_field_read(&fields, hf_bytes_of_string(name), hf_bytes_of_string(value),
                                      &problem),
                REQUEST_MALFORMED);
    assert_string_equal(problem.where, name);
    assert_int_equal(fields.n_consents, 0);
    assert_int_equal(fields.purpose | fields.actions, 0);
}

static void an_access_says_what_it_is_for(void **state)
{
    (void)state;
    struct hf_request_fields fields = {0};
    assert_ok(read_one(&fields, "consent", "eyJ.eyJ.sig"));
    assert_ok(read_one(&fields, "consent-id", "uscc:91350100M000100Y43;" JTI));
    assert_ok(read_one(&fields, "consent-purpose", "in_loan"));
    assert_ok(read_one(&fields, "consent-actions", "query, analyse\t,use"));
    assert_ok(read_one(&fields, "consent-loan", LOAN));
    assert_int_equal(fields.n_consents, 2);
    assert_true(hf_bytes_equal_string(fields.consents[0].text, "eyJ.eyJ.sig"));
    assert_false(fields.consents[0].is_name);
    assert_true(fields.consents[1].is_name);
    assert_int_equal(fields.purpose, HF_PURPOSE_IN_LOAN);
    assert_int_equal(fields.actions, HF_ACTION_QUERY | HF_ACTION_ANALYSE | HF_ACTION_USE);
    assert_int_equal(fields.loan_ref.size, 43);
}

static void other_fields_mean_nothing(void **state)
{
    (void)state;
    struct hf_request_fields fields = {0};
    const struct hf_request_fields none = {0};
    assert_ok(read_one(&fields, "authorization", "Bearer x"));
    assert_ok(read_one(&fields, "consents", "x"));
    assert_ok(read_one(&fields, "consent-", "x"));
    assert_memory_equal(&fields, &none, sizeof none);
}

static void unknown_words_are_refused_not_dropped(void **state)
{
    (void)state;
    refuse("consent-purpose", "marketing");
    refuse("consent-purpose", "Pre_loan");
    refuse("consent-purpose", "pre_loan;q=1");
    refuse("consent-purpose", "pre_loan, in_loan");
    refuse("consent-purpose", "");
    refuse("consent-actions", "query, sell");
    refuse("consent-actions", "query,,use");
    refuse("consent-actions", "query,");
    refuse("consent-actions", ",query");
    refuse("consent-actions", "query, query");
    refuse("consent-actions", "query use");
    refuse("consent-actions", "");
}

static void a_field_that_says_one_thing_comes_once(void **state)
{
    (void)state;
    struct hf_request_fields fields = {0};
    assert_ok(read_one(&fields, "consent-purpose", "pre_loan"));
    assert_code(read_one(&fields, "consent-purpose", "pre_loan"), REQUEST_MALFORMED);
    assert_ok(read_one(&fields, "consent-actions", "query"));
    assert_code(read_one(&fields, "consent-actions", "use"), REQUEST_MALFORMED);
    assert_ok(read_one(&fields, "consent-loan", LOAN));
    assert_code(read_one(&fields, "consent-loan", LOAN), REQUEST_MALFORMED);
}

static void names_of_consents_have_one_form(void **state)
{
    (void)state;
    refuse("consent-id", "uscc:91350100M000100Y43");
    refuse("consent-id", "uscc:91350100M000100Y43;short");
    refuse("consent-id", "bank:91350100M000100Y43;" JTI);
    refuse("consent-id", "uscc:91350100M000100Y43; " JTI);
    refuse("consent-id", "uscc:91350100M000100Y43;" JTI ";" JTI);
    refuse("consent-id", "uscc:../x;" JTI);
    refuse("consent-id", ";" JTI);
    refuse("consent-id", "");
}

static void a_loan_is_a_digest(void **state)
{
    (void)state;
    refuse("consent-loan", "loan 7");
    refuse("consent-loan", LOAN "x");
    refuse("consent-loan", "0123456789abcdefghijABCDEFGHIJ0123456789_+x");
}

static void eight_consents_are_the_most(void **state)
{
    (void)state;
    struct hf_request_fields fields = {0};
    for (int i = 0; i < HF_REQUEST_MAX_CONSENTS; i++) {
        assert_ok(read_one(&fields, "consent", "a.b.c"));
    }
    assert_code(read_one(&fields, "consent", "a.b.c"), REQUEST_MALFORMED);
    assert_code(read_one(&fields, "consent-id", "uscc:91350100M000100Y43;" JTI), REQUEST_MALFORMED);
    assert_int_equal(fields.n_consents, HF_REQUEST_MAX_CONSENTS);
}

static void a_long_token_must_be_registered(void **state)
{
    (void)state;
    struct hf_request_fields fields = {0};
    static uint8_t token[HF_CONSENT_FIELD_BYTES + 1];
    memset(token, 'a', sizeof token);
    assert_code(hf_request_field_read(&fields, HF_LITERAL("consent"),
                                      hf_bytes_of(token, sizeof token), NULL),
                HEADERS_TOO_LARGE);
    assert_ok(hf_request_field_read(&fields, HF_LITERAL("consent"),
                                    hf_bytes_of(token, sizeof token - 1), NULL));
    refuse("consent", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_says_what_it_is_for),
        cmocka_unit_test(other_fields_mean_nothing),
        cmocka_unit_test(unknown_words_are_refused_not_dropped),
        cmocka_unit_test(a_field_that_says_one_thing_comes_once),
        cmocka_unit_test(names_of_consents_have_one_form),
        cmocka_unit_test(a_loan_is_a_digest),
        cmocka_unit_test(eight_consents_are_the_most),
        cmocka_unit_test(a_long_token_must_be_registered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

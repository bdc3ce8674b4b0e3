#include "policy/route.h"

#include "tests/unit/policy/route_fixture.h"

#define ID "\"id_no\":\"11010519491231002X\""

static hf_status read_body(const char *body)
{
    assert_ok(route_match("POST", "/tax/person.json"));
    route_problem = (struct hf_problem){0};
    return hf_route_read_body(&route, hf_bytes_of_string(body), &route_arena, &route_problem);
}

static void assert_malformed(const char *body)
{
    hf_status status = read_body(body);
    if (status.code != HF_REQUEST_MALFORMED) {
        fail_msg("%s: %s", body, hf_code_info(status.code)->name);
    }
    assert_true(route.needs_body);
    assert_int_equal(route.subject.size, 0);
    assert_int_equal(route.body.size, 0);
    assert_null(strstr(route_problem.detail, "110105"));
}

static void a_person_is_the_subject(void **state)
{
    (void)state;
    assert_ok(read_body("{" ID "}"));
    assert_int_equal(route.subject_kind, HF_SUBJECT_PERSON);
    assert_true(hf_bytes_equal_string(route.subject, "11010519491231002X"));
    assert_false(route.needs_body);
    assert_true(hf_bytes_equal_string(route.body, "{" ID "}"));
}

static void an_id_is_folded_for_us_and_for_the_source(void **state)
{
    (void)state;
    assert_ok(read_body("{\"id_no\":\"11010519491231002x\"}"));
    assert_true(hf_bytes_equal_string(route.subject, "11010519491231002X"));
    assert_true(hf_bytes_equal_string(route.body, "{" ID "}"));
}

static void an_enterprise_may_be_the_subject(void **state)
{
    (void)state;
    assert_ok(read_body("{\"id_no\":\"92999999MA0000B07L\"}"));
    assert_int_equal(route.subject_kind, HF_SUBJECT_SOLE_TRADER);
}

static void the_body_is_rebuilt_in_the_declared_order(void **state)
{
    (void)state;
    assert_ok(
        read_body(" { \"note\" : \"\\u7a0e\\\"\\/\", \"all\":true, \"year\" : 2025 ,\n" ID "}"));
    assert_true(hf_bytes_equal_string(
        route.body, "{" ID ",\"year\":2025,\"all\":true,\"note\":\"\xe7\xa8\x8e\\\"/\"}"));
}

static void a_body_with_two_subjects_is_refused(void **state)
{
    (void)state;
    assert_malformed("{" ID ",\"id_no\":\"440524188001010014\"}");
    assert_malformed("{" ID ",\"id\\u005fno\":\"440524188001010014\"}");
    assert_malformed("{" ID ",\"uscc\":\"91350100M000100Y43\"}");
    assert_malformed("{\"id_no\":[\"11010519491231002X\",\"440524188001010014\"]}");
    assert_malformed("{" ID "}{" ID "}");
}

static void an_undeclared_member_is_refused(void **state)
{
    (void)state;
    assert_malformed("{" ID ",\"ID_NO\":\"440524188001010014\"}");
    assert_malformed("{" ID ",\"\":1}");
    assert_malformed("{" ID ",\"__proto__\":{}}");
}

static void a_subject_must_be_there_and_hold(void **state)
{
    (void)state;
    assert_malformed("{}");
    assert_string_equal(route_problem.where, "id_no");
    assert_malformed("{\"id_no\":null}");
    assert_malformed("{\"id_no\":440524188001010014}");
    assert_malformed("{\"id_no\":\"110105194912310021\"}");
    assert_malformed("{\"id_no\":\"11010519491231002X \"}");
    assert_malformed("{\"id_no\":\"\"}");
}

static void a_member_must_fit_its_schema(void **state)
{
    (void)state;
    assert_malformed("{" ID ",\"year\":\"2025\"}");
    assert_malformed("{" ID ",\"year\":2025.0}");
    assert_malformed("{" ID ",\"year\":2e3}");
    assert_malformed("{" ID ",\"all\":\"true\"}");
    assert_malformed("{" ID ",\"note\":\"0123456789\"}");
    assert_malformed("{" ID ",\"note\":\"a\\u0000\"}");
    assert_malformed("{" ID ",\"note\":false}");
    assert_string_equal(route_problem.where, "note");
}

static void what_is_no_strict_object_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "[]",
        "null",
        "\"11010519491231002X\"",
        "{" ID,
        "{" ID ",}",
        "{" ID "} x",
        "\xef\xbb\xbf{" ID "}",
        "{'id_no':1}",
        "{\"id_no\":\"\xff\"}",
        "{" ID ",\"note\":{}}",
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        assert_malformed(BAD[i]);
    }
}

static void a_body_is_bounded(void **state)
{
    (void)state;
    char *body = malloc(HF_ROUTE_MAX_BODY_BYTES + 2);
    assert_non_null(body);
    memset(body, ' ', HF_ROUTE_MAX_BODY_BYTES + 1);
    body[HF_ROUTE_MAX_BODY_BYTES + 1] = '\0';
    memcpy(body, "{" ID "}", strlen("{" ID "}"));
    assert_code(read_body(body), BODY_TOO_LARGE);
    body[HF_ROUTE_MAX_BODY_BYTES] = '\0';
    assert_ok(read_body(body));
    free(body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, route_open, route_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_person_is_the_subject),
        TEST(an_id_is_folded_for_us_and_for_the_source),
        TEST(an_enterprise_may_be_the_subject),
        TEST(the_body_is_rebuilt_in_the_declared_order),
        TEST(a_body_with_two_subjects_is_refused),
        TEST(an_undeclared_member_is_refused),
        TEST(a_subject_must_be_there_and_hold),
        TEST(a_member_must_fit_its_schema),
        TEST(what_is_no_strict_object_is_refused),
        TEST(a_body_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

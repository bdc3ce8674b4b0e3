#include "policy/route.h"

#include "tests/unit/policy/route_fixture.h"

#define A "91350100M000100Y43"
#define B "91999999MA0000A00C"

/* Refused as malformed, and nothing of a route is known. */
static void assert_malformed(const char *path)
{
    hf_status status = route_match("GET", path);
    if (status.code != HF_REQUEST_MALFORMED) {
        fail_msg("%s: %s", path, hf_code_info(status.code)->name);
    }
    assert_null(route.operation);
    assert_int_equal(route.subject.size, 0);
}

/* Accepted, and exactly A's data is asked for. */
static void assert_asks_for_a(const char *path)
{
    assert_ok(route_match("GET", path));
    assert_true(hf_bytes_equal_string(route.subject, A));
    assert_true(hf_bytes_equal_string(route.path, "/payment/" A ".json"));
}

static void a_subject_in_the_path_is_found(void **state)
{
    (void)state;
    assert_asks_for_a("/tax/payment/" A ".json");
    assert_int_equal(route.subject_kind, HF_SUBJECT_LEGAL);
    assert_ptr_equal(route.operation, hf_catalog_operation(route_catalog, 0));
    assert_false(route.needs_body);
    assert_int_equal(route.body.size, 0);
}

static void a_sole_trader_is_one(void **state)
{
    (void)state;
    assert_ok(route_match("GET", "/tax/payment/92999999MA0000B07L.json"));
    assert_int_equal(route.subject_kind, HF_SUBJECT_SOLE_TRADER);
}

static void a_query_is_rebuilt_in_the_declared_order(void **state)
{
    (void)state;
    assert_ok(route_match("GET", "/tax/payment/" A ".json?kind=a/b%20%E7%A8%8E&from=2025-01-31"));
    assert_true(hf_bytes_equal_string(route.path, "/payment/" A ".json?from=2025-01-31&kind=a/b%20"
                                                  "%E7%A8%8E"));
}

static void a_subject_in_the_query_is_found(void **state)
{
    (void)state;
    assert_ok(route_match("GET", "/tax/search.json?uscc=" A));
    assert_true(hf_bytes_equal_string(route.subject, A));
    assert_true(hf_bytes_equal_string(route.path, "/search.json?uscc=" A));
}

/* ---- confused deputy ---- */

static void a_second_subject_in_the_query_is_refused(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/" A ".json?uscc=" B);
    assert_malformed("/tax/payment/" A ".json?uscc=" A);
    assert_malformed("/tax/payment/" A ".json?USCC=" B);
    assert_malformed("/tax/payment/" A ".json?%75scc=" B);
}

static void a_doubled_parameter_is_refused(void **state)
{
    (void)state;
    assert_malformed("/tax/search.json?uscc=" A "&uscc=" B);
    assert_malformed("/tax/search.json?uscc=" A "&uscc=" A);
    assert_malformed("/tax/search.json?uscc=" A "&%75scc=" B);
    assert_malformed("/tax/payment/" A ".json?from=2025-01-01&from=2025-01-02");
    assert_malformed("/tax/payment/" A ".json?from=&from=2025-01-02");
}

static void encoded_separators_are_refused(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/" A "%2ejson");
    assert_malformed("/tax/payment/" B "%2f..%2f" A ".json");
    assert_malformed("/tax/payment/%2e%2e/" A ".json");
    assert_malformed("/tax%2fpayment/" A ".json");
    assert_malformed("/tax/payment/" A ".json%3f%00");
    assert_malformed("/tax/payment/" A "%00" B ".json");
    assert_malformed("/tax/payment/" A "%5c.json");
}

static void other_spellings_of_a_path_are_refused(void **state)
{
    (void)state;
    assert_malformed("//tax/payment/" A ".json");
    assert_malformed("/tax//payment/" A ".json");
    assert_malformed("/tax/./payment/" A ".json");
    assert_malformed("/tax/payment/" B ".json/../" A ".json");
    assert_malformed("/tax/payment/" A ".json/");
    assert_malformed("/tax/payment/" A ".json;v=" B);
    assert_malformed("/tax/payment/" A ".json#" B);
    assert_malformed("/tax\\payment\\" A ".json");
}

static void encoded_digits_ask_for_what_they_spell(void **state)
{
    (void)state;
    assert_asks_for_a("/tax/payment/%39%31350100M000100Y43.json");
    assert_asks_for_a("/%74ax/payment/" A ".json");
    assert_malformed("/tax/payment/%2539%2531350100M000100Y43.json");
}

static void a_host_in_the_path_is_refused(void **state)
{
    (void)state;
    assert_malformed("https://tax/payment/" A ".json");
    assert_malformed("//evil.example/tax/payment/" A ".json");
    assert_malformed("tax/payment/" A ".json");
    assert_malformed("*");
    assert_code(route_match("GET", "/@evil.example/payment/" A ".json"), ROUTE_UNKNOWN);
}

static void a_subject_has_one_spelling(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/91350100m000100y43.json");
    assert_malformed("/tax/payment/91350100M000100Y4Z.json");
    assert_malformed("/tax/payment/" A "0.json");
    assert_malformed("/tax/payment/%20" A ".json");
    assert_malformed("/tax/payment/" A ".json.json");
    assert_malformed("/tax/payment/%EF%BC%99"
                     "1350100M000100Y43.json");
    assert_string_equal(route_problem.where, "uscc");
}

static void a_resident_id_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/11010519491231002X.json");
    assert_malformed("/tax/payment/440524188001010014.json");
    assert_malformed("/tax/search.json?uscc=11010519491231002X");
    assert_malformed("/tax/payment/" A ".json?kind=id-11010519491231002x");
    assert_malformed("/tax/payment/" A ".json?kind=110105-19491231-002X");
    assert_malformed("/tax/nothing/11010519491231002X");
    assert_malformed("/tax/nothing?id=11010519491231002X");
    assert_malformed("/tax/person.json?id_no=11010519491231002X");
}

/* ---- the rest ---- */

static void a_parameter_that_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/" A ".json?from=2025-02-30");
    assert_string_equal(route_problem.where, "from");
    assert_malformed("/tax/payment/" A ".json?from=");
    assert_malformed("/tax/payment/" A ".json?other=1");
    assert_string_equal(route_problem.where, "");
    assert_malformed("/tax/search.json");
    assert_string_equal(route_problem.where, "uscc");
}

static void a_problem_never_holds_a_value(void **state)
{
    (void)state;
    assert_malformed("/tax/payment/11010519491231002X.json");
    assert_null(strstr(route_problem.detail, "110105"));
    assert_null(strstr(route_problem.where, "110105"));
    assert_malformed("/tax/payment/" A ".json?11010519491231002X=1");
    assert_null(strstr(route_problem.detail, "110105"));
    assert_null(strstr(route_problem.where, "110105"));
}

static void an_unknown_route_is_told_apart_from_a_bad_one(void **state)
{
    (void)state;
    assert_code(route_match("GET", "/samr/payment/" A ".json"), ROUTE_UNKNOWN);
    assert_code(route_match("GET", "/tax"), ROUTE_UNKNOWN);
    assert_code(route_match("GET", "/tax/payment/" A), ROUTE_UNKNOWN);
    assert_code(route_match("GET", "/Tax/payment/" A ".json"), ROUTE_UNKNOWN);
    assert_code(route_match("GET", "/tax/payment/.json"), ROUTE_UNKNOWN);
    assert_null(route.operation);
}

static void another_method_is_denied(void **state)
{
    (void)state;
    static const char *const METHODS[] = {"POST", "HEAD", "PUT", "DELETE", "get", "", "CONNECT"};
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        assert_code(route_match(METHODS[i], "/tax/payment/" A ".json"), METHOD_DENIED);
    }
    assert_code(route_match("GET", "/tax/person.json"), METHOD_DENIED);
    assert_null(route.operation);
}

static void a_post_waits_for_its_body(void **state)
{
    (void)state;
    assert_ok(route_match("POST", "/tax/person.json"));
    assert_true(route.needs_body);
    assert_int_equal(route.subject.size, 0);
    assert_true(hf_bytes_equal_string(route.path, "/person.json"));
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    hf_arena_clear(&route_arena);
    route_arena = hf_arena_init(0);
    assert_code(route_match("GET", "/tax/payment/" A ".json"), NOMEM);
}

#define USCC_IN_QUERY                                                                              \
    "{\"name\":\"uscc\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":\"string\"}}"
#define CONCRETE(path)                                                                             \
    "\"" path "\":{\"get\":" FIXTURE_OPERATION(FIXTURE_NOTE, USCC_IN_QUERY, FIXTURE_OBJECT) "}"
#define TEMPLATED(path)                                                                            \
    "\"" path "\":{\"get\":" FIXTURE_OPERATION(FIXTURE_NOTE, FIXTURE_USCC, FIXTURE_OBJECT) "}"

static void use_catalog(const char *text)
{
    hf_catalog_free(route_catalog);
    route_catalog = fixture_compiled(text);
}

static void the_more_concrete_path_is_matched_whatever_the_order(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        FIXTURE_PATHS(CONCRETE("/p/all.json") "," TEMPLATED("/p/{uscc}.json")),
        FIXTURE_PATHS(TEMPLATED("/p/{uscc}.json") "," CONCRETE("/p/all.json")),
    };
    for (size_t i = 0; i < 2; i++) {
        use_catalog(TEXTS[i]);
        assert_ok(route_match("GET", "/tax/p/all.json?uscc=" A));
        assert_true(hf_bytes_equal_string(route.path, "/p/all.json?uscc=" A));
        assert_ok(route_match("GET", "/tax/p/" A ".json"));
        assert_true(hf_bytes_equal_string(route.path, "/p/" A ".json"));
    }
}

/* Else a method that the concrete path does not serve would be answered by another operation. */
static void the_path_is_matched_before_the_method(void **state)
{
    (void)state;
    use_catalog(FIXTURE_PATHS(
        CONCRETE("/p/all") ",\"/p/{uscc}\":{\"post\":{\"x-hufu\":" FIXTURE_NOTE
                           ",\"parameters\":[" FIXTURE_USCC
                           "],\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{"
                           "\"properties\":{\"y\":{\"type\":\"integer\"}}}}}}," FIXTURE_ANSWER(
                               FIXTURE_OBJECT) "}}"));
    assert_code(route_match("POST", "/tax/p/all"), METHOD_DENIED);
    assert_code(route_match("GET", "/tax/p/" A), METHOD_DENIED);
    assert_ok(route_match("POST", "/tax/p/" A));
    assert_ok(route_match("GET", "/tax/p/all?uscc=" A));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, route_open, route_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_subject_in_the_path_is_found),
        TEST(a_sole_trader_is_one),
        TEST(a_query_is_rebuilt_in_the_declared_order),
        TEST(a_subject_in_the_query_is_found),
        TEST(a_second_subject_in_the_query_is_refused),
        TEST(a_doubled_parameter_is_refused),
        TEST(encoded_separators_are_refused),
        TEST(other_spellings_of_a_path_are_refused),
        TEST(encoded_digits_ask_for_what_they_spell),
        TEST(a_host_in_the_path_is_refused),
        TEST(a_subject_has_one_spelling),
        TEST(a_resident_id_is_refused_wherever_it_stands),
        TEST(a_parameter_that_does_not_fit_is_refused_by_name),
        TEST(a_problem_never_holds_a_value),
        TEST(an_unknown_route_is_told_apart_from_a_bad_one),
        TEST(another_method_is_denied),
        TEST(the_more_concrete_path_is_matched_whatever_the_order),
        TEST(the_path_is_matched_before_the_method),
        TEST(a_post_waits_for_its_body),
        TEST(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

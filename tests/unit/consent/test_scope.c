#include "consent/scope.h"

#include "tests/unit/consent/payload.h"

#include <stdio.h>

static struct hf_arena arena;
static struct hf_problem problem;
static struct hf_scope scope;

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status parse(const char *text)
{
    const struct hf_json_limits limits = {8192, 6, 1000, 512};
    const struct hf_json *value = NULL;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    problem = (struct hf_problem){0};
    scope = (struct hf_scope){0};
    assert_ok(hf_json_parse(hf_bytes_of_string(text), &limits, &arena, &value, NULL));
    const struct hf_members element = {.object = value,
                                       .text = hf_bytes_of_string(text),
                                       .code = HF_CONSENT_MALFORMED,
                                       .path = "s[0]",
                                       .reterr = &problem};
    return hf_scope_parse(&element, HF_PURPOSE_PRE_LOAN | HF_PURPOSE_IN_LOAN, &arena, &scope);
}

static hf_status parse_with(const char *old, const char *new)
{
    char *text = text_with(PAYLOAD_SCOPE, old, new);
    hf_status status = parse(text);
    free(text);
    return status;
}

static void a_scope_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse(PAYLOAD_SCOPE));
    assert_int_equal(scope.n_datasets, 2);
    assert_true(hf_bytes_equal_string(scope.datasets[1], "tax/arrears"));
    assert_int_equal(scope.actions, HF_ACTION_QUERY | HF_ACTION_ANALYSE | HF_ACTION_USE);
    assert_int_equal(scope.classes, HF_FIELD_TRADE_SECRET);
    assert_int_equal(scope.purposes, HF_PURPOSE_PRE_LOAN | HF_PURPOSE_IN_LOAN);
    assert_true(scope.has_range);
    assert_int_equal(scope.range.first_day, hf_date_of_civil(2023, 1, 1));
    assert_int_equal(scope.range.last_day, hf_date_of_civil(2025, 12, 31));
    assert_int_equal(scope.n_fields, 0);
    assert_int_equal(scope.detail, HF_DETAIL_SUMMARY);
}

static void optional_members_are_read(void **state)
{
    (void)state;
    assert_ok(parse_with("\"classes\":", "\"detail\":\"records\",\"purposes\":[\"in_loan\"],"
                                         "\"fields\":[\"items[].amount\"],\"classes\":"));
    assert_int_equal(scope.detail, HF_DETAIL_RECORDS);
    assert_int_equal(scope.purposes, HF_PURPOSE_IN_LOAN);
    assert_int_equal(scope.n_fields, 1);
    assert_true(hf_bytes_equal_string(scope.fields[0], "items[].amount"));
    assert_ok(parse_with(",\"range\":{\"from\":\"2023-01-01\",\"to\":\"2025-12-31\"}", ""));
    assert_false(scope.has_range);
    assert_ok(parse_with("2025-12-31", "2023-01-01")); /* one day */
    assert_int_equal(scope.range.last_day, scope.range.first_day);
    assert_ok(parse_with("[\"trade_secret\"]", "[]"));
    assert_int_equal(scope.classes, 0);
}

static void one_scope_has_one_canonical_spelling(void **state)
{
    (void)state;
    char first[1024];
    assert_ok(parse(PAYLOAD_SCOPE));
    assert_true(scope.canonical.size < sizeof first);
    memcpy(first, scope.canonical.data, scope.canonical.size);
    size_t size = scope.canonical.size;
    assert_ok(parse("{\"range\":{\"to\":\"2025-12-31\",\"from\":\"2023-01-01\"},"
                    "\"datatypes\":[\"tax\\/payment\",\"tax/arrears\"] ,"
                    "\"classes\":[\"trade_secret\"],\"type\":\"credit_data\","
                    "\"actions\":[\"query\",\"analyse\",\"use\"]}"));
    assert_true(hf_bytes_equal(scope.canonical, hf_bytes_of(first, size)));
}

static void mistakes_name_their_attribute(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        const char *where;
    } cases[] = {
        {"\"type\"", "\"x\":1,\"type\"", "s[0]"},
        {"credit_data", "xyd_data", "s[0].type"},
        {"\"type\":\"credit_data\",", "", "s[0].type"},
        {"tax/payment", "tax/*", "s[0].datatypes"},
        {"tax/payment", "bank/payment", "s[0].datatypes"},
        {"tax/payment", "tax/arrears", "s[0].datatypes[1]"},
        {"[\"tax/payment\",\"tax/arrears\"]", "[]", "s[0].datatypes"},
        {"\"query\"", "\"sell\"", "s[0].actions[0]"},
        {"[\"query\",\"analyse\",\"use\"]", "[]", "s[0].actions"},
        {"[\"trade_secret\"]", "[\"public\"]", "s[0].classes"},
        {"[\"trade_secret\"]", "[\"secret\"]", "s[0].classes[0]"},
        {"\"classes\":[\"trade_secret\"],", "", "s[0].classes"},
        {"2023-01-01", "2023-02-30", "s[0].range.from"},
        {"2023-01-01", "2023-1-1", "s[0].range.from"},
        {"2025-12-31", "2022-12-31", "s[0].range.to"},
        {"2025-12-31", "2028-01-02", "s[0].range.to"}, /* the 1828th day */
        {"\"from\":\"2023-01-01\",", "", "s[0].range.from"},
        {"\"from\"", "\"since\":1,\"from\"", "s[0].range"},
        {"\"type\"", "\"fields\":[],\"type\"", "s[0].fields"},
        {"\"type\"", "\"fields\":[\"\"],\"type\"", "s[0].fields"},
        {"\"type\"", "\"fields\":[\"a\",\"a\"],\"type\"", "s[0].fields[1]"},
        {"\"type\"", "\"detail\":\"all\",\"type\"", "s[0].detail"},
        {"\"type\"", "\"detail\":7,\"type\"", "s[0].detail"},
        {"\"type\"", "\"purposes\":[],\"type\"", "s[0].purposes"},
        {"\"type\"", "\"purposes\":[\"post_loan\"],\"type\"", "s[0].purposes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_code(parse_with(cases[i].old, cases[i].new), CONSENT_MALFORMED);
        assert_string_equal(problem.where, cases[i].where);
    }
    assert_ok(parse_with("2025-12-31", "2028-01-01")); /* the neighbour: 1827 days */
}

static void lists_are_bounded(void **state)
{
    (void)state;
    char list[33 * 16] = "";
    size_t size = 0;
    for (int i = 0; i < 33; i++) {
        size +=
            (size_t)snprintf(list + size, sizeof list - size, "%s\"tax/d%02d\"", i ? "," : "", i);
    }
    assert_code(parse_with("\"tax/payment\",\"tax/arrears\"", list), CONSENT_MALFORMED);
    *strrchr(list, ',') = 0; /* 32 */
    assert_ok(parse_with("\"tax/payment\",\"tax/arrears\"", list));
    assert_code(parse("7"), CONSENT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_scope_becomes_plain_values, stop),
        cmocka_unit_test_teardown(optional_members_are_read, stop),
        cmocka_unit_test_teardown(one_scope_has_one_canonical_spelling, stop),
        cmocka_unit_test_teardown(mistakes_name_their_attribute, stop),
        cmocka_unit_test_teardown(lists_are_bounded, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

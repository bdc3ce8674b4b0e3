#include "policy/rule.h"

#include "tests/unit/policy/rule_fixture.h"

#define LEAF(type, rest) "{\"type\":\"" type "\",\"x-hufu\":{\"class\":\"trade_secret\"" rest "}}"

static const char CATALOG[] = FIXTURE_GET(
    "{\"dataset\":\"payment\",\"subject\":\"uscc\",\"rows\":\"/items\"}",
    "{\"properties\":{\"count\":" LEAF("integer", "") ",\"sum\":" LEAF(
        "number",
        "") ",\"paid\":" LEAF("boolean",
                              "") ",\"name\":" LEAF("string",
                                                    ",\"identifier\":\"name\"") ",\"on\":{\"type\":"
                                                                                "\"string\","
                                                                                "\"format\":"
                                                                                "\"date\",\"x-"
                                                                                "hufu\":{\"class\":"
                                                                                "\"trade_secret\"}}"
                                                                                ",\"none\":{"
                                                                                "\"type\":"
                                                                                "\"number\"},"
                                                                                "\"items\":{"
                                                                                "\"items\":{"
                                                                                "\"properties\":{"
                                                                                "\"day\":" LEAF(
                                                                                    "string",
                                                                                    ",\"date\":"
                                                                                    "true") "}}}}"
                                                                                            "}");

static hf_status check(const char *rules)
{
    struct hf_catalog *catalog = fixture_compiled(CATALOG);
    const char *text = fixture_write(RULES("%s"), rules);
    struct hf_policy *policy = rule_compiled(text);
    hf_status status =
        hf_policy_check_fit(policy, hf_bytes_of_string(text), catalog, &fixture_problems);
    hf_policy_free(policy);
    hf_catalog_free(catalog);
    return status;
}

static void refuse(const char *rules, const char *where, const char *words)
{
    assert_code(check(rules), POLICY_INVALID);
    rule_assert_told(where, words);
}

#define RULE(when, what) "{\"when\":{" when "}," what "}"
#define MASK "\"do\":\"mask\",\"keep_first\":1,\"keep_last\":1"
#define ROUND(step) "\"do\":\"round\",\"step\":" step
#define MONTH "\"do\":\"truncate_date\",\"to\":\"month\""

static void what_fits_is_accepted(void **state)
{
    (void)state;
    assert_ok(check(
        RULE("\"field\":\"count\"", ROUND("10")) "," RULE("\"field\":\"sum\"", ROUND("0.01"))));
    assert_ok(check(RULE("\"field\":[\"on\",\"items[].day\"]", MONTH)));
    assert_ok(check(RULE("\"field\":[\"name\",\"on\"]", MASK)));
    assert_ok(check(RULE("", "\"do\":\"keep\",\"without_consent\":\"null\"")));
    assert_int_equal(fixture_problems.n, 0);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    refuse(RULE("\"field\":\"sum\"", MASK), "/rules/0/do", "`mask` does not fit `sum` of tax/");
    refuse(RULE("\"field\":\"paid\"", MASK), "/rules/0/do", "`mask` does not fit `paid`");
    refuse(RULE("\"field\":\"name\"", ROUND("1")), "/rules/0/do", "`round` does not fit `name`");
    refuse(RULE("\"field\":\"count\"", ROUND("0.5")), "/rules/0/do", "`round` does not fit");
    refuse(RULE("\"field\":\"paid\"", "\"do\":\"pseudonym\""), "/rules/0/do",
           "`pseudonym` does not fit `paid`");
    refuse(RULE("\"field\":\"name\"", "\"do\":\"bucket\",\"edges\":[1]"), "/rules/0/do",
           "`bucket` does not fit `name`");
    refuse(RULE("\"field\":\"name\"", MONTH), "/rules/0/do", "`truncate_date` does not fit");
    refuse(RULE("\"field\":\"paid\"", "\"do\":\"keep\",\"without_consent\":\"round\",\"step\":1"),
           "/rules/0/without_consent", "`round` does not fit");
}

static void the_rules_line_is_told(void **state)
{
    (void)state;
    refuse(
        RULE("\"field\":\"sum\"", "\"do\":\"keep\"") ",\n  " RULE("\"field\":\"sum\",\"purpose\":"
                                                                  "\"pre_loan\"",
                                                                  MASK) ",\n" RULE("", MASK),
        "/rules/2/do", "`mask` does not fit");
    assert_int_equal(fixture_problems.items[0].line, 3);
    assert_int_equal(fixture_problems.items[0].column, 1);
}

static void a_rule_behind_one_that_always_matches_is_not_reached(void **state)
{
    (void)state;
    assert_ok(check(RULE("", "\"do\":\"keep\"") "," RULE("\"field\":\"sum\"", MASK)));
    assert_ok(check(RULE("\"field\":\"sum\"",
                         "\"do\":\"drop\"") "," RULE("\"field\":[\"sum\",\"name\"]", MASK)));
}

static void a_rule_behind_one_that_may_not_match_is_reached(void **state)
{
    (void)state;
    static const char *const MAYBE[] = {"\"purpose\":\"pre_loan\"", "\"action\":\"query\"",
                                        "\"subject_kind\":\"legal\"",
                                        "\"bank\":\"91350100M000100Y43\""};
    for (size_t i = 0; i < 4; i++) {
        char rules[256];
        (void)snprintf(rules, sizeof(rules),
                       "{\"when\":{%s},\"do\":\"keep\"}," RULE("\"field\":\"sum\"", MASK),
                       MAYBE[i]);
        refuse(rules, "/rules/1/do", "`mask` does not fit `sum`");
    }
}

static void a_leaf_that_never_leaves_needs_no_fit(void **state)
{
    (void)state;
    assert_ok(check(RULE("\"field\":\"none\"", MASK)));
}

static void a_name_that_the_catalog_does_not_have_is_refused(void **state)
{
    (void)state;
    refuse(RULE("\"source\":\"tax\",\"field\":\"summ\"", "\"do\":\"drop\""), "/rules/0/when/field",
           "has a leaf `summ`");
    refuse(RULE("\"source\":\"tax\",\"field\":\"items\"", "\"do\":\"drop\""), "/rules/0/when/field",
           "has a leaf `items`");
    refuse(RULE("\"source\":\"tax\",\"dataset\":\"paymnt\"", "\"do\":\"drop\""),
           "/rules/0/when/dataset", "no dataset `paymnt`");
    refuse(RULE("\"source\":\"tax\",\"dataset\":\"samr/payment\"", "\"do\":\"drop\""),
           "/rules/0/when/dataset", "no dataset `samr/payment`");
    assert_ok(check(RULE("\"source\":\"tax\",\"dataset\":\"tax/payment\",\"field\":\"sum\"",
                         "\"do\":\"drop\"")));
}

static void a_name_of_another_sources_catalog_is_not_judged(void **state)
{
    (void)state;
    assert_ok(check(RULE("\"source\":\"samr\",\"field\":\"revenue\"", "\"do\":\"drop\"")));
    assert_ok(
        check(RULE("\"source\":[\"samr\",\"tax\"],\"field\":\"revenue\"", "\"do\":\"drop\"")));
    assert_ok(check(RULE("\"field\":\"revenue\"", "\"do\":\"drop\"")));
}

static void types_of_leaves_are_what_treatments_ask_for(void **state)
{
    (void)state;
    struct hf_catalog *catalog = fixture_compiled(CATALOG);
    const struct hf_schema_field *root = hf_catalog_operation(catalog, 0)->answer;
    assert_int_equal(hf_leaf_types(fixture_field(root, "count")), HF_LEAF_INTEGER);
    assert_int_equal(hf_leaf_types(fixture_field(root, "sum")), HF_LEAF_DECIMAL);
    assert_int_equal(hf_leaf_types(fixture_field(root, "paid")), HF_LEAF_BOOLEAN);
    assert_int_equal(hf_leaf_types(fixture_field(root, "name")), HF_LEAF_STRING);
    assert_int_equal(hf_leaf_types(fixture_field(root, "on")), HF_LEAF_DATE);
    assert_int_equal(hf_leaf_types(fixture_field(root, "items[].day")), HF_LEAF_DATE);
    hf_catalog_free(catalog);
}

static void the_example_policy_fits_the_example_catalogs(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"examples/catalogs/tax.json",
                                        "examples/catalogs/samr.json"};
    hf_buf policy_buf;
    const char *text = fixture_file("examples/policy.json", &policy_buf);
    for (size_t i = 0; i < 2; i++) {
        hf_buf buf;
        struct hf_catalog *catalog = fixture_compiled(fixture_file(NAMES[i], &buf));
        struct hf_policy *policy = rule_compiled(text);
        assert_ok(
            hf_policy_check_fit(policy, hf_bytes_of_string(text), catalog, &fixture_problems));
        hf_policy_free(policy);
        hf_catalog_free(catalog);
        hf_buf_clear(&buf);
    }
    hf_buf_clear(&policy_buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_accepted),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(the_rules_line_is_told),
        cmocka_unit_test(a_rule_behind_one_that_always_matches_is_not_reached),
        cmocka_unit_test(a_rule_behind_one_that_may_not_match_is_reached),
        cmocka_unit_test(a_leaf_that_never_leaves_needs_no_fit),
        cmocka_unit_test(a_name_that_the_catalog_does_not_have_is_refused),
        cmocka_unit_test(a_name_of_another_sources_catalog_is_not_judged),
        cmocka_unit_test(types_of_leaves_are_what_treatments_ask_for),
        cmocka_unit_test(the_example_policy_fits_the_example_catalogs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/rule.h"

#include "crypto/hash.h"
#include "tests/unit/policy/rule_fixture.h"

static struct hf_catalog *catalog;
static struct hf_policy *policy;
static struct hf_rule_facts facts;

/* Facts about tax/payment's field "a": a mobile number, trade secret, level 3. */
static int open_facts(void **state)
{
    (void)state;
    catalog = fixture_compiled(FIXTURE_GET(
        FIXTURE_NOTE,
        "{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{\"class\":"
        "\"trade_secret\",\"level\":3,\"identifier\":\"mobile\"}},\"b\":" FIXTURE_LEAF "}}"));
    const struct hf_operation *operation = hf_catalog_operation(catalog, 0);
    facts = (struct hf_rule_facts){.operation = operation,
                                   .field = fixture_field(operation->answer, "a"),
                                   .bank = HF_LITERAL("91999999MA0000D34W"),
                                   .purpose = HF_PURPOSE_PRE_LOAN,
                                   .actions = HF_ACTION_QUERY | HF_ACTION_USE,
                                   .subject_kind = HF_SUBJECT_LEGAL};
    return 0;
}

static int close_facts(void **state)
{
    (void)state;
    hf_catalog_free(catalog);
    hf_policy_free(policy);
    policy = NULL;
    return 0;
}

/* Whether a rule with this condition matches the facts. */
static bool matches(const char *when)
{
    hf_policy_free(policy);
    policy = NULL;
    policy = rule_compiled(fixture_write(RULES("{\"when\":%s,\"do\":\"keep\"}"), when));
    return hf_policy_decide(policy, &facts) != NULL;
}

static void the_first_rule_that_matches_decides(void **state)
{
    (void)state;
    policy = rule_compiled(RULES("{\"when\":{\"class\":\"public\"},\"do\":\"keep\"},"
                                 "{\"when\":{\"level_at_least\":2},\"do\":\"null\"},"
                                 "{\"when\":{},\"do\":\"keep\"}"));
    assert_int_equal(hf_policy_n_rules(policy), 3);
    assert_ptr_equal(hf_policy_decide(policy, &facts), hf_policy_rule(policy, 1));
    assert_int_equal(hf_policy_rule(policy, 1)->with.kind, HF_TREAT_NULL);
    assert_null(hf_policy_rule(policy, 3));
}

static void no_rule_means_none(void **state)
{
    (void)state;
    policy = rule_compiled(RULES(""));
    assert_null(hf_policy_decide(policy, &facts));
}

static void each_member_of_when_must_match(void **state)
{
    (void)state;
    assert_true(matches("{}"));
    assert_true(matches("{\"class\":\"trade_secret\"}"));
    assert_false(matches("{\"class\":\"personal\"}"));
    assert_true(matches("{\"level_at_least\":3}"));
    assert_false(matches("{\"level_at_least\":4}"));
    assert_true(matches("{\"identifier\":\"mobile\"}"));
    assert_false(matches("{\"identifier\":\"name\"}"));
    assert_true(matches("{\"source\":\"tax\"}"));
    assert_false(matches("{\"source\":\"samr\"}"));
    assert_true(matches("{\"field\":\"a\"}"));
    assert_false(matches("{\"field\":\"b\"}"));
    assert_true(matches("{\"purpose\":\"pre_loan\"}"));
    assert_false(matches("{\"purpose\":\"post_loan\"}"));
    assert_true(matches("{\"subject_kind\":\"legal\"}"));
    assert_false(matches("{\"subject_kind\":[\"person\",\"sole_trader\"]}"));
    assert_true(matches("{\"bank\":\"91999999MA0000D34W\"}"));
    assert_true(matches("{\"bank\":\"uscc:91999999MA0000D34W\"}"));
    assert_false(matches("{\"bank\":\"91999999MA0000A00C\"}"));
    assert_false(matches("{\"class\":\"trade_secret\",\"source\":\"samr\"}"));
}

static void a_dataset_is_named_with_or_without_its_source(void **state)
{
    (void)state;
    assert_true(matches("{\"dataset\":\"payment\"}"));
    assert_true(matches("{\"dataset\":\"tax/payment\"}"));
    assert_false(matches("{\"dataset\":\"samr/payment\"}"));
    assert_false(matches("{\"dataset\":\"arrears\"}"));
}

static void a_list_matches_any_of_its_values(void **state)
{
    (void)state;
    assert_true(matches("{\"class\":[\"public\",\"trade_secret\"]}"));
    assert_true(matches("{\"dataset\":[\"rating\",\"payment\"]}"));
    assert_true(matches("{\"field\":[\"b\",\"a\"]}"));
    assert_false(matches("{\"field\":[\"b\",\"c\"]}"));
}

static void a_rule_with_actions_needs_all_that_are_asked_for(void **state)
{
    (void)state;
    assert_true(matches("{\"action\":[\"query\",\"use\"]}"));
    assert_true(matches("{\"action\":[\"query\",\"process\",\"use\"]}"));
    assert_false(matches("{\"action\":\"query\"}"));
    assert_false(matches("{\"action\":[\"query\",\"process\"]}"));
}

static void what_a_request_does_not_say_matches_no_condition_on_it(void **state)
{
    (void)state;
    facts.actions = 0;
    facts.purpose = 0;
    assert_false(matches("{\"action\":[\"query\",\"process\",\"analyse\",\"use\"]}"));
    assert_false(matches("{\"purpose\":[\"pre_loan\",\"in_loan\",\"post_loan\"]}"));
    assert_true(matches("{}"));
}

static void a_leaf_without_an_identifier_matches_no_condition_on_it(void **state)
{
    (void)state;
    facts.field = fixture_field(facts.operation->answer, "b");
    assert_false(matches("{\"identifier\":\"mobile\"}"));
    assert_true(matches("{\"class\":\"public\",\"level_at_least\":5}"));
}

static void version_and_digest_are_of_the_document(void **state)
{
    (void)state;
    static const char TEXT[] = RULES("");
    uint8_t digest[HF_SHA256_BYTES];
    policy = rule_compiled(TEXT);
    hf_sha256_of(hf_bytes_of_string(TEXT), digest);
    assert_true(hf_bytes_equal_string(hf_policy_version(policy), "1"));
    assert_memory_equal(hf_policy_digest(policy), digest, sizeof(digest));
}

static void a_document_of_the_wrong_form_is_refused(void **state)
{
    (void)state;
    rule_assert_refused("[]", "", "must be an object");
    rule_assert_refused("{}", "", "needs `version`");
    rule_assert_refused("{}", "", "needs `rules`");
    rule_assert_refused("{\"version\":1,\"rules\":[]}", "/version", "needs `version`");
    rule_assert_refused("{\"version\":\"\",\"rules\":[]}", "/version", "needs `version`");
    rule_assert_refused("{\"version\":\"1\",\"rules\":{}}", "/rules", "needs `rules`");
    rule_assert_refused("{\"version\":\"1\",\"rules\":[],\"rule\":[]}", "/rule",
                        "no member `rule`");
    rule_assert_refused("{\"version\":\"1\",\"version\":\"2\",\"rules\":[]}", "", "");
    rule_assert_refused("{\"version\":\"1\",\n\"rules\":[}", "", "");
    assert_int_equal(fixture_problems.items[0].line, 2);
}

static void too_many_rules_are_refused(void **state)
{
    (void)state;
    static char text[4 * (HF_POLICY_MAX_RULES + 32)];
    size_t used = (size_t)snprintf(text, sizeof(text), "{\"version\":\"1\",\"rules\":[1");
    for (int i = 0; i < HF_POLICY_MAX_RULES; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, ",1");
    }
    (void)snprintf(text + used, sizeof(text) - used, "]}");
    rule_assert_refused(text, "/rules", "at most 1024");
    assert_int_equal(fixture_problems.n, 1);
}

static void nothing_may_be_freed(void **state)
{
    (void)state;
    hf_policy_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_facts, close_facts)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_rule_that_matches_decides),
        TEST(no_rule_means_none),
        TEST(each_member_of_when_must_match),
        TEST(a_dataset_is_named_with_or_without_its_source),
        TEST(a_list_matches_any_of_its_values),
        TEST(a_rule_with_actions_needs_all_that_are_asked_for),
        TEST(what_a_request_does_not_say_matches_no_condition_on_it),
        TEST(a_leaf_without_an_identifier_matches_no_condition_on_it),
        TEST(version_and_digest_are_of_the_document),
        TEST(a_document_of_the_wrong_form_is_refused),
        TEST(too_many_rules_are_refused),
        TEST(nothing_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

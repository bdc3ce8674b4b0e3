#include "policy/rule_read.h"

#include "tests/unit/policy/rule_fixture.h"

static void refuse(const char *rule, const char *where, const char *words)
{
    rule_assert_refused(fixture_write(RULES("%s"), rule), where, words);
}

static struct hf_rule read_one(const char *rule)
{
    struct hf_policy *policy = rule_compiled(fixture_write(RULES("%s"), rule));
    struct hf_rule read = *hf_policy_rule(policy, 0);
    read.when = (struct hf_rule_when){0}; /* its lists go with the policy */
    hf_policy_free(policy);
    return read;
}

static void every_treatment_is_read_with_its_parameters(void **state)
{
    (void)state;
    assert_int_equal(read_one("{\"when\":{},\"do\":\"keep\"}").with.kind, HF_TREAT_KEEP);
    struct hf_rule mask =
        read_one("{\"when\":{},\"do\":\"mask\",\"keep_first\":3,\"keep_last\":4}");
    assert_int_equal(mask.with.kind, HF_TREAT_MASK);
    assert_int_equal(mask.with.keep_first, 3);
    assert_int_equal(mask.with.keep_last, 4);
    struct hf_rule round = read_one("{\"when\":{},\"do\":\"round\",\"step\":\"2.50\"}");
    assert_int_equal(round.with.step.units, 250);
    assert_int_equal(round.with.step.decimals, 2);
    assert_int_equal(read_one("{\"when\":{},\"do\":\"round\",\"step\":1000}").with.step.units,
                     1000);
    struct hf_rule date = read_one("{\"when\":{},\"do\":\"truncate_date\",\"to\":\"quarter\"}");
    assert_int_equal(date.with.to, HF_DATE_UNIT_QUARTER);
    assert_int_equal(read_one("{\"when\":{},\"do\":\"truncate_date\",\"to\":\"year\"}").with.to,
                     HF_DATE_UNIT_YEAR);
}

static void without_consent_is_drop_unless_said(void **state)
{
    (void)state;
    assert_int_equal(read_one("{\"when\":{},\"do\":\"keep\"}").without.kind, HF_TREAT_DROP);
    assert_int_equal(
        read_one("{\"when\":{},\"do\":\"keep\",\"without_consent\":\"keep\"}").without.kind,
        HF_TREAT_KEEP);
    struct hf_rule rule = read_one("{\"when\":{},\"do\":\"keep\",\"without_consent\":\"mask\","
                                   "\"keep_first\":1,\"keep_last\":0}");
    assert_int_equal(rule.with.kind, HF_TREAT_KEEP);
    assert_int_equal(rule.without.kind, HF_TREAT_MASK);
    assert_int_equal(rule.without.keep_first, 1);
}

static void edges_are_numbers_or_texts_of_them(void **state)
{
    (void)state;
    struct hf_rule rule = read_one("{\"when\":{},\"do\":\"bucket\",\"edges\":[-5,0,\"1.50\"]}");
    assert_int_equal(rule.with.kind, HF_TREAT_BUCKET);
    assert_int_equal(rule.with.edges.n, 3);
    assert_int_equal(rule.without.edges.n, 3);
}

static void a_pseudonym_has_no_parameters(void **state)
{
    (void)state;
    assert_int_equal(read_one("{\"when\":{},\"do\":\"pseudonym\"}").with.kind, HF_TREAT_PSEUDONYM);
    refuse("{\"when\":{},\"do\":\"pseudonym\",\"keep_first\":1}", "/rules/0/keep_first",
           "belongs to `mask`");
}

static void an_unknown_treatment_is_refused(void **state)
{
    (void)state;
    refuse("{\"when\":{},\"do\":\"hide\"}", "/rules/0/do", "`do` must be keep, drop");
    refuse("{\"when\":{},\"do\":\"Keep\"}", "/rules/0/do", "`do` must be keep, drop");
    refuse("{\"when\":{},\"do\":1}", "/rules/0/do", "`do` must be keep, drop");
    refuse("{\"when\":{}}", "/rules/0", "a rule needs `do`");
    refuse("{\"when\":{},\"do\":\"drop\",\"without_consent\":true}", "/rules/0/without_consent",
           "`without_consent` must be");
}

static void parameters_must_be_there_and_in_range(void **state)
{
    (void)state;
    refuse("{\"when\":{},\"do\":\"mask\",\"keep_first\":1}", "/rules/0",
           "`mask` needs `keep_last`");
    refuse("{\"when\":{},\"do\":\"mask\",\"keep_last\":1}", "/rules/0",
           "`mask` needs `keep_first`");
    refuse("{\"when\":{},\"do\":\"mask\",\"keep_first\":65,\"keep_last\":1}", "/rules/0/keep_first",
           "0 to 64");
    refuse("{\"when\":{},\"do\":\"mask\",\"keep_first\":-1,\"keep_last\":1}", "/rules/0/keep_first",
           "0 to 64");
    refuse("{\"when\":{},\"do\":\"mask\",\"keep_first\":\"1\",\"keep_last\":1}",
           "/rules/0/keep_first", "0 to 64");
    refuse("{\"when\":{},\"do\":\"round\"}", "/rules/0", "`round` needs `step`");
    refuse("{\"when\":{},\"do\":\"round\",\"step\":0}", "/rules/0/step", "a number above 0");
    refuse("{\"when\":{},\"do\":\"round\",\"step\":1e3}", "/rules/0/step", "written plainly");
    refuse("{\"when\":{},\"do\":\"round\",\"step\":-5}", "/rules/0/step", "a number above 0");
    refuse("{\"when\":{},\"do\":\"round\",\"step\":true}", "/rules/0/step", "a number above 0");
    refuse("{\"when\":{},\"do\":\"bucket\"}", "/rules/0", "`bucket` needs `edges`");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":[]}", "/rules/0/edges", "1 to 32");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":1000}", "/rules/0/edges", "1 to 32");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":[1e3]}", "/rules/0/edges/0", "plainly");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":[1,null]}", "/rules/0/edges/1", "plainly");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":[\"-0\"]}", "/rules/0/edges/0", "plainly");
    refuse("{\"when\":{},\"do\":\"bucket\",\"edges\":[5,5.0]}", "/rules/0/edges/1", "must rise");
    refuse("{\"when\":{},\"do\":\"truncate_date\"}", "/rules/0", "needs `to`");
    refuse("{\"when\":{},\"do\":\"truncate_date\",\"to\":\"day\"}", "/rules/0/to", "needs `to`");
}

static void a_parameter_of_another_treatment_is_refused(void **state)
{
    (void)state;
    refuse("{\"when\":{},\"do\":\"keep\",\"keep_first\":1}", "/rules/0/keep_first",
           "belongs to `mask`");
    refuse("{\"when\":{},\"do\":\"keep\",\"keep_last\":1}", "/rules/0/keep_last",
           "belongs to `mask`");
    refuse("{\"when\":{},\"do\":\"drop\",\"step\":1}", "/rules/0/step", "belongs to `round`");
    refuse("{\"when\":{},\"do\":\"round\",\"step\":5,\"edges\":[5]}", "/rules/0/edges",
           "belongs to `bucket`");
    refuse("{\"when\":{},\"do\":\"null\",\"to\":\"year\"}", "/rules/0/to",
           "belongs to `truncate_date`");
}

static void an_unknown_member_is_refused(void **state)
{
    (void)state;
    refuse("{\"when\":{},\"do\":\"keep\",\"with_consent\":\"drop\"}", "/rules/0/with_consent",
           "no member `with_consent`");
    refuse("{\"when\":{\"klass\":\"public\"},\"do\":\"keep\"}", "/rules/0/when/klass",
           "no member `klass`");
    refuse("1", "/rules/0", "must be an object");
    refuse("{\"do\":\"keep\"}", "/rules/0", "a rule needs `when`");
    refuse("{\"when\":[],\"do\":\"keep\"}", "/rules/0/when", "a rule needs `when`");
}

static void a_word_outside_the_vocabulary_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *when;
        const char *where;
        const char *words;
    } BAD[] = {
        {"{\"class\":\"secret\"}", "/rules/0/when/class", "`class` must be of"},
        {"{\"class\":[\"public\",\"secret\"]}", "/rules/0/when/class/1", "must be of"},
        {"{\"class\":1}", "/rules/0/when/class", "a string, or a list"},
        {"{\"class\":[]}", "/rules/0/when/class", "1 to 256 values"},
        {"{\"class\":[[\"public\"]]}", "/rules/0/when/class/0", "a string, or a list"},
        {"{\"level_at_least\":0}", "/rules/0/when/level_at_least", "1, 2, 3, 4 or 5"},
        {"{\"level_at_least\":\"3\"}", "/rules/0/when/level_at_least", "1, 2, 3, 4 or 5"},
        {"{\"level_at_least\":6}", "/rules/0/when/level_at_least", "1, 2, 3, 4 or 5"},
        {"{\"identifier\":\"phone\"}", "/rules/0/when/identifier", "one of uscc"},
        {"{\"source\":\"police\"}", "/rules/0/when/source", "tax samr customs"},
        {"{\"dataset\":\"Tax/payment\"}", "/rules/0/when/dataset", "a dataset"},
        {"{\"dataset\":\"police/payment\"}", "/rules/0/when/dataset", "a dataset"},
        {"{\"field\":\"\"}", "/rules/0/when/field", "a path such as"},
        {"{\"purpose\":\"loan\"}", "/rules/0/when/purpose", "pre_loan in_loan post_loan"},
        {"{\"action\":\"read\"}", "/rules/0/when/action", "query process analyse use"},
        {"{\"bank\":\"91350100M000100Y4Z\"}", "/rules/0/when/bank", "valid Unified Social"},
        {"{\"subject_kind\":\"enterprise\"}", "/rules/0/when/subject_kind", "legal sole_trader"},
    };
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        char rule[256];
        (void)snprintf(rule, sizeof(rule), "{\"when\":%s,\"do\":\"keep\"}", BAD[i].when);
        refuse(rule, BAD[i].where, BAD[i].words);
    }
}

static void several_mistakes_are_told_in_one_run(void **state)
{
    (void)state;
    refuse("{\"when\":{\"class\":\"x\",\"source\":\"y\"},\"do\":\"z\"},{\"do\":\"keep\"}",
           "/rules/1", "a rule needs `when`");
    assert_int_equal(fixture_problems.n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_treatment_is_read_with_its_parameters),
        cmocka_unit_test(without_consent_is_drop_unless_said),
        cmocka_unit_test(edges_are_numbers_or_texts_of_them),
        cmocka_unit_test(a_pseudonym_has_no_parameters),
        cmocka_unit_test(an_unknown_treatment_is_refused),
        cmocka_unit_test(parameters_must_be_there_and_in_range),
        cmocka_unit_test(a_parameter_of_another_treatment_is_refused),
        cmocka_unit_test(an_unknown_member_is_refused),
        cmocka_unit_test(a_word_outside_the_vocabulary_is_refused),
        cmocka_unit_test(several_mistakes_are_told_in_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

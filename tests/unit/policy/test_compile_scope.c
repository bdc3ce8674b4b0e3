#include "policy/compile_scope.h"

#include "tests/unit/policy/compile_fixture.h"

#define SECRET "{\"type\":\"string\",\"x-hufu\":{\"class\":\"trade_secret\"}}"
#define PERSONAL "{\"type\":\"string\",\"x-hufu\":{\"class\":\"personal\"}}"

#define CATALOG(detail)                                                                            \
    FIXTURE_GET("{\"dataset\":\"payment\",\"subject\":\"uscc\",\"rows\":\"/rows\",\"detail\":"     \
                "\"" detail "\"}",                                                                 \
                "{\"properties\":{\"s\":" SECRET ",\"p\":" PERSONAL ",\"rows\":{\"items\":{"       \
                "\"properties\":{\"day\":{\"type\":\"string\",\"x-hufu\":{\"date\":true}},"        \
                "\"s\":" SECRET "}}}}}")

static int open_dated(void **state)
{
    (void)state;
    compile_open(CATALOG("summary"), RULES("{\"when\":{},\"do\":\"keep\"}"));
    return 0;
}

static const struct hf_schema_field *leaf(const char *path)
{
    return fixture_field(compile_request.operation->answer, path);
}

static const struct hf_grant_scope *cover(const char *path, bool in_rows)
{
    const struct hf_reach reach = hf_scopes_reach(&compile_request);
    return hf_scopes_cover(&compile_request, &reach, leaf(path), in_rows);
}

static enum hf_code coverage(void)
{
    return hf_scopes_reach(&compile_request).coverage;
}

static void without_a_scope_consent_is_missing(void **state)
{
    (void)state;
    assert_int_equal(coverage(), HF_CONSENT_MISSING);
    assert_null(cover("rows[].s", true));
}

static void a_scope_that_covers_everything_covers(void **state)
{
    (void)state;
    struct hf_grant_scope *scope = compile_add(compile_scope());
    assert_int_equal(coverage(), HF_OK);
    assert_ptr_equal(cover("rows[].s", true), scope);
    assert_ptr_equal(cover("s", false), scope);
}

static void each_missing_part_denies_with_its_code(void **state)
{
    (void)state;
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->n_datasets = 0;
    assert_int_equal(coverage(), HF_SCOPE_DENIED);
    *scope = compile_scope();
    scope->purposes = HF_PURPOSE_POST_LOAN;
    assert_int_equal(coverage(), HF_PURPOSE_DENIED);
    *scope = compile_scope();
    scope->actions = HF_ACTION_QUERY;
    compile_request.actions = HF_ACTION_QUERY | HF_ACTION_ANALYSE;
    assert_int_equal(coverage(), HF_ACTION_DENIED);
    compile_request.actions = 0;
    assert_int_equal(coverage(), HF_ACTION_DENIED);
    compile_request.actions = HF_ACTION_QUERY;
    scope->has_range = false;
    assert_int_equal(coverage(), HF_RANGE_DENIED);
    assert_null(cover("rows[].s", true));
}

static void the_nearest_scope_gives_the_code(void **state)
{
    (void)state;
    compile_add(compile_scope())->has_range = false;
    compile_add(compile_scope())->n_datasets = 0;
    assert_int_equal(coverage(), HF_RANGE_DENIED);
}

static void no_purpose_is_covered_by_none(void **state)
{
    (void)state;
    compile_add(compile_scope());
    compile_request.purpose = 0;
    assert_int_equal(coverage(), HF_PURPOSE_DENIED);
}

static void records_need_a_scope_with_records(void **state)
{
    (void)state;
    compile_close(NULL);
    compile_open(CATALOG("records"), RULES(""));
    struct hf_grant_scope *scope = compile_add(compile_scope());
    assert_int_equal(coverage(), HF_SCOPE_DENIED);
    scope->detail = HF_DETAIL_RECORDS;
    assert_int_equal(coverage(), HF_OK);
}

static void a_scope_with_records_covers_a_summary(void **state)
{
    (void)state;
    compile_add(compile_scope())->detail = HF_DETAIL_RECORDS;
    assert_int_equal(coverage(), HF_OK);
}

static void a_class_must_be_in_the_scope(void **state)
{
    (void)state;
    compile_add(compile_scope())->classes = HF_FIELD_PERSONAL;
    assert_int_equal(coverage(), HF_OK);
    assert_null(cover("rows[].s", true));
}

static void a_list_of_fields_narrows(void **state)
{
    (void)state;
    const hf_bytes fields[] = {HF_LITERAL("s"), HF_LITERAL("rows[].other")};
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->fields = fields;
    scope->n_fields = 2;
    assert_ptr_equal(cover("s", false), scope);
    assert_null(cover("rows[].s", true));
}

static void two_scopes_never_combine(void **state)
{
    (void)state;
    compile_add(compile_scope())->classes = HF_FIELD_PERSONAL;   /* dataset, purpose, no class */
    struct hf_grant_scope *other = compile_add(compile_scope()); /* class, another purpose */
    other->purposes = HF_PURPOSE_POST_LOAN;
    assert_int_equal(coverage(), HF_OK);
    assert_null(cover("rows[].s", true));
    *other = compile_scope();
    other->actions = HF_ACTION_USE;
    assert_null(cover("rows[].s", true));
    *other = compile_scope();
    other->n_datasets = 0;
    assert_null(cover("rows[].s", true));
}

static void ranges_of_two_scopes_never_add_up(void **state)
{
    (void)state;
    struct hf_grant_scope *first = compile_add(compile_scope());
    struct hf_grant_scope *second = compile_add(compile_scope());
    first->classes = 0;
    second->range.first_day = first->range.first_day + 1;
    assert_ptr_equal(hf_scopes_reach(&compile_request).leading, first);
    assert_null(cover("rows[].s", true));
    assert_ptr_equal(cover("s", false), second);
    second->range.first_day = first->range.first_day - 1;
    assert_ptr_equal(cover("rows[].s", true), second);
    second->range.last_day = first->range.last_day - 1;
    assert_null(cover("rows[].s", true));
}

static void personal_classes_need_the_persons_own_scope(void **state)
{
    (void)state;
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->classes = HF_FIELD_ALL;
    assert_null(cover("p", false));
    scope->grantor_kind = HF_SUBJECT_SOLE_TRADER;
    assert_null(cover("p", false));
    scope->grantor_kind = HF_SUBJECT_PERSON;
    assert_null(cover("p", false)); /* some person's is not the subject's */
    scope->by_subject = true;
    assert_ptr_equal(cover("p", false), scope);
}

static void a_person_cannot_release_an_enterprises_secret(void **state)
{
    (void)state;
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->grantor_kind = HF_SUBJECT_PERSON;
    assert_null(cover("s", false));
    compile_request.subject_kind = HF_SUBJECT_PERSON;
    assert_ptr_equal(cover("s", false), scope);
    scope->grantor_kind = HF_SUBJECT_LEGAL;
    assert_null(cover("s", false));
}

static const struct hf_grant_scope *agree(const char *path, bool in_rows)
{
    const struct hf_reach reach = hf_scopes_reach(&compile_request);
    return hf_scopes_agree(&compile_request, &reach, leaf(path), in_rows);
}

static void a_trade_is_opened_by_the_person_who_trades(void **state)
{
    (void)state;
    compile_add(compile_scope());
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->grantor_kind = HF_SUBJECT_PERSON;
    scope->classes = HF_FIELD_PERSONAL;
    assert_null(agree("s", false)); /* some person's is not the trader's */
    scope->by_subject = true;
    assert_ptr_equal(agree("s", false), scope);
    scope->classes = HF_FIELD_TRADE_SECRET; /* to the person it is personal */
    assert_null(agree("s", false));
    scope->classes = HF_FIELD_PERSONAL;
    scope->range.first_day++; /* and in every row */
    assert_null(agree("rows[].s", true));
    assert_ptr_equal(agree("s", false), scope);
    scope->n_datasets = 0;
    assert_null(agree("s", false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_dated, compile_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_scope_consent_is_missing),
        TEST(a_scope_that_covers_everything_covers),
        TEST(each_missing_part_denies_with_its_code),
        TEST(the_nearest_scope_gives_the_code),
        TEST(no_purpose_is_covered_by_none),
        TEST(records_need_a_scope_with_records),
        TEST(a_scope_with_records_covers_a_summary),
        TEST(a_class_must_be_in_the_scope),
        TEST(a_list_of_fields_narrows),
        TEST(two_scopes_never_combine),
        TEST(ranges_of_two_scopes_never_add_up),
        TEST(personal_classes_need_the_persons_own_scope),
        TEST(a_trade_is_opened_by_the_person_who_trades),
        TEST(a_person_cannot_release_an_enterprises_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

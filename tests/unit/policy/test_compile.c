#include "policy/compile.h"

#include "tests/unit/policy/compile_fixture.h"

/* JSON is spelled with single quotes here; quoted() makes it JSON. */

#define HEAD                                                                                       \
    "{'openapi':'3.1.0','info':{'x-hufu':{'source':'tax'}},'paths':{'/p/{uscc}':{'get':{"          \
    "'parameters':[{'name':'uscc','in':'path','required':true,'schema':{'type':'string'}}],"
#define ANSWER                                                                                     \
    "'responses':{'200':{'content':{'application/json':{'schema':{'type':'object',"                \
    "'properties':{"
#define TAIL "}}}}}}}}}}"

/* Every kind of leaf, none dated. */
static const char FLAT[] =
    HEAD "'x-hufu':{'dataset':'payment','subject':'uscc','public':true}," ANSWER
         "'open':{'type':'string','x-hufu':{'class':'public'}},"
         "'secret':{'type':'string','x-hufu':{'class':'trade_secret'}},"
         "'who':{'type':'string','x-hufu':{'class':'personal'}},"
         "'id':{'type':'string','x-hufu':{'class':'sensitive_personal'}},"
         "'hers':{'type':'string','x-hufu':{'class':'sensitive_personal','owner':'id'}},"
         "'name':{'type':'string','x-hufu':{'class':'personal','owner':'id'}},"
         "'bare':{'type':'string'}" TAIL;

static const char FLAT_DOCUMENT[] = "{'open':'o','secret':'s','who':'w','id':'i',"
                                    "'hers':'h','name':'m','bare':'b','more':'x'}";

#define MOTHER "11010519491231002X"
#define CHILD "440524188001010014"
#define HERS "{'hers':'h','name':'m','who':'w','id':'" MOTHER "'}"
#define THEIRS "{'id':'" CHILD "','hers':'h','name':'m','who':'w'}"

static const char TEXTS[] =
    HEAD "'x-hufu':{'dataset':'note','subject':'uscc','public':true}," ANSWER
         "'note':{'type':'string','x-hufu':{'class':'trade_secret','text':true}},"
         "'word':{'type':['string','integer'],'x-hufu':{'class':'public','text':true}}" TAIL;

static const char TEXTS_DOCUMENT[] = "{'note':'n 13800138000','word':'w 13800138000'}";

/* Dated rows and what stands beside them. */
static const char DATED[] =
    HEAD "'x-hufu':{'dataset':'payment','subject':'uscc','rows':'/rows','public':true}," ANSWER
         "'open':{'type':'string','x-hufu':{'class':'public'}},"
         "'total':{'type':'string','x-hufu':{'class':'trade_secret'}},"
         "'left':{'type':'string','x-hufu':{'class':'trade_secret','undated':true}},"
         "'rows':{'type':'array','items':{'type':'object','properties':{"
         "'day':{'type':'string','x-hufu':{'date':true}},"
         "'s':{'type':'string','x-hufu':{'class':'trade_secret'}},"
         "'o':{'type':'string','x-hufu':{'class':'public'}}}}}" TAIL;

static const char DATED_DOCUMENT[] = "{'open':'o','total':'t','left':'l','rows':["
                                     "{'day':'2023-12-31','s':'1','o':'a'},"
                                     "{'day':'2024-01-01','s':'2','o':'b'},"
                                     "{'day':null,'s':'3','o':'c'},"
                                     "{'day':'2025','s':'4','o':'d'}]}";

static const char *quoted(const char *text)
{
    static char json[8 << 10];
    size_t size = strlen(text);
    assert_true(size < sizeof(json));
    for (size_t i = 0; i <= size; i++) {
        json[i] = text[i] == '\'' ? '"' : text[i];
    }
    return json;
}

/* What leaves of a document, in single quotes again. */
static const char *left_of(const char *document)
{
    static char left[8 << 10];
    const char *json = compile_run(quoted(document));
    size_t size = strlen(json);
    for (size_t i = 0; i <= size; i++) {
        left[i] = json[i] == '"' ? '\'' : json[i];
    }
    return left;
}

/* As loose as a policy can be. */
static const char KEEP_ALL[] = RULES("{\"when\":{},\"do\":\"keep\",\"without_consent\":\"keep\"}");
static const char KEEP[] = RULES("{\"when\":{\"class\":\"public\"},\"do\":\"keep\"},"
                                 "{\"when\":{},\"do\":\"keep\",\"without_consent\":\"drop\"}");

/* As wide as consents can be: the enterprise's and a person's, every class. */
static void add_widest(void)
{
    compile_add(compile_scope())->classes = HF_FIELD_ALL;
    struct hf_grant_scope *person = compile_add(compile_scope());
    person->classes = HF_FIELD_ALL;
    person->grantor_kind = HF_SUBJECT_PERSON;
    person->consent = 1;
}

/* ---- what is withheld whatever policy and consents say ---- */

static void an_enterprise_has_no_personal_data_of_its_own(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    add_widest();
    compile_add(compile_persons_scope(MOTHER, 2))->by_subject = true;
    assert_null(strstr(left_of(HERS), "'who'"));
}

/* ---- whose personal data ---- */

static void what_is_a_persons_leaves_by_that_persons_word(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    compile_add(compile_scope());
    assert_string_equal(left_of(HERS), "{}");
    compile_add(compile_persons_scope(MOTHER, 1));
    assert_string_equal(left_of(HERS), "{'hers':'h','name':'m','id':'" MOTHER "'}");
    assert_string_equal(left_of(THEIRS), "{}");
    assert_int_equal(compile_view->charged, 3);
    compile_add(compile_persons_scope(CHILD, 2))->classes = HF_FIELD_PERSONAL;
    assert_string_equal(left_of(HERS), "{'hers':'h','name':'m','id':'" MOTHER "'}");
    assert_string_equal(left_of(THEIRS), "{'name':'m'}");
    assert_int_equal(compile_view->charged, 7);
}

static void an_enterprises_word_is_nobodys(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    struct hf_grant_scope *scope = compile_add(compile_persons_scope(MOTHER, 1));
    scope->grantor_kind = HF_SUBJECT_LEGAL;
    assert_string_equal(left_of(HERS), "{}");
}

static void a_persons_scope_names_the_fields_it_covers(void **state)
{
    static const hf_bytes field = {(const uint8_t *)"hers", 4};
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    struct hf_grant_scope *scope = compile_add(compile_persons_scope(MOTHER, 1));
    scope->fields = &field;
    scope->n_fields = 1;
    assert_string_equal(left_of(HERS), "{'hers':'h'}");
    compile_add(compile_persons_scope(CHILD, 2));
    assert_string_equal(left_of(HERS), "{'hers':'h'}");
    assert_string_equal(left_of(THEIRS), "{'id':'" CHILD "','hers':'h','name':'m'}");
}

static void nobody_elses_word_opens_personal_data(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{},\"do\":\"keep\",\"without_consent\":\"null\"}"));
    assert_string_equal(left_of(HERS), "{}");
    compile_add(compile_persons_scope(CHILD, 0));
    assert_string_equal(left_of(HERS), "{}");
}

static void what_the_policy_drops_needs_no_owner(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{\"class\":\"personal\"},\"do\":\"drop\"},"
                                     "{\"when\":{},\"do\":\"drop\"}"));
    compile_add(compile_persons_scope(MOTHER, 1));
    assert_string_equal(left_of(HERS), "{}");
    assert_false(hf_view_has_owners(compile_view->view));
    assert_int_equal(compile_view->charged, 0);
}

static void of_a_person_what_has_no_owner_is_the_persons(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    compile_request.subject_kind = HF_SUBJECT_PERSON;
    struct hf_grant_scope *own = compile_add(compile_persons_scope(MOTHER, 0));
    assert_string_equal(left_of("{'who':'w'}"), "{}");
    own->by_subject = true;
    assert_string_equal(left_of("{'who':'w'}"), "{'who':'w'}");
    assert_string_equal(left_of(THEIRS), "{'who':'w'}");
    assert_string_equal(left_of(HERS), "{'hers':'h','name':'m','who':'w','id':'" MOTHER "'}");
}

static void of_a_sole_trader_what_has_no_owner_is_the_traders(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    compile_add(compile_scope())->grantor_kind = HF_SUBJECT_SOLE_TRADER;
    struct hf_grant_scope *own = compile_add(compile_persons_scope(MOTHER, 1));
    compile_add(compile_persons_scope(CHILD, 2));
    assert_string_equal(left_of(THEIRS), "{}"); /* nobody who trades agrees */
    own->by_subject = true;
    assert_string_equal(left_of(THEIRS), "{'id':'" CHILD "','hers':'h','name':'m','who':'w'}");
    own->classes = HF_FIELD_SENSITIVE;
    assert_string_equal(left_of(THEIRS), "{'id':'" CHILD "','hers':'h'}");
}

/* ---- free text ---- */

static void kept_text_is_scanned(void **state)
{
    (void)state;
    compile_open(quoted(TEXTS), KEEP_ALL);
    add_widest();
    assert_string_equal(left_of(TEXTS_DOCUMENT), "{'note':'n ***********','word':'w ***********'}");
    assert_string_equal(left_of("{'word':13800138000}"), "{}");
    assert_string_equal(left_of("{'word':1380013800}"), "{'word':1380013800}");
}

static void scan_scans(void **state)
{
    (void)state;
    compile_open(quoted(TEXTS), RULES("{\"when\":{},\"do\":\"scan\"}"));
    assert_string_equal(left_of(TEXTS_DOCUMENT), "{'word':'w ***********'}");
}

static void what_would_show_a_part_of_a_text_withholds_it(void **state)
{
    (void)state;
    compile_open(quoted(TEXTS), RULES("{\"when\":{},\"do\":\"mask\",\"keep_first\":64,"
                                      "\"keep_last\":64}"));
    add_widest();
    assert_string_equal(left_of(TEXTS_DOCUMENT), "{}");
}

static void what_is_not_public_of_a_sole_trader_is_withheld(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    add_widest();
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o'}");
    assert_int_equal(compile_view->charged, 0);
}

static void a_sole_traders_secret_needs_trader_and_person_and_charges_both(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    struct hf_grant_scope *trader = compile_add(compile_scope());
    struct hf_grant_scope *person = compile_add(compile_scope());
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    trader->grantor_kind = HF_SUBJECT_SOLE_TRADER;
    person->consent = 1;
    person->grantor_kind = HF_SUBJECT_PERSON;
    person->classes = HF_FIELD_PERSONAL;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o'}");
    person->by_subject = true;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','secret':'s','who':'w'}");
    assert_int_equal(compile_view->charged, 3);
    trader->classes = 0;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','who':'w'}");
    assert_int_equal(compile_view->charged, 2); /* what is the person's own is left */
}

static void a_leaf_without_a_class_is_withheld(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    add_widest();
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','secret':'s'}");
}

/* ---- consent, agreement, policy ---- */

static void without_consent_only_what_the_policy_gives_leaves(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{},\"do\":\"keep\",\"without_consent\":\"mask\","
                                     "\"keep_first\":0,\"keep_last\":0}"));
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','secret':'*'}");
    assert_int_equal(compile_view->coverage, HF_CONSENT_MISSING);
    assert_int_equal(compile_view->charged, 0);
    assert_true(compile_view->releases_any);
}

static void a_covered_secret_leaves_and_charges_its_consent(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP);
    compile_add(compile_scope())->consent = 3;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','secret':'s'}");
    assert_int_equal(compile_view->coverage, HF_OK);
    assert_int_equal(compile_view->charged, 1u << 3);
}

static void a_consent_that_releases_nothing_is_not_charged(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP);
    compile_add(compile_scope())->classes = 0;
    compile_add(compile_scope())->consent = 1;
    compile_compile();
    assert_int_equal(compile_view->charged, 1u << 1);
}

static void dropped_and_null_fields_charge_nobody(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{\"class\":\"trade_secret\"},\"do\":\"null\"}"));
    compile_add(compile_scope());
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'secret':null}");
    assert_int_equal(compile_view->charged, 0);
    assert_false(compile_view->releases_any);
}

static void without_a_rule_nothing_leaves(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES(""));
    add_widest();
    assert_string_equal(left_of(FLAT_DOCUMENT), "{}");
    assert_false(compile_view->releases_any);
}

static void the_agreement_is_the_outer_bound(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP_ALL);
    add_widest();
    compile_request.agreement_classes = HF_FIELD_TRADE_SECRET;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'secret':'s'}");
    compile_request.agreement_classes = HF_FIELD_PUBLIC;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o'}");
    compile_request.agreement_classes = 0;
    assert_string_equal(left_of(FLAT_DOCUMENT), "{}");
}

static void a_treatment_that_does_not_fit_withholds(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{},\"do\":\"round\",\"step\":1}"));
    add_widest();
    assert_string_equal(left_of(FLAT_DOCUMENT), "{}");
}

static void rules_see_the_request(void **state)
{
    (void)state;
    compile_open(quoted(FLAT),
                 RULES("{\"when\":{\"purpose\":\"pre_loan\",\"action\":[\"query\"],\"bank\":"
                       "\"" COMPILE_BANK "\",\"subject_kind\":\"legal\"},\"do\":\"keep\"}"));
    compile_add(compile_scope());
    assert_string_equal(left_of(FLAT_DOCUMENT), "{'open':'o','secret':'s'}");
    compile_request.bank = HF_LITERAL(COMPILE_A);
    assert_string_equal(left_of(FLAT_DOCUMENT), "{}");
}

/* ---- dates ---- */

static void rows_outside_the_range_are_withheld(void **state)
{
    (void)state;
    compile_open(quoted(DATED), KEEP);
    compile_add(compile_scope());
    assert_string_equal(left_of(DATED_DOCUMENT), "{'open':'o','left':'l','rows':[{'s':'2','o':'b'},"
                                                 "{'s':'4','o':'d'}]}");
}

static void beside_rows_only_public_and_undated_leave(void **state)
{
    (void)state;
    compile_open(quoted(DATED), KEEP_ALL);
    add_widest();
    const char *left = left_of(DATED_DOCUMENT);
    assert_null(strstr(left, "'total'"));
    assert_non_null(strstr(left, "'left'"));
    assert_non_null(strstr(left, "'open'"));
}

static void the_public_view_has_every_row(void **state)
{
    (void)state;
    compile_open(quoted(DATED), KEEP);
    assert_string_equal(left_of(DATED_DOCUMENT),
                        "{'open':'o','rows':[{'o':'a'},{'o':'b'},{'o':'c'},"
                        "{'o':'d'}]}");
}

static void the_first_scope_that_covers_sets_the_range(void **state)
{
    (void)state;
    compile_open(quoted(DATED), KEEP);
    struct hf_grant_scope *narrow = compile_add(compile_scope());
    narrow->range.first_day = hf_date_of_civil(2025, 1, 1);
    compile_add(compile_scope())->range.first_day = hf_date_of_civil(2000, 1, 1);
    assert_string_equal(left_of(DATED_DOCUMENT),
                        "{'open':'o','left':'l','rows':[{'s':'4','o':'d'}]}");
}

static void a_field_of_another_range_never_leaves_in_these_rows(void **state)
{
    (void)state;
    compile_open(quoted(DATED), KEEP);
    compile_add(compile_scope())->classes = 0;
    struct hf_grant_scope *later = compile_add(compile_scope());
    later->range.first_day = hf_date_of_civil(2025, 1, 1);
    const char *left = left_of(DATED_DOCUMENT);
    assert_null(strstr(left, "'s'"));
    assert_non_null(strstr(left, "'left'"));
}

/* ---- bounds ---- */

static void too_many_scopes_are_refused(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP);
    compile_add(compile_scope())->consent = HF_GRANT_MAX_CONSENTS;
    assert_code(hf_view_compile(&compile_request, &compile_view), LIMIT);
    static struct hf_grant_scope many[HF_GRANT_MAX_SCOPES + 1];
    compile_request.scopes = many;
    compile_request.n_scopes = HF_GRANT_MAX_SCOPES + 1;
    assert_code(hf_view_compile(&compile_request, &compile_view), LIMIT);
    assert_null(compile_view);
}

static void references_are_counted(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), KEEP);
    compile_compile();
    assert_ptr_equal(hf_compiled_view_ref(compile_view), compile_view);
    hf_compiled_view_unref(compile_view);
    assert_int_equal(compile_view->n_refs, 1);
    hf_compiled_view_unref(NULL);
}

/* Else `{"a":[["leak"]]}` would pass where the catalog has seen one array only. */
static void an_array_stands_only_where_the_catalog_has_one(void **state)
{
    (void)state;
    compile_open(
        quoted(HEAD "'x-hufu':{'dataset':'payment','subject':'uscc','public':true}," ANSWER
                    "'one':{'items':{'type':'string','x-hufu':{'class':'public'}}},"
                    "'two':{'items':{'items':{'type':'string','x-hufu':{'class':'public'}}}}" TAIL),
        KEEP_ALL);
    assert_string_equal(left_of("{'one':['a',['leak']],'two':[['b'],'leak',[['leak'],'c']]}"),
                        "{'one':['a'],'two':[['b'],['c']]}");
}

static void an_access_is_judged_by_its_view(void **state)
{
    (void)state;
    struct hf_operation closed;
    compile_open(quoted(FLAT), KEEP);
    closed = *compile_request.operation;
    closed.is_public = false;
    compile_compile();
    assert_ok(hf_compiled_view_judge(compile_view, compile_request.operation, false, NULL));
    assert_code(hf_compiled_view_judge(compile_view, &closed, false, NULL), CONSENT_MISSING);
    compile_add(compile_scope())->actions = HF_ACTION_USE;
    compile_compile();
    assert_code(hf_compiled_view_judge(compile_view, &closed, true, NULL), ACTION_DENIED);
    compile_add(compile_scope());
    compile_compile();
    assert_ok(hf_compiled_view_judge(compile_view, &closed, true, NULL));
}

static void where_nothing_is_released_there_is_no_access(void **state)
{
    (void)state;
    compile_open(quoted(FLAT), RULES("{\"when\":{},\"do\":\"null\"}"));
    compile_add(compile_scope());
    compile_compile();
    assert_code(hf_compiled_view_judge(compile_view, compile_request.operation, true, NULL),
                SCOPE_DENIED);
    assert_code(hf_compiled_view_judge(compile_view, compile_request.operation, false, NULL),
                CONSENT_MISSING);
}

#define TEST(name) cmocka_unit_test_teardown(name, compile_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_enterprise_has_no_personal_data_of_its_own),
        TEST(what_is_a_persons_leaves_by_that_persons_word),
        TEST(an_enterprises_word_is_nobodys),
        TEST(a_persons_scope_names_the_fields_it_covers),
        TEST(nobody_elses_word_opens_personal_data),
        TEST(what_the_policy_drops_needs_no_owner),
        TEST(of_a_person_what_has_no_owner_is_the_persons),
        TEST(of_a_sole_trader_what_has_no_owner_is_the_traders),
        TEST(kept_text_is_scanned),
        TEST(scan_scans),
        TEST(what_would_show_a_part_of_a_text_withholds_it),
        TEST(what_is_not_public_of_a_sole_trader_is_withheld),
        TEST(a_sole_traders_secret_needs_trader_and_person_and_charges_both),
        TEST(a_leaf_without_a_class_is_withheld),
        TEST(without_consent_only_what_the_policy_gives_leaves),
        TEST(a_covered_secret_leaves_and_charges_its_consent),
        TEST(a_consent_that_releases_nothing_is_not_charged),
        TEST(dropped_and_null_fields_charge_nobody),
        TEST(without_a_rule_nothing_leaves),
        TEST(the_agreement_is_the_outer_bound),
        TEST(a_treatment_that_does_not_fit_withholds),
        TEST(rules_see_the_request),
        TEST(rows_outside_the_range_are_withheld),
        TEST(beside_rows_only_public_and_undated_leave),
        TEST(the_public_view_has_every_row),
        TEST(the_first_scope_that_covers_sets_the_range),
        TEST(a_field_of_another_range_never_leaves_in_these_rows),
        TEST(too_many_scopes_are_refused),
        TEST(an_array_stands_only_where_the_catalog_has_one),
        TEST(an_access_is_judged_by_its_view),
        TEST(where_nothing_is_released_there_is_no_access),
        TEST(references_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

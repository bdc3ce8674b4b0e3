#include "policy/explain.h"

#include "policy/compile_describe.h"
#include "policy/compile_scope.h"
#include "tests/unit/policy/compile_fixture.h"

/* JSON is spelled with single quotes here; quoted() makes it JSON. */

static const char CATALOG[] =
    "{'openapi':'3.1.0','info':{'x-hufu':{'source':'tax'}},'paths':{'/p/{uscc}':{'get':{"
    "'parameters':[{'name':'uscc','in':'path','required':true,'schema':{'type':'string'}}],"
    "'x-hufu':{'dataset':'payment','subject':'uscc','rows':'/rows','public':true},"
    "'responses':{'200':{'content':{'application/json':{'schema':{'type':'object','properties':{"
    "'open':{'type':'string','x-hufu':{'class':'public'}},"
    "'bare':{'type':'string'},"
    "'who':{'type':'string','x-hufu':{'class':'personal'}},"
    "'total':{'type':'string','x-hufu':{'class':'trade_secret'}},"
    "'left':{'type':'string','x-hufu':{'class':'trade_secret','undated':true}},"
    "'rows':{'type':'array','items':{'type':'object','properties':{"
    "'day':{'type':'string','x-hufu':{'date':true}},"
    "'id':{'type':'string'},"
    "'name':{'type':'string','x-hufu':{'class':'personal','owner':'id'}},"
    "'sum':{'type':'integer','x-hufu':{'class':'trade_secret'}}}}}}}}}}}}}}}";

static const char KEEP[] =
    RULES("{\"when\":{\"field\":\"left\"},\"do\":\"mask\",\"keep_first\":3,\"keep_last\":4},"
          "{\"when\":{\"class\":\"public\"},\"do\":\"keep\"},"
          "{\"when\":{\"class\":\"trade_secret\"},\"do\":\"keep\",\"without_consent\":\"null\"}");

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

static void open_with(const char *policy)
{
    compile_open(quoted(CATALOG), policy);
}

/* ---- one leaf by its path ---- */

struct seek {
    const char *path;
    struct hf_explained_leaf found;
    size_t n_found;
};

static hf_status find(void *context, const struct hf_explained_leaf *leaf)
{
    struct seek *seek = context;
    if (hf_bytes_equal_string(leaf->leaf->path, seek->path)) {
        seek->found = *leaf;
        seek->n_found++;
    }
    return HF_DONE;
}

static struct hf_explained_leaf explained(const char *path)
{
    struct seek seek = {.path = path};
    assert_ok(hf_view_explain(&compile_request, find, &seek));
    assert_int_equal(seek.n_found, 1);
    return seek.found;
}

static void assert_reason(const char *path, enum hf_reason reason)
{
    assert_string_equal(hf_reason_name(explained(path).reason), hf_reason_name(reason));
}

static void assert_lack(const char *path, enum hf_lack lack)
{
    assert_string_equal(hf_lack_name(explained(path).lack), hf_lack_name(lack));
    assert_int_equal(explained(path).reason, HF_REASON_NOT_COVERED);
}

/* ---- reasons ---- */

static void a_leaf_without_a_class_says_so(void **state)
{
    (void)state;
    open_with(KEEP);
    assert_reason("bare", HF_REASON_NO_CLASS);
    assert_null(explained("bare").rule);
}

static void a_class_outside_the_agreement_says_so(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope());
    compile_request.agreement_classes = HF_FIELD_PUBLIC;
    assert_reason("rows[].sum", HF_REASON_NOT_AGREED);
    assert_reason("open", HF_REASON_PUBLIC);
}

static void personal_data_says_that_it_is_nobodys(void **state)
{
    (void)state;
    open_with(KEEP);
    assert_reason("who", HF_REASON_NOBODYS);
}

static void what_has_an_owner_says_whose_word_it_needs(void **state)
{
    hf_bytes persons[HF_GRANT_MAX_CONSENTS];
    (void)state;
    open_with(
        RULES("{\"when\":{\"class\":\"personal\"},\"do\":\"keep\",\"without_consent\":\"keep\"}"));
    compile_add(compile_scope());
    assert_reason("rows[].name", HF_REASON_NOT_COVERED);
    assert_null(explained("rows[].name").rule); /* no rule can give it away */
    compile_add(compile_persons_scope("11010519491231002X", 1))->classes = HF_FIELD_SENSITIVE;
    assert_lack("rows[].name", HF_LACK_CLASS);
    struct hf_grant_scope *scope = compile_add(compile_persons_scope("440524188001010014", 2));
    assert_reason("rows[].name", HF_REASON_OWNED);
    assert_int_equal(explained("rows[].name").persons, 2);
    assert_ptr_equal(explained("rows[].name").scope, scope);
    assert_int_equal(hf_view_persons(&compile_request, persons), 2);
    assert_true(hf_bytes_equal(persons[1], scope->grantor));
}

static void an_undated_secret_beside_rows_says_so(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope());
    assert_reason("total", HF_REASON_BESIDE_ROWS);
    assert_reason("left", HF_REASON_COVERED);
}

static void without_a_rule_the_reason_is_that(void **state)
{
    (void)state;
    open_with(RULES("{\"when\":{\"class\":\"personal\"},\"do\":\"keep\"}"));
    compile_add(compile_scope());
    assert_reason("rows[].sum", HF_REASON_NO_RULE);
}

static void a_sole_traders_secret_says_who_must_agree(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope());
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    assert_reason("rows[].sum", HF_REASON_SOLE_TRADER);
    assert_null(explained("rows[].sum").by_whom);
}

static void a_treatment_that_does_not_fit_says_so(void **state)
{
    (void)state;
    open_with(RULES("{\"when\":{},\"do\":\"mask\",\"keep_first\":1,\"keep_last\":1}"));
    compile_add(compile_scope());
    assert_reason("rows[].sum", HF_REASON_MISFIT);
    assert_int_equal(explained("rows[].sum").treatment.kind, HF_TREAT_DROP);
}

static void a_covered_leaf_names_rule_and_scope(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope())->classes = 0;
    struct hf_grant_scope *second = compile_add(compile_scope());
    const struct hf_explained_leaf leaf = explained("rows[].sum");
    assert_int_equal(leaf.reason, HF_REASON_COVERED);
    assert_ptr_equal(leaf.scope, second);
    assert_int_equal(leaf.rule->index, 2);
    assert_true(leaf.is_with && leaf.is_released && leaf.in_rows);
}

static void a_leaf_that_is_not_covered_names_the_other_branch(void **state)
{
    (void)state;
    open_with(KEEP);
    const struct hf_explained_leaf leaf = explained("rows[].sum");
    assert_int_equal(leaf.reason, HF_REASON_NOT_COVERED);
    assert_int_equal(leaf.treatment.kind, HF_TREAT_NULL);
    assert_false(leaf.is_with || leaf.is_released);
}

/* ---- what the nearest scope lacks ---- */

static void without_a_scope_that_is_what_lacks(void **state)
{
    (void)state;
    open_with(KEEP);
    assert_lack("rows[].sum", HF_LACK_SCOPE);
    compile_add(compile_scope())->purposes = HF_PURPOSE_POST_LOAN;
    assert_lack("rows[].sum", HF_LACK_SCOPE);
}

static void a_missing_class_is_what_lacks(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope())->classes = HF_FIELD_PERSONAL;
    assert_lack("rows[].sum", HF_LACK_CLASS);
}

static void a_missing_field_is_what_lacks(void **state)
{
    (void)state;
    static const hf_bytes fields[] = {{(const uint8_t *)"left", 4}};
    open_with(KEEP);
    struct hf_grant_scope *scope = compile_add(compile_scope());
    scope->fields = fields;
    scope->n_fields = 1;
    assert_lack("rows[].sum", HF_LACK_FIELD);
    assert_reason("left", HF_REASON_COVERED);
}

static void a_grantor_of_another_kind_is_what_lacks(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope())->grantor_kind = HF_SUBJECT_PERSON;
    assert_lack("rows[].sum", HF_LACK_GRANTOR);
}

static void a_shifted_range_is_what_lacks(void **state)
{
    (void)state;
    open_with(KEEP);
    compile_add(compile_scope())->classes = 0;
    compile_add(compile_scope())->range.first_day++;
    assert_lack("rows[].sum", HF_LACK_RANGE);
    assert_int_equal(explained("open").lack, HF_LACK_NOTHING);
}

/* ---- the explanation is the view ---- */

static hf_status describe(void *context, const struct hf_explained_leaf *leaf)
{
    hf_bytes all[HF_GRANT_MAX_CONSENTS];
    hf_bytes persons[HF_GRANT_MAX_CONSENTS];
    size_t n = hf_view_persons(&compile_request, all);
    size_t n_persons = 0;
    for (size_t i = 0; i < n; i++) {
        if (leaf->persons >> i & 1) {
            persons[n_persons++] = all[i];
        }
    }
    HF_TRY(hf_describe_leaf(context, leaf->leaf, &leaf->treatment));
    return hf_describe_owner(context, leaf->leaf, persons, n_persons);
}

/* The digest of the view, from what the explanation says of each leaf. */
static void assert_same_as_the_view(const struct hf_view_range *range)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_buf text = hf_buf_init(1 << 16);
    compile_compile();
    assert_ok(hf_describe_head(&text, &compile_request, range));
    assert_ok(hf_view_explain(&compile_request, describe, &text));
    hf_sha256_of(hf_buf_view(&text), digest);
    assert_memory_equal(digest, compile_view->digest, sizeof(digest));
    hf_buf_clear(&text);
}

static void what_is_explained_is_what_the_view_does(void **state)
{
    (void)state;
    const struct hf_view_range none = {.bounded = false};
    open_with(KEEP);
    assert_null(hf_view_leading(&compile_request));
    assert_same_as_the_view(&none);
    const struct hf_grant_scope *scope = compile_add(compile_scope());
    const struct hf_view_range range = {true, scope->range.first_day, scope->range.last_day};
    assert_ptr_equal(hf_view_leading(&compile_request), scope);
    assert_same_as_the_view(&range);
    compile_add(compile_persons_scope("11010519491231002X", 1));
    compile_add(compile_persons_scope("440524188001010014", 2));
    assert_same_as_the_view(&range);
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    assert_same_as_the_view(&range);
    compile_request.agreement_classes = HF_FIELD_PUBLIC;
    assert_same_as_the_view(&range);
}

/* ---- the rest ---- */

static hf_status stop(void *context, const struct hf_explained_leaf *leaf)
{
    (void)leaf;
    ++*(size_t *)context;
    return hf_status_of(HF_IO);
}

static void a_visitor_ends_the_walk(void **state)
{
    (void)state;
    size_t n = 0;
    open_with(KEEP);
    assert_int_equal(hf_view_explain(&compile_request, stop, &n).code, HF_IO);
    assert_int_equal(n, 1);
}

static void too_many_consents_are_refused_as_by_the_compiler(void **state)
{
    (void)state;
    size_t n = 0;
    open_with(KEEP);
    compile_add(compile_scope())->consent = HF_GRANT_MAX_CONSENTS;
    assert_int_equal(hf_view_explain(&compile_request, stop, &n).code, HF_LIMIT);
    assert_int_equal(n, 0);
}

static void treatments_are_spelled_with_their_parameters(void **state)
{
    (void)state;
    hf_buf text = hf_buf_init(64);
    open_with(KEEP);
    compile_add(compile_scope());
    const struct hf_explained_leaf leaf = explained("left");
    assert_ok(hf_treatment_write(&leaf.treatment, &text));
    assert_true(hf_bytes_equal_string(hf_buf_view(&text), "mask 3 4"));
    hf_buf_clear(&text);
}

static void every_reason_and_lack_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < HF_N_REASONS; i++) {
        assert_true(strlen(hf_reason_sentence((enum hf_reason)i)) > 1);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(hf_reason_name((enum hf_reason)i),
                                    hf_reason_name((enum hf_reason)k));
        }
    }
    for (int i = 0; i <= HF_LACK_NOTHING; i++) {
        assert_true(strlen(hf_lack_sentence((enum hf_lack)i)) > 1);
        assert_string_not_equal(hf_lack_name((enum hf_lack)i), "?");
    }
    assert_string_equal(hf_reason_name(HF_N_REASONS), "?");
    assert_string_equal(hf_lack_name((enum hf_lack)(HF_LACK_NOTHING + 1)), "?");
}

#define TEST(name) cmocka_unit_test_teardown(name, compile_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leaf_without_a_class_says_so),
        TEST(a_class_outside_the_agreement_says_so),
        TEST(personal_data_says_that_it_is_nobodys),
        TEST(what_has_an_owner_says_whose_word_it_needs),
        TEST(an_undated_secret_beside_rows_says_so),
        TEST(without_a_rule_the_reason_is_that),
        TEST(a_sole_traders_secret_says_who_must_agree),
        TEST(a_treatment_that_does_not_fit_says_so),
        TEST(a_covered_leaf_names_rule_and_scope),
        TEST(a_leaf_that_is_not_covered_names_the_other_branch),
        TEST(without_a_scope_that_is_what_lacks),
        TEST(a_missing_class_is_what_lacks),
        TEST(a_missing_field_is_what_lacks),
        TEST(a_grantor_of_another_kind_is_what_lacks),
        TEST(a_shifted_range_is_what_lacks),
        TEST(what_is_explained_is_what_the_view_does),
        TEST(a_visitor_ends_the_walk),
        TEST(too_many_consents_are_refused_as_by_the_compiler),
        TEST(treatments_are_spelled_with_their_parameters),
        TEST(every_reason_and_lack_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

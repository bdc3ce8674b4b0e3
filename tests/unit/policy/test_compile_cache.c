#include "tests/unit/policy/compile_fixture.h"

static const char CATALOG[] = FIXTURE_GET(FIXTURE_NOTE, FIXTURE_OBJECT);

static struct hf_view_cache *cache;

static int open_cache(void **state)
{
    (void)state;
    compile_open(CATALOG, RULES("{\"when\":{},\"do\":\"keep\"}"));
    compile_add(compile_scope());
    assert_ok(hf_view_cache_new(2, &cache));
    return 0;
}

static int close_cache(void **state)
{
    hf_view_cache_free(cache);
    return compile_close(state);
}

/* The view of the request as it stands; the cache keeps it alive. */
static struct hf_compiled_view *get(void)
{
    struct hf_compiled_view *view = NULL;
    assert_ok(hf_view_cache_get(cache, &compile_request, &view));
    hf_compiled_view_unref(view);
    return view;
}

static void the_same_request_gets_the_same_view(void **state)
{
    (void)state;
    struct hf_compiled_view *view = get();
    assert_ptr_equal(get(), view);
    assert_int_equal(view->n_refs, 1);
}

static void every_member_of_a_request_is_in_the_key(void **state)
{
    (void)state;
    const hf_bytes other[] = {HF_LITERAL("tax/payment"), HF_LITERAL("tax/rating")};
    const hf_bytes fields[] = {HF_LITERAL("a")};
    struct hf_view_request requests[8];
    struct hf_grant_scope scopes[13];
    struct hf_compiled_view *base = get();
    for (size_t i = 0; i < 8; i++) {
        requests[i] = compile_request;
    }
    requests[0].generation = 2;
    requests[1].bank = HF_LITERAL(COMPILE_A);
    requests[2].purpose = HF_PURPOSE_IN_LOAN;
    requests[3].actions = HF_ACTION_USE;
    requests[4].subject_kind = HF_SUBJECT_SOLE_TRADER;
    requests[5].agreement_classes = HF_FIELD_PUBLIC;
    requests[6].n_scopes = 0;
    for (size_t i = 0; i < 13; i++) {
        scopes[i] = compile_scope();
    }
    scopes[0].consent = 1;
    scopes[1].grantor_kind = HF_SUBJECT_PERSON;
    scopes[2].grantor = HF_LITERAL("uscc:" COMPILE_BANK);
    scopes[3].datasets = other;
    scopes[4].purposes = HF_PURPOSE_ALL;
    scopes[5].actions = HF_ACTION_ALL;
    scopes[6].classes = 0;
    scopes[7].has_range = false;
    scopes[8].range.first_day++;
    scopes[9].range.last_day++;
    scopes[10].fields = fields;
    scopes[10].n_fields = 1;
    scopes[11].detail = HF_DETAIL_RECORDS;
    scopes[12].by_subject = true;
    struct hf_view_request whole = compile_request;
    for (size_t i = 0; i < 7 + 13; i++) {
        compile_request = i < 7 ? requests[i] : whole;
        if (i >= 7) {
            compile_request.scopes = &scopes[i - 7];
        }
        assert_ptr_not_equal(get(), base);
        compile_request = whole;
        assert_ptr_equal(get(), base);
    }
}

static void two_lists_of_the_same_bytes_are_two_keys(void **state)
{
    (void)state;
    const hf_bytes joined[] = {HF_LITERAL("tax/paymentt/all")};
    struct hf_compiled_view *base = get();
    compile_scopes[0].datasets = joined;
    compile_scopes[0].n_datasets = 1;
    assert_ptr_not_equal(get(), base);
}

/* What is too long to be compared byte by byte is in the key to its last byte. */
static void a_long_request_is_in_the_key_whole(void **state)
{
    (void)state;
    enum { N_FIELDS = 400, LONG_BYTES = 9000 };
    static char names[N_FIELDS][24];
    static char longest[LONG_BYTES];
    static hf_bytes fields[N_FIELDS + 1];
    for (size_t i = 0; i < N_FIELDS; i++) {
        snprintf(names[i], sizeof names[i], "items[].field_%03zu", i);
        fields[i] = hf_bytes_of_string(names[i]);
    }
    memset(longest, 'x', sizeof longest);
    fields[N_FIELDS] = hf_bytes_of(longest, sizeof longest);
    compile_scopes[0].fields = fields;
    compile_scopes[0].n_fields = N_FIELDS + 1;
    struct hf_compiled_view *base = get();
    assert_ptr_equal(get(), base);
    for (size_t i = 0; i < 4; i++) {
        char *byte = i < 3 ? &names[i * (N_FIELDS - 1) / 2][16] : &longest[LONG_BYTES - 1];
        char kept = *byte;
        *byte = '!';
        assert_ptr_not_equal(get(), base);
        *byte = kept;
        assert_ptr_equal(get(), base);
    }
}

static void many_views_are_each_found_again(void **state)
{
    (void)state;
    enum { N_VIEWS = 300 };
    static struct hf_compiled_view *views[N_VIEWS];
    struct hf_view_cache *few = cache;
    assert_ok(hf_view_cache_new(N_VIEWS, &cache));
    for (uint64_t i = 0; i < N_VIEWS; i++) {
        compile_request.generation = i;
        views[i] = get();
    }
    for (uint64_t i = 0; i < N_VIEWS; i++) {
        compile_request.generation = i;
        assert_ptr_equal(get(), views[i]);
    }
    compile_request.generation = N_VIEWS;
    struct hf_compiled_view *newest = get(); /* the oldest had to go */
    compile_request.generation = 1;
    assert_ptr_equal(get(), views[1]);
    compile_request.generation = N_VIEWS;
    assert_ptr_equal(get(), newest);
    hf_view_cache_free(cache);
    cache = few;
}

static void the_least_recently_used_view_leaves_first(void **state)
{
    (void)state;
    struct hf_compiled_view *held = NULL;
    struct hf_compiled_view *first = get();
    compile_request.generation = 2;
    assert_ok(hf_view_cache_get(cache, &compile_request, &held));
    compile_request.generation = 1;
    assert_ptr_equal(get(), first);
    compile_request.generation = 3;
    (void)get();
    assert_int_equal(held->n_refs, 1); /* ours only: it left the cache */
    compile_request.generation = 1;
    assert_ptr_equal(get(), first);
    hf_compiled_view_unref(held);
}

static void a_request_that_cannot_be_compiled_is_not_kept(void **state)
{
    (void)state;
    struct hf_compiled_view *view = NULL;
    compile_scopes[0].consent = HF_GRANT_MAX_CONSENTS;
    assert_code(hf_view_cache_get(cache, &compile_request, &view), LIMIT);
    assert_null(view);
}

static void an_empty_cache_may_be_freed(void **state)
{
    (void)state;
    struct hf_view_cache *empty = NULL;
    assert_ok(hf_view_cache_new(0, &empty));
    hf_view_cache_free(empty);
    hf_view_cache_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cache, close_cache)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_request_gets_the_same_view),
        TEST(every_member_of_a_request_is_in_the_key),
        TEST(two_lists_of_the_same_bytes_are_two_keys),
        TEST(a_long_request_is_in_the_key_whole),
        TEST(many_views_are_each_found_again),
        TEST(the_least_recently_used_view_leaves_first),
        TEST(a_request_that_cannot_be_compiled_is_not_kept),
        TEST(an_empty_cache_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

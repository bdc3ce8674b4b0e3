/* Plans: what a view alone says of a value, for every type, treatment and flag. */
#include "policy/view_node.h"

#include "tests/support/redacting.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* The plan for @scalar of the leaf that @words spell. */
static unsigned plan_of(const char *words, enum hf_scalar scalar)
{
    char text[128];
    snprintf(text, sizeof text, "\"%s\"", words);
    struct hf_view *view = redacting_view(text, NULL);
    assert_non_null(view);
    unsigned plan = view->root->plans[scalar];
    hf_view_unref(view);
    return plan;
}

static void a_kept_leaf_keeps_its_own_type_only(void **state)
{
    (void)state;
    assert_int_equal(plan_of("string keep", HF_SCALAR_STRING), HF_PLAN_KEEP);
    assert_int_equal(plan_of("string keep", HF_SCALAR_INTEGER), HF_PLAN_REFUSE);
    assert_int_equal(plan_of("string keep", HF_SCALAR_BOOLEAN), HF_PLAN_REFUSE);
    assert_int_equal(plan_of("integer keep", HF_SCALAR_INTEGER), HF_PLAN_KEEP);
    assert_int_equal(plan_of("integer keep", HF_SCALAR_DECIMAL), HF_PLAN_REFUSE);
    assert_int_equal(plan_of("decimal keep", HF_SCALAR_INTEGER), HF_PLAN_KEEP);
    assert_int_equal(plan_of("decimal keep", HF_SCALAR_DECIMAL), HF_PLAN_KEEP);
    assert_int_equal(plan_of("boolean keep", HF_SCALAR_BOOLEAN), HF_PLAN_KEEP);
    assert_int_equal(plan_of("boolean keep", HF_SCALAR_STRING), HF_PLAN_REFUSE);
}

static void null_stays_where_it_may_stand(void **state)
{
    (void)state;
    assert_int_equal(plan_of("string keep", HF_SCALAR_NULL), HF_PLAN_REFUSE);
    assert_int_equal(plan_of("string keep nullable", HF_SCALAR_NULL), HF_PLAN_KEEP);
    assert_int_equal(plan_of("string mask=1,1 nullable", HF_SCALAR_NULL), HF_PLAN_KEEP);
    assert_int_equal(plan_of("string drop nullable", HF_SCALAR_NULL), HF_PLAN_DROP);
}

static void what_a_treatment_writes_is_a_change(void **state)
{
    (void)state;
    assert_int_equal(plan_of("string mask=1,1", HF_SCALAR_STRING), HF_PLAN_CHANGE);
    assert_int_equal(plan_of("any null", HF_SCALAR_STRING), HF_PLAN_CHANGE);
    assert_int_equal(plan_of("any null", HF_SCALAR_BOOLEAN), HF_PLAN_CHANGE);
    assert_int_equal(plan_of("decimal round=10", HF_SCALAR_INTEGER), HF_PLAN_CHANGE);
}

static void all_that_stands_at_a_dropped_place_is_dropped(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_SCALARS; i++) {
        assert_int_equal(plan_of("*", (enum hf_scalar)i), HF_PLAN_DROP);
        assert_int_equal(plan_of("any drop", (enum hf_scalar)i), HF_PLAN_DROP);
    }
}

/* No shortcut may pass by a date or a subject: LOOK makes the plan unlike every plain one. */
static void dates_and_subjects_are_looked_at_whatever_is_done_to_them(void **state)
{
    (void)state;
    assert_int_equal(plan_of("date keep", HF_SCALAR_STRING), HF_PLAN_KEEP | HF_PLAN_LOOK);
    assert_int_equal(plan_of("date month", HF_SCALAR_STRING), HF_PLAN_CHANGE | HF_PLAN_LOOK);
    assert_int_equal(plan_of("date null", HF_SCALAR_STRING), HF_PLAN_CHANGE | HF_PLAN_LOOK);
    assert_int_equal(plan_of("text null", HF_SCALAR_STRING), HF_PLAN_CHANGE);
    assert_int_equal(plan_of("text keep", HF_SCALAR_STRING), HF_PLAN_KEEP);
    assert_int_equal(plan_of("string drop echo", HF_SCALAR_STRING), HF_PLAN_DROP | HF_PLAN_LOOK);
    for (unsigned i = 0; i < HF_N_SCALARS; i++) {
        assert_true(plan_of("any keep date", (enum hf_scalar)i) & HF_PLAN_LOOK);
        assert_true(plan_of("any drop date", (enum hf_scalar)i) & HF_PLAN_LOOK);
        assert_true(plan_of("any null echo", (enum hf_scalar)i) & HF_PLAN_LOOK);
    }
}

static void a_container_refuses_scalars(void **state)
{
    (void)state;
    struct hf_view *view = redacting_view("{\"nullable\":true,\"a\":\"date keep date\"}", NULL);
    assert_non_null(view);
    assert_int_equal(view->root->plans[HF_SCALAR_STRING], HF_PLAN_REFUSE);
    assert_int_equal(view->root->plans[HF_SCALAR_NULL], HF_PLAN_KEEP | HF_PLAN_LOOK);
    hf_view_unref(view);
    view = redacting_view("[\"string keep\"]", NULL);
    assert_non_null(view);
    assert_int_equal(view->root->plans[HF_SCALAR_BOOLEAN], HF_PLAN_REFUSE);
    assert_int_equal(view->root->plans[HF_SCALAR_NULL], HF_PLAN_REFUSE);
    hf_view_unref(view);
}

static void text_is_needed_where_it_is_looked_at_or_changed(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        bool expected;
    } cases[] = {{"string keep max=3", false}, {"any null", false},       {"string drop", false},
                 {"date keep", true},          {"string mask=1,1", true}, {"date month", true},
                 {"string drop echo", true},   {"text keep date", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "\"%s\"", cases[i].words);
        struct hf_view *view = redacting_view(text, NULL);
        assert_non_null(view);
        assert_int_equal(view->root->needs_text, cases[i].expected);
        hf_view_unref(view);
    }
}

static unsigned way_of(const char *words)
{
    char text[128];
    snprintf(text, sizeof text, "\"%s\"", words);
    struct hf_view *view = redacting_view(text, NULL);
    assert_non_null(view);
    unsigned way = view->root->string_way;
    hf_view_unref(view);
    return way;
}

static void the_way_of_a_string_is_said_only_where_the_view_settles_it(void **state)
{
    (void)state;
    assert_int_equal(way_of("string keep"), HF_WAY_KEEP);
    assert_int_equal(way_of("string keep max=18"), HF_WAY_KEEP_FEW);
    assert_int_equal(way_of("string drop"), HF_WAY_DROP);
    assert_int_equal(way_of("*"), HF_WAY_DROP);
    assert_int_equal(way_of("string mask=1,1"), HF_WAY_MASK);
    assert_int_equal(way_of("date keep"), HF_WAY_DAY);
    assert_int_equal(way_of("date keep date"), HF_WAY_DAY);
    assert_int_equal(way_of("text keep date"), HF_WAY_DAY);
    assert_int_equal(way_of("date month"), HF_WAY_DAY_MONTH);
}

static void all_other_strings_are_asked_about(void **state)
{
    (void)state;
    static const char *const asked[] = {
        "string null",     "string keep echo", "string drop echo", "date keep echo",
        "date drop date",  "integer keep",     "date quarter",     "date year",
        "date keep max=9", "date mask=1,1",    "text keep echo",   "date null",
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        assert_int_equal(way_of(asked[i]), HF_WAY_ASK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_leaf_keeps_its_own_type_only),
        cmocka_unit_test(null_stays_where_it_may_stand),
        cmocka_unit_test(what_a_treatment_writes_is_a_change),
        cmocka_unit_test(all_that_stands_at_a_dropped_place_is_dropped),
        cmocka_unit_test(dates_and_subjects_are_looked_at_whatever_is_done_to_them),
        cmocka_unit_test(a_container_refuses_scalars),
        cmocka_unit_test(text_is_needed_where_it_is_looked_at_or_changed),
        cmocka_unit_test(the_way_of_a_string_is_said_only_where_the_view_settles_it),
        cmocka_unit_test(all_other_strings_are_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

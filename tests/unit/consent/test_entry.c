#include "consent/entry.h"

#include "consent/entry_parts.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { NOON = 1767240000 /* 2026-01-01T12:00+08:00 */, DAY_S = 86400 };

static struct hf_tally tally;
static struct hf_entry *entry;

static struct hf_entry *bound(uint32_t max_total, bool has_window, uint32_t window_count)
{
    struct hf_entry_facts facts = {.nbf_unix_s = NOON,
                                   .exp_unix_s = NOON + 90 * DAY_S,
                                   .max_total = max_total,
                                   .has_window = has_window,
                                   .window = HF_WINDOW_DAY,
                                   .window_count = window_count};
    struct hf_entry *new = NULL;
    assert_ok(hf_consent_id_of(HF_LITERAL("uscc:91350100M000100Y43"),
                               HF_LITERAL("0123456789012345678901"), &facts.id));
    assert_ok(hf_entry_new(&facts.id, &tally, &new));
    hf_entry_bind(new, &facts);
    return new;
}

static int start(void **state)
{
    (void)state;
    tally = (struct hf_tally){.mutex = PTHREAD_MUTEX_INITIALIZER};
    entry = NULL;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    while (tally.dirty) {
        struct hf_entry *next = tally.dirty->next_dirty;
        hf_entry_unref(tally.dirty);
        tally.dirty = next;
    }
    hf_entry_unref(entry);
    return 0;
}

static struct hf_use reserved(int64_t unix_s)
{
    struct hf_use use = {0};
    assert_ok(hf_entry_reserve(entry, unix_s, &use));
    assert_ptr_equal(use.entry, entry);
    assert_int_equal(use.unix_s, unix_s);
    return use;
}

static struct hf_consent_status status_at(int64_t now)
{
    struct hf_consent_status status;
    hf_entry_status(entry, now, &status);
    return status;
}

static void uses_run_out(void **state)
{
    (void)state;
    struct hf_use use = {0};
    entry = bound(2, false, 0);
    assert_int_equal(status_at(NOON).left, 2);
    reserved(NOON);
    reserved(NOON);
    assert_code(hf_entry_reserve(entry, NOON, &use), USE_LIMIT);
    assert_null(use.entry);
    assert_int_equal(status_at(NOON).left, 0);
    assert_int_equal(status_at(NOON).state, HF_STATE_EXHAUSTED);
    assert_false(status_at(NOON).has_window);
}

static void a_window_has_uses_of_its_own(void **state)
{
    (void)state;
    struct hf_use use;
    entry = bound(100, true, 2);
    reserved(NOON);
    reserved(NOON + 100);
    assert_code(hf_entry_reserve(entry, NOON + 200, &use), USE_LIMIT);
    assert_int_equal(status_at(NOON + 200).window_left, 0);
    assert_int_equal(status_at(NOON + 200).window_ends_unix_s, NOON + DAY_S / 2);
    assert_int_equal(status_at(NOON + 200).state, HF_STATE_ACTIVE);
    assert_int_equal(status_at(NOON + DAY_S).window_left, 2); /* tomorrow */
    reserved(NOON + DAY_S / 2);                               /* midnight in Shanghai */
    assert_int_equal(status_at(NOON + DAY_S / 2).left, 97);
}

/* 2026-02-01T00:00+08:00 is 16:00 of the day before in UTC. */
static void a_month_turns_at_midnight_in_shanghai(void **state)
{
    (void)state;
    enum { MIDNIGHT = 1769875200 };
    struct hf_entry_facts facts;
    struct hf_use use;
    entry = bound(9, true, 1);
    facts = entry->facts;
    facts.window = HF_WINDOW_MONTH;
    hf_entry_bind(entry, &facts);
    reserved(MIDNIGHT - 2);
    assert_code(hf_entry_reserve(entry, MIDNIGHT - 1, &use), USE_LIMIT);
    assert_int_equal(status_at(MIDNIGHT - 1).window_ends_unix_s, MIDNIGHT);
    reserved(MIDNIGHT);
    assert_code(hf_entry_reserve(entry, MIDNIGHT + 1, &use), USE_LIMIT);
}

static void a_day_turns_at_midnight_in_shanghai(void **state)
{
    (void)state;
    const int64_t midnight = NOON + DAY_S / 2;
    struct hf_use use;
    entry = bound(9, true, 1);
    reserved(midnight - 1);
    assert_code(hf_entry_reserve(entry, midnight - 1, &use), USE_LIMIT);
    reserved(midnight);
    assert_code(hf_entry_reserve(entry, midnight + DAY_S - 1, &use), USE_LIMIT);
}

static void a_clock_that_goes_back_opens_no_window_again(void **state)
{
    (void)state;
    struct hf_use use;
    entry = bound(100, true, 1);
    reserved(NOON + DAY_S);
    assert_code(hf_entry_reserve(entry, NOON, &use), USE_LIMIT);
    assert_int_equal(status_at(NOON).window_left, 0);
}

static void what_a_window_leaves_is_bounded_by_the_total(void **state)
{
    (void)state;
    entry = bound(1, true, 5);
    assert_int_equal(status_at(NOON).window_left, 1);
}

static void a_use_may_be_cancelled_or_given_back(void **state)
{
    (void)state;
    entry = bound(1, true, 1);
    struct hf_use use = reserved(NOON);
    hf_use_cancel(&use);
    assert_int_equal(status_at(NOON).window_left, 1);
    use = reserved(NOON);
    hf_use_give_back(&use, 17);
    assert_int_equal(status_at(NOON).left, 1);
    use = reserved(NOON);
    hf_use_settle(&use, 18);
    assert_int_equal(status_at(NOON).left, 0);
}

/* The window has moved on: what is given back belongs to yesterday. */
static void a_late_return_does_not_widen_the_next_window(void **state)
{
    (void)state;
    entry = bound(100, true, 1);
    struct hf_use yesterday = reserved(NOON);
    reserved(NOON + DAY_S);
    hf_use_give_back(&yesterday, 5);
    assert_int_equal(status_at(NOON + DAY_S).window_left, 0);
    assert_int_equal(status_at(NOON + DAY_S).left, 99);
}

static void the_state_word_refuses(void **state)
{
    (void)state;
    struct hf_use use;
    entry = bound(5, false, 0);
    assert_true(hf_entry_stands(entry));
    assert_ok(hf_entry_judge_state(entry));
    hf_entry_set_word(entry, HF_WORD_PAUSED);
    assert_false(hf_entry_stands(entry));
    assert_code(hf_entry_judge_state(entry), CONSENT_PAUSED);
    assert_code(hf_entry_reserve(entry, NOON, &use), CONSENT_PAUSED);
    assert_int_equal(status_at(NOON).state, HF_STATE_PAUSED);
    hf_entry_set_word(entry, HF_WORD_REVOKED);
    assert_code(hf_entry_judge_state(entry), CONSENT_REVOKED);
    assert_int_equal(status_at(NOON).state, HF_STATE_REVOKED);
    assert_int_equal(status_at(NOON).left, 5); /* nothing was taken */
}

static void the_hour_shows_in_the_state(void **state)
{
    (void)state;
    entry = bound(5, false, 0);
    assert_int_equal(status_at(NOON - 61).state, HF_STATE_PENDING);
    assert_int_equal(status_at(NOON - 60).state, HF_STATE_ACTIVE);
    assert_int_equal(status_at(NOON + 90 * DAY_S - 1).state, HF_STATE_ACTIVE);
    assert_int_equal(status_at(NOON + 90 * DAY_S).state, HF_STATE_EXPIRED);
    assert_int_equal(status_at(NOON).exp_unix_s, NOON + 90 * DAY_S);
}

static void every_state_has_a_name(void **state)
{
    (void)state;
    static const char *const names[] = {"revoked", "paused",    "expired",
                                        "pending", "exhausted", "active"};
    for (unsigned i = 0; i <= HF_STATE_ACTIVE; i++) {
        assert_string_equal(hf_consent_state_name((enum hf_consent_state)i), names[i]);
    }
    assert_null(hf_consent_state_name((enum hf_consent_state)6));
}

static void a_snapshot_waits_for_uses_under_way(void **state)
{
    (void)state;
    struct hf_use_counts counts;
    entry = bound(5, true, 5);
    struct hf_use first = reserved(NOON);
    struct hf_use second = reserved(NOON);
    assert_false(hf_entry_snapshot(entry, &counts));
    hf_use_settle(&first, 20);
    assert_false(hf_entry_snapshot(entry, &counts));
    hf_use_settle(&second, 11);
    assert_true(hf_entry_snapshot(entry, &counts));
    assert_int_equal(counts.total, 2);
    assert_int_equal(counts.n_records, 21); /* the furthest, whatever the order */
    assert_int_equal(counts.windows[HF_WINDOW_DAY].count, 2);
    assert_int_equal(counts.windows[HF_WINDOW_DAY].index, hf_window_index(HF_WINDOW_DAY, NOON));
    assert_int_equal(atomic_load(&tally.n_told), 21);
}

static void a_used_entry_is_listed_once_from_where_it_began(void **state)
{
    (void)state;
    entry = bound(5, false, 0);
    atomic_store(&tally.n_told, 40);
    assert_null(tally.dirty);
    struct hf_use use = reserved(NOON);
    assert_ptr_equal(tally.dirty, entry);
    assert_int_equal(entry->dirty_from, 40);
    hf_use_settle(&use, 41);
    reserved(NOON);
    assert_ptr_equal(tally.dirty, entry);
    assert_null(entry->next_dirty);
    assert_int_equal(entry->dirty_from, 40);
}

static void unbound_counts_fit_any_window(void **state)
{
    (void)state;
    struct hf_use_counts counts;
    struct hf_entry_facts facts = {.max_total = 10,
                                   .has_window = true,
                                   .window = HF_WINDOW_HOUR,
                                   .window_count = 3,
                                   .exp_unix_s = NOON + DAY_S};
    assert_ok(hf_consent_id_of(HF_LITERAL("uscc:91350100M000100Y43"),
                               HF_LITERAL("0123456789012345678901"), &facts.id));
    assert_ok(hf_entry_new(&facts.id, &tally, &entry));
    hf_entry_replay(entry, NOON, 1, false);
    hf_entry_replay(entry, NOON + 3600, 2, false);
    hf_entry_replay(entry, NOON + 3601, 3, false);
    hf_entry_replay(entry, NOON + 3601, 3, false); /* told twice: counted once */
    hf_entry_replay(entry, NOON + 3600, 4, true);
    assert_true(hf_entry_snapshot(entry, &counts));
    assert_int_equal(counts.total, 2);
    assert_int_equal(counts.windows[HF_WINDOW_MONTH].count, 2);
    hf_entry_bind(entry, &facts);
    assert_int_equal(status_at(NOON + 3602).left, 8);
    assert_int_equal(status_at(NOON + 3602).window_left, 2);
    hf_entry_replay(entry, NOON + 3602, 4, false); /* covered since before it was bound */
    assert_int_equal(status_at(NOON + 3602).left, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(uses_run_out, start, stop),
        cmocka_unit_test_setup_teardown(a_window_has_uses_of_its_own, start, stop),
        cmocka_unit_test_setup_teardown(a_month_turns_at_midnight_in_shanghai, start, stop),
        cmocka_unit_test_setup_teardown(a_day_turns_at_midnight_in_shanghai, start, stop),
        cmocka_unit_test_setup_teardown(a_clock_that_goes_back_opens_no_window_again, start, stop),
        cmocka_unit_test_setup_teardown(what_a_window_leaves_is_bounded_by_the_total, start, stop),
        cmocka_unit_test_setup_teardown(a_use_may_be_cancelled_or_given_back, start, stop),
        cmocka_unit_test_setup_teardown(a_late_return_does_not_widen_the_next_window, start, stop),
        cmocka_unit_test_setup_teardown(the_state_word_refuses, start, stop),
        cmocka_unit_test_setup_teardown(the_hour_shows_in_the_state, start, stop),
        cmocka_unit_test_setup_teardown(every_state_has_a_name, start, stop),
        cmocka_unit_test_setup_teardown(a_snapshot_waits_for_uses_under_way, start, stop),
        cmocka_unit_test_setup_teardown(a_used_entry_is_listed_once_from_where_it_began, start,
                                        stop),
        cmocka_unit_test_setup_teardown(unbound_counts_fit_any_window, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

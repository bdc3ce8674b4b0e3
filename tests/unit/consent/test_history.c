#include "consent/history.h"

#include "tests/unit/consent/registry.h"

static struct hf_consent_history history_of(const char *jti)
{
    const struct hf_consent_id id = id_of(jti);
    struct hf_consent_history history;
    assert_ok(hf_registry_read_history(registry, &id, &history));
    return history;
}

static void register_jti(const char *jti)
{
    struct hf_token *token = token_of(jti, "\"fetch\":{\"max_total\":3}");
    assert_ok(register_token(token));
    hf_token_unref(token);
}

static hf_status say(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    const struct hf_act act = act_on(jti, kind, iat_unix_s);
    clock_values.unix_ms += 1000;
    return carry_out(&act);
}

static void assert_events(const struct hf_consent_history *history, size_t n,
                          const enum hf_event_kind *kinds)
{
    assert_int_equal(history->n_events, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(history->events[i].kind, kinds[i]);
        assert_true(i == 0 || history->events[i - 1].unix_s <= history->events[i].unix_s);
    }
}

static void a_consent_was_given(void **state)
{
    static const enum hf_event_kind kinds[] = {HF_EVENT_GIVEN};
    (void)state;
    register_jti(JTI_1);
    const struct hf_consent_history history = history_of(JTI_1);
    assert_events(&history, 1, kinds);
    assert_int_equal(history.events[0].unix_s, FIXTURE_NOW);
}

static void what_is_not_known_has_no_history(void **state)
{
    const struct hf_consent_id id = id_of(JTI_2);
    struct hf_consent_history history;
    (void)state;
    assert_code(hf_registry_read_history(registry, &id, &history), CONSENT_MISSING);
}

static void every_event_has_its_moment(void **state)
{
    static const enum hf_event_kind kinds[] = {HF_EVENT_GIVEN, HF_EVENT_PAUSED, HF_EVENT_RESUMED,
                                               HF_EVENT_REVOKED, HF_EVENT_EXPIRED};
    (void)state;
    register_jti(JTI_1);
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(say(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_ok(say(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW + 2));
    clock_values.unix_ms = INT64_C(1774915200) * 1000;
    reopen();
    const struct hf_consent_history history = history_of(JTI_1);
    assert_events(&history, 5, kinds);
    assert_int_equal(history.events[1].unix_s, FIXTURE_NOW + 1);
    assert_int_equal(history.events[2].unix_s, FIXTURE_NOW + 2);
    assert_int_equal(history.events[3].unix_s, FIXTURE_NOW + 3);
    assert_int_equal(history.events[4].unix_s, 1774915200);
}

static void a_pause_may_come_first(void **state)
{
    static const enum hf_event_kind kinds[] = {HF_EVENT_PAUSED, HF_EVENT_GIVEN};
    (void)state;
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    clock_values.unix_ms += 5000;
    register_jti(JTI_1);
    const struct hf_consent_history history = history_of(JTI_1);
    assert_events(&history, 2, kinds);
}

static void the_end_of_all_is_a_revocation(void **state)
{
    static const enum hf_event_kind kinds[] = {HF_EVENT_GIVEN, HF_EVENT_REVOKED};
    (void)state;
    register_jti(JTI_1);
    assert_ok(say(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    const struct hf_consent_history history = history_of(JTI_1);
    assert_events(&history, 2, kinds);
    assert_int_equal(history.events[1].unix_s, FIXTURE_NOW + 1);
}

static void the_last_statuses_are_kept_and_the_rest_counted(void **state)
{
    enum { N = HF_HISTORY_MAX_STATUSES + 5 };
    (void)state;
    register_jti(JTI_1);
    for (int i = 0; i < N; i++) {
        assert_ok(say(JTI_1, i % 2 ? HF_ACT_RESUME : HF_ACT_PAUSE, FIXTURE_NOW + i));
    }
    const struct hf_consent_history history = history_of(JTI_1);
    assert_int_equal(history.n_events, 1 + HF_HISTORY_MAX_STATUSES);
    assert_int_equal(history.n_omitted, 5);
    assert_int_equal(history.events[1].kind, HF_EVENT_RESUMED); /* the sixth of all */
    assert_int_equal(history.events[1].unix_s, FIXTURE_NOW + 6);
    assert_int_equal(history.events[HF_HISTORY_MAX_STATUSES].unix_s, FIXTURE_NOW + N);
}

static void the_last_word_said_twice_is_one_event(void **state)
{
    static const enum hf_event_kind kinds[] = {HF_EVENT_GIVEN, HF_EVENT_PAUSED};
    (void)state;
    register_jti(JTI_1);
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    const struct hf_consent_history history = history_of(JTI_1);
    assert_events(&history, 2, kinds);
}

static void kinds_have_names(void **state)
{
    enum hf_event_kind kind = HF_N_EVENT_KINDS;
    (void)state;
    for (unsigned i = 0; i < HF_N_EVENT_KINDS; i++) {
        const char *name = hf_event_kind_name((enum hf_event_kind)i);
        assert_true(hf_event_kind_by_name(hf_bytes_of_string(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_null(hf_event_kind_name(HF_N_EVENT_KINDS));
    assert_false(hf_event_kind_by_name(HF_LITERAL("ended"), &kind));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_consent_was_given),
        TEST(what_is_not_known_has_no_history),
        TEST(every_event_has_its_moment),
        TEST(a_pause_may_come_first),
        TEST(the_end_of_all_is_a_revocation),
        TEST(the_last_statuses_are_kept_and_the_rest_counted),
        TEST(the_last_word_said_twice_is_one_event),
        TEST(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

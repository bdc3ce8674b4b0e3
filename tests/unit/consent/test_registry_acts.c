#include "base/store.h"
#include "consent/stored.h"
#include "tests/unit/consent/registry.h"

#define FETCH_9 "\"fetch\":{\"max_total\":9}"

static hf_status act(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    const struct hf_act act = act_on(jti, kind, iat_unix_s);
    return carry_out(&act);
}

static enum hf_consent_state state_of(const char *jti)
{
    struct hf_entry *entry = found(jti);
    struct hf_consent_status status = status_of(entry);
    hf_entry_unref(entry);
    return status.state;
}

static void given(const char *jti)
{
    struct hf_token *token = token_of(jti, FETCH_9);
    assert_ok(register_token(token));
    hf_token_unref(token);
}

/* ---- pausing ---- */

static void a_paused_consent_rests_and_goes_on(void **state)
{
    (void)state;
    struct hf_use use;
    given(JTI_1);
    struct hf_entry *entry = found(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_false(hf_entry_stands(entry));
    assert_code(hf_entry_judge_state(entry), CONSENT_PAUSED);
    assert_code(hf_entry_reserve(entry, FIXTURE_NOW, &use), CONSENT_PAUSED);
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_true(hf_entry_stands(entry));
    hf_entry_unref(entry);
}

static void a_pause_outlives_the_process(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
    assert_code(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW - 1), STATE_CONFLICT);
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

static void the_word_that_was_signed_last_holds(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 5));
    assert_code(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW), STATE_CONFLICT); /* sent again by somebody */
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW + 9));
    assert_code(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 5), STATE_CONFLICT);
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
}

static void within_one_second_a_pause_wins(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_code(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW), STATE_CONFLICT);
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW + 1));
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
}

static void the_last_word_may_be_said_twice(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    struct hf_entry *entry = found(JTI_1);
    assert_int_equal(entry->n_statuses, 2); /* and is one word all the same */
    hf_entry_unref(entry);
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

static void a_pause_may_come_before_its_consent(void **state)
{
    (void)state;
    assert_code(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW), CONSENT_MISSING);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    given(JTI_1);
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

static void pauses_of_the_unknown_are_bounded(void **state)
{
    (void)state;
    max_consents = 1;
    reopen();
    given(JTI_1); /* the bound of consents is another */
    assert_ok(act(JTI_2, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_2, HF_ACT_RESUME, FIXTURE_NOW + 1)); /* of the same is no new word */
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    for (int run = 0; run < 2; run++) { /* it is counted in the store */
        assert_code(act(JTI_3, HF_ACT_PAUSE, FIXTURE_NOW), RATE_LIMIT);
        assert_code(act(JTI_3, HF_ACT_REVOKE, FIXTURE_NOW), RATE_LIMIT);
        reopen();
    }
    struct hf_act order = act_on(JTI_3, HF_ACT_REVOKE, FIXTURE_NOW);
    memcpy(order.reference, "order 12", 9);
    assert_ok(carry_out(&order)); /* not the issuer's doing */
}

static void what_is_over_is_not_paused(void **state)
{
    (void)state;
    given(JTI_1);
    given(JTI_2);
    assert_ok(act(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_code(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW + 1), CONSENT_REVOKED);
    assert_code(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 2), CONSENT_REVOKED);
    clock_values.unix_ms = INT64_C(1774915200) * 1000; /* its exp */
    assert_code(act(JTI_2, HF_ACT_PAUSE, FIXTURE_NOW + 1), CONSENT_EXPIRED);
    assert_int_equal(state_of(JTI_2), HF_STATE_EXPIRED);
}

static void a_revocation_is_above_a_pause(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW - 9));
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
}

static void an_act_is_judged_without_being_carried_out(void **state)
{
    (void)state;
    const struct hf_act pause = act_on(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW);
    const struct hf_act resume = act_on(JTI_1, HF_ACT_RESUME, FIXTURE_NOW);
    assert_code(hf_registry_judge_act(registry, &resume), CONSENT_MISSING);
    assert_ok(hf_registry_judge_act(registry, &pause));
    given(JTI_1);
    assert_ok(carry_out(&pause));
    assert_code(hf_registry_judge_act(registry, &resume), STATE_CONFLICT);
    assert_int_equal(state_of(JTI_1), HF_STATE_PAUSED);
}

/* ---- what is new ---- */

static bool is_news(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    const struct hf_act word = act_on(jti, kind, iat_unix_s);
    bool is_new = false;
    assert_ok(hf_registry_is_news(registry, &word, &is_new));
    return is_new;
}

static void a_revocation_is_news_once(void **state)
{
    (void)state;
    given(JTI_1);
    assert_true(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_true(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW)); /* asking changes nothing */
    assert_ok(act(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW + 1)); /* in other words */
    assert_false(is_news(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW + 1));
    assert_true(is_news(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW)); /* before its consent */
    assert_ok(act(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW));
    reopen();
    assert_false(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(is_news(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW));
}

static void a_status_is_news_until_a_later_one(void **state)
{
    (void)state;
    assert_false(is_news(JTI_1, HF_ACT_RESUME, FIXTURE_NOW));
    assert_true(is_news(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    given(JTI_1);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_false(is_news(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_true(is_news(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_false(is_news(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW)); /* whoever kept it */
    assert_false(is_news(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_true(is_news(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
}

static void an_end_is_news_until_a_later_one(void **state)
{
    (void)state;
    assert_true(is_news(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_ok(act(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(is_news(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(is_news(NULL, HF_ACT_REVOKE, FIXTURE_NOW - 1));
    assert_true(is_news(NULL, HF_ACT_REVOKE, FIXTURE_NOW + 1));
}

static void what_is_new_cannot_be_told_from_what_is_damaged(void **state)
{
    struct hf_store *store = NULL;
    struct hf_store_batch *batch = NULL;
    const struct hf_act word = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_STATUS, &word.id);
    bool is_new = true;
    (void)state;
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), HF_LITERAL("x"));
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
    open_registry();
    assert_code(hf_registry_is_news(registry, &word, &is_new), IO);
}

/* ---- all of an issuer ---- */

static void an_issuer_ends_all_its_consents(void **state)
{
    (void)state;
    given(JTI_1);
    struct hf_entry *entry = found(JTI_1);
    assert_ok(act(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_false(hf_entry_stands(entry)); /* held by somebody, in memory */
    hf_entry_unref(entry);
    struct hf_token *token = token_of(JTI_2, FETCH_9); /* signed before, comes after */
    assert_code(register_token(token), CONSENT_REVOKED);
    hf_token_unref(token);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
}

static void what_is_signed_after_the_end_is_a_new_beginning(void **state)
{
    (void)state;
    assert_ok(act(NULL, HF_ACT_REVOKE, 1767225599)); /* a second before the payload's iat */
    clock_values.unix_ms += 1000;
    given(JTI_1);
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

static void an_old_end_sent_again_leaves_the_new_beginning(void **state)
{
    (void)state;
    const int64_t signed_unix_s = 1767225599; /* a second before the payload's iat */
    assert_ok(act(NULL, HF_ACT_REVOKE, signed_unix_s));
    clock_values.unix_ms += 1000;
    given(JTI_1);
    clock_values.unix_ms += 1000;
    assert_ok(act(NULL, HF_ACT_REVOKE, signed_unix_s)); /* by whoever has kept it */
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

/* What the store holds under a key, as text. */
static void read_act(const char *key, hf_buf *value, struct hf_stored_act *ret_act)
{
    struct hf_store *store = NULL;
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_get(store, hf_bytes_of_string(key), value));
    hf_store_close(store);
    open_registry();
    assert_ok(hf_stored_act_read(hf_buf_view(value), ret_act));
}

static void end_all(int64_t iat_unix_s, const char *token)
{
    const struct hf_act end = act_on(NULL, HF_ACT_REVOKE, iat_unix_s);
    assert_ok(carry_out_by(&end, token));
}

static void assert_evidence(const char *key, const char *token, int64_t iat_unix_s,
                            int64_t at_unix_s)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_stored_act stored;
    const char *text;
    read_act(key, &value, &stored);
    assert_ok(hf_buf_string(&value, &text));
    assert_non_null(strstr(text, token));
    assert_int_equal(stored.iat_unix_s, iat_unix_s);
    assert_int_equal(stored.at_unix_s, at_unix_s);
}

static void the_first_revocation_is_the_evidence(void **state)
{
    (void)state;
    const char *key = "r/" PAYLOAD_ISS ";" JTI_1;
    const struct hf_act first = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    const struct hf_act second = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW + 1);
    given(JTI_1);
    assert_ok(carry_out_by(&first, "first.b.c"));
    clock_values.unix_ms += 1000;
    assert_ok(carry_out_by(&second, "second.b.c"));
    assert_evidence(key, "\"first.b.c\"", FIXTURE_NOW, FIXTURE_NOW);
    assert_ok(carry_out_by(&second, "second.b.c")); /* out of the store */
    assert_evidence(key, "\"first.b.c\"", FIXTURE_NOW, FIXTURE_NOW);
}

static void the_end_that_was_signed_last_is_the_evidence(void **state)
{
    (void)state;
    const char *end = "g/" PAYLOAD_ISS ";";
    end_all(FIXTURE_NOW - 9, "first.b.c");
    assert_evidence(end, "\"first.b.c\"", FIXTURE_NOW - 9, FIXTURE_NOW);
    clock_values.unix_ms += 1000;
    end_all(FIXTURE_NOW, "last.b.c");
    assert_evidence(end, "\"last.b.c\"", FIXTURE_NOW, FIXTURE_NOW + 1);
    clock_values.unix_ms += 1000;
    end_all(FIXTURE_NOW - 9, "first.b.c"); /* just signed all the same: it reaches until now */
    assert_evidence(end, "\"last.b.c\"", FIXTURE_NOW, FIXTURE_NOW + 2);
    clock_values.unix_ms += 3600000;
    end_all(FIXTURE_NOW - 9, "first.b.c");
    assert_evidence(end, "\"last.b.c\"", FIXTURE_NOW, FIXTURE_NOW + 2);
}

static void an_end_is_no_end_for_others(void **state)
{
    (void)state;
    struct hf_act other = act_on(NULL, HF_ACT_REVOKE, FIXTURE_NOW);
    given(JTI_1);
    memcpy(other.id.iss, "uscc:" PAYLOAD_BANK, sizeof "uscc:" PAYLOAD_BANK);
    assert_ok(carry_out(&other));
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
}

/* ---- orders ---- */

static void an_order_is_known_by_its_reference(void **state)
{
    (void)state;
    struct hf_act order = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    bool knows = true;
    memcpy(order.reference, "order 12", 9);
    order.jti[0] = 0;
    order.reason = HF_REVOCATION_ORDERED;
    given(JTI_1);
    assert_ok(hf_registry_knows_order(registry, "order 12", &knows));
    assert_false(knows);
    assert_ok(carry_out(&order));
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
    reopen();
    assert_ok(hf_registry_knows_order(registry, "order 12", &knows));
    assert_true(knows);
    assert_ok(hf_registry_knows_order(registry, "order 13", &knows));
    assert_false(knows);
}

/* ---- what the log remembers ---- */

static bool replayed(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    const struct hf_act act = act_on(jti, kind, iat_unix_s);
    bool was_lost = false;
    assert_ok(hf_registry_replay_act(registry, &act, FIXTURE_NOW + 1, &was_lost));
    return was_lost;
}

static void what_is_known_is_not_restored(void **state)
{
    (void)state;
    given(JTI_1);
    given(JTI_2);
    assert_ok(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_ok(act(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_ok(act(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW));
    reopen();
    assert_false(replayed(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_false(replayed(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_false(replayed(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
    assert_int_equal(state_of(JTI_2), HF_STATE_REVOKED);
    assert_ok(act(NULL, HF_ACT_REVOKE, 1767225000));
    reopen();
    assert_false(replayed(NULL, HF_ACT_REVOKE, 1767225000));
}

static void what_was_lost_is_restored(void **state)
{
    (void)state;
    assert_true(replayed(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_true(replayed(JTI_2, HF_ACT_PAUSE, FIXTURE_NOW));
    reopen(); /* it is in the store now */
    assert_false(replayed(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW));
    given(JTI_2);
    assert_int_equal(state_of(JTI_2), HF_STATE_PAUSED);
    struct hf_token *token = token_of(JTI_1, FETCH_9);
    assert_code(register_token(token), CONSENT_REVOKED);
    hf_token_unref(token);
    assert_true(replayed(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_int_equal(state_of(JTI_2), HF_STATE_REVOKED);
    reopen();
    assert_int_equal(state_of(JTI_2), HF_STATE_REVOKED);
}

static void a_lost_end_reaches_again_what_was_signed_after_it_and_came_before(void **state)
{
    (void)state;
    given(JTI_1);
    assert_true(replayed(NULL, HF_ACT_REVOKE, 1767225599)); /* a second before the payload's iat */
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
    reopen();
    assert_int_equal(state_of(JTI_1), HF_STATE_REVOKED);
}

static void a_lost_resumption_of_a_lost_pause_is_restored_in_order(void **state)
{
    (void)state;
    assert_true(replayed(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_true(replayed(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    given(JTI_1);
    assert_int_equal(state_of(JTI_1), HF_STATE_ACTIVE);
    assert_code(act(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW), STATE_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_paused_consent_rests_and_goes_on, start, stop),
        cmocka_unit_test_setup_teardown(a_pause_outlives_the_process, start, stop),
        cmocka_unit_test_setup_teardown(the_word_that_was_signed_last_holds, start, stop),
        cmocka_unit_test_setup_teardown(within_one_second_a_pause_wins, start, stop),
        cmocka_unit_test_setup_teardown(the_last_word_may_be_said_twice, start, stop),
        cmocka_unit_test_setup_teardown(a_pause_may_come_before_its_consent, start, stop),
        cmocka_unit_test_setup_teardown(pauses_of_the_unknown_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(what_is_over_is_not_paused, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_is_above_a_pause, start, stop),
        cmocka_unit_test_setup_teardown(an_act_is_judged_without_being_carried_out, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_is_news_once, start, stop),
        cmocka_unit_test_setup_teardown(a_status_is_news_until_a_later_one, start, stop),
        cmocka_unit_test_setup_teardown(an_end_is_news_until_a_later_one, start, stop),
        cmocka_unit_test_setup_teardown(what_is_new_cannot_be_told_from_what_is_damaged, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_issuer_ends_all_its_consents, start, stop),
        cmocka_unit_test_setup_teardown(what_is_signed_after_the_end_is_a_new_beginning, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_old_end_sent_again_leaves_the_new_beginning, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_first_revocation_is_the_evidence, start, stop),
        cmocka_unit_test_setup_teardown(the_end_that_was_signed_last_is_the_evidence, start, stop),
        cmocka_unit_test_setup_teardown(an_end_is_no_end_for_others, start, stop),
        cmocka_unit_test_setup_teardown(an_order_is_known_by_its_reference, start, stop),
        cmocka_unit_test_setup_teardown(what_is_known_is_not_restored, start, stop),
        cmocka_unit_test_setup_teardown(what_was_lost_is_restored, start, stop),
        cmocka_unit_test_setup_teardown(
            a_lost_end_reaches_again_what_was_signed_after_it_and_came_before, start, stop),
        cmocka_unit_test_setup_teardown(a_lost_resumption_of_a_lost_pause_is_restored_in_order,
                                        start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

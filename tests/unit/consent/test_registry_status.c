#include "consent/registry_status.h"

#include "base/store.h"
#include "consent/status_list.h"
#include "tests/unit/consent/registry.h"

#define LIST "AAAAAAAAAAAAAAAAAAAAAA"

enum { EXP = 1774915200 /* of the payload */ };

/* ---- what is published ---- */

enum { MAX_LISTS = 8 };

struct published {
    size_t n_lists;
    struct {
        char name[HF_SLOT_LIST_CHARS + 1];
        size_t n_consents;
        uint8_t entries[HF_STATUS_LIST_BYTES];
    } lists[MAX_LISTS];
};

static struct published published;

static hf_status keep(void *context, const struct hf_status_view *view)
{
    struct published *all = context;
    assert_true(all->n_lists < MAX_LISTS);
    assert_int_equal(view->entries.size, HF_STATUS_LIST_BYTES);
    snprintf(all->lists[all->n_lists].name, HF_SLOT_LIST_CHARS + 1, "%s", view->list);
    memcpy(all->lists[all->n_lists].entries, view->entries.data, view->entries.size);
    all->lists[all->n_lists++].n_consents = view->n_consents;
    return HF_DONE;
}

static void publish(void)
{
    published.n_lists = 0;
    assert_ok(hf_registry_each_status_list(registry, keep, &published));
}

static unsigned published_value(const struct hf_status_slot *slot)
{
    unsigned value = 99;
    publish();
    for (size_t i = 0; i < published.n_lists; i++) {
        const struct hf_status_list list = {
            .bits = HF_STATUS_LIST_BITS,
            .entries = hf_bytes_of(published.lists[i].entries, HF_STATUS_LIST_BYTES)};
        if (strcmp(published.lists[i].name, slot->list) == 0) {
            assert_ok(hf_status_list_get(&list, slot->idx, &value));
        }
    }
    return value;
}

/* ---- giving and taking ---- */

static struct hf_status_slot drawn(const char *jti)
{
    const struct hf_consent_id id = id_of(jti);
    struct hf_status_slot slot;
    assert_ok(hf_registry_draw_slot(registry, &id, &slot));
    return slot;
}

static struct hf_status_slot drawn_by_another(int number)
{
    char jti[32];
    snprintf(jti, sizeof jti, "c-4%021d", number);
    return drawn(jti);
}

static hf_status register_at(const char *jti, const struct hf_status_slot *slot)
{
    struct answer answer = ANSWER;
    struct hf_token *token = token_of(jti, FETCH_3);
    const struct hf_registration registration = {
        .token = token, .has_record = true, .record = 7, .slot = *slot};
    assert_ok(hf_registry_register(registry, &registration, note, &answer));
    hf_token_unref(token);
    return wait_for(&answer);
}

static struct hf_status_slot given(const char *jti)
{
    const struct hf_status_slot slot = drawn(jti);
    assert_ok(register_at(jti, &slot));
    return slot;
}

static hf_status say(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    const struct hf_act act = act_on(jti, kind, iat_unix_s);
    return carry_out(&act);
}

static hf_status replay_grant(const char *jti, const struct hf_status_slot *slot)
{
    const struct hf_replayed_grant grant = {
        .id = id_of(jti), .slot = *slot, .exp_unix_s = EXP, .recorded_unix_s = FIXTURE_NOW};
    return hf_registry_replay_grant(registry, &grant);
}

/* ---- tests ---- */

static void a_registry_without_consents_has_one_empty_list(void **state)
{
    (void)state;
    publish();
    assert_int_equal(published.n_lists, 1);
    assert_int_equal(published.lists[0].n_consents, 0);
    assert_true(hf_slot_list_is_valid(hf_bytes_of_string(published.lists[0].name)));
}

static void a_place_and_a_record_are_facts(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hf_entry *entry = found(JTI_1);
        const struct hf_entry_facts *facts = hf_entry_facts(entry);
        assert_true(hf_entry_is_registered(entry) && facts->has_record);
        assert_int_equal(facts->record, 7);
        assert_string_equal(facts->slot.list, slot.list);
        assert_int_equal(facts->slot.idx, slot.idx);
        hf_entry_unref(entry);
        reopen();
    }
    assert_int_equal(published_value(&slot), HF_STATUS_VALID);
}

static void lists_say_what_has_become_of_each(void **state)
{
    const struct hf_status_slot gone = given(JTI_1);
    const struct hf_status_slot rests = given(JTI_2);
    (void)state;
    assert_ok(revoke_jti(JTI_1));
    assert_ok(say(JTI_2, HF_ACT_PAUSE, FIXTURE_NOW));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(published_value(&gone), HF_STATUS_INVALID);
        assert_int_equal(published_value(&rests), HF_STATUS_SUSPENDED);
        reopen();
    }
    assert_ok(say(JTI_2, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_int_equal(published_value(&rests), HF_STATUS_VALID);
    assert_ok(say(JTI_2, HF_ACT_REVOKE, FIXTURE_NOW + 2));
    assert_int_equal(published_value(&rests), HF_STATUS_INVALID);
}

static void one_that_was_paused_before_it_came_is_suspended(void **state)
{
    (void)state;
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    const struct hf_status_slot slot = given(JTI_1);
    assert_int_equal(published_value(&slot), HF_STATUS_SUSPENDED);
}

static void the_end_of_all_reaches_the_lists(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    assert_ok(say(NULL, HF_ACT_REVOKE, FIXTURE_NOW));
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
    reopen();
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void the_hour_ends_what_has_expired(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    clock_values.unix_ms = INT64_C(1000) * EXP - 1;
    assert_int_equal(published_value(&slot), HF_STATUS_VALID);
    clock_values.unix_ms = INT64_C(1000) * EXP;
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void whatever_may_change_a_list_is_counted(void **state)
{
    uint64_t before = hf_registry_status_changes(registry);
    (void)state;
    given(JTI_1);
    uint64_t between = hf_registry_status_changes(registry);
    assert_true(between > before);
    assert_ok(revoke_jti(JTI_1));
    assert_true(hf_registry_status_changes(registry) > between);
}

static void a_start_goes_on_with_the_list_and_its_places(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    reopen();
    publish();
    assert_int_equal(published.n_lists, 1);
    assert_string_equal(published.lists[0].name, slot.list);
    for (int i = 0; i < 2000; i++) {
        const struct hf_status_slot next = drawn_by_another(i);
        assert_string_equal(next.list, slot.list);
        assert_int_not_equal(next.idx, slot.idx);
    }
}

static void a_place_that_the_log_tells_of_is_the_consents_again(void **state)
{
    const struct hf_status_slot slot = {LIST, 99};
    struct hf_act act = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    bool was_lost = false;
    (void)state;
    assert_ok(replay_grant(JTI_1, &slot));
    assert_int_equal(published_value(&slot), HF_STATUS_VALID);
    assert_string_equal(drawn(JTI_1).list, LIST);
    assert_int_equal(drawn(JTI_1).idx, 99);
    assert_string_not_equal(drawn(JTI_2).list, LIST); /* what was lost is drawn from no more */
    assert_ok(hf_registry_replay_act(registry, &act, FIXTURE_NOW, &was_lost));
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
    reopen();
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void a_restored_place_follows_what_is_said_later(void **state)
{
    const struct hf_status_slot slot = {LIST, 5};
    (void)state;
    assert_ok(replay_grant(JTI_1, &slot));
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW));
    assert_int_equal(published_value(&slot), HF_STATUS_SUSPENDED);
    assert_ok(register_at(JTI_1, &slot));
    assert_int_equal(published_value(&slot), HF_STATUS_SUSPENDED);
    assert_ok(say(JTI_1, HF_ACT_RESUME, FIXTURE_NOW + 1));
    assert_int_equal(published_value(&slot), HF_STATUS_VALID);
}

static void a_grant_that_is_known_is_not_told_again(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    const struct hf_status_slot other = {LIST, 5};
    (void)state;
    assert_ok(revoke_jti(JTI_1));
    assert_ok(replay_grant(JTI_1, &slot));
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
    assert_ok(replay_grant(JTI_1, &other)); /* of an attempt that came to nothing */
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void a_place_in_the_list_that_is_filled_is_taken_by_the_log(void **state)
{
    struct hf_status_slot slot = given(JTI_1);
    (void)state;
    slot.idx = (slot.idx + 1) % HF_STATUS_LIST_ENTRIES;
    assert_ok(replay_grant(JTI_2, &slot));
    for (int i = 0; i < 1000; i++) {
        assert_int_not_equal(drawn_by_another(i).idx, slot.idx);
    }
}

/* The first of the two was recorded and never registered: what ends it must not end the other. */
static void a_place_that_was_drawn_twice_is_the_later_ones(void **state)
{
    const struct hf_status_slot slot = {LIST, 5};
    (void)state;
    assert_ok(replay_grant(JTI_1, &slot));
    assert_ok(replay_grant(JTI_2, &slot));
    assert_ok(revoke_jti(JTI_1));
    assert_int_equal(published_value(&slot), HF_STATUS_VALID);
    assert_string_not_equal(drawn(JTI_1).list, LIST);
    assert_ok(revoke_jti(JTI_2));
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void without_a_place_nothing_is_told(void **state)
{
    const struct hf_status_slot none = {"", 0};
    (void)state;
    assert_ok(register_at(JTI_1, &none));
    assert_ok(revoke_jti(JTI_1));
    publish();
    assert_int_equal(published.n_lists, 1);
    assert_int_equal(published.lists[0].n_consents, 0);
}

static void a_list_that_is_past_is_forgotten(void **state)
{
    const struct hf_status_slot past = {LIST, 5};
    const struct hf_status_slot now = given(JTI_2);
    (void)state;
    assert_ok(replay_grant(JTI_1, &past));
    publish();
    assert_int_equal(published.n_lists, 2);
    clock_values.unix_ms = (INT64_C(1) + EXP + HF_REGISTRY_TOKEN_S) * 1000;
    reopen();
    publish();
    assert_int_equal(published.n_lists, 1); /* the one that is filled stays */
    assert_string_equal(published.lists[0].name, now.list);
    usleep(1300000); /* the registry's thread has its second */
    clock_values.unix_ms = INT64_C(1000) * FIXTURE_NOW;
    publish();
    assert_int_equal(published.n_lists, 1); /* were it still there, it would not be past now */
}

static hf_status refuse(void *context, const struct hf_status_view *view)
{
    (void)context;
    (void)view;
    HF_FAIL(LIMIT);
}

static void whoever_looks_may_stop(void **state)
{
    (void)state;
    given(JTI_1);
    assert_code(hf_registry_each_status_list(registry, refuse, NULL), LIMIT);
}

/* Two who register one consent at once record one place, whose of them comes to be. */
static void a_consent_draws_one_place(void **state)
{
    const struct hf_status_slot first = drawn(JTI_1);
    const struct hf_status_slot second = drawn(JTI_1);
    (void)state;
    assert_string_equal(first.list, second.list);
    assert_int_equal(first.idx, second.idx);
    assert_ok(register_at(JTI_1, &first));
    assert_ok(revoke_jti(JTI_1));
    assert_int_equal(published_value(&second), HF_STATUS_INVALID);
}

/* ---- acts of one batch: each sees what those before it will have done ---- */

static pthread_barrier_t threshold;

static void stand_still(void *context, hf_status status)
{
    (void)context;
    (void)status;
    pthread_barrier_wait(&threshold);
    pthread_barrier_wait(&threshold);
}

/* Until let_go() the registry's thread takes no further batch. */
static void hold_registry(void)
{
    struct hf_token *token = token_of(JTI_3, FETCH_3);
    pthread_barrier_init(&threshold, NULL, 2);
    assert_ok(hf_registry_register(registry, &(struct hf_registration){.token = token}, stand_still,
                                   NULL));
    hf_token_unref(token);
    pthread_barrier_wait(&threshold);
}

static void let_go(void)
{
    pthread_barrier_wait(&threshold);
}

static void what_a_batch_revokes_it_does_not_register(void **state)
{
    struct answer revoked = ANSWER;
    struct answer registered = ANSWER;
    const struct hf_status_slot slot = drawn(JTI_1);
    const struct hf_act act = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    (void)state;
    hold_registry();
    assert_ok(hf_registry_act(registry, &act, HF_LITERAL("a.b.c"), note, &revoked));
    assert_ok(hf_registry_register(
        registry, &(struct hf_registration){.token = token, .slot = slot}, note, &registered));
    let_go();
    assert_ok(wait_for(&revoked));
    assert_code(wait_for(&registered), CONSENT_REVOKED);
    hf_token_unref(token);
}

static void what_a_batch_revokes_it_does_not_resume(void **state)
{
    struct answer revoked = ANSWER;
    struct answer resumed = ANSWER;
    const struct hf_status_slot slot = given(JTI_1);
    const struct hf_act revoke = act_on(JTI_1, HF_ACT_REVOKE, FIXTURE_NOW);
    const struct hf_act resume = act_on(JTI_1, HF_ACT_RESUME, FIXTURE_NOW);
    (void)state;
    assert_ok(say(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW - 5));
    hold_registry();
    assert_ok(hf_registry_act(registry, &revoke, HF_LITERAL("a.b.c"), note, &revoked));
    assert_ok(hf_registry_act(registry, &resume, HF_LITERAL("a.b.c"), note, &resumed));
    let_go();
    assert_ok(wait_for(&revoked));
    assert_code(wait_for(&resumed), CONSENT_REVOKED);
    assert_int_equal(published_value(&slot), HF_STATUS_INVALID);
}

static void a_damaged_place_is_an_error(void **state)
{
    struct hf_store *store = NULL;
    struct hf_store_batch *batch = NULL;
    const struct hf_status_slot slot = given(JTI_1);
    char key[64];
    (void)state;
    snprintf(key, sizeof key, "i/%s;%06u", slot.list, (unsigned)slot.idx);
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key), HF_LITERAL("x"));
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
    open_registry();
    assert_code(hf_registry_each_status_list(registry, keep, &published), IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_registry_without_consents_has_one_empty_list),
        TEST(a_place_and_a_record_are_facts),
        TEST(lists_say_what_has_become_of_each),
        TEST(one_that_was_paused_before_it_came_is_suspended),
        TEST(the_end_of_all_reaches_the_lists),
        TEST(the_hour_ends_what_has_expired),
        TEST(whatever_may_change_a_list_is_counted),
        TEST(a_start_goes_on_with_the_list_and_its_places),
        TEST(a_place_that_the_log_tells_of_is_the_consents_again),
        TEST(a_restored_place_follows_what_is_said_later),
        TEST(a_grant_that_is_known_is_not_told_again),
        TEST(a_place_in_the_list_that_is_filled_is_taken_by_the_log),
        TEST(a_place_that_was_drawn_twice_is_the_later_ones),
        TEST(without_a_place_nothing_is_told),
        TEST(a_list_that_is_past_is_forgotten),
        TEST(whoever_looks_may_stop),
        TEST(a_consent_draws_one_place),
        TEST(what_a_batch_revokes_it_does_not_register),
        TEST(what_a_batch_revokes_it_does_not_resume),
        TEST(a_damaged_place_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

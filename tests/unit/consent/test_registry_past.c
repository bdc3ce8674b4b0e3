#include "base/store.h"
#include "tests/unit/consent/registry.h"

#define FETCH_9 "\"fetch\":{\"max_total\":9}"

enum { EXP = 1774915200 /* of the payload */ };

static hf_status count(void *context, hf_bytes key, hf_bytes value)
{
    (void)key;
    (void)value;
    ++*(size_t *)context;
    return HF_DONE;
}

/* What the store holds, seen while no registry has it open. */
static size_t count_keys(const char *prefix)
{
    struct hf_store *store = NULL;
    size_t n = 0;
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_each(store, hf_bytes_of_string(prefix), count, &n));
    hf_store_close(store);
    open_registry();
    return n;
}

/* The hour moves on, and the registry's thread has its second. */
static void pass_to(int64_t unix_s)
{
    clock_values.unix_ms = unix_s * 1000;
    reopen();
    usleep(1300000);
}

static void given(const char *jti)
{
    struct hf_token *token = token_of(jti, FETCH_9);
    struct hf_use use;
    assert_ok(register_token(token));
    struct hf_entry *entry = found(jti);
    assert_ok(hf_entry_reserve(entry, clock_values.unix_ms / 1000, &use));
    hf_use_settle(&use, 7);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void given_paused(const char *jti)
{
    struct hf_token *token = token_of(jti, FETCH_9);
    assert_ok(register_token(token));
    hf_token_unref(token);
}

static hf_status presented(const char *jti, const char *fetch)
{
    struct hf_token *token = token_of(jti, fetch);
    struct hf_entry *entry = NULL;
    hf_status status = hf_registry_admit(registry, token, &entry);
    hf_entry_unref(entry);
    hf_token_unref(token);
    return status;
}

static void what_has_not_expired_stays(void **state)
{
    (void)state;
    given(JTI_1);
    pass_to(EXP + HF_REGISTRY_TOKEN_S - 1);
    assert_int_equal(count_keys("c/"), 1);
    assert_int_equal(count_keys("u/"), 1);
    assert_int_equal(count_keys("x/"), 1);
    hf_entry_unref(found(JTI_1));
}

static void of_what_expired_the_facts_stay(void **state)
{
    (void)state;
    const struct hf_act pause = act_on(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW);
    given(JTI_1);
    assert_ok(carry_out(&pause));
    assert_ok(revoke_jti(JTI_2));
    pass_to(EXP + HF_REGISTRY_TOKEN_S + 1);
    assert_int_equal(count_keys("c/"), 1);
    assert_int_equal(count_keys("t/"), 0);
    assert_int_equal(count_keys("u/"), 0);
    assert_int_equal(count_keys("s/"), 0);
    assert_int_equal(count_keys("x/"), 0);
    assert_int_equal(count_keys("y/"), 1);
    assert_int_equal(count_keys("r/"), 1);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_entry *entry = NULL;
    assert_code(hf_registry_find(registry, &id, &entry), CONSENT_MISSING); /* its token is gone */
    assert_code(presented(JTI_1, "\"fetch\":{\"max_total\":8}"), JTI_CONFLICT);
}

static void after_years_the_id_is_free_but_nothing_old_is_taken(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(revoke_jti(JTI_2));
    pass_to(EXP + HF_REGISTRY_TOKEN_S + 1);
    pass_to(EXP + HF_REGISTRY_MEMORY_S + 1);
    assert_int_equal(count_keys("c/"), 0);
    assert_int_equal(count_keys("y/"), 0);
    assert_int_equal(count_keys("r/"), 1);
    /* Signed beside the first one: too long ago. */
    assert_code(presented(JTI_1, "\"fetch\":{\"max_total\":8}"), CONSENT_EXPIRED);
}

static void a_revocation_is_never_forgotten(void **state)
{
    (void)state;
    given(JTI_1);
    assert_ok(revoke_jti(JTI_1));
    pass_to(EXP + HF_REGISTRY_TOKEN_S + 1);
    pass_to(EXP + HF_REGISTRY_MEMORY_S + 1);
    assert_int_equal(count_keys("c/"), 0);
    clock_values.unix_ms = (int64_t)FIXTURE_NOW * 1000; /* as if it were signed anew */
    struct hf_token *token = token_of(JTI_1, FETCH_9);
    assert_code(register_token(token), CONSENT_REVOKED);
    hf_token_unref(token);
}

static void a_word_waits_four_years_for_its_consent(void **state)
{
    (void)state;
    const struct hf_act pause = act_on(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW);
    assert_ok(carry_out(&pause));
    assert_ok(revoke_jti(JTI_2));
    assert_int_equal(count_keys("z/"), 2);
    pass_to(FIXTURE_NOW + HF_REGISTRY_MEMORY_S - 1);
    assert_int_equal(count_keys("s/"), 1);
    assert_int_equal(count_keys("z/"), 2);
    pass_to(FIXTURE_NOW + HF_REGISTRY_MEMORY_S + 1);
    assert_int_equal(count_keys("s/"), 0);
    assert_int_equal(count_keys("z/"), 0);
    assert_int_equal(count_keys("r/"), 1);
}

static void a_pause_stays_with_a_consent_that_came(void **state)
{
    (void)state;
    const struct hf_act pause = act_on(JTI_1, HF_ACT_PAUSE, FIXTURE_NOW);
    clock_values.unix_ms = (FIXTURE_NOW - (int64_t)HF_REGISTRY_MEMORY_S) * 1000 - 1000;
    assert_ok(carry_out(&pause)); /* as if it had come long before */
    clock_values.unix_ms = (int64_t)FIXTURE_NOW * 1000;
    given_paused(JTI_1);
    pass_to(FIXTURE_NOW);
    assert_int_equal(count_keys("z/"), 0);
    assert_int_equal(count_keys("s/"), 1);
    struct hf_entry *entry = found(JTI_1);
    assert_code(hf_entry_judge_state(entry), CONSENT_PAUSED);
    hf_entry_unref(entry);
}

static void many_are_dropped_bit_by_bit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) { /* more than one second's share */
        char jti[32];
        snprintf(jti, sizeof jti, "c-%024u", i);
        assert_ok(presented(jti, FETCH_9));
    }
    pass_to(EXP + HF_REGISTRY_TOKEN_S + 1);
    usleep(2500000);
    assert_int_equal(count_keys("x/"), 0);
    assert_int_equal(count_keys("y/"), 300);
}

/* Leaves the registry closed. */
static void put_value(const char *key, const char *value)
{
    struct hf_store *store = NULL;
    struct hf_store_batch *batch = NULL;
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key), hf_bytes_of_string(value));
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
}

/* What cannot be read may have said that a consent ended: nothing is written beside it. */
static void damage_ends_the_registry(void **state)
{
    (void)state;
    static const char *const damaged[] = {"x/" PAYLOAD_ISS ";soon;" JTI_2,
                                          "y/01774915200;" PAYLOAD_ISS};
    struct hf_token *token = token_of(JTI_1, FETCH_9);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct hf_registry_counts counts = {.has_failed = false};
        hf_registry_close(registry); /* each has a store of its own */
        (void)snprintf(store_path, sizeof store_path, "%s/registry%zu", fixture.folder, i);
        open_registry();
        put_value(damaged[i], "");
        open_registry();
        for (int tenths = 0; tenths < 100 && !counts.has_failed; tenths++) {
            usleep(100000);
            hf_registry_counts(registry, &counts);
        }
        assert_true(counts.has_failed);
        assert_code(register_token(token), IO);
        assert_code(revoke_jti(JTI_1), IO);
        struct hf_registry_page page;
        hf_status listed = hf_registry_list(registry, PAYLOAD_ISS, HF_LITERAL(""), &page);
        assert_true(i > 0 || listed.code == HF_IO); /* of the index that a list is made from */
    }
    hf_token_unref(token);
}

static void a_damaged_end_of_all_is_no_start(void **state)
{
    (void)state;
    static const char end[] = "{\"v\":1,\"at\":1,\"iat\":1,\"state\":\"revoked\"}";
    static const struct {
        const char *key;
        const char *value;
    } damaged[] = {{"g/" PAYLOAD_ISS ";", "{}"},
                   {"g/", end},
                   {"g/" PAYLOAD_PERSON PAYLOAD_PERSON PAYLOAD_PERSON ";", end}};
    const struct hf_registry_options options = {.path = store_path,
                                                .clock = hf_clock_fixed(&clock_values)};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct hf_problem problem = {0};
        hf_registry_close(registry);
        (void)snprintf(store_path, sizeof store_path, "%s/registry%zu", fixture.folder, i);
        open_registry(); /* a store of its own */
        put_value(damaged[i].key, damaged[i].value);
        assert_code(hf_registry_open(&options, &registry, &problem), IO);
        assert_null(registry);
        assert_string_equal(problem.where, store_path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_not_expired_stays, start, stop),
        cmocka_unit_test_setup_teardown(of_what_expired_the_facts_stay, start, stop),
        cmocka_unit_test_setup_teardown(after_years_the_id_is_free_but_nothing_old_is_taken, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_revocation_is_never_forgotten, start, stop),
        cmocka_unit_test_setup_teardown(a_word_waits_four_years_for_its_consent, start, stop),
        cmocka_unit_test_setup_teardown(a_pause_stays_with_a_consent_that_came, start, stop),
        cmocka_unit_test_setup_teardown(many_are_dropped_bit_by_bit, start, stop),
        cmocka_unit_test_setup_teardown(damage_ends_the_registry, start, stop),
        cmocka_unit_test_setup_teardown(a_damaged_end_of_all_is_no_start, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

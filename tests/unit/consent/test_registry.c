#include "consent/registry.h"

#include "tests/unit/consent/registry.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- knowing ---- */

static void a_registered_consent_is_found_by_its_id(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_MAX_BYTES);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_entry *entry = NULL;
    assert_code(hf_registry_find(registry, &id, &entry), CONSENT_MISSING);
    assert_code(hf_registry_read_token(registry, &id, &text), CONSENT_MISSING);
    assert_ok(register_token(token));
    entry = found(JTI_1);
    assert_string_equal(hf_entry_facts(entry)->rcpt, "uscc:" PAYLOAD_BANK);
    assert_int_equal(hf_entry_facts(entry)->received_unix_s, FIXTURE_NOW);
    assert_int_equal(status_of(entry).state, HF_STATE_ACTIVE);
    assert_int_equal(status_of(entry).left, 3);
    assert_ok(hf_registry_read_token(registry, &id, &text));
    assert_true(hf_bytes_equal(hf_buf_view(&text), token->text));
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void what_was_registered_outlives_the_process(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_MAX_BYTES);
    const struct hf_consent_id id = id_of(JTI_1);
    assert_ok(register_token(token));
    clock_values.unix_ms += 5000;
    reopen();
    struct hf_entry *entry = found(JTI_1);
    const struct hf_entry_facts *facts = hf_entry_facts(entry);
    assert_int_equal(facts->received_unix_s, FIXTURE_NOW); /* not the moment of reading it back */
    assert_memory_equal(facts->payload_sha256, token->payload_sha256, HF_SHA256_BYTES);
    assert_memory_equal(facts->token_sha256, token->sha256, HF_SHA256_BYTES);
    assert_int_equal(facts->exp_unix_s, 1774915200);
    assert_int_equal(facts->nbf_unix_s, 1767225600);
    assert_int_equal(facts->max_total, 100);
    assert_true(facts->has_window);
    assert_int_equal(facts->window, HF_WINDOW_DAY);
    assert_int_equal(facts->window_count, 2);
    assert_ok(hf_registry_read_token(registry, &id, &text));
    assert_true(hf_bytes_equal(hf_buf_view(&text), token->text));
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void the_same_token_again_is_fine(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    assert_ok(register_token(token));
    assert_ok(register_token(token));
    reopen();
    assert_ok(register_token(token));
    hf_token_unref(token);
}

static void another_payload_under_the_same_id_is_a_conflict(void **state)
{
    (void)state;
    struct hf_token *first = token_of(JTI_1, FETCH_3);
    struct hf_token *second = token_of(JTI_1, FETCH_DAY);
    struct hf_entry *entry = NULL;
    assert_ok(register_token(first));
    assert_code(register_token(second), JTI_CONFLICT);
    assert_code(hf_registry_admit(registry, second, &entry), JTI_CONFLICT);
    assert_null(entry);
    reopen();
    assert_code(register_token(second), JTI_CONFLICT);
    assert_ok(register_token(first));
    hf_token_unref(first);
    hf_token_unref(second);
}

static void a_consent_that_was_merely_seen_has_no_name(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_entry *entry = admitted(token);
    struct hf_entry *other = NULL;
    assert_code(hf_registry_find(registry, &id, &other), CONSENT_MISSING);
    assert_ok(hf_registry_find_seen(registry, &id, &other));
    assert_ptr_equal(other, entry); /* one entry, whoever asks */
    hf_entry_unref(other);
    assert_ok(register_token(token));
    other = found(JTI_1);
    assert_ptr_equal(other, entry);
    hf_entry_unref(other);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void a_seen_consent_is_remembered_as_first_received(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    hf_entry_unref(admitted(token));
    clock_values.unix_ms += 60000;
    reopen();
    struct hf_entry *entry = admitted(token);
    assert_int_equal(hf_entry_facts(entry)->received_unix_s, FIXTURE_NOW);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void an_issuer_has_a_bound_that_frees_itself(void **state)
{
    (void)state;
    static const char *const jtis[] = {JTI_1, JTI_2, JTI_3};
    struct hf_token *tokens[3];
    max_consents = 2;
    reopen();
    for (size_t i = 0; i < 3; i++) {
        tokens[i] = token_of(jtis[i], FETCH_3);
    }
    assert_ok(register_token(tokens[0]));
    assert_ok(register_token(tokens[1]));
    assert_code(register_token(tokens[2]), RATE_LIMIT);
    struct hf_entry *entry = NULL;
    assert_code(hf_registry_admit(registry, tokens[2], &entry), RATE_LIMIT);
    assert_ok(register_token(tokens[0])); /* a known one is no new one */
    reopen();
    assert_code(register_token(tokens[2]), RATE_LIMIT); /* the bound is counted in the store */
    clock_values.unix_ms = INT64_C(1774915200) * 1000;  /* the two have expired */
    clock_values.monotonic_ms += 60000;
    assert_ok(register_token(tokens[2]));
    for (size_t i = 0; i < 3; i++) {
        hf_token_unref(tokens[i]);
    }
}

/* ---- revoking ---- */

static void a_revocation_reaches_the_shared_entry(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    struct hf_use use;
    assert_ok(register_token(token));
    struct hf_entry *entry = found(JTI_1);
    assert_true(hf_entry_stands(entry));
    assert_ok(revoke_jti(JTI_1));
    assert_false(hf_entry_stands(entry));
    assert_code(hf_entry_judge_state(entry), CONSENT_REVOKED);
    assert_code(hf_entry_reserve(entry, FIXTURE_NOW, &use), CONSENT_REVOKED);
    assert_int_equal(status_of(entry).state, HF_STATE_REVOKED);
    assert_ok(revoke_jti(JTI_1)); /* again */
    hf_entry_unref(entry);
    reopen();
    entry = found(JTI_1);
    assert_false(hf_entry_stands(entry));
    assert_code(register_token(token), CONSENT_REVOKED);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void a_revocation_may_come_before_its_consent(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    assert_ok(revoke_jti(JTI_1));
    assert_code(register_token(token), CONSENT_REVOKED);
    struct hf_entry *entry = admitted(token);
    assert_code(hf_entry_judge_state(entry), CONSENT_REVOKED);
    hf_entry_unref(entry);
    reopen();
    entry = admitted(token);
    assert_code(hf_entry_judge_state(entry), CONSENT_REVOKED);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void revocations_of_the_unknown_are_bounded(void **state)
{
    (void)state;
    max_consents = 1;
    reopen();
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    assert_ok(register_token(token));
    assert_ok(revoke_jti(JTI_2)); /* a full book of consents keeps nobody from ending one */
    assert_ok(revoke_jti(JTI_2));
    assert_code(revoke_jti(JTI_3), RATE_LIMIT);
    assert_ok(revoke_jti(JTI_1)); /* a known one can always be revoked */
    hf_token_unref(token);
}

/* ---- counting ---- */

static void uses_are_stored_and_replayed_exactly(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_use use;
    assert_ok(register_token(token));
    struct hf_entry *entry = found(JTI_1);
    assert_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use));
    hf_use_settle(&use, 7);
    hf_entry_unref(entry);
    reopen(); /* closed in order: all is stored */
    assert_int_equal(hf_registry_replay_from(registry), 8);
    entry = found(JTI_1);
    assert_int_equal(status_of(entry).left, 99);
    assert_int_equal(status_of(entry).window_left, 1);
    assert_ok(hf_registry_replay_use(registry, &id, FIXTURE_NOW, 7)); /* covered already */
    assert_int_equal(status_of(entry).left, 99);
    assert_ok(hf_registry_replay_use(registry, &id, FIXTURE_NOW, 8));
    assert_int_equal(status_of(entry).left, 98);
    assert_int_equal(status_of(entry).window_left, 0);
    assert_ok(hf_registry_replay_return(registry, &id, FIXTURE_NOW, 9));
    assert_int_equal(status_of(entry).left, 99);
    hf_entry_unref(entry);
    reopen();
    assert_int_equal(hf_registry_replay_from(registry), 10);
    entry = found(JTI_1);
    assert_int_equal(status_of(entry).left, 99);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void a_return_without_a_use_gives_nothing(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    const struct hf_consent_id known = id_of(JTI_1);
    const struct hf_consent_id unknown = id_of(JTI_2);
    struct hf_entry *entry = admitted(token);
    assert_ok(hf_registry_replay_return(registry, &known, FIXTURE_NOW, 3));
    assert_int_equal(status_of(entry).left, 100);
    assert_int_equal(status_of(entry).window_left, 2);
    hf_entry_unref(entry);
    hf_token_unref(token);
    assert_ok(hf_registry_replay_return(registry, &unknown, FIXTURE_NOW, 4));
    token = token_of(JTI_2, FETCH_DAY);
    entry = admitted(token);
    assert_int_equal(status_of(entry).left, 100);
    assert_int_equal(status_of(entry).window_left, 2);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void a_use_under_way_is_left_to_the_log(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    struct hf_token *other = token_of(JTI_2, FETCH_DAY);
    struct hf_use ended;
    struct hf_use hanging;
    struct hf_entry *first = admitted(token);
    struct hf_entry *second = admitted(other);
    assert_ok(hf_entry_reserve(first, FIXTURE_NOW, &hanging)); /* its record would be number 0 */
    assert_ok(hf_entry_reserve(second, FIXTURE_NOW, &ended));
    hf_use_settle(&ended, 5);
    reopen(); /* as after a crash: the first use never ended */
    assert_int_equal(hf_registry_replay_from(registry), 0);
    hf_entry_unref(first);
    hf_entry_unref(second);
    const struct hf_consent_id first_id = id_of(JTI_1);
    const struct hf_consent_id second_id = id_of(JTI_2);
    assert_ok(hf_registry_replay_use(registry, &first_id, FIXTURE_NOW, 0));
    assert_ok(hf_registry_replay_use(registry, &second_id, FIXTURE_NOW, 5));
    first = admitted(token);
    second = admitted(other);
    assert_int_equal(status_of(first).left, 99);
    assert_int_equal(status_of(second).left, 99);
    hf_entry_unref(first);
    hf_entry_unref(second);
    hf_token_unref(token);
    hf_token_unref(other);
}

/* So an older log is known by any record that it lacks, not only by one of a use. */
static void the_size_of_the_log_is_remembered(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    struct hf_use use;
    struct hf_entry *entry = admitted(token);
    hf_registry_note_log(registry, 12);
    hf_registry_note_log(registry, 11); /* told late */
    reopen();
    assert_int_equal(hf_registry_replay_from(registry), 12);
    hf_entry_unref(entry);
    entry = admitted(token);
    assert_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use)); /* its record would be number 12 */
    hf_registry_note_log(registry, 20);
    reopen(); /* as after a crash */
    assert_int_equal(hf_registry_replay_from(registry), 12);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

/* The log may tell of a consent that the store has lost: its uses wait for it. */
static void uses_of_an_unknown_consent_wait_for_it(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_DAY);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_replay_use(registry, &id, FIXTURE_NOW, 3));
    assert_ok(hf_registry_replay_use(registry, &id, FIXTURE_NOW, 4));
    assert_code(hf_registry_find_seen(registry, &id, &entry), CONSENT_MISSING);
    reopen();
    assert_int_equal(hf_registry_replay_from(registry), 5);
    assert_ok(hf_registry_replay_return(registry, &id, FIXTURE_NOW, 5));
    entry = admitted(token);
    assert_int_equal(status_of(entry).left, 99);
    assert_int_equal(status_of(entry).window_left, 1);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void a_replay_counts_beyond_the_limit_without_reviving(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    const struct hf_consent_id id = id_of(JTI_1);
    struct hf_entry *entry = admitted(token);
    for (uint64_t i = 0; i < 5; i++) {
        assert_ok(hf_registry_replay_use(registry, &id, FIXTURE_NOW, i));
    }
    assert_int_equal(status_of(entry).left, 0);
    assert_int_equal(status_of(entry).state, HF_STATE_EXHAUSTED);
    assert_ok(hf_registry_replay_return(registry, &id, FIXTURE_NOW, 5));
    assert_int_equal(status_of(entry).left, 0); /* four are still used */
    hf_entry_unref(entry);
    hf_token_unref(token);
}

/* ---- threads ---- */

enum { N_THREADS = 64, N_USES = 1000 };

struct racer {
    struct hf_token *token;
    unsigned n_taken;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct hf_entry *entry = NULL;
    struct hf_use use;
    if (!hf_is_ok(hf_registry_admit(registry, racer->token, &entry))) {
        return NULL;
    }
    while (hf_is_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use))) {
        racer->n_taken++;
        if (racer->n_taken % 7 == 0) {
            hf_use_cancel(&use); /* taken again by somebody */
            racer->n_taken--;
            if (!hf_is_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use))) {
                break;
            }
            racer->n_taken++;
        }
        hf_use_settle(&use, racer->n_taken);
    }
    hf_entry_unref(entry);
    return NULL;
}

static void many_threads_never_take_more_uses_than_there_are(void **state)
{
    (void)state;
    struct hf_token *token = token_of(
        JTI_1, "\"fetch\":{\"max_total\":1000,\"per\":{\"unit\":\"hour\",\"count\":1000}}");
    pthread_t threads[N_THREADS];
    struct racer racers[N_THREADS];
    unsigned n_taken = 0;
    for (size_t i = 0; i < N_THREADS; i++) {
        racers[i] = (struct racer){token, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        n_taken += racers[i].n_taken;
    }
    assert_int_equal(n_taken, N_USES);
    struct hf_entry *entry = admitted(token);
    assert_int_equal(status_of(entry).left, 0);
    hf_entry_unref(entry);
    reopen();
    entry = admitted(token);
    assert_int_equal(status_of(entry).left, 0);
    hf_entry_unref(entry);
    hf_token_unref(token);
}

static void *watch(void *argument)
{
    struct hf_entry *entry = argument;
    struct hf_use use;
    while (hf_entry_stands(entry)) {
        if (hf_is_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use))) {
            hf_use_cancel(&use);
        }
    }
    hf_entry_unref(entry);
    return NULL;
}

static void a_revocation_stops_every_thread(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    pthread_t threads[4];
    assert_ok(register_token(token));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, watch, found(JTI_1)), 0);
    }
    assert_ok(revoke_jti(JTI_1));
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    hf_token_unref(token);
}

static void a_full_queue_says_so(void **state)
{
    (void)state;
    const struct hf_registry_options options = {
        .path = store_path, .clock = hf_clock_fixed(&clock_values), .max_jobs = 1};
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    struct answer answers[64];
    struct hf_registry_counts counts;
    size_t n_queued = 0;
    bool was_full = false;
    hf_registry_close(registry);
    assert_ok(hf_registry_open(&options, &registry, NULL));
    for (size_t i = 0; i < 64; i++) {
        answers[n_queued] = (struct answer)ANSWER;
        hf_status status = hf_registry_register(registry, &(struct hf_registration){.token = token},
                                                note, &answers[n_queued]);
        if (hf_is_ok(status)) {
            n_queued++;
        } else {
            assert_code(status, OVERLOADED);
            was_full = true;
        }
    }
    for (size_t i = 0; i < n_queued; i++) {
        assert_ok(wait_for(&answers[i]));
    }
    assert_true(was_full); /* 64 at once against a sync of the disk */
    hf_registry_counts(registry, &counts);
    assert_int_equal(counts.n_jobs, 0);
    assert_int_equal(counts.n_entries, 1);
    assert_false(counts.has_failed);
    hf_token_unref(token);
}

/* A file may not grow: the disk is full, as far as the store can tell. */
static void fill_the_disk(bool is_full)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = is_full ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_is_not_on_disk_is_not_acknowledged(void **state)
{
    (void)state;
    struct hf_token *token = token_of(JTI_1, FETCH_3);
    struct hf_token *other = token_of(JTI_2, FETCH_3);
    struct hf_registry_counts counts;
    const struct hf_consent_id id = id_of(JTI_2);
    struct hf_entry *missing = NULL;
    assert_ok(register_token(token));
    struct hf_entry *entry = found(JTI_1);
    assert_int_not_equal((long)signal(SIGXFSZ, SIG_IGN), (long)SIG_ERR);
    fill_the_disk(true);
    assert_code(register_token(other), IO);
    assert_code(revoke_jti(JTI_1), IO);
    fill_the_disk(false);
    assert_true(hf_entry_stands(entry)); /* nobody was told that it ended */
    assert_code(hf_registry_find(registry, &id, &missing), CONSENT_MISSING);
    assert_code(revoke_jti(JTI_1), IO); /* the store takes nothing more before a new start */
    hf_registry_counts(registry, &counts);
    assert_true(counts.has_failed);
    hf_entry_unref(entry);
    reopen();
    entry = found(JTI_1);
    assert_true(hf_entry_stands(entry));
    assert_code(hf_registry_find(registry, &id, &missing), CONSENT_MISSING);
    assert_ok(revoke_jti(JTI_1));
    hf_entry_unref(entry);
    hf_token_unref(token);
    hf_token_unref(other);
}

static void a_store_that_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct hf_registry *second = NULL;
    struct hf_registry_options options = {.path = store_path,
                                          .clock = hf_clock_fixed(&clock_values)};
    assert_code(hf_registry_open(&options, &second, NULL), IO); /* it is open already */
    options.path = "/nonexistent/folder/registry";
    assert_code(hf_registry_open(&options, &second, NULL), IO);
    assert_null(second);
    hf_registry_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_registered_consent_is_found_by_its_id, start, stop),
        cmocka_unit_test_setup_teardown(what_was_registered_outlives_the_process, start, stop),
        cmocka_unit_test_setup_teardown(the_same_token_again_is_fine, start, stop),
        cmocka_unit_test_setup_teardown(another_payload_under_the_same_id_is_a_conflict, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_consent_that_was_merely_seen_has_no_name, start, stop),
        cmocka_unit_test_setup_teardown(a_seen_consent_is_remembered_as_first_received, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_issuer_has_a_bound_that_frees_itself, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_reaches_the_shared_entry, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_may_come_before_its_consent, start, stop),
        cmocka_unit_test_setup_teardown(revocations_of_the_unknown_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(uses_are_stored_and_replayed_exactly, start, stop),
        cmocka_unit_test_setup_teardown(a_return_without_a_use_gives_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_use_under_way_is_left_to_the_log, start, stop),
        cmocka_unit_test_setup_teardown(the_size_of_the_log_is_remembered, start, stop),
        cmocka_unit_test_setup_teardown(uses_of_an_unknown_consent_wait_for_it, start, stop),
        cmocka_unit_test_setup_teardown(a_replay_counts_beyond_the_limit_without_reviving, start,
                                        stop),
        cmocka_unit_test_setup_teardown(many_threads_never_take_more_uses_than_there_are, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_revocation_stops_every_thread, start, stop),
        cmocka_unit_test_setup_teardown(a_full_queue_says_so, start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_on_disk_is_not_acknowledged, start, stop),
        cmocka_unit_test_setup_teardown(a_store_that_cannot_be_opened_is_an_error, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

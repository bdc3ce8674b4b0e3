#include "gateway/replay.h"

#include "consent/registry_status.h"

#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

#define NAME PAYLOAD_ISS ";" PAYLOAD_JTI

struct past {
    struct world *world;
    struct log_folder *log_folder;
    struct hf_log *log;
    struct hf_token *token;
};

static int setup(void **state)
{
    struct past *past = calloc(1, sizeof *past);
    assert_non_null(past);
    assert_int_equal(world_setup((void **)&past->world), 0);
    past->log_folder = log_folder_new();
    past->log_folder->now.unix_ms = (int64_t)FIXTURE_NOW * 1000;
    past->log = log_folder_open(past->log_folder);
    char *payload = fixture_payload(PAYLOAD_JTI, "\"fetch\":{\"max_total\":10}");
    past->token = fixture_token(&past->world->consent, payload);
    free(payload);
    world_register(past->world, past->token);
    *state = past;
    return 0;
}

static int teardown(void **state)
{
    struct past *past = *state;
    hf_token_unref(past->token);
    assert_ok(hf_log_close(past->log));
    log_folder_free(past->log_folder);
    assert_int_equal(world_teardown((void **)&past->world), 0);
    free(past);
    return 0;
}

static void append(struct past *past, enum hf_record_kind kind, const struct hf_detail *detail)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    assert_ok(hf_detail_write(detail, &text));
    struct hf_log_entry entry = {
        .kind = kind,
        .detail = hf_buf_view(&text),
        .with_outcome = kind == HF_RECORD_ACCESS && hf_detail_tells_end(detail),
    };
    assert_ok(hf_log_append_wait(past->log, &entry));
}

static void append_access(struct past *past, const char *id)
{
    const hf_bytes consents[] = {HF_LITERAL(NAME)};
    append(
        past, HF_RECORD_ACCESS,
        &(const struct hf_detail){.access_id = hf_bytes_of_string(id), .consents = {consents, 1}});
}

static void append_outcome(struct past *past, const char *id, const char *fault, uint64_t bytes)
{
    append(past, HF_RECORD_OUTCOME,
           &(const struct hf_detail){.access_id = hf_bytes_of_string(id),
                                     .bytes = HF_DETAIL_NUMBER(bytes),
                                     .fault = hf_bytes_of_string(fault),
                                     .status = HF_DETAIL_NUMBER(bytes ? 200 : 502)});
}

/* An access that tells its own outcome. */
static void append_ended(struct past *past, const char *id, const char *fault, uint64_t bytes)
{
    const hf_bytes consents[] = {HF_LITERAL(NAME)};
    append(past, HF_RECORD_ACCESS,
           &(const struct hf_detail){.access_id = hf_bytes_of_string(id),
                                     .bytes = HF_DETAIL_NUMBER(bytes),
                                     .consents = {consents, 1},
                                     .fault = hf_bytes_of_string(fault),
                                     .status = HF_DETAIL_NUMBER(bytes ? 200 : 502)});
}

static uint32_t left(struct past *past)
{
    struct hf_consent_status status;
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_find(past->world->registry, &past->token->claims.id, &entry));
    hf_entry_status(entry, FIXTURE_NOW, &status);
    hf_entry_unref(entry);
    return status.left;
}

static size_t n_restored;

static hf_status replay(struct past *past, size_t *ret_n_unknown)
{
    struct hf_replay_facts facts;
    HF_TRY(
        hf_replay_log(past->log, &past->log_folder->operator_key, past->world->registry, &facts));
    *ret_n_unknown = facts.n_unknown;
    n_restored = facts.n_restored;
    return HF_DONE;
}

static void an_access_is_a_use_whatever_became_of_it(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_access(past, "access-id-000000000001");
    append_outcome(past, "access-id-000000000001", "", 100);
    append_access(past, "access-id-000000000002");
    append_outcome(past, "access-id-000000000002", "client_gone", 0);
    append_access(past, "access-id-000000000003");
    append_outcome(past, "access-id-000000000003", "source_unavailable", 5);
    append_access(past, "access-id-000000000004");
    append_outcome(past, "access-id-000000000004", "no_data", 0);
    append_access(past, "access-id-000000000005"); /* its outcome is unknown */
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_unknown, 1);
    assert_int_equal(left(past), 5);
}

static void a_consent_that_was_spared_keeps_its_use(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    const hf_bytes consents[] = {HF_LITERAL(NAME),
                                 HF_LITERAL(PAYLOAD_ISS ";AAAAAAAAAAAAAAAAAAAAAA")};
    append(past, HF_RECORD_ACCESS,
           &(const struct hf_detail){.access_id = HF_LITERAL("access-id-000000000001"),
                                     .consents = {consents, 2},
                                     .spared = {consents, 1}});
    append(past, HF_RECORD_ACCESS,
           &(const struct hf_detail){.access_id = HF_LITERAL("access-id-000000000002"),
                                     .consents = {consents, 1},
                                     .spared = {consents, 1}});
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_unknown, 1); /* the one that charged the other consent */
    assert_int_equal(left(past), 10);
}

static void a_sources_fault_without_a_byte_gives_back(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_access(past, "access-id-000000000001");
    append_access(past, "access-id-000000000002");
    append_outcome(past, "access-id-000000000002", "source_timeout", 0);
    append_outcome(past, "access-id-000000000001", "source_malformed", 0);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_unknown, 0);
    assert_int_equal(left(past), 10);
}

static void an_access_that_tells_its_end_is_known(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_ended(past, "access-id-000000000001", "", 100);
    append_ended(past, "access-id-000000000002", "no_data", 0);
    append_ended(past, "access-id-000000000003", "source_timeout", 0); /* gives back */
    append_ended(past, "access-id-000000000004", "source_malformed", 0);
    append_ended(past, "access-id-000000000005", "client_gone", 7);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_unknown, 0);
    assert_int_equal(left(past), 7);
    assert_ok(replay(past, &n_unknown)); /* what is counted is not counted again */
    assert_int_equal(left(past), 7);
}

static void other_records_are_no_uses(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append(past, HF_RECORD_DENY, &(const struct hf_detail){.code = HF_LITERAL("scope_denied")});
    append_outcome(past, "access-id-000000000009", "source_timeout", 0);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_unknown, 0);
    assert_int_equal(left(past), 10);
}

static void a_detail_that_is_none_of_ours_is_refused(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append(past, HF_RECORD_ACCESS, &(const struct hf_detail){.access_id = HF_LITERAL("short")});
    assert_code(replay(past, &n_unknown), LOG_TAMPERED);
    assert_int_equal(n_unknown, 99);
}

static void a_name_that_is_none_is_refused(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    const hf_bytes consents[] = {HF_LITERAL("nobody")};
    append(past, HF_RECORD_ACCESS,
           &(const struct hf_detail){.access_id = HF_LITERAL("access-id-000000000001"),
                                     .consents = {consents, 1}});
    assert_code(replay(past, &n_unknown), LOG_TAMPERED);
}

static void append_act(struct past *past, const char *state, const char *jti)
{
    append(past, strcmp(state, "revoked") == 0 ? HF_RECORD_REVOKE : HF_RECORD_STATUS,
           &(const struct hf_detail){.iat = HF_DETAIL_NUMBER(FIXTURE_NOW),
                                     .iss = HF_LITERAL(PAYLOAD_ISS),
                                     .jti = hf_bytes_of_string(jti),
                                     .state = hf_bytes_of_string(state)});
}

static hf_status state_of(struct past *past)
{
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_find(past->world->registry, &past->token->claims.id, &entry));
    hf_status status = hf_entry_judge_state(entry);
    hf_entry_unref(entry);
    return status;
}

static void a_revocation_that_the_registry_lost_is_restored(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_act(past, "revoked", PAYLOAD_JTI);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_restored, 1);
    assert_code(state_of(past), CONSENT_REVOKED);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_restored, 0);
}

static void a_pause_that_the_registry_lost_is_restored(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_act(past, "paused", PAYLOAD_JTI);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_restored, 1);
    assert_code(state_of(past), CONSENT_PAUSED);
}

static void the_end_of_all_that_the_registry_lost_is_restored(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_act(past, "revoked", "");
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(n_restored, 1);
    assert_code(state_of(past), CONSENT_REVOKED);
}

static void what_is_no_act_is_refused(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_act(past, "paused", ""); /* of all: there is no such thing */
    assert_code(replay(past, &n_unknown), LOG_TAMPERED);
}

static void another_key_opens_nothing(void **state)
{
    struct past *past = *state;
    struct hf_seal_key other;
    struct hf_replay_facts facts;
    uint8_t key[HF_SEAL_KEY_BYTES] = {1};
    append_access(past, "access-id-000000000001");
    assert_ok(hf_seal_key_init(&other, hf_bytes_of(key, sizeof key)));
    assert_code(hf_replay_log(past->log, &other, past->world->registry, &facts), SEAL_INVALID);
    hf_seal_key_clear(&other);
}

/* Stores a use of the record @index, as a run before this one did. */
static void store_use(struct past *past, uint64_t index)
{
    struct hf_entry *entry = NULL;
    struct hf_use use;
    assert_ok(hf_registry_find(past->world->registry, &past->token->claims.id, &entry));
    assert_ok(hf_entry_reserve(entry, FIXTURE_NOW, &use));
    hf_use_settle(&use, index);
    hf_entry_unref(entry);
    world_reopen_registry(past->world);
}

static void a_log_that_ends_before_the_registrys_uses_was_rolled_back(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_access(past, "access-id-000000000001"); /* record 0 */
    store_use(past, 0);
    assert_ok(replay(past, &n_unknown));
    assert_int_equal(left(past), 9);
    store_use(past, 1); /* a record that the log does not have */
    n_unknown = 99;
    assert_code(replay(past, &n_unknown), LOG_ROLLBACK);
    assert_int_equal(n_unknown, 99);
}

static void append_grant(struct past *past, const char *list, uint64_t idx)
{
    append(past, HF_RECORD_GRANT,
           &(const struct hf_detail){.exp = HF_DETAIL_NUMBER(1774915200),
                                     .iss = HF_LITERAL(PAYLOAD_ISS),
                                     .jti = HF_LITERAL("c-9999999999999999999999"),
                                     .status_idx = HF_DETAIL_NUMBER(idx),
                                     .status_list = hf_bytes_of_string(list)});
}

static void the_place_of_a_grant_is_learnt(void **state)
{
    struct past *past = *state;
    struct hf_status_slot slot;
    struct hf_consent_id id;
    size_t n_unknown = 99;
    assert_ok(
        hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), HF_LITERAL("c-9999999999999999999999"), &id));
    append_grant(past, "AAAAAAAAAAAAAAAAAAAAAA", 131071);
    append(past, HF_RECORD_GRANT, /* of a gateway that published no lists */
           &(const struct hf_detail){.iss = HF_LITERAL(PAYLOAD_ISS)});
    assert_ok(replay(past, &n_unknown));
    assert_ok(hf_registry_draw_slot(past->world->registry, &id, &slot));
    assert_string_equal(slot.list, "AAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(slot.idx, 131071);
}

static void a_place_that_cannot_be_is_refused(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_grant(past, "AAAAAAAAAAAAAAAAAAAAAA", 131072);
    assert_code(replay(past, &n_unknown), LOG_TAMPERED);
}

static void a_list_that_cannot_be_is_refused(void **state)
{
    struct past *past = *state;
    size_t n_unknown = 99;
    append_grant(past, "AAAAAAAAAAAAAAAAAAAAA;", 1);
    assert_code(replay(past, &n_unknown), LOG_TAMPERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_access_is_a_use_whatever_became_of_it),
        TEST(a_consent_that_was_spared_keeps_its_use),
        TEST(a_sources_fault_without_a_byte_gives_back),
        TEST(an_access_that_tells_its_end_is_known),
        TEST(other_records_are_no_uses),
        TEST(a_detail_that_is_none_of_ours_is_refused),
        TEST(a_name_that_is_none_is_refused),
        TEST(a_revocation_that_the_registry_lost_is_restored),
        TEST(a_pause_that_the_registry_lost_is_restored),
        TEST(the_end_of_all_that_the_registry_lost_is_restored),
        TEST(what_is_no_act_is_refused),
        TEST(the_place_of_a_grant_is_learnt),
        TEST(a_place_that_cannot_be_is_refused),
        TEST(a_list_that_cannot_be_is_refused),
        TEST(another_key_opens_nothing),
        TEST(a_log_that_ends_before_the_registrys_uses_was_rolled_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The order of what an act does, and of what is left of it when the log fails in the middle. The
 * HTTP/2 server is left out: what would be answered is noted instead, and what is posted to the
 * worker runs here.
 */
#include "gateway/endpoint_impl.h"

#include "audit/replay.h"
#include "tests/unit/gateway/duty.h"

static struct hf_endpoint_call call;
static _Atomic(struct hf_post *) posted;
static struct hf_h2_peer peer;
static enum hf_code refused; /* OK: not */
static bool is_answered;
static bool had_stopped; /* when it was answered */

/* ---- in place of the server ---- */

static bool has_stopped(void)
{
    struct hf_entry *entry = NULL;
    hf_status status = hf_registry_find_seen(call.worker->gateway->registry, &call.act.id, &entry);
    bool is_over = hf_is_ok(status) && !hf_entry_stands(entry);
    hf_entry_unref(entry);
    return is_over;
}

void __wrap_hf_endpoint_refuse(struct hf_endpoint_call *about, enum hf_code code,
                               const char *attribute);
void __wrap_hf_endpoint_refuse(struct hf_endpoint_call *about, enum hf_code code,
                               const char *attribute)
{
    (void)attribute;
    assert_ptr_equal(about, &call);
    assert_false(is_answered);
    is_answered = true;
    refused = code;
}

void __wrap_hf_endpoint_answer(struct hf_endpoint_call *about, int status, const char *content_type,
                               hf_bytes body);
void __wrap_hf_endpoint_answer(struct hf_endpoint_call *about, int status, const char *content_type,
                               hf_bytes body)
{
    assert_ptr_equal(about, &call);
    assert_int_equal(status, 200);
    assert_string_equal(content_type, "application/json");
    assert_true(body.size > 0);
    assert_false(is_answered);
    is_answered = true;
    had_stopped = has_stopped();
}

void __wrap_hf_worker_post(struct hf_worker *worker, struct hf_post *post);
void __wrap_hf_worker_post(struct hf_worker *worker, struct hf_post *post)
{
    (void)worker;
    atomic_store(&posted, post);
}

const struct hf_h2_peer *__wrap_hf_h2_stream_peer(const struct hf_h2_stream *stream);
const struct hf_h2_peer *__wrap_hf_h2_stream_peer(const struct hf_h2_stream *stream)
{
    (void)stream;
    return &peer;
}

/* ---- an act ---- */

static int setup(void **state)
{
    duty_setup(state);
    struct duty *duty = *state;
    struct hf_token *token = fixture_token(&duty->world->consent, PAYLOAD);
    world_register(duty->world, token);
    hf_token_unref(token);
    assert_ok(hf_address_from_literal("192.0.2.1", 443, &peer.address));
    call = (struct hf_endpoint_call){.worker = &duty->worker,
                                     .snapshot = duty->world->snapshot,
                                     .arena = hf_arena_init(HF_ENDPOINT_ARENA_BYTES),
                                     .body = hf_buf_init(HF_ENDPOINT_BODY_BYTES),
                                     .detail = hf_buf_init(HF_DETAIL_MAX_BYTES)};
    return 0;
}

static int teardown(void **state)
{
    hf_buf_clear(&call.body);
    hf_buf_clear(&call.detail);
    hf_arena_clear(&call.arena);
    return duty_teardown(state);
}

/* Sends it, and nothing more. */
static void begin(struct duty *duty, const char *typ, const char *payload)
{
    char *text = fixture_sign(duty->world->consent.key, typ, payload);
    hf_buf_reset(&call.body);
    hf_buf_reset(&call.detail);
    assert_ok(hf_buf_append_string(&call.body, text));
    free(text);
    refused = HF_OK;
    is_answered = had_stopped = false;
    hf_endpoint_act(&call);
}

/* Waits for the registry's thread to come home, as the worker's loop does. */
static void come_home(void)
{
    struct hf_post *post = NULL;
    while (!post) {
        (void)usleep(500);
        post = atomic_exchange(&posted, NULL);
    }
    post->run(post);
}

#define REVOCATION PAYLOAD_REVOCATION("1767225650", "withdrawn")
#define PAUSE PAYLOAD_STATUS("1767225650", "paused")
#define RESUMPTION PAYLOAD_STATUS("1767225660", "active")

static hf_status count(void *context, const struct hf_replay_entry *entry)
{
    size_t *n = context;
    *n += entry->record.kind == HF_RECORD_REVOKE || entry->record.kind == HF_RECORD_STATUS;
    return HF_DONE;
}

static size_t n_records(struct duty *duty)
{
    size_t n = 0;
    assert_ok(hf_log_replay(duty->log, 0, &duty->folder->operator_key, count, &n));
    return n;
}

static void a_revocation_acts_then_is_recorded_then_answered(void **state)
{
    struct duty *duty = *state;
    begin(duty, "consent-revocation+jwt", REVOCATION);
    assert_false(is_answered);
    come_home();
    assert_true(has_stopped());
    assert_false(is_answered); /* its record is under way */
    duty_settle(duty);
    assert_true(is_answered && had_stopped);
    assert_int_equal(refused, HF_OK);
    assert_int_equal(n_records(duty), 1);
    assert_int_equal(hf_metrics_value(&duty->worker.metrics, HF_METRIC_REVOCATIONS), 1);
    assert_int_equal(call.n_under_way, 0);
}

static void a_log_that_has_failed_does_not_hold_a_revocation_back(void **state)
{
    struct duty *duty = *state;
    duty_break_log(duty);
    begin(duty, "consent-revocation+jwt", REVOCATION);
    come_home();
    duty_settle(duty);
    assert_int_equal(refused, HF_LOG_UNAVAILABLE); /* so it is sent again */
    assert_true(has_stopped());
    assert_int_equal(call.n_under_way, 0);
    duty_mend_log(duty);
}

static void a_resumption_is_recorded_then_acts_then_is_answered(void **state)
{
    struct duty *duty = *state;
    begin(duty, "consent-status+jwt", PAUSE);
    come_home();
    duty_settle(duty);
    assert_true(is_answered && has_stopped());
    begin(duty, "consent-status+jwt", RESUMPTION);
    assert_true(has_stopped());
    duty_settle(duty);
    assert_int_equal(n_records(duty), 2);
    assert_false(is_answered);
    come_home();
    assert_true(is_answered);
    assert_false(had_stopped);
    assert_int_equal(call.n_under_way, 0);
}

static void what_is_not_on_record_gives_nothing_back(void **state)
{
    struct duty *duty = *state;
    begin(duty, "consent-status+jwt", PAUSE);
    come_home();
    duty_settle(duty);
    duty_break_log(duty);
    begin(duty, "consent-status+jwt", RESUMPTION);
    duty_settle(duty);
    assert_int_equal(refused, HF_LOG_UNAVAILABLE);
    assert_true(has_stopped());
    assert_int_equal(call.n_under_way, 0);
    duty_mend_log(duty);
}

static void what_will_not_be_is_not_put_on_record(void **state)
{
    struct duty *duty = *state;
    char *unknown = text_with(RESUMPTION, PAYLOAD_JTI, "c-9999999999999999999999");
    begin(duty, "consent-status+jwt", unknown);
    free(unknown);
    assert_int_equal(refused, HF_CONSENT_MISSING);
    begin(duty, "consent+jwt", REVOCATION);
    assert_int_equal(refused, HF_CONSENT_MALFORMED);
    duty_settle(duty);
    assert_int_equal(n_records(duty), 0);
}

static void known_words_are_paid_for_by_their_sender(void **state)
{
    struct duty *duty = *state;
    hf_bytes grantor = HF_LITERAL(PAYLOAD_ISS);
    const uint64_t now_ms = hf_loop_now_ms(duty->worker.loop);
    size_t n_taken = 0;
    for (refused = HF_OK; refused == HF_OK; n_taken++) {
        begin(duty, "consent-revocation+jwt", REVOCATION);
        if (refused == HF_OK) {
            come_home();
            duty_settle(duty);
        }
    }
    assert_int_equal(refused, HF_RATE_LIMIT);
    assert_true(n_taken > 20);
    for (int i = 1; i < 20; i++) { /* all that the first has left */
        assert_true(hf_rates_take(&duty->worker.rates, HF_RATE_REVOKE, grantor, now_ms));
    }
    const struct hf_bank bank = {.uscc = PAYLOAD_BANK};
    call.bank = &bank;
    begin(duty, "consent-revocation+jwt", REVOCATION);
    assert_int_equal(refused, HF_OK); /* another sender has its own */
    come_home();
    duty_settle(duty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_revocation_acts_then_is_recorded_then_answered),
        TEST(a_log_that_has_failed_does_not_hold_a_revocation_back),
        TEST(a_resumption_is_recorded_then_acts_then_is_answered),
        TEST(what_is_not_on_record_gives_nothing_back),
        TEST(what_will_not_be_is_not_put_on_record),
        TEST(known_words_are_paid_for_by_their_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

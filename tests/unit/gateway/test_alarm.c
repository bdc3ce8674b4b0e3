#include "gateway/alarm.h"

#include "audit/replay.h"
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

#include <signal.h>
#include <sys/resource.h>

enum { CHARS = HF_BASE64URL_CHARS(HF_SHA256_BYTES) };

/* As much of a worker as an alarm needs. */
struct duty {
    struct world *world;
    struct log_folder *folder;
    struct hf_log *log;
    struct hf_gateway gateway;
    struct hf_worker worker;
    struct hf_token *token;
    struct hf_token *twin; /* of the same id, with another payload */
};

static void wake(void *context)
{
    (void)context;
}

static void open_log(struct duty *duty)
{
    duty->log = log_folder_open(duty->folder);
    assert_ok(hf_log_waiter_new(duty->log, wake, NULL, &duty->worker.waiter));
}

static void settle(struct duty *duty)
{
    hf_log_publish(duty->worker.waiter);
    while (hf_log_n_pending(duty->worker.waiter) > 0) {
        (void)hf_log_poll(duty->worker.waiter);
        (void)usleep(500);
    }
}

static hf_status close_log(struct duty *duty)
{
    settle(duty);
    hf_log_waiter_free(duty->worker.waiter);
    return hf_log_close(duty->log);
}

static int setup(void **state)
{
    struct duty *duty = calloc(1, sizeof *duty);
    assert_non_null(duty);
    assert_int_equal(world_setup((void **)&duty->world), 0);
    duty->folder = log_folder_new();
    open_log(duty);
    duty->gateway.registry = duty->world->registry;
    duty->gateway.clock = hf_clock_fixed(&duty->world->clock);
    duty->worker.gateway = &duty->gateway;
    char *other = text_with(PAYLOAD, "\"data_life_days\":90", "\"data_life_days\":1");
    duty->token = fixture_token(&duty->world->consent, PAYLOAD);
    duty->twin = fixture_token(&duty->world->consent, other);
    free(other);
    *state = duty;
    return 0;
}

static int teardown(void **state)
{
    struct duty *duty = *state;
    assert_ok(close_log(duty));
    log_folder_free(duty->folder);
    hf_token_unref(duty->token);
    hf_token_unref(duty->twin);
    assert_int_equal(world_teardown((void **)&duty->world), 0);
    free(duty);
    return 0;
}

/* What the alarms of the log say. */
struct heard {
    size_t n;
    size_t n_tokens;
    char tokens[2][CHARS + 1];
    char bank[HF_USCC_CHARS + 1];
};

static hf_status hear(void *context, const struct hf_replay_entry *entry)
{
    struct heard *heard = context;
    assert_int_equal(entry->record.kind, HF_RECORD_ALARM);
    assert_true(hf_bytes_equal_string(entry->detail.code, "jti_conflict"));
    assert_true(hf_bytes_equal_string(entry->detail.iss, PAYLOAD_ISS));
    assert_true(hf_bytes_equal_string(entry->detail.jti, PAYLOAD_JTI));
    assert_int_equal(entry->detail.time_ms.value, (uint64_t)FIXTURE_NOW * 1000);
    heard->n++;
    heard->n_tokens = entry->detail.tokens.n_items;
    for (size_t i = 0; i < heard->n_tokens; i++) {
        assert_int_equal(entry->detail.tokens.items[i].size, CHARS);
        memcpy(heard->tokens[i], entry->detail.tokens.items[i].data, CHARS);
    }
    assert_true(entry->detail.bank.size < sizeof heard->bank);
    for (size_t i = 0; i < entry->detail.bank.size; i++) {
        heard->bank[i] = (char)entry->detail.bank.data[i];
    }
    return HF_DONE;
}

static struct heard raised(struct duty *duty, const char *bank)
{
    struct heard heard = {.n = 0};
    hf_alarm_jti_conflict(&duty->worker, hf_bytes_of_string(bank), duty->twin);
    settle(duty);
    assert_ok(hf_log_replay(duty->log, 0, &duty->folder->operator_key, hear, &heard));
    return heard;
}

static void assert_is_of(const char *digest, const struct hf_token *token)
{
    char expected[CHARS + 1];
    hf_base64url_encode_fixed(hf_bytes_of(token->sha256, HF_SHA256_BYTES), expected);
    assert_string_equal(digest, expected);
}

static void an_alarm_names_both_tokens_the_known_one_first(void **state)
{
    struct duty *duty = *state;
    world_register(duty->world, duty->token);
    struct heard heard = raised(duty, PAYLOAD_BANK);
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.n_tokens, 2);
    assert_is_of(heard.tokens[0], duty->token);
    assert_is_of(heard.tokens[1], duty->twin);
    assert_string_equal(heard.bank, PAYLOAD_BANK);
}

static void of_a_stranger_it_names_no_bank(void **state)
{
    struct duty *duty = *state;
    world_register(duty->world, duty->token);
    assert_string_equal(raised(duty, "").bank, "");
}

static void what_the_registry_forgot_is_left_out(void **state)
{
    struct duty *duty = *state;
    struct heard heard = raised(duty, PAYLOAD_BANK);
    assert_int_equal(heard.n_tokens, 1);
    assert_is_of(heard.tokens[0], duty->twin);
}

/* The service ends with its log; until then somebody who looks at the metrics is told. */
static void an_alarm_that_cannot_be_recorded_is_counted(void **state)
{
    struct duty *duty = *state;
    struct hf_log_waiter *waiter = duty->worker.waiter;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 2; i++) { /* the first is queued and fails there, the second is not taken */
        hf_alarm_jti_conflict(&duty->worker, HF_LITERAL(PAYLOAD_BANK), duty->twin);
        settle(duty);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_true(hf_log_has_failed(duty->log));
    assert_int_equal(hf_metrics_value(&duty->worker.metrics, HF_METRIC_ALARMS), 2);
    hf_log_waiter_free(waiter);
    assert_code(hf_log_close(duty->log), LOG_UNAVAILABLE);
    open_log(duty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_alarm_names_both_tokens_the_known_one_first),
        TEST(of_a_stranger_it_names_no_bank),
        TEST(what_the_registry_forgot_is_left_out),
        TEST(an_alarm_that_cannot_be_recorded_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

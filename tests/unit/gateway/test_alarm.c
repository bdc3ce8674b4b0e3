#include "gateway/alarm.h"

#include "audit/replay.h"
#include "tests/unit/gateway/duty.h"

enum { CHARS = HF_BASE64URL_CHARS(HF_SHA256_BYTES) };

static struct hf_token *token;
static struct hf_token *twin; /* of the same id, with another payload */

static int setup(void **state)
{
    duty_setup(state);
    struct duty *duty = *state;
    char *other = text_with(PAYLOAD, "\"data_life_days\":90", "\"data_life_days\":1");
    token = fixture_token(&duty->world->consent, PAYLOAD);
    twin = fixture_token(&duty->world->consent, other);
    free(other);
    return 0;
}

static int teardown(void **state)
{
    hf_token_unref(token);
    hf_token_unref(twin);
    return duty_teardown(state);
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
    hf_alarm_jti_conflict(&duty->worker, hf_bytes_of_string(bank), twin);
    duty_settle(duty);
    assert_ok(hf_log_replay(duty->log, 0, &duty->folder->operator_key, hear, &heard));
    return heard;
}

static void assert_is_of(const char *digest, const struct hf_token *about)
{
    char expected[CHARS + 1];
    hf_base64url_encode_fixed(hf_bytes_of(about->sha256, HF_SHA256_BYTES), expected);
    assert_string_equal(digest, expected);
}

static void an_alarm_names_both_tokens_the_known_one_first(void **state)
{
    struct duty *duty = *state;
    world_register(duty->world, token);
    struct heard heard = raised(duty, PAYLOAD_BANK);
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.n_tokens, 2);
    assert_is_of(heard.tokens[0], token);
    assert_is_of(heard.tokens[1], twin);
    assert_string_equal(heard.bank, PAYLOAD_BANK);
}

static void of_a_stranger_it_names_no_bank(void **state)
{
    struct duty *duty = *state;
    world_register(duty->world, token);
    assert_string_equal(raised(duty, "").bank, "");
}

static void what_the_registry_forgot_is_left_out(void **state)
{
    struct duty *duty = *state;
    struct heard heard = raised(duty, PAYLOAD_BANK);
    assert_int_equal(heard.n_tokens, 1);
    assert_is_of(heard.tokens[0], twin);
}

/* The service ends with its log; until then somebody who looks at the metrics is told. */
static void an_alarm_that_cannot_be_recorded_is_counted(void **state)
{
    struct duty *duty = *state;
    duty_break_log(duty);
    hf_alarm_jti_conflict(&duty->worker, HF_LITERAL(PAYLOAD_BANK), twin);
    assert_int_equal(hf_metrics_value(&duty->worker.metrics, HF_METRIC_ALARMS), 1);
    duty_mend_log(duty);
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

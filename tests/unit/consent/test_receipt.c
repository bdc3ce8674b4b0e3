#include "consent/receipt.h"

#include "consent/members.h"

#include "tests/unit/consent/fixture.h"

static struct fixture fixture;
static struct hf_key *gateway;
static struct hf_key_set keys;
static struct hf_arena arena;
static struct hf_problem problem;

static const struct hf_consent_history history = {
    .n_events = 2,
    .events = {{HF_EVENT_GIVEN, 1767225700}, {HF_EVENT_REVOKED, 1767225800}},
    .n_omitted = 3};

static struct hf_receipt_facts facts_of(hf_bytes token)
{
    return (struct hf_receipt_facts){
        .issuer = "https://gw.example.test",
        .now_unix_s = 1767225900,
        .token = token,
        .state = HF_STATE_REVOKED,
        .history = &history,
        .withdrawal_uri = "https://gw.example.test:8444/revocations",
        .log_origin = "gw.example.test/log",
        .log_index = 7,
        .status = {.uri = "https://gw.example.test:8444/status/x", .idx = 99}};
}

static struct hf_arena *fresh_arena(void)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(HF_RECEIPT_ARENA_BYTES);
    return &arena;
}

static hf_buf receipt_over(const char *payload)
{
    hf_buf text = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    char *token = fixture_sign(fixture.key, "consent+jwt", payload);
    const struct hf_receipt_facts facts = facts_of(hf_bytes_of_string(token));
    assert_ok(hf_receipt_sign(gateway, &facts, &text));
    free(token);
    return text;
}

static void a_receipt_says_what_the_token_says(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = receipt_over(PAYLOAD);
    struct hf_receipt receipt;
    (void)state;
    assert_ok(hf_receipt_verify(hf_buf_view(&text), &keys, fresh_arena(), &receipt, &problem));
    assert_true(hf_bytes_equal_string(receipt.iss, "https://gw.example.test"));
    assert_string_equal(receipt.id.iss, PAYLOAD_ISS);
    assert_string_equal(receipt.id.jti, PAYLOAD_JTI);
    assert_true(hf_bytes_equal_string(receipt.recipient, "uscc:" PAYLOAD_BANK));
    assert_true(hf_bytes_equal_string(receipt.notice_id, "n-1"));
    assert_true(hf_bytes_equal_string(receipt.notice_ver, "2026-01"));
    assert_true(hf_bytes_equal_string(receipt.notice_lang, "zh-CN"));
    assert_int_equal(receipt.retention_days, 90);
    assert_int_equal(receipt.exp_unix_s, 1774915200);
    assert_int_equal(receipt.pii_information->n_children, 2);
    assert_true(
        hf_bytes_equal_string(receipt.withdrawal_uri, "https://gw.example.test:8444/revocations"));
}

static void a_receipt_says_what_has_become_of_it(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = receipt_over(PAYLOAD);
    struct hf_receipt receipt;
    (void)state;
    assert_ok(hf_receipt_verify(hf_buf_view(&text), &keys, fresh_arena(), &receipt, &problem));
    assert_true(hf_bytes_equal_string(receipt.state, "revoked"));
    assert_true(hf_bytes_equal_string(receipt.log_origin, "gw.example.test/log"));
    assert_int_equal(receipt.log_index, 7);
    assert_string_equal(receipt.status.uri, "https://gw.example.test:8444/status/x");
    assert_int_equal(receipt.status.idx, 99);
    assert_int_equal(receipt.history.n_events, 2);
    assert_int_equal(receipt.history.events[1].kind, HF_EVENT_REVOKED);
    assert_int_equal(receipt.history.events[1].unix_s, 1767225800);
    assert_int_equal(receipt.history.n_omitted, 3);
}

static void the_largest_consent_has_a_receipt(void **state)
{
    enum { MOST = HF_JWS_PAYLOAD_MAX_BYTES };
    char fields[MOST] = "";
    size_t n = 0;
    (void)state;
    /* one scope with as many fields as fit, each some hundred bytes long */
    for (int i = 0; i < 60; i++) {
        n += (size_t)snprintf(fields + n, sizeof fields - n, "%s\"items[].%0100d\"", i ? "," : "",
                              i);
    }
    char *scope = calloc(1, 2 * MOST);
    snprintf(scope, 2 * MOST, "\"classes\":[],\"fields\":[%s]}", fields);
    char *payload = text_with(PAYLOAD, "\"classes\":[]}", scope);
    assert_in_range(strlen(payload), 7000, MOST);
    HF_CLEANUP(hf_buf_clear) hf_buf text = receipt_over(payload);
    struct hf_receipt receipt;
    assert_ok(hf_receipt_verify(hf_buf_view(&text), &keys, fresh_arena(), &receipt, &problem));
    free(payload);
    free(scope);
}

static void what_is_no_token_has_no_receipt(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    struct hf_receipt_facts facts = facts_of(HF_LITERAL("x.y.z"));
    (void)state;
    assert_code(hf_receipt_sign(gateway, &facts, &text), CONSENT_MALFORMED);
    char *token = fixture_sign(fixture.key, "consent+jwt", "{\"iss\":1}");
    facts.token = hf_bytes_of_string(token);
    assert_code(hf_receipt_sign(gateway, &facts, &text), CONSENT_MALFORMED);
    assert_int_equal(text.size, 0);
    free(token);
}

/* ---- reading ---- */

static char *payload_text;

static hf_status parse(const char *text)
{
    struct hf_receipt receipt;
    problem = (struct hf_problem){0};
    return hf_receipt_parse(hf_bytes_of_string(text), fresh_arena(), &receipt, &problem);
}

static void each_mistake_is_blamed(void **state)
{
    static const struct payload_mistake mistakes[] = {
        {"\"ver\":1", "\"ver\":2", "ver"},
        {"TS 27560:2023", "TS 27560:2024", "schema_version"},
        {"\"iss\":\"https://", "\"iss\":\"http://", "iss"},
        {"\"iat\":1767225900", "\"iat\":1", "iat"},
        {"\"record_id\":\"uscc:", "\"record_id\":\"uscx:", "record_id"},
        {"\"pii_principal_id\":\"uscc:9135", "\"pii_principal_id\":\"uscc:9136",
         "pii_principal_id"},
        {"\"id\":\"n-1\"", "\"id\":\"\"", "notice.id"},
        {"\"lang\":", "\"long\":", "notice"},
        {"[\"pre_loan\"]", "[\"any_loan\"]", "purposes[0]"},
        {"\"lawful_basis\":\"consent\"", "\"lawful_basis\":\"other\"", "lawful_basis"},
        {"[\"tax\",\"power\"]", "[\"tax\",\"postal\"]", "pii_controllers"},
        {"\"recipient\":\"uscc:911100001", "\"recipient\":\"uscc:911100002", "recipient"},
        {"\"retention_days\":90", "\"retention_days\":9000", "retention_days"},
        {"\"nbf\":1767225600", "\"nbf\":\"x\"", "nbf"},
        {"\"method\":\"POST\"", "\"method\":\"GET\"", "withdrawal.method"},
        {"8444/revocations", "8444/\\\"", "withdrawal.uri"},
        {"\"index\":7", "\"index\":-7", "log.index"},
        {"\"idx\":99", "\"idx\":16777216", "status.status_list.idx"},
        {"\"uri\":\"https://gw.example.test:8444/status", "\"uri\":\"ftp://gw.example.test/status",
         "status.status_list.uri"},
        {"\"state\":\"revoked\"", "\"state\":\"rewoked\"", "state"},
        {"\"event\":\"revoked\"", "\"event\":\"ended\"", "events.event"},
        {"\"time\":1767225800", "\"time\":0", "events.time"},
        {"\"events_omitted\":3", "\"events_omitted\":0", "events_omitted"},
        {"\"events_omitted\":3", "\"more\":3", ""},
    };
    (void)state;
    assert_each_blamed(payload_text, mistakes, sizeof mistakes / sizeof *mistakes, parse, &problem);
}

static void scopes_are_objects_and_there_are_some(void **state)
{
    static const char *const bad[] = {"[]", "[1]", "{}", "[[]]"};
    const char *at = strstr(payload_text, "\"pii_information\":");
    const char *end = strstr(payload_text, ",\"retention_days\"");
    char text[HF_RECEIPT_PAYLOAD_MAX_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "%.*s\"pii_information\":%s%s", (int)(at - payload_text),
                 payload_text, bad[i], end);
        assert_code(parse(text), CONSENT_MALFORMED);
        assert_string_equal(problem.where, "pii_information");
    }
}

static void no_more_events_than_there_can_be(void **state)
{
    char events[4096] = "[";
    char text[HF_RECEIPT_PAYLOAD_MAX_BYTES];
    const char *at = strstr(payload_text, "\"events\":");
    size_t n = 1;
    (void)state;
    for (int i = 0; i <= HF_HISTORY_MAX_EVENTS; i++) {
        n += (size_t)snprintf(events + n, sizeof events - n,
                              "%s{\"event\":\"given\",\"time\":1767225700}", i ? "," : "");
    }
    snprintf(text, sizeof text, "%.*s\"events\":%s]}", (int)(at - payload_text), payload_text,
             events);
    assert_code(parse(text), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "events");
    snprintf(text, sizeof text, "%.*s\"events\":[]}", (int)(at - payload_text), payload_text);
    assert_code(parse(text), CONSENT_MALFORMED);
}

static void a_consent_is_no_receipt(void **state)
{
    char *token = fixture_sign(gateway, "consent+jwt", payload_text);
    struct hf_receipt receipt;
    (void)state;
    assert_code(
        hf_receipt_verify(hf_bytes_of_string(token), &keys, fresh_arena(), &receipt, &problem),
        CONSENT_MALFORMED);
    assert_string_equal(problem.where, "header.typ");
    free(token);
}

static int start(void **state)
{
    struct hf_jws jws;
    (void)state;
    fixture_start(&fixture);
    assert_ok(hf_key_generate(HF_ALG_ED25519, &gateway));
    assert_ok(hf_key_set_add(&keys, gateway));
    HF_CLEANUP(hf_buf_clear) hf_buf text = receipt_over(PAYLOAD);
    assert_ok(hf_jws_parse_document(hf_buf_view(&text), fresh_arena(), &jws, NULL));
    payload_text = strndup((const char *)jws.payload.data, jws.payload.size);
    return payload_text ? 0 : 1;
}

static int stop(void **state)
{
    (void)state;
    free(payload_text);
    hf_arena_clear(&arena);
    hf_key_set_clear(&keys);
    hf_key_unref(gateway);
    fixture_close(&fixture);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_says_what_the_token_says),
        cmocka_unit_test(a_receipt_says_what_has_become_of_it),
        cmocka_unit_test(the_largest_consent_has_a_receipt),
        cmocka_unit_test(what_is_no_token_has_no_receipt),
        cmocka_unit_test(each_mistake_is_blamed),
        cmocka_unit_test(scopes_are_objects_and_there_are_some),
        cmocka_unit_test(no_more_events_than_there_can_be),
        cmocka_unit_test(a_consent_is_no_receipt),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

#include "consent/act.h"

#include "tests/unit/consent/payload.h"

#define REVOCATION PAYLOAD_REVOCATION("1767225600", "key_compromise")

static struct hf_arena arena;
static struct hf_problem problem;
static struct hf_act act;
static hf_bytes aud;

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status parse(const char *text)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    problem = (struct hf_problem){0};
    return hf_act_parse_revocation(hf_bytes_of_string(text), &arena, &act, &aud, &problem);
}

static void a_revocation_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse(REVOCATION));
    assert_string_equal(act.id.iss, PAYLOAD_ISS);
    assert_string_equal(act.id.jti, PAYLOAD_JTI);
    assert_string_equal(act.jti, "r-0123456789abcdef0123456789");
    assert_int_equal(act.iat_unix_s, 1767225600);
    assert_int_equal(act.reason, HF_REVOCATION_KEY_COMPROMISE);
    assert_true(hf_bytes_equal_string(aud, "https://gw.example.test"));
}

static void its_claims_are_exactly_seven(void **state)
{
    (void)state;
    static const struct payload_mistake cases[] = {
        {"\"ver\":1", "\"ver\":1,\"exp\":1767225601", ""},
        {"\"ver\":1,", "", "ver"},
        {"\"iss\":\"" PAYLOAD_ISS "\",", "", "iss"},
        {"\"aud\":\"https://gw.example.test\",", "", "aud"},
        {"\"jti\":\"r-0123456789abcdef0123456789\",", "", "jti"},
        {"\"revokes\":\"" PAYLOAD_JTI "\",", "", "revokes"},
        {"\"iat\":1767225600,", "", "iat"},
        {",\"reason\":\"key_compromise\"", "", "reason"},
        {"key_compromise", "because", "reason"},
        {PAYLOAD_JTI, "**", "revokes"},
        {"1767225600", "\"1767225600\"", "iat"},
    };
    assert_each_blamed(REVOCATION, cases, sizeof cases / sizeof cases[0], parse, &problem);
}

static void a_star_means_all(void **state)
{
    (void)state;
    char *text = text_with(REVOCATION, PAYLOAD_JTI, "*");
    assert_ok(parse(text));
    assert_true(hf_act_is_of_all(&act));
    assert_string_equal(act.id.iss, PAYLOAD_ISS);
    free(text);
    assert_ok(parse(REVOCATION));
    assert_false(hf_act_is_of_all(&act));
}

#define STATUS PAYLOAD_STATUS("1767225600", "paused")

static hf_status parse_status(const char *text)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    problem = (struct hf_problem){0};
    return hf_act_parse_status(hf_bytes_of_string(text), &arena, &act, &aud, &problem);
}

static void a_status_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse_status(STATUS));
    assert_int_equal(act.kind, HF_ACT_PAUSE);
    assert_string_equal(act.id.jti, PAYLOAD_JTI);
    assert_string_equal(act.jti, "s-0123456789abcdef0123456789");
    assert_int_equal(act.iat_unix_s, 1767225600);
    char *text = text_with(STATUS, "paused", "active");
    assert_ok(parse_status(text));
    assert_int_equal(act.kind, HF_ACT_RESUME);
    free(text);
}

static void a_status_is_about_one_consent_and_two_states(void **state)
{
    (void)state;
    static const struct payload_mistake cases[] = {
        {PAYLOAD_JTI, "*", "revokes"},
        {"paused", "revoked", "state"},
        {"paused", "Paused", "state"},
        {",\"state\":\"paused\"", "", "state"},
        {"\"state\":\"paused\"", "\"reason\":\"withdrawn\"", ""},
        {"\"iat\":1767225600,", "", "iat"},
        {"\"ver\":1", "\"ver\":1,\"reason\":\"ended\"", ""},
    };
    assert_each_blamed(STATUS, cases, sizeof cases / sizeof cases[0], parse_status, &problem);
    char *text = text_with(STATUS, "\"https://gw.example.test\"", "[\"https://gw.example.test\"]");
    assert_code(parse_status(text), AUDIENCE_MISMATCH);
    free(text);
}

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(hf_act_state_name(HF_ACT_REVOKE), "revoked");
    assert_string_equal(hf_act_state_name(HF_ACT_PAUSE), "paused");
    assert_string_equal(hf_act_state_name(HF_ACT_RESUME), "active");
    assert_null(hf_act_state_name(HF_ACT_RESUME + 1));
}

static void reasons_have_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_REVOCATION_REASONS; i++) {
        enum hf_revocation_reason reason = HF_N_REVOCATION_REASONS;
        const char *name = hf_revocation_reason_name((enum hf_revocation_reason)i);
        assert_true(hf_revocation_reason_by_name(hf_bytes_of_string(name), &reason));
        assert_int_equal(reason, i);
    }
    enum hf_revocation_reason reason;
    assert_false(hf_revocation_reason_by_name(HF_LITERAL("Withdrawn"), &reason));
    assert_false(
        hf_revocation_reason_by_name(HF_LITERAL("ordered"), &reason)); /* not a grantor's */
    assert_null(hf_revocation_reason_name(HF_REVOCATION_ORDERED + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_revocation_becomes_plain_values, stop),
        cmocka_unit_test_teardown(its_claims_are_exactly_seven, stop),
        cmocka_unit_test_teardown(a_star_means_all, stop),
        cmocka_unit_test_teardown(a_status_becomes_plain_values, stop),
        cmocka_unit_test_teardown(a_status_is_about_one_consent_and_two_states, stop),
        cmocka_unit_test_teardown(states_have_names, stop),
        cmocka_unit_test_teardown(reasons_have_names, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

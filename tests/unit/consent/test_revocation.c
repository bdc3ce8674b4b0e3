#include "consent/revocation.h"

#include "tests/unit/consent/payload.h"

#define REVOCATION                                                                                 \
    "{\"ver\":1,\"iss\":\"" PAYLOAD_ISS "\",\"aud\":\"https://gw.example.test\","                  \
    "\"jti\":\"r-0123456789abcdef0123456789\",\"revokes\":\"" PAYLOAD_JTI                          \
    "\",\"iat\":1767225600,\"reason\":\"key_compromise\"}"

static struct hf_arena arena;
static struct hf_problem problem;
static struct hf_revocation revocation;
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
    return hf_revocation_parse(hf_bytes_of_string(text), &arena, &revocation, &aud, &problem);
}

static void a_revocation_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse(REVOCATION));
    assert_string_equal(revocation.revokes.iss, PAYLOAD_ISS);
    assert_string_equal(revocation.revokes.jti, PAYLOAD_JTI);
    assert_string_equal(revocation.jti, "r-0123456789abcdef0123456789");
    assert_int_equal(revocation.iat_unix_s, 1767225600);
    assert_int_equal(revocation.reason, HF_REVOCATION_KEY_COMPROMISE);
    assert_true(hf_bytes_equal_string(aud, "https://gw.example.test"));
}

static void its_claims_are_exactly_seven(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        const char *where;
    } cases[] = {
        {"\"ver\":1", "\"ver\":1,\"exp\":1767225601", ""},
        {"\"ver\":1,", "", "ver"},
        {"\"iss\":\"" PAYLOAD_ISS "\",", "", "iss"},
        {"\"aud\":\"https://gw.example.test\",", "", "aud"},
        {"\"jti\":\"r-0123456789abcdef0123456789\",", "", "jti"},
        {"\"revokes\":\"" PAYLOAD_JTI "\",", "", "revokes"},
        {"\"iat\":1767225600,", "", "iat"},
        {",\"reason\":\"key_compromise\"", "", "reason"},
        {"key_compromise", "because", "reason"},
        {PAYLOAD_JTI, "*", "revokes"},
        {"1767225600", "\"1767225600\"", "iat"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = text_with(REVOCATION, cases[i].old, cases[i].new);
        assert_code(parse(text), CONSENT_MALFORMED);
        assert_string_equal(problem.where, cases[i].where);
        free(text);
    }
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
    assert_null(hf_revocation_reason_name(HF_N_REVOCATION_REASONS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_revocation_becomes_plain_values, stop),
        cmocka_unit_test_teardown(its_claims_are_exactly_seven, stop),
        cmocka_unit_test_teardown(reasons_have_names, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/profile.h"

#include "tests/unit/unit.h"

static const char *const NAMES[] = {"ver", "iss", "aud", "jti", "at", "digest", NULL};

static struct hf_arena arena;
static struct hf_problem problem;

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status open_payload(const char *text, struct hf_members *members)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    return hf_profile_open(hf_bytes_of_string(text), &(struct hf_profile){.names = NAMES}, &arena,
                           members, &problem);
}

static struct hf_members opened(const char *text)
{
    struct hf_members members;
    assert_ok(open_payload(text, &members));
    return members;
}

static void the_version_is_one(void **state)
{
    (void)state;
    struct hf_members members;
    assert_ok(open_payload("{\"ver\":1}", &members));
    assert_code(open_payload("{\"ver\":2}", &members), CONSENT_MALFORMED);
    assert_code(open_payload("{}", &members), CONSENT_MALFORMED);
    assert_code(open_payload("{\"ver\":1,\"x\":1}", &members), CONSENT_MALFORMED);
    assert_code(open_payload("{\"ver\":1,\"at\":[[[[[[]]]]]]}", &members), CONSENT_MALFORMED);
}

static void a_profile_may_have_bounds_of_its_own(void **state)
{
    (void)state;
    static const struct hf_json_limits limits = {
        .max_bytes = 19, .max_depth = 2, .max_values = 9, .max_string_bytes = 9};
    static const struct hf_profile profile = {.names = NAMES, .limits = &limits};
    struct hf_members members;
    arena = hf_arena_init(1 << 20);
    assert_ok(
        hf_profile_open(HF_LITERAL("{\"ver\":1,\"at\":[]}"), &profile, &arena, &members, NULL));
    assert_code(
        hf_profile_open(HF_LITERAL("{\"ver\":1,\"at\":[[]]}"), &profile, &arena, &members, NULL),
        CONSENT_MALFORMED);
    assert_code(
        hf_profile_open(HF_LITERAL("{\"ver\":1,\"at\":[1,2]}"), &profile, &arena, &members, NULL),
        CONSENT_MALFORMED);
}

static void the_issuer_is_a_party(void **state)
{
    (void)state;
    enum hf_subject_kind kind;
    hf_bytes iss;
    struct hf_members members = opened("{\"ver\":1,\"iss\":\"uscc:91350100M000100Y43\"}");
    assert_ok(hf_profile_iss(&members, &iss, &kind));
    assert_int_equal(kind, HF_SUBJECT_LEGAL);
    members = opened("{\"ver\":1,\"iss\":\"91350100M000100Y43\"}");
    assert_code(hf_profile_iss(&members, &iss, &kind), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "iss");
}

static void an_audience_is_one_string(void **state)
{
    (void)state;
    hf_bytes aud;
    struct hf_members members = opened("{\"ver\":1,\"aud\":\"https://a\"}");
    assert_ok(hf_profile_aud(&members, &aud));
    members = opened("{\"ver\":1,\"aud\":[\"https://a\"]}");
    assert_code(hf_profile_aud(&members, &aud), AUDIENCE_MISMATCH);
    members = opened("{\"ver\":1,\"aud\":7}");
    assert_code(hf_profile_aud(&members, &aud), CONSENT_MALFORMED);
    members = opened("{\"ver\":1}");
    assert_code(hf_profile_aud(&members, &aud), CONSENT_MALFORMED);
}

static void ids_digests_and_times_are_checked(void **state)
{
    (void)state;
    hf_bytes text;
    int64_t unix_s;
    struct hf_members members =
        opened("{\"ver\":1,\"jti\":\"0123456789012345678901\",\"at\":1577836800,"
               "\"digest\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");
    assert_ok(hf_profile_id(&members, "jti", &text));
    assert_ok(hf_profile_time(&members, "at", &unix_s));
    assert_int_equal(unix_s, HF_PROFILE_MIN_UNIX_S);
    assert_ok(hf_profile_digest(&members, "digest", &text));
    assert_int_equal(text.size, 43);
    members =
        opened("{\"ver\":1,\"jti\":\"012345678901234567890/\",\"at\":1577836799,\"digest\":\"A\"}");
    assert_code(hf_profile_id(&members, "jti", &text), CONSENT_MALFORMED);
    assert_code(hf_profile_time(&members, "at", &unix_s), CONSENT_MALFORMED);
    assert_code(hf_profile_digest(&members, "digest", &text), CONSENT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_version_is_one, stop),
        cmocka_unit_test_teardown(a_profile_may_have_bounds_of_its_own, stop),
        cmocka_unit_test_teardown(the_issuer_is_a_party, stop),
        cmocka_unit_test_teardown(an_audience_is_one_string, stop),
        cmocka_unit_test_teardown(ids_digests_and_times_are_checked, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

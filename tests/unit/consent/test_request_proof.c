#include "consent/request_proof.h"

#include "tests/unit/consent/payload.h"

#define PATH "/consents/" PAYLOAD_ISS
#define PROOF PAYLOAD_PROOF("1767225600", "https://localhost:8444" PATH)

enum { NOW = 1767225600, BEGAN = NOW - 3600 };

static struct hf_arena arena;
static struct hf_problem problem;
static struct hf_request_proof proof;
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
    return hf_request_proof_parse(hf_bytes_of_string(text), &arena, &proof, &aud, &problem);
}

static hf_status judge_since(int64_t began, const char *method, const char *target, int64_t now)
{
    hf_bytes authority = {NULL, 0};
    problem = (struct hf_problem){0};
    const struct hf_proven_request request = {hf_bytes_of_string(method),
                                              hf_bytes_of_string(target), now, began};
    hf_status status = hf_request_proof_judge(&proof, &request, &authority, &problem);
    assert_int_equal(hf_is_ok(status), hf_bytes_equal_string(authority, "localhost:8444"));
    return status;
}

static hf_status judge(const char *method, const char *target, int64_t now)
{
    return judge_since(BEGAN, method, target, now);
}

static void a_proof_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse(PROOF));
    assert_string_equal(proof.iss, PAYLOAD_ISS);
    assert_string_equal(proof.jti, "p-0123456789abcdef0123456789");
    assert_int_equal(proof.iat_unix_s, NOW);
    assert_true(hf_bytes_equal_string(aud, "https://gw.example.test"));
}

static void its_claims_are_exactly_seven(void **state)
{
    (void)state;
    static const struct payload_mistake cases[] = {
        {"\"ver\":1", "\"ver\":1,\"exp\":1767225601", ""},
        {"\"htm\":\"GET\",", "", "htm"},
        {"\"htm\":\"GET\"", "\"htm\":\"PROPFIND\"", "htm"},
        {"\"htm\":\"GET\"", "\"htm\":7", "htm"},
        {"\"iat\":1767225600,", "", "iat"},
        {"\"jti\":\"p-0123456789abcdef0123456789\"", "\"jti\":\"short\"", "jti"},
        {PAYLOAD_ISS "\",\"aud", "nobody\",\"aud", "iss"},
    };
    assert_each_blamed(PROOF, cases, sizeof cases / sizeof cases[0], parse, &problem);
    char *text = text_with(PROOF, "\"https://gw.example.test\"", "[\"https://gw.example.test\"]");
    assert_code(parse(text), AUDIENCE_MISMATCH);
    free(text);
}

static void it_proves_one_request_for_one_minute(void **state)
{
    (void)state;
    assert_ok(parse(PROOF));
    assert_ok(judge("GET", PATH, NOW));
    assert_ok(judge("GET", PATH "?after=x", NOW));
    assert_ok(judge("GET", PATH, NOW + 60));
    assert_ok(judge("GET", PATH, NOW - 5));
    assert_code(judge("GET", PATH, NOW + 61), PROOF_INVALID);
    assert_string_equal(problem.where, "iat");
    assert_code(judge("GET", PATH, NOW - 6), PROOF_INVALID);
    assert_string_equal(problem.where, "iat");
    assert_code(judge("POST", PATH, NOW), PROOF_INVALID);
    assert_string_equal(problem.where, "htm");
    assert_code(judge("GET", PATH "/x", NOW), PROOF_INVALID);
    assert_string_equal(problem.where, "htu");
    assert_code(judge("GET", "/", NOW), PROOF_INVALID);
}

static void a_resource_is_a_whole_address(void **state)
{
    (void)state;
    static const char *const others[] = {"http://localhost:8444" PATH, PATH, "https://" PATH,
                                         "https://localhost:8444"};
    const struct hf_proven_request request = {HF_LITERAL("GET"), HF_LITERAL(PATH), NOW, BEGAN};
    assert_ok(parse(PROOF));
    for (size_t i = 0; i < 4; i++) {
        memccpy(proof.htu, others[i], 0, sizeof proof.htu);
        hf_bytes authority = {NULL, 0};
        hf_status status = hf_request_proof_judge(&proof, &request, &authority, NULL);
        assert_true(status.code == HF_PROOF_INVALID || authority.size == 0);
    }
}

/* Whatever the moment of the restart: what one run takes, the next does not. */
static void no_proof_is_good_in_two_runs(void **state)
{
    (void)state;
    assert_ok(parse(PROOF));
    for (int64_t ended = NOW - 10; ended <= NOW + 70; ended++) {
        bool is_good_before = false;
        bool is_good_after = false;
        for (int64_t now = ended - 70; now <= ended; now++) {
            is_good_before |= hf_is_ok(judge_since(BEGAN, "GET", PATH, now));
        }
        for (int64_t now = ended; now <= ended + 70; now++) {
            is_good_after |= hf_is_ok(judge_since(ended, "GET", PATH, now));
        }
        assert_false(is_good_before && is_good_after);
    }
    assert_ok(judge_since(NOW - 6, "GET", PATH, NOW));
    assert_code(judge_since(NOW - 5, "GET", PATH, NOW), PROOF_INVALID);
    assert_string_equal(problem.where, "iat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_proof_becomes_plain_values, stop),
        cmocka_unit_test_teardown(its_claims_are_exactly_seven, stop),
        cmocka_unit_test_teardown(it_proves_one_request_for_one_minute, stop),
        cmocka_unit_test_teardown(no_proof_is_good_in_two_runs, stop),
        cmocka_unit_test_teardown(a_resource_is_a_whole_address, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Grantors and tokens when memory runs out: a token is verified wholly or not at all, and a want of
 * memory is never told as a bad token.
 */
#include "consent/token.h"

#include "tests/support/bad_heap.h"
#include "tests/unit/consent/fixture.h"
#include "tests/unit/consent/payload.h"

struct trial {
    struct fixture fixture;
    char *text;
    struct hf_grantors *grantors;
    struct hf_token *token;
};

static int set_up(void **state)
{
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    fixture_start(&trial->fixture);
    trial->text = fixture_sign(trial->fixture.key, "consent+jwt", PAYLOAD);
    *state = trial;
    return 0;
}

static int tear_down(void **state)
{
    struct trial *trial = *state;
    fixture_close(&trial->fixture);
    free(trial->text);
    free(trial);
    return 0;
}

static hf_status load(void *context)
{
    struct trial *trial = context;
    struct hf_problem problem = {0};
    return hf_grantors_load(trial->fixture.folder, &trial->grantors, &problem);
}

static void check_grantors(void *context, hf_status status)
{
    struct trial *trial = context;
    assert_int_equal(hf_is_ok(status), trial->grantors != NULL);
    hf_grantors_unref(trial->grantors);
    trial->grantors = NULL;
}

static hf_status verify(void *context)
{
    struct trial *trial = context;
    struct hf_problem problem = {0};
    const struct hf_token_context about = fixture_context(&trial->fixture);
    HF_TRY(hf_token_verify(&about, hf_bytes_of_string(trial->text), &trial->token, &problem));
    return hf_token_judge(&about, trial->token, FIXTURE_NOW, &problem);
}

static void check_token(void *context, hf_status status)
{
    struct trial *trial = context;
    if (trial->token) {
        assert_string_equal(trial->token->claims.id.jti, PAYLOAD_JTI);
        assert_true(hf_bytes_equal_string(trial->token->text, trial->text));
    }
    assert_int_equal(hf_is_ok(status), trial->token != NULL);
    hf_token_unref(trial->token);
    trial->token = NULL;
}

static void sweep(void **state, hf_status (*run)(void *context),
                  void (*check)(void *context, hf_status status))
{
    const struct bad_heap_scenario scenario = {.run = run, .check = check, .context = *state};
    assert_true(bad_heap_sweep(BAD_HEAP_ONCE, &scenario) > 3);
    assert_true(bad_heap_sweep(BAD_HEAP_DRY, &scenario) > 3);
}

static void grantors_are_loaded_wholly_or_not_at_all(void **state)
{
    sweep(state, load, check_grantors);
}

static void a_token_is_verified_wholly_or_not_at_all(void **state)
{
    sweep(state, verify, check_token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grantors_are_loaded_wholly_or_not_at_all, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_token_is_verified_wholly_or_not_at_all, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

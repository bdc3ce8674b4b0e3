#include "gateway/held.h"

#include "tests/unit/gateway/world.h"

#define NAME PAYLOAD_ISS ";" PAYLOAD_JTI

static hf_status resolve(const struct hf_held_context *context, const char *text, bool is_name,
                         struct hf_held_consent *ret_held)
{
    const struct hf_presented presented = {hf_bytes_of_string(text), is_name};
    return hf_held_resolve(context, &presented, 1, ret_held, NULL);
}

/* Resolves the usual payload, with a change, by value. */
static hf_status present(struct world *world, const char *old, const char *new)
{
    const struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    char *payload = old ? text_with(PAYLOAD, old, new) : strdup(PAYLOAD);
    char *token = fixture_sign(world->consent.key, "consent+jwt", payload);
    hf_status status = resolve(&context, token, false, &held);
    assert_true(hf_is_ok(status) == (held.token != NULL && held.entry != NULL));
    hf_held_consents_clear(&held, 1);
    free(token);
    free(payload);
    return status;
}

static void a_token_is_verified_once_and_held(void **state)
{
    const struct world *world = *state;
    assert_ok(present(*state, NULL, NULL));
    assert_int_equal(hf_metrics_value(world->metrics, HF_METRIC_CACHE_MISSES), 1);
    assert_ok(present(*state, NULL, NULL));
    assert_int_equal(hf_metrics_value(world->metrics, HF_METRIC_CACHE_MISSES), 1);
    assert_int_equal(hf_metrics_value(world->metrics, HF_METRIC_CACHE_HITS), 1);
    assert_code(present(*state, "\"uscc:" PAYLOAD_BANK "\"", "\"uscc:91100000100003962T\""),
                RECIPIENT_MISMATCH);
    assert_int_equal(hf_metrics_value(world->metrics, HF_METRIC_CACHE_MISSES), 2);
}

static void the_entry_is_the_same_however_it_is_presented(void **state)
{
    struct world *world = *state;
    const struct hf_held_context context = world_held_context(world);
    struct hf_held_consent by_name = {0};
    struct hf_held_consent by_value = {0};
    struct hf_token *token = fixture_token(&world->consent, PAYLOAD);
    char *text = strndup((const char *)token->text.data, token->text.size);
    world_register(world, token);
    assert_ok(resolve(&context, NAME, true, &by_name));
    assert_ok(resolve(&context, text, false, &by_value));
    assert_ptr_equal(by_name.entry, by_value.entry);
    hf_held_consents_clear(&by_name, 1);
    hf_held_consents_clear(&by_value, 1);
    hf_token_unref(token);
    free(text);
}

static void an_unknown_name_is_missing(void **state)
{
    const struct hf_held_context context = world_held_context(*state);
    struct hf_held_consent held = {0};
    assert_code(resolve(&context, NAME, true, &held), CONSENT_MISSING);
    assert_null(held.token);
}

static void a_consent_that_was_merely_seen_has_no_name(void **state)
{
    const struct hf_held_context context = world_held_context(*state);
    struct hf_held_consent held = {0};
    assert_ok(present(*state, NULL, NULL));
    assert_code(resolve(&context, NAME, true, &held), CONSENT_MISSING);
}

static void another_banks_name_is_missing_cached_or_not(void **state)
{
    struct world *world = *state;
    struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    struct hf_token *token = fixture_token(&world->consent, PAYLOAD);
    world_register(world, token);
    context.bank = HF_LITERAL("91100000100003962T");
    assert_code(resolve(&context, NAME, true, &held), CONSENT_MISSING);
    assert_code(resolve(&context, NAME, true, &held), CONSENT_MISSING);
    context.bank = HF_LITERAL(PAYLOAD_BANK);
    assert_ok(resolve(&context, NAME, true, &held));
    hf_held_consents_clear(&held, 1);
    hf_token_unref(token);
}

/* Neither that it is revoked nor that its key is gone; and it leaves no trace in the registry. */
static void of_another_banks_token_nothing_else_is_told(void **state)
{
    struct world *world = *state;
    struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    struct hf_entry *entry = NULL;
    struct hf_token *token = fixture_token(&world->consent, PAYLOAD);
    char *text = strndup((const char *)token->text.data, token->text.size);
    context.bank = HF_LITERAL("91100000100003962T");
    assert_code(resolve(&context, text, false, &held), RECIPIENT_MISMATCH);
    assert_code(hf_registry_find_seen(world->registry, &token->claims.id, &entry), CONSENT_MISSING);
    assert_ok(present(world, NULL, NULL)); /* cached now */
    assert_code(resolve(&context, text, false, &held), RECIPIENT_MISMATCH);
    world_revoke(world, &token->claims.id);
    assert_code(resolve(&context, text, false, &held), RECIPIENT_MISMATCH);
    assert_null(held.token);
    hf_token_unref(token);
    free(text);
}

static void what_is_held_stands_until_it_is_revoked(void **state)
{
    struct world *world = *state;
    const struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    struct hf_token *token = fixture_token(&world->consent, PAYLOAD);
    world_register(world, token);
    assert_ok(resolve(&context, NAME, true, &held));
    assert_true(hf_held_stand(&held, 1));
    world_revoke(world, &token->claims.id);
    assert_false(hf_held_stand(&held, 1));
    assert_true(hf_held_stand(&held, 0)); /* a public access rests on nothing */
    hf_held_consents_clear(&held, 1);
    hf_token_unref(token);
}

static void a_revoked_consent_is_refused_though_it_is_cached(void **state)
{
    struct world *world = *state;
    struct hf_token *token = fixture_token(&world->consent, PAYLOAD);
    assert_ok(present(world, NULL, NULL));
    world_revoke(world, &token->claims.id);
    assert_code(present(world, NULL, NULL), CONSENT_REVOKED);
    hf_token_unref(token);
}

static void the_hour_is_judged_every_time(void **state)
{
    struct world *world = *state;
    assert_ok(present(world, NULL, NULL));
    world->clock.unix_ms = 1774915200000;
    assert_code(present(world, NULL, NULL), CONSENT_EXPIRED);
    world->clock.unix_ms = 1767225500000;
    assert_code(present(world, NULL, NULL), CONSENT_NOT_YET_VALID);
}

static void another_payload_under_a_known_id_is_a_conflict(void **state)
{
    assert_ok(present(*state, NULL, NULL));
    assert_code(present(*state, "\"data_life_days\":90", "\"data_life_days\":91"), JTI_CONFLICT);
}

static void what_cannot_be_verified_is_told_as_it_is(void **state)
{
    struct world *world = *state;
    const struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    assert_code(present(world, "https://gw.example.test", "https://gw.example.tesT"),
                AUDIENCE_MISMATCH);
    assert_code(resolve(&context, "no token", false, &held), CONSENT_MALFORMED);
    assert_code(resolve(&context, "no name", true, &held), CONSENT_MALFORMED);
}

static void of_several_one_that_fails_lets_all_go(void **state)
{
    struct world *world = *state;
    const struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held[2] = {{0}};
    char *token = fixture_sign(world->consent.key, "consent+jwt", PAYLOAD);
    const struct hf_presented presented[2] = {{hf_bytes_of_string(token), false},
                                              {HF_LITERAL("x"), false}};
    assert_code(hf_held_resolve(&context, presented, 2, held, NULL), CONSENT_MALFORMED);
    assert_null(held[0].token);
    free(token);
}

static void a_new_generation_verifies_anew(void **state)
{
    struct world *world = *state;
    struct hf_held_context context = world_held_context(world);
    struct hf_held_consent held = {0};
    struct hf_grantors *nobody = NULL;
    char *token = fixture_sign(world->consent.key, "consent+jwt", PAYLOAD);
    assert_ok(resolve(&context, token, false, &held));
    hf_held_consents_clear(&held, 1);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/none", world->folder->path);
    world_subfolder(world, "none");
    assert_ok(hf_grantors_load(path, &nobody, NULL));
    context.token.grantors = nobody;
    assert_code(resolve(&context, token, false, &held), GRANTOR_UNKNOWN);
    context.generation = 2;
    assert_code(resolve(&context, token, false, &held), GRANTOR_UNKNOWN);
    hf_grantors_unref(nobody);
    free(token);
}

static void a_grantor_has_a_bounded_number_of_consents(void **state)
{
    struct world *world = *state;
    hf_status status = HF_DONE;
    hf_registry_close(world->registry);
    const struct hf_registry_options options = {.path = world->config->paths.registry,
                                                .clock = hf_clock_fixed(&world->clock),
                                                .max_consents_per_iss = 2};
    assert_ok(hf_registry_open(&options, &world->registry, NULL));
    for (int i = 0; i < 3; i++) {
        char jti[64];
        (void)snprintf(jti, sizeof jti, "n-%d123456789abcdef0123456789abcdef", i);
        assert_ok(status);
        status = present(world, PAYLOAD_JTI, jti);
    }
    assert_code(status, RATE_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_verified_once_and_held),
        TEST(the_entry_is_the_same_however_it_is_presented),
        TEST(an_unknown_name_is_missing),
        TEST(a_consent_that_was_merely_seen_has_no_name),
        TEST(another_banks_name_is_missing_cached_or_not),
        TEST(of_another_banks_token_nothing_else_is_told),
        TEST(what_is_held_stands_until_it_is_revoked),
        TEST(a_revoked_consent_is_refused_though_it_is_cached),
        TEST(the_hour_is_judged_every_time),
        TEST(another_payload_under_a_known_id_is_a_conflict),
        TEST(what_cannot_be_verified_is_told_as_it_is),
        TEST(of_several_one_that_fails_lets_all_go),
        TEST(a_new_generation_verifies_anew),
        TEST(a_grantor_has_a_bounded_number_of_consents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "gateway/ceilings.h"

#include "tests/unit/gateway/world.h"

#define TABLE                                                                                      \
    "{\"rules\":[{\"purpose\":\"pre_loan\",\"max_range_days\":365,\"max_data_life_days\":30,"      \
    "\"do\":\"clamp\"},{\"purpose\":\"pre_loan\",\"dataset\":\"tax/arrears\","                     \
    "\"max_data_life_days\":1,\"do\":\"reject\"}]}"

struct met {
    struct world *world;
    struct hf_ceilings *ceilings;
    struct hf_held_consent held;
    struct hf_consent_judgement judgement;
    struct hf_ceilings_request request;
};

static int setup(void **state)
{
    struct met *met = calloc(1, sizeof *met);
    assert_non_null(met);
    assert_int_equal(world_setup((void **)&met->world), 0);
    assert_ok(hf_ceilings_parse(HF_LITERAL(TABLE), &met->ceilings, NULL));
    struct hf_token *token = fixture_token(&met->world->consent, PAYLOAD);
    met->held.token = token;
    assert_ok(hf_registry_admit(met->world->registry, token, &met->held.entry));
    met->judgement.n_covers = 1;
    met->judgement.covers[0] =
        (struct hf_cover){.scope = token->claims.scopes, .range = token->claims.scopes[0].range};
    met->request = (struct hf_ceilings_request){.ceilings = met->ceilings,
                                                .bank = HF_LITERAL(PAYLOAD_BANK),
                                                .purpose = HF_PURPOSE_PRE_LOAN,
                                                .dataset = HF_LITERAL("tax/payment"),
                                                .consents = &met->held,
                                                .n_consents = 1,
                                                .now_unix_s = FIXTURE_NOW};
    *state = met;
    return 0;
}

static int teardown(void **state)
{
    struct met *met = *state;
    hf_held_consents_clear(&met->held, 1);
    hf_ceilings_free(met->ceilings);
    assert_int_equal(world_teardown((void **)&met->world), 0);
    free(met);
    return 0;
}

static void what_is_narrowed_is_noted(void **state)
{
    struct met *met = *state;
    struct hf_ceiling result;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1024);
    const hf_bytes *items = NULL;
    size_t n = 0;
    assert_ok(hf_ceilings_meet(&met->request, &met->judgement, &result, NULL));
    const struct hf_date_span *range = &met->judgement.covers[0].range;
    assert_int_equal(range->last_day - range->first_day + 1, 365);
    assert_int_equal(range->last_day, met->held.token->claims.scopes[0].range.last_day);
    assert_ok(hf_ceilings_list(&result, &arena, &items, &n));
    assert_int_equal(n, 2);
    assert_true(hf_bytes_equal_string(items[0], "range=365"));
    assert_true(hf_bytes_equal_string(items[1], "data_life_days=30"));
}

static void the_consents_alone_can_be_judged_again(void **state)
{
    struct met *met = *state;
    struct hf_ceiling result;
    assert_ok(hf_ceilings_meet(&met->request, NULL, &result, NULL));
    assert_int_equal(result.clamped, 1u << HF_CEILING_DATA_LIFE);
}

static void what_exceeds_a_ceiling_that_rejects_is_refused(void **state)
{
    struct met *met = *state;
    struct hf_ceiling result;
    struct hf_problem problem = {0};
    met->request.dataset = HF_LITERAL("tax/arrears");
    assert_code(hf_ceilings_meet(&met->request, &met->judgement, &result, &problem),
                CEILING_EXCEEDED);
    assert_string_equal(problem.where, "data_life_days");
}

static void without_a_table_nothing_is_narrowed(void **state)
{
    struct met *met = *state;
    struct hf_ceiling result;
    met->request.ceilings = NULL;
    assert_ok(hf_ceilings_meet(&met->request, &met->judgement, &result, NULL));
    assert_int_equal(result.clamped, 0);
    assert_int_equal(met->judgement.covers[0].range.first_day,
                     met->held.token->claims.scopes[0].range.first_day);
}

static void a_clamped_end_is_an_end(void **state)
{
    struct met *met = *state;
    struct hf_ceilings *ceilings = NULL;
    struct hf_ceiling result;
    assert_ok(hf_ceilings_parse(HF_LITERAL("{\"rules\":[{\"purpose\":\"pre_loan\","
                                           "\"max_validity_days\":1,\"do\":\"clamp\"}]}"),
                                &ceilings, NULL));
    met->request.ceilings = ceilings;
    assert_ok(hf_ceilings_meet(&met->request, NULL, &result, NULL));
    met->request.now_unix_s += 86400;
    assert_code(hf_ceilings_meet(&met->request, NULL, &result, NULL), CONSENT_EXPIRED);
    hf_ceilings_free(ceilings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_narrowed_is_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(the_consents_alone_can_be_judged_again, setup, teardown),
        cmocka_unit_test_setup_teardown(what_exceeds_a_ceiling_that_rejects_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_a_table_nothing_is_narrowed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clamped_end_is_an_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

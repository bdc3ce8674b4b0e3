#include "gateway/grant.h"

#include "tests/unit/unit.h"

#include <string.h>

static const hf_bytes datasets[] = {{(const uint8_t *)"tax/payment", 11}};
static const hf_bytes fields[] = {{(const uint8_t *)"items[].amount", 14},
                                  {(const uint8_t *)"items[].kind", 12}};

static const struct hf_scope scope = {.datasets = datasets,
                                      .n_datasets = 1,
                                      .fields = fields,
                                      .n_fields = 2,
                                      .actions = HF_ACTION_QUERY | HF_ACTION_USE,
                                      .classes = HF_FIELD_TRADE_SECRET | HF_FIELD_PERSONAL,
                                      .purposes = HF_PURPOSE_IN_LOAN,
                                      .has_range = true,
                                      .range = {100, 200},
                                      .detail = HF_DETAIL_RECORDS};

static struct hf_grant_scope granted(const struct hf_cover *cover,
                                     const struct hf_claims *const *claims)
{
    static struct hf_consent_judgement judgement;
    static struct hf_grant_scope grants[HF_COVERS_MAX];
    judgement.n_covers = 1;
    judgement.covers[0] = *cover;
    assert_int_equal(hf_grants_of(&judgement, claims, grants), 1);
    return grants[0];
}

static void a_grant_says_all_that_its_scope_says(void **state)
{
    (void)state;
    const struct hf_claims person = {.iss_kind = HF_SUBJECT_PERSON, .id = {.iss = "person:x"}};
    const struct hf_claims other = {.iss_kind = HF_SUBJECT_LEGAL, .id = {.iss = "uscc:y"}};
    const struct hf_cover cover = {.by_subject = true,

                                   .consent = 1,
                                   .scope = &scope,
                                   .classes = HF_FIELD_PERSONAL,
                                   .range = {150, 200}};
    const struct hf_grant_scope grant =
        granted(&cover, (const struct hf_claims *[]){&other, &person});
    assert_int_equal(grant.consent, 1);
    assert_int_equal(grant.grantor_kind, HF_SUBJECT_PERSON);
    assert_true(hf_bytes_equal_string(grant.grantor, "person:x"));
    assert_ptr_equal(grant.datasets, datasets);
    assert_int_equal(grant.n_datasets, 1);
    assert_ptr_equal(grant.fields, fields);
    assert_int_equal(grant.n_fields, 2);
    assert_int_equal(grant.purposes, scope.purposes);
    assert_int_equal(grant.actions, scope.actions);
    assert_true(grant.has_range);
    assert_true(grant.by_subject);
    assert_int_equal(grant.range.first_day, 150);
    assert_int_equal(grant.range.last_day, 200);
    assert_int_equal(grant.detail, HF_DETAIL_RECORDS);
}

static void what_may_be_released_is_the_judgements_word_not_the_scopes(void **state)
{
    (void)state;
    const struct hf_claims claims = {.iss_kind = HF_SUBJECT_LEGAL};
    const struct hf_cover cover = {.scope = &scope, .classes = HF_FIELD_PUBLIC};
    assert_int_equal(granted(&cover, (const struct hf_claims *[]){&claims}).classes,
                     HF_FIELD_PUBLIC);
}

static void no_cover_is_no_grant(void **state)
{
    (void)state;
    static struct hf_consent_judgement judgement;
    struct hf_grant_scope grant;
    assert_int_equal(hf_grants_of(&judgement, NULL, &grant), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grant_says_all_that_its_scope_says),
        cmocka_unit_test(what_may_be_released_is_the_judgements_word_not_the_scopes),
        cmocka_unit_test(no_cover_is_no_grant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/judge.h"

#include "tests/unit/consent/payload.h"

#define TRADER "uscc:92350100M000100Y4W"
#define OTHER_PERSON "person:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const uint8_t CERT[HF_SHA256_BYTES] = {1, 2, 3};
static const uint8_t OTHER_CERT[HF_SHA256_BYTES] = {1, 2, 4};

/* One scope of everything that the tests ask for. */
static hf_bytes datasets[] = {{(const uint8_t *)"tax/payment", 11},
                              {(const uint8_t *)"tax/arrears", 11}};
static struct hf_scope scopes[2];
static struct hf_problem problem;

static struct hf_scope whole_scope(void)
{
    return (struct hf_scope){.datasets = datasets,
                             .n_datasets = 2,
                             .actions = HF_ACTION_QUERY | HF_ACTION_USE,
                             .classes = HF_FIELD_TRADE_SECRET | HF_FIELD_PERSONAL,
                             .purposes = HF_PURPOSE_PRE_LOAN | HF_PURPOSE_IN_LOAN,
                             .has_range = true,
                             .range = {100, 200},
                             .detail = HF_DETAIL_RECORDS};
}

static struct hf_claims claims_of(const char *iss, enum hf_subject_kind kind, const char *jti)
{
    struct hf_claims claims = {.iss_kind = kind,
                               .sub = hf_bytes_of_string(iss),
                               .rcpt = HF_LITERAL("uscc:" PAYLOAD_BANK),
                               .iat_unix_s = 1000,
                               .nbf_unix_s = 1000,
                               .exp_unix_s = 2000,
                               .purposes = HF_PURPOSE_PRE_LOAN | HF_PURPOSE_IN_LOAN,
                               .loan_ref = HF_LITERAL(PAYLOAD_DIGEST),
                               .scopes = scopes,
                               .n_scopes = 1,
                               .has_cert_sha256 = true};
    memcpy(claims.cert_sha256, CERT, sizeof CERT);
    strncpy(claims.id.iss, iss, sizeof claims.id.iss - 1);
    strncpy(claims.id.jti, jti, sizeof claims.id.jti - 1);
    return claims;
}

static struct hf_consent_access usual_access(void)
{
    return (struct hf_consent_access){.bank = HF_LITERAL(PAYLOAD_BANK),
                                      .cert_sha256 = CERT,
                                      .cert_jkt = HF_LITERAL(PAYLOAD_X5T),
                                      .subject = HF_LITERAL(PAYLOAD_ISS),
                                      .subject_kind = HF_SUBJECT_LEGAL,
                                      .dataset = HF_LITERAL("tax/payment"),
                                      .is_dated = true,
                                      .purpose = HF_PURPOSE_PRE_LOAN,
                                      .actions = HF_ACTION_QUERY};
}

static int start(void **state)
{
    (void)state;
    scopes[0] = whole_scope();
    scopes[1] = whole_scope();
    problem = (struct hf_problem){0};
    return 0;
}

static struct hf_claims enterprise(void)
{
    return claims_of(PAYLOAD_ISS, HF_SUBJECT_LEGAL, "jti-1");
}

static struct hf_claims person(const char *name)
{
    return claims_of(name, HF_SUBJECT_PERSON, "jti-2");
}

static hf_status judge(const struct hf_consent_access *access,
                       const struct hf_claims *const *claims, size_t n,
                       struct hf_consent_judgement *judgement)
{
    *judgement = (struct hf_consent_judgement){.verdict = HF_VERDICT_DENY};
    hf_status status = hf_consents_judge(access, claims, n, judgement, &problem);
    assert_int_equal(judgement->verdict, hf_is_ok(status) ? HF_VERDICT_ALLOW : HF_VERDICT_DENY);
    assert_int_equal(judgement->n_covers > 0, hf_is_ok(status));
    return status;
}

static hf_status judge_one(const struct hf_consent_access *access, const struct hf_claims *claims)
{
    struct hf_consent_judgement judgement;
    return judge(access, &claims, 1, &judgement);
}

/* ---- who and where ---- */

static void the_bank_is_the_recipient(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    assert_ok(hf_claims_judge_recipient(&claims, HF_LITERAL(PAYLOAD_BANK), &problem));
    assert_code(hf_claims_judge_recipient(&claims, HF_LITERAL("91350100M000100Y43"), &problem),
                RECIPIENT_MISMATCH);
    assert_code(hf_claims_judge_recipient(&claims, HF_LITERAL(""), &problem), RECIPIENT_MISMATCH);
    assert_string_equal(problem.where, "rcpt");
}

static void every_member_of_the_binding_must_match(void **state)
{
    (void)state;
    const hf_bytes jkt = HF_LITERAL(PAYLOAD_X5T);
    struct hf_claims claims = enterprise();
    assert_ok(hf_claims_judge_binding(&claims, CERT, jkt, &problem));
    assert_code(hf_claims_judge_binding(&claims, OTHER_CERT, jkt, &problem), BINDING_MISMATCH);
    assert_string_equal(problem.where, "cnf.x5t#S256");
    claims.jkt = jkt;
    assert_ok(hf_claims_judge_binding(&claims, CERT, jkt, &problem));
    assert_code(hf_claims_judge_binding(&claims, OTHER_CERT, jkt, &problem), BINDING_MISMATCH);
    assert_code(hf_claims_judge_binding(&claims, CERT, HF_LITERAL(PAYLOAD_DIGEST), &problem),
                BINDING_MISMATCH);
    assert_string_equal(problem.where, "cnf.jkt");
    claims.has_cert_sha256 = false; /* a renewed certificate with the same key */
    assert_ok(hf_claims_judge_binding(&claims, OTHER_CERT, jkt, &problem));
    claims.jkt = (hf_bytes){NULL, 0};
    assert_code(hf_claims_judge_binding(&claims, CERT, jkt, &problem), BINDING_MISMATCH);
}

static void the_hour_has_skew_at_its_beginning_only(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    assert_ok(hf_claims_judge_time(&claims, 940, &problem));
    assert_code(hf_claims_judge_time(&claims, 939, &problem), CONSENT_NOT_YET_VALID);
    assert_string_equal(problem.where, "iat");
    claims.iat_unix_s = 900;
    assert_code(hf_claims_judge_time(&claims, 939, &problem), CONSENT_NOT_YET_VALID);
    assert_string_equal(problem.where, "nbf");
    assert_ok(hf_claims_judge_time(&claims, 1999, &problem));
    assert_code(hf_claims_judge_time(&claims, 2000, &problem), CONSENT_EXPIRED);
    claims.act_poa_exp_unix_s = 1500;
    assert_ok(hf_claims_judge_time(&claims, 1499, &problem));
    assert_code(hf_claims_judge_time(&claims, 1500, &problem), AGENT_INVALID);
}

static void a_loan_names_itself(void **state)
{
    (void)state;
    const hf_bytes none = {NULL, 0};
    const hf_bytes loan = HF_LITERAL(PAYLOAD_DIGEST);
    const hf_bytes other = HF_LITERAL(PAYLOAD_X5T);
    struct hf_claims claims = enterprise();
    assert_ok(hf_claims_judge_purpose(&claims, HF_PURPOSE_PRE_LOAN, none, &problem));
    assert_ok(hf_claims_judge_purpose(&claims, HF_PURPOSE_IN_LOAN, loan, &problem));
    assert_code(hf_claims_judge_purpose(&claims, HF_PURPOSE_IN_LOAN, none, &problem),
                PURPOSE_DENIED);
    assert_code(hf_claims_judge_purpose(&claims, HF_PURPOSE_IN_LOAN, other, &problem),
                PURPOSE_DENIED);
    assert_code(hf_claims_judge_purpose(&claims, HF_PURPOSE_PRE_LOAN, other, &problem),
                PURPOSE_DENIED);
    assert_code(hf_claims_judge_purpose(&claims, HF_PURPOSE_POST_LOAN, loan, &problem),
                PURPOSE_DENIED);
    assert_code(hf_claims_judge_purpose(&claims, 0, loan, &problem), PURPOSE_DENIED);
}

/* ---- one scope ---- */

static void a_scope_covers_all_or_nothing(void **state)
{
    (void)state;
    struct hf_scope scope = whole_scope();
    struct hf_consent_access access = usual_access();
    assert_ok(hf_scope_judge(&scope, &access));
    access.dataset = HF_LITERAL("tax/invoice");
    assert_code(hf_scope_judge(&scope, &access), SCOPE_DENIED);
    access = usual_access();
    access.purpose = HF_PURPOSE_POST_LOAN;
    assert_code(hf_scope_judge(&scope, &access), PURPOSE_DENIED);
    access.purpose = 0;
    assert_code(hf_scope_judge(&scope, &access), PURPOSE_DENIED);
    access = usual_access();
    access.actions = HF_ACTION_QUERY | HF_ACTION_USE;
    assert_ok(hf_scope_judge(&scope, &access));
    access.actions |= HF_ACTION_PROCESS;
    assert_code(hf_scope_judge(&scope, &access), ACTION_DENIED);
    access.actions = 0;
    assert_code(hf_scope_judge(&scope, &access), ACTION_DENIED);
}

static void records_need_a_scope_of_records(void **state)
{
    (void)state;
    struct hf_scope scope = whole_scope();
    struct hf_consent_access access = usual_access();
    access.detail = HF_DETAIL_RECORDS;
    assert_ok(hf_scope_judge(&scope, &access));
    scope.detail = HF_DETAIL_SUMMARY;
    assert_code(hf_scope_judge(&scope, &access), SCOPE_DENIED);
    access.detail = HF_DETAIL_SUMMARY;
    assert_ok(hf_scope_judge(&scope, &access));
}

static void dated_data_needs_a_range(void **state)
{
    (void)state;
    struct hf_scope scope = whole_scope();
    struct hf_consent_access access = usual_access();
    scope.has_range = false;
    assert_code(hf_scope_judge(&scope, &access), RANGE_DENIED);
    access.is_dated = false;
    assert_ok(hf_scope_judge(&scope, &access));
}

static void a_range_that_was_asked_for_must_touch_the_scopes(void **state)
{
    (void)state;
    struct hf_scope scope = whole_scope(); /* days 100..200 */
    struct hf_consent_access access = usual_access();
    access.has_range = true;
    access.range = (struct hf_date_span){50, 100};
    assert_ok(hf_scope_judge(&scope, &access)); /* rows outside are withheld, not refused */
    access.range = (struct hf_date_span){50, 99};
    assert_code(hf_scope_judge(&scope, &access), RANGE_DENIED);
    access.range = (struct hf_date_span){201, 300};
    assert_code(hf_scope_judge(&scope, &access), RANGE_DENIED);
}

/* ---- all together ---- */

static void a_covering_scope_is_an_allow(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    const struct hf_claims *list[] = {&claims};
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    assert_ok(judge(&access, list, 1, &judgement));
    assert_int_equal(judgement.n_covers, 1);
    assert_int_equal(judgement.covers[0].consent, 0);
    assert_ptr_equal(judgement.covers[0].scope, &scopes[0]);
}

/* Both tokens name trade_secret and personal: each releases what is its own grantor's. */
static void a_token_releases_only_what_is_its_grantors(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    struct hf_claims owner = person(PAYLOAD_PERSON);
    const struct hf_claims *list[] = {&claims, &owner};
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    assert_ok(judge(&access, list, 2, &judgement));
    assert_int_equal(judgement.n_covers, 2);
    assert_int_equal(judgement.covers[0].classes, HF_FIELD_PUBLIC | HF_FIELD_TRADE_SECRET);
    assert_int_equal(judgement.covers[1].classes, HF_FIELD_PUBLIC | HF_FIELD_PERSONAL);
    access.subject = HF_LITERAL(PAYLOAD_PERSON);
    access.subject_kind = HF_SUBJECT_PERSON;
    assert_ok(judge(&access, &list[1], 1, &judgement));
    assert_int_equal(judgement.covers[0].classes,
                     HF_FIELD_PUBLIC | HF_FIELD_TRADE_SECRET | HF_FIELD_PERSONAL);
}

/* An accomplice's consent may be presented, but opens nothing of the subject's, nor its days. */
static void an_accomplice_opens_neither_secrets_nor_days(void **state)
{
    (void)state;
    struct hf_claims accomplice = person(OTHER_PERSON);
    struct hf_claims owner = person(PAYLOAD_PERSON);
    const struct hf_claims *list[] = {&accomplice, &owner};
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    struct hf_scope narrow = whole_scope();
    narrow.classes = 0;
    narrow.range = (struct hf_date_span){150, 160};
    owner.scopes = &narrow;
    access.subject = HF_LITERAL(PAYLOAD_PERSON);
    access.subject_kind = HF_SUBJECT_PERSON;
    assert_ok(judge(&access, list, 2, &judgement));
    assert_int_equal(judgement.n_covers, 2);
    assert_int_equal(judgement.covers[0].consent, 1); /* it sets the days of the answer */
    assert_int_equal(judgement.covers[0].classes, HF_FIELD_PUBLIC);
    assert_int_equal(judgement.covers[1].consent, 0);
    assert_false(judgement.covers[1].classes & HF_FIELD_TRADE_SECRET);
}

static void two_scopes_never_combine(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    struct hf_consent_access access = usual_access();
    claims.n_scopes = 2;
    access.actions = HF_ACTION_QUERY | HF_ACTION_USE;
    scopes[0].actions = HF_ACTION_QUERY;
    scopes[1].actions = HF_ACTION_USE;
    assert_code(judge_one(&access, &claims), ACTION_DENIED);
    scopes[0] = whole_scope(); /* right dataset, wrong purpose; and the reverse */
    scopes[0].purposes = HF_PURPOSE_IN_LOAN;
    scopes[1] = whole_scope();
    scopes[1].n_datasets = 0;
    assert_code(judge_one(&access, &claims), PURPOSE_DENIED);
    scopes[1] = whole_scope();
    assert_ok(judge_one(&access, &claims));
}

static void the_refusal_is_that_of_the_scope_that_came_furthest(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    struct hf_consent_access access = usual_access();
    claims.n_scopes = 2;
    scopes[0].n_datasets = 0;    /* scope_denied */
    scopes[1].has_range = false; /* range_denied: further */
    assert_code(judge_one(&access, &claims), RANGE_DENIED);
    assert_string_equal(problem.where, "range");
    scopes[1].n_datasets = 0;
    assert_code(judge_one(&access, &claims), SCOPE_DENIED);
}

static void every_consent_that_is_presented_must_hold(void **state)
{
    (void)state;
    struct hf_claims claims = enterprise();
    struct hf_claims owner = person(PAYLOAD_PERSON);
    const struct hf_claims *list[] = {&claims, &owner};
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    struct hf_scope narrow = whole_scope();
    narrow.n_datasets = 0;
    owner.scopes = &narrow;
    assert_code(judge(&access, list, 2, &judgement), SCOPE_DENIED);
    owner = person(PAYLOAD_PERSON);
    owner.rcpt = HF_LITERAL(PAYLOAD_ISS);
    assert_code(judge(&access, list, 2, &judgement), RECIPIENT_MISMATCH);
    owner = person(PAYLOAD_PERSON);
    owner.cert_sha256[0] ^= 1;
    assert_code(judge(&access, list, 2, &judgement), BINDING_MISMATCH);
    owner = person(PAYLOAD_PERSON);
    owner.purposes = HF_PURPOSE_IN_LOAN;
    assert_code(judge(&access, list, 2, &judgement), PURPOSE_DENIED);
}

static void consents_come_as_a_proper_set(void **state)
{
    (void)state;
    struct hf_claims one = enterprise();
    struct hf_claims two = claims_of("uscc:" PAYLOAD_BANK, HF_SUBJECT_LEGAL, "jti-2");
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    assert_code(judge(&access, NULL, 0, &judgement), CONSENT_MISSING);
    assert_code(judge(&access, (const struct hf_claims *[]){&one, &two}, 2, &judgement),
                REQUEST_MALFORMED);
    assert_code(judge(&access, (const struct hf_claims *[]){&one, &one}, 2, &judgement),
                REQUEST_MALFORMED);
    const struct hf_claims *nine[9] = {&one, &one, &one, &one, &one, &one, &one, &one, &one};
    assert_code(judge(&access, nine, 9, &judgement), REQUEST_MALFORMED);
}

static void a_consent_about_another_enterprise_is_no_use(void **state)
{
    (void)state;
    struct hf_claims claims = claims_of("uscc:" PAYLOAD_BANK, HF_SUBJECT_LEGAL, "jti-1");
    struct hf_claims owner = person(PAYLOAD_PERSON);
    struct hf_consent_access access = usual_access();
    assert_code(judge_one(&access, &claims), SUBJECT_MISMATCH);
    assert_code(judge_one(&access, &owner),
                SUBJECT_MISMATCH); /* nobody speaks for the enterprise */
}

static void a_persons_data_needs_that_persons_word(void **state)
{
    (void)state;
    struct hf_claims owner = person(PAYLOAD_PERSON);
    struct hf_claims other = person(OTHER_PERSON);
    struct hf_consent_access access = usual_access();
    access.subject = HF_LITERAL(PAYLOAD_PERSON);
    access.subject_kind = HF_SUBJECT_PERSON;
    assert_ok(judge_one(&access, &owner));
    assert_code(judge_one(&access, &other), PERSON_CONSENT_REQUIRED);
}

static void a_sole_trader_is_also_a_person(void **state)
{
    (void)state;
    struct hf_claims trader = claims_of(TRADER, HF_SUBJECT_SOLE_TRADER, "jti-1");
    struct hf_claims owner = person(PAYLOAD_PERSON);
    struct hf_claims other = person(OTHER_PERSON);
    struct hf_consent_access access = usual_access();
    struct hf_consent_judgement judgement;
    access.subject = HF_LITERAL(TRADER);
    access.subject_kind = HF_SUBJECT_SOLE_TRADER;
    assert_code(judge_one(&access, &trader), PERSON_CONSENT_REQUIRED);
    assert_code(judge(&access, (const struct hf_claims *[]){&trader, &owner}, 2, &judgement),
                PERSON_CONSENT_REQUIRED); /* the enterprise's token names nobody */
    trader.act_role = HF_ACT_LEGAL_REP;
    trader.act_sub = HF_LITERAL(PAYLOAD_PERSON);
    assert_ok(judge(&access, (const struct hf_claims *[]){&trader, &owner}, 2, &judgement));
    assert_code(judge(&access, (const struct hf_claims *[]){&trader, &other}, 2, &judgement),
                PERSON_CONSENT_REQUIRED);
    trader.act_role = HF_ACT_AGENT;
    assert_code(judge(&access, (const struct hf_claims *[]){&trader, &owner}, 2, &judgement),
                PERSON_CONSENT_REQUIRED);
}

static void only_the_person_that_the_trader_names_is_marked(void **state)
{
    (void)state;
    struct hf_consent_judgement judgement;
    struct hf_claims trader = claims_of(TRADER, HF_SUBJECT_SOLE_TRADER, "jti-1");
    struct hf_claims owner = claims_of(PAYLOAD_PERSON, HF_SUBJECT_PERSON, "jti-2");
    struct hf_claims other = claims_of(OTHER_PERSON, HF_SUBJECT_PERSON, "jti-3");
    struct hf_consent_access access = usual_access();
    access.subject = HF_LITERAL(TRADER);
    access.subject_kind = HF_SUBJECT_SOLE_TRADER;
    trader.act_role = HF_ACT_LEGAL_REP;
    trader.act_sub = HF_LITERAL(PAYLOAD_PERSON);
    const struct hf_claims *const all[] = {&other, &owner, &trader};
    assert_ok(judge(&access, all, 3, &judgement));
    assert_int_equal(judgement.n_covers, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(judgement.covers[i].by_subject, judgement.covers[i].consent == 1);
    }
    struct hf_claims plain = enterprise();
    plain.act_sub = HF_LITERAL(PAYLOAD_PERSON);
    access = usual_access();
    assert_ok(judge(&access, (const struct hf_claims *[]){&plain, &owner}, 2, &judgement));
    assert_false(judgement.covers[1].by_subject); /* nobody trades under that code */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_bank_is_the_recipient, start),
        cmocka_unit_test_setup(every_member_of_the_binding_must_match, start),
        cmocka_unit_test_setup(the_hour_has_skew_at_its_beginning_only, start),
        cmocka_unit_test_setup(a_loan_names_itself, start),
        cmocka_unit_test_setup(a_scope_covers_all_or_nothing, start),
        cmocka_unit_test_setup(records_need_a_scope_of_records, start),
        cmocka_unit_test_setup(dated_data_needs_a_range, start),
        cmocka_unit_test_setup(a_range_that_was_asked_for_must_touch_the_scopes, start),
        cmocka_unit_test_setup(a_covering_scope_is_an_allow, start),
        cmocka_unit_test_setup(a_token_releases_only_what_is_its_grantors, start),
        cmocka_unit_test_setup(an_accomplice_opens_neither_secrets_nor_days, start),
        cmocka_unit_test_setup(two_scopes_never_combine, start),
        cmocka_unit_test_setup(the_refusal_is_that_of_the_scope_that_came_furthest, start),
        cmocka_unit_test_setup(every_consent_that_is_presented_must_hold, start),
        cmocka_unit_test_setup(consents_come_as_a_proper_set, start),
        cmocka_unit_test_setup(a_consent_about_another_enterprise_is_no_use, start),
        cmocka_unit_test_setup(a_persons_data_needs_that_persons_word, start),
        cmocka_unit_test_setup(a_sole_trader_is_also_a_person, start),
        cmocka_unit_test_setup(only_the_person_that_the_trader_names_is_marked, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

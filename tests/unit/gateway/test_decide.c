/*
 * Every code of a decision, each provoked by one difference from an access that is allowed.
 */
#include "gateway/decide.h"

#include "tests/unit/gateway/world.h"

#define SUBJECT "uscc:91350100M000100Y43"
#define LOAN PAYLOAD_DIGEST

/* One access: what differs from the allowed one. */
struct row {
    const char *name;
    enum hf_code code;
    const char *attribute; /* NULL: any */
    const char *source;    /* NULL: tax */
    const char *operation; /* NULL: payment */
    const char *subject;   /* NULL: the grantor */
    enum hf_subject_kind subject_kind;
    unsigned purpose;  /* 0: pre_loan */
    unsigned actions;  /* 0: query */
    bool says_nothing; /* neither purpose nor actions */
    const char *old;   /* what of the payload is replaced … */
    const char *new;   /* … by this */
    bool no_consent;
    bool another_cert;
    bool revoked;
    int64_t later_s;
};

struct access {
    struct hf_request_fields fields;
    struct hf_held_consent held;
    struct hf_decide_request request;
};

static void hold_consent(struct world *world, const struct row *row, struct access *access)
{
    char *payload = row->old ? text_with(PAYLOAD, row->old, row->new) : strdup(PAYLOAD);
    struct hf_token *token = fixture_token(&world->consent, payload);
    free(payload);
    access->held.token = token;
    assert_ok(hf_registry_admit(world->registry, token, &access->held.entry));
    if (row->revoked) {
        world_revoke(world, &token->claims.id);
    }
    access->fields.n_consents = 1;
}

static const struct hf_bank bank = {.uscc = PAYLOAD_BANK, .rcpt = "uscc:" PAYLOAD_BANK};

static void ask(struct world *world, const struct row *row, struct access *access)
{
    *access = (struct access){.fields = {.n_consents = 0}};
    if (!row->says_nothing) {
        access->fields.purpose = row->purpose ? row->purpose : HF_PURPOSE_PRE_LOAN;
        access->fields.actions = row->actions ? row->actions : HF_ACTION_QUERY;
    }
    if (!row->no_consent) {
        hold_consent(world, row, access);
    }
    if (row->another_cert) {
        world->cert.sha256[0] ^= 1;
    }
    access->request = (struct hf_decide_request){
        .snapshot = world->snapshot,
        .bank = &bank,
        .cert = &world->cert,
        .operation = world_operation(world, row->source ? row->source : "tax",
                                     row->operation ? row->operation : WORLD_PAYMENT),
        .subject = hf_bytes_of_string(row->subject ? row->subject : SUBJECT),
        .subject_kind = row->subject_kind ? row->subject_kind : HF_SUBJECT_LEGAL,
        .fields = &access->fields,
        .consents = &access->held,
        .now_unix_s = FIXTURE_NOW + row->later_s,
        .views = world->views,
    };
    assert_non_null(access->request.operation);
}

static const struct row rows[] = {
    {.name = "the allowed access", .code = HF_OK},
    {.name = "all that is granted", .actions = HF_ACTION_QUERY | HF_ACTION_ANALYSE | HF_ACTION_USE},
    {.name = "public, without consent",
     .operation = "GET /rating/{uscc}.json",
     .no_consent = true,
     .says_nothing = true},
    {.name = "no consent", .code = HF_CONSENT_MISSING, .attribute = "consent", .no_consent = true},
    {.name = "no purpose, no actions",
     .code = HF_REQUEST_MALFORMED,
     .attribute = "consent-purpose",
     .says_nothing = true},
    {.name = "another bank",
     .code = HF_RECIPIENT_MISMATCH,
     .old = "uscc:" PAYLOAD_BANK,
     .new = "uscc:91100000100003962T"},
    {.name = "another certificate", .code = HF_BINDING_MISMATCH, .another_cert = true},
    {.name = "another subject", .code = HF_SUBJECT_MISMATCH, .subject = "uscc:91999999MA0000A00C"},
    {.name = "another purpose", .code = HF_PURPOSE_DENIED, .purpose = HF_PURPOSE_POST_LOAN},
    {.name = "an action too many",
     .code = HF_ACTION_DENIED,
     .actions = HF_ACTION_QUERY | HF_ACTION_PROCESS},
    {.name = "another dataset", .code = HF_SCOPE_DENIED, .operation = "GET /invoice/{uscc}.json"},
    {.name = "another source",
     .code = HF_SCOPE_DENIED,
     .source = "samr",
     .operation = "GET /annual_report/{uscc}.json"},
    {.name = "dated rows, a scope without range",
     .code = HF_RANGE_DENIED,
     .old = ",\"range\":{\"from\":\"2023-01-01\",\"to\":\"2025-12-31\"}",
     .new = ""},
    {.name = "a person's data",
     .code = HF_SUBJECT_MISMATCH,
     .subject = PAYLOAD_PERSON,
     .subject_kind = HF_SUBJECT_PERSON},
    {.name = "expired", .code = HF_CONSENT_EXPIRED, .later_s = 1774915200 - FIXTURE_NOW},
    {.name = "not yet valid", .code = HF_CONSENT_NOT_YET_VALID, .later_s = -161},
    {.name = "revoked", .code = HF_CONSENT_REVOKED, .revoked = true},
};

static void each_difference_has_its_code(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct access access;
        struct hf_decision decision;
        struct hf_problem problem = {0};
        void *each = NULL;
        (void)state;
        assert_int_equal(world_setup(&each), 0);
        ask(each, &rows[i], &access);
        hf_decide(&access.request, &decision, &problem);
        if (decision.code != rows[i].code) {
            fail_msg("%s: %s", rows[i].name, hf_code_info(decision.code)->name);
        }
        assert_int_equal(decision.verdict,
                         rows[i].code == HF_OK ? HF_VERDICT_ALLOW : HF_VERDICT_DENY);
        assert_true((decision.view != NULL) == (rows[i].code == HF_OK));
        if (rows[i].attribute) {
            assert_string_equal(problem.where, rows[i].attribute);
        }
        hf_decision_clear(&decision);
        hf_held_consents_clear(&access.held, 1);
        assert_int_equal(world_teardown(&each), 0);
    }
}

static struct access allowed(struct world *world)
{
    struct access access;
    ask(world, &rows[0], &access);
    return access;
}

static void decide_denies(struct access *access, enum hf_code code)
{
    struct hf_decision decision;
    access->request.fields = &access->fields;
    access->request.consents = &access->held;
    hf_decide(&access->request, &decision, NULL);
    assert_int_equal(decision.verdict, HF_VERDICT_DENY);
    assert_string_equal(hf_code_info(decision.code)->name, hf_code_info(code)->name);
    hf_decision_clear(&decision);
}

/* Replaces the agreement and loads a new generation. */
static void agree(struct world *world, const char *old, const char *new)
{
    char *text = text_with(WORLD_AGREEMENT, old, new);
    struct hf_snapshot *next = NULL;
    (void)test_folder_write(world->folder, "agreements/" PAYLOAD_BANK ".tax.json", text);
    free(text);
    assert_ok(world_load(world, 2, &next));
    hf_snapshot_unref(world->snapshot);
    world->snapshot = next;
}

#define SOLE_TRADER "uscc:92999999MA0000B07L"

static void a_sole_traders_data_needs_the_person_too(void **state)
{
    struct world *world = *state;
    struct access access = {.fields = {.n_consents = 0}};
    fixture_grant(&world->consent, world->consent.key, SOLE_TRADER, "");
    fixture_load(&world->consent);
    char *half = text_with(PAYLOAD, "\"iss\":\"" PAYLOAD_ISS, "\"iss\":\"" SOLE_TRADER);
    char *payload = text_with(half, "\"sub\":\"" PAYLOAD_ISS, "\"sub\":\"" SOLE_TRADER);
    struct row row = rows[0];
    row.no_consent = true;
    ask(world, &row, &access);
    struct hf_token *token = fixture_token(&world->consent, payload);
    free(half);
    free(payload);
    access.held.token = token;
    assert_ok(hf_registry_admit(world->registry, token, &access.held.entry));
    access.fields.n_consents = 1;
    access.request.subject = HF_LITERAL(SOLE_TRADER);
    access.request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    decide_denies(&access, HF_PERSON_CONSENT_REQUIRED);
    hf_held_consents_clear(&access.held, 1);
}

static void an_agreement_bounds_every_consent(void **state)
{
    struct world *world = *state;
    agree(world, "\"payment\",", "");
    struct access access = allowed(world);
    decide_denies(&access, HF_AGREEMENT_DENIED);
    hf_held_consents_clear(&access.held, 1);
}

static void an_agreement_without_the_class_leaves_nothing(void **state)
{
    struct world *world = *state;
    agree(world, "\"public\",\"trade_secret\",", "");
    struct access access = allowed(world);
    decide_denies(&access, HF_SCOPE_DENIED);
    hf_held_consents_clear(&access.held, 1);
}

static void an_access_without_actions_is_malformed(void **state)
{
    struct access access = allowed(*state);
    access.fields.actions = 0;
    decide_denies(&access, HF_REQUEST_MALFORMED);
    hf_held_consents_clear(&access.held, 1);
}

static void a_zeroed_decision_is_a_denial(void **state)
{
    (void)state;
    const struct hf_decision none = {0};
    assert_int_equal(none.verdict, HF_VERDICT_DENY);
}

static void an_allowed_access_says_when_to_delete(void **state)
{
    struct hf_decision decision;
    struct access access = allowed(*state);
    access.request.fields = &access.fields;
    access.request.consents = &access.held;
    hf_decide(&access.request, &decision, NULL);
    assert_int_equal(decision.charged, 1);
    assert_true(decision.has_delete_by);
    assert_int_equal(decision.delete_by_day, hf_date_shanghai_day(FIXTURE_NOW) + 90);
    hf_decision_clear(&decision);
    hf_held_consents_clear(&access.held, 1);
}

static void uses_are_reserved_until_there_are_none(void **state)
{
    struct hf_held_uses uses = {.n_uses = 0};
    struct access access = allowed(*state);
    const struct hf_decision decision = {.charged = 1};
    assert_ok(hf_decision_reserve(&decision, &access.held, FIXTURE_NOW, &uses));
    assert_int_equal(uses.n_uses, 1);
    struct hf_held_uses more = {.n_uses = 0};
    assert_code(hf_decision_reserve(&decision, &access.held, FIXTURE_NOW, &more), USE_LIMIT);
    assert_int_equal(more.n_uses, 0);
    hf_use_cancel(&uses.uses[0]);
    assert_ok(hf_decision_reserve(&decision, &access.held, FIXTURE_NOW, &more));
    hf_use_cancel(&more.uses[0]);
    hf_held_consents_clear(&access.held, 1);
}

static void nothing_charged_reserves_nothing(void **state)
{
    struct hf_held_uses uses = {.n_uses = 7};
    const struct hf_decision decision = {.charged = 0};
    (void)state;
    assert_ok(hf_decision_reserve(&decision, NULL, FIXTURE_NOW, &uses));
    assert_int_equal(uses.n_uses, 0);
}

static void of_two_consents_none_is_charged_when_one_has_no_use_left(void **state)
{
    struct world *world = *state;
    struct access access = allowed(world);
    struct hf_held_uses uses;
    char *payload =
        fixture_payload("d-0123456789abcdef0123456789abcdef", "\"fetch\":{\"max_total\":1}");
    struct hf_token *other = fixture_token(&world->consent, payload);
    struct hf_held_consent both[2] = {{.token = other}, access.held};
    struct hf_consent_status before;
    struct hf_consent_status after;
    free(payload);
    assert_ok(hf_registry_admit(world->registry, other, &both[0].entry));
    const struct hf_decision second = {.charged = 2};
    assert_ok(hf_decision_reserve(&second, both, FIXTURE_NOW, &uses));
    hf_entry_status(both[0].entry, FIXTURE_NOW, &before);
    const struct hf_decision decision = {.charged = 3};
    struct hf_held_uses none;
    assert_code(hf_decision_reserve(&decision, both, FIXTURE_NOW, &none), USE_LIMIT);
    hf_entry_status(both[0].entry, FIXTURE_NOW, &after);
    assert_int_equal(before.left, after.left);
    hf_use_cancel(&uses.uses[0]);
    hf_held_consents_clear(both, 2);
}

static void a_revoked_consent_has_no_uses(void **state)
{
    struct hf_held_uses uses;
    struct access access = allowed(*state);
    const struct hf_decision decision = {.charged = 1};
    assert_true(hf_held_stand(&access.held, 1));
    world_revoke(*state, &access.held.token->claims.id);
    assert_false(hf_held_stand(&access.held, 1));
    assert_code(hf_decision_reserve(&decision, &access.held, FIXTURE_NOW, &uses), CONSENT_REVOKED);
    hf_held_consents_clear(&access.held, 1);
}

static const struct hf_decision agreed = {.agreed_classes =
                                              HF_FIELD_PUBLIC | HF_FIELD_TRADE_SECRET};

static void an_access_is_judged_again_under_a_new_generation(void **state)
{
    struct world *world = *state;
    struct hf_snapshot *first = hf_snapshot_ref(world->snapshot); /* as an access does */
    struct access access = allowed(world);
    access.request.fields = &access.fields;
    access.request.consents = &access.held;
    assert_ok(hf_decide_again(&access.request, &agreed));
    access.request.now_unix_s = 1774915200;
    assert_code(hf_decide_again(&access.request, &agreed), CONSENT_EXPIRED);
    access.request.now_unix_s = FIXTURE_NOW;
    agree(world, "\"payment\",", "");
    access.request.snapshot = world->snapshot;
    assert_code(hf_decide_again(&access.request, &agreed), AGREEMENT_DENIED);
    agree(world, "\"public\",\"trade_secret\",", "\"public\",");
    access.request.snapshot = world->snapshot;
    assert_code(hf_decide_again(&access.request, &agreed), AGREEMENT_DENIED); /* narrower */
    agree(world, "\"payment\",", "\"payment\",\"invoice\",");
    access.request.snapshot = world->snapshot;
    assert_ok(hf_decide_again(&access.request, &agreed));
    world_write_bank(world, ",\"disabled_at\":1700000000");
    hf_snapshot_unref(world->snapshot);
    assert_ok(world_load(world, 4, &world->snapshot));
    access.request.snapshot = world->snapshot;
    assert_code(hf_decide_again(&access.request, &agreed), CLIENT_CERT_UNKNOWN);
    hf_held_consents_clear(&access.held, 1);
    hf_snapshot_unref(first);
}

/* The next generation has a table of ceilings, or another one. */
static void limit_ranges(struct world *world, const char *days)
{
    char *text = text_with("{\"rules\":[{\"purpose\":\"pre_loan\",\"max_range_days\":DAYS,"
                           "\"do\":\"clamp\"}]}",
                           "DAYS", days);
    hf_ceilings_free(world->snapshot->ceilings);
    world->snapshot->ceilings = NULL;
    assert_ok(hf_ceilings_parse(hf_bytes_of_string(text), &world->snapshot->ceilings, NULL));
    free(text);
}

static void an_access_ends_when_a_ceiling_is_lowered_below_what_it_was_given(void **state)
{
    struct world *world = *state;
    struct hf_decision decision;
    struct access access = allowed(world);
    access.request.fields = &access.fields;
    access.request.consents = &access.held;
    hf_decide(&access.request, &decision, NULL);
    assert_int_equal(decision.verdict, HF_VERDICT_ALLOW);
    limit_ranges(world, "30");
    assert_code(hf_decide_again(&access.request, &decision), CEILING_EXCEEDED);
    hf_decision_clear(&decision);
    hf_decide(&access.request, &decision, NULL);
    assert_ok(hf_decide_again(&access.request, &decision)); /* it was clamped to that */
    limit_ranges(world, "31");
    assert_ok(hf_decide_again(&access.request, &decision));
    limit_ranges(world, "29");
    assert_code(hf_decide_again(&access.request, &decision), CEILING_EXCEEDED);
    access.fields.n_consents = 0; /* a public access rests on none */
    assert_false(hf_decide_again(&access.request, &decision).code == HF_CEILING_EXCEEDED);
    hf_decision_clear(&decision);
    hf_held_consents_clear(&access.held, 1);
}

static void an_access_ends_when_its_certificate_is_another_banks(void **state)
{
    static const struct hf_bank former = {.uscc = "91100000100003962T"};
    struct access access = allowed(*state);
    access.request.fields = &access.fields;
    access.request.consents = &access.held;
    assert_ok(hf_decide_again(&access.request, &agreed));
    access.request.bank = &former; /* whose certificate it was when the access began */
    assert_code(hf_decide_again(&access.request, &agreed), CLIENT_CERT_UNKNOWN);
    hf_held_consents_clear(&access.held, 1);
}

static void a_bank_is_known_while_enabled_and_within_its_dates(void **state)
{
    struct world *world = *state;
    const struct hf_snapshot *snapshot = world->snapshot;
    assert_non_null(hf_decide_bank(snapshot, &world->cert, FIXTURE_NOW));
    assert_null(hf_decide_bank(snapshot, &world->cert, world->cert.not_after_unix_s + 1));
    assert_null(hf_decide_bank(snapshot, &world->cert, world->cert.not_before_unix_s - 1));
    world->cert.sha256[31] ^= 1;
    assert_null(hf_decide_bank(snapshot, &world->cert, FIXTURE_NOW));
}

static void a_person_is_named_by_a_keyed_digest(void **state)
{
    struct hf_mac_key key;
    struct hf_mac_key other;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(4096);
    const struct hf_route route = {.subject_kind = HF_SUBJECT_PERSON,
                                   .subject = HF_LITERAL("11010519491231002X")};
    hf_bytes name;
    hf_bytes other_name;
    (void)state;
    hf_mac_key_init(&key, HF_LITERAL("0123456789abcdef0123456789abcdef"));
    hf_mac_key_init(&other, HF_LITERAL("0123456789abcdef0123456789abcdeg"));
    assert_ok(hf_decide_subject(&route, &key, &arena, &name));
    assert_ok(hf_decide_subject(&route, &other, &arena, &other_name));
    assert_int_equal(name.size, 7 + 43);
    assert_true(hf_bytes_starts_with(name, HF_LITERAL("person:")));
    assert_false(hf_bytes_equal(name, other_name));
    assert_null(memmem(name.data, name.size, "1949", 4));
}

static void an_enterprise_is_named_by_its_code(void **state)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(4096);
    const struct hf_route route = {.subject_kind = HF_SUBJECT_LEGAL,
                                   .subject = HF_LITERAL("91350100M000100Y43")};
    hf_bytes name;
    (void)state;
    assert_ok(hf_decide_subject(&route, NULL, &arena, &name));
    assert_true(hf_bytes_equal_string(name, SUBJECT));
    struct hf_arena none = {0};
    assert_code(hf_decide_subject(&route, NULL, &none, &name), NOMEM);
}

static void a_record_tells_what_was_judged(void **state)
{
    struct hf_decision decision;
    struct hf_detail detail = {.time_ms = HF_DETAIL_NUMBER(1)};
    struct access access = allowed(*state);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    access.request.fields = &access.fields;
    access.request.consents = &access.held;
    hf_decide(&access.request, &decision, NULL);
    assert_ok(hf_decide_describe(&access.request, &decision, &arena, &detail));
    assert_int_equal(detail.consents.n_items, 1);
    assert_true(hf_bytes_equal_string(detail.consents.items[0], PAYLOAD_ISS ";" PAYLOAD_JTI));
    assert_int_equal(detail.spared.n_items, 0); /* it was charged */
    assert_int_equal(detail.tokens.items[0].size, 43);
    assert_int_equal(detail.view_sha256.size, 43);
    assert_true(hf_bytes_equal_string(detail.purpose, "pre_loan"));
    assert_int_equal(detail.actions.n_items, 1);
    decision.charged = 0;
    assert_ok(hf_decide_describe(&access.request, &decision, &arena, &detail));
    assert_int_equal(detail.spared.n_items, 1);
    assert_true(hf_bytes_equal(detail.spared.items[0], detail.consents.items[0]));
    hf_decision_clear(&decision);
    hf_held_consents_clear(&access.held, 1);
}

/* A refusal can be traced to the consent that was presented, whatever was wrong with it. */
static void a_record_tells_what_was_presented(void **state)
{
    const struct hf_decision denied = {.verdict = HF_VERDICT_DENY};
    struct hf_detail detail = {.time_ms = HF_DETAIL_NUMBER(1)};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    const struct hf_request_fields fields = {
        .consents = {{HF_LITERAL("a.b.c"), false}, {HF_LITERAL(PAYLOAD_ISS ";" PAYLOAD_JTI), true}},
        .n_consents = 2};
    const struct hf_decide_request request = {.fields = &fields};
    (void)state;
    assert_ok(hf_decide_describe(&request, &denied, &arena, &detail));
    assert_int_equal(detail.consents.n_items, 1);
    assert_true(hf_bytes_equal_string(detail.consents.items[0], PAYLOAD_ISS ";" PAYLOAD_JTI));
    assert_int_equal(detail.tokens.n_items, 1);
    assert_true(hf_bytes_equal_string(detail.tokens.items[0],
                                      "hF4wRIgJ4ryJWOsCW_x5UjXROwd6U9DDq70jhRcNybg"));
    assert_int_equal(detail.spared.n_items, 0); /* a denial spares all, and need not say so */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_has_its_code),
        cmocka_unit_test(a_zeroed_decision_is_a_denial),
        cmocka_unit_test(nothing_charged_reserves_nothing),
        cmocka_unit_test(a_person_is_named_by_a_keyed_digest),
        cmocka_unit_test(an_enterprise_is_named_by_its_code),
        cmocka_unit_test(a_record_tells_what_was_presented),
        TEST(a_sole_traders_data_needs_the_person_too),
        TEST(an_agreement_bounds_every_consent),
        TEST(an_agreement_without_the_class_leaves_nothing),
        TEST(an_access_without_actions_is_malformed),
        TEST(an_allowed_access_says_when_to_delete),
        TEST(uses_are_reserved_until_there_are_none),
        TEST(of_two_consents_none_is_charged_when_one_has_no_use_left),
        TEST(a_revoked_consent_has_no_uses),
        TEST(an_access_is_judged_again_under_a_new_generation),
        TEST(an_access_ends_when_a_ceiling_is_lowered_below_what_it_was_given),
        TEST(an_access_ends_when_its_certificate_is_another_banks),
        TEST(a_bank_is_known_while_enabled_and_within_its_dates),
        TEST(a_record_tells_what_was_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

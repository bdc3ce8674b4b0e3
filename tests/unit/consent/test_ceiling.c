#include "tests/unit/consent/ceiling.h"

/* ---- which rule ---- */

static uint32_t range_for(const struct hf_ceilings *ceilings, const char *bank, unsigned purpose,
                          const char *dataset)
{
    struct hf_ceiling ceiling;
    hf_ceilings_find(ceilings, hf_bytes_of_string(bank), purpose, hf_bytes_of_string(dataset),
                     &ceiling);
    return ceiling.limits[HF_CEILING_RANGE].is_set ? ceiling.limits[HF_CEILING_RANGE].most : 0;
}

static void the_specific_beats_the_general(void **state)
{
    (void)state;
    struct hf_ceilings *ceilings =
        table(TABLE(RULE("\"max_range_days\":1,\"do\":\"clamp\"") "," RULE(
            "\"dataset\":\"tax/"
            "payment\",\"max_range_days\":"
            "2,\"do\":\"clamp\"") "," RULE("\"bank\":\"" PAYLOAD_BANK
                                           "\",\"max_range_days\":3,\"do\":"
                                           "\"clamp\"") "," RULE("\"bank\":"
                                                                 "\"" PAYLOAD_BANK "\",\"dataset\":"
                                                                 "\"tax/payment\","
                                                                 "\"max_range_"
                                                                 "days\":4,\"do\":"
                                                                 "\"clamp\"")));
    const unsigned purpose = HF_PURPOSE_PRE_LOAN;
    assert_int_equal(range_for(ceilings, OTHER_BANK, purpose, "tax/rating"), 1);
    assert_int_equal(range_for(ceilings, OTHER_BANK, purpose, "tax/payment"), 2);
    assert_int_equal(range_for(ceilings, PAYLOAD_BANK, purpose, "tax/rating"), 3);
    assert_int_equal(range_for(ceilings, PAYLOAD_BANK, purpose, "tax/payment"), 4);
    assert_int_equal(range_for(ceilings, PAYLOAD_BANK, HF_PURPOSE_IN_LOAN, "tax/payment"), 0);
    assert_int_equal(range_for(NULL, PAYLOAD_BANK, purpose, "tax/payment"), 0);
    hf_ceilings_free(ceilings);
}

static void each_limit_comes_from_the_most_specific_rule_that_names_it(void **state)
{
    (void)state;
    struct hf_ceiling ceiling;
    struct hf_ceilings *ceilings =
        table(TABLE(RULE("\"max_range_days\":1,\"max_validity_days\":7,\"do\":\"reject\"") "," RULE(
            "\"bank\":\"" PAYLOAD_BANK "\",\"max_range_days\":3,\"do\":\"clamp\"")));
    hf_ceilings_find(ceilings, HF_LITERAL(PAYLOAD_BANK), HF_PURPOSE_PRE_LOAN,
                     HF_LITERAL("tax/payment"), &ceiling);
    assert_int_equal(ceiling.limits[HF_CEILING_RANGE].most, 3);
    assert_true(ceiling.limits[HF_CEILING_RANGE].clamps);
    assert_int_equal(ceiling.limits[HF_CEILING_VALIDITY].most, 7);
    assert_false(ceiling.limits[HF_CEILING_VALIDITY].clamps);
    assert_false(ceiling.limits[HF_CEILING_DATA_LIFE].is_set);
    hf_ceilings_free(ceilings);
}

/* ---- one access ---- */

enum { DAY_S = 86400, NBF = 1767225600 };

static struct hf_claims claims_of_90_days(void)
{
    return (struct hf_claims){.nbf_unix_s = NBF,
                              .exp_unix_s = NBF + 90 * DAY_S,
                              .max_total = 100,
                              .has_window = true,
                              .window = HF_WINDOW_DAY,
                              .window_count = 5,
                              .data_life_days = 90};
}

static const struct hf_ceiling_window FIVE_A_DAY = {HF_WINDOW_DAY, 5};

static hf_status judge(const struct hf_ceiling *ceiling, const struct hf_claims *claims,
                       int64_t now_unix_s, unsigned *ret_clamped)
{
    struct hf_ceiling own = *ceiling;
    hf_status status = hf_ceiling_judge(&own, claims, FIVE_A_DAY, now_unix_s, &problem);
    *ret_clamped = own.clamped;
    return status;
}

static struct hf_ceiling limit(enum hf_ceiling_kind kind, uint32_t most, bool clamps)
{
    struct hf_ceiling ceiling = {.clamped = 0};
    ceiling.limits[kind] = (struct hf_ceiling_limit){
        .is_set = true, .clamps = clamps, .most = most, .unit = HF_WINDOW_DAY};
    return ceiling;
}

static void what_reaches_no_ceiling_is_left_alone(void **state)
{
    (void)state;
    unsigned clamped;
    const struct hf_claims claims = claims_of_90_days();
    const uint32_t most[] = {90, 0, 5, 90};
    for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
        if (kind != HF_CEILING_RANGE) {
            const struct hf_ceiling ceiling = limit((enum hf_ceiling_kind)kind, most[kind], false);
            assert_ok(judge(&ceiling, &claims, NBF, &clamped));
            assert_int_equal(clamped, 0);
        }
    }
}

static void what_exceeds_is_refused_with_its_attribute(void **state)
{
    (void)state;
    unsigned clamped;
    const struct hf_claims claims = claims_of_90_days();
    const struct {
        enum hf_ceiling_kind kind;
        uint32_t most;
        const char *attribute;
    } rows[] = {{HF_CEILING_VALIDITY, 89, "exp"},
                {HF_CEILING_FREQUENCY, 4, "fetch.per"},
                {HF_CEILING_DATA_LIFE, 89, "data_life_days"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct hf_ceiling ceiling = limit(rows[i].kind, rows[i].most, false);
        assert_code(judge(&ceiling, &claims, NBF, &clamped), CEILING_EXCEEDED);
        assert_string_equal(problem.where, rows[i].attribute);
    }
}

static void a_clamped_validity_ends_early(void **state)
{
    (void)state;
    unsigned clamped;
    const struct hf_claims claims = claims_of_90_days();
    const struct hf_ceiling ceiling = limit(HF_CEILING_VALIDITY, 30, true);
    assert_ok(judge(&ceiling, &claims, NBF + 30 * DAY_S - 1, &clamped));
    assert_int_equal(clamped, 1u << HF_CEILING_VALIDITY);
    assert_code(judge(&ceiling, &claims, NBF + 30 * DAY_S, &clamped), CONSENT_EXPIRED);
}

static void a_clamped_life_is_shorter(void **state)
{
    (void)state;
    unsigned clamped;
    const struct hf_claims claims = claims_of_90_days();
    const struct hf_ceiling ceiling = limit(HF_CEILING_DATA_LIFE, 0, true);
    assert_ok(judge(&ceiling, &claims, NBF, &clamped));
    assert_int_equal(clamped, 1u << HF_CEILING_DATA_LIFE);
    assert_int_equal(hf_ceiling_data_life(&ceiling, 90), 0);
    const struct hf_ceiling longer = limit(HF_CEILING_DATA_LIFE, 100, true);
    assert_int_equal(hf_ceiling_data_life(&longer, 90), 90); /* a ceiling never widens */
}

static void a_clamped_range_keeps_its_last_days(void **state)
{
    (void)state;
    struct hf_date_span range = {100, 199};
    struct hf_ceiling ceiling = limit(HF_CEILING_RANGE, 100, true);
    assert_ok(hf_ceiling_judge_range(&ceiling, &range, &problem));
    assert_int_equal(ceiling.clamped, 0);
    ceiling.limits[HF_CEILING_RANGE].most = 30;
    assert_ok(hf_ceiling_judge_range(&ceiling, &range, &problem));
    assert_int_equal(range.first_day, 170);
    assert_int_equal(range.last_day, 199);
    assert_int_equal(ceiling.clamped, 1u << HF_CEILING_RANGE);
    ceiling = limit(HF_CEILING_RANGE, 29, false);
    assert_code(hf_ceiling_judge_range(&ceiling, &range, &problem), CEILING_EXCEEDED);
    assert_int_equal(range.first_day, 170);
}

/* ---- frequency ---- */

static hf_status frequency(uint32_t most, enum hf_window unit, struct hf_ceiling_window counted,
                           uint32_t max_total)
{
    struct hf_ceiling ceiling = limit(HF_CEILING_FREQUENCY, most, false);
    struct hf_claims claims = claims_of_90_days();
    ceiling.limits[HF_CEILING_FREQUENCY].unit = unit;
    claims.max_total = max_total;
    return hf_ceiling_judge(&ceiling, &claims, counted, NBF, &problem);
}

static void a_frequency_is_judged_by_the_most_that_could_happen(void **state)
{
    (void)state;
    const struct hf_ceiling_window none = {HF_WINDOW_HOUR, 0};
    assert_ok(frequency(100, HF_WINDOW_HOUR, none, 100)); /* all at once, and that is allowed */
    assert_code(frequency(99, HF_WINDOW_HOUR, none, 100), CEILING_EXCEEDED);
    assert_ok(frequency(31, HF_WINDOW_MONTH, (struct hf_ceiling_window){HF_WINDOW_DAY, 1}, 1000));
    assert_code(frequency(30, HF_WINDOW_MONTH, (struct hf_ceiling_window){HF_WINDOW_DAY, 1}, 1000),
                CEILING_EXCEEDED);
    /* five a month may fall on one day */
    assert_ok(frequency(5, HF_WINDOW_DAY, (struct hf_ceiling_window){HF_WINDOW_MONTH, 5}, 1000));
    assert_code(frequency(4, HF_WINDOW_DAY, (struct hf_ceiling_window){HF_WINDOW_MONTH, 5}, 1000),
                CEILING_EXCEEDED);
    /* a week may touch two months, a month six weeks */
    assert_code(frequency(9, HF_WINDOW_WEEK, (struct hf_ceiling_window){HF_WINDOW_MONTH, 5}, 1000),
                CEILING_EXCEEDED);
    assert_ok(frequency(6, HF_WINDOW_MONTH, (struct hf_ceiling_window){HF_WINDOW_WEEK, 1}, 1000));
    assert_code(frequency(5, HF_WINDOW_MONTH, (struct hf_ceiling_window){HF_WINDOW_WEEK, 1}, 1000),
                CEILING_EXCEEDED);
}

/* The bank is told when less is counted for it than its consent says, and only then. */
static void a_frequency_that_is_less_than_granted_is_told(void **state)
{
    (void)state;
    const struct hf_ceiling_window two_a_day = {HF_WINDOW_DAY, 2};
    const unsigned told = 1u << HF_CEILING_FREQUENCY;
    struct hf_ceiling ceiling = limit(HF_CEILING_FREQUENCY, 2, true);
    struct hf_claims claims = claims_of_90_days();
    assert_ok(hf_ceiling_judge(&ceiling, &claims, two_a_day, NBF, &problem));
    assert_int_equal(ceiling.clamped, told);
    ceiling = limit(HF_CEILING_FREQUENCY, 2, true);
    claims.window_count = 2;
    assert_ok(hf_ceiling_judge(&ceiling, &claims, two_a_day, NBF, &problem));
    assert_int_equal(ceiling.clamped, 0);
    claims.window_is_narrowed = true; /* when it was admitted */
    assert_ok(hf_ceiling_judge(&ceiling, &claims, two_a_day, NBF, &problem));
    assert_int_equal(ceiling.clamped, told);
}

/* A consent that is new, under one rule for its first scope. */
static hf_status admit(const char *limits, const char *fetch, struct hf_claims *ret_claims)
{
    static struct hf_arena arena;
    const struct hf_claims_limits life = hf_claims_limits_default();
    char text[512];
    char *payload = fixture_payload(PAYLOAD_JTI, fetch);
    snprintf(text, sizeof text, TABLE(RULE("\"dataset\":\"tax/payment\",%s")), limits);
    struct hf_ceilings *ceilings = table(text);
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 18);
    assert_ok(hf_claims_parse(hf_bytes_of_string(payload), &life, &arena, ret_claims, &problem));
    hf_status status = hf_ceilings_admit(ceilings, ret_claims, &problem);
    hf_ceilings_free(ceilings);
    free(payload);
    hf_bytes none = {0};
    ret_claims->scopes = NULL; /* nothing of the arena is looked at behind this */
    ret_claims->nonce = none;
    hf_arena_clear(&arena);
    return status;
}

#define PER_DAY "\"fetch\":{\"max_total\":100,\"per\":{\"unit\":\"day\",\"count\":5}}"
#define NO_WINDOW "\"fetch\":{\"max_total\":100}"

static void a_clamped_frequency_becomes_the_window_that_is_counted(void **state)
{
    (void)state;
    struct hf_claims claims;
    assert_ok(admit("\"max_frequency\":{\"unit\":\"week\",\"count\":3},\"do\":\"clamp\"", NO_WINDOW,
                    &claims));
    assert_true(claims.has_window && claims.window_is_narrowed);
    assert_int_equal(claims.window, HF_WINDOW_WEEK);
    assert_int_equal(claims.window_count, 3);
    assert_ok(admit("\"max_frequency\":{\"unit\":\"day\",\"count\":2},\"do\":\"clamp\"", PER_DAY,
                    &claims));
    assert_int_equal(claims.window_count, 2);
    assert_ok(admit("\"max_frequency\":{\"unit\":\"day\",\"count\":9},\"do\":\"clamp\"", PER_DAY,
                    &claims));
    assert_int_equal(claims.window_count, 5);
    assert_false(claims.window_is_narrowed);
}

static void two_windows_are_not_counted_at_once(void **state)
{
    (void)state;
    struct hf_claims claims;
    assert_code(admit("\"max_frequency\":{\"unit\":\"month\",\"count\":9},\"do\":\"clamp\"",
                      PER_DAY, &claims),
                CEILING_EXCEEDED);
    assert_string_equal(problem.where, "fetch.per");
    assert_ok(admit("\"max_frequency\":{\"unit\":\"month\",\"count\":155},\"do\":\"clamp\"",
                    PER_DAY, &claims));
}

static void a_consent_that_is_new_is_judged_whole(void **state)
{
    (void)state;
    struct hf_claims claims;
    const struct {
        const char *limits;
        const char *attribute;
    } rows[] = {
        {"\"max_validity_days\":88,\"do\":\"reject\"", "exp"},
        {"\"max_range_days\":1095,\"do\":\"reject\"", "authorization_details.range"},
        {"\"max_data_life_days\":89,\"do\":\"reject\"", "data_life_days"},
        {"\"max_frequency\":{\"unit\":\"day\",\"count\":4},\"do\":\"reject\"", "fetch.per"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_code(admit(rows[i].limits, PER_DAY, &claims), CEILING_EXCEEDED);
        assert_string_equal(problem.where, rows[i].attribute);
    }
    assert_ok(admit("\"max_validity_days\":89,\"max_range_days\":1096,\"max_data_life_days\":90,"
                    "\"max_frequency\":{\"unit\":\"day\",\"count\":5},\"do\":\"reject\"",
                    PER_DAY, &claims));
    assert_ok(admit("\"max_validity_days\":1,\"max_range_days\":1,\"max_data_life_days\":1,"
                    "\"do\":\"clamp\"",
                    PER_DAY, &claims));
}

static void no_table_is_no_ceiling(void **state)
{
    (void)state;
    struct hf_claims claims = claims_of_90_days();
    assert_ok(hf_ceilings_admit(NULL, &claims, &problem));
    assert_int_equal(claims.window_count, 5);
}

static void a_limit_is_told_as_a_member_of_a_dictionary(void **state)
{
    (void)state;
    char text[HF_CEILING_TEXT_BYTES];
    static const char *const told[] = {"exp=30", "range=30", "fetch=30;unit=day",
                                       "data_life_days=30"};
    for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
        const struct hf_ceiling ceiling = limit((enum hf_ceiling_kind)kind, 30, true);
        hf_ceiling_tell(&ceiling, (enum hf_ceiling_kind)kind, text);
        assert_string_equal(text, told[kind]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specific_beats_the_general),
        cmocka_unit_test(each_limit_comes_from_the_most_specific_rule_that_names_it),
        cmocka_unit_test(what_reaches_no_ceiling_is_left_alone),
        cmocka_unit_test(what_exceeds_is_refused_with_its_attribute),
        cmocka_unit_test(a_clamped_validity_ends_early),
        cmocka_unit_test(a_clamped_life_is_shorter),
        cmocka_unit_test(a_clamped_range_keeps_its_last_days),
        cmocka_unit_test(a_frequency_is_judged_by_the_most_that_could_happen),
        cmocka_unit_test(a_frequency_that_is_less_than_granted_is_told),
        cmocka_unit_test(a_clamped_frequency_becomes_the_window_that_is_counted),
        cmocka_unit_test(two_windows_are_not_counted_at_once),
        cmocka_unit_test(a_consent_that_is_new_is_judged_whole),
        cmocka_unit_test(no_table_is_no_ceiling),
        cmocka_unit_test(a_limit_is_told_as_a_member_of_a_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/claims.h"

#include "tests/unit/consent/payload.h"

#include <stdio.h>
#include <stdlib.h>

static struct hf_arena arena;
static struct hf_problem problem;
static struct hf_claims claims;

static int start(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 20);
    problem = (struct hf_problem){0};
    claims = (struct hf_claims){0};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status parse(const char *text)
{
    const struct hf_claims_limits limits = hf_claims_limits_default();
    start(NULL);
    return hf_claims_parse(hf_bytes_of_string(text), &limits, &arena, &claims, &problem);
}

static hf_status parse_with(const char *old, const char *new)
{
    char *text = text_with(PAYLOAD, old, new);
    hf_status status = parse(text);
    free(text);
    return status;
}

struct refusal {
    const char *old;
    const char *new;
    const char *where;
};

static void assert_malformed(const struct refusal *refusals, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hf_status status = parse_with(refusals[i].old, refusals[i].new);
        if (status.code != HF_CONSENT_MALFORMED) {
            print_error("accepted: %s\n", refusals[i].new);
        }
        assert_code(status, CONSENT_MALFORMED);
        assert_int_equal(problem.code, HF_CONSENT_MALFORMED);
        assert_string_equal(problem.where, refusals[i].where);
        assert_int_equal(problem.line, 1);
        assert_true(problem.column >= 1 && problem.detail[0] != 0);
    }
}

#define assert_all_malformed(list) assert_malformed(list, sizeof(list) / sizeof((list)[0]))

static void a_whole_consent_becomes_plain_values(void **state)
{
    (void)state;
    assert_ok(parse(PAYLOAD));
    assert_string_equal(claims.id.iss, PAYLOAD_ISS);
    assert_string_equal(claims.id.jti, PAYLOAD_JTI);
    assert_int_equal(claims.iss_kind, HF_SUBJECT_LEGAL);
    assert_true(hf_bytes_equal_string(claims.rcpt, "uscc:" PAYLOAD_BANK));
    assert_true(hf_bytes_equal_string(claims.aud, "https://gw.example.test"));
    assert_int_equal(claims.iat_unix_s, 1767225600);
    assert_int_equal(claims.exp_unix_s, 1774915200);
    assert_int_equal(claims.purposes, HF_PURPOSE_PRE_LOAN);
    assert_int_equal(claims.max_total, 3);
    assert_true(claims.has_window);
    assert_int_equal(claims.window, HF_WINDOW_DAY);
    assert_int_equal(claims.window_count, 1);
    assert_int_equal(claims.data_life_days, 90);
    assert_true(claims.has_cert_sha256);
    assert_int_equal(claims.cert_sha256[0], 0x8c);
    assert_int_equal(claims.jkt.size, 0);
    assert_int_equal(claims.act_role, HF_ACT_NONE);
    assert_true(hf_bytes_equal_string(claims.notice_ver, "2026-01"));
    assert_int_equal(claims.n_scopes, 2);
    assert_int_equal(claims.scopes[0].n_datasets, 2);
    assert_int_equal(claims.scopes[1].purposes, HF_PURPOSE_PRE_LOAN);
}

static void optional_claims_may_be_there(void **state)
{
    (void)state;
    assert_ok(parse_with("\"purposes\":[\"pre_loan\"]",
                         "\"purposes\":[\"pre_loan\"],\"loan_ref\":\"" PAYLOAD_DIGEST "\""));
    assert_int_equal(claims.loan_ref.size, 43);
    assert_ok(parse_with("\"cnf\":{", "\"cnf\":{\"jkt\":\"" PAYLOAD_DIGEST "\","));
    assert_int_equal(claims.jkt.size, 43);
    assert_ok(parse_with("\"notice\":",
                         "\"act\":{\"role\":\"agent\",\"sub\":\"" PAYLOAD_PERSON
                         "\",\"poa\":\"" PAYLOAD_DIGEST "\",\"poa_exp\":1767225600},\"notice\":"));
    assert_int_equal(claims.act_role, HF_ACT_AGENT);
    assert_int_equal(claims.act_poa_exp_unix_s, 1767225600);
    assert_ok(parse_with("\"notice\":", "\"act\":{\"role\":\"legal_rep\",\"sub\":\"" PAYLOAD_PERSON
                                        "\"},\"notice\":"));
    assert_ok(parse_with("\"notice\":", "\"status\":{\"status_list\":{\"idx\":16777215,"
                                        "\"uri\":\"https://s.example/1\"}},\"notice\":"));
    assert_int_equal(claims.status_idx, 16777215);
    assert_ok(parse_with(",\"per\":{\"unit\":\"day\",\"count\":1}", ""));
    assert_false(claims.has_window);
}

static void every_required_claim_is_required(void **state)
{
    (void)state;
    static const char *const required[] = {"ver",
                                           "iss",
                                           "sub",
                                           "aud",
                                           "rcpt",
                                           "jti",
                                           "iat",
                                           "nbf",
                                           "exp",
                                           "nonce",
                                           "authorization_details",
                                           "fetch",
                                           "data_life_days",
                                           "notice"};
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        /* Hidden under another name it is unknown; so it is blanked out of a second object. */
        char name[64];
        snprintf(name, sizeof name, "\"%s\":", required[i]);
        char *text = strdup(PAYLOAD);
        char *at = strstr(text, name);
        assert_non_null(at);
        char *end = at + strlen(name);
        int depth = 0;
        bool in_string = false;
        while (depth > 0 || in_string || (*end != ',' && *end != '}')) {
            in_string ^= *end == '"';
            depth += !in_string && (*end == '{' || *end == '[');
            depth -= !in_string && (*end == '}' || *end == ']');
            end++;
        }
        if (*end == ',') {
            end++;
        } else {
            at--; /* the last member: drop the comma before it */
        }
        memmove(at, end, strlen(end) + 1);
        assert_code(parse(text), CONSENT_MALFORMED);
        assert_string_equal(problem.where, required[i]);
        assert_string_equal(problem.detail, "is required");
        free(text);
    }
}

static void the_document_is_one_strict_object(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "[]",
                                        "\"x\"",
                                        "null",
                                        "{\"ver\":1,\"ver\":1}",
                                        "{\"ver\":1,\"v\\u0065r\":1}",
                                        "{} {}",
                                        "{\"a\":\"\x01\"}",
                                        "\xef\xbb\xbf{}",
                                        "{\"a\":\"\\ud800\"}",
                                        "{\"a\":\"\xff\"}",
                                        "{\"a\":[[[[[[]]]]]]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_code(parse(wrong[i]), CONSENT_MALFORMED);
    }
    char *long_text = calloc(1, 9000);
    assert_non_null(long_text);
    memset(long_text, ' ', 8999);
    memcpy(long_text, PAYLOAD, sizeof PAYLOAD - 1);
    long_text[8192] = 0;
    assert_ok(parse(long_text)); /* the neighbour: exactly 8192 bytes */
    long_text[8192] = ' ';
    assert_code(parse(long_text), CONSENT_MALFORMED);
    free(long_text);
}

static void the_profile_is_closed(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"ver\":1", "{\"ver\":1,\"scope\":\"all\"", ""},
        {"\"fetch\":{", "\"fetch\":{\"x\":1,", "fetch"},
        {"\"per\":{", "\"per\":{\"x\":1,", "fetch.per"},
        {"\"cnf\":{", "\"cnf\":{\"kid\":\"x\",", "cnf"},
        {"\"notice\":{", "\"notice\":{\"url\":\"x\",", "notice"},
        {"\"notice\":", "\"act\":{\"x\":1},\"notice\":", "act"},
        {"\"notice\":", "\"status\":{\"x\":1},\"notice\":", "status"},
        {"\"notice\":", "\"status\":{\"status_list\":{\"x\":1}},\"notice\":", "status.status_list"},
    };
    assert_all_malformed(refusals);
}

static void parties_and_ids_are_bounded(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"\"ver\":1", "\"ver\":2", "ver"},
        {"\"ver\":1", "\"ver\":\"1\"", "ver"},
        {"\"iss\":\"" PAYLOAD_ISS "\"", "\"iss\":\"uscc:91350100M000100Y44\"", "iss"},
        {"\"iss\":\"" PAYLOAD_ISS "\"", "\"iss\":\"x\"", "iss"},
        {"\"sub\":\"" PAYLOAD_ISS "\"", "\"sub\":\"uscc:" PAYLOAD_BANK "\"", "sub"},
        {"\"aud\":\"https://gw.example.test\"", "\"aud\":\"\"", "aud"},
        {"\"aud\":\"https://gw.example.test\"", "\"aud\":7", "aud"},
        {"\"aud\":\"https://gw.example.test\"", "\"aud\":\"a\\u0000\"", "aud"},
        {"uscc:" PAYLOAD_BANK, PAYLOAD_BANK, "rcpt"},
        {"uscc:" PAYLOAD_BANK, PAYLOAD_PERSON, "rcpt"},
        {PAYLOAD_JTI, "short", "jti"},
        {PAYLOAD_JTI, "c-0123456789abcdef0123;456789", "jti"},
        {PAYLOAD_JTI, "0123456789012345678901234567890123456789012345678901234567890123x", "jti"},
        {"AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0OD", "nonce"},
        {"AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0OD=", "nonce"},
    };
    assert_all_malformed(refusals);
}

static void an_array_of_audiences_is_another_gateway(void **state)
{
    (void)state;
    assert_code(parse_with("\"https://gw.example.test\"", "[\"https://gw.example.test\"]"),
                AUDIENCE_MISMATCH);
    assert_string_equal(problem.where, "aud");
}

static void times_are_plain_integers_in_order(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"\"iat\":1767225600", "\"iat\":\"1767225600\"", "iat"},
        {"\"iat\":1767225600", "\"iat\":1767225600.0", "iat"},
        {"\"iat\":1767225600", "\"iat\":1e9", "iat"},
        {"\"iat\":1767225600", "\"iat\":-1", "iat"},
        {"\"iat\":1767225600", "\"iat\":1577836799", "iat"},
        {"\"iat\":1767225600", "\"iat\":99999999999999999999", "iat"},
        {"\"nbf\":1767225600", "\"nbf\":1767225599", "nbf"},
        {"\"exp\":1774915200", "\"exp\":1767225600", "exp"},
        {"\"exp\":1774915200", "\"exp\":4102444801", "exp"},
    };
    assert_all_malformed(refusals);
}

static void a_lifetime_above_its_cap_is_refused(void **state)
{
    (void)state;
    assert_ok(parse_with("\"exp\":1774915200", "\"exp\":1775001600")); /* 90 days */
    static const struct refusal refusals[] = {{"\"exp\":1774915200", "\"exp\":1775001601", "exp"}};
    assert_all_malformed(refusals);
}

static hf_status parse_loan(const char *purposes, const char *exp, const char *classes)
{
    char *loan = text_with(PAYLOAD, "\"purposes\":[\"pre_loan\"]", purposes);
    char *life = text_with(loan, "\"exp\":1774915200", exp);
    char *text = text_with(life, "\"classes\":[]", classes);
    hf_status status = parse(text);
    free(loan);
    free(life);
    free(text);
    return status;
}

#define WITH_LOAN_REF(purposes) "\"purposes\":[" purposes "],\"loan_ref\":\"" PAYLOAD_DIGEST "\""

static void a_loan_may_live_three_years_and_names_itself(void **state)
{
    (void)state;
    const char *classes = "\"classes\":[]";
    assert_ok(
        parse_loan(WITH_LOAN_REF("\"in_loan\",\"post_loan\""), "\"exp\":1862092800", classes));
    assert_code(parse_loan(WITH_LOAN_REF("\"in_loan\""), "\"exp\":1862092801", classes),
                CONSENT_MALFORMED);
    assert_string_equal(problem.where, "exp");
    /* the shortest cap counts */
    assert_code(
        parse_loan(WITH_LOAN_REF("\"pre_loan\",\"in_loan\""), "\"exp\":1862092800", classes),
        CONSENT_MALFORMED);
    assert_string_equal(problem.where, "exp");
    assert_code(parse_loan("\"purposes\":[\"post_loan\"]", "\"exp\":1774915200", classes),
                CONSENT_MALFORMED);
    assert_string_equal(problem.where, "loan_ref");
}

static void purposes_and_loan_are_of_the_vocabulary(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"\"purposes\":[\"pre_loan\"]", "\"purposes\":[]", "purposes"},
        {"\"purposes\":[\"pre_loan\"]", "\"purposes\":[\"pre_loan\",\"pre_loan\"]", "purposes[1]"},
        {"\"purposes\":[\"pre_loan\"]", "\"purposes\":[\"marketing\"]", "purposes[0]"},
        {"\"purposes\":[\"pre_loan\"]", "\"purposes\":\"pre_loan\"", "purposes"},
        {"\"purposes\":[\"pre_loan\"]", "\"purposes\":[\"pre_loan\"],\"loan_ref\":\"12345\"",
         "loan_ref"},
    };
    assert_all_malformed(refusals);
}

static void uses_are_bounded(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"\"max_total\":3", "\"max_total\":0", "fetch.max_total"},
        {"\"max_total\":3", "\"max_total\":100001", "fetch.max_total"},
        {"\"max_total\":3,", "", "fetch.max_total"},
        {"\"unit\":\"day\"", "\"unit\":\"year\"", "fetch.per.unit"},
        {"\"count\":1", "\"count\":0", "fetch.per.count"},
        {"\"count\":1", "\"count\":1001", "fetch.per.count"},
        {"\"data_life_days\":90", "\"data_life_days\":-1", "data_life_days"},
        {"\"data_life_days\":90", "\"data_life_days\":1827", "data_life_days"},
    };
    assert_all_malformed(refusals);
}

static void a_consent_bound_to_nothing_is_refused(void **state)
{
    (void)state;
    assert_code(parse_with("\"cnf\":{\"x5t#S256\":\"" PAYLOAD_X5T "\"},", ""), BINDING_MISMATCH);
    assert_string_equal(problem.where, "cnf");
    assert_code(parse_with("{\"x5t#S256\":\"" PAYLOAD_X5T "\"}", "{}"), BINDING_MISMATCH);
    static const struct refusal refusals[] = {
        {"{\"x5t#S256\":\"" PAYLOAD_X5T "\"}", "7", "cnf"},
        {PAYLOAD_X5T, "abc", "cnf.x5t#S256"},
        {PAYLOAD_X5T, "jNIolscN8ztzRBlhk9CHWqpZhuZeJ7wp-KZDvbOvpv5", "cnf.x5t#S256"},
        {"\"x5t#S256\":\"" PAYLOAD_X5T "\"", "\"jkt\":\"x\"", "cnf.jkt"},
    };
    assert_all_malformed(refusals);
}

#define ACT(members) "\"act\":{" members "},\"notice\":"

static void an_agent_needs_a_power_of_attorney(void **state)
{
    (void)state;
    assert_code(parse_with("\"notice\":", ACT("\"role\":\"agent\",\"sub\":\"" PAYLOAD_PERSON "\"")),
                AGENT_INVALID);
    assert_string_equal(problem.where, "act.poa");
    assert_code(parse_with("\"notice\":", ACT("\"role\":\"agent\",\"sub\":\"" PAYLOAD_PERSON
                                              "\",\"poa\":\"" PAYLOAD_DIGEST "\"")),
                AGENT_INVALID);
    assert_string_equal(problem.where, "act.poa_exp");
    static const struct refusal refusals[] = {
        {"\"notice\":", ACT("\"role\":\"boss\",\"sub\":\"" PAYLOAD_PERSON "\""), "act.role"},
        {"\"notice\":", ACT("\"role\":\"branch\",\"sub\":\"uscc:" PAYLOAD_BANK "\""), "act.sub"},
        {"\"notice\":", ACT("\"role\":\"branch\",\"sub\":\"" PAYLOAD_PERSON "\",\"poa\":\"x\""),
         "act.poa"},
    };
    assert_all_malformed(refusals);
}

static void notice_and_status_are_checked(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"\"id\":\"n-1\"", "\"id\":\"\"", "notice.id"},
        {"\"ver\":\"2026-01\"", "\"ver\":\"012345678901234567890123456789012\"", "notice.ver"},
        {"\"sha256\":\"" PAYLOAD_DIGEST "\"", "\"sha256\":\"\"", "notice.sha256"},
        {"zh-CN", "en", "notice.lang"},
        {"\"notice\":",
         "\"status\":{\"status_list\":{\"idx\":16777216,\"uri\":\"https://x\"}},"
         "\"notice\":",
         "status.status_list.idx"},
        {"\"notice\":", "\"status\":{\"status_list\":{\"idx\":1,\"uri\":\"http://x\"}},\"notice\":",
         "status.status_list.uri"},
    };
    assert_all_malformed(refusals);
}

static void there_are_1_to_16_scopes(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2, "", "authorization_details"},
        {"\"authorization_details\":[" PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2 "]",
         "\"authorization_details\":{}", "authorization_details"},
        {PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2, PAYLOAD_SCOPE ",7", "authorization_details[1]"},
        {"\"to\":\"2025-12-31\"", "\"to\":\"2022-12-31\"", "authorization_details[0].range.to"},
    };
    assert_all_malformed(refusals);
    char scopes[17 * sizeof PAYLOAD_SCOPE_2];
    size_t size = 0;
    for (int i = 0; i < 16; i++) {
        size += (size_t)snprintf(scopes + size, sizeof scopes - size, "%s%s", i ? "," : "",
                                 PAYLOAD_SCOPE_2);
    }
    assert_ok(parse_with(PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2, scopes));
    snprintf(scopes + size, sizeof scopes - size, ",%s", PAYLOAD_SCOPE_2);
    assert_code(parse_with(PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2, scopes), CONSENT_MALFORMED);
}

static void an_enterprise_cannot_release_personal_classes(void **state)
{
    (void)state;
    assert_code(parse_with("\"classes\":[]", "\"classes\":[\"personal\"]"),
                PERSON_CONSENT_REQUIRED);
    assert_string_equal(problem.where, "authorization_details[1].classes");
    assert_code(parse_with("\"classes\":[]", "\"classes\":[\"sensitive_personal\"]"),
                PERSON_CONSENT_REQUIRED);
    assert_ok(parse_with("\"classes\":[]", "\"classes\":[\"trade_secret\"]"));
}

static void a_person_can_for_a_year(void **state)
{
    (void)state;
    char *iss = text_with(PAYLOAD, "\"iss\":\"" PAYLOAD_ISS "\"", "\"iss\":\"" PAYLOAD_PERSON "\"");
    char *sub = text_with(iss, "\"sub\":\"" PAYLOAD_ISS "\"", "\"sub\":\"" PAYLOAD_PERSON "\"");
    char *text = text_with(sub, "\"classes\":[]", "\"classes\":[\"personal\"]");
    assert_ok(parse(text));
    assert_int_equal(claims.iss_kind, HF_SUBJECT_PERSON);
    assert_int_equal(claims.scopes[1].classes, HF_FIELD_PERSONAL);
    char *loan = text_with(text, "\"purposes\":[\"pre_loan\"]", WITH_LOAN_REF("\"in_loan\""));
    char *year = text_with(loan, "\"exp\":1774915200", "\"exp\":1798848000"); /* 366 days */
    assert_ok(parse(year));
    char *more = text_with(loan, "\"exp\":1774915200", "\"exp\":1798848001");
    assert_code(parse(more), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "exp");
    free(iss);
    free(sub);
    free(text);
    free(loan);
    free(year);
    free(more);
}

static void a_small_arena_is_no_memory(void **state)
{
    (void)state;
    const struct hf_claims_limits limits = hf_claims_limits_default();
    HF_CLEANUP(hf_arena_clear) struct hf_arena small = hf_arena_init(5000);
    assert_code(hf_claims_parse(HF_LITERAL(PAYLOAD), &limits, &small, &claims, NULL), NOMEM);
}

static void blame_may_be_unwanted(void **state)
{
    (void)state;
    const struct hf_claims_limits limits = hf_claims_limits_default();
    assert_code(hf_claims_parse(HF_LITERAL("{\"ver\":7}"), &limits, &arena, &claims, NULL),
                CONSENT_MALFORMED);
    assert_code(hf_claims_parse(HF_LITERAL("{"), &limits, &arena, &claims, NULL),
                CONSENT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_consent_becomes_plain_values, start, stop),
        cmocka_unit_test_setup_teardown(optional_claims_may_be_there, start, stop),
        cmocka_unit_test_setup_teardown(every_required_claim_is_required, start, stop),
        cmocka_unit_test_setup_teardown(the_document_is_one_strict_object, start, stop),
        cmocka_unit_test_setup_teardown(the_profile_is_closed, start, stop),
        cmocka_unit_test_setup_teardown(parties_and_ids_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(an_array_of_audiences_is_another_gateway, start, stop),
        cmocka_unit_test_setup_teardown(times_are_plain_integers_in_order, start, stop),
        cmocka_unit_test_setup_teardown(a_lifetime_above_its_cap_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_loan_may_live_three_years_and_names_itself, start, stop),
        cmocka_unit_test_setup_teardown(purposes_and_loan_are_of_the_vocabulary, start, stop),
        cmocka_unit_test_setup_teardown(uses_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(a_consent_bound_to_nothing_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(an_agent_needs_a_power_of_attorney, start, stop),
        cmocka_unit_test_setup_teardown(notice_and_status_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(there_are_1_to_16_scopes, start, stop),
        cmocka_unit_test_setup_teardown(an_enterprise_cannot_release_personal_classes, start, stop),
        cmocka_unit_test_setup_teardown(a_person_can_for_a_year, start, stop),
        cmocka_unit_test_setup_teardown(a_small_arena_is_no_memory, start, stop),
        cmocka_unit_test_setup_teardown(blame_may_be_unwanted, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

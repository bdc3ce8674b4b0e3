/*
 * The profile of a consent, claim by claim, in the order of docs/consent-token.md. Everything that
 * follows from the token alone is decided here, so a consent that parses is one that could be
 * honoured by somebody, some time; who and when is judge.c's affair.
 *
 * The tree and the claims share one arena: claims are views of it and nothing is copied twice.
 */
#include "consent/claims.h"

#include "consent/profile.h"

#include <stdio.h>

enum {
    MAX_TOTAL = 100000,
    MAX_WINDOW_COUNT = 1000,
    MAX_DATA_LIFE_DAYS = 1826,
    MAX_STATUS_IDX = (1 << 24) - 1,
    DAY_S = 86400
};

static const char *const claim_names[] = {"ver",
                                          "iss",
                                          "sub",
                                          "aud",
                                          "rcpt",
                                          "jti",
                                          "iat",
                                          "nbf",
                                          "exp",
                                          "nonce",
                                          "purposes",
                                          "loan_ref",
                                          "authorization_details",
                                          "fetch",
                                          "data_life_days",
                                          "cnf",
                                          "act",
                                          "notice",
                                          "status",
                                          NULL};

struct hf_claims_limits hf_claims_limits_default(void)
{
    return (struct hf_claims_limits){.pre_loan_s = (int64_t)90 * DAY_S,
                                     .loan_s = (int64_t)3 * 366 * DAY_S,
                                     .person_s = (int64_t)366 * DAY_S};
}

static hf_status read_parties(const struct hf_members *members, struct hf_claims *claims)
{
    hf_bytes iss;
    hf_bytes jti;
    enum hf_subject_kind rcpt_kind;
    HF_TRY(hf_profile_iss(members, &iss, &claims->iss_kind));
    HF_TRY(hf_members_string(members, "sub", 1, HF_PARTY_MAX_BYTES, &claims->sub));
    if (!hf_bytes_equal(claims->sub, iss)) {
        return hf_members_wrong(members, "sub", "must equal iss");
    }
    HF_TRY(hf_profile_aud(members, &claims->aud));
    HF_TRY(hf_members_string(members, "rcpt", 1, HF_PARTY_MAX_BYTES, &claims->rcpt));
    if (!hf_party_kind(claims->rcpt, &rcpt_kind) || rcpt_kind == HF_SUBJECT_PERSON) {
        return hf_members_wrong(members, "rcpt", "must be uscc: and a valid code");
    }
    HF_TRY(hf_profile_id(members, "jti", &jti));
    HF_TRY(hf_consent_id_of(iss, jti, &claims->id));
    return HF_DONE;
}

static hf_status read_times(const struct hf_members *members, struct hf_claims *claims)
{
    HF_TRY(hf_profile_time(members, "iat", &claims->iat_unix_s));
    HF_TRY(hf_profile_time(members, "nbf", &claims->nbf_unix_s));
    HF_TRY(hf_profile_time(members, "exp", &claims->exp_unix_s));
    if (claims->nbf_unix_s < claims->iat_unix_s) {
        return hf_members_wrong(members, "nbf", "must not lie before iat");
    }
    if (claims->exp_unix_s <= claims->nbf_unix_s) {
        return hf_members_wrong(members, "exp", "must lie behind nbf");
    }
    return HF_DONE;
}

static hf_status read_purposes(const struct hf_members *members, struct hf_claims *claims)
{
    HF_TRY(hf_profile_id(members, "nonce", &claims->nonce));
    HF_TRY(hf_members_mask(members, "purposes", 1, hf_purpose_by_name, &claims->purposes));
    if (hf_json_member(members->object, "loan_ref")) {
        HF_TRY(hf_profile_digest(members, "loan_ref", &claims->loan_ref));
    } else if (claims->purposes & ~(unsigned)HF_PURPOSE_PRE_LOAN) {
        return hf_members_wrong(members, "loan_ref", "is required for in_loan and post_loan");
    }
    return HF_DONE;
}

/* Spelled out: what formats them would take as long as what reads the rest of a scope. */
static const char *const scope_paths[HF_CLAIMS_MAX_SCOPES] = {
#define PATH(index) "authorization_details[" #index "]"
    PATH(0), PATH(1),  PATH(2),  PATH(3),  PATH(4),  PATH(5),  PATH(6), PATH(7), PATH(8),
    PATH(9), PATH(10), PATH(11), PATH(12), PATH(13), PATH(14), PATH(15)
#undef PATH
};

static hf_status read_scopes(const struct hf_members *members, struct hf_arena *arena,
                             struct hf_claims *claims)
{
    const struct hf_json *array = NULL;
    HF_TRY(hf_members_get(members, "authorization_details", HF_JSON_ARRAY, &array));
    if (array->n_children < 1 || array->n_children > HF_CLAIMS_MAX_SCOPES) {
        return hf_members_wrong(members, "authorization_details", "must have 1 to 16 elements");
    }
    struct hf_scope *scopes = hf_arena_alloc_array(arena, array->n_children, sizeof *scopes);
    if (!scopes) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *value = array->child; value; value = value->next) {
        struct hf_scope *scope = &scopes[claims->n_scopes];
        struct hf_members element = *members;
        element.object = value;
        element.path = scope_paths[claims->n_scopes];
        HF_TRY(hf_scope_parse(&element, claims->purposes, arena, scope));
        if ((scope->classes & HF_FIELD_OF_PERSON) && claims->iss_kind != HF_SUBJECT_PERSON) {
            return hf_members_blame(&element, HF_PERSON_CONSENT_REQUIRED, "classes",
                                    hf_json_member(value, "classes"),
                                    "personal classes are released by the person alone");
        }
        claims->n_scopes++;
    }
    claims->scopes = scopes;
    return HF_DONE;
}

static hf_status read_fetch(const struct hf_members *members, struct hf_claims *claims)
{
    static const char *const fetch_names[] = {"max_total", "per", NULL};
    static const char *const per_names[] = {"unit", "count", NULL};
    const struct hf_json *value = NULL;
    struct hf_members fetch;
    struct hf_members per;
    int64_t count;
    hf_bytes unit;
    HF_TRY(hf_members_get(members, "fetch", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(members, value, "fetch", fetch_names, &fetch));
    HF_TRY(hf_members_integer(&fetch, "max_total", 1, MAX_TOTAL, &count));
    claims->max_total = (uint32_t)count;
    HF_TRY(hf_members_find(&fetch, "per", HF_JSON_OBJECT, &value));
    if (!value) {
        return HF_DONE;
    }
    HF_TRY(hf_members_open(&fetch, value, "fetch.per", per_names, &per));
    HF_TRY(hf_members_string(&per, "unit", 1, HF_PROFILE_MAX_STRING_BYTES, &unit));
    if (!hf_window_by_name(unit, &claims->window)) {
        return hf_members_wrong(&per, "unit", "must be hour, day, week or month");
    }
    HF_TRY(hf_members_integer(&per, "count", 1, MAX_WINDOW_COUNT, &count));
    claims->window_count = (uint32_t)count;
    claims->has_window = true;
    return HF_DONE;
}

static hf_status read_binding(const struct hf_members *members, struct hf_claims *claims)
{
    static const char *const names[] = {"x5t#S256", "jkt", NULL};
    struct hf_members cnf;
    const struct hf_json *value = hf_json_member(members->object, "cnf");
    if (!value || (value->type == HF_JSON_OBJECT && value->n_children == 0)) {
        return hf_members_blame(members, HF_BINDING_MISMATCH, "cnf", value,
                                "must bind the consent to a certificate or its key");
    }
    HF_TRY(hf_members_open(members, value, "cnf", names, &cnf));
    if (hf_json_member(value, "x5t#S256")) {
        HF_TRY(hf_members_digest(&cnf, "x5t#S256", claims->cert_sha256));
        claims->has_cert_sha256 = true;
    }
    if (hf_json_member(value, "jkt")) {
        HF_TRY(hf_profile_digest(&cnf, "jkt", &claims->jkt));
    }
    return HF_DONE;
}

static hf_status read_role(const struct hf_members *act, struct hf_claims *claims)
{
    hf_bytes role;
    HF_TRY(hf_members_string(act, "role", 1, HF_PROFILE_MAX_STRING_BYTES, &role));
    if (hf_bytes_equal_string(role, "legal_rep")) {
        claims->act_role = HF_ACT_LEGAL_REP;
    } else if (hf_bytes_equal_string(role, "agent")) {
        claims->act_role = HF_ACT_AGENT;
    } else if (hf_bytes_equal_string(role, "branch")) {
        claims->act_role = HF_ACT_BRANCH;
    } else {
        return hf_members_wrong(act, "role", "must be legal_rep, agent or branch");
    }
    return HF_DONE;
}

static hf_status read_act(const struct hf_members *members, struct hf_claims *claims)
{
    static const char *const names[] = {"role", "sub", "poa", "poa_exp", NULL};
    uint8_t digest[32];
    enum hf_subject_kind kind;
    struct hf_members act;
    const struct hf_json *value = hf_json_member(members->object, "act");
    if (!value) {
        return HF_DONE;
    }
    HF_TRY(hf_members_open(members, value, "act", names, &act));
    HF_TRY(read_role(&act, claims));
    HF_TRY(hf_members_string(&act, "sub", 1, HF_PARTY_MAX_BYTES, &claims->act_sub));
    if (!hf_party_kind(claims->act_sub, &kind) || kind != HF_SUBJECT_PERSON) {
        return hf_members_wrong(&act, "sub", "must be person: and a name");
    }
    bool has_poa = hf_json_member(value, "poa") != NULL;
    bool has_poa_exp = hf_json_member(value, "poa_exp") != NULL;
    if (claims->act_role == HF_ACT_AGENT && !(has_poa && has_poa_exp)) {
        return hf_members_blame(&act, HF_AGENT_INVALID, has_poa ? "poa_exp" : "poa", value,
                                "an agent needs a power of attorney and its end");
    }
    if (has_poa) {
        HF_TRY(hf_members_digest(&act, "poa", digest));
    }
    if (has_poa_exp) {
        HF_TRY(hf_profile_time(&act, "poa_exp", &claims->act_poa_exp_unix_s));
    }
    return HF_DONE;
}

static hf_status read_notice(const struct hf_members *members, struct hf_claims *claims)
{
    static const char *const names[] = {"id", "ver", "sha256", "lang", NULL};
    uint8_t digest[32];
    hf_bytes lang;
    struct hf_members notice;
    const struct hf_json *value = NULL;
    HF_TRY(hf_members_get(members, "notice", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(members, value, "notice", names, &notice));
    HF_TRY(hf_members_string(&notice, "id", 1, 64, &claims->notice_id));
    HF_TRY(hf_members_string(&notice, "ver", 1, 32, &claims->notice_ver));
    HF_TRY(hf_members_digest(&notice, "sha256", digest));
    HF_TRY(hf_members_string(&notice, "lang", 1, HF_PROFILE_MAX_STRING_BYTES, &lang));
    if (!hf_bytes_equal_string(lang, "zh-CN")) {
        return hf_members_wrong(&notice, "lang", "must be zh-CN");
    }
    return HF_DONE;
}

static hf_status read_status(const struct hf_members *members, struct hf_claims *claims)
{
    static const char *const status_names[] = {"status_list", NULL};
    static const char *const list_names[] = {"idx", "uri", NULL};
    int64_t idx;
    hf_bytes uri;
    struct hf_members status;
    struct hf_members list;
    const struct hf_json *value = hf_json_member(members->object, "status");
    if (!value) {
        return HF_DONE;
    }
    HF_TRY(hf_members_open(members, value, "status", status_names, &status));
    HF_TRY(hf_members_get(&status, "status_list", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(&status, value, "status.status_list", list_names, &list));
    HF_TRY(hf_members_integer(&list, "idx", 0, MAX_STATUS_IDX, &idx));
    HF_TRY(hf_members_string(&list, "uri", 1, 256, &uri));
    if (!hf_bytes_starts_with(uri, HF_LITERAL("https://"))) {
        return hf_members_wrong(&list, "uri", "must begin with https://");
    }
    claims->status_idx = (uint32_t)idx;
    claims->has_status_idx = true;
    return HF_DONE;
}

/* Several purposes: the shortest life of them, so that nothing is gained by adding one. */
static hf_status check_lifetime(const struct hf_members *members,
                                const struct hf_claims_limits *limits,
                                const struct hf_claims *claims)
{
    int64_t cap_s = limits->loan_s;
    if ((claims->purposes & HF_PURPOSE_PRE_LOAN) && limits->pre_loan_s < cap_s) {
        cap_s = limits->pre_loan_s;
    }
    for (size_t i = 0; i < claims->n_scopes; i++) {
        if ((claims->scopes[i].classes & HF_FIELD_OF_PERSON) && limits->person_s < cap_s) {
            cap_s = limits->person_s;
        }
    }
    if (claims->exp_unix_s - claims->nbf_unix_s > cap_s) {
        char sentence[96];
        snprintf(sentence, sizeof sentence, "must lie within %lld days of nbf for these purposes",
                 (long long)(cap_s / DAY_S));
        return hf_members_wrong(members, "exp", sentence);
    }
    return HF_DONE;
}

hf_status hf_claims_parse(hf_bytes payload, const struct hf_claims_limits *limits,
                          struct hf_arena *arena, struct hf_claims *ret_claims,
                          struct hf_problem *reterr)
{
    static const struct hf_profile profile = {.names = claim_names};
    struct hf_claims claims = {0};
    struct hf_members members;
    int64_t data_life_days;
    HF_TRY(hf_profile_open(payload, &profile, arena, &members, reterr));
    HF_TRY(read_parties(&members, &claims));
    HF_TRY(read_times(&members, &claims));
    HF_TRY(read_purposes(&members, &claims));
    HF_TRY(read_scopes(&members, arena, &claims));
    HF_TRY(check_lifetime(&members, limits, &claims));
    HF_TRY(read_fetch(&members, &claims));
    HF_TRY(hf_members_integer(&members, "data_life_days", 0, MAX_DATA_LIFE_DAYS, &data_life_days));
    claims.data_life_days = (int32_t)data_life_days;
    HF_TRY(read_binding(&members, &claims));
    HF_TRY(read_act(&members, &claims));
    HF_TRY(read_notice(&members, &claims));
    HF_TRY(read_status(&members, &claims));
    *ret_claims = claims;
    return HF_DONE;
}

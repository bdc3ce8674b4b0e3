/*
 * The verdict on consents. Each question is a function of its own and knows nothing of the others;
 * hf_consents_judge() asks them all, in one order, of every consent that was presented.
 *
 * A scope is judged alone and whole. When none of a consent's scopes covers the access, the refusal
 * told is that of the scope that came furthest, because that is the one its reader meant.
 */
#include "consent/judge.h"

#include <string.h>

hf_status hf_claims_judge_recipient(const struct hf_claims *claims, hf_bytes bank,
                                    struct hf_problem *reterr)
{
    hf_bytes uscc;
    if (!hf_party_uscc(claims->rcpt, &uscc) || !hf_bytes_equal(uscc, bank)) {
        return hf_problem_set(reterr, HF_RECIPIENT_MISMATCH, "rcpt", "names another bank");
    }
    return HF_DONE;
}

hf_status hf_claims_judge_binding(const struct hf_claims *claims, const uint8_t *cert_sha256,
                                  hf_bytes cert_jkt, struct hf_problem *reterr)
{
    if (!claims->has_cert_sha256 && claims->jkt.size == 0) {
        return hf_problem_set(reterr, HF_BINDING_MISMATCH, "cnf", "binds the consent to nothing");
    }
    if (claims->has_cert_sha256 &&
        memcmp(claims->cert_sha256, cert_sha256, sizeof claims->cert_sha256) != 0) {
        return hf_problem_set(reterr, HF_BINDING_MISMATCH, "cnf.x5t#S256",
                              "is another client certificate");
    }
    if (claims->jkt.size > 0 && !hf_bytes_equal(claims->jkt, cert_jkt)) {
        return hf_problem_set(reterr, HF_BINDING_MISMATCH, "cnf.jkt", "is another client key");
    }
    return HF_DONE;
}

hf_status hf_claims_judge_time(const struct hf_claims *claims, int64_t now_unix_s,
                               struct hf_problem *reterr)
{
    if (claims->iat_unix_s > now_unix_s + HF_CLAIMS_SKEW_S) {
        return hf_problem_set(reterr, HF_CONSENT_NOT_YET_VALID, "iat", "lies in the future");
    }
    if (claims->nbf_unix_s > now_unix_s + HF_CLAIMS_SKEW_S) {
        return hf_problem_set(reterr, HF_CONSENT_NOT_YET_VALID, "nbf", "has not come yet");
    }
    if (now_unix_s >= claims->exp_unix_s) { /* no skew: the grantor's end is the end */
        return hf_problem_set(reterr, HF_CONSENT_EXPIRED, "exp", "has passed");
    }
    if (claims->act_poa_exp_unix_s && now_unix_s >= claims->act_poa_exp_unix_s) {
        return hf_problem_set(reterr, HF_AGENT_INVALID, "act.poa_exp", "has passed");
    }
    return HF_DONE;
}

hf_status hf_claims_judge_purpose(const struct hf_claims *claims, unsigned purpose,
                                  hf_bytes loan_ref, struct hf_problem *reterr)
{
    if (purpose == 0 || (claims->purposes & purpose) != purpose) {
        return hf_problem_set(reterr, HF_PURPOSE_DENIED, "purposes", "does not name this purpose");
    }
    bool is_of_a_loan = (purpose & ~(unsigned)HF_PURPOSE_PRE_LOAN) != 0;
    bool is_named = loan_ref.size > 0;
    if ((is_of_a_loan || (is_named && claims->loan_ref.size > 0)) &&
        !hf_bytes_equal(claims->loan_ref, loan_ref)) {
        return hf_problem_set(reterr, HF_PURPOSE_DENIED, "loan_ref", "is another loan");
    }
    return HF_DONE;
}

static bool names_dataset(const struct hf_scope *scope, hf_bytes dataset)
{
    for (size_t i = 0; i < scope->n_datasets; i++) {
        if (hf_bytes_equal(scope->datasets[i], dataset)) {
            return true;
        }
    }
    return false;
}

/* Rows outside a scope's range are withheld, not refused; only a range that nothing can lie in is.
 */
static bool covers_days(const struct hf_scope *scope, const struct hf_consent_access *access)
{
    if (!scope->has_range) {
        return !access->is_dated;
    }
    return !access->has_range || (access->range.first_day <= scope->range.last_day &&
                                  scope->range.first_day <= access->range.last_day);
}

/* How far a scope came: more is further. */
enum step { STEP_DATASET, STEP_DETAIL, STEP_PURPOSE, STEP_ACTIONS, STEP_DAYS, STEP_COVERS };

static enum step walk(const struct hf_scope *scope, const struct hf_consent_access *access)
{
    if (!names_dataset(scope, access->dataset)) {
        return STEP_DATASET;
    }
    if (access->detail > scope->detail) {
        return STEP_DETAIL;
    }
    if (access->purpose == 0 || (scope->purposes & access->purpose) != access->purpose) {
        return STEP_PURPOSE;
    }
    /* Whatever is done with it afterwards, to get data at all is to query it. */
    const unsigned actions = access->actions | HF_ACTION_QUERY;
    if (access->actions == 0 || (scope->actions & actions) != actions) {
        return STEP_ACTIONS;
    }
    return covers_days(scope, access) ? STEP_COVERS : STEP_DAYS;
}

static const struct {
    enum hf_code code;
    const char *member;
    const char *sentence;
} refusals[] = {
    [STEP_DATASET] = {HF_SCOPE_DENIED, "datatypes", "no scope names this dataset"},
    [STEP_DETAIL] = {HF_SCOPE_DENIED, "detail", "no scope of this dataset opens records"},
    [STEP_PURPOSE] = {HF_PURPOSE_DENIED, "purposes", "no scope of this dataset has this purpose"},
    [STEP_ACTIONS] = {HF_ACTION_DENIED, "actions",
                      "no scope of this dataset has all these actions"},
    [STEP_DAYS] = {HF_RANGE_DENIED, "range", "no scope of this dataset has days of this range"},
    [STEP_COVERS] = {HF_OK, "", ""}};

hf_status hf_scope_judge(const struct hf_scope *scope, const struct hf_consent_access *access)
{
    return hf_status_of(refusals[walk(scope, access)].code);
}

static bool is_of_subject(const struct hf_consent_access *access, const struct hf_claims *claims)
{
    return hf_bytes_equal(claims->sub, access->subject);
}

/*
 * What a scope may release at all. A subject's secrets are released by the subject: the token of an
 * enterprise's legal representative opens what is that person's, not what is the enterprise's.
 * Whose personal field it is, the view decides.
 */
static unsigned classes_of(const struct hf_consent_access *access, const struct hf_claims *claims,
                           const struct hf_scope *scope)
{
    unsigned releasable = 0;
    if (is_of_subject(access, claims)) {
        releasable |= HF_FIELD_TRADE_SECRET;
    }
    if (claims->iss_kind == HF_SUBJECT_PERSON) {
        releasable |= HF_FIELD_OF_PERSON;
    }
    return HF_FIELD_PUBLIC | (scope->classes & releasable);
}

/* Adds the covering scopes of one consent; it must have one. */
static hf_status cover(const struct hf_consent_access *access, const struct hf_claims *claims,
                       size_t index, struct hf_consent_judgement *judgement,
                       struct hf_problem *reterr)
{
    enum step furthest = STEP_DATASET;
    for (size_t i = 0; i < claims->n_scopes; i++) {
        enum step step = walk(&claims->scopes[i], access);
        if (step > furthest) {
            furthest = step;
        }
        if (step == STEP_COVERS && judgement->n_covers < HF_COVERS_MAX) {
            judgement->covers[judgement->n_covers++] =
                (struct hf_cover){.consent = index,
                                  .scope = &claims->scopes[i],
                                  .classes = classes_of(access, claims, &claims->scopes[i]),
                                  .range = claims->scopes[i].range};
        }
    }
    if (furthest != STEP_COVERS) {
        return hf_problem_set(reterr, refusals[furthest].code, refusals[furthest].member, "%s",
                              refusals[furthest].sentence);
    }
    return HF_DONE;
}

/* The subject's own consents first: the first scope sets the days of the answer. */
static hf_status cover_all(const struct hf_consent_access *access,
                           const struct hf_claims *const *claims, size_t n_claims,
                           struct hf_consent_judgement *judgement, struct hf_problem *reterr)
{
    for (unsigned others = 0; others < 2; others++) {
        for (size_t i = 0; i < n_claims; i++) {
            if (is_of_subject(access, claims[i]) != (bool)others) {
                HF_TRY(cover(access, claims[i], i, judgement, reterr));
            }
        }
    }
    return HF_DONE;
}

static hf_status judge_one(const struct hf_consent_access *access, const struct hf_claims *claims,
                           struct hf_problem *reterr)
{
    HF_TRY(hf_claims_judge_recipient(claims, access->bank, reterr));
    HF_TRY(hf_claims_judge_binding(claims, access->cert_sha256, access->cert_jkt, reterr));
    if (claims->iss_kind != HF_SUBJECT_PERSON && !is_of_subject(access, claims)) {
        return hf_problem_set(reterr, HF_SUBJECT_MISMATCH, "sub", "is another subject");
    }
    return hf_claims_judge_purpose(claims, access->purpose, access->loan_ref, reterr);
}

/* Who presented what: at most one enterprise, nobody's id twice. */
static hf_status judge_set(const struct hf_claims *const *claims, size_t n_claims,
                           const struct hf_claims **ret_enterprise, struct hf_problem *reterr)
{
    if (n_claims == 0) {
        return hf_problem_set(reterr, HF_CONSENT_MISSING, "consent", "no consent was presented");
    }
    if (n_claims > HF_CONSENTS_MAX) {
        return hf_problem_set(reterr, HF_REQUEST_MALFORMED, "consent", "more than 8 consents");
    }
    for (size_t i = 0; i < n_claims; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(claims[i]->id.iss, claims[j]->id.iss) == 0 &&
                strcmp(claims[i]->id.jti, claims[j]->id.jti) == 0) {
                return hf_problem_set(reterr, HF_REQUEST_MALFORMED, "consent",
                                      "one consent was presented twice");
            }
        }
        if (claims[i]->iss_kind == HF_SUBJECT_PERSON) {
            continue;
        }
        if (*ret_enterprise) {
            return hf_problem_set(reterr, HF_REQUEST_MALFORMED, "consent",
                                  "more than one consent of an enterprise");
        }
        *ret_enterprise = claims[i];
    }
    return HF_DONE;
}

static bool is_granted_by(const struct hf_claims *const *claims, size_t n_claims, hf_bytes person)
{
    for (size_t i = 0; i < n_claims; i++) {
        if (claims[i]->iss_kind == HF_SUBJECT_PERSON &&
            hf_bytes_equal_string(person, claims[i]->id.iss)) {
            return true;
        }
    }
    return false;
}

/*
 * Whose word is needed. A person's data: the person's. An enterprise's: the enterprise's. A sole
 * trader's is both at once, for what the trader does the person does: the token that the legal
 * representative signed for the enterprise, and that person's own.
 */
static hf_status judge_grantors(const struct hf_consent_access *access,
                                const struct hf_claims *const *claims, size_t n_claims,
                                const struct hf_claims *enterprise, struct hf_problem *reterr)
{
    if (access->subject_kind == HF_SUBJECT_PERSON) {
        return is_granted_by(claims, n_claims, access->subject)
                   ? HF_DONE
                   : hf_problem_set(reterr, HF_PERSON_CONSENT_REQUIRED, "consent",
                                    "the person's own consent is needed");
    }
    if (!enterprise) {
        return hf_problem_set(reterr, HF_SUBJECT_MISMATCH, "sub",
                              "no consent is the enterprise's own");
    }
    if (access->subject_kind == HF_SUBJECT_SOLE_TRADER &&
        (enterprise->act_role != HF_ACT_LEGAL_REP ||
         !is_granted_by(claims, n_claims, enterprise->act_sub))) {
        return hf_problem_set(reterr, HF_PERSON_CONSENT_REQUIRED, "act",
                              "a sole trader's data needs the operator's own consent as well");
    }
    return HF_DONE;
}

/* Marks the scopes of the person whom the access is about. Who trades under a code the trader's
 * token says: only that person's word opens the trade. */
static void mark_subject(const struct hf_consent_access *access,
                         const struct hf_claims *const *claims, const struct hf_claims *enterprise,
                         struct hf_consent_judgement *judgement)
{
    bool trades = access->subject_kind == HF_SUBJECT_SOLE_TRADER;
    if (!trades && access->subject_kind != HF_SUBJECT_PERSON) {
        return;
    }
    hf_bytes person = trades ? enterprise->act_sub : access->subject;
    for (size_t i = 0; i < judgement->n_covers; i++) {
        const struct hf_claims *own = claims[judgement->covers[i].consent];
        judgement->covers[i].by_subject =
            own->iss_kind == HF_SUBJECT_PERSON && hf_bytes_equal_string(person, own->id.iss);
    }
}

hf_status hf_consents_judge(const struct hf_consent_access *access,
                            const struct hf_claims *const *claims, size_t n_claims,
                            struct hf_consent_judgement *ret_judgement, struct hf_problem *reterr)
{
    HF_UNINITIALISED struct hf_consent_judgement judgement;
    const struct hf_claims *enterprise = NULL;
    judgement.n_covers = 0;
    HF_TRY(judge_set(claims, n_claims, &enterprise, reterr));
    for (size_t i = 0; i < n_claims; i++) {
        HF_TRY(judge_one(access, claims[i], reterr));
    }
    HF_TRY(judge_grantors(access, claims, n_claims, enterprise, reterr));
    HF_TRY(cover_all(access, claims, n_claims, &judgement, reterr));
    mark_subject(access, claims, enterprise, &judgement);
    ret_judgement->n_covers = judgement.n_covers;
    memcpy(ret_judgement->covers, judgement.covers, judgement.n_covers * sizeof *judgement.covers);
    ret_judgement->verdict = HF_VERDICT_ALLOW;
    return HF_DONE;
}

/*
 * Decides each access, in one order that stands in hf_decide(). It refuses to know how a request
 * arrived, who keeps the log, and what the source will answer.
 *
 * Invariant: a verdict is set to ALLOW on the last line of the one function that can, and by then
 * every check has passed; whatever fails before, for whatever reason, leaves the zero value: deny.
 */
#include "gateway/decide.h"

#include "consent/judge.h"
#include "crypto/base64.h"
#include "crypto/person.h"
#include "gateway/grant.h"

#include <string.h>

static hf_bytes dataset_name(hf_bytes dataset)
{
    const uint8_t *slash = memchr(dataset.data, '/', dataset.size);
    return slash ? hf_bytes_skip(dataset, (size_t)(slash - dataset.data) + 1) : (hf_bytes){NULL, 0};
}

/* A non-public access says what it is for; a public one may, and then it must say both. */
static hf_status judge_fields(const struct hf_decide_request *request, struct hf_problem *reterr)
{
    const struct hf_request_fields *fields = request->fields;
    if (fields->n_consents == 0) {
        return request->operation->is_public ? HF_DONE
                                             : hf_problem_set(reterr, HF_CONSENT_MISSING, "consent",
                                                              "no consent was presented");
    }
    if (!fields->purpose) {
        return hf_problem_set(reterr, HF_REQUEST_MALFORMED, "consent-purpose",
                              "an access with consents says its purpose");
    }
    if (!fields->actions) {
        return hf_problem_set(reterr, HF_REQUEST_MALFORMED, "consent-actions",
                              "an access with consents says its actions");
    }
    return HF_DONE;
}

static hf_status judge_consents(const struct hf_decide_request *request,
                                struct hf_consent_judgement *ret_judgement,
                                struct hf_problem *reterr)
{
    const struct hf_claims *claims[HF_REQUEST_MAX_CONSENTS];
    const struct hf_consent_access access = {
        .bank = hf_bytes_of_string(request->bank->uscc),
        .cert_sha256 = request->cert->sha256,
        .cert_jkt = hf_bytes_of_string(request->cert->jkt),
        .subject = request->subject,
        .subject_kind = request->subject_kind,
        .dataset = request->operation->dataset,
        .detail = request->operation->detail,
        .is_dated = request->operation->rows != NULL,
        .purpose = request->fields->purpose,
        .actions = request->fields->actions,
        .loan_ref = request->fields->loan_ref,
    };
    for (size_t i = 0; i < request->fields->n_consents; i++) {
        HF_TRY(
            hf_claims_judge_time(&request->consents[i].token->claims, request->now_unix_s, reterr));
        HF_TRY(hf_entry_judge_state(request->consents[i].entry));
        claims[i] = &request->consents[i].token->claims;
    }
    return hf_consents_judge(&access, claims, request->fields->n_consents, ret_judgement, reterr);
}

/* @judgement: NULL: the consents alone. */
static hf_status meet_ceilings(const struct hf_decide_request *request,
                               struct hf_consent_judgement *judgement,
                               struct hf_ceiling *ret_ceiling, struct hf_problem *reterr)
{
    const struct hf_ceilings_request wanted = {
        .ceilings = request->snapshot->ceilings,
        .bank = hf_bytes_of_string(request->bank->uscc),
        .purpose = request->fields->purpose,
        .dataset = request->operation->dataset,
        .consents = request->consents,
        .n_consents = request->fields->n_consents,
        .now_unix_s = request->now_unix_s,
    };
    return hf_ceilings_meet(&wanted, judgement, ret_ceiling, reterr);
}

static hf_status judge_agreement(const struct hf_decide_request *request, unsigned *ret_classes,
                                 struct hf_problem *reterr)
{
    enum hf_source source;
    if (!hf_source_by_name(hf_catalog_source(request->operation->catalog), &source)) {
        HF_FAIL(BUG);
    }
    const struct hf_agreement *agreement = hf_agreements_find(
        request->snapshot->agreements, hf_bytes_of_string(request->bank->uscc), source);
    hf_status status =
        hf_agreement_judge(agreement, dataset_name(request->operation->dataset),
                           request->fields->purpose, request->now_unix_s, ret_classes);
    return hf_is_ok(status) ? status
                            : hf_problem_set(reterr, status.code, NULL,
                                             "the agreement does not reach this access");
}

static hf_status get_view(const struct hf_decide_request *request,
                          const struct hf_consent_judgement *judgement, unsigned classes,
                          struct hf_compiled_view **ret_view)
{
    HF_UNINITIALISED struct hf_grant_scope scopes[HF_COVERS_MAX];
    const struct hf_claims *claims[HF_REQUEST_MAX_CONSENTS];
    for (size_t i = 0; i < request->fields->n_consents; i++) {
        claims[i] = &request->consents[i].token->claims;
    }
    const struct hf_view_request wanted = {
        .generation = request->snapshot->generation,
        .operation = request->operation,
        .policy = request->snapshot->policy,
        .bank = hf_bytes_of_string(request->bank->uscc),
        .purpose = request->fields->purpose,
        .actions = request->fields->actions,
        .subject_kind = request->subject_kind,
        .agreement_classes = classes,
        .scopes = scopes,
        .n_scopes = hf_grants_of(judgement, claims, scopes),
    };
    return hf_view_cache_get(request->views, &wanted, ret_view);
}

static void set_delete_by(const struct hf_decide_request *request, struct hf_decision *decision)
{
    int32_t today = hf_date_shanghai_day(request->now_unix_s);
    for (size_t i = 0; i < request->fields->n_consents; i++) {
        int32_t day =
            today + hf_ceiling_data_life(&decision->ceiling,
                                         request->consents[i].token->claims.data_life_days);
        if ((decision->charged >> i & 1) &&
            (!decision->has_delete_by || day < decision->delete_by_day)) {
            decision->has_delete_by = true;
            decision->delete_by_day = day;
        }
    }
}

static hf_status decide(const struct hf_decide_request *request, struct hf_decision *decision,
                        struct hf_problem *reterr)
{
    HF_UNINITIALISED struct hf_consent_judgement judgement;
    unsigned classes = 0;
    judgement.verdict = HF_VERDICT_DENY;
    judgement.n_covers = 0;
    HF_TRY(judge_fields(request, reterr));
    if (request->fields->n_consents) {
        HF_TRY(judge_consents(request, &judgement, reterr));
        if (judgement.verdict != HF_VERDICT_ALLOW) {
            HF_FAIL(BUG);
        }
        HF_TRY(meet_ceilings(request, &judgement, &decision->ceiling, reterr));
    }
    HF_TRY(judge_agreement(request, &classes, reterr));
    HF_TRY(get_view(request, &judgement, classes, &decision->view));
    HF_TRY(hf_compiled_view_judge(decision->view, request->operation,
                                  request->fields->n_consents > 0, reterr));
    decision->charged = decision->view->charged;
    decision->agreed_classes = classes;
    set_delete_by(request, decision);
    decision->verdict = HF_VERDICT_ALLOW;
    return HF_DONE;
}

void hf_decide(const struct hf_decide_request *request, struct hf_decision *ret_decision,
               struct hf_problem *reterr)
{
    *ret_decision = (struct hf_decision){.verdict = HF_VERDICT_DENY, .code = HF_BUG};
    hf_status status = decide(request, ret_decision, reterr);
    ret_decision->code = status.code;
    if (!hf_is_ok(status)) {
        hf_compiled_view_unref(ret_decision->view);
        ret_decision->view = NULL;
    }
}

void hf_decision_clear(struct hf_decision *decision)
{
    hf_compiled_view_unref(decision->view);
    *decision = (struct hf_decision){.verdict = HF_VERDICT_DENY, .code = HF_BUG};
}

/* Of those that shaped the answer: its rows, and what the bank is told of its life. */
static bool is_narrower(const struct hf_ceiling *now, const struct hf_ceiling *before)
{
    static const enum hf_ceiling_kind kinds[] = {HF_CEILING_RANGE, HF_CEILING_DATA_LIFE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct hf_ceiling_limit *limit = &now->limits[kinds[i]];
        const struct hf_ceiling_limit *former = &before->limits[kinds[i]];
        if (limit->is_set && (!former->is_set || limit->most < former->most)) {
            return true;
        }
    }
    return false;
}

hf_status hf_decide_again(const struct hf_decide_request *request,
                          const struct hf_decision *decision)
{
    const struct hf_token_context context = {.grantors = request->snapshot->grantors,
                                             .authorities = request->snapshot->authorities,
                                             .now_unix_s = request->now_unix_s};
    const struct hf_bank *bank =
        hf_decide_bank(request->snapshot, request->cert, request->now_unix_s);
    struct hf_ceiling ceiling;
    unsigned classes = 0;
    if (!bank || strcmp(bank->uscc, request->bank->uscc) != 0) {
        HF_FAIL(CLIENT_CERT_UNKNOWN);
    }
    for (size_t i = 0; i < request->fields->n_consents; i++) {
        const struct hf_held_consent *held = &request->consents[i];
        HF_TRY(hf_entry_judge_state(held->entry));
        HF_TRY(hf_token_judge(&context, held->token, hf_entry_facts(held->entry)->received_unix_s,
                              NULL));
    }
    HF_TRY(meet_ceilings(request, NULL, &ceiling, NULL));
    if (request->fields->n_consents && is_narrower(&ceiling, &decision->ceiling)) {
        HF_FAIL(CEILING_EXCEEDED);
    }
    HF_TRY(judge_agreement(request, &classes, NULL));
    return hf_status_of(decision->agreed_classes & ~classes ? HF_AGREEMENT_DENIED : HF_OK);
}

const struct hf_bank *hf_decide_bank(const struct hf_snapshot *snapshot,
                                     const struct hf_cert_info *cert, int64_t now_unix_s)
{
    const struct hf_bank *bank = hf_banks_by_cert(snapshot->banks, cert->sha256);
    bool disabled = bank && bank->disabled_unix_s && now_unix_s >= bank->disabled_unix_s;
    bool dated = now_unix_s >= cert->not_before_unix_s && now_unix_s <= cert->not_after_unix_s;
    return bank && !disabled && dated ? bank : NULL;
}

hf_status hf_decide_subject(const struct hf_route *route, const struct hf_mac_key *pseudonym,
                            struct hf_arena *arena, hf_bytes *ret_subject)
{
    char text[HF_PARTY_MAX_BYTES + 1] = "uscc:";
    if (route->subject_kind == HF_SUBJECT_PERSON) {
        hf_person_name(pseudonym, route->subject, text);
    } else if (route->subject.size == HF_USCC_CHARS) {
        memcpy(text + 5, route->subject.data, HF_USCC_CHARS);
    } else {
        HF_FAIL(BUG);
    }
    return hf_arena_copy(arena, hf_bytes_of_string(text), ret_subject);
}

hf_status hf_decision_reserve(const struct hf_decision *decision,
                              const struct hf_held_consent *consents, int64_t unix_s,
                              struct hf_held_uses *ret_uses)
{
    struct hf_held_uses held = {.n_uses = 0};
    for (size_t i = 0; i < HF_REQUEST_MAX_CONSENTS; i++) {
        if (!(decision->charged >> i & 1)) {
            continue;
        }
        hf_status status = hf_entry_reserve(consents[i].entry, unix_s, &held.uses[held.n_uses]);
        if (!hf_is_ok(status)) {
            while (held.n_uses) {
                hf_use_cancel(&held.uses[--held.n_uses]);
            }
            return status;
        }
        held.n_uses++;
    }
    *ret_uses = held;
    return HF_DONE;
}

static hf_status name_consent(const struct hf_held_consent *held, struct hf_arena *arena,
                              hf_bytes *ret_name)
{
    const struct hf_consent_id *id = &held->token->claims.id;
    const hf_bytes parts[] = {hf_bytes_of_string(id->iss), HF_LITERAL(";"),
                              hf_bytes_of_string(id->jti)};
    return hf_arena_join(arena, parts, 3, ret_name);
}

static hf_status digest_text(const uint8_t *digest, struct hf_arena *arena, hf_bytes *ret_text)
{
    char text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_base64url_encode_fixed(hf_bytes_of(digest, HF_SHA256_BYTES), text);
    return hf_arena_copy(arena, hf_bytes_of_string(text), ret_text);
}

/* Which of the judged consents an access used follows from the rest: those that are spared. */
static hf_status describe_spared(const struct hf_decision *decision, struct hf_arena *arena,
                                 struct hf_detail *detail)
{
    const struct hf_detail_list *consents = &detail->consents;
    const uint32_t all = (uint32_t)((UINT64_C(1) << consents->n_items) - 1);
    if (decision->verdict != HF_VERDICT_ALLOW || (decision->charged & all) == all) {
        return HF_DONE;
    }
    hf_bytes *spared = hf_arena_alloc_array(arena, consents->n_items, sizeof *spared);
    if (!spared) {
        HF_FAIL(NOMEM);
    }
    detail->spared = (struct hf_detail_list){spared, 0};
    for (size_t i = 0; i < consents->n_items; i++) {
        if (!(decision->charged >> i & 1)) {
            spared[detail->spared.n_items++] = consents->items[i];
        }
    }
    return HF_DONE;
}

static hf_status describe_consents(const struct hf_decide_request *request,
                                   const struct hf_decision *decision, struct hf_arena *arena,
                                   struct hf_detail *detail)
{
    size_t n = request->fields->n_consents;
    hf_bytes *names = hf_arena_alloc_array(arena, n, sizeof *names);
    hf_bytes *tokens = hf_arena_alloc_array(arena, n, sizeof *tokens);
    if (!names || !tokens) {
        HF_FAIL(NOMEM);
    }
    detail->consents = (struct hf_detail_list){names, n};
    for (size_t i = 0; i < n; i++) {
        HF_TRY(name_consent(&request->consents[i], arena, &names[i]));
        if (!request->fields->consents[i].is_name) {
            HF_TRY(digest_text(request->consents[i].token->sha256, arena, &tokens[i]));
            detail->tokens = (struct hf_detail_list){tokens, n};
        }
    }
    return describe_spared(decision, arena, detail);
}

/* Consents that do not hold: as the bank presented them. */
static hf_status describe_presented(const struct hf_request_fields *fields, struct hf_arena *arena,
                                    struct hf_detail *detail)
{
    hf_bytes *names = hf_arena_alloc_array(arena, fields->n_consents, sizeof *names);
    hf_bytes *tokens = hf_arena_alloc_array(arena, fields->n_consents, sizeof *tokens);
    if (!names || !tokens) {
        HF_FAIL(NOMEM);
    }
    detail->consents = (struct hf_detail_list){names, 0};
    detail->tokens = (struct hf_detail_list){tokens, 0};
    for (size_t i = 0; i < fields->n_consents; i++) {
        uint8_t digest[HF_SHA256_BYTES];
        if (fields->consents[i].is_name) {
            names[detail->consents.n_items++] = fields->consents[i].text;
        } else {
            hf_sha256_of(fields->consents[i].text, digest);
            HF_TRY(digest_text(digest, arena, &tokens[detail->tokens.n_items++]));
        }
    }
    return HF_DONE;
}

static hf_status describe_actions(unsigned actions, struct hf_arena *arena,
                                  struct hf_detail_list *ret_list)
{
    hf_bytes *names = hf_arena_alloc_array(arena, 4, sizeof *names);
    size_t n = 0;
    if (!names) {
        HF_FAIL(NOMEM);
    }
    for (unsigned bit = 1; bit <= HF_ACTION_ALL; bit <<= 1) {
        if (actions & bit) {
            names[n++] = hf_bytes_of_string(hf_action_name(bit));
        }
    }
    *ret_list = (struct hf_detail_list){names, n};
    return HF_DONE;
}

hf_status hf_decide_describe(const struct hf_decide_request *request,
                             const struct hf_decision *decision, struct hf_arena *arena,
                             struct hf_detail *detail)
{
    if (request->fields->purpose) {
        detail->purpose = hf_bytes_of_string(hf_purpose_name(request->fields->purpose));
    }
    detail->loan = request->fields->loan_ref;
    HF_TRY(describe_actions(request->fields->actions, arena, &detail->actions));
    if (decision->ceiling.clamped) {
        HF_TRY(hf_ceilings_list(&decision->ceiling, arena, &detail->clamped.items,
                                &detail->clamped.n_items));
    }
    if (request->fields->n_consents) {
        HF_TRY(request->consents ? describe_consents(request, decision, arena, detail)
                                 : describe_presented(request->fields, arena, detail));
    }
    if (decision->view) {
        detail->view_sha256 = hf_bytes_of_string(decision->view->digest_text);
    }
    return HF_DONE;
}

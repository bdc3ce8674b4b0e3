/*
 * The one bridge between a scope as consents know it and a grant as policies know it: the two
 * folders never see one another. It decides nothing; what a scope may release was decided by the
 * judgement, what becomes of a field is decided by the view.
 *
 * Invariant: a grant says what its own scope says, of its own consent, within the days that the
 * judgement left it, and nothing else.
 */
#include "gateway/grant.h"

_Static_assert((int)HF_COVERS_MAX <= (int)HF_GRANT_MAX_SCOPES, "every cover can become a grant");
_Static_assert((int)HF_CONSENTS_MAX <= (int)HF_GRANT_MAX_CONSENTS, "every consent has its number");

static struct hf_grant_scope grant_of(const struct hf_cover *cover, const struct hf_claims *claims)
{
    const struct hf_scope *scope = cover->scope;
    return (struct hf_grant_scope){
        .consent = (unsigned)cover->consent,
        .grantor_kind = claims->iss_kind,
        .grantor = hf_bytes_of_string(claims->id.iss),
        .by_subject = cover->by_subject,
        .datasets = scope->datasets,
        .n_datasets = scope->n_datasets,
        .purposes = scope->purposes,
        .actions = scope->actions,
        .classes = cover->classes,
        .has_range = scope->has_range,
        .range = cover->range,
        .fields = scope->fields,
        .n_fields = scope->n_fields,
        .detail = scope->detail,
    };
}

size_t hf_grants_of(const struct hf_consent_judgement *judgement,
                    const struct hf_claims *const *claims, struct hf_grant_scope *ret_grants)
{
    for (size_t i = 0; i < judgement->n_covers; i++) {
        const struct hf_cover *cover = &judgement->covers[i];
        ret_grants[i] = grant_of(cover, claims[cover->consent]);
    }
    return judgement->n_covers;
}

/* Targets: consent/claims.c, consent/scope.c, consent/members.c, consent/profile.c.
 * A payload is refused with a code of the contract or accepted within every bound; what is accepted
 * never lets an enterprise release a person's data. */
#include "consent/claims.h"
#include "consent/judge.h"
#include "tests/fuzz/fuzz.h"

static void check_scope(const struct hf_claims *claims, const struct hf_scope *scope)
{
    const struct hf_consent_access access = {.dataset = scope->datasets[0],
                                             .detail = scope->detail,
                                             .purpose = scope->purposes,
                                             .actions = scope->actions};
    fuzz_require(scope->n_datasets >= 1 && scope->n_datasets <= HF_SCOPE_MAX_DATASETS);
    fuzz_require(!(scope->purposes & ~claims->purposes) && scope->canonical.size > 0);
    fuzz_require(!(scope->classes & HF_FIELD_OF_PERSON) || claims->iss_kind == HF_SUBJECT_PERSON);
    fuzz_require(!scope->has_range || scope->range.first_day <= scope->range.last_day);
    fuzz_require(hf_is_ok(hf_scope_judge(scope, &access))); /* it covers what it names */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct hf_claims_limits limits = hf_claims_limits_default();
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(512 << 10);
    struct hf_problem problem = {0};
    struct hf_claims claims;
    hf_status status = hf_claims_parse(hf_bytes_of(data, size), &limits, &arena, &claims, &problem);
    fuzz_require(status.code != HF_NOMEM && status.code == problem.code);
    for (size_t i = 0; hf_is_ok(status) && i < claims.n_scopes; i++) {
        check_scope(&claims, &claims.scopes[i]);
    }
    fuzz_require(!hf_is_ok(status) || (claims.iat_unix_s <= claims.nbf_unix_s &&
                                       claims.nbf_unix_s < claims.exp_unix_s && claims.max_total));
    return 0;
}

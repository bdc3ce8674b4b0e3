/*
 * From consents that hold to what the compiler of views reads of them. The gateway and `hufu policy
 * apply` go through here, so that neither forgets a member of a scope that the other honours.
 */
#pragma once

#include "consent/judge.h"
#include "policy/compile.h"

/**
 * hf_grants_of() - the covering scopes of a judgement, as the compiler takes them
 * @claims:     those that were judged, in that order
 * @ret_grants: room for HF_COVERS_MAX; views of the claims
 *
 * Returns how many. No allocation.
 */
size_t hf_grants_of(const struct hf_consent_judgement *judgement,
                    const struct hf_claims *const *claims, struct hf_grant_scope *ret_grants);

/*
 * A revocation is small and final: it says which consent of its own issuer ends, and nothing that
 * it says can widen anything. Whether that consent exists is not asked: it may arrive later.
 */
#include "consent/revocation.h"

#include "consent/profile.h"

static const char *const reasons[HF_N_REVOCATION_REASONS] = {
    [HF_REVOCATION_WITHDRAWN] = "withdrawn",
    [HF_REVOCATION_KEY_COMPROMISE] = "key_compromise",
    [HF_REVOCATION_SUPERSEDED] = "superseded",
    [HF_REVOCATION_ENDED] = "ended"};

const char *hf_revocation_reason_name(enum hf_revocation_reason reason)
{
    return (unsigned)reason < HF_N_REVOCATION_REASONS ? reasons[reason] : NULL;
}

bool hf_revocation_reason_by_name(hf_bytes name, enum hf_revocation_reason *ret_reason)
{
    for (unsigned i = 0; i < HF_N_REVOCATION_REASONS; i++) {
        if (hf_bytes_equal_string(name, reasons[i])) {
            *ret_reason = (enum hf_revocation_reason)i;
            return true;
        }
    }
    return false;
}

hf_status hf_revocation_parse(hf_bytes payload, struct hf_arena *arena,
                              struct hf_revocation *ret_revocation, hf_bytes *ret_aud,
                              struct hf_problem *reterr)
{
    static const char *const names[] = {"ver",     "iss", "aud",    "jti",
                                        "revokes", "iat", "reason", NULL};
    struct hf_revocation revocation = {0};
    struct hf_members members;
    enum hf_subject_kind kind;
    hf_bytes iss;
    hf_bytes jti;
    hf_bytes revokes;
    hf_bytes aud;
    hf_bytes reason;
    HF_TRY(hf_profile_open(payload, names, arena, &members, reterr));
    HF_TRY(hf_profile_iss(&members, &iss, &kind));
    HF_TRY(hf_profile_aud(&members, &aud));
    HF_TRY(hf_profile_id(&members, "jti", &jti));
    HF_TRY(hf_profile_id(&members, "revokes", &revokes));
    HF_TRY(hf_consent_id_of(iss, revokes, &revocation.revokes));
    memcpy(revocation.jti, jti.data, jti.size); /* its bound is part of the check */
    HF_TRY(hf_profile_time(&members, "iat", &revocation.iat_unix_s));
    HF_TRY(hf_members_string(&members, "reason", 1, HF_PROFILE_MAX_STRING_BYTES, &reason));
    if (!hf_revocation_reason_by_name(reason, &revocation.reason)) {
        return hf_members_wrong(&members, "reason",
                                "must be withdrawn, key_compromise, superseded or ended");
    }
    *ret_revocation = revocation;
    *ret_aud = aud;
    return HF_DONE;
}

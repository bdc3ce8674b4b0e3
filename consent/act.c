/*
 * An act is small: it says which consents of its own issuer it is about, and nothing that it says
 * can widen anything but give back what the same issuer had paused. Whether a consent exists is not
 * asked: it may arrive later.
 */
#include "consent/act.h"

#include "consent/profile.h"

static const char *const reasons[] = {[HF_REVOCATION_WITHDRAWN] = "withdrawn",
                                      [HF_REVOCATION_KEY_COMPROMISE] = "key_compromise",
                                      [HF_REVOCATION_SUPERSEDED] = "superseded",
                                      [HF_REVOCATION_ENDED] = "ended",
                                      [HF_REVOCATION_ORDERED] = "ordered"};

const char *hf_revocation_reason_name(enum hf_revocation_reason reason)
{
    return (unsigned)reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : NULL;
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

const char *hf_act_state_name(enum hf_act_kind kind)
{
    static const char *const names[] = {
        [HF_ACT_REVOKE] = "revoked", [HF_ACT_PAUSE] = "paused", [HF_ACT_RESUME] = "active"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}

bool hf_act_is_of_all(const struct hf_act *act)
{
    return act->id.jti[0] == 0;
}

/* What the payloads of both types share: everything but the last claim. */
static hf_status read_common(const struct hf_members *members, bool may_be_all, struct hf_act *act,
                             hf_bytes *aud)
{
    const struct hf_json *revokes = hf_json_member(members->object, "revokes");
    enum hf_subject_kind kind;
    hf_bytes iss;
    hf_bytes jti;
    hf_bytes consent = {NULL, 0};
    HF_TRY(hf_profile_iss(members, &iss, &kind));
    HF_TRY(hf_profile_aud(members, aud));
    HF_TRY(hf_profile_id(members, "jti", &jti));
    if (!may_be_all || !hf_json_is_string(revokes, "*")) {
        HF_TRY(hf_profile_id(members, "revokes", &consent));
    }
    HF_TRY(hf_profile_time(members, "iat", &act->iat_unix_s));
    memcpy(act->id.iss, iss.data, iss.size); /* the profile bounds all three */
    memcpy(act->jti, jti.data, jti.size);
    if (consent.size > 0) {
        memcpy(act->id.jti, consent.data, consent.size);
    }
    return HF_DONE;
}

hf_status hf_act_parse_revocation(hf_bytes payload, struct hf_arena *arena, struct hf_act *ret_act,
                                  hf_bytes *ret_aud, struct hf_problem *reterr)
{
    static const char *const names[] = {"ver",     "iss", "aud",    "jti",
                                        "revokes", "iat", "reason", NULL};
    static const struct hf_profile profile = {.names = names};
    struct hf_act act = {.kind = HF_ACT_REVOKE};
    struct hf_members members;
    hf_bytes aud;
    hf_bytes reason;
    HF_TRY(hf_profile_open(payload, &profile, arena, &members, reterr));
    HF_TRY(read_common(&members, true, &act, &aud));
    HF_TRY(hf_members_string(&members, "reason", 1, HF_PROFILE_MAX_STRING_BYTES, &reason));
    if (!hf_revocation_reason_by_name(reason, &act.reason)) {
        return hf_members_wrong(&members, "reason",
                                "must be withdrawn, key_compromise, superseded or ended");
    }
    *ret_act = act;
    *ret_aud = aud;
    return HF_DONE;
}

hf_status hf_act_parse_status(hf_bytes payload, struct hf_arena *arena, struct hf_act *ret_act,
                              hf_bytes *ret_aud, struct hf_problem *reterr)
{
    static const char *const names[] = {"ver",     "iss", "aud",   "jti",
                                        "revokes", "iat", "state", NULL};
    static const struct hf_profile profile = {.names = names};
    struct hf_act act = {.kind = HF_ACT_PAUSE};
    struct hf_members members;
    hf_bytes aud;
    hf_bytes state;
    HF_TRY(hf_profile_open(payload, &profile, arena, &members, reterr));
    HF_TRY(read_common(&members, false, &act, &aud));
    HF_TRY(hf_members_string(&members, "state", 1, HF_PROFILE_MAX_STRING_BYTES, &state));
    if (hf_bytes_equal_string(state, "active")) {
        act.kind = HF_ACT_RESUME;
    } else if (!hf_bytes_equal_string(state, "paused")) {
        return hf_members_wrong(&members, "state", "must be active or paused");
    }
    *ret_act = act;
    *ret_aud = aud;
    return HF_DONE;
}

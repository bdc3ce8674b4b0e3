/*
 * The shell that every payload shares: its bounds, its version, who speaks and to whom. Growth goes
 * through `ver`: a claim that an older gateway does not know is refused by it, never skipped.
 */
#include "consent/profile.h"

#include "consent/id.h"

enum {
    PAYLOAD_MAX_BYTES = 8192,
    PAYLOAD_MAX_DEPTH = 6,
    PAYLOAD_MAX_VALUES = 2048 /* more than 8192 bytes of a closed profile can spell */
};

hf_status hf_profile_open(hf_bytes payload, const struct hf_profile *profile,
                          struct hf_arena *arena, struct hf_members *ret_members,
                          struct hf_problem *reterr)
{
    static const struct hf_json_limits shown = {.max_bytes = PAYLOAD_MAX_BYTES,
                                                .max_depth = PAYLOAD_MAX_DEPTH,
                                                .max_values = PAYLOAD_MAX_VALUES,
                                                .max_string_bytes = HF_PROFILE_MAX_STRING_BYTES};
    const struct hf_json_limits *limits = profile->limits ? profile->limits : &shown;
    struct hf_members members = {.text = payload, .code = HF_CONSENT_MALFORMED, .reterr = reterr};
    int64_t ver;
    HF_TRY(hf_members_parse(&members, limits, arena, profile->names));
    HF_TRY(hf_members_integer(&members, "ver", 1, 1, &ver));
    *ret_members = members;
    return HF_DONE;
}

hf_status hf_profile_iss(const struct hf_members *members, hf_bytes *ret_iss,
                         enum hf_subject_kind *ret_kind)
{
    hf_bytes iss;
    enum hf_subject_kind kind;
    HF_TRY(hf_members_string(members, "iss", 1, HF_PARTY_MAX_BYTES, &iss));
    if (!hf_party_kind(iss, &kind)) {
        return hf_members_wrong(members, "iss",
                                "must be uscc: and a valid code, or person: and a name");
    }
    *ret_iss = iss;
    *ret_kind = kind;
    return HF_DONE;
}

hf_status hf_profile_id(const struct hf_members *members, const char *name, hf_bytes *ret_id)
{
    hf_bytes id;
    HF_TRY(hf_members_string(members, name, HF_JTI_MIN_BYTES, HF_JTI_MAX_BYTES, &id));
    if (!hf_jti_is_valid(id)) {
        return hf_members_wrong(members, name, "must be of A-Z a-z 0-9 - _");
    }
    *ret_id = id;
    return HF_DONE;
}

hf_status hf_profile_aud(const struct hf_members *members, hf_bytes *ret_aud)
{
    const struct hf_json *value = hf_json_member(members->object, "aud");
    if (value && value->type == HF_JSON_ARRAY) {
        return hf_members_blame(members, HF_AUDIENCE_MISMATCH, "aud", value,
                                "must name one gateway, not a list");
    }
    return hf_members_string(members, "aud", 1, HF_PROFILE_MAX_STRING_BYTES, ret_aud);
}

hf_status hf_profile_digest(const struct hf_members *members, const char *name, hf_bytes *ret_text)
{
    uint8_t digest[32];
    HF_TRY(hf_members_digest(members, name, digest));
    *ret_text = hf_json_member(members->object, name)->text;
    return HF_DONE;
}

hf_status hf_profile_time(const struct hf_members *members, const char *name, int64_t *ret_unix_s)
{
    return hf_members_integer(members, name, HF_PROFILE_MIN_UNIX_S, HF_PROFILE_MAX_UNIX_S,
                              ret_unix_s);
}

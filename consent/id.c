/*
 * Ids are checked once, here, and are then plain C strings of a closed alphabet: safe as a key of
 * the store and as a path segment, and never holding the `;` that parts them.
 */
#include "consent/id.h"

bool hf_jti_is_valid(hf_bytes jti)
{
    if (jti.size < HF_JTI_MIN_BYTES || jti.size > HF_JTI_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < jti.size; i++) {
        uint8_t c = jti.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_')) {
            return false;
        }
    }
    return true;
}

hf_status hf_consent_id_of(hf_bytes iss, hf_bytes jti, struct hf_consent_id *ret_id)
{
    enum hf_subject_kind kind;
    if (!hf_party_kind(iss, &kind) || !hf_jti_is_valid(jti)) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    *ret_id = (struct hf_consent_id){0};
    memcpy(ret_id->iss, iss.data, iss.size); /* both fit: their lengths are part of the check */
    memcpy(ret_id->jti, jti.data, jti.size);
    return HF_DONE;
}

hf_status hf_consent_id_parse(hf_bytes text, struct hf_consent_id *ret_id)
{
    const uint8_t *semicolon = text.size > 0 ? memchr(text.data, ';', text.size) : NULL;
    if (!semicolon) {
        HF_FAIL(CONSENT_MALFORMED);
    }
    size_t iss_bytes = (size_t)(semicolon - text.data);
    return hf_consent_id_of((hf_bytes){text.data, iss_bytes}, hf_bytes_skip(text, iss_bytes + 1),
                            ret_id);
}

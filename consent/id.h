/*
 * What a consent is known by: who granted it and the grantor's own identifier for it. Everything
 * that lasts (state, uses, revocation) hangs on this pair and never on a token's bytes, because two
 * of the three signature algorithms let anyone respell a signature.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "base/uscc.h"

enum {
    HF_JTI_MIN_BYTES = 22,
    HF_JTI_MAX_BYTES = 64,
    HF_CONSENT_ID_MAX_BYTES = HF_PARTY_MAX_BYTES + 1 + HF_JTI_MAX_BYTES
};

struct hf_consent_id {
    char iss[HF_PARTY_MAX_BYTES + 1];
    char jti[HF_JTI_MAX_BYTES + 1];
};

/* 22..64 of [A-Za-z0-9_-]. */
bool hf_jti_is_valid(hf_bytes jti);

/**
 * hf_consent_id_of() - out of its two halves, both checked
 *
 * Errors: CONSENT_MALFORMED.
 */
hf_status hf_consent_id_of(hf_bytes iss, hf_bytes jti, struct hf_consent_id *ret_id);

/* Out of `<iss>;<jti>`, the value of the field `consent-id`. Errors: CONSENT_MALFORMED. */
hf_status hf_consent_id_parse(hf_bytes text, struct hf_consent_id *ret_id);

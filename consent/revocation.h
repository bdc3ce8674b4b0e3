/*
 * The payload of a revocation: "this consent of mine ends now".
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "consent/id.h"

enum hf_revocation_reason {
    HF_REVOCATION_WITHDRAWN,
    HF_REVOCATION_KEY_COMPROMISE,
    HF_REVOCATION_SUPERSEDED,
    HF_REVOCATION_ENDED,
    HF_N_REVOCATION_REASONS
};

const char *hf_revocation_reason_name(enum hf_revocation_reason reason); /* "withdrawn" … */
bool hf_revocation_reason_by_name(hf_bytes name, enum hf_revocation_reason *ret_reason);

struct hf_revocation {
    struct hf_consent_id revokes;   /* iss of the token, jti of the consent */
    char jti[HF_JTI_MAX_BYTES + 1]; /* the revocation's own */
    int64_t iat_unix_s;
    enum hf_revocation_reason reason;
};

/**
 * hf_revocation_parse() - read the payload of a `consent-revocation+jwt`
 * @ret_aud: view into @arena
 *
 * Claims exactly: ver iss aud jti revokes iat reason. Errors: CONSENT_MALFORMED, NOMEM.
 */
hf_status hf_revocation_parse(hf_bytes payload, struct hf_arena *arena,
                              struct hf_revocation *ret_revocation, hf_bytes *ret_aud,
                              struct hf_problem *reterr);

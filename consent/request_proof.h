/*
 * The payload of a `request-proof+jwt`: "it is I who asks this, now". A grantor has no client
 * certificate; it signs each request with a key that is on file for it.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "consent/id.h"
#include "consent/profile.h"

enum {
    HF_REQUEST_PROOF_LIFE_S = 60,
    HF_REQUEST_PROOF_AHEAD_S = 5 /* a grantor's clock may be so far ahead of ours */
};

struct hf_request_proof {
    char iss[HF_PARTY_MAX_BYTES + 1];
    char jti[HF_JTI_MAX_BYTES + 1];
    char htm[8];                               /* the method */
    char htu[HF_PROFILE_MAX_STRING_BYTES + 1]; /* https://authority/path, without the query */
    int64_t iat_unix_s;
};

/**
 * hf_request_proof_parse() - read a payload
 * @ret_aud: view into @arena
 *
 * Claims exactly: ver iss aud htm htu iat jti. Errors: CONSENT_MALFORMED, AUDIENCE_MISMATCH, NOMEM.
 */
hf_status hf_request_proof_parse(hf_bytes payload, struct hf_arena *arena,
                                 struct hf_request_proof *ret_proof, hf_bytes *ret_aud,
                                 struct hf_problem *reterr);

/* A request as it came, and when. Views. */
struct hf_proven_request {
    hf_bytes method;
    hf_bytes target; /* the path as sent; a query is not part of what is proven */
    int64_t now_unix_s;
    int64_t began_unix_s; /* since when is remembered which proofs were used */
};

/**
 * hf_request_proof_judge() - does it prove this request, and is it fresh
 * @ret_authority: of htu: whether it is ours the caller knows; set only on success
 *
 * At most 60 s old and 5 s ahead, and dated so that it cannot have been used before
 * @request->began_unix_s: more than those 5 s later. Errors: PROOF_INVALID.
 */
hf_status hf_request_proof_judge(const struct hf_request_proof *proof,
                                 const struct hf_proven_request *request, hf_bytes *ret_authority,
                                 struct hf_problem *reterr);

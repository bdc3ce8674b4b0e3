/*
 * A proof fits one method and one resource for one minute. What is behind the question mark is not
 * part of it: it chooses among what the grantor may see anyway.
 *
 * That it is used once is remembered by the caller, in memory. What an earlier run may have seen is
 * refused by its date: a run that ended at second T took nothing that is dated later than T + 5.
 */
#include "consent/request_proof.h"

hf_status hf_request_proof_parse(hf_bytes payload, struct hf_arena *arena,
                                 struct hf_request_proof *ret_proof, hf_bytes *ret_aud,
                                 struct hf_problem *reterr)
{
    static const char *const names[] = {"ver", "iss", "aud", "htm", "htu", "iat", "jti", NULL};
    static const struct hf_profile profile = {.names = names};
    struct hf_request_proof proof = {.iat_unix_s = 0};
    struct hf_members members;
    enum hf_subject_kind kind;
    hf_bytes iss;
    hf_bytes jti;
    hf_bytes htm;
    hf_bytes htu;
    hf_bytes aud;
    HF_TRY(hf_profile_open(payload, &profile, arena, &members, reterr));
    HF_TRY(hf_profile_iss(&members, &iss, &kind));
    HF_TRY(hf_profile_aud(&members, &aud));
    HF_TRY(hf_profile_id(&members, "jti", &jti));
    HF_TRY(hf_members_string(&members, "htm", 1, sizeof proof.htm - 1, &htm));
    HF_TRY(hf_members_string(&members, "htu", 1, HF_PROFILE_MAX_STRING_BYTES, &htu));
    HF_TRY(hf_profile_time(&members, "iat", &proof.iat_unix_s));
    memcpy(proof.iss, iss.data, iss.size); /* each is bounded just above; zeroed behind */
    memcpy(proof.jti, jti.data, jti.size);
    memcpy(proof.htm, htm.data, htm.size);
    memcpy(proof.htu, htu.data, htu.size);
    *ret_proof = proof;
    *ret_aud = aud;
    return HF_DONE;
}

/* Takes https://authority/path apart. */
static bool split(hf_bytes htu, hf_bytes *ret_authority, hf_bytes *ret_path)
{
    const hf_bytes scheme = HF_LITERAL("https://");
    if (!hf_bytes_starts_with(htu, scheme)) {
        return false;
    }
    hf_bytes rest = hf_bytes_skip(htu, scheme.size);
    const uint8_t *slash = rest.size > 0 ? memchr(rest.data, '/', rest.size) : NULL;
    if (!slash) {
        return false;
    }
    *ret_authority = (hf_bytes){rest.data, (size_t)(slash - rest.data)};
    *ret_path = hf_bytes_skip(rest, ret_authority->size);
    return true;
}

static hf_bytes without_query(hf_bytes target)
{
    const uint8_t *mark = target.size > 0 ? memchr(target.data, '?', target.size) : NULL;
    return mark ? (hf_bytes){target.data, (size_t)(mark - target.data)} : target;
}

hf_status hf_request_proof_judge(const struct hf_request_proof *proof,
                                 const struct hf_proven_request *request, hf_bytes *ret_authority,
                                 struct hf_problem *reterr)
{
    hf_bytes authority;
    hf_bytes path;
    if (proof->iat_unix_s > request->now_unix_s + HF_REQUEST_PROOF_AHEAD_S ||
        proof->iat_unix_s < request->now_unix_s - HF_REQUEST_PROOF_LIFE_S) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "iat", "is not of this minute");
    }
    if (proof->iat_unix_s <= request->began_unix_s + HF_REQUEST_PROOF_AHEAD_S) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "iat",
                              "may have been used before this gateway's start");
    }
    if (!hf_bytes_equal_string(request->method, proof->htm)) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "htm", "is another method");
    }
    if (!split(hf_bytes_of_string(proof->htu), &authority, &path) ||
        !hf_bytes_equal(path, without_query(request->target))) {
        return hf_problem_set(reterr, HF_PROOF_INVALID, "htu", "is another resource");
    }
    *ret_authority = authority;
    return HF_DONE;
}

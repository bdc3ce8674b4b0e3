/*
 * What the payloads of all our tokens have in common.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "consent/members.h"

enum { HF_PROFILE_MAX_STRING_BYTES = 512 };

/* NumericDates lie within 2020..2100. */
#define HF_PROFILE_MIN_UNIX_S INT64_C(1577836800)
#define HF_PROFILE_MAX_UNIX_S INT64_C(4102444800)

/* What the payload of one type of token may hold. */
struct hf_profile {
    const char *const *names; /* of its claims, `ver` among them; NULL-terminated */
    /* NULL: as of whatever is shown to a gateway: <= 8192 bytes, depth <= 6, strings <= 512 bytes
     */
    const struct hf_json_limits *limits;
};

/**
 * hf_profile_open() - read a payload: an object of no other claims than the profile's, with `ver` 1
 *
 * Errors: CONSENT_MALFORMED, NOMEM.
 */
hf_status hf_profile_open(hf_bytes payload, const struct hf_profile *profile,
                          struct hf_arena *arena, struct hf_members *ret_members,
                          struct hf_problem *reterr);

/* `iss`, and what it names. */
hf_status hf_profile_iss(const struct hf_members *members, hf_bytes *ret_iss,
                         enum hf_subject_kind *ret_kind);

/* An identifier of 22..64 characters. */
hf_status hf_profile_id(const struct hf_members *members, const char *name, hf_bytes *ret_id);

/* `aud`: one string. An array is AUDIENCE_MISMATCH, whatever it holds. */
hf_status hf_profile_aud(const struct hf_members *members, hf_bytes *ret_aud);

/* 43 characters of base64url that spell 32 bytes, as text. */
hf_status hf_profile_digest(const struct hf_members *members, const char *name, hf_bytes *ret_text);

/* A NumericDate. */
hf_status hf_profile_time(const struct hf_members *members, const char *name, int64_t *ret_unix_s);

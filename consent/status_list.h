/*
 * A status list: what has become of many consents, two bits each, signed, for whoever holds one of
 * them to look up without asking for it (draft-ietf-oauth-status-list-21). Entry i of b bits stands
 * in byte i*b/8, the lowest bits first.
 */
#pragma once

#include "base/arena.h"
#include "consent/document.h"

#define HF_STATUS_LIST_TYP "statuslist+jwt"
#define HF_STATUS_LIST_CONTENT_TYPE "application/statuslist+jwt"

enum hf_status_value { /* = draft-ietf-oauth-status-list-21 7.1 */
                       HF_STATUS_VALID = 0,
                       HF_STATUS_INVALID = 1,
                       HF_STATUS_SUSPENDED = 2
};

enum {
    HF_STATUS_LIST_BITS = 2, /* of the lists that are written here */
    HF_STATUS_LIST_ENTRIES = 1 << 17,
    HF_STATUS_LIST_BYTES = HF_STATUS_LIST_ENTRIES * HF_STATUS_LIST_BITS / 8,
    HF_STATUS_LIST_TEXT_BYTES = 96 << 10, /* no list of ours is longer when signed */

    HF_STATUS_LIST_MAX_BYTES = 4 << 20,   /* inflated, of any list that is read */
    HF_STATUS_LIST_ARENA_BYTES = 12 << 20 /* under which reading any never runs out */
};

/* What a list to be signed says. */
struct hf_status_list_facts {
    const char *uri; /* where it is published */
    int64_t iat_unix_s;
    int64_t exp_unix_s; /* from then on it is not to be believed */
    int64_t ttl_s;      /* how long a copy may be kept before it is fetched again */
    hf_bytes entries;   /* of HF_STATUS_LIST_BITS each */
};

/**
 * hf_status_list_sign() - append a list
 * @key: the gateway's
 *
 * Errors: LIMIT, NOMEM, JSON_MALFORMED (the uri is not UTF-8), BUG, CRYPTO.
 */
hf_status hf_status_list_sign(const struct hf_key *key, const struct hf_status_list_facts *facts,
                              hf_buf *buf);

/* Sets entry @idx, which must lie within @entries. */
void hf_status_list_set(uint8_t *entries, uint32_t idx, enum hf_status_value value);

/* A list as it was read. Views point into the arena. */
struct hf_status_list {
    hf_bytes uri;
    int64_t iat_unix_s;
    int64_t exp_unix_s;
    int64_t ttl_s;
    unsigned bits;    /* 1, 2, 4 or 8 */
    hf_bytes entries; /* inflated */
};

/**
 * hf_status_list_verify() - check a list by the gateway's keys alone, and read it
 * @text:     untrusted
 * @arena:    HF_STATUS_LIST_ARENA_BYTES is enough
 * @ret_list: set only on success
 * @reterr:   may be NULL; where = the claim to blame
 *
 * Whether it is the list that was asked for and of this hour: hf_status_list_judge(). The profile
 * is closed. Errors: as hf_document_open(), and CONSENT_MALFORMED of a list that inflates beyond
 * the bound.
 */
hf_status hf_status_list_verify(hf_bytes text, const struct hf_key_set *keys,
                                struct hf_arena *arena, struct hf_status_list *ret_list,
                                struct hf_problem *reterr);

/* The payload alone, already verified. Errors: CONSENT_MALFORMED, NOMEM. */
hf_status hf_status_list_parse(hf_bytes payload, struct hf_arena *arena,
                               struct hf_status_list *ret_list, struct hf_problem *reterr);

/**
 * hf_status_list_judge() - is it the list of @uri, and in force
 *
 * Errors: SUBJECT_MISMATCH (another list), CONSENT_NOT_YET_VALID (signed more than a minute ahead),
 * CONSENT_EXPIRED.
 */
hf_status hf_status_list_judge(const struct hf_status_list *list, hf_bytes uri, int64_t now_unix_s,
                               struct hf_problem *reterr);

/* The value of entry @idx. Errors: NOT_FOUND (behind the last). */
hf_status hf_status_list_get(const struct hf_status_list *list, uint32_t idx, unsigned *ret_value);

/* "VALID" "INVALID" "SUSPENDED"; "UNKNOWN" for any other value. */
const char *hf_status_value_name(unsigned value);

/*
 * The grantors' keys: a folder of JWK Sets, one file for each grantor, read whole into an immutable
 * set. `grantors/uscc_91350100M000100Y43.jwks` is
 *   {"iss":"uscc:91350100M000100Y43","keys":[{"kty":…,"crv":…,"x":…,"kid":…,"alg":…}]}
 * each key optionally with not_before, not_after, disabled_at (Unix seconds).
 */
#pragma once

#include "base/json.h"
#include "base/status.h"
#include "consent/id.h"
#include "crypto/key.h"

enum {
    HF_KID_MAX_BYTES = 128,
    HF_GRANTOR_MAX_KEYS = 64,
    HF_GRANTORS_MAX_FILES = 100000,
    HF_GRANTOR_FILE_MAX_BYTES = 1 << 16
};

struct hf_grantors; /* immutable; shared by reference count */

/* One key of one grantor. Plain values; lives as long as its set. */
struct hf_grantor_key {
    char iss[HF_PARTY_MAX_BYTES + 1];
    char kid[HF_KID_MAX_BYTES + 1];
    struct hf_key *key; /* NULL: of an algorithm that is not served; what it signs is refused */
    int64_t not_before_unix_s;  /* 0: none */
    int64_t not_after_unix_s;   /* 0: none; the first second at which it signs no more */
    int64_t disabled_at_unix_s; /* 0: never; what it signed stops at that second */
    /* 0: never; what came from that second on was signed by who knows whom and does not count */
    int64_t compromised_at_unix_s;
};

/**
 * hf_grantors_load() - read every *.jwks of a folder
 * @ret_grantors: set only on success; caller owns, hf_grantors_unref()
 * @reterr:       may be NULL; where = "uscc_….jwks keys[1].x", with line and column
 *
 * All or nothing. Refused: a file whose name is not its iss; an unknown member; a private part; one
 * kid twice in a file, or for two different keys anywhere in the folder (a kid names a key).
 * Cost: O(files). Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_grantors_load(const char *folder, struct hf_grantors **ret_grantors,
                           struct hf_problem *reterr);

struct hf_grantors *hf_grantors_ref(struct hf_grantors *grantors);
void hf_grantors_unref(struct hf_grantors *grantors); /* NULL is fine */

/**
 * hf_grantors_key() - the key that @iss has under @kid, or NULL
 *
 * Borrowed from the set. Cost: O(1). Both may be any bytes.
 */
const struct hf_grantor_key *hf_grantors_key(const struct hf_grantors *grantors, hf_bytes iss,
                                             hf_bytes kid);

/* Some grantor's key under @kid, or NULL: what a signature is checked with before its payload may
 * be read. Whoever else has that kid has the same key. */
const struct hf_grantor_key *hf_grantors_any_key(const struct hf_grantors *grantors, hf_bytes kid);

/* Every key, sorted by iss and, within it, in the file's order. */
size_t hf_grantors_n_keys(const struct hf_grantors *grantors);
const struct hf_grantor_key *hf_grantors_key_at(const struct hf_grantors *grantors, size_t index);

/**
 * hf_grantor_key_judge() - may what this key signed count
 * @received_unix_s: when the gateway first received the token (its iat is the signer's own claim)
 * @now_unix_s:      the moment of judging
 *
 * Errors: CONSENT_SIGNATURE_INVALID when the key was not in force at reception; CONSENT_REVOKED
 * when it was, but has been disabled since. A key that merely ran out later voids nothing; one that
 * is found to have been compromised was not in force from then on.
 */
hf_status hf_grantor_key_judge(const struct hf_grantor_key *key, int64_t received_unix_s,
                               int64_t now_unix_s);

/* "uscc_91350100M000100Y43.jwks" of a valid iss. */
enum { HF_GRANTOR_FILE_NAME_MAX_BYTES = HF_PARTY_MAX_BYTES + 5 };
void hf_grantor_file_name(const char *iss,
                          char ret_name[static HF_GRANTOR_FILE_NAME_MAX_BYTES + 1]);

/* What `grantor add` puts on file. */
struct hf_grantor_addition {
    const char *iss;
    const struct hf_json *jwk; /* public; its kid when it has one, else its thumbprint */
    int64_t not_before_unix_s; /* 0: none */
    int64_t not_after_unix_s;  /* 0: none */
};

/**
 * hf_grantor_add() - put a key into a grantor's file, which is made when there is none
 * @ret_kid: the kid it got; set only on success
 *
 * Written durably; the folder as it would then be must load, else nothing changes.
 * Errors: EXISTS (that kid is there), CONSENT_MALFORMED (no iss), KEY_MALFORMED, KEY_UNSUPPORTED,
 * LIMIT (too many keys), and those of hf_grantors_load().
 */
hf_status hf_grantor_add(const char *folder, const struct hf_grantor_addition *addition,
                         char ret_kid[static HF_KID_MAX_BYTES + 1], struct hf_problem *reterr);

/* From when a key signs no more, and what becomes of what it signed. */
struct hf_grantor_end {
    const char *iss;
    const char *kid;
    bool is_compromise; /* compromised_at, else disabled_at */
    int64_t at_unix_s;
};

/* Sets the moment of one key; an earlier one stays. Errors: NOT_FOUND, and as above. */
hf_status hf_grantor_disable(const char *folder, const struct hf_grantor_end *end,
                             struct hf_problem *reterr);

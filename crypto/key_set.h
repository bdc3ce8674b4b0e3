/*
 * A few public keys under their thumbprints: what somebody publishes so that others can verify what
 * it signs (RFC 7517 5). The present key comes first, those it followed behind it.
 */
#pragma once

#include "crypto/key.h"

enum { HF_KEY_SET_MAX_KEYS = 32, HF_KEY_SET_MAX_BYTES = 32768 };

struct hf_key_set {
    struct hf_key *keys[HF_KEY_SET_MAX_KEYS]; /* references; no thumbprint twice */
    size_t n_keys;
};

/**
 * hf_key_set_parse() - read one JWK, or a JWK Set
 * @text:    at most HF_KEY_SET_MAX_BYTES; untrusted
 * @ret_set: set only on success; hf_key_set_clear()
 * @reterr:  may be NULL; where = the member to blame: "keys[1].x"
 *
 * Members that are not a key's are ignored (RFC 7517 5); a `kid` must be the key's own thumbprint,
 * for that is what keys are found by. A private part is refused. Errors: KEY_MALFORMED (also: no
 * key at all), KEY_UNSUPPORTED, EXISTS (one key twice), LIMIT, NOMEM.
 */
hf_status hf_key_set_parse(hf_bytes text, struct hf_key_set *ret_set, struct hf_problem *reterr);

/* Adds a key behind the others; takes a reference. Errors: EXISTS, LIMIT. */
hf_status hf_key_set_add(struct hf_key_set *set, struct hf_key *key);

/* The key of that thumbprint, borrowed, or NULL. */
const struct hf_key *hf_key_set_find(const struct hf_key_set *set, hf_bytes thumbprint);

/* Appends the JWK Set. Errors: LIMIT, NOMEM. */
hf_status hf_key_set_write(const struct hf_key_set *set, hf_buf *buf);

/* Drops the references; a zeroed set is fine, and may be used again. */
void hf_key_set_clear(struct hf_key_set *set);

/*
 * The authorities whose certificates may stand in tokens (x5c), for a deployment that takes them: a
 * folder with one JSON file for each, beside its root and its lists of revocations.
 *   {"root":"ca.pem","crls":"ca-crls","crl_max_age_hours":48,
 *    "uscc":{"extension":"1.2.156.10260.4.1.4"}}
 * `uscc` says where that authority writes an enterprise's code: an `extension`, or an attribute of
 * the `subject` ("O", "serialNumber", "2.5.4.97"); `prefix` is what stands before it there.
 */
#pragma once

#include "base/status.h"
#include "consent/id.h"
#include "crypto/jws.h"

enum {
    HF_AUTHORITIES_MAX = 64,
    HF_AUTHORITY_FILE_MAX_BYTES = 1 << 14,
    HF_AUTHORITY_MAX_CRLS = 256
};

struct hf_authorities; /* immutable; shared by reference count */

/**
 * hf_authorities_load() - read every *.json of a folder with its root and lists
 * @ret_authorities: set only on success; caller owns, hf_authorities_unref()
 * @reterr:          may be NULL; where = "ca.json uscc.subject", or the root's or a list's path
 *
 * All or nothing. `root` and `crls` are names in the folder; every file of `crls` is one list, DER
 * or PEM, and there is one of the root's. A stale list loads: it only makes chains fail.
 * Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_authorities_load(const char *folder, struct hf_authorities **ret_authorities,
                              struct hf_problem *reterr);

struct hf_authorities *hf_authorities_ref(struct hf_authorities *authorities);
void hf_authorities_unref(struct hf_authorities *authorities); /* NULL is fine */

/* What a signer's certificates say of when its signatures count. Plain values. */
struct hf_certificate_standing {
    uint64_t set;               /* of authorities that said so; 0: there is no certificate */
    int64_t not_before_unix_s;  /* the chain's */
    int64_t not_after_unix_s;   /* the first second at which it is valid no more */
    int64_t revoked_at_unix_s;  /* 0: not */
    int64_t fresh_until_unix_s; /* the first second at which a list is too old to be believed */
};

/* Who signed, by certificate. */
struct hf_certified {
    char iss[HF_PARTY_MAX_BYTES + 1]; /* "uscc:…" */
    struct hf_key *key;               /* a reference of the holder */
    struct hf_certificate_standing standing;
};

void hf_certified_clear(struct hf_certified *certified); /* accepts a zeroed one */

/**
 * hf_authorities_certify() - whose certificates a token brings
 * @jws:           parsed, with at least one certificate
 * @ret_certified: set only on success; caller owns, hf_certified_clear()
 *
 * Errors: CONSENT_SIGNATURE_INVALID (no chain to an authority's root, or no valid code where that
 * authority writes it), NOMEM. Cost: hf_chain_verify().
 */
hf_status hf_authorities_certify(const struct hf_authorities *authorities, const struct hf_jws *jws,
                                 struct hf_certified *ret_certified, struct hf_problem *reterr);

/* Tells one set from all others of this process; never 0. */
uint64_t hf_authorities_set(const struct hf_authorities *authorities);

/**
 * hf_certificate_judge() - may what this certificate signed count
 * @received_unix_s: when the gateway first received the token
 *
 * Validity is judged at reception, for good; revocation, and whether the lists are fresh, now.
 * Errors: CONSENT_SIGNATURE_INVALID (not valid or already revoked when it came; lists too old),
 * CONSENT_REVOKED (revoked since).
 */
hf_status hf_certificate_judge(const struct hf_certificate_standing *standing,
                               int64_t received_unix_s, int64_t now_unix_s);

/*
 * What the files of a chain share with each other and with nobody else.
 */
#pragma once

#include "crypto/chain.h"

#include <openssl/x509.h>

struct hf_chain_crl; /* one list of revocations */

/* Reads one list. Errors: as hf_chain_root_add_crl(), but for the signature. */
hf_status hf_chain_crl_new(hf_bytes file, struct hf_chain_crl **ret_crl, struct hf_problem *reterr);
void hf_chain_crl_free(struct hf_chain_crl *crl); /* NULL is fine */

/* Whether the list names @issuer as its author. */
bool hf_chain_crl_is_of(const struct hf_chain_crl *crl, const X509 *issuer);

/**
 * hf_chain_crl_verify() - check that @key signed the list
 *
 * What was found good once is remembered with its key. Any thread. Errors: SIGNATURE_INVALID.
 */
hf_status hf_chain_crl_verify(struct hf_chain_crl *crl, const struct hf_key *key);

/* What a verified list says. */
struct hf_chain_crl_answer {
    int64_t revoked_at_unix_s; /* 0: it does not name the certificate */
    int64_t updated_unix_s;
    int64_t next_update_unix_s; /* 0: not told */
};
void hf_chain_crl_ask(const struct hf_chain_crl *crl, X509 *cert,
                      struct hf_chain_crl_answer *ret_answer);

/* The key of a certificate, P-256 or SM2. Errors: KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM. */
hf_status hf_chain_key_of(const X509 *cert, struct hf_key **ret_key);

/* The one signature algorithm that @nid stands for. False: none of ours. */
bool hf_chain_alg_of(int nid, enum hf_alg *ret_alg);

/* Unix seconds of a certificate's time. False: none, or one that is not well formed. */
bool hf_chain_time(const ASN1_TIME *time, int64_t *ret_unix_s);

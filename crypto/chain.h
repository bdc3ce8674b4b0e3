/*
 * Chains of certificates that signers of tokens bring along (x5c): from a signer's certificate
 * through at most two others to a root that the operator trusts, over P-256 and SM2 alone, with
 * lists of revocations from the operator's disk. Nothing is ever fetched.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/key.h"

enum {
    HF_CHAIN_MAX_CERTS = 3, /* beside the root, which a signer does not send */
    HF_CHAIN_CERT_MAX_BYTES = 8192,
    HF_CHAIN_CRL_MAX_BYTES = 16 << 20
};

struct hf_chain_root; /* a trusted root and the revocations known under it; any thread */

/**
 * hf_chain_root_new() - trust one root
 * @pem:      one self-signed CA certificate with a P-256 or SM2 key
 * @ret_root: set only on success; caller owns, hf_chain_root_free()
 * @reterr:   may be NULL
 *
 * Errors: KEY_MALFORMED (no such certificate, not self-signed, no CA), KEY_UNSUPPORTED (another
 * kind of key or signature), NOMEM, CRYPTO.
 */
hf_status hf_chain_root_new(hf_bytes pem, struct hf_chain_root **ret_root,
                            struct hf_problem *reterr);
void hf_chain_root_free(struct hf_chain_root *root); /* NULL is fine */

/**
 * hf_chain_root_add_crl() - add a list of revocations, of the root or of a CA below it
 * @file: one X.509 CRL, DER or PEM
 *
 * Only while the root is not yet shared. A list with a critical extension, a delta and a list of
 * a part are refused: what they leave out would pass for good. A list that the root issued must
 * verify here; one of another CA is checked when a chain through that CA comes.
 * Errors: KEY_MALFORMED, SIGNATURE_INVALID, NOMEM, CRYPTO.
 */
hf_status hf_chain_root_add_crl(struct hf_chain_root *root, hf_bytes file,
                                struct hf_problem *reterr);

/* Whether the root's own list is there: without it no chain holds. */
bool hf_chain_root_has_own_crl(const struct hf_chain_root *root);

/* What a chain is worth. Times in Unix seconds. */
struct hf_chain {
    struct hf_key *key;              /* of the signer; a reference of the holder */
    int64_t not_before_unix_s;       /* the first second at which every certificate is valid */
    int64_t not_after_unix_s;        /* the first at which one is no more */
    int64_t revoked_at_unix_s;       /* 0: none is; the earliest moment that a list names */
    int64_t crls_updated_unix_s;     /* thisUpdate of the oldest list that was asked */
    int64_t crls_next_update_unix_s; /* the earliest nextUpdate; 0: a list has none */
};

void hf_chain_clear(struct hf_chain *chain); /* accepts a zeroed one */

/**
 * hf_chain_verify() - follow a signer's certificates up to the root
 * @certs:     1 to HF_CHAIN_MAX_CERTS DER certificates, the signer's first, the root not among
 *             them; untrusted
 * @ret_chain: set only on success; caller owns, hf_chain_clear()
 *
 * Wants: exactly this chain; X509_V_FLAG_X509_STRICT; SM2 signatures under the distinguishing id of
 * ec.h; CA certificates with basicConstraints; of the signer's certificate keyUsage with
 * digitalSignature and without anything that encrypts, no CA, no extended usage but for clients and
 * mail; a list of revocations of each issuer. The hour and revocation are told, not judged.
 * Cost: a signature check for each certificate, one for each list not met before.
 * Errors: NOT_FOUND (the last certificate is not this root's), SIGNATURE_INVALID (all else that is
 * wrong with it), NOMEM.
 * Source: RFC 5280 6; GM/T 0015; GB/T 35276 (the id).
 */
hf_status hf_chain_verify(const struct hf_chain_root *root, const hf_bytes *certs, size_t n_certs,
                          struct hf_chain *ret_chain, struct hf_problem *reterr);

/* Where an authority writes down who a certificate is about. */
struct hf_chain_place {
    const char *subject; /* attribute type of the subject: a name of OpenSSL's or dotted; or … */
    const char *extension; /* … OID of an extension, dotted; exactly one is set */
};

/* Whether OpenSSL knows how to look there. */
bool hf_chain_place_ok(const struct hf_chain_place *place);

/**
 * hf_chain_read_name() - what stands at @place of a certificate
 * @cert:  DER, verified before
 * @name:  appended to, as UTF-8
 *
 * A value in an extension may be bare or inside one or two string types, as authorities differ.
 * Errors: NOT_FOUND (not there, or twice), KEY_MALFORMED, LIMIT, NOMEM.
 */
hf_status hf_chain_read_name(hf_bytes cert, const struct hf_chain_place *place, hf_buf *name);

/*
 * What this gateway signs receipts and status lists with, and the public keys that it tells
 * everybody: its present one first, then those it used before, so that what they signed can still
 * be verified. A key's name is its thumbprint.
 */
#pragma once

#include "crypto/key_set.h"

struct hf_signer {
    struct hf_key *key;     /* a pair */
    struct hf_key_set keys; /* published */
};

/**
 * hf_signer_read() - read the key and those that were retired
 * @key_path:   a private key, PKCS#8 PEM of mode 0600
 * @retired:    a folder of *.jwk files, each a public JWK (or a set); may be missing
 * @ret_signer: set only on success; hf_signer_clear()
 * @reterr:     may be NULL; where = the file, or empty: the key itself
 *
 * Errors: NOT_FOUND (the key), PERMISSIONS, KEY_MALFORMED, KEY_UNSUPPORTED, EXISTS (one key twice),
 * LIMIT, IO, NOMEM.
 */
hf_status hf_signer_read(const char *key_path, const char *retired, struct hf_signer *ret_signer,
                         struct hf_problem *reterr);
void hf_signer_clear(struct hf_signer *signer); /* a zeroed one is fine */

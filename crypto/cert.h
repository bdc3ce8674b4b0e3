/*
 * Certificates as far as the gateway and the tool need them: what identifies a bank's client
 * certificate, and the little authority that `hufu init` makes for a first deployment.
 * TLS keys are P-256; they are no hf_key, because they never sign a token.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/key.h"

struct hf_cert_info {
    uint8_t sha256[HF_SHA256_BYTES]; /* of the DER: RFC 8705 x5t#S256 */
    char jkt[HF_THUMBPRINT_CHARS +
             1]; /* RFC 7638 thumbprint of its public key (EC P-256, Ed25519, RSA) */
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
};

/* Errors: KEY_MALFORMED, KEY_UNSUPPORTED (another kind of public key), NOMEM. */
hf_status hf_cert_info_from_der(hf_bytes der, struct hf_cert_info *ret_info);

/* The first certificate of a PEM text. */
hf_status hf_cert_info_from_pem(hf_bytes pem, struct hf_cert_info *ret_info);

struct hf_cert_issuer; /* a CA certificate and its key */

struct hf_cert_request {
    const char *common_name;
    const char *const
        *dns_names; /* n_dns_names; also "127.0.0.1"-style addresses: told apart here */
    size_t n_dns_names;
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
    int is_server; /* extendedKeyUsage serverAuth, else clientAuth */
};

/* A new P-256 root that signs; never written with its key unless hf_cert_issuer_write is called. */
hf_status hf_cert_issuer_new(const char *common_name, int64_t not_before_unix_s,
                             int64_t not_after_unix_s, struct hf_cert_issuer **ret_issuer);
void hf_cert_issuer_free(struct hf_cert_issuer *issuer);

/* The root's certificate as PEM. Errors: LIMIT, NOMEM, CRYPTO. */
hf_status hf_cert_issuer_write_cert(const struct hf_cert_issuer *issuer, hf_buf *pem);

/* A fresh P-256 key and its certificate, both as PEM. Errors: LIMIT, NOMEM, CRYPTO. */
hf_status hf_cert_issue(const struct hf_cert_issuer *issuer, const struct hf_cert_request *request,
                        hf_buf *cert_pem, hf_buf *key_pem);

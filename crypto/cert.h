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
    uint8_t sha256[HF_SHA256_BYTES];   /* of the DER: RFC 8705 x5t#S256 */
    char jkt[HF_THUMBPRINT_CHARS + 1]; /* RFC 7638 thumbprint of its public key */
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
};

/**
 * hf_cert_info_from_der() - what identifies a certificate
 * @der:      exactly one X.509 certificate; untrusted
 * @ret_info: set only on success
 *
 * Says nothing of who issued it or whether it is valid: the TLS library judged that, or nobody.
 * Keys: EC P-256, Ed25519, RSA.
 * Cost: 0.1 to 0.2 ms, nearly all of it OpenSSL decoding the key; meant for once a connection.
 * Errors: KEY_MALFORMED, KEY_UNSUPPORTED (another kind of public key), NOMEM.
 */
hf_status hf_cert_info_from_der(hf_bytes der, struct hf_cert_info *ret_info);

/* The first certificate of a PEM text. Errors: as above. */
hf_status hf_cert_info_from_pem(hf_bytes pem, struct hf_cert_info *ret_info);

struct hf_cert_issuer; /* a CA certificate and its key */

/* Seconds since 1970 UTC. */
struct hf_cert_validity {
    int64_t not_before_unix_s;
    int64_t not_after_unix_s;
};

struct hf_cert_request {
    const char *common_name;      /* 1..64 characters of UTF-8 */
    const char *const *alt_names; /* DNS names and IP addresses, told apart here; may be NULL */
    size_t n_alt_names;
    struct hf_cert_validity validity;
    bool is_server; /* extendedKeyUsage serverAuth, else clientAuth */
};

/**
 * hf_cert_issuer_new() - a new P-256 root, path length 0
 * @ret_issuer: set only on success; caller owns, hf_cert_issuer_free()
 *
 * Its key stays in memory: what it signed stands, and nobody can sign more once it is freed.
 * Errors: NOMEM, CRYPTO (also: a common name that X.509 does not allow).
 */
hf_status hf_cert_issuer_new(const char *common_name, struct hf_cert_validity validity,
                             struct hf_cert_issuer **ret_issuer);
void hf_cert_issuer_free(struct hf_cert_issuer *issuer); /* NULL is fine */

/* Appends the root's certificate as PEM. Errors: LIMIT, NOMEM, CRYPTO. */
hf_status hf_cert_issuer_write_cert(const struct hf_cert_issuer *issuer, hf_buf *pem);

/**
 * hf_cert_issue() - a fresh P-256 key and its certificate, both appended as PEM
 * @key_pem: PKCS#8; hf_secret_buf_clear() it
 *
 * Either both are appended or neither. Errors: LIMIT, NOMEM, CRYPTO (also: a name that X.509 does
 * not allow). Source: RFC 5280 4.2.
 */
hf_status hf_cert_issue(const struct hf_cert_issuer *issuer, const struct hf_cert_request *request,
                        hf_buf *cert_pem, hf_buf *key_pem);

/*
 * What identifies a certificate. It reads, and judges nothing: a chain is the TLS library's affair,
 * and whether a bank's certificate is on file is the gateway's.
 *
 * Invariant: OpenSSL's error queue is left empty, whatever came in; a stale entry there would be
 * taken for an error of the TLS connection that the same thread serves next.
 */
#include "crypto/cert.h"

#include "crypto/base64.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    P256_BYTES = 32,
    RSA_MAX_BYTES = 1024, /* 8192 bits */
    JWK_MAX_BYTES = 64 + 2 * HF_BASE64URL_CHARS(RSA_MAX_BYTES),
    DER_MAX_BYTES = 65536
};

static void free_x509(X509 **x509)
{
    X509_free(*x509);
    ERR_clear_error();
}

static void free_bn(BIGNUM **bn)
{
    BN_free(*bn);
}

static void set_jkt(const char *jwk, struct hf_cert_info *info)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of_string(jwk), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof(digest)), info->jkt);
}

static hf_status set_jkt_of_ed25519(const EVP_PKEY *key, struct hf_cert_info *info)
{
    uint8_t point[HF_ED25519_PUBLIC_BYTES];
    size_t n = sizeof(point);
    char x[HF_BASE64URL_CHARS(sizeof(point)) + 1];
    char jwk[JWK_MAX_BYTES];
    if (EVP_PKEY_get_raw_public_key(key, point, &n) != 1 || n != sizeof(point)) {
        HF_FAIL(KEY_MALFORMED);
    }
    hf_base64url_encode_fixed(hf_bytes_of(point, n), x);
    snprintf(jwk, sizeof(jwk), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    set_jkt(jwk, info);
    return HF_DONE;
}

/* The parameter @name of @key in base64url: of @n_bytes, or of as few as it needs when 0. */
static hf_status write_number(const EVP_PKEY *key, const char *name, size_t n_bytes, char *ret_text)
{
    uint8_t bytes[RSA_MAX_BYTES];
    HF_CLEANUP(free_bn) BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) {
        HF_FAIL(KEY_MALFORMED);
    }
    size_t n_needed = (size_t)BN_num_bytes(number);
    size_t n = n_bytes > 0 ? n_bytes : n_needed;
    if (n_needed > n || n > sizeof(bytes) || n == 0) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    if (BN_bn2binpad(number, bytes, (int)n) != (int)n) {
        HF_FAIL(KEY_MALFORMED);
    }
    hf_base64url_encode_fixed(hf_bytes_of(bytes, n), ret_text);
    return HF_DONE;
}

/* = RFC 7518 6.2.1: coordinates have the width of the field */
static hf_status set_jkt_of_p256(const EVP_PKEY *key, struct hf_cert_info *info)
{
    char group[32] = "";
    char x[HF_BASE64URL_CHARS(P256_BYTES) + 1];
    char y[HF_BASE64URL_CHARS(P256_BYTES) + 1];
    char jwk[JWK_MAX_BYTES];
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                       NULL) != 1 ||
        strcmp(group, SN_X9_62_prime256v1) != 0) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    HF_TRY(write_number(key, OSSL_PKEY_PARAM_EC_PUB_X, P256_BYTES, x));
    HF_TRY(write_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, P256_BYTES, y));
    snprintf(jwk, sizeof(jwk), "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x,
             y);
    set_jkt(jwk, info);
    return HF_DONE;
}

/* = RFC 7518 6.3.1: numbers have no leading zero octets */
static hf_status set_jkt_of_rsa(const EVP_PKEY *key, struct hf_cert_info *info)
{
    char e[HF_BASE64URL_CHARS(RSA_MAX_BYTES) + 1];
    char n[HF_BASE64URL_CHARS(RSA_MAX_BYTES) + 1];
    char jwk[JWK_MAX_BYTES];
    HF_TRY(write_number(key, OSSL_PKEY_PARAM_RSA_E, 0, e));
    HF_TRY(write_number(key, OSSL_PKEY_PARAM_RSA_N, 0, n));
    snprintf(jwk, sizeof(jwk), "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n);
    set_jkt(jwk, info);
    return HF_DONE;
}

static hf_status read_key(const X509 *x509, struct hf_cert_info *info)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);
    if (!key) { /* unknown to OpenSSL, or not on its curve */
        HF_FAIL(KEY_UNSUPPORTED);
    }
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
        return set_jkt_of_ed25519(key, info);
    case EVP_PKEY_EC:
        return set_jkt_of_p256(key, info);
    case EVP_PKEY_RSA:
        return set_jkt_of_rsa(key, info);
    default:
        HF_FAIL(KEY_UNSUPPORTED);
    }
}

static hf_status read_time(const ASN1_TIME *time, int64_t *ret_unix_s)
{
    struct tm civil;
    if (ASN1_TIME_to_tm(time, &civil) != 1) {
        HF_FAIL(KEY_MALFORMED);
    }
    *ret_unix_s = (int64_t)timegm(&civil);
    return HF_DONE;
}

hf_status hf_cert_info_from_der(hf_bytes der, struct hf_cert_info *ret_info)
{
    struct hf_cert_info info = {0};
    const unsigned char *at = der.data;
    if (der.size == 0 || der.size > DER_MAX_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    HF_CLEANUP(free_x509) X509 *x509 = d2i_X509(NULL, &at, (long)der.size);
    if (!x509 || at != der.data + der.size) {
        HF_FAIL(KEY_MALFORMED);
    }
    HF_TRY(read_key(x509, &info));
    HF_TRY(read_time(X509_get0_notBefore(x509), &info.not_before_unix_s));
    HF_TRY(read_time(X509_get0_notAfter(x509), &info.not_after_unix_s));
    hf_sha256_of(der, info.sha256);
    *ret_info = info;
    return HF_DONE;
}

hf_status hf_cert_info_from_pem(hf_bytes pem, struct hf_cert_info *ret_info)
{
    unsigned char *der = NULL;
    if (pem.size == 0 || pem.size > 4 * (size_t)DER_MAX_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (!bio) {
        HF_FAIL(NOMEM);
    }
    HF_CLEANUP(free_x509) X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    int n = x509 ? i2d_X509(x509, &der) : -1; /* the bytes that were read: OpenSSL keeps them */
    if (n < 0) {
        HF_FAIL(KEY_MALFORMED);
    }
    hf_status status = hf_cert_info_from_der(hf_bytes_of(der, (size_t)n), ret_info);
    OPENSSL_free(der);
    return status;
}

/*
 * A little authority for tests: keys, certificates and lists of revocations made with OpenSSL's own
 * interface, each as right or as wrong as its specification says.
 */
#pragma once

#include "base/buf.h"
#include "crypto/ec.h"
#include "tests/unit/unit.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { CA_FROM = 1700000000, CA_TO = 1900000000, CA_DAY = 86400 };

#define CA_ID HF_SM2_DISTINGUISHING_ID
#define CA_USAGE "critical,keyCertSign,cRLSign"
#define CA_CONSTRAINTS "critical,CA:TRUE"
#define SIGNER_USAGE "critical,digitalSignature,nonRepudiation"
#define CA_USCC "91350100M000100Y43"

/* Zero or NULL: the usual, or absent. */
struct ca_spec {
    const char *name;        /* common name */
    const char *type;        /* of key: "SM2", "EC" (P-256), "P-384", "RSA" */
    const char *usage;       /* keyUsage; NULL: none */
    const char *constraints; /* basicConstraints; NULL: none */
    const char *extended;    /* extendedKeyUsage */
    const char *code;        /* serialNumber of the subject */
    const char *code_twice;  /* another of them */
    const char *ext_oid;     /* an extension … */
    const char *ext_value;   /* … as OpenSSL writes one: "ASN1:UTF8String:…", "DER:…" */
    const char *id;          /* that an SM2 issuer signs with; NULL: the right one */
    const char *digest;      /* NULL: that of the issuer's key */
    long from, to;
};

struct ca_cert {
    X509 *x509;
    EVP_PKEY *key;
    uint8_t der[4096];
    size_t n_der;
};

static inline void ca_free(struct ca_cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
}

static inline hf_bytes ca_der(const struct ca_cert *cert)
{
    return hf_bytes_of(cert->der, cert->n_der);
}

static inline EVP_PKEY *ca_key(const char *type)
{
    EVP_PKEY *key = strcmp(type, "RSA") == 0     ? EVP_RSA_gen(2048)
                    : strcmp(type, "SM2") == 0   ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2")
                    : strcmp(type, "P-384") == 0 ? EVP_EC_gen("P-384")
                                                 : EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

/* A context that signs with @key, under @id when the key is SM2. */
static inline EVP_MD_CTX *ca_signer(EVP_PKEY *key, const char *id, const char *digest)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_end()};
    bool is_sm2 = EVP_PKEY_is_a(key, "SM2");
    if (is_sm2) {
        params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID,
                                                      (void *)(uintptr_t)id, strlen(id));
        params[1] = OSSL_PARAM_construct_end();
    }
    digest = digest ? digest : is_sm2 ? "SM3" : "SHA256";
    assert_int_equal(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, key, params), 1);
    return context;
}

static inline void ca_extend(X509 *x509, X509V3_CTX *context, const char *name, const char *value)
{
    if (!value) {
        return;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf(NULL, context, name, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static inline void ca_name(X509_NAME *name, const char *field, const char *value)
{
    if (value) {
        assert_int_equal(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                    (const unsigned char *)value, -1, -1, 0),
                         1);
    }
}

static inline void ca_fill(X509 *x509, const struct ca_spec *spec, X509 *issuer)
{
    static long serial = 1000;
    X509V3_CTX context;
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_set_version(x509, 2);
    ASN1_TIME_set(X509_getm_notBefore(x509), spec->from ? spec->from : CA_FROM);
    ASN1_TIME_set(X509_getm_notAfter(x509), spec->to ? spec->to : CA_TO);
    ca_name(X509_get_subject_name(x509), "CN", spec->name);
    ca_name(X509_get_subject_name(x509), "serialNumber", spec->code);
    ca_name(X509_get_subject_name(x509), "serialNumber", spec->code_twice);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    ca_extend(x509, &context, "subjectKeyIdentifier", "hash");
    if (issuer != x509) {
        ca_extend(x509, &context, "authorityKeyIdentifier", "keyid:always");
    }
    ca_extend(x509, &context, "keyUsage", spec->usage);
    ca_extend(x509, &context, "basicConstraints", spec->constraints);
    ca_extend(x509, &context, "extendedKeyUsage", spec->extended);
    if (spec->ext_oid) {
        ca_extend(x509, &context, spec->ext_oid, spec->ext_value);
    }
}

/* @issuer NULL: self-signed. */
static inline struct ca_cert ca_issue(const struct ca_spec *spec, const struct ca_cert *issuer)
{
    struct ca_cert cert = {.x509 = X509_new(), .key = ca_key(spec->type ? spec->type : "SM2")};
    X509_set_pubkey(cert.x509, cert.key);
    ca_fill(cert.x509, spec, issuer ? issuer->x509 : cert.x509);
    EVP_MD_CTX *context =
        ca_signer(issuer ? issuer->key : cert.key, spec->id ? spec->id : CA_ID, spec->digest);
    assert_true(X509_sign_ctx(cert.x509, context) > 0);
    EVP_MD_CTX_free(context);
    unsigned char *at = cert.der;
    int n = i2d_X509(cert.x509, NULL);
    assert_true(n > 0 && (size_t)n <= sizeof cert.der);
    cert.n_der = (size_t)i2d_X509(cert.x509, &at);
    return cert;
}

static inline void ca_write_pem(const struct ca_cert *cert, hf_buf *pem)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, cert->x509), 1);
    long n = BIO_get_mem_data(bio, &text);
    assert_ok(hf_buf_append(pem, hf_bytes_of(text, (size_t)n)));
    BIO_free(bio);
}

/* A list of revocations. Zero or NULL: the usual, or absent. */
struct ca_list {
    const struct ca_cert *revoked;
    long revoked_at;
    const char *id;
    long updated, next; /* next -1: none */
    int critical_nid;   /* an extension of the list that is critical */
    bool is_delta;
};

static inline hf_bytes ca_crl(const struct ca_cert *issuer, const struct ca_list *list,
                              uint8_t der[4096])
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, list->updated ? list->updated : CA_FROM + CA_DAY);
    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
    X509_CRL_set1_lastUpdate(crl, time);
    if (list->next >= 0) {
        ASN1_TIME_set(time, list->next ? list->next : CA_TO);
        X509_CRL_set1_nextUpdate(crl, time);
    }
    if (list->revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(list->revoked->x509));
        ASN1_TIME_set(time, list->revoked_at);
        X509_REVOKED_set_serialNumber(entry, serial);
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
        ASN1_INTEGER_free(serial);
    }
    ASN1_TIME_free(time);
    if (list->critical_nid || list->is_delta) {
        ASN1_INTEGER *number = ASN1_INTEGER_new();
        ASN1_INTEGER_set(number, 7);
        X509_CRL_add1_ext_i2d(crl, list->is_delta ? NID_delta_crl : list->critical_nid, number,
                              !list->is_delta, 0);
        ASN1_INTEGER_free(number);
    }
    EVP_MD_CTX *context = ca_signer(issuer->key, list->id ? list->id : CA_ID, NULL);
    assert_true(X509_CRL_sign_ctx(crl, context) > 0);
    EVP_MD_CTX_free(context);
    unsigned char *at = der;
    int n = i2d_X509_CRL(crl, NULL);
    assert_true(n > 0 && n <= 4096);
    n = i2d_X509_CRL(crl, &at);
    X509_CRL_free(crl);
    return hf_bytes_of(der, (size_t)n);
}

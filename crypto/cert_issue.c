/*
 * The little authority of a first deployment: one P-256 root that signs a server's and some
 * clients' certificates and is then forgotten. It is no CA: it revokes nothing and renews nothing.
 *
 * Every extension that RFC 5280 wants is there, so that any TLS library accepts what it issues:
 * critical basicConstraints and keyUsage, extendedKeyUsage for one purpose, key identifiers, and
 * the server's names as subjectAltName (RFC 9525: the common name is not a host name).
 */
#include "crypto/cert.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct hf_cert_issuer {
    X509 *cert;
    EVP_PKEY *key;
};

/* One certificate on its way. */
struct draft {
    X509 *cert;
    EVP_PKEY *key;
};

static void draft_clear(struct draft *draft)
{
    X509_free(draft->cert);
    EVP_PKEY_free(draft->key);
    ERR_clear_error();
}

static bool set_serial(X509 *cert)
{
    unsigned char bytes[16]; /* = RFC 5280 4.1.2.2: positive, at most 20 octets */
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return false;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return done;
}

static bool set_subject(X509 *cert, const char *common_name)
{
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

static bool set_validity(X509 *cert, struct hf_cert_validity validity)
{
    return validity.not_before_unix_s < validity.not_after_unix_s &&
           ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)validity.not_before_unix_s) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)validity.not_after_unix_s);
}

static hf_status draft_new(const char *common_name, struct hf_cert_validity validity,
                           struct draft *ret_draft)
{
    HF_CLEANUP(draft_clear) struct draft draft = {.cert = X509_new(), .key = EVP_EC_gen("P-256")};
    if (!draft.cert || !draft.key) {
        HF_FAIL(NOMEM);
    }
    if (X509_set_version(draft.cert, X509_VERSION_3) != 1 || !set_serial(draft.cert) ||
        !set_subject(draft.cert, common_name) || !set_validity(draft.cert, validity) ||
        X509_set_pubkey(draft.cert, draft.key) != 1) {
        HF_FAIL(CRYPTO);
    }
    *ret_draft = draft;
    draft = (struct draft){0};
    return HF_DONE;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool done = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* Consumes nothing of @name; NULL when it is neither an address nor a DNS name. */
static GENERAL_NAME *alt_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-.*";
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ASN1_STRING *dns = address ? NULL : ASN1_IA5STRING_new();
    GENERAL_NAME *general = GENERAL_NAME_new();
    bool is_dns = dns && name[0] != '\0' && name[strspn(name, allowed)] == '\0' &&
                  ASN1_STRING_set(dns, name, -1) == 1;
    if (!general || (!address && !is_dns)) {
        ASN1_OCTET_STRING_free(address);
        ASN1_STRING_free(dns);
        GENERAL_NAME_free(general);
        return NULL;
    }
    if (address) {
        GENERAL_NAME_set0_value(general, GEN_IPADD, address);
    } else {
        GENERAL_NAME_set0_value(general, GEN_DNS, dns);
    }
    return general;
}

static bool add_alt_names(X509 *cert, const struct hf_cert_request *request)
{
    if (request->n_alt_names == 0) {
        return true;
    }
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool done = names != NULL;
    for (size_t i = 0; i < request->n_alt_names && done; i++) {
        GENERAL_NAME *name = alt_name(request->alt_names[i]);
        done = name && sk_GENERAL_NAME_push(names, name) > 0;
        if (!done) {
            GENERAL_NAME_free(name);
        }
    }
    done = done && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

hf_status hf_cert_issuer_new(const char *common_name, struct hf_cert_validity validity,
                             struct hf_cert_issuer **ret_issuer)
{
    HF_CLEANUP(draft_clear) struct draft draft = {0};
    HF_TRY(draft_new(common_name, validity, &draft));
    X509 *cert = draft.cert;
    if (X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
        !add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
        X509_sign(cert, draft.key, EVP_sha256()) <= 0) {
        HF_FAIL(CRYPTO);
    }
    struct hf_cert_issuer *issuer = calloc(1, sizeof(*issuer));
    if (!issuer) {
        HF_FAIL(NOMEM);
    }
    issuer->cert = draft.cert;
    issuer->key = draft.key;
    draft = (struct draft){0};
    *ret_issuer = issuer;
    return HF_DONE;
}

void hf_cert_issuer_free(struct hf_cert_issuer *issuer)
{
    if (issuer) {
        X509_free(issuer->cert);
        EVP_PKEY_free(issuer->key);
        free(issuer);
    }
}

/* What a BIO in memory holds, into @buf. */
static hf_status append_bio(BIO *bio, hf_buf *buf)
{
    char *data = NULL;
    long n = BIO_get_mem_data(bio, &data);
    if (n <= 0) {
        HF_FAIL(CRYPTO);
    }
    return hf_buf_append(buf, hf_bytes_of(data, (size_t)n));
}

static hf_status append_cert(X509 *cert, hf_buf *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) {
        HF_FAIL(NOMEM);
    }
    hf_status status =
        PEM_write_bio_X509(bio, cert) == 1 ? append_bio(bio, pem) : hf_status_of(HF_CRYPTO);
    BIO_free(bio);
    return status;
}

static hf_status append_key(const EVP_PKEY *key, hf_buf *pem)
{
    BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when it is freed */
    if (!bio) {
        HF_FAIL(NOMEM);
    }
    hf_status status = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1
                           ? append_bio(bio, pem)
                           : hf_status_of(HF_CRYPTO);
    BIO_free(bio);
    return status;
}

hf_status hf_cert_issuer_write_cert(const struct hf_cert_issuer *issuer, hf_buf *pem)
{
    return append_cert(issuer->cert, pem);
}

static hf_status sign(const struct hf_cert_issuer *issuer, const struct hf_cert_request *request,
                      X509 *cert)
{
    const char *usage = request->is_server ? "serverAuth" : "clientAuth";
    if (X509_set_issuer_name(cert, X509_get_subject_name(issuer->cert)) != 1 ||
        !add_extension(cert, issuer->cert, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(cert, issuer->cert, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(cert, issuer->cert, NID_ext_key_usage, usage) ||
        !add_extension(cert, issuer->cert, NID_subject_key_identifier, "hash") ||
        !add_extension(cert, issuer->cert, NID_authority_key_identifier, "keyid:always") ||
        !add_alt_names(cert, request) || X509_sign(cert, issuer->key, EVP_sha256()) <= 0) {
        HF_FAIL(CRYPTO);
    }
    return HF_DONE;
}

hf_status hf_cert_issue(const struct hf_cert_issuer *issuer, const struct hf_cert_request *request,
                        hf_buf *cert_pem, hf_buf *key_pem)
{
    HF_CLEANUP(draft_clear) struct draft draft = {0};
    HF_TRY(draft_new(request->common_name, request->validity, &draft));
    HF_TRY(sign(issuer, request, draft.cert));
    const size_t n_before = cert_pem->size;
    HF_TRY(append_cert(draft.cert, cert_pem));
    hf_status status = append_key(draft.key, key_pem);
    if (!hf_is_ok(status)) {
        cert_pem->size = n_before;
    }
    return status;
}

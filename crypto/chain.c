/*
 * From a signer's certificate to a trusted root. OpenSSL builds the chain and checks signatures,
 * names and CA constraints, strictly; this file decides which algorithms may occur at all, gives
 * each SM2 signature its distinguishing id, wants of the signer's certificate that it is one for
 * signing, and asks the lists of revocations.
 *
 * It does not know the hour. A certificate runs out long before a consent that was signed with it
 * should, so the caller judges validity at the moment the token came and only revocation later.
 *
 * Invariants: nothing is fetched; OpenSSL's error queue is empty when a function returns.
 */
#include "crypto/chain.h"

#include "crypto/chain_parts.h"
#include "crypto/ec.h"
#include "crypto/key_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct hf_chain_root {
    X509 *cert;
    struct hf_key *key;
    X509_STORE *store; /* of this root alone */
    struct hf_chain_crl **crls;
    size_t n_crls;
};

static hf_status refuse(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_SIGNATURE_INVALID, NULL, "%s", sentence);
}

/* ---- one certificate ---- */

static void free_bytes(unsigned char **bytes)
{
    OPENSSL_free(*bytes);
}

hf_status hf_chain_key_of(const X509 *cert, struct hf_key **ret_key)
{
    HF_CLEANUP(free_bytes) unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    struct hf_key *key = NULL;
    if (n <= 0) {
        HF_FAIL(KEY_MALFORMED);
    }
    HF_TRY(hf_key_from_spki(hf_bytes_of(der, (size_t)n), &key, NULL));
    if (hf_key_alg(key) == HF_ALG_ED25519) {
        hf_key_unref(key);
        HF_FAIL(KEY_UNSUPPORTED);
    }
    *ret_key = key;
    return HF_DONE;
}

/* An SM2 signature is over its signer's id, too, which OpenSSL wants told on the certificate that
 * carries the signature. = GB/T 35276 10 */
static hf_status set_id(X509 *cert)
{
    enum hf_alg alg;
    if (!hf_chain_alg_of(X509_get_signature_nid(cert), &alg)) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    if (alg != HF_ALG_SM2) {
        return HF_DONE;
    }
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    if (!id || ASN1_OCTET_STRING_set(id, (const unsigned char *)HF_SM2_DISTINGUISHING_ID,
                                     sizeof HF_SM2_DISTINGUISHING_ID - 1) != 1) {
        ASN1_OCTET_STRING_free(id);
        HF_FAIL(NOMEM);
    }
    X509_set0_distinguishing_id(cert, id); /* the certificate's now */
    return HF_DONE;
}

/* ---- roots ---- */

void hf_chain_root_free(struct hf_chain_root *root)
{
    if (!root) {
        return;
    }
    for (size_t i = 0; i < root->n_crls; i++) {
        hf_chain_crl_free(root->crls[i]);
    }
    free(root->crls);
    X509_STORE_free(root->store);
    X509_free(root->cert);
    hf_key_unref(root->key);
    free(root);
}

static void free_root(struct hf_chain_root **root)
{
    hf_chain_root_free(*root);
    ERR_clear_error();
}

static hf_status read_root(struct hf_chain_root *root, hf_bytes pem, struct hf_problem *reterr)
{
    BIO *bio = pem.size > 0 && pem.size <= 4 * (size_t)HF_CHAIN_CERT_MAX_BYTES
                   ? BIO_new_mem_buf(pem.data, (int)pem.size)
                   : NULL;
    root->cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (!root->cert) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "not a certificate in PEM");
    }
    hf_status status = hf_chain_key_of(root->cert, &root->key);
    status = hf_is_ok(status) ? set_id(root->cert) : status;
    if (status.code == HF_KEY_UNSUPPORTED) {
        return hf_problem_set(reterr, HF_KEY_UNSUPPORTED, NULL,
                              "only roots of P-256 with SHA-256 or SM2 with SM3 are supported");
    }
    return hf_is_ok(status) ? status
                            : hf_problem_set(reterr, status.code, NULL, "has no key of ours");
}

hf_status hf_chain_root_new(hf_bytes pem, struct hf_chain_root **ret_root,
                            struct hf_problem *reterr)
{
    HF_CLEANUP(free_root) struct hf_chain_root *root = calloc(1, sizeof *root);
    if (!root) {
        HF_FAIL(NOMEM);
    }
    HF_TRY(read_root(root, pem, reterr));
    if (X509_check_ca(root->cert) != 1 || X509_self_signed(root->cert, 1) != 1) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL,
                              "not a CA certificate that signed itself");
    }
    root->store = X509_STORE_new();
    if (!root->store || X509_STORE_add_cert(root->store, root->cert) != 1) {
        HF_FAIL(CRYPTO);
    }
    *ret_root = root;
    root = NULL;
    return HF_DONE;
}

hf_status hf_chain_root_add_crl(struct hf_chain_root *root, hf_bytes file,
                                struct hf_problem *reterr)
{
    struct hf_chain_crl *crl = NULL;
    struct hf_chain_crl **crls =
        reallocarray(root->crls, root->n_crls + 1, sizeof(struct hf_chain_crl *));
    if (!crls) {
        HF_FAIL(NOMEM);
    }
    root->crls = crls;
    HF_TRY(hf_chain_crl_new(file, &crl, reterr));
    if (hf_chain_crl_is_of(crl, root->cert) && !hf_is_ok(hf_chain_crl_verify(crl, root->key))) {
        hf_chain_crl_free(crl);
        return refuse(reterr, "the list names this root and is not signed by it");
    }
    root->crls[root->n_crls++] = crl;
    return HF_DONE;
}

bool hf_chain_root_has_own_crl(const struct hf_chain_root *root)
{
    for (size_t i = 0; i < root->n_crls; i++) {
        if (hf_chain_crl_is_of(root->crls[i], root->cert)) {
            return true;
        }
    }
    return false;
}

/* ---- chains ---- */

void hf_chain_clear(struct hf_chain *chain)
{
    hf_key_unref(chain->key);
    *chain = (struct hf_chain){0};
}

/* One chain under work: what was sent, then what it was found to be. */
struct work {
    const struct hf_chain_root *root;
    X509 *certs[HF_CHAIN_MAX_CERTS + 1]; /* the root behind those that were sent; borrowed */
    size_t n_certs;                      /* without the root */
    STACK_OF(X509) * owned;
    X509_STORE_CTX *context;
    struct hf_chain chain;
    struct hf_problem *reterr;
};

static void clear_work(struct work *work)
{
    X509_STORE_CTX_free(work->context);
    sk_X509_pop_free(work->owned, X509_free);
    hf_chain_clear(&work->chain);
    ERR_clear_error();
}

static hf_status read_cert(struct work *work, hf_bytes der)
{
    const unsigned char *at = der.data;
    if (der.size == 0 || der.size > HF_CHAIN_CERT_MAX_BYTES) {
        return refuse(work->reterr, "a certificate is empty or too large");
    }
    X509 *cert = d2i_X509(NULL, &at, (long)der.size);
    if (!cert || at != der.data + der.size) {
        X509_free(cert);
        return refuse(work->reterr, "a certificate is not one in DER");
    }
    if (sk_X509_push(work->owned, cert) <= 0) {
        X509_free(cert);
        HF_FAIL(NOMEM);
    }
    work->certs[work->n_certs++] = cert;
    hf_status status = set_id(cert);
    return status.code == HF_KEY_UNSUPPORTED
               ? refuse(work->reterr, "a certificate is not signed with P-256 or SM2")
               : status;
}

static hf_status read_certs(struct work *work, const hf_bytes *certs, size_t n_certs)
{
    if (n_certs < 1 || n_certs > HF_CHAIN_MAX_CERTS) {
        return refuse(work->reterr, "not 1 to 3 certificates");
    }
    work->owned = sk_X509_new_null();
    if (!work->owned) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n_certs; i++) {
        HF_TRY(read_cert(work, certs[i]));
    }
    work->certs[n_certs] = work->root->cert;
    if (X509_NAME_cmp(X509_get_issuer_name(work->certs[n_certs - 1]),
                      X509_get_subject_name(work->root->cert)) != 0) {
        return hf_problem_set(work->reterr, HF_NOT_FOUND, NULL,
                              "the last certificate is of no trusted root");
    }
    return HF_DONE;
}

/* = RFC 5280 6.1: OpenSSL's path is the one that was sent, link by link, and nothing else */
static hf_status follow(struct work *work)
{
    work->context = X509_STORE_CTX_new();
    if (!work->context ||
        X509_STORE_CTX_init(work->context, work->root->store, work->certs[0], work->owned) != 1) {
        HF_FAIL(NOMEM);
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(work->context);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME);
    X509_VERIFY_PARAM_set_depth(param, HF_CHAIN_MAX_CERTS - 1);
    if (X509_verify_cert(work->context) != 1) {
        int error = X509_STORE_CTX_get_error(work->context);
        return refuse(work->reterr, X509_verify_cert_error_string(error));
    }
    const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(work->context);
    bool is_sent = (size_t)sk_X509_num(path) == work->n_certs + 1;
    for (size_t i = 0; is_sent && i <= work->n_certs; i++) {
        is_sent = X509_cmp(sk_X509_value(path, (int)i), work->certs[i]) == 0;
    }
    return is_sent ? HF_DONE : refuse(work->reterr, "the certificates are not one chain in order");
}

/* = GM/T 0015 5.2.4: of a pair of certificates the other one encrypts, and its key is escrowed */
static hf_status check_signer(const struct work *work)
{
    enum { ENCRYPTS = KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT };
    X509 *cert = work->certs[0];
    uint32_t usage = X509_get_key_usage(cert);
    uint32_t extended = X509_get_extended_key_usage(cert);
    if (usage == UINT32_MAX || !(usage & KU_DIGITAL_SIGNATURE)) {
        return refuse(work->reterr, "the signer's certificate is not for signatures");
    }
    if (usage & ENCRYPTS) {
        return refuse(work->reterr, "the signer's certificate is for encryption");
    }
    if (X509_check_ca(cert) != 0) {
        return refuse(work->reterr, "the signer's certificate is a CA's");
    }
    if (extended != UINT32_MAX && !(extended & (XKU_SSL_CLIENT | XKU_SMIME | XKU_ANYEKU))) {
        return refuse(work->reterr, "the signer's certificate is for another use");
    }
    return HF_DONE;
}

static hf_status read_validity(struct work *work)
{
    struct hf_chain *chain = &work->chain;
    chain->not_before_unix_s = INT64_MIN;
    chain->not_after_unix_s = INT64_MAX;
    for (size_t i = 0; i <= work->n_certs; i++) {
        int64_t from;
        int64_t last;
        if (!hf_chain_time(X509_get0_notBefore(work->certs[i]), &from) ||
            !hf_chain_time(X509_get0_notAfter(work->certs[i]), &last)) {
            return refuse(work->reterr, "a certificate's validity is not well formed");
        }
        if (from > chain->not_before_unix_s) {
            chain->not_before_unix_s = from;
        }
        if (last + 1 < chain->not_after_unix_s) { /* = RFC 5280 4.1.2.5: both ends inclusive */
            chain->not_after_unix_s = last + 1;
        }
    }
    return HF_DONE;
}

/* ---- revocation ---- */

static void take_earlier(int64_t *moment, int64_t other)
{
    if (other && (!*moment || other < *moment)) {
        *moment = other;
    }
}

/* All lists of @issuer: any may name the certificate, the newest says how fresh the word is. */
static bool ask_issuer(const struct work *work, X509 *cert, const X509 *issuer,
                       const struct hf_key *key, struct hf_chain_crl_answer *ret_answer)
{
    struct hf_chain_crl_answer all = {0};
    bool is_told = false;
    for (size_t i = 0; i < work->root->n_crls; i++) {
        struct hf_chain_crl *crl = work->root->crls[i];
        struct hf_chain_crl_answer answer;
        if (!hf_chain_crl_is_of(crl, issuer) || !hf_is_ok(hf_chain_crl_verify(crl, key))) {
            continue;
        }
        hf_chain_crl_ask(crl, cert, &answer);
        take_earlier(&all.revoked_at_unix_s, answer.revoked_at_unix_s);
        if (!is_told || answer.updated_unix_s > all.updated_unix_s) {
            all.updated_unix_s = answer.updated_unix_s;
            all.next_update_unix_s = answer.next_update_unix_s;
        }
        is_told = true;
    }
    *ret_answer = all;
    return is_told;
}

static hf_status check_revocation(struct work *work, size_t index)
{
    struct hf_chain *chain = &work->chain;
    X509 *issuer = work->certs[index + 1];
    struct hf_chain_crl_answer answer;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    hf_status status = hf_chain_key_of(issuer, &key);
    if (!hf_is_ok(status)) {
        return status.code == HF_NOMEM ? status : refuse(work->reterr, "a CA has no key of ours");
    }
    if (!(X509_get_key_usage(issuer) & KU_CRL_SIGN) ||
        !ask_issuer(work, work->certs[index], issuer, key, &answer)) {
        return refuse(work->reterr, "no list of revocations of a certificate's issuer is here");
    }
    take_earlier(&chain->revoked_at_unix_s, answer.revoked_at_unix_s);
    take_earlier(&chain->crls_next_update_unix_s, answer.next_update_unix_s);
    take_earlier(&chain->crls_updated_unix_s, answer.updated_unix_s);
    return HF_DONE;
}

hf_status hf_chain_verify(const struct hf_chain_root *root, const hf_bytes *certs, size_t n_certs,
                          struct hf_chain *ret_chain, struct hf_problem *reterr)
{
    HF_CLEANUP(clear_work) struct work work = {.root = root, .reterr = reterr};
    HF_TRY(read_certs(&work, certs, n_certs));
    hf_status status = hf_chain_key_of(work.certs[0], &work.chain.key);
    if (!hf_is_ok(status)) {
        return status.code == HF_NOMEM ? status : refuse(reterr, "the signer has no key of ours");
    }
    HF_TRY(follow(&work));
    HF_TRY(check_signer(&work));
    HF_TRY(read_validity(&work));
    for (size_t i = 0; i < n_certs; i++) {
        HF_TRY(check_revocation(&work, i));
    }
    *ret_chain = work.chain;
    work.chain = (struct hf_chain){0};
    return HF_DONE;
}

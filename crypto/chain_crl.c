/*
 * One list of revocations. OpenSSL parses it and finds serial numbers in it; whether it is signed
 * is checked here, because OpenSSL 3.0 has no way to give a list's SM2 signature its distinguishing
 * id.
 *
 * A list that speaks of less than all certificates of its issuer is refused as a whole, so that
 * silence always means "not revoked".
 */
#include "crypto/chain_parts.h"
#include "crypto/der.h"
#include "crypto/key_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct hf_chain_crl {
    X509_CRL *list;
    enum hf_alg alg;
    unsigned char *tbs; /* the bytes that are signed */
    size_t n_tbs;
    uint8_t signature[HF_SIGNATURE_BYTES];
    int64_t updated_unix_s;
    int64_t next_update_unix_s; /* 0: not told */
    pthread_mutex_t lock;
    char verified_by[HF_THUMBPRINT_CHARS + 1]; /* under the lock; empty: by nobody yet */
};

static hf_status malformed(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "%s", sentence);
}

bool hf_chain_alg_of(int nid, enum hf_alg *ret_alg)
{
    if (nid == NID_ecdsa_with_SHA256) {
        *ret_alg = HF_ALG_ES256;
    } else if (nid == NID_SM2_with_SM3) {
        *ret_alg = HF_ALG_SM2;
    } else {
        return false;
    }
    return true;
}

bool hf_chain_time(const ASN1_TIME *time, int64_t *ret_unix_s)
{
    struct tm civil;
    if (!time || ASN1_TIME_to_tm(time, &civil) != 1) {
        return false;
    }
    *ret_unix_s = (int64_t)timegm(&civil);
    return true;
}

/* The same where 0 would mean that there is no such time: what lies before 1971 is long past. */
static bool read_moment(const ASN1_TIME *time, int64_t *ret_unix_s)
{
    int64_t unix_s;
    if (!hf_chain_time(time, &unix_s)) {
        return false;
    }
    *ret_unix_s = unix_s > 0 ? unix_s : 1;
    return true;
}

void hf_chain_crl_free(struct hf_chain_crl *crl)
{
    if (crl) {
        pthread_mutex_destroy(&crl->lock);
        X509_CRL_free(crl->list);
        OPENSSL_free(crl->tbs);
        free(crl);
    }
}

static void free_crl(struct hf_chain_crl **crl)
{
    hf_chain_crl_free(*crl);
    ERR_clear_error();
}

/* ---- reading ---- */

/* One list and nothing behind it. PEM is told by its first byte: DER begins with a SEQUENCE. */
static X509_CRL *read_list(hf_bytes file)
{
    const unsigned char *at = file.data;
    if (file.size == 0 || file.size > HF_CHAIN_CRL_MAX_BYTES) {
        return NULL;
    }
    if (file.data[0] == HF_DER_SEQUENCE) {
        X509_CRL *list = d2i_X509_CRL(NULL, &at, (long)file.size);
        if (list && at != file.data + file.size) {
            X509_CRL_free(list);
            return NULL;
        }
        return list;
    }
    BIO *bio = BIO_new_mem_buf(file.data, (int)file.size);
    X509_CRL *list = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return list;
}

/* = RFC 5280 5.2, 5.3: critical extensions, deltas and partitions change what a list says */
static bool is_whole(X509_CRL *list)
{
    const STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(list);
    if (X509_CRL_get_ext_by_critical(list, 1, -1) >= 0 ||
        X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0 ||
        X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) >= 0) {
        return false;
    }
    for (int i = 0; entries && i < sk_X509_REVOKED_num(entries); i++) {
        const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
        int64_t unix_s;
        if (X509_REVOKED_get_ext_by_critical(entry, 1, -1) >= 0 ||
            !hf_chain_time(X509_REVOKED_get0_revocationDate(entry), &unix_s)) {
            return false;
        }
    }
    return true;
}

/* One number of a DER signature, at the width of the curve. */
static bool read_number(hf_bytes *in, uint8_t *ret_number)
{
    enum { HALF = HF_SIGNATURE_BYTES / 2 };
    hf_bytes number;
    if (!hf_der_take(in, HF_DER_INTEGER, &number) || number.size == 0 ||
        number.data[0] >= 0x80 /* negative */) {
        return false;
    }
    while (number.size > 0 && number.data[0] == 0) {
        number = hf_bytes_skip(number, 1);
    }
    if (number.size > HALF) {
        return false;
    }
    memset(ret_number, 0, HALF);
    memcpy(ret_number + HALF - number.size, number.data, number.size);
    return true;
}

static bool read_signature(const ASN1_BIT_STRING *bits,
                           uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    hf_bytes der = hf_bytes_of(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits));
    hf_bytes in;
    return hf_der_take(&der, HF_DER_SEQUENCE, &in) && der.size == 0 &&
           read_number(&in, ret_signature) &&
           read_number(&in, ret_signature + HF_SIGNATURE_BYTES / 2) && in.size == 0;
}

static hf_status read_signed(struct hf_chain_crl *crl, struct hf_problem *reterr)
{
    const ASN1_BIT_STRING *bits = NULL;
    int n = i2d_re_X509_CRL_tbs(crl->list, &crl->tbs); /* a list in DER comes back as it was */
    X509_CRL_get0_signature(crl->list, &bits, NULL);
    if (!hf_chain_alg_of(X509_CRL_get_signature_nid(crl->list), &crl->alg)) {
        return malformed(reterr, "the list is not signed with P-256 and SHA-256 or SM2 and SM3");
    }
    if (n <= 0 || !read_signature(bits, crl->signature)) {
        return malformed(reterr, "the list's signature is not well formed");
    }
    crl->n_tbs = (size_t)n;
    return HF_DONE;
}

static hf_status read_times(struct hf_chain_crl *crl, struct hf_problem *reterr)
{
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->list);
    if (!read_moment(X509_CRL_get0_lastUpdate(crl->list), &crl->updated_unix_s) ||
        (next && !read_moment(next, &crl->next_update_unix_s))) {
        return malformed(reterr, "the list does not say when it was made");
    }
    return HF_DONE;
}

hf_status hf_chain_crl_new(hf_bytes file, struct hf_chain_crl **ret_crl, struct hf_problem *reterr)
{
    HF_CLEANUP(free_crl) struct hf_chain_crl *crl = calloc(1, sizeof *crl);
    if (!crl) {
        HF_FAIL(NOMEM);
    }
    pthread_mutex_init(&crl->lock, NULL); /* a default mutex: cannot fail on Linux */
    crl->list = read_list(file);
    if (!crl->list) {
        return malformed(reterr, "not one list of revocations in DER or PEM");
    }
    if (!is_whole(crl->list)) {
        return malformed(reterr, "the list is a part, a delta, or has a critical extension");
    }
    HF_TRY(read_times(crl, reterr));
    HF_TRY(read_signed(crl, reterr));
    *ret_crl = crl;
    crl = NULL;
    return HF_DONE;
}

/* ---- asking ---- */

bool hf_chain_crl_is_of(const struct hf_chain_crl *crl, const X509 *issuer)
{
    return X509_NAME_cmp(X509_CRL_get_issuer(crl->list), X509_get_subject_name(issuer)) == 0;
}

hf_status hf_chain_crl_verify(struct hf_chain_crl *crl, const struct hf_key *key)
{
    const char *thumbprint = hf_key_thumbprint(key);
    pthread_mutex_lock(&crl->lock);
    bool is_known = strcmp(crl->verified_by, thumbprint) == 0;
    pthread_mutex_unlock(&crl->lock);
    if (is_known) {
        return HF_DONE;
    }
    if (crl->alg != hf_key_alg(key)) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    HF_TRY(hf_key_verify(key, hf_bytes_of(crl->tbs, crl->n_tbs),
                         hf_bytes_of(crl->signature, sizeof crl->signature)));
    pthread_mutex_lock(&crl->lock);
    memcpy(crl->verified_by, thumbprint, sizeof crl->verified_by);
    pthread_mutex_unlock(&crl->lock);
    return HF_DONE;
}

void hf_chain_crl_ask(const struct hf_chain_crl *crl, X509 *cert,
                      struct hf_chain_crl_answer *ret_answer)
{
    X509_REVOKED *entry = NULL;
    struct hf_chain_crl_answer answer = {.updated_unix_s = crl->updated_unix_s,
                                         .next_update_unix_s = crl->next_update_unix_s};
    if (X509_CRL_get0_by_cert(crl->list, &entry, cert) != 0) {
        read_moment(X509_REVOKED_get0_revocationDate(entry), &answer.revoked_at_unix_s);
    }
    *ret_answer = answer;
}

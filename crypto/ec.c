/*
 * ES256 and SM2 through OpenSSL's EVP. This file decides what a point, a private key and a pair of
 * numbers must be before OpenSSL sees them, and how they are handed over; the arithmetic is
 * OpenSSL's.
 *
 * Rules that hold for every call: the type of key is named ("EC", "SM2"), never guessed from a
 * curve, so that no key of one algorithm serves the other; the SM2 distinguishing id is always
 * given, because versions differ in what they take for it otherwise; a context serves one
 * operation, because an initialised one loses the id. EVP_PKEY_sign() and EVP_PKEY_verify() ignore
 * the id and are not used.
 *
 * Invariant: OpenSSL's error queue is empty when a function returns.
 */
#include "crypto/ec.h"

#include "crypto/secret.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdlib.h>

enum {
    HALF = HF_SIGNATURE_BYTES / 2,
    UNCOMPRESSED_BYTES = 1 + HF_EC_POINT_BYTES,
    DER_MAX_BYTES = 2 + 2 * (2 + 1 + HALF)
};

struct curve {
    enum hf_alg alg;
    const char *type; /* of EVP_PKEY */
    const char *group;
    const char *digest;
    int nid;
    uint8_t order[HALF];
};

static const struct curve curves[] = {
    {.alg = HF_ALG_ES256, /* = FIPS 186-4 D.1.2.3 */
     .type = "EC",
     .group = "P-256",
     .digest = "SHA256",
     .nid = NID_X9_62_prime256v1,
     .order = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
               0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
               0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}},
    {.alg = HF_ALG_SM2, /* = GB/T 32918.5 */
     .type = "SM2",
     .group = "SM2",
     .digest = "SM3",
     .nid = NID_sm2,
     .order = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
               0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
               0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23}},
};

struct hf_ec_public {
    const struct curve *curve;
    EVP_PKEY *key;
};

static const struct curve *curve_of(enum hf_alg alg)
{
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].alg == alg) {
            return &curves[i];
        }
    }
    return NULL;
}

/* What failed is our own verdict's to say. */
static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
    ERR_clear_error();
}

static void free_key_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void free_digest_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
    ERR_clear_error();
}

/* ---- keys ---- */

/* @native: the private key in the machine's byte order, or NULL for a public key. */
static hf_status make_key(const struct curve *curve, const uint8_t *point, uint8_t *native,
                          EVP_PKEY **ret_key)
{
    uint8_t encoded[UNCOMPRESSED_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    OSSL_PARAM params[4];
    OSSL_PARAM *next = params;
    HF_CLEANUP(free_key) EVP_PKEY *key = NULL;
    HF_CLEANUP(free_key_context)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, curve->type, NULL);
    memcpy(encoded + 1, point, HF_EC_POINT_BYTES);
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                               (char *)(uintptr_t)curve->group, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded);
    if (native) {
        *next++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, HF_EC_SCALAR_BYTES);
    }
    *next = OSSL_PARAM_construct_end();
    if (!context || EVP_PKEY_fromdata_init(context) != 1) {
        HF_FAIL(CRYPTO);
    }
    if (EVP_PKEY_fromdata(context, &key, native ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) !=
            1 ||
        !EVP_PKEY_is_a(key, curve->type)) {
        HF_FAIL(KEY_MALFORMED); /* a coordinate not below the prime, or not on the curve */
    }
    *ret_key = key;
    key = NULL;
    return HF_DONE;
}

/* Cofactor 1: to be on the curve is to be of the prime order, so the quick check is the whole. */
static bool is_good_point(EVP_PKEY *key)
{
    HF_CLEANUP(free_key_context)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    return context && EVP_PKEY_public_check_quick(context) == 1;
}

hf_status hf_ec_public_new(enum hf_alg alg, const uint8_t point[static HF_EC_POINT_BYTES],
                           struct hf_ec_public **ret_public)
{
    const struct curve *curve = curve_of(alg);
    HF_CLEANUP(free_key) EVP_PKEY *key = NULL;
    if (!curve) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    HF_TRY(make_key(curve, point, NULL, &key));
    if (!is_good_point(key)) {
        HF_FAIL(KEY_MALFORMED);
    }
    struct hf_ec_public *public_key = malloc(sizeof *public_key);
    if (!public_key) {
        HF_FAIL(NOMEM);
    }
    *public_key = (struct hf_ec_public){.curve = curve, .key = key};
    key = NULL;
    *ret_public = public_key;
    return HF_DONE;
}

void hf_ec_public_free(struct hf_ec_public *public_key)
{
    if (public_key) {
        EVP_PKEY_free(public_key->key);
        free(public_key);
    }
}

/* 1 <= number < order, all big-endian of one width, in time that tells nothing of a private key. */
static bool is_in_range(const struct curve *curve, const uint8_t number[static HALF])
{
    unsigned borrow = 0;
    unsigned bits = 0;
    for (size_t i = HALF; i-- > 0;) {
        borrow = (number[i] - (unsigned)curve->order[i] - borrow) >> 8 & 1;
        bits |= number[i];
    }
    return borrow == 1 && bits != 0;
}

/* = GB/T 32918.2 6.1: signing divides by 1 + d, so the order's predecessor is no SM2 key */
static bool is_private_key(const struct curve *curve, const uint8_t scalar[static HALF])
{
    uint8_t last[HALF];
    memcpy(last, curve->order, sizeof last);
    last[HALF - 1]--; /* both orders are odd */
    bool is_last = hf_secret_equal(hf_bytes_of(scalar, HALF), hf_bytes_of(last, HALF));
    return is_in_range(curve, scalar) && !(curve->alg == HF_ALG_SM2 && is_last);
}

struct multiplication {
    EC_GROUP *group;
    EC_POINT *point;
    BIGNUM *scalar;
};

static void clear_multiplication(struct multiplication *work)
{
    BN_clear_free(work->scalar);
    EC_POINT_free(work->point);
    EC_GROUP_free(work->group);
    ERR_clear_error();
}

hf_status hf_ec_point_of(enum hf_alg alg, const uint8_t scalar[static HF_EC_SCALAR_BYTES],
                         uint8_t ret_point[static HF_EC_POINT_BYTES])
{
    const struct curve *curve = curve_of(alg);
    uint8_t encoded[UNCOMPRESSED_BYTES];
    HF_CLEANUP(clear_multiplication) struct multiplication work = {0};
    if (!curve) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    if (!is_private_key(curve, scalar)) {
        HF_FAIL(KEY_MALFORMED);
    }
    work.group = EC_GROUP_new_by_curve_name(curve->nid);
    work.point = work.group ? EC_POINT_new(work.group) : NULL;
    work.scalar = BN_secure_new();
    if (!work.point || !work.scalar || !BN_bin2bn(scalar, HF_EC_SCALAR_BYTES, work.scalar)) {
        HF_FAIL(CRYPTO);
    }
    BN_set_flags(work.scalar, BN_FLG_CONSTTIME);
    if (EC_POINT_mul(work.group, work.point, work.scalar, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(work.group, work.point, POINT_CONVERSION_UNCOMPRESSED, encoded,
                           sizeof encoded, NULL) != sizeof encoded) {
        HF_FAIL(CRYPTO);
    }
    memcpy(ret_point, encoded + 1, HF_EC_POINT_BYTES);
    return HF_DONE;
}

/* ---- signatures ---- */

/* The id goes in with every initialisation; a P-256 key has none. */
static void set_id(const struct curve *curve, OSSL_PARAM params[static 2])
{
    static char id[] = HF_SM2_DISTINGUISHING_ID;
    OSSL_PARAM *next = params;
    if (curve->alg == HF_ALG_SM2) {
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, id, sizeof id - 1);
    }
    *next = OSSL_PARAM_construct_end();
}

/* = X.690 8.3: an INTEGER of the fewest octets, positive */
static size_t write_integer(const uint8_t number[static HALF], uint8_t *der)
{
    size_t n_zeros = 0;
    while (n_zeros < HALF - 1 && number[n_zeros] == 0) {
        n_zeros++;
    }
    size_t n = HALF - n_zeros;
    size_t sign = number[n_zeros] >> 7;
    der[0] = 0x02;
    der[1] = (uint8_t)(n + sign);
    der[2] = 0; /* written over when there is no octet for the sign */
    memcpy(der + 2 + sign, number + n_zeros, n);
    return 2 + sign + n;
}

/* = RFC 3279 2.2.3: SEQUENCE { r, s } */
static size_t write_der(const uint8_t signature[static HF_SIGNATURE_BYTES],
                        uint8_t der[static DER_MAX_BYTES])
{
    size_t n = write_integer(signature, der + 2);
    n += write_integer(signature + HALF, der + 2 + n);
    der[0] = 0x30;
    der[1] = (uint8_t)n;
    return 2 + n;
}

hf_status hf_ec_verify(const struct hf_ec_public *public_key, hf_bytes message, hf_bytes signature)
{
    const struct curve *curve = public_key->curve;
    uint8_t der[DER_MAX_BYTES];
    OSSL_PARAM params[2];
    if (signature.size != HF_SIGNATURE_BYTES || !is_in_range(curve, signature.data) ||
        !is_in_range(curve, signature.data + HALF)) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    size_t n = write_der(signature.data, der);
    HF_CLEANUP(free_digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    set_id(curve, params);
    if (!context || EVP_DigestVerifyInit_ex(context, NULL, curve->digest, NULL, NULL,
                                            public_key->key, params) != 1) {
        HF_FAIL(CRYPTO);
    }
    if (EVP_DigestVerify(context, der, n, message.data, message.size) != 1) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    return HF_DONE;
}

static void free_numbers(ECDSA_SIG **numbers)
{
    ECDSA_SIG_free(*numbers);
}

static hf_status read_der(const uint8_t *der, size_t n,
                          uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    const unsigned char *at = der;
    HF_CLEANUP(free_numbers) ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)n);
    if (!numbers || at != der + n ||
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers), ret_signature, HALF) != HALF ||
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), ret_signature + HALF, HALF) != HALF) {
        HF_FAIL(CRYPTO);
    }
    return HF_DONE;
}

static hf_status sign(const struct curve *curve, EVP_PKEY *key, hf_bytes message,
                      uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    uint8_t der[DER_MAX_BYTES];
    uint8_t signature[HF_SIGNATURE_BYTES];
    size_t n = sizeof der;
    OSSL_PARAM params[2];
    HF_CLEANUP(free_digest_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
    set_id(curve, params);
    if (!context ||
        EVP_DigestSignInit_ex(context, NULL, curve->digest, NULL, NULL, key, params) != 1 ||
        EVP_DigestSign(context, der, &n, message.data, message.size) != 1) {
        HF_FAIL(CRYPTO);
    }
    HF_TRY(read_der(der, n, signature));
    memcpy(ret_signature, signature, sizeof signature);
    return HF_DONE;
}

/* OpenSSL wants numbers in the machine's byte order. */
static hf_status write_native(const uint8_t *scalar, uint8_t ret_native[static HF_EC_SCALAR_BYTES])
{
    BIGNUM *number = BN_bin2bn(scalar, HF_EC_SCALAR_BYTES, NULL);
    bool is_done = number && BN_bn2nativepad(number, ret_native, HF_EC_SCALAR_BYTES) > 0;
    BN_clear_free(number);
    return is_done ? HF_DONE : hf_status_of(HF_CRYPTO);
}

hf_status hf_ec_sign(const struct hf_ec_pair *pair, hf_bytes message,
                     uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    const struct curve *curve = curve_of(pair->alg);
    uint8_t native[HF_EC_SCALAR_BYTES];
    HF_CLEANUP(free_key) EVP_PKEY *key = NULL;
    if (!curve) {
        HF_FAIL(CRYPTO);
    }
    hf_status status = write_native(pair->scalar, native);
    status = hf_is_ok(status) ? make_key(curve, pair->point, native, &key) : status;
    hf_wipe(native, sizeof native);
    return hf_is_ok(status) ? sign(curve, key, message, ret_signature) : hf_status_of(HF_CRYPTO);
}

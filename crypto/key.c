/*
 * One signature key. This file decides what a good key is and which algorithm checks a signature;
 * how a key is spelled in files and tokens is for key_jwk.c, key_der.c, key_pem.c and jws.c, the
 * curves of OpenSSL are ec.c's.
 *
 * Invariants: a key never changes after it was made, so it is shared between threads by counting
 * alone. A public part on file is a canonical point of the prime-order group: libsodium's
 * verification refuses small order and non-canonical encodings, and we refuse such keys already
 * when they are read, so that a mistake is found at the start and not in an access. The private
 * part lies in secret memory and leaves it only through hf_key_private_part(), for the PEM writer,
 * and for the length of one signature on OpenSSL's curves.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/key_parts.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

_Static_assert(crypto_sign_ed25519_BYTES == HF_SIGNATURE_BYTES, "libsodium's R||S");
_Static_assert(crypto_sign_ed25519_PUBLICKEYBYTES == HF_ED25519_PUBLIC_BYTES, "one point");
_Static_assert(crypto_sign_ed25519_SEEDBYTES == HF_KEY_PRIVATE_BYTES, "RFC 8032's private key");

struct hf_key {
    atomic_uint n_refs;
    enum hf_alg alg;
    size_t n_public;
    uint8_t public_key[HF_KEY_PUBLIC_MAX_BYTES];
    struct hf_secret private_key; /* libsodium's seed||public, or a scalar; empty: public only */
    struct hf_ec_public *ec;      /* NULL for Ed25519 */
    char thumbprint[HF_THUMBPRINT_CHARS + 1];
};

static const struct {
    enum hf_alg alg;
    const char *name;
} algs[] = {
    {HF_ALG_ED25519, "Ed25519"},
    {HF_ALG_ED25519, "EdDSA"}, /* = RFC 9864 2.2: the name before; accepted, never written */
    {HF_ALG_ES256, "ES256"},
    {HF_ALG_SM2, "SM2"},
};

const char *hf_alg_name(enum hf_alg alg)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (algs[i].alg == alg) {
            return algs[i].name;
        }
    }
    return "unknown";
}

bool hf_alg_by_name(hf_bytes name, enum hf_alg *ret_alg)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        if (hf_bytes_equal_string(name, algs[i].name)) {
            *ret_alg = algs[i].alg;
            return true;
        }
    }
    return false;
}

struct hf_key *hf_key_ref(struct hf_key *key)
{
    atomic_fetch_add_explicit(&key->n_refs, 1, memory_order_relaxed);
    return key;
}

void hf_key_unref(struct hf_key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->n_refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    hf_secret_clear(&key->private_key);
    hf_ec_public_free(key->ec);
    free(key);
}

void hf_key_drop(struct hf_key **key)
{
    hf_key_unref(*key);
}

/* = RFC 7638 3: SHA-256 of the required members in order, without white space */
static void set_thumbprint(struct hf_key *key)
{
    char members[HF_KEY_MEMBERS_MAX_BYTES];
    struct hf_sha256 hash;
    uint8_t digest[HF_SHA256_BYTES];
    hf_key_members(key->alg, hf_key_public_part(key), members);
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, HF_LITERAL("{"));
    hf_sha256_update(&hash, hf_bytes_of_string(members));
    hf_sha256_update(&hash, HF_LITERAL("}"));
    hf_sha256_final(&hash, digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof(digest)), key->thumbprint);
}

/* The point becomes the key's, unless it is no key. */
static hf_status set_point(struct hf_key *key, hf_bytes point)
{
    if (key->alg != HF_ALG_ED25519) {
        HF_TRY(point.size == HF_EC_POINT_BYTES ? hf_ec_public_new(key->alg, point.data, &key->ec)
                                               : hf_status_of(HF_KEY_MALFORMED));
    } else if (point.size != HF_ED25519_PUBLIC_BYTES ||
               !crypto_core_ed25519_is_valid_point(point.data)) {
        HF_FAIL(KEY_MALFORMED);
    }
    memcpy(key->public_key, point.data, point.size);
    key->n_public = point.size;
    set_thumbprint(key);
    return HF_DONE;
}

static hf_status key_new(enum hf_alg alg, struct hf_key **ret_key)
{
    if (alg != HF_ALG_ED25519 && alg != HF_ALG_ES256 && alg != HF_ALG_SM2) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    struct hf_key *key = calloc(1, sizeof(*key));
    if (!key) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&key->n_refs, 1);
    key->alg = alg;
    *ret_key = key;
    return HF_DONE;
}

hf_status hf_key_from_public_part(enum hf_alg alg, hf_bytes part, struct hf_key **ret_key)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_TRY(key_new(alg, &key));
    HF_TRY(set_point(key, part));
    *ret_key = key;
    key = NULL;
    return HF_DONE;
}

hf_status hf_key_from_ed25519_public(const uint8_t public_key[static HF_ED25519_PUBLIC_BYTES],
                                     struct hf_key **ret_key)
{
    return hf_key_from_public_part(HF_ALG_ED25519, hf_bytes_of(public_key, HF_ED25519_PUBLIC_BYTES),
                                   ret_key);
}

static hf_status set_seed(struct hf_key *key, hf_bytes seed)
{
    uint8_t point[HF_ED25519_PUBLIC_BYTES];
    HF_TRY(hf_secret_new(crypto_sign_ed25519_SECRETKEYBYTES, &key->private_key));
    if (crypto_sign_ed25519_seed_keypair(point, key->private_key.data, seed.data) != 0) {
        HF_FAIL(CRYPTO);
    }
    return set_point(key, hf_bytes_of(point, sizeof(point)));
}

static hf_status set_scalar(struct hf_key *key, hf_bytes scalar)
{
    uint8_t point[HF_EC_POINT_BYTES];
    HF_TRY(hf_ec_point_of(key->alg, scalar.data, point));
    HF_TRY(hf_secret_new(HF_EC_SCALAR_BYTES, &key->private_key));
    memcpy(key->private_key.data, scalar.data, scalar.size);
    return set_point(key, hf_bytes_of(point, sizeof(point)));
}

hf_status hf_key_from_private_part(enum hf_alg alg, hf_bytes part, struct hf_key **ret_key)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_TRY(key_new(alg, &key));
    if (part.size != HF_KEY_PRIVATE_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    HF_TRY(alg == HF_ALG_ED25519 ? set_seed(key, part) : set_scalar(key, part));
    *ret_key = key;
    key = NULL;
    return HF_DONE;
}

hf_status hf_key_generate(enum hf_alg alg, struct hf_key **ret_key)
{
    enum { MAX_TRIES = 8 }; /* a scalar is out of range once in 2^32 */
    HF_CLEANUP(hf_secret_clear) struct hf_secret part = {0};
    HF_TRY(hf_secret_new(HF_KEY_PRIVATE_BYTES, &part));
    for (int i = 0; i < MAX_TRIES; i++) {
        randombytes_buf(part.data, part.size);
        hf_status status =
            hf_key_from_private_part(alg, hf_bytes_of(part.data, part.size), ret_key);
        if (status.code != HF_KEY_MALFORMED) {
            return status;
        }
    }
    HF_FAIL(CRYPTO);
}

hf_status hf_key_private_part(const struct hf_key *key,
                              uint8_t ret_part[static HF_KEY_PRIVATE_BYTES])
{
    if (!hf_key_has_private(key)) {
        HF_FAIL(BUG);
    }
    memcpy(ret_part, key->private_key.data, HF_KEY_PRIVATE_BYTES); /* libsodium's: the seed first */
    return HF_DONE;
}

hf_bytes hf_key_public_part(const struct hf_key *key)
{
    return hf_bytes_of(key->public_key, key->n_public);
}

enum hf_alg hf_key_alg(const struct hf_key *key)
{
    return key->alg;
}

const char *hf_key_thumbprint(const struct hf_key *key)
{
    return key->thumbprint;
}

bool hf_key_has_private(const struct hf_key *key)
{
    return key->private_key.size > 0;
}

hf_status hf_key_ed25519_public(const struct hf_key *key,
                                uint8_t ret_public_key[static HF_ED25519_PUBLIC_BYTES])
{
    if (key->alg != HF_ALG_ED25519) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    memcpy(ret_public_key, key->public_key, HF_ED25519_PUBLIC_BYTES);
    return HF_DONE;
}

hf_status hf_key_sign(const struct hf_key *key, hf_bytes message,
                      uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    uint8_t signature[HF_SIGNATURE_BYTES];
    if (!hf_key_has_private(key)) {
        HF_FAIL(BUG);
    }
    if (key->alg != HF_ALG_ED25519) {
        const struct hf_ec_pair pair = {key->alg, key->private_key.data, key->public_key};
        return hf_ec_sign(&pair, message, ret_signature);
    }
    if (crypto_sign_ed25519_detached(signature, NULL, message.data, message.size,
                                     key->private_key.data) != 0) {
        HF_FAIL(CRYPTO);
    }
    memcpy(ret_signature, signature, sizeof(signature));
    return HF_DONE;
}

hf_status hf_key_verify(const struct hf_key *key, hf_bytes message, hf_bytes signature)
{
    if (key->alg != HF_ALG_ED25519) {
        return hf_ec_verify(key->ec, message, signature);
    }
    if (signature.size != HF_SIGNATURE_BYTES ||
        crypto_sign_ed25519_verify_detached(signature.data, message.data, message.size,
                                            key->public_key) != 0) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    return HF_DONE;
}

/*
 * One signature key. This file decides what a good key is and what a good signature is; how either
 * is spelled in files and tokens is for key_jwk.c, key_pem.c and jws.c.
 *
 * Invariants: a key never changes after it was made, so it is shared between threads by counting
 * alone. A public part on file is a canonical point of the prime-order group: libsodium's
 * verification refuses small order and non-canonical encodings, and we refuse such keys already
 * when they are read, so that a mistake is found at the start and not in an access. The private
 * part lies in secret memory and leaves it only through hf_key_ed25519_seed(), for the PEM writer.
 */
#include "crypto/key.h"

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/key_parts.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(crypto_sign_ed25519_BYTES == HF_SIGNATURE_BYTES, "libsodium's R||S");
_Static_assert(crypto_sign_ed25519_PUBLICKEYBYTES == HF_ED25519_PUBLIC_BYTES, "one point");
_Static_assert(crypto_sign_ed25519_SEEDBYTES == HF_ED25519_SEED_BYTES, "RFC 8032's private key");

struct hf_key {
    atomic_uint n_refs;
    enum hf_alg alg;
    uint8_t public_key[HF_ED25519_PUBLIC_BYTES];
    struct hf_secret private_key; /* libsodium's seed||public; empty: a public key only */
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
    free(key);
}

/* = RFC 7638 3: SHA-256 of the required members in order, without white space */
static void set_thumbprint(struct hf_key *key)
{
    char x[HF_ED25519_X_CHARS + 1];
    char members[96];
    uint8_t digest[HF_SHA256_BYTES];
    hf_key_ed25519_x(key, x);
    snprintf(members, sizeof(members), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    hf_sha256_of(hf_bytes_of_string(members), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof(digest)), key->thumbprint);
}

static struct hf_key *key_new(const uint8_t public_key[static HF_ED25519_PUBLIC_BYTES],
                              struct hf_secret private_key)
{
    struct hf_key *key = calloc(1, sizeof(*key));
    if (!key) {
        return NULL;
    }
    atomic_init(&key->n_refs, 1);
    key->alg = HF_ALG_ED25519;
    key->private_key = private_key;
    memcpy(key->public_key, public_key, sizeof(key->public_key));
    set_thumbprint(key);
    return key;
}

hf_status hf_key_from_ed25519_public(const uint8_t public_key[static HF_ED25519_PUBLIC_BYTES],
                                     struct hf_key **ret_key)
{
    if (!crypto_core_ed25519_is_valid_point(public_key)) {
        HF_FAIL(KEY_MALFORMED);
    }
    struct hf_key *key = key_new(public_key, (struct hf_secret){0});
    if (!key) {
        HF_FAIL(NOMEM);
    }
    *ret_key = key;
    return HF_DONE;
}

hf_status hf_key_from_ed25519_seed(hf_bytes seed, struct hf_key **ret_key)
{
    if (seed.size != HF_ED25519_SEED_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    uint8_t public_key[HF_ED25519_PUBLIC_BYTES];
    HF_CLEANUP(hf_secret_clear) struct hf_secret private_key = {0};
    HF_TRY(hf_secret_new(crypto_sign_ed25519_SECRETKEYBYTES, &private_key));
    if (crypto_sign_ed25519_seed_keypair(public_key, private_key.data, seed.data) != 0) {
        HF_FAIL(CRYPTO);
    }
    struct hf_key *key = key_new(public_key, private_key);
    if (!key) {
        HF_FAIL(NOMEM);
    }
    private_key = (struct hf_secret){0}; /* the key's now */
    *ret_key = key;
    return HF_DONE;
}

hf_status hf_key_generate(enum hf_alg alg, struct hf_key **ret_key)
{
    if (alg != HF_ALG_ED25519) {
        HF_FAIL(KEY_UNSUPPORTED);
    }
    HF_CLEANUP(hf_secret_clear) struct hf_secret seed = {0};
    HF_TRY(hf_secret_new(HF_ED25519_SEED_BYTES, &seed));
    randombytes_buf(seed.data, seed.size);
    return hf_key_from_ed25519_seed(hf_bytes_of(seed.data, seed.size), ret_key);
}

hf_status hf_key_ed25519_seed(const struct hf_key *key,
                              uint8_t ret_seed[static HF_ED25519_SEED_BYTES])
{
    if (!hf_key_has_private(key) ||
        crypto_sign_ed25519_sk_to_seed(ret_seed, key->private_key.data) != 0) {
        HF_FAIL(BUG);
    }
    return HF_DONE;
}

void hf_key_ed25519_x(const struct hf_key *key, char ret_x[static HF_ED25519_X_CHARS + 1])
{
    hf_base64url_encode_fixed(hf_bytes_of(key->public_key, sizeof(key->public_key)), ret_x);
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
    memcpy(ret_public_key, key->public_key, sizeof(key->public_key));
    return HF_DONE;
}

hf_status hf_key_sign(const struct hf_key *key, hf_bytes message,
                      uint8_t ret_signature[static HF_SIGNATURE_BYTES])
{
    uint8_t signature[HF_SIGNATURE_BYTES];
    if (!hf_key_has_private(key)) {
        HF_FAIL(BUG);
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
    if (signature.size != HF_SIGNATURE_BYTES ||
        crypto_sign_ed25519_verify_detached(signature.data, message.data, message.size,
                                            key->public_key) != 0) {
        HF_FAIL(SIGNATURE_INVALID);
    }
    return HF_DONE;
}

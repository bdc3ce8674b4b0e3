/*
 * Two ways to one ciphertext. libsodium's AES-GCM needs the processor's AES and carry-less multiply
 * instructions and takes 0.33 us for 512 bytes, key schedule included; OpenSSL's runs everywhere
 * and takes 0.45 us and more, mostly for setting up its context. ChaCha20-Poly1305 would take
 * 0.53 us of either. The unit test holds both ways against each other and against a NIST vector.
 *
 * Invariant: what has not been authenticated is never left in the caller's memory.
 */
#include "crypto/aead.h"

#include "crypto/secret.h"

#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>

enum { NONCE_BYTES = 12 };
_Static_assert(crypto_aead_aes256gcm_KEYBYTES == (int)HF_AEAD_KEY_BYTES, "libsodium's key");
_Static_assert(crypto_aead_aes256gcm_ABYTES == (int)HF_AEAD_TAG_BYTES, "and its tag");
_Static_assert(crypto_aead_aes256gcm_NPUBBYTES == (int)NONCE_BYTES, "and its nonce");

static const uint8_t nonce[NONCE_BYTES]; /* zeros: the key is used once */

hf_status hf_aead_seal(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad, hf_bytes plain,
                       uint8_t *ret_sealed)
{
    if (!crypto_aead_aes256gcm_is_available()) {
        return hf_aead_seal_portable(key, ad, plain, ret_sealed);
    }
    int failed = crypto_aead_aes256gcm_encrypt(ret_sealed, NULL, plain.data, plain.size, ad.data,
                                               ad.size, NULL, nonce, key);
    return hf_status_of(failed ? HF_CRYPTO : HF_OK);
}

hf_status hf_aead_open(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad, hf_bytes sealed,
                       uint8_t *ret_plain)
{
    if (!crypto_aead_aes256gcm_is_available()) {
        return hf_aead_open_portable(key, ad, sealed, ret_plain);
    }
    if (sealed.size < HF_AEAD_TAG_BYTES) {
        HF_FAIL(SEAL_INVALID);
    }
    int failed = crypto_aead_aes256gcm_decrypt(ret_plain, NULL, NULL, sealed.data, sealed.size,
                                               ad.data, ad.size, nonce, key);
    return hf_status_of(failed ? HF_SEAL_INVALID : HF_OK);
}

/* --- without libsodium --------------------------------------------------------------------- */

static void context_free(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context); /* wipes the key schedule */
}

/* Feeds @bytes; EVP would take a NULL for "finish", so empty input is left out. */
static bool feed(EVP_CIPHER_CTX *context, hf_bytes bytes, uint8_t *out)
{
    int n = 0;
    return bytes.size == 0 ||
           (bytes.size <= INT_MAX &&
            EVP_CipherUpdate(context, out, &n, bytes.data, (int)bytes.size) == 1);
}

hf_status hf_aead_seal_portable(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad,
                                hf_bytes plain, uint8_t *ret_sealed)
{
    HF_CLEANUP(context_free) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    if (!context || EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, 1) != 1 ||
        !feed(context, ad, NULL) || !feed(context, plain, ret_sealed) ||
        EVP_CipherFinal_ex(context, ret_sealed + plain.size, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, HF_AEAD_TAG_BYTES,
                            ret_sealed + plain.size) != 1) {
        HF_FAIL(CRYPTO);
    }
    return HF_DONE;
}

hf_status hf_aead_open_portable(const uint8_t key[static HF_AEAD_KEY_BYTES], hf_bytes ad,
                                hf_bytes sealed, uint8_t *ret_plain)
{
    HF_CLEANUP(context_free) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t tag[HF_AEAD_TAG_BYTES];
    int n = 0;
    if (sealed.size < HF_AEAD_TAG_BYTES) {
        HF_FAIL(SEAL_INVALID);
    }
    const hf_bytes cipher = hf_bytes_of(sealed.data, sealed.size - HF_AEAD_TAG_BYTES);
    memcpy(tag, sealed.data + cipher.size, sizeof(tag));
    if (!context || EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, 0) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1 ||
        !feed(context, ad, NULL)) {
        HF_FAIL(CRYPTO);
    }
    if (!feed(context, cipher, ret_plain) ||
        EVP_CipherFinal_ex(context, tag, &n) != 1) { /* GCM writes nothing at the end */
        hf_wipe(ret_plain, cipher.size);
        HF_FAIL(SEAL_INVALID);
    }
    return HF_DONE;
}

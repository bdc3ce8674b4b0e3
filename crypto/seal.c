/*
 * Sealed boxes. Each box has a data key of its own, wrapped once for each recipient, so that giving
 * one box to a court gives nothing else, and destroying a recipient's key closes all its boxes.
 *
 * It knows nothing of what is inside, of padding, and of who a recipient is: a kid is eight bytes
 * of a hash. Nonces of 24 random bytes never repeat in practice (XChaCha20), so no counter is kept.
 *
 * Invariant: everything before the ciphertext, and the caller's associated data, are authenticated
 * as one hash; the front says its own length, so the two cannot be shifted against each other.
 */
#include "crypto/seal.h"

#include "crypto/hash.h"
#include "crypto/rand.h"

#include <sodium.h>

enum {
    VERSION = 1,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_BYTES = KEY_BYTES + TAG_BYTES,
    SLOT_BYTES = HF_SEAL_KID_BYTES + NONCE_BYTES + WRAPPED_BYTES,
    HEAD_BYTES = 2
};
_Static_assert((int)KEY_BYTES == (int)HF_SEAL_KEY_BYTES, "libsodium's key");
_Static_assert(NONCE_BYTES == 24 && WRAPPED_BYTES == 48, "the shape in the header");

static const uint8_t wrap_ad[] = {'h', 'u', 'f', 'u', '/', 'w', 'r', 'a', 'p'};

hf_status hf_seal_key_init(struct hf_seal_key *ret_key, hf_bytes key)
{
    if (key.size != HF_SEAL_KEY_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    struct hf_secret secret = {0};
    HF_TRY(hf_secret_new(HF_SEAL_KEY_BYTES, &secret));
    memcpy(secret.data, key.data, key.size);
    uint8_t digest[HF_SHA256_BYTES];
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, HF_LITERAL("hufu/kid"));
    hf_sha256_update(&hash, key);
    hf_sha256_final(&hash, digest);
    hf_wipe(&hash, sizeof(hash));
    ret_key->secret = secret;
    memcpy(ret_key->kid, digest, HF_SEAL_KID_BYTES);
    return HF_DONE;
}

void hf_seal_key_clear(struct hf_seal_key *key)
{
    hf_secret_clear(&key->secret);
    *key = (struct hf_seal_key){0};
}

/* Bytes before the ciphertext. */
static size_t front_bytes(size_t n_recipients)
{
    return HEAD_BYTES + n_recipients * SLOT_BYTES + NONCE_BYTES;
}

size_t hf_seal_overhead_bytes(size_t n_recipients)
{
    return front_bytes(n_recipients) + TAG_BYTES;
}

static void bind(hf_bytes front, hf_bytes ad, uint8_t ret_bound[static HF_SHA256_BYTES])
{
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    hf_sha256_update(&hash, front);
    hf_sha256_update(&hash, ad);
    hf_sha256_final(&hash, ret_bound);
}

static bool encrypt(uint8_t *out, hf_bytes plain, hf_bytes ad, const uint8_t *nonce,
                    const uint8_t *key)
{
    return crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, plain.data, plain.size, ad.data,
                                                      ad.size, NULL, nonce, key) == 0;
}

static bool decrypt(uint8_t *out, hf_bytes cipher, hf_bytes ad, const uint8_t *nonce,
                    const uint8_t *key)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, cipher.data, cipher.size,
                                                      ad.data, ad.size, nonce, key) == 0;
}

/* kid | nonce | wrapped data key */
static bool write_slot(uint8_t *slot, const struct hf_seal_key *recipient,
                       const uint8_t data_key[static KEY_BYTES])
{
    uint8_t *nonce = slot + HF_SEAL_KID_BYTES;
    memcpy(slot, recipient->kid, HF_SEAL_KID_BYTES);
    hf_rand_bytes(nonce, NONCE_BYTES);
    return encrypt(nonce + NONCE_BYTES, hf_bytes_of(data_key, KEY_BYTES),
                   hf_bytes_of(wrap_ad, sizeof(wrap_ad)), nonce, recipient->secret.data);
}

static bool write_box(uint8_t *out, hf_bytes plain, hf_bytes ad,
                      const struct hf_seal_key *const *recipients, size_t n_recipients)
{
    uint8_t data_key[KEY_BYTES];
    uint8_t bound[HF_SHA256_BYTES];
    const hf_bytes front = hf_bytes_of(out, front_bytes(n_recipients));
    uint8_t *nonce = out + front.size - NONCE_BYTES;
    bool done = true;
    hf_rand_bytes(data_key, sizeof(data_key));
    out[0] = VERSION;
    out[1] = (uint8_t)n_recipients;
    for (size_t i = 0; i < n_recipients; i++) {
        done = write_slot(out + HEAD_BYTES + i * SLOT_BYTES, recipients[i], data_key) && done;
    }
    hf_rand_bytes(nonce, NONCE_BYTES);
    bind(front, ad, bound);
    done = encrypt(out + front.size, plain, hf_bytes_of(bound, sizeof(bound)), nonce, data_key) &&
           done;
    hf_wipe(data_key, sizeof(data_key));
    return done;
}

hf_status hf_seal(hf_bytes plain, hf_bytes ad, const struct hf_seal_key *const *recipients,
                  size_t n_recipients, hf_buf *buf)
{
    if (n_recipients < 1 || n_recipients > HF_SEAL_MAX_RECIPIENTS) {
        HF_FAIL(BUG);
    }
    const size_t overhead_bytes = hf_seal_overhead_bytes(n_recipients);
    if (plain.size > SIZE_MAX - overhead_bytes) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(hf_buf_reserve(buf, plain.size + overhead_bytes));
    if (!write_box(buf->data + buf->size, plain, ad, recipients, n_recipients)) {
        HF_FAIL(CRYPTO);
    }
    buf->size += plain.size + overhead_bytes;
    return HF_DONE;
}

/* The data key out of the first slot that this recipient's key opens. */
static bool find_data_key(hf_bytes sealed, size_t n_slots, const struct hf_seal_key *recipient,
                          uint8_t ret_data_key[static KEY_BYTES])
{
    for (size_t i = 0; i < n_slots; i++) {
        const uint8_t *slot = sealed.data + HEAD_BYTES + i * SLOT_BYTES;
        const uint8_t *nonce = slot + HF_SEAL_KID_BYTES;
        if (memcmp(slot, recipient->kid, HF_SEAL_KID_BYTES) == 0 && /* public */
            decrypt(ret_data_key, hf_bytes_of(nonce + NONCE_BYTES, WRAPPED_BYTES),
                    hf_bytes_of(wrap_ad, sizeof(wrap_ad)), nonce, recipient->secret.data)) {
            return true;
        }
    }
    return false;
}

hf_status hf_seal_open(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *recipient,
                       hf_buf *plain)
{
    if (sealed.size < HEAD_BYTES || sealed.data[0] != VERSION || sealed.data[1] < 1 ||
        sealed.data[1] > HF_SEAL_MAX_RECIPIENTS ||
        sealed.size < hf_seal_overhead_bytes(sealed.data[1])) {
        HF_FAIL(SEAL_INVALID);
    }
    const hf_bytes front = hf_bytes_of(sealed.data, front_bytes(sealed.data[1]));
    const hf_bytes cipher = hf_bytes_skip(sealed, front.size);
    HF_TRY(hf_buf_reserve(plain, cipher.size - TAG_BYTES));
    uint8_t data_key[KEY_BYTES];
    if (!find_data_key(sealed, sealed.data[1], recipient, data_key)) {
        HF_FAIL(SEAL_INVALID);
    }
    uint8_t nothing;
    uint8_t bound[HF_SHA256_BYTES];
    bind(front, ad, bound);
    bool done =
        decrypt(plain->data ? plain->data + plain->size : &nothing, cipher,
                hf_bytes_of(bound, sizeof(bound)), front.data + front.size - NONCE_BYTES, data_key);
    hf_wipe(data_key, sizeof(data_key));
    if (!done) {
        HF_FAIL(SEAL_INVALID);
    }
    plain->size += cipher.size - TAG_BYTES;
    return HF_DONE;
}

/*
 * Sealed boxes. Each box has a data key of its own, wrapped once for each recipient, so that giving
 * one box to a court gives nothing else, and destroying a recipient's key closes all its boxes.
 *
 * A wrap is a one-time pad out of a pseudorandom function, not an AEAD of its own: a twentieth of a
 * microsecond and 32 bytes a recipient instead of half a microsecond and 80. It needs no tag,
 * because a data key that comes out wrong opens nothing, and no name, because a reader tries its
 * key at each slot that is there. The pad never repeats: the nonce is fresh for each box and the
 * slot's number is in it, too.
 *
 * It knows nothing of what is inside, of padding, and of who sits in which slot.
 *
 * Invariant: the front is authenticated with the caller's associated data behind it, and says its
 * own length, so the two cannot be shifted against each other.
 */
#include "crypto/seal.h"

#include "crypto/aead.h"
#include "crypto/prf.h"
#include "crypto/rand.h"

#define WRAP "hufu/wrap"
enum {
    WRAP_BYTES = sizeof(WRAP) - 1,
    HEAD_BYTES = 2 + HF_SEAL_NONCE_BYTES,
    MAX_FRONT_BYTES = HEAD_BYTES + HF_SEAL_MAX_RECIPIENTS * HF_SEAL_WRAPPED_BYTES
};
_Static_assert((int)HF_SEAL_WRAPPED_BYTES == (int)HF_AEAD_KEY_BYTES, "a wrapped data key");
_Static_assert((int)HF_SEAL_WRAPPED_BYTES == (int)HF_SHA256_BYTES, "under a pad of one PRF");
_Static_assert((int)HF_SEAL_TAG_BYTES == (int)HF_AEAD_TAG_BYTES, "the shape in the header");

hf_status hf_seal_key_init(struct hf_seal_key *ret_key, hf_bytes key)
{
    if (key.size != HF_SEAL_KEY_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    struct hf_secret prf_key = {0};
    HF_TRY(hf_secret_new(sizeof(struct hf_prf_key), &prf_key));
    hf_prf_key_init((struct hf_prf_key *)(void *)prf_key.data, key.data);
    ret_key->prf_key = prf_key;
    return HF_DONE;
}

void hf_seal_key_clear(struct hf_seal_key *key)
{
    hf_secret_clear(&key->prf_key);
}

/* The pad of one slot, laid over a data key: wraps it, or unwraps it again. */
static void pad(const struct hf_seal_key *recipient, unsigned slot, const uint8_t *nonce,
                const uint8_t *from, uint8_t *to)
{
    uint8_t message[WRAP_BYTES + 1 + HF_SEAL_NONCE_BYTES] = WRAP;
    uint8_t stream[HF_SHA256_BYTES];
    message[WRAP_BYTES] = (uint8_t)slot;
    memcpy(message + WRAP_BYTES + 1, nonce, HF_SEAL_NONCE_BYTES);
    hf_prf((const struct hf_prf_key *)(const void *)recipient->prf_key.data,
           hf_bytes_of(message, sizeof(message)), stream);
    for (size_t i = 0; i < sizeof(stream); i++) {
        to[i] = from[i] ^ stream[i];
    }
    hf_wipe(stream, sizeof(stream));
}

/* front || @ad, as one piece for the cipher; @bound has room for both at their longest. */
static hf_bytes bind(hf_bytes front, hf_bytes ad, uint8_t *bound)
{
    memcpy(bound, front.data, front.size);
    if (ad.size > 0) {
        memcpy(bound + front.size, ad.data, ad.size);
    }
    return hf_bytes_of(bound, front.size + ad.size);
}

/* Version, slots, nonce, wrapped keys. */
static size_t write_front(uint8_t *out, const struct hf_seal_key *const *recipients,
                          size_t n_recipients, const uint8_t data_key[static HF_AEAD_KEY_BYTES])
{
    size_t size = HEAD_BYTES;
    unsigned slots = 0;
    hf_rand_bytes(out + 2, HF_SEAL_NONCE_BYTES);
    for (unsigned slot = 0; slot < n_recipients; slot++) {
        if (recipients[slot]) {
            slots |= 1U << slot;
            pad(recipients[slot], slot, out + 2, data_key, out + size);
            size += HF_SEAL_WRAPPED_BYTES;
        }
    }
    out[0] = HF_SEAL_VERSION;
    out[1] = (uint8_t)slots;
    return size;
}

static size_t count_present(const struct hf_seal_key *const *recipients, size_t n_recipients)
{
    size_t n = 0;
    for (size_t i = 0; i < n_recipients && i < HF_SEAL_MAX_RECIPIENTS; i++) {
        n += recipients[i] != NULL;
    }
    return n;
}

hf_status hf_seal(hf_bytes plain, hf_bytes ad, const struct hf_seal_key *const *recipients,
                  size_t n_recipients, hf_buf *buf)
{
    const size_t n_present = count_present(recipients, n_recipients);
    if (n_present < 1 || n_recipients > HF_SEAL_MAX_RECIPIENTS || ad.size > HF_SEAL_MAX_AD_BYTES) {
        HF_FAIL(BUG);
    }
    const size_t overhead_bytes = hf_seal_overhead_bytes(n_present);
    if (plain.size > SIZE_MAX - overhead_bytes) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(hf_buf_reserve(buf, plain.size + overhead_bytes));
    uint8_t data_key[HF_AEAD_KEY_BYTES];
    HF_UNINITIALISED uint8_t bound[MAX_FRONT_BYTES + HF_SEAL_MAX_AD_BYTES];
    uint8_t *out = buf->data + buf->size;
    hf_rand_bytes(data_key, sizeof(data_key));
    const size_t n_front = write_front(out, recipients, n_recipients, data_key);
    hf_status status =
        hf_aead_seal(data_key, bind(hf_bytes_of(out, n_front), ad, bound), plain, out + n_front);
    hf_wipe(data_key, sizeof(data_key));
    if (hf_is_ok(status)) {
        buf->size += plain.size + overhead_bytes;
    }
    return status;
}

/* Opens with the data key that the recipient's key makes of each wrapped one. */
static hf_status open_any(hf_bytes sealed, size_t n_front, hf_bytes bound,
                          const struct hf_seal_key *recipient, uint8_t *plain)
{
    hf_status status = hf_status_of(HF_SEAL_INVALID);
    const uint8_t *wrapped = sealed.data + HEAD_BYTES;
    for (unsigned slot = 0; slot < HF_SEAL_MAX_RECIPIENTS; slot++) {
        uint8_t data_key[HF_AEAD_KEY_BYTES];
        if (!(sealed.data[1] >> slot & 1) || status.code != HF_SEAL_INVALID) {
            continue;
        }
        pad(recipient, slot, sealed.data + 2, wrapped, data_key);
        status = hf_aead_open(data_key, bound, hf_bytes_skip(sealed, n_front), plain);
        hf_wipe(data_key, sizeof(data_key));
        wrapped += HF_SEAL_WRAPPED_BYTES;
    }
    return status;
}

hf_status hf_seal_open(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *recipient,
                       hf_buf *plain)
{
    HF_UNINITIALISED uint8_t bound[MAX_FRONT_BYTES + HF_SEAL_MAX_AD_BYTES];
    uint8_t nothing;
    if (ad.size > HF_SEAL_MAX_AD_BYTES) {
        HF_FAIL(BUG);
    }
    if (sealed.size < HEAD_BYTES || sealed.data[0] != HF_SEAL_VERSION || sealed.data[1] == 0) {
        HF_FAIL(SEAL_INVALID);
    }
    const size_t n_slots = (size_t)__builtin_popcount(sealed.data[1]);
    const size_t overhead_bytes = hf_seal_overhead_bytes(n_slots);
    if (sealed.size < overhead_bytes) {
        HF_FAIL(SEAL_INVALID);
    }
    const size_t n_front = overhead_bytes - HF_SEAL_TAG_BYTES;
    HF_TRY(hf_buf_reserve(plain, sealed.size - overhead_bytes));
    HF_TRY(open_any(sealed, n_front, bind(hf_bytes_of(sealed.data, n_front), ad, bound), recipient,
                    plain->data ? plain->data + plain->size : &nothing));
    plain->size += sealed.size - overhead_bytes;
    return HF_DONE;
}

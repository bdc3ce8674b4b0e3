/*
 * The box around a detail. AES-GCM does not commit to its key, so a disclosed key could open a box
 * to another text than the one written; the commitment in the public record is what rules that out,
 * and is therefore checked at every opening.
 */
#include "audit/sealed.h"

#include "audit/log.h"
#include "crypto/secret.h"

#include <endian.h>

#define COMMIT "hufu/c"
enum {
    COMMIT_BYTES = sizeof(COMMIT) - 1,
    LENGTH_BYTES = 4,
    HEAD_BYTES = HF_DETAIL_SALT_BYTES + LENGTH_BYTES,
    AD_MAX_BYTES = HF_LOG_ORIGIN_MAX_BYTES + 8 + HF_SHA256_BYTES
};
_Static_assert((int)AD_MAX_BYTES <= (int)HF_SEAL_MAX_AD_BYTES, "the place of a detail fits");

void hf_detail_commit(const uint8_t salt[static HF_DETAIL_SALT_BYTES], hf_bytes detail,
                      uint8_t ret_commit[static HF_SHA256_BYTES])
{
    const uint32_t length = htobe32((uint32_t)detail.size);
    uint8_t head[COMMIT_BYTES + HEAD_BYTES] = COMMIT;
    HF_UNINITIALISED struct hf_sha256 state;
    memcpy(head + COMMIT_BYTES, salt, HF_DETAIL_SALT_BYTES);
    memcpy(head + COMMIT_BYTES + HF_DETAIL_SALT_BYTES, &length, sizeof(length));
    hf_sha256_init(&state);
    hf_sha256_update(&state, hf_bytes_of(head, sizeof(head)));
    hf_sha256_update(&state, detail);
    hf_sha256_final(&state, ret_commit);
}

static hf_bytes associated_data(const struct hf_detail_place *place,
                                uint8_t ret_bytes[static AD_MAX_BYTES])
{
    size_t size = strlen(place->origin);
    uint64_t index = htobe64(place->index);
    memcpy(ret_bytes, place->origin, size);
    memcpy(ret_bytes + size, &index, sizeof(index));
    memcpy(ret_bytes + size + sizeof(index), place->commit, HF_SHA256_BYTES);
    return hf_bytes_of(ret_bytes, size + sizeof(index) + HF_SHA256_BYTES);
}

/* Of the plain text around a detail of @size bytes. */
static size_t padded_bytes(size_t size)
{
    const size_t n_steps = (LENGTH_BYTES + size + HF_DETAIL_PAD_BYTES - 1) / HF_DETAIL_PAD_BYTES;
    return HF_DETAIL_SALT_BYTES + n_steps * HF_DETAIL_PAD_BYTES;
}

/* salt || length || detail || zeros */
static hf_status write_plain(const struct hf_detail_box *box, hf_buf *plain)
{
    uint32_t length = htobe32((uint32_t)box->detail.size);
    size_t used = HEAD_BYTES + box->detail.size;
    size_t padded = padded_bytes(box->detail.size);
    hf_buf_reset(plain);
    HF_TRY(hf_buf_reserve(plain, padded));
    memcpy(plain->data, box->salt, HF_DETAIL_SALT_BYTES);
    memcpy(plain->data + HF_DETAIL_SALT_BYTES, &length, sizeof(length));
    memcpy(plain->data + HEAD_BYTES, box->detail.data, box->detail.size);
    memset(plain->data + used, 0, padded - used);
    plain->size = padded;
    return HF_DONE;
}

hf_status hf_detail_seal(const struct hf_detail_box *box, hf_buf *buf)
{
    HF_UNINITIALISED uint8_t ad[AD_MAX_BYTES];
    if (box->detail.size > HF_DETAIL_MAX_BYTES) {
        HF_FAIL(LIMIT);
    }
    if (strlen(box->place.origin) > HF_LOG_ORIGIN_MAX_BYTES) {
        HF_FAIL(BUG);
    }
    HF_TRY(write_plain(box, box->scratch));
    return hf_seal(hf_buf_view(box->scratch), associated_data(&box->place, ad), box->recipients,
                   box->n_recipients, buf);
}

/* The detail inside an opened box; false when the box is not shaped as it was made. */
static bool unpad(hf_bytes plain, hf_bytes *ret_detail)
{
    uint32_t length;
    if (plain.size < HEAD_BYTES) {
        return false;
    }
    memcpy(&length, plain.data + HF_DETAIL_SALT_BYTES, sizeof(length));
    length = be32toh(length);
    if (length > HF_DETAIL_MAX_BYTES || plain.size != padded_bytes(length)) {
        return false;
    }
    for (size_t i = HEAD_BYTES + length; i < plain.size; i++) {
        if (plain.data[i]) {
            return false;
        }
    }
    *ret_detail = hf_bytes_of(plain.data + HEAD_BYTES, length);
    return true;
}

hf_status hf_detail_open(hf_bytes sealed, const struct hf_detail_place *place,
                         const struct hf_seal_key *key, hf_buf *detail)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf plain = hf_buf_init(HF_DETAIL_PLAIN_MAX_BYTES);
    HF_UNINITIALISED uint8_t ad[AD_MAX_BYTES];
    uint8_t commit[HF_SHA256_BYTES];
    hf_bytes content;
    if (strlen(place->origin) > HF_LOG_ORIGIN_MAX_BYTES) {
        HF_FAIL(BUG);
    }
    HF_TRY(hf_seal_open(sealed, associated_data(place, ad), key, &plain));
    if (!unpad(hf_buf_view(&plain), &content)) {
        HF_FAIL(LOG_TAMPERED);
    }
    hf_detail_commit(plain.data, content, commit);
    if (memcmp(commit, place->commit, sizeof(commit)) != 0) {
        HF_FAIL(LOG_TAMPERED);
    }
    return hf_buf_append(detail, content);
}

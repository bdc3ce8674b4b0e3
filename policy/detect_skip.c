/*
 * Skipping in plain C: the definition of what the fast one must return, and what it falls back on
 * at the end of a text. ASCII is told by a table; other characters are folded one by one.
 */
#include "policy/detect_skip.h"

/* ASCII that is an anchor. */
static inline bool is_anchor_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == '@' || byte == '\\';
}

unsigned hf_detect_decode(const uint8_t *data, size_t size, uint32_t *ret_scalar)
{
    static const uint8_t lengths[16] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 3, 4};
    static const uint8_t bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned length = lengths[data[0] >> 4];
    *ret_scalar = 0xfffd;
    if (length == 0 || length > size) {
        return 1;
    }
    uint32_t scalar = data[0] & bits[length];
    for (unsigned i = 1; i < length; i++) {
        if ((data[i] & 0xc0) != 0x80) {
            return 1;
        }
        scalar = scalar << 6 | (data[i] & 0x3f);
    }
    *ret_scalar = scalar;
    return length;
}

size_t hf_detect_skip_plain(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        if (data[i] < 0x80) {
            if (is_anchor_byte(data[i])) {
                return i;
            }
            i++;
            continue;
        }
        uint32_t scalar;
        unsigned length = hf_detect_decode(data + i, size - i, &scalar);
        if (hf_fold_is_anchor(hf_fold_of(scalar))) {
            return i;
        }
        i += length;
    }
    return i;
}

hf_detect_skip_fn *hf_detect_skip_best(void)
{
    hf_detect_skip_fn *avx2 = hf_detect_skip_avx2();
    return avx2 ? avx2 : hf_detect_skip_plain;
}

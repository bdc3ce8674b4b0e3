/*
 * The redactor has judged the text before it comes here: what is malformed is only kept from being
 * read beyond its end.
 */
#include "policy/detect_char.h"

unsigned hf_char_decode(const uint8_t *data, size_t size, uint32_t *ret_scalar)
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

/* = RFC 8259 section 7; what an escape of two bytes stands for is a break, or one of these */
static uint32_t short_escape(uint8_t byte)
{
    switch (byte) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return byte;
    }
}

unsigned hf_char_escape(const uint8_t *p, const uint8_t *end, struct hf_fold *ret_fold)
{
    size_t size = (size_t)(end - p);
    if (size < 2) {
        *ret_fold = hf_fold_of('\\');
        return 1;
    }
    if (p[1] != 'u' || size < 6) {
        *ret_fold = hf_fold_of(short_escape(p[1]));
        return 2;
    }
    uint32_t unit = hf_char_unit(p);
    if ((unit & 0xfc00) != 0xd800 || size < 12) {
        *ret_fold = hf_fold_of(unit);
        return 6;
    }
    *ret_fold = hf_fold_of(0x10000 + ((unit & 0x3ff) << 10) + (hf_char_unit(p + 6) & 0x3ff));
    return 12;
}

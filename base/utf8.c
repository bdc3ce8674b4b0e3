/*
 * UTF-8, by the byte ranges of Unicode table 3-7. Only the second byte's range depends on the
 * first; all rules (overlong, surrogate, beyond the last plane) are in that one dependency.
 */
#include "base/utf8.h"

static inline bool in_range(uint8_t byte, uint8_t low, uint8_t high)
{
    return byte >= low && byte <= high;
}

static inline bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

unsigned hf_utf8_sequence(hf_bytes bytes)
{
    if (bytes.size == 0) {
        return 0;
    }
    const uint8_t *b = bytes.data;
    uint8_t first = b[0];
    if (first < 0x80) {
        return 1;
    }
    if (in_range(first, 0xc2, 0xdf)) {
        return bytes.size >= 2 && is_tail(b[1]) ? 2 : 0;
    }
    if (in_range(first, 0xe0, 0xef)) {
        uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
        uint8_t high = first == 0xed ? 0x9f : 0xbf;
        return bytes.size >= 3 && in_range(b[1], low, high) && is_tail(b[2]) ? 3 : 0;
    }
    if (in_range(first, 0xf0, 0xf4)) {
        uint8_t low = first == 0xf0 ? 0x90 : 0x80;
        uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
        bool good = bytes.size >= 4 && in_range(b[1], low, high) && is_tail(b[2]) && is_tail(b[3]);
        return good ? 4 : 0;
    }
    return 0;
}

bool hf_utf8_check(hf_bytes bytes, size_t *ret_bad_offset)
{
    size_t at = 0;
    while (at < bytes.size) {
        unsigned n = hf_utf8_sequence(hf_bytes_skip(bytes, at));
        if (n == 0) {
            if (ret_bad_offset) {
                *ret_bad_offset = at;
            }
            return false;
        }
        at += n;
    }
    return true;
}

unsigned hf_utf8_encode(uint32_t scalar, uint8_t ret[static 4])
{
    if (scalar < 0x80) {
        ret[0] = (uint8_t)scalar;
        return 1;
    }
    if (scalar < 0x800) {
        ret[0] = (uint8_t)(0xc0 | scalar >> 6);
        ret[1] = (uint8_t)(0x80 | (scalar & 0x3f));
        return 2;
    }
    if (scalar < 0x10000) {
        ret[0] = (uint8_t)(0xe0 | scalar >> 12);
        ret[1] = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
        ret[2] = (uint8_t)(0x80 | (scalar & 0x3f));
        return 3;
    }
    ret[0] = (uint8_t)(0xf0 | scalar >> 18);
    ret[1] = (uint8_t)(0x80 | (scalar >> 12 & 0x3f));
    ret[2] = (uint8_t)(0x80 | (scalar >> 6 & 0x3f));
    ret[3] = (uint8_t)(0x80 | (scalar & 0x3f));
    return 4;
}

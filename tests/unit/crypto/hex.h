/* Hexadecimal literals of published vectors as bytes. */
#pragma once

#include "base/bytes.h"

static inline uint8_t nibble_of_hex(uint8_t digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Fills @ret_bytes with what the lower-case digits spell; returns the number of bytes. */
static inline size_t bytes_of_hex_view(hf_bytes hex, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < hex.size / 2; i++) {
        ret_bytes[i] =
            (uint8_t)(nibble_of_hex(hex.data[i * 2]) << 4 | nibble_of_hex(hex.data[i * 2 + 1]));
    }
    return hex.size / 2;
}

static inline size_t bytes_of_hex(const char *hex, uint8_t *ret_bytes)
{
    return bytes_of_hex_view(hf_bytes_of_string(hex), ret_bytes);
}

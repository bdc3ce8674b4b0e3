/* Hexadecimal literals of published vectors as bytes. */
#pragma once

#include "base/bytes.h"

#include <stdio.h>

/* Fills @ret_bytes with what @hex spells; returns the number of bytes. */
static inline size_t bytes_of_hex(const char *hex, uint8_t *ret_bytes)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        sscanf(hex + i * 2, "%2x", &byte);
        ret_bytes[i] = (uint8_t)byte;
    }
    return n;
}

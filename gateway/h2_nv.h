/*
 * A header field on its way out, as nghttp2 wants it. Included by gateway/h2_*.c only.
 */
#pragma once

#include "gateway/h2.h"

#include <nghttp2/nghttp2.h>

/* nghttp2 copies the value when it is submitted, and refers to the name, which is a literal. */
static inline nghttp2_nv hf_h2_nv(const struct hf_h2_field *field)
{
    /* nghttp2 takes pointers to what it calls mutable and never changes. */
    union {
        const uint8_t *in;
        uint8_t *out;
    } name = {.in = field->name.data}, value = {.in = field->value.data};
    return (nghttp2_nv){.name = name.out,
                        .namelen = field->name.size,
                        .value = value.out,
                        .valuelen = field->value.size,
                        .flags = (uint8_t)(NGHTTP2_NV_FLAG_NO_COPY_NAME |
                                           (field->never_index ? NGHTTP2_NV_FLAG_NO_INDEX : 0))};
}

/*
 * A header field on its way out, as nghttp2 wants it. Included by gateway/h2_*.c only.
 */
#pragma once

#include "gateway/h2.h"

#include <nghttp2/nghttp2.h>

/*
 * Whether the names of one-off fields that leave with the stream @id go into the table of the
 * connection, each with the value at hand, since libnghttp2 has no other way. There they save some
 * dozen bytes of Huffman coding in each block that follows; should they be driven out, they come
 * back before long.
 */
static inline bool hf_h2_puts_names(int32_t id)
{
    return (id & 1022) == 0; /* ids are 1, 3, 5, …: the first stream, and each 512th from there */
}

/* nghttp2 copies the value when it is submitted, and refers to the name, which is a literal.
 * @puts_names: hf_h2_puts_names() of the stream. */
static inline nghttp2_nv hf_h2_nv(const struct hf_h2_field *field, bool puts_names)
{
    bool is_literal =
        field->indexing == HF_H2_INDEX_NONE || (field->indexing == HF_H2_INDEX_NAME && !puts_names);
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
                                           (is_literal ? NGHTTP2_NV_FLAG_NO_INDEX : 0))};
}

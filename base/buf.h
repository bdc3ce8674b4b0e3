/*
 * An owned byte buffer that is born with its limit. It grows on the heap up to the limit and fails
 * with LIMIT beyond; a failed append leaves the content as it was.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#include <stdarg.h>

typedef struct {
    uint8_t *data;
    size_t size;
    size_t capacity_bytes;
    size_t limit_bytes;
} hf_buf;

/**
 * hf_buf_init() - an empty buffer that may hold at most @limit_bytes
 *
 * Owner: caller, hf_buf_clear(). Allocates nothing yet.
 */
static inline hf_buf hf_buf_init(size_t limit_bytes)
{
    return (hf_buf){.limit_bytes = limit_bytes};
}

/* Frees the memory; the limit stays, the buffer may be used again. Accepts a zeroed buffer. */
void hf_buf_clear(hf_buf *buf);

/* Empties without freeing. */
static inline void hf_buf_reset(hf_buf *buf)
{
    buf->size = 0;
}

/* Moves @from's memory and content to @to, which must have no memory and at least that limit; @from
 * is then empty. */
static inline void hf_buf_move(hf_buf *to, hf_buf *from)
{
    to->data = from->data;
    to->size = from->size;
    to->capacity_bytes = from->capacity_bytes;
    *from = hf_buf_init(from->limit_bytes);
}

static inline hf_bytes hf_buf_view(const hf_buf *buf)
{
    return (hf_bytes){buf->data, buf->size};
}

/* The rare half of hf_buf_reserve(): asks the heap. Errors: LIMIT, NOMEM. */
hf_status hf_buf_grow(hf_buf *buf, size_t n);

/**
 * hf_buf_reserve() - make room for @n more bytes
 *
 * Errors: LIMIT, NOMEM. Cost: amortised O(1) a byte; a comparison when there is room.
 */
static inline hf_status hf_buf_reserve(hf_buf *buf, size_t n)
{
    return n <= buf->capacity_bytes - buf->size ? HF_DONE : hf_buf_grow(buf, n);
}

/* Appends bytes. @bytes must not point into @buf. Errors: LIMIT, NOMEM. */
static inline hf_status hf_buf_append(hf_buf *buf, hf_bytes bytes)
{
    HF_TRY(hf_buf_reserve(buf, bytes.size));
    if (bytes.size > 0) {
        memcpy(buf->data + buf->size, bytes.data, bytes.size);
        buf->size += bytes.size;
    }
    return HF_DONE;
}

static inline hf_status hf_buf_append_string(hf_buf *buf, const char *string)
{
    return hf_buf_append(buf, hf_bytes_of_string(string));
}

static inline hf_status hf_buf_append_byte(hf_buf *buf, uint8_t byte)
{
    HF_TRY(hf_buf_reserve(buf, 1));
    buf->data[buf->size++] = byte;
    return HF_DONE;
}

/* Appends decimal digits: what hf_buf_printf() is too slow for. Errors: LIMIT, NOMEM. */
hf_status hf_buf_append_number(hf_buf *buf, uint64_t number);

/* Appends formatted text (no terminating NUL is counted). Errors: LIMIT, NOMEM. */
hf_status hf_buf_printf(hf_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * hf_buf_string() - the content as a C string: ensures a NUL behind the last byte
 * @ret_string: points into @buf, until it is next changed
 *
 * Errors: LIMIT, NOMEM.
 */
hf_status hf_buf_string(hf_buf *buf, const char **ret_string);

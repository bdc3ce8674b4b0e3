/*
 * Growth of bounded buffers. Capacity doubles from 64 bytes, clipped to the limit, so that the
 * memory a peer can make us hold is the number written at hf_buf_init().
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY_BYTES = 64 };

void hf_buf_clear(hf_buf *buf)
{
    free(buf->data);
    *buf = hf_buf_init(buf->limit_bytes);
}

hf_status hf_buf_reserve(hf_buf *buf, size_t n)
{
    if (n > buf->limit_bytes - buf->size) {
        HF_FAIL(LIMIT);
    }
    size_t needed = buf->size + n;
    if (needed <= buf->capacity_bytes) {
        return HF_DONE;
    }
    size_t capacity = buf->capacity_bytes ? buf->capacity_bytes : FIRST_CAPACITY_BYTES;
    while (capacity < needed) {
        capacity = capacity > buf->limit_bytes / 2 ? buf->limit_bytes : capacity * 2;
    }
    uint8_t *data = realloc(buf->data, capacity);
    if (!data) {
        HF_FAIL(NOMEM);
    }
    buf->data = data;
    buf->capacity_bytes = capacity;
    return HF_DONE;
}

hf_status hf_buf_append(hf_buf *buf, hf_bytes bytes)
{
    HF_TRY(hf_buf_reserve(buf, bytes.size));
    if (bytes.size > 0) {
        memcpy(buf->data + buf->size, bytes.data, bytes.size);
        buf->size += bytes.size;
    }
    return HF_DONE;
}

hf_status hf_buf_append_string(hf_buf *buf, const char *string)
{
    return hf_buf_append(buf, hf_bytes_of_string(string));
}

hf_status hf_buf_append_byte(hf_buf *buf, uint8_t byte)
{
    return hf_buf_append(buf, hf_bytes_of(&byte, 1));
}

hf_status hf_buf_printf(hf_buf *buf, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (length < 0) {
        HF_FAIL(BUG);
    }
    size_t n = (size_t)length;
    if (n < sizeof small) {
        return hf_buf_append(buf, hf_bytes_of(small, n));
    }
    char *large = malloc(n + 1);
    if (!large) {
        HF_FAIL(NOMEM);
    }
    va_start(args, format);
    vsnprintf(large, n + 1, format, args);
    va_end(args);
    hf_status status = hf_buf_append(buf, hf_bytes_of(large, n));
    free(large);
    return status;
}

hf_status hf_buf_string(hf_buf *buf, const char **ret_string)
{
    HF_TRY(hf_buf_append_byte(buf, 0));
    buf->size--;
    *ret_string = (const char *)buf->data;
    return HF_DONE;
}

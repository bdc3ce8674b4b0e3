/*
 * Growth of bounded buffers. Capacity doubles from 64 bytes, clipped to the limit, so that the
 * memory a peer can make us hold is the number written at hf_buf_init(); room within the capacity
 * is therefore always room within the limit.
 */
#include "base/buf.h"

#include "base/digits.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY_BYTES = 64 };

void hf_buf_clear(hf_buf *buf)
{
    free(buf->data);
    *buf = hf_buf_init(buf->limit_bytes);
}

hf_status hf_buf_grow(hf_buf *buf, size_t n)
{
    if (n > buf->limit_bytes - buf->size) {
        HF_FAIL(LIMIT);
    }
    size_t needed = buf->size + n;
    size_t capacity = buf->capacity_bytes ? buf->capacity_bytes : FIRST_CAPACITY_BYTES;
    while (capacity < needed && capacity <= buf->limit_bytes / 2) {
        capacity *= 2;
    }
    if (capacity < needed || capacity > buf->limit_bytes) {
        capacity = buf->limit_bytes;
    }
    uint8_t *data = realloc(buf->data, capacity);
    if (!data) {
        HF_FAIL(NOMEM);
    }
    buf->data = data;
    buf->capacity_bytes = capacity;
    return HF_DONE;
}

hf_status hf_buf_append_number(hf_buf *buf, uint64_t number)
{
    char digits[HF_DIGITS_MAX_CHARS];
    return hf_buf_append(buf, hf_bytes_of(digits, hf_digits_write(number, digits)));
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

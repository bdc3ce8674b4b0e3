/*
 * The few things that all line formats share, each with one spelling.
 */
#include "audit/line.h"

#include "crypto/base64.h"

bool hf_line_take(hf_bytes *rest, hf_bytes *ret_line)
{
    const uint8_t *newline = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!newline) {
        return false;
    }
    *ret_line = hf_bytes_of(rest->data, (size_t)(newline - rest->data));
    *rest = hf_bytes_skip(*rest, ret_line->size + 1);
    return true;
}

bool hf_line_number(hf_bytes digits, uint64_t *ret_number)
{
    if (digits.size == 0 || digits.size > 19 || (digits.size > 1 && digits.data[0] == '0')) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(digits.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool hf_line_hash(hf_bytes text, uint8_t ret_hash[static HF_SHA256_BYTES])
{
    uint8_t bytes[HF_SHA256_BYTES + 1];
    hf_buf decoded = {.data = bytes, .capacity_bytes = sizeof(bytes), .limit_bytes = sizeof(bytes)};
    if (text.size != 44 || !hf_is_ok(hf_base64_decode(text, &decoded)) ||
        decoded.size != HF_SHA256_BYTES) {
        return false;
    }
    memcpy(ret_hash, bytes, HF_SHA256_BYTES);
    return true;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

bool hf_line_word(hf_bytes *rest, hf_bytes *ret_word)
{
    while (rest->size && is_blank(rest->data[0])) {
        *rest = hf_bytes_skip(*rest, 1);
    }
    size_t size = 0;
    while (size < rest->size && !is_blank(rest->data[size])) {
        size++;
    }
    if (size == 0) {
        return false;
    }
    *ret_word = hf_bytes_of(rest->data, size);
    *rest = hf_bytes_skip(*rest, size);
    return true;
}

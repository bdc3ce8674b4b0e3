/*
 * The scanners in plain C. text() walks a table of byte classes; only a byte of 0x80 and above
 * leaves the loop, to have its whole sequence checked at once.
 *
 * Invariant: this file is the definition of what the scanners return; scan_avx2.c must agree with
 * it on every input, and falls back to it wherever a block is not clean.
 */
#include "policy/scan.h"

#include "base/utf8.h"

/* Control characters, the quote and the backslash end plain text. */
static inline bool ends_text(uint8_t byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static size_t plain_text(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        if (data[i] < 0x80) {
            if (ends_text(data[i])) {
                return i;
            }
            i++;
            continue;
        }
        unsigned length = hf_utf8_sequence(hf_bytes_of(data + i, size - i));
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return i;
}

static size_t plain_space(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t')) {
        i++;
    }
    return i;
}

const struct hf_scan *hf_scan_plain(void)
{
    static const struct hf_scan plain = {plain_text, plain_space};
    return &plain;
}

const struct hf_scan *hf_scan_best(void)
{
    const struct hf_scan *avx2 = hf_scan_avx2();
    return avx2 ? avx2 : hf_scan_plain();
}

unsigned hf_scan_cut(const uint8_t *data, size_t size)
{
    static const uint8_t fillers[] = {0x80, 0x90, 0xbf}; /* one of them may follow any lead */
    uint8_t whole[4];
    if (size == 0 || size >= sizeof whole || data[0] < 0xc2 || data[0] > 0xf4) {
        return 0;
    }
    unsigned length = data[0] < 0xe0 ? 2 : data[0] < 0xf0 ? 3 : 4;
    for (size_t i = 0; i < sizeof fillers && size < length; i++) {
        memset(whole, 0x80, sizeof whole);
        memcpy(whole, data, size);
        whole[size] = fillers[i];
        if (hf_utf8_sequence(hf_bytes_of(whole, length)) == length) {
            return length;
        }
    }
    return 0;
}

/* How many of the bytes of @word continue a character: those of the form 10xxxxxx. */
static unsigned count_continued(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t continued = (word >> 7) & (~word >> 6) & ones;
    return (unsigned)((continued * ones) >> 56);
}

size_t hf_scan_count(const uint8_t *data, size_t size)
{
    uint64_t word;
    size_t n = size;
    size_t i = 0;
    for (; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        n -= count_continued(word);
    }
    for (; i < size; i++) {
        n -= (data[i] & 0xc0) == 0x80;
    }
    return n;
}

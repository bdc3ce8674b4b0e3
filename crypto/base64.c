/*
 * Base64 by two tables, four characters at a time; the url alphabet is decoded sixteen at a time
 * where the processor has SSE2, which leaves what it does not know to the tables. It decides that a
 * byte string has exactly one spelling: what two texts could both mean is refused, because tokens
 * are compared and cached as text. It knows nothing of lines and armour; PEM is key.c's affair.
 *
 * Lookups depend on the data, so the timing does too. That is fine for tokens, and for key files
 * read once at the start; nothing secret is spelled per request.
 */
#include "crypto/base64.h"

#include "crypto/secret.h"

#ifdef __SSE2__
#include <endian.h>
#include <immintrin.h>
#endif

struct alphabet {
    const char *digits;
    const uint8_t *values; /* digit + 1; 0: no digit */
    bool padded;
};

/* clang-format off */
#define LETTERS_AND_DIGITS \
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8, \
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, \
    ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, \
    ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, \
    ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, \
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, \
    ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, \
    ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, \
    ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62
/* clang-format on */

static const uint8_t values_of_url[256] = {LETTERS_AND_DIGITS, ['-'] = 63, ['_'] = 64};
static const uint8_t values_of_standard[256] = {LETTERS_AND_DIGITS, ['+'] = 63, ['/'] = 64};

static const struct alphabet url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", values_of_url, false};
static const struct alphabet standard = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", values_of_standard, true};

static size_t n_chars(const struct alphabet *alphabet, size_t n_bytes)
{
    return alphabet->padded ? HF_BASE64_CHARS(n_bytes) : HF_BASE64URL_CHARS(n_bytes);
}

static void encode_into(const struct alphabet *alphabet, hf_bytes bytes, uint8_t *out)
{
    const uint8_t *in = bytes.data;
    const char *digits = alphabet->digits;
    size_t n_left = bytes.size;
    for (; n_left >= 3; n_left -= 3, in += 3) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        const char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                              digits[group >> 6 & 63], digits[group & 63]};
        memcpy(out, four, sizeof four); /* one store */
        out += sizeof four;
    }
    if (n_left == 0) {
        return;
    }
    uint32_t group = (uint32_t)in[0] << 16 | (n_left == 2 ? (uint32_t)in[1] << 8 : 0);
    *out++ = (uint8_t)digits[group >> 18];
    *out++ = (uint8_t)digits[group >> 12 & 63];
    if (n_left == 2) {
        *out++ = (uint8_t)digits[group >> 6 & 63];
    }
    if (alphabet->padded) {
        *out++ = '=';
        if (n_left == 1) {
            *out = '=';
        }
    }
}

static hf_status encode(const struct alphabet *alphabet, hf_bytes bytes, hf_buf *buf)
{
    if (bytes.size > SIZE_MAX / 4) {
        HF_FAIL(LIMIT);
    }
    size_t n = n_chars(alphabet, bytes.size);
    if (n == 0) {
        return HF_DONE;
    }
    HF_TRY(hf_buf_reserve(buf, n));
    encode_into(alphabet, bytes, buf->data + buf->size);
    buf->size += n;
    return HF_DONE;
}

#ifdef __SSE2__
/* The characters of @in from @first to @last become 0xff in *@found, and @plus is added to them. */
static inline __m128i shift_range(__m128i in, char first, char last, char plus, __m128i *found)
{
    __m128i inside = _mm_and_si128(_mm_cmpgt_epi8(in, _mm_set1_epi8((char)(first - 1))),
                                   _mm_cmplt_epi8(in, _mm_set1_epi8((char)(last + 1))));
    *found = _mm_or_si128(*found, inside);
    return _mm_and_si128(inside, _mm_add_epi8(in, _mm_set1_epi8(plus)));
}

/* Sixteen digits of the url alphabet become twelve bytes; a thirteenth is written too, and means
 * nothing. False: one is no digit. */
static inline bool decode_sixteen(const uint8_t *in, uint8_t *out)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i found = _mm_setzero_si128(); /* bytes from 0x80 on are negative, so in no range */
    __m128i digits = shift_range(text, 'A', 'Z', -'A', &found);
    digits = _mm_or_si128(digits, shift_range(text, 'a', 'z', 26 - 'a', &found));
    digits = _mm_or_si128(digits, shift_range(text, '0', '9', 52 - '0', &found));
    digits = _mm_or_si128(digits, shift_range(text, '-', '-', 62 - '-', &found));
    digits = _mm_or_si128(digits, shift_range(text, '_', '_', 63 - '_', &found));
    if (_mm_movemask_epi8(found) != 0xffff) {
        return false;
    }
    /* Four digits a, b, c, d of six bits in a lane: first (a, b) and (c, d), then all four. */
    const __m128i even = _mm_set1_epi16(0xff);
    __m128i pairs =
        _mm_or_si128(_mm_slli_epi16(_mm_and_si128(digits, even), 6), _mm_srli_epi16(digits, 8));
    __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 1 << 12));
    uint32_t lanes[4];
    _mm_storeu_si128((__m128i *)(void *)lanes, groups);
    for (unsigned i = 0; i < 4; i++, out += 3) {
        const uint32_t bytes = htobe32(lanes[i] << 8);
        memcpy(out, &bytes, sizeof bytes);
    }
    return true;
}

/* Decodes what it can from the start of @text; returns how many characters that were. The byte too
 * many always falls on the place of one that is still to come. */
static size_t decode_blocks(hf_bytes text, uint8_t *out)
{
    enum { BLOCK = 16, BLOCK_BYTES = 12 };
    size_t at = 0;
    while (text.size - at > BLOCK + 2 && decode_sixteen(text.data + at, out)) {
        at += BLOCK;
        out += BLOCK_BYTES;
    }
    return at;
}
#else
static size_t decode_blocks(hf_bytes text, uint8_t *out)
{
    (void)text;
    (void)out;
    return 0;
}
#endif

/* Decodes unpadded text; @out has room for size * 3 / 4 bytes. False: not the one spelling. */
static bool decode_into(const uint8_t *values, hf_bytes text, uint8_t *out)
{
    const size_t n_done = values == values_of_url ? decode_blocks(text, out) : 0;
    const uint8_t *in = text.data + n_done;
    size_t n_left = text.size - n_done;
    out += n_done / 4 * 3;
    for (; n_left >= 4; n_left -= 4, in += 4) {
        /* No digit is 0 and wraps to all ones, so one comparison sees all four. */
        uint32_t a = values[in[0]] - 1U;
        uint32_t b = values[in[1]] - 1U;
        uint32_t c = values[in[2]] - 1U;
        uint32_t d = values[in[3]] - 1U;
        if ((a | b | c | d) > 63) {
            return false;
        }
        uint32_t group = a << 18 | b << 12 | c << 6 | d;
        *out++ = (uint8_t)(group >> 16);
        *out++ = (uint8_t)(group >> 8);
        *out++ = (uint8_t)group;
    }
    if (n_left == 0) {
        return true;
    }
    if (n_left == 1) { /* six bits make no byte */
        return false;
    }
    uint32_t a = values[in[0]] - 1U;
    uint32_t b = values[in[1]] - 1U;
    uint32_t c = n_left == 3 ? values[in[2]] - 1U : 0;
    if ((a | b | c) > 63) {
        return false;
    }
    uint32_t group = a << 18 | b << 12 | c << 6;
    uint32_t unused = n_left == 3 ? 0xff : 0xffff;
    if ((group & unused) != 0) {
        return false;
    }
    *out++ = (uint8_t)(group >> 16);
    if (n_left == 3) {
        *out = (uint8_t)(group >> 8);
    }
    return true;
}

static hf_status decode(const struct alphabet *alphabet, hf_bytes text, hf_buf *buf)
{
    if (alphabet->padded) {
        if (text.size % 4 != 0) {
            HF_FAIL(BASE64_MALFORMED);
        }
        for (unsigned i = 0; i < 2 && text.size > 0 && text.data[text.size - 1] == '='; i++) {
            text.size--;
        }
    }
    if (text.size == 0) {
        return HF_DONE;
    }
    if (text.size % 4 == 1) { /* six bits make no byte; and no room is asked for none */
        HF_FAIL(BASE64_MALFORMED);
    }
    size_t n_bytes = text.size / 4 * 3 + text.size % 4 * 3 / 4;
    HF_TRY(hf_buf_reserve(buf, n_bytes));
    if (!decode_into(alphabet->values, text, buf->data + buf->size)) {
        HF_FAIL(BASE64_MALFORMED);
    }
    buf->size += n_bytes;
    return HF_DONE;
}

hf_status hf_base64url_encode(hf_bytes bytes, hf_buf *buf)
{
    return encode(&url, bytes, buf);
}

void hf_base64url_encode_fixed(hf_bytes bytes, char *ret_text)
{
    encode_into(&url, bytes, (uint8_t *)ret_text);
    ret_text[HF_BASE64URL_CHARS(bytes.size)] = '\0';
}

hf_status hf_base64url_decode(hf_bytes text, hf_buf *buf)
{
    return decode(&url, text, buf);
}

hf_status hf_base64url_decode_fixed(hf_bytes text, uint8_t *ret_bytes, size_t size)
{
    uint8_t bytes[HF_BASE64URL_FIXED_MAX_BYTES];
    if (size > sizeof(bytes) || text.size != HF_BASE64URL_CHARS(size) ||
        !decode_into(url.values, text, bytes)) {
        HF_FAIL(BASE64_MALFORMED);
    }
    memcpy(ret_bytes, bytes, size);
    hf_wipe(bytes, sizeof(bytes)); /* key files come this way */
    return HF_DONE;
}

hf_status hf_base64_encode(hf_bytes bytes, hf_buf *buf)
{
    return encode(&standard, bytes, buf);
}

void hf_base64_encode_fixed(hf_bytes bytes, char *ret_text)
{
    encode_into(&standard, bytes, (uint8_t *)ret_text);
    ret_text[HF_BASE64_CHARS(bytes.size)] = '\0';
}

hf_status hf_base64_decode(hf_bytes text, hf_buf *buf)
{
    return decode(&standard, text, buf);
}

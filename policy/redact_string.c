/*
 * Strings, names and values alike: every byte is checked whether it leaves or not, and the reading
 * can stop anywhere. What a chunk's end cuts, an escape or a character, is gathered byte by byte
 * and then judged by the same function as a whole one; so there is one decoder of escapes and one
 * judge of UTF-8.
 *
 * What becomes of the bytes is not decided here: hf_string says to copy, to decode, to count.
 */
#include "policy/redact_state.h"

#include "base/utf8.h"

/* What decode_escape() has to say besides a length. */
enum { ESCAPE_CUT = 0, ESCAPE_BAD = -1, ESCAPE_HALF = -2 };

void hf_string_begin_name(struct hf_redact *redact)
{
    redact->string = (struct hf_string){
        .is_name = true,
        .capture = hf_redact_top(redact)->node != NULL,
    };
    redact->n_text = 0;
    redact->text_overflow = false;
    redact->step = HF_STEP_STRING;
}

/* --- what becomes of the bytes --- */

static void capture(struct hf_redact *redact, hf_bytes decoded)
{
    if (decoded.size > sizeof redact->text - redact->n_text) {
        redact->text_overflow = true;
    } else {
        memcpy(redact->text + redact->n_text, decoded.data, decoded.size);
        redact->n_text += decoded.size;
    }
}

/* Takes @n raw bytes of whole characters: what does not depend on what they stand for. */
static bool take_raw(struct hf_redact *redact, const uint8_t *raw, size_t n, uint64_t at)
{
    struct hf_string *string = &redact->string;
    size_t left = redact->limits.max_string_bytes - string->n_raw_bytes;
    if (string->scan) {
        hf_text_take(redact, hf_bytes_of(raw, n), left);
    } else if (string->copy) {
        hf_out_put(redact, raw, n < left ? n : left);
    }
    if (n > left) {
        hf_redact_fault_at(redact, HF_RULE_string_length, at + left, NULL);
        return false;
    }
    string->n_raw_bytes += n;
    return true;
}

/* Takes @raw, which is whole characters or one escape; @decoded is what it stands for. */
static void take(struct hf_redact *redact, hf_bytes raw, hf_bytes decoded, uint64_t at)
{
    struct hf_string *string = &redact->string;
    if (!take_raw(redact, raw.data, raw.size, at)) {
        return;
    }
    if (string->capture) {
        capture(redact, decoded);
    }
    if (string->count) {
        string->n_chars += hf_scan_count(decoded.data, decoded.size);
    }
    if (string->tentative) {
        hf_leaf_string_measure(redact);
    }
}

static const uint8_t *close_string(struct hf_redact *redact, const uint8_t *p)
{
    if (!redact->string.is_name) {
        hf_leaf_string_end(redact);
        return p + 1;
    }
    redact->step = HF_STEP_COLON;
    if (redact->string.capture) {
        size_t size = redact->text_overflow ? sizeof redact->text : redact->n_text;
        uint64_t at = hf_redact_at(redact, p) - redact->string.n_raw_bytes - 1;
        hf_walk_name(redact, redact->text, size, at);
    } else {
        redact->target = NULL;
    }
    return p + 1;
}

/* --- escapes --- */

/* The value of a hex digit; what is none has bits above the low four. */
static const uint8_t hex_values[256] = {
#define NONE 0xff
#define NONE_16                                                                                    \
    NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE
#define LETTERS NONE, 10, 11, 12, 13, 14, 15, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE
    NONE_16, NONE_16, NONE_16, 0,       1,       2,       3,       4,
    5,       6,       7,       8,       9,       NONE,    NONE,    NONE,
    NONE,    NONE,    NONE,    LETTERS, NONE_16, LETTERS, NONE_16, NONE_16,
    NONE_16, NONE_16, NONE_16, NONE_16, NONE_16, NONE_16, NONE_16,
#undef LETTERS
#undef NONE_16
#undef NONE
};

/* The code unit that four hex digits spell; above 0xffff when they are none. */
static inline uint32_t read_hex(const uint8_t digits[static 4])
{
    uint32_t a = hex_values[digits[0]];
    uint32_t b = hex_values[digits[1]];
    uint32_t c = hex_values[digits[2]];
    uint32_t d = hex_values[digits[3]];
    return (a | b | c | d) > 15 ? UINT32_MAX : a << 12 | b << 8 | c << 4 | d;
}

/* The code unit of `\uXXXX`; ESCAPE_CUT when @size ends it early, which is no unit's length. */
static int read_unit(const uint8_t *escape, size_t size, uint32_t *ret_unit)
{
    for (size_t i = 2; i < 6 && i < size; i++) {
        if (hex_values[escape[i]] > 15) {
            return ESCAPE_BAD;
        }
    }
    if (size < 6) {
        return ESCAPE_CUT;
    }
    *ret_unit = read_hex(escape + 2);
    return 6;
}

/* The second half of a pair, at @escape. */
static int read_low_half(const uint8_t *escape, size_t size, uint32_t *ret_unit)
{
    if (size > 0 && escape[0] != '\\') {
        return ESCAPE_HALF;
    }
    if (size > 1 && escape[1] != 'u') {
        return ESCAPE_HALF;
    }
    int length = read_unit(escape, size, ret_unit);
    if (length > 0 && (*ret_unit & 0xfc00) != 0xdc00) {
        return ESCAPE_HALF;
    }
    return length;
}

/* = RFC 8259 section 7: `\uXXXX`, and a pair of them beyond the basic plane */
static int decode_unicode(const uint8_t *escape, size_t size, uint32_t *ret_scalar)
{
    uint32_t high = 0;
    uint32_t low = 0;
    int length = read_unit(escape, size, &high);
    if (length <= 0 || (high & 0xf800) != 0xd800) {
        *ret_scalar = high;
        return length;
    }
    if (high >= 0xdc00) {
        return ESCAPE_HALF;
    }
    length = read_low_half(escape + 6, size - 6, &low);
    if (length <= 0) {
        return length;
    }
    *ret_scalar = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    return 12;
}

/* Length of the escape at @escape (2, 6 or 12) and what it stands for, or why not. */
static int decode_escape(const uint8_t *escape, size_t size, uint32_t *ret_scalar)
{
    static const uint8_t meaning[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    if (size < 2) {
        return ESCAPE_CUT;
    }
    if (escape[1] == 'u') {
        return decode_unicode(escape, size, ret_scalar);
    }
    if (escape[1] >= sizeof meaning || meaning[escape[1]] == 0) {
        return ESCAPE_BAD;
    }
    *ret_scalar = meaning[escape[1]];
    return 2;
}

static void take_escape(struct hf_redact *redact, hf_bytes raw, uint32_t scalar, uint64_t at)
{
    uint8_t decoded[4];
    size_t n_decoded = 0;
    if (redact->string.capture || redact->string.count) {
        n_decoded = hf_utf8_encode(scalar, decoded);
    }
    take(redact, raw, hf_bytes_of(decoded, n_decoded), at);
}

static const uint8_t *escape_fault(struct hf_redact *redact, int reason, uint64_t offset)
{
    enum hf_rule rule = reason == ESCAPE_HALF ? HF_RULE_surrogate : HF_RULE_escape;
    return hf_redact_fault_at(redact, rule, offset, NULL);
}

/*
 * A row of `\uXXXX` that are no surrogates, as sources write that escape all but ASCII: checked
 * without decoding. Returns its end, which is @p when there is none.
 */
static const uint8_t *skip_units(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        uint32_t unit = read_hex(p + 2);
        if (unit > 0xffff || (unit & 0xf800) == 0xd800) {
            break;
        }
        p += 6;
    }
    return p;
}

/* Takes such a row where nobody asks what it stands for. */
static const uint8_t *read_units(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    struct hf_string *string = &redact->string;
    const uint8_t *behind = string->capture ? p : skip_units(p, end);
    size_t n = (size_t)(behind - p);
    if (n > 0 && take_raw(redact, p, n, hf_redact_at(redact, p))) {
        string->n_chars += string->count ? n / 6 : 0;
        if (string->tentative) {
            hf_leaf_string_measure(redact);
        }
    }
    return behind;
}

/* An escape begins at @p. */
static const uint8_t *read_escape(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *behind = read_units(redact, p, end);
    if (behind > p) {
        return behind;
    }
    uint32_t scalar = 0;
    size_t size = (size_t)(end - p);
    int length = decode_escape(p, size, &scalar);
    if (length > 0) {
        take_escape(redact, hf_bytes_of(p, (size_t)length), scalar, hf_redact_at(redact, p));
        return p + length;
    }
    if (length < 0) {
        escape_fault(redact, length, hf_redact_at(redact, p));
        return p;
    }
    memcpy(redact->escape, p, size);
    redact->n_escape = (uint8_t)size;
    return end;
}

/* One more byte of an escape that was cut. */
static const uint8_t *resume_escape(struct hf_redact *redact, const uint8_t *p)
{
    uint32_t scalar = 0;
    redact->escape[redact->n_escape++] = *p;
    int length = decode_escape(redact->escape, redact->n_escape, &scalar);
    uint64_t begin = hf_redact_at(redact, p) + 1 - redact->n_escape;
    if (length < 0) {
        escape_fault(redact, length, begin);
    } else if (length > 0) {
        redact->n_escape = 0;
        take_escape(redact, hf_bytes_of(redact->escape, (size_t)length), scalar, begin);
        hf_text_settle(redact); /* the next escape may be cut likewise */
    }
    return p + 1;
}

/* --- characters --- */

/* A byte of 0x80 or above stands at @p, where plain text has ended. */
static const uint8_t *read_cut(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    size_t size = (size_t)(end - p);
    if (hf_scan_cut(p, size) == 0) {
        return hf_redact_fault(redact, HF_RULE_utf8, p);
    }
    memcpy(redact->cut, p, size);
    redact->n_cut = (uint8_t)size;
    return end;
}

/* One more byte of a character that was cut. */
static const uint8_t *resume_cut(struct hf_redact *redact, const uint8_t *p)
{
    redact->cut[redact->n_cut++] = *p;
    hf_bytes bytes = hf_bytes_of(redact->cut, redact->n_cut);
    uint64_t begin = hf_redact_at(redact, p) + 1 - redact->n_cut;
    if (hf_utf8_sequence(bytes) == bytes.size) {
        redact->n_cut = 0;
        take(redact, bytes, bytes, begin);
        hf_text_settle(redact);
    } else if (hf_scan_cut(redact->cut, redact->n_cut) == 0) {
        hf_redact_fault_at(redact, HF_RULE_utf8, begin, NULL);
    }
    return p + 1;
}

/* Plain text up to whatever ends it. */
static const uint8_t *read_text(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    size_t n = *p == '\\' ? 0 : redact->scan->text(p, (size_t)(end - p));
    if (n > 0) {
        hf_bytes text = hf_bytes_of(p, n);
        take(redact, text, text, hf_redact_at(redact, p));
        return p + n;
    }
    switch (*p) {
    case '"':
        return close_string(redact, p);
    case '\\':
        return read_escape(redact, p, end);
    default:
        if (*p >= 0x80) {
            return read_cut(redact, p, end);
        }
        return hf_redact_fault(redact, HF_RULE_control, p);
    }
}

const uint8_t *hf_step_string(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    while (p < end && redact->step == HF_STEP_STRING && redact->rule == HF_RULE_none) {
        if (redact->n_escape > 0) {
            p = resume_escape(redact, p);
        } else if (redact->n_cut > 0) {
            p = resume_cut(redact, p);
        } else {
            p = read_text(redact, p, end);
        }
    }
    hf_text_settle(redact);
    return p;
}

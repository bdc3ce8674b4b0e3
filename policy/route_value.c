/*
 * Decides whether one value may be sent on, and whom a subject's value names. A value is compared
 * byte for byte and never repaired: a USCC has one spelling. Only a resident ID is folded (`x` to
 * `X`), because both spellings are in use and the person's pseudonym must be one.
 */
#include "policy/route_value.h"

#include "base/date.h"
#include "base/uscc.h"
#include "policy/resident.h"

enum { INTEGER_MAX_DIGITS = 18, NUMBER_MAX_BYTES = 32 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Moves @at over digits; false when there is none. */
static bool skip_digits(hf_bytes text, size_t *at)
{
    size_t begin = *at;
    while (*at < text.size && is_digit(text.data[*at])) {
        (*at)++;
    }
    return *at > begin;
}

/* -?(0|[1-9][0-9]*) and, where @fraction, (.[0-9]+)? : RFC 8259 6 without exponent. */
static bool is_number(hf_bytes text, bool fraction)
{
    size_t at = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t first = at;
    if (text.size > NUMBER_MAX_BYTES || !skip_digits(text, &at)) {
        return false;
    }
    if ((text.data[first] == '0' && at > first + 1) || at - first > INTEGER_MAX_DIGITS) {
        return false;
    }
    if (fraction && at < text.size && text.data[at] == '.') {
        at++;
        return skip_digits(text, &at) && at == text.size;
    }
    return at == text.size && !(first == 1 && text.data[1] == '0');
}

static bool has_control(hf_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static size_t count_chars(hf_bytes text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }
    return n;
}

static bool string_fits(const struct hf_parameter *parameter, hf_bytes text)
{
    size_t n_chars = count_chars(text);
    int32_t day;
    struct hf_date_span span;
    if (has_control(text) || n_chars < parameter->min_chars || n_chars > parameter->max_chars) {
        return false;
    }
    switch (parameter->format) {
    case HF_SCHEMA_FORMAT_DATE:
        return hf_date_parse(text, &day);
    case HF_SCHEMA_FORMAT_DATE_TIME:
        return text.size > HF_DATE_CHARS && hf_date_read(text, &span);
    case HF_SCHEMA_FORMAT_NONE:
        break;
    }
    return true;
}

static bool type_fits(const struct hf_parameter *parameter, hf_bytes text)
{
    switch (parameter->type) {
    case HF_SCHEMA_STRING:
        return string_fits(parameter, text);
    case HF_SCHEMA_INTEGER:
        return is_number(text, false);
    case HF_SCHEMA_NUMBER:
        return is_number(text, true);
    case HF_SCHEMA_BOOLEAN:
        return hf_bytes_equal_string(text, "true") || hf_bytes_equal_string(text, "false");
    case HF_SCHEMA_NULL:
        break;
    }
    return false;
}

bool hf_value_fits(const struct hf_parameter *parameter, hf_bytes text)
{
    if (!type_fits(parameter, text)) {
        return false;
    }
    for (size_t i = 0; i < parameter->n_values; i++) {
        if (hf_bytes_equal(parameter->values[i], text)) {
            return true;
        }
    }
    return parameter->n_values == 0;
}

bool hf_value_subject(enum hf_parameter_place place, hf_bytes text, uint8_t ret_folded[static 18],
                      enum hf_subject_kind *ret_kind, hf_bytes *ret_subject)
{
    if (hf_resident_is_valid(text)) {
        if (place != HF_PLACE_BODY) {
            return false;
        }
        memcpy(ret_folded, text.data, HF_RESIDENT_CHARS);
        ret_folded[HF_RESIDENT_CHARS - 1] =
            text.data[HF_RESIDENT_CHARS - 1] == 'x' ? 'X' : text.data[HF_RESIDENT_CHARS - 1];
        *ret_kind = HF_SUBJECT_PERSON;
        *ret_subject = hf_bytes_of(ret_folded, HF_RESIDENT_CHARS);
        return true;
    }
    if (!hf_uscc_is_valid(text)) {
        return false;
    }
    *ret_kind = hf_uscc_is_sole_trader(text) ? HF_SUBJECT_SOLE_TRADER : HF_SUBJECT_LEGAL;
    *ret_subject = text;
    return true;
}

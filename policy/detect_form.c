/*
 * Decides by number alone. Where a standard has a check digit it must hold; where it has none, the
 * form is as narrow as what is really issued, for each form that is wider masks amounts and dates.
 */
#include "policy/detect_form.h"

#include "base/uscc.h"
#include "policy/resident.h"

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether eight bytes are digits: none leaves its half of the table, up or down. */
static bool is_eight_digits(const uint8_t *bytes)
{
    const uint64_t every_byte = UINT64_C(0x0101010101010101);
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    uint64_t over = (eight + 0x46 * every_byte) | eight;
    return ((over | (eight - '0' * every_byte)) & 0x80 * every_byte) == 0;
}

static bool is_digits(hf_bytes text)
{
    size_t i = 0;
    for (; i + 8 <= text.size; i += 8) {
        if (!is_eight_digits(text.data + i)) {
            return false;
        }
    }
    if (i > 0 && i < text.size) {
        return is_eight_digits(text.data + text.size - 8);
    }
    for (; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return true;
}

/* = ISO/IEC 7812-1 annex B */
static bool luhn_holds(hf_bytes digits)
{
    static const uint8_t doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    unsigned sum = 0;
    size_t odd = digits.size & 1;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)(digits.data[i] - '0');
        sum += (i & 1) == odd ? doubled[digit] : digit;
    }
    return sum % 10 == 0;
}

static bool is_card_head(const uint8_t *digits)
{
    if (digits[0] == '2') {
        unsigned head = 0;
        for (unsigned i = 0; i < 4; i++) {
            head = head * 10 + (unsigned)(digits[i] - '0');
        }
        return head >= 2221 && head <= 2720;
    }
    return (digits[0] >= '3' && digits[0] <= '6') || digits[0] == '9';
}

bool hf_form_is_card(hf_bytes digits)
{
    return digits.size >= HF_CARD_MIN_DIGITS && digits.size <= HF_CARD_MAX_DIGITS &&
           is_card_head(digits.data) && is_digits(digits) && luhn_holds(digits);
}

bool hf_form_is_mobile(hf_bytes digits)
{
    return digits.size == HF_MOBILE_DIGITS && digits.data[0] == '1' && digits.data[1] >= '3' &&
           digits.data[1] <= '9' && is_digits(digits);
}

bool hf_form_is_landline(hf_bytes digits, bool with_trunk, unsigned *ret_area_digits)
{
    unsigned trunk = with_trunk ? 1 : 0;
    if (digits.size < trunk + 9 || digits.size > trunk + 11 ||
        (with_trunk && digits.data[0] != '0') || !is_digits(digits)) {
        return false;
    }
    const uint8_t *area = digits.data + trunk;
    bool is_short = area[0] == '2' || (area[0] == '1' && area[1] == '0');
    if (!is_short && (area[0] < '3' || area[0] > '9')) {
        return false;
    }
    unsigned n_area = trunk + (is_short ? 2 : 3);
    size_t n_subscriber = digits.size - n_area;
    if (n_subscriber != 8 && (is_short || n_subscriber != 7)) {
        return false;
    }
    if (digits.data[n_area] < '2') {
        return false;
    }
    *ret_area_digits = n_area;
    return true;
}

bool hf_form_is_resident(hf_bytes text)
{
    uint8_t backwards[HF_RESIDENT_CHARS];
    if (text.size != HF_RESIDENT_CHARS) {
        return false;
    }
    if (hf_resident_is_valid(text)) {
        return true;
    }
    for (size_t i = 0; i < sizeof backwards; i++) {
        backwards[i] = text.data[sizeof backwards - 1 - i];
    }
    return hf_resident_is_valid(hf_bytes_of(backwards, sizeof backwards));
}

/* = GB 32100-2015 4.1: the departments that register */
static bool is_department(uint8_t byte)
{
    return (byte >= '1' && byte <= '9') || byte == 'A' || byte == 'N' || byte == 'Y';
}

bool hf_form_is_uscc(hf_bytes text)
{
    return text.size == HF_USCC_CHARS && is_department(text.data[0]) && hf_uscc_is_valid(text);
}

static bool holds(const char *set, uint8_t byte)
{
    return byte != 0 && strchr(set, byte) != NULL;
}

bool hf_form_is_passport(hf_bytes text)
{
    if (text.size < 9 || text.size > HF_PASSPORT_MAX_MARKS) {
        return false;
    }
    uint8_t first = text.data[0];
    uint8_t second = text.data[1];
    if (is_digit(second)) {
        bool is_eight = text.size == 9 && holds("CDEGHMPSW", first);
        bool is_ten = text.size == 11 && holds("HM", first);
        return (is_eight || is_ten) && is_digits(hf_bytes_skip(text, 1));
    }
    bool is_pair = (holds("EC", first) && second >= 'A' && second <= 'Z') ||
                   (holds("DSP", first) && second == 'E');
    return text.size == 9 && is_pair && is_digits(hf_bytes_skip(text, 2));
}

bool hf_form_is_plate_serial(hf_bytes text)
{
    size_t n_digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool digit = is_digit(byte);
        if (!digit && (byte < 'A' || byte > 'Z' || byte == 'I' || byte == 'O')) {
            return false;
        }
        n_digits += digit;
    }
    return n_digits >= 3;
}

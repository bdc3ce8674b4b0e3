/*
 * Decides what counts as a resident ID in a request, so that one never travels in a path or query.
 * It errs on the side of finding one: a number that passes province, birthday and check character
 * is refused even where it was meant as something else. USCCs of department 9 (market regulation)
 * are told apart by their own check character, for they are the subjects of most requests.
 */
#include "policy/resident.h"

#include "base/date.h"
#include "base/uscc.h"

enum { BIRTH_AT = 6, OLD_MONTH_AT = 8, BIRTH_CHARS = 8, YEAR_MIN = 1850, YEAR_MAX = 2100 };

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static unsigned number_of(const uint8_t *digits, size_t n)
{
    unsigned number = 0;
    for (size_t i = 0; i < n; i++) {
        number = number * 10 + (unsigned)(digits[i] - '0');
    }
    return number;
}

/* Provinces of GB/T 2260 by their two digits, and 9x of foreigners' cards. */
static bool province_exists(unsigned province)
{
    static const uint8_t LAST_OF_TEN[10] = {0, 15, 23, 37, 46, 54, 65, 71, 83, 99};
    unsigned tens = province / 10;
    unsigned first = tens == 5 || tens == 9 ? tens * 10 : tens * 10 + 1;
    return tens >= 1 && province >= first && province <= LAST_OF_TEN[tens];
}

static bool birthday_exists(const uint8_t *digits)
{
    struct hf_date_span span;
    unsigned year = number_of(digits, 4);
    return year >= YEAR_MIN && year <= YEAR_MAX &&
           hf_date_read(hf_bytes_of(digits, BIRTH_CHARS), &span);
}

/* GB 11643-1999 4.2: weights and table of ISO 7064 MOD 11-2. */
static bool check_holds(const uint8_t *text)
{
    static const uint8_t WEIGHTS[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(WEIGHTS); i++) {
        sum += (unsigned)(text[i] - '0') * WEIGHTS[i];
    }
    uint8_t last = text[17] == 'x' ? 'X' : text[17];
    return last == (uint8_t) "10X98765432"[sum % 11];
}

bool hf_resident_is_valid(hf_bytes text)
{
    if (text.size != HF_RESIDENT_CHARS) {
        return false;
    }
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    return province_exists(number_of(text.data, 2)) && birthday_exists(text.data + BIRTH_AT) &&
           check_holds(text.data) && !(text.data[0] == '9' && hf_uscc_is_valid(text));
}

bool hf_resident_is_old(hf_bytes text)
{
    uint8_t birthday[BIRTH_CHARS] = {'1', '9'};
    if (text.size != HF_RESIDENT_OLD_CHARS || text.data[OLD_MONTH_AT] > '1') { /* most windows */
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
    }
    memcpy(birthday + 2, text.data + BIRTH_AT, sizeof(birthday) - 2);
    return province_exists(number_of(text.data, 2)) && birthday_exists(birthday);
}

bool hf_resident_is_within(hf_bytes text)
{
    uint8_t window[HF_RESIDENT_CHARS];
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '-' || byte == '_' || byte == '.' || byte == ' ') {
            continue;
        }
        if (n == sizeof(window)) {
            memmove(window, window + 1, --n);
        }
        window[n++] = byte;
        if (n == sizeof(window) && hf_resident_is_valid(hf_bytes_of(window, n))) {
            return true;
        }
    }
    return false;
}

/*
 * The check character is ISO 7064-like: weights 3^i mod 31 over an alphabet of 31. It catches every
 * single wrong character and most swaps, so a mistyped enterprise is refused before it is anybody.
 *
 * This file knows nothing of who is registered, and folds no case: tables of departments that hold
 * lower-case codes are read by their catalog, not here.
 */
#include "base/uscc.h"

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

enum {
    MODULUS = sizeof alphabet - 1,
    DIVISION_FIRST = 2, /* places 3..8, counted from 0: the administrative division */
    DIVISION_LAST = 7
};
_Static_assert(MODULUS == 31, "GB 32100 uses 31 characters");

/* Value + 1 of each character; 0: not of the alphabet. */
static const uint8_t values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24,
    ['Q'] = 25, ['R'] = 26, ['T'] = 27, ['U'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31,
};

/* GB 32100-2015 5.2: W_i = 3^(i-1) mod 31 */
static const uint8_t weights[HF_USCC_CHARS - 1] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
                                                   29, 25, 13, 8,  24, 10, 30, 28};

char hf_uscc_check_character(const uint8_t first[static HF_USCC_CHARS - 1])
{
    unsigned sum = 0;
    for (size_t i = 0; i < HF_USCC_CHARS - 1; i++) {
        unsigned value = values[first[i]];
        if (value == 0) {
            return 0;
        }
        sum += (value - 1) * weights[i];
    }
    return alphabet[(MODULUS - sum % MODULUS) % MODULUS];
}

bool hf_uscc_is_valid(hf_bytes text)
{
    if (text.size != HF_USCC_CHARS) {
        return false;
    }
    for (size_t i = DIVISION_FIRST; i <= DIVISION_LAST; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    char check = hf_uscc_check_character(text.data);
    return check != 0 && text.data[HF_USCC_CHARS - 1] == (uint8_t)check;
}

bool hf_uscc_is_sole_trader(hf_bytes uscc)
{
    return hf_bytes_starts_with(uscc, HF_LITERAL("92"));
}

/* 43 characters carry 258 bits: the last may spell only 4 of its 6, or two texts would be one name.
 */
static bool is_person_name(hf_bytes name)
{
    if (name.size != HF_PERSON_CHARS) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_')) {
            return false;
        }
    }
    return strchr("AEIMQUYcgkosw048", name.data[HF_PERSON_CHARS - 1]) != NULL;
}

bool hf_party_kind(hf_bytes party, enum hf_subject_kind *ret_kind)
{
    const hf_bytes uscc_prefix = HF_LITERAL("uscc:");
    const hf_bytes person_prefix = HF_LITERAL("person:");
    if (hf_bytes_starts_with(party, uscc_prefix)) {
        hf_bytes uscc = hf_bytes_skip(party, uscc_prefix.size);
        if (!hf_uscc_is_valid(uscc)) {
            return false;
        }
        *ret_kind = hf_uscc_is_sole_trader(uscc) ? HF_SUBJECT_SOLE_TRADER : HF_SUBJECT_LEGAL;
        return true;
    }
    if (hf_bytes_starts_with(party, person_prefix) &&
        is_person_name(hf_bytes_skip(party, person_prefix.size))) {
        *ret_kind = HF_SUBJECT_PERSON;
        return true;
    }
    return false;
}

bool hf_party_uscc(hf_bytes text, hf_bytes *ret_uscc)
{
    const hf_bytes prefix = HF_LITERAL("uscc:");
    hf_bytes uscc = hf_bytes_starts_with(text, prefix) ? hf_bytes_skip(text, prefix.size) : text;
    if (!hf_uscc_is_valid(uscc)) {
        return false;
    }
    *ret_uscc = uscc;
    return true;
}

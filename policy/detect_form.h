/*
 * What an identifier looks like: pure questions about digits and letters that stand in one row,
 * folded to ASCII (detect_fold.h), `A`..`Z` in upper case. Whether they stand alone, in groups or
 * inside something longer is asked in detect_find.c.
 */
#pragma once

#include "base/bytes.h"

enum {
    HF_CARD_MIN_DIGITS = 13,
    HF_CARD_MAX_DIGITS = 19,
    HF_MOBILE_DIGITS = 11,
    HF_LANDLINE_MIN_DIGITS = 10, /* behind a country code, without the trunk prefix */
    HF_LANDLINE_MAX_DIGITS = 12,
    HF_PLATE_MARKS = 7, /* province, letter, five of the serial number */
    HF_PASSPORT_MAX_MARKS = 11
};

/*
 * A bank card: 13..19 digits, the right check digit (Luhn), and a first digit that payment cards
 * have: 3 to 6, 9, or 2221..2720. Source: ISO/IEC 7812-1.
 */
bool hf_form_is_card(hf_bytes digits);

/* A mobile number of mainland China: 11 digits, 13 to 19 at its head. */
bool hf_form_is_mobile(hf_bytes digits);

/**
 * hf_form_is_landline() - whether @digits are an area code and a subscriber's number
 * @with_trunk:      `0` stands at the head
 * @ret_area_digits: set only when true is returned: digits up to the subscriber's number
 *
 * Areas 10 and 2x with eight digits behind them, 3xx to 9xx with seven or eight; the subscriber's
 * first is 2 to 9.
 */
bool hf_form_is_landline(hf_bytes digits, bool with_trunk, unsigned *ret_area_digits);

/* A resident ID of 18 (GB 11643-1999), from its head or from its tail, as spelled backwards. */
bool hf_form_is_resident(hf_bytes text);

/* A USCC whose department (its first character) exists. Source: GB 32100-2015 4.1, 5. */
bool hf_form_is_uscc(hf_bytes text);

/*
 * A passport of China or a permit for Hong Kong, Macao or Taiwan: one or two letters and 7, 8 or 10
 * digits. No check digit.
 */
bool hf_form_is_passport(hf_bytes text);

/*
 * The serial number of a number plate: 0-9, A-Z without I and O, at least three digits.
 * Source: GA 36-2018.
 */
bool hf_form_is_plate_serial(hf_bytes text);

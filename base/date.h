/*
 * Civil dates as days since 1970-01-01 (proleptic Gregorian), and calendar windows in Asia/Shanghai
 * (UTC+8 without daylight saving, as it has stood since 1991).
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#include <endian.h>

enum { HF_DATE_CHARS = 10 }; /* YYYY-MM-DD */

/* First and last day that a date's spelling covers: both ends belong to it. */
struct hf_date_span {
    int32_t first_day;
    int32_t last_day;
};

/**
 * hf_date_parse() - exactly `YYYY-MM-DD`, a day that exists, years 0001..9999
 *
 * False, and nothing set, for anything else.
 */
bool hf_date_parse(hf_bytes text, int32_t *ret_day);

/* Whether the calendar has that day, in the years 1..9999. */
bool hf_date_exists(unsigned year, unsigned month, unsigned day);

/*
 * A key of a day grows as days do, and is read off `YYYY-MM-DD` without any arithmetic on dates:
 * the two digits each of century, year, month and day in sixteen bits, the century on top.
 */
static inline unsigned hf_date_key_year(uint64_t key)
{
    return (unsigned)(key >> 48) * 100 + (unsigned)(key >> 32 & 0xffff);
}

static inline unsigned hf_date_key_month(uint64_t key)
{
    return (unsigned)(key >> 16 & 0xffff);
}

static inline unsigned hf_date_key_day(uint64_t key)
{
    return (unsigned)(key & 0xffff);
}

/* Whether such a day exists, of which each part has two digits. */
static inline bool hf_date_key_exists(uint64_t key)
{
    const unsigned long_months = 0x15aa; /* a bit for each that has 31 days */
    unsigned month = hf_date_key_month(key);
    unsigned day = hf_date_key_day(key);
    if (key >> 32 == 0 || month - 1 >= 12) {
        return false;
    }
    unsigned last = month == 2 ? 28 : 30 + (long_months >> month & 1);
    return day - 1 < last || hf_date_exists(hf_date_key_year(key), month, day);
}

/* The key of a day by its number; of one outside the years 1..9999: before, or behind, all keys. */
uint64_t hf_date_key_of(int32_t day);

/*
 * The key of the day that eight digits name, in the order of a date; false when some are none or
 * there is no such day. The digits are read side by side, and each pair becomes one byte: its
 * second moves onto its first, which has been multiplied by ten.
 */
static inline bool hf_date_key_of_digits(uint64_t digits, uint64_t *ret_key)
{
    const uint64_t every_byte = UINT64_C(0x0101010101010101);
    uint64_t not_digits = (digits + 0x46 * every_byte) | (digits - '0' * every_byte);
    digits -= '0' * every_byte;
    uint64_t pairs = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    uint64_t key = __builtin_bswap64(pairs) >> 8;
    if ((not_digits & (0x80 * every_byte)) != 0 || !hf_date_key_exists(key)) {
        return false;
    }
    *ret_key = key;
    return true;
}

/* The key of exactly `YYYY-MM-DD`; false, and nothing set, for anything else. */
static inline bool hf_date_key(const uint8_t text[static HF_DATE_CHARS], uint64_t *ret_key)
{
    const uint64_t dashes = UINT64_C(0x2d00002d00000000);
    uint64_t head;
    uint16_t day;
    memcpy(&head, text, sizeof head);
    memcpy(&day, text + sizeof head, sizeof day);
    head = le64toh(head);
    uint64_t digits = (head & UINT32_MAX) | (head >> 8 & UINT64_C(0x0000ffff00000000)) |
                      (uint64_t)le16toh(day) << 48;
    return (head & UINT64_C(0xff0000ff00000000)) == dashes &&
           hf_date_key_of_digits(digits, ret_key);
}

/**
 * hf_date_read() - any spelling that a source may use for a row's date
 *
 * `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYYMMDD`, RFC 3339 date-time. The last is an instant: its day
 * is the one in Asia/Shanghai, whatever its offset, and lies in the years 1..9999. False: not
 * readable as a date.
 */
bool hf_date_read(hf_bytes text, struct hf_date_span *ret_span);

/* Day number of a civil date and back. The date must exist; year 1..9999. */
int32_t hf_date_of_civil(int year, unsigned month, unsigned day);
void hf_date_to_civil(int32_t day, int *ret_year, unsigned *ret_month, unsigned *ret_day);

/* `YYYY-MM-DD` and a NUL. @day must lie in years 1..9999. */
void hf_date_write(int32_t day, char ret_text[static HF_DATE_CHARS + 1]);

/* The civil day in Asia/Shanghai of a moment. */
int32_t hf_date_shanghai_day(int64_t unix_s);

/* `YYYY-MM-DDTHH:MM:SSZ` of a moment (RFC 3339, UTC), and a NUL. */
enum { HF_TIME_CHARS = 20 };
void hf_time_write_utc(int64_t unix_s, char ret_text[static HF_TIME_CHARS + 1]);

enum hf_window { HF_WINDOW_HOUR, HF_WINDOW_DAY, HF_WINDOW_WEEK, HF_WINDOW_MONTH, HF_N_WINDOWS };

bool hf_window_by_name(hf_bytes name, enum hf_window *ret_window); /* "hour" … */
const char *hf_window_name(enum hf_window window);

/**
 * hf_window_index() - number of the calendar window in Asia/Shanghai that a moment lies in
 *
 * Consecutive windows have consecutive numbers; a week begins on Monday. @unix_s ≥ 0.
 */
uint32_t hf_window_index(enum hf_window window, int64_t unix_s);

/* The first second behind the window with that number. */
int64_t hf_window_ends_unix_s(enum hf_window window, uint32_t index);

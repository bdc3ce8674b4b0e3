/*
 * Civil dates as days since 1970-01-01 (proleptic Gregorian), and calendar windows in Asia/Shanghai
 * (UTC+8 without daylight saving, as it has stood since 1991).
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

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

/**
 * hf_date_read() - any spelling that a source may use for a row's date
 *
 * `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYYMMDD`, RFC 3339 date-time. The last is an instant: its day
 * is the one in Asia/Shanghai, whatever its offset. False: not readable as a date.
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

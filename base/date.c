/*
 * Calendar arithmetic on day numbers, without the C library's time zones: what a window or a range
 * covers must not depend on the machine it runs on.
 *
 * Days and civil dates convert with Howard Hinnant's arithmetic ("chrono-Compatible Low-Level Date
 * Algorithms", days_from_civil and civil_from_days): exact for every year that is accepted.
 * A text is a date or it is not; nothing is completed, clipped or guessed.
 */
#include "base/date.h"

#include "base/digits.h"

#include <stdio.h>

enum { SHANGHAI_S = 8 * 3600, HOUR_S = 3600, DAY_S = 86400, MAX_YEAR = 9999 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int32_t hf_date_of_civil(int year, unsigned month, unsigned day)
{
    unsigned y = (unsigned)year - (month <= 2); /* begins in March: the leap day is its last */
    unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int32_t)(y * 365 + y / 4 - y / 100 + y / 400 + day_of_year) - 719468;
}

void hf_date_to_civil(int32_t day, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int32_t shifted = day + 719468;
    int32_t era = (int32_t)floor_div(shifted, 146097);
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = (int)year_of_era + era * 400 + (*ret_month <= 2);
}

static unsigned days_in_month(int year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap ? 1u : 0u);
}

/* @n digits at @offset; false when one of them is none or the text ends. */
static bool read_digits(hf_bytes text, size_t offset, size_t n, unsigned *ret_number)
{
    unsigned number = 0;
    if (text.size < offset + n) {
        return false;
    }
    for (size_t i = offset; i < offset + n; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool is_at(hf_bytes text, size_t offset, char c)
{
    return text.size > offset && text.data[offset] == (uint8_t)c;
}

bool hf_date_exists(unsigned year, unsigned month, unsigned day)
{
    return year >= 1 && year <= MAX_YEAR && month >= 1 && month <= 12 && day >= 1 &&
           (day <= 28 || day <= days_in_month((int)year, month));
}

static bool day_of(unsigned year, unsigned month, unsigned day, int32_t *ret_day)
{
    if (!hf_date_exists(year, month, day)) {
        return false;
    }
    *ret_day = hf_date_of_civil((int)year, month, day);
    return true;
}

static int32_t day_of_key(uint64_t key)
{
    return hf_date_of_civil((int)hf_date_key_year(key), hf_date_key_month(key),
                            hf_date_key_day(key));
}

uint64_t hf_date_key_of(int32_t day)
{
    int year;
    unsigned month;
    unsigned day_of_month;
    if (day < hf_date_of_civil(1, 1, 1)) {
        return 0;
    }
    if (day > hf_date_of_civil(MAX_YEAR, 12, 31)) {
        return UINT64_MAX;
    }
    hf_date_to_civil(day, &year, &month, &day_of_month);
    return (uint64_t)(year / 100) << 48 | (uint64_t)(year % 100) << 32 | (uint64_t)month << 16 |
           day_of_month;
}

static inline bool parse(hf_bytes text, int32_t *ret_day)
{
    uint64_t key;
    if (text.size != HF_DATE_CHARS || !hf_date_key(text.data, &key)) {
        return false;
    }
    *ret_day = day_of_key(key);
    return true;
}

static bool parse_digits(hf_bytes text, int32_t *ret_day)
{
    uint64_t digits;
    uint64_t key;
    memcpy(&digits, text.data, sizeof digits);
    if (!hf_date_key_of_digits(le64toh(digits), &key)) {
        return false;
    }
    *ret_day = day_of_key(key);
    return true;
}

bool hf_date_parse(hf_bytes text, int32_t *ret_day)
{
    return parse(text, ret_day);
}

/* RFC 3339 5.6 time-offset: Z or +hh:mm, in seconds east of UTC. */
static bool read_offset(hf_bytes text, int64_t *ret_offset_s)
{
    unsigned hours;
    unsigned minutes;
    if (text.size == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *ret_offset_s = 0;
        return true;
    }
    if (text.size != 6 || !(is_at(text, 0, '+') || is_at(text, 0, '-')) ||
        !read_digits(text, 1, 2, &hours) || !is_at(text, 3, ':') ||
        !read_digits(text, 4, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    int64_t offset_s = (int64_t)hours * HOUR_S + minutes * 60;
    *ret_offset_s = text.data[0] == '-' ? -offset_s : offset_s;
    return true;
}

/* RFC 3339 5.6 date-time. A leap second counts as the second before it. */
static bool read_date_time(hf_bytes text, int32_t *ret_day)
{
    int32_t day;
    unsigned hour;
    unsigned minute;
    unsigned second;
    if (text.size < sizeof "YYYY-MM-DDThh:mm:ssZ" - 1 ||
        !hf_date_parse((hf_bytes){text.data, HF_DATE_CHARS}, &day) ||
        !(is_at(text, 10, 'T') || is_at(text, 10, 't')) || !read_digits(text, 11, 2, &hour) ||
        !is_at(text, 13, ':') || !read_digits(text, 14, 2, &minute) || !is_at(text, 16, ':') ||
        !read_digits(text, 17, 2, &second) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    size_t at = 19;
    if (is_at(text, at, '.')) {
        unsigned digit;
        size_t first = ++at;
        while (read_digits(text, at, 1, &digit)) {
            at++;
        }
        if (at == first) {
            return false;
        }
    }
    int64_t offset_s;
    if (!read_offset(hf_bytes_skip(text, at), &offset_s)) {
        return false;
    }
    int64_t unix_s = (int64_t)day * DAY_S + hour * HOUR_S + minute * 60 +
                     (second == 60 ? 59 : second) - offset_s;
    day = hf_date_shanghai_day(unix_s);
    if (day < hf_date_of_civil(1, 1, 1) || day > hf_date_of_civil(9999, 12, 31)) {
        return false; /* a day that no date could name */
    }
    *ret_day = day;
    return true;
}

static bool span_of_month(unsigned year, unsigned month, struct hf_date_span *ret_span)
{
    int32_t first_day;
    if (!day_of(year, month, 1, &first_day)) {
        return false;
    }
    *ret_span =
        (struct hf_date_span){first_day, first_day + (int32_t)days_in_month((int)year, month) - 1};
    return true;
}

static bool span_of_year(unsigned year, struct hf_date_span *ret_span)
{
    if (year < 1) {
        return false;
    }
    *ret_span = (struct hf_date_span){hf_date_of_civil((int)year, 1, 1),
                                      hf_date_of_civil((int)year, 12, 31)};
    return true;
}

bool hf_date_read(hf_bytes text, struct hf_date_span *ret_span)
{
    unsigned year;
    unsigned month;
    int32_t day;
    bool is_day = parse(text, &day); /* as most sources write it */
    if (is_day) {
        *ret_span = (struct hf_date_span){day, day};
        return true;
    }
    switch (text.size) {
    case 4: /* YYYY */
        return read_digits(text, 0, 4, &year) && span_of_year(year, ret_span);
    case 7: /* YYYY-MM */
        return read_digits(text, 0, 4, &year) && is_at(text, 4, '-') &&
               read_digits(text, 5, 2, &month) && span_of_month(year, month, ret_span);
    case 8: /* YYYYMMDD */
        is_day = parse_digits(text, &day);
        break;
    default:
        is_day = read_date_time(text, &day);
    }
    if (is_day) {
        *ret_span = (struct hf_date_span){day, day};
    }
    return is_day;
}

void hf_date_write(int32_t day, char ret_text[static HF_DATE_CHARS + 1])
{
    int year;
    unsigned month;
    unsigned day_of_month;
    hf_date_to_civil(day, &year, &month, &day_of_month);
    hf_digits_write_fixed((unsigned)year, 4, ret_text);
    hf_digits_write_fixed(month, 2, ret_text + 5);
    hf_digits_write_fixed(day_of_month, 2, ret_text + 8);
    ret_text[4] = ret_text[7] = '-';
    ret_text[HF_DATE_CHARS] = '\0';
}

int32_t hf_date_shanghai_day(int64_t unix_s)
{
    return (int32_t)floor_div(unix_s + SHANGHAI_S, DAY_S);
}

void hf_time_write_utc(int64_t unix_s, char ret_text[static HF_TIME_CHARS + 1])
{
    char date[HF_DATE_CHARS + 1];
    int64_t day = floor_div(unix_s, DAY_S);
    unsigned second = (unsigned)(unix_s - day * DAY_S) % DAY_S;
    hf_date_write((int32_t)day, date);
    snprintf(ret_text, HF_TIME_CHARS + 1, "%.10sT%02u:%02u:%02uZ", date, second / HOUR_S % 24,
             second / 60 % 60, second % 60);
}

static const char *const window_names[HF_N_WINDOWS] = {[HF_WINDOW_HOUR] = "hour",
                                                       [HF_WINDOW_DAY] = "day",
                                                       [HF_WINDOW_WEEK] = "week",
                                                       [HF_WINDOW_MONTH] = "month"};

bool hf_window_by_name(hf_bytes name, enum hf_window *ret_window)
{
    for (unsigned i = 0; i < HF_N_WINDOWS; i++) {
        if (hf_bytes_equal_string(name, window_names[i])) {
            *ret_window = (enum hf_window)i;
            return true;
        }
    }
    return false;
}

const char *hf_window_name(enum hf_window window)
{
    return (unsigned)window < HF_N_WINDOWS ? window_names[window] : NULL;
}

/* 1970-01-01 was a Thursday: three days further on, weeks begin on Monday. */
enum { DAYS_TO_MONDAY = 3 };

uint32_t hf_window_index(enum hf_window window, int64_t unix_s)
{
    int32_t day = hf_date_shanghai_day(unix_s);
    int year;
    unsigned month;
    unsigned day_of_month;
    switch (window) {
    case HF_WINDOW_HOUR:
        return (uint32_t)((unix_s + SHANGHAI_S) / HOUR_S);
    case HF_WINDOW_DAY:
        return (uint32_t)day;
    case HF_WINDOW_WEEK:
        return (uint32_t)(day + DAYS_TO_MONDAY) / 7;
    case HF_WINDOW_MONTH:
    case HF_N_WINDOWS:
        break;
    }
    hf_date_to_civil(day, &year, &month, &day_of_month);
    return (uint32_t)(year - 1970) * 12 + month - 1;
}

int64_t hf_window_ends_unix_s(enum hf_window window, uint32_t index)
{
    int64_t next = (int64_t)index + 1;
    int64_t day = 0;
    switch (window) {
    case HF_WINDOW_HOUR:
        return next * HOUR_S - SHANGHAI_S;
    case HF_WINDOW_DAY:
        day = next;
        break;
    case HF_WINDOW_WEEK:
        day = next * 7 - DAYS_TO_MONDAY;
        break;
    case HF_WINDOW_MONTH:
    case HF_N_WINDOWS:
        day = hf_date_of_civil((int)(1970 + next / 12), (unsigned)(next % 12) + 1, 1);
        break;
    }
    return day * DAY_S - SHANGHAI_S;
}

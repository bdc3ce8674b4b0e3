/*
 * Truncating dates. The value is read as the span of days that its spelling covers; what is written
 * names a month, quarter or year that holds the whole span, so it never says more than the value.
 */
#include "policy/treat.h"

#include "base/date.h"
#include "base/digits.h"

/* A year, and the first and last of the months that a date lies in. */
struct months {
    unsigned year;
    unsigned first;
    unsigned last;
};

static bool read_months(hf_bytes value, struct months *ret_months)
{
    struct hf_date_span span;
    if (!hf_date_read(value, &span)) {
        return false;
    }
    int year = 0;
    unsigned day = 0;
    struct months months = {0};
    hf_date_to_civil(span.first_day, &year, &months.first, &day);
    months.year = (unsigned)year;
    months.last = months.first;
    if (span.last_day != span.first_day) {
        hf_date_to_civil(span.last_day, &year, &months.last, &day);
    }
    *ret_months = months;
    return true;
}

/* As read_months() for what most sources write, `YYYY-MM-DD`: the calendar need not be asked. */
static bool read_day(hf_bytes value, struct months *ret_months)
{
    int32_t day;
    if (!hf_date_parse(value, &day)) {
        return false;
    }
    const uint8_t *c = value.data;
    unsigned month = (c[5] - '0') * 10u + (c[6] - '0');
    unsigned year = (c[0] - '0') * 1000u + (c[1] - '0') * 100u + (c[2] - '0') * 10u + (c[3] - '0');
    *ret_months = (struct months){year, month, month};
    return true;
}

hf_status hf_treat_truncate_date(hf_bytes value, enum hf_date_unit to, hf_buf *out)
{
    struct months months;
    if (!read_day(value, &months) && !read_months(value, &months)) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    char text[] = "\"YYYY-MM\"";
    size_t size = sizeof text - 1;
    hf_digits_write_fixed(months.year, 4, text + 1);
    if (to == HF_DATE_UNIT_YEAR || months.first != months.last) {
        text[5] = '"';
        size -= 3;
    } else if (to == HF_DATE_UNIT_QUARTER) {
        text[6] = 'Q';
        hf_digits_write_fixed((months.first + 2) / 3, 1, text + 7);
    } else {
        hf_digits_write_fixed(months.first, 2, text + 6);
    }
    return hf_buf_append(out, hf_bytes_of(text, size));
}

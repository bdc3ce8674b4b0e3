/*
 * Truncating dates. The value is read as the span of days that its spelling covers; what is written
 * names a month, quarter or year that holds the whole span, so it never says more than the value.
 */
#include "policy/treat.h"

#include "base/date.h"
#include "base/digits.h"

enum { MONTH_CHARS = 7 }; /* YYYY-MM */

/*
 * Writes `YYYY-MM` of the first day that @value covers. Returns the number of its month; 0 when not
 * all of its days lie in that month, or when it is no date: then *ret_is_date is false.
 */
static unsigned write_month(hf_bytes value, bool *ret_is_date, char ret_text[static MONTH_CHARS])
{
    struct hf_date_span span;
    *ret_is_date = hf_date_read(value, &span);
    if (!*ret_is_date) {
        return 0;
    }
    if (value.size == HF_DATE_CHARS) { /* spelled YYYY-MM-DD: the calendar need not be asked */
        memcpy(ret_text, value.data, MONTH_CHARS);
        return (value.data[5] - '0') * 10u + (value.data[6] - '0');
    }
    int year = 0;
    unsigned month = 0;
    unsigned last_month = 0;
    unsigned day = 0;
    hf_date_to_civil(span.last_day, &year, &last_month, &day);
    hf_date_to_civil(span.first_day, &year, &month, &day);
    hf_digits_write_fixed((unsigned)year, 4, ret_text);
    hf_digits_write_fixed(month, 2, ret_text + 5);
    return month == last_month ? month : 0;
}

hf_status hf_treat_truncate_date(hf_bytes value, enum hf_date_unit to, hf_buf *out)
{
    char text[] = "\"YYYY-MM\"";
    size_t size = sizeof text - 1;
    bool is_date = false;
    unsigned month = write_month(value, &is_date, text + 1);
    if (!is_date) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    if (to == HF_DATE_UNIT_YEAR || month == 0) {
        text[5] = '"';
        size -= 3;
    } else if (to == HF_DATE_UNIT_QUARTER) {
        text[6] = 'Q';
        text[7] = (char)('0' + (month + 2) / 3);
    }
    return hf_buf_append(out, hf_bytes_of(text, size));
}

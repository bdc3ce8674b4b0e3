/*
 * Truncating dates. The value is read as the span of days that its spelling covers; what is written
 * names a month, quarter or year that holds the whole span, so it never says more than the value.
 */
#include "policy/treat.h"

#include "base/date.h"
#include "base/digits.h"

hf_status hf_treat_truncate_date(hf_bytes value, enum hf_date_unit to, hf_buf *out)
{
    struct hf_date_span span;
    if (!hf_date_read(value, &span)) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    hf_date_to_civil(span.first_day, &year, &month, &day);
    unsigned last_month = month;
    if (span.last_day != span.first_day) {
        int last_year = 0;
        hf_date_to_civil(span.last_day, &last_year, &last_month, &day);
    }
    char text[] = "\"YYYY-MM\"";
    size_t size = sizeof text - 1;
    hf_digits_write_fixed((unsigned)year, 4, text + 1);
    if (to == HF_DATE_UNIT_YEAR || month != last_month) {
        text[5] = '"';
        size -= 3;
    } else if (to == HF_DATE_UNIT_QUARTER) {
        text[6] = 'Q';
        hf_digits_write_fixed((month + 2) / 3, 1, text + 7);
    } else {
        hf_digits_write_fixed(month, 2, text + 6);
    }
    return hf_buf_append(out, hf_bytes_of(text, size));
}

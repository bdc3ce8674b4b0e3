/*
 * Truncating dates. The value is read as the span of days that its spelling covers; what is written
 * names a month, quarter or year that holds the whole span, so it never says more than the value.
 */
#include "policy/treat.h"

#include "base/date.h"

hf_status hf_treat_truncate_date(hf_bytes value, enum hf_date_unit to, hf_buf *out)
{
    struct hf_date_span span;
    if (!hf_date_read(value, &span)) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    int year = 0;
    int last_year = 0;
    unsigned month = 0;
    unsigned last_month = 0;
    unsigned day = 0;
    hf_date_to_civil(span.first_day, &year, &month, &day);
    hf_date_to_civil(span.last_day, &last_year, &last_month, &day);
    if (to == HF_DATE_UNIT_YEAR || month != last_month) {
        return hf_buf_printf(out, "\"%04d\"", year);
    }
    if (to == HF_DATE_UNIT_QUARTER) {
        return hf_buf_printf(out, "\"%04d-Q%u\"", year, (month + 2) / 3);
    }
    return hf_buf_printf(out, "\"%04d-%02u\"", year, month);
}

#include "base/date.h"

#include "tests/unit/unit.h"

static void days_and_civil_dates_convert_both_ways(void **state)
{
    (void)state;
    int32_t expected = hf_date_of_civil(1, 1, 1);
    for (int32_t day = expected; day <= hf_date_of_civil(9999, 12, 31); day++) {
        int year;
        unsigned month;
        unsigned day_of_month;
        hf_date_to_civil(day, &year, &month, &day_of_month);
        assert_int_equal(hf_date_of_civil(year, month, day_of_month), day);
    }
    assert_int_equal(hf_date_of_civil(1970, 1, 1), 0);
    assert_int_equal(hf_date_of_civil(2000, 3, 1), 11017);
    assert_int_equal(expected, -719162);
}

static void a_date_is_written_as_it_is_read(void **state)
{
    (void)state;
    static const char *const dates[] = {"0001-01-01", "1970-01-01", "2024-02-29", "9999-12-31"};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        int32_t day;
        char text[HF_DATE_CHARS + 1];
        assert_true(hf_date_parse(hf_bytes_of_string(dates[i]), &day));
        hf_date_write(day, text);
        assert_string_equal(text, dates[i]);
    }
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",           "2023-02-29",  "1900-02-29", "2023-04-31", "2023-00-01", "2023-13-01",
        "2023-01-00", "2023-01-32",  "0000-01-01", "2023-1-01",  "2023/01/01", "20230101",
        "2023-01-1",  "2023-01-011", " 2023-01-0", "2023-01-0x", "-023-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int32_t day = 77;
        assert_false(hf_date_parse(hf_bytes_of_string(wrong[i]), &day));
        assert_int_equal(day, 77);
    }
}

/* Whatever byte stands where a digit should, also those whose low bits look like one. */
static void only_digits_make_a_day(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 2, 3, 5, 6, 8, 9};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[] = "2022-12-12";
            int32_t day;
            text[places[i]] = (char)byte;
            bool is_digit = byte >= '0' && byte <= '9';
            bool is_day = hf_date_parse(hf_bytes_of_string(text), &day);
            assert_true(is_digit || !is_day);
            assert_true(is_day || places[i] > 3 || !is_digit);
        }
    }
}

static void keys_grow_as_days_do(void **state)
{
    (void)state;
    uint64_t last = 0;
    int32_t end = hf_date_of_civil(9999, 12, 31);
    for (int32_t day = hf_date_of_civil(1, 1, 1); day <= end; day++) {
        uint64_t key = hf_date_key_of(day);
        assert_true(key > last);
        last = key;
    }
    assert_int_equal(hf_date_key_of(hf_date_of_civil(1, 1, 1) - 1), 0);
    assert_true(hf_date_key_of(end + 1) > last);
}

static void a_key_is_read_off_a_date(void **state)
{
    (void)state;
    for (int32_t day = hf_date_of_civil(1999, 1, 1); day < hf_date_of_civil(2001, 1, 1); day++) {
        char text[HF_DATE_CHARS + 1];
        uint64_t key;
        hf_date_write(day, text);
        assert_true(hf_date_key((const uint8_t *)text, &key));
        assert_true(key == hf_date_key_of(day));
    }
    static const char *const wrong[] = {"2025-02-29", "2025-13-01", "2025-00-01", "2025-01-00",
                                        "0000-01-01", "2025-04-31", "2025/01/01", "2o25-01-01",
                                        "2025-01-0:", "20250-1-01", "1900-02-29", "2025-01-32"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t key = 7;
        assert_false(hf_date_key((const uint8_t *)wrong[i], &key));
        assert_int_equal(key, 7);
    }
}

static void assert_span(const char *text, const char *first, const char *last)
{
    struct hf_date_span span;
    char written[HF_DATE_CHARS + 1];
    assert_true(hf_date_read(hf_bytes_of_string(text), &span));
    hf_date_write(span.first_day, written);
    assert_string_equal(written, first);
    hf_date_write(span.last_day, written);
    assert_string_equal(written, last);
}

static void every_spelling_covers_its_days(void **state)
{
    (void)state;
    assert_span("2024", "2024-01-01", "2024-12-31");
    assert_span("2024-02", "2024-02-01", "2024-02-29");
    assert_span("2023-12", "2023-12-01", "2023-12-31");
    assert_span("2024-02-29", "2024-02-29", "2024-02-29");
    assert_span("20240229", "2024-02-29", "2024-02-29");
}

static void an_instant_lies_in_the_shanghai_day(void **state)
{
    (void)state;
    assert_span("2024-12-31T15:59:59Z", "2024-12-31", "2024-12-31");
    assert_span("2024-12-31T16:00:00Z", "2025-01-01", "2025-01-01");
    assert_span("2025-01-01T00:00:00+08:00", "2025-01-01", "2025-01-01");
    assert_span("2025-01-01T00:30:00.123456789+09:00", "2024-12-31", "2024-12-31");
    assert_span("2024-12-31t12:00:00-05:00", "2025-01-01", "2025-01-01");
    assert_span("2024-12-31T15:59:60z", "2024-12-31", "2024-12-31"); /* leap second */
}

static void what_is_no_date_is_not_guessed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "0000",
                                        "20245",
                                        "202402",
                                        "2024-13",
                                        "2024-2",
                                        "2024/02",
                                        "20240230",
                                        "9999-9-9",
                                        "\\N",
                                        "2024-Q1",
                                        "2024-02-29 10:00:00",
                                        "2024-02-29T10:00:00",
                                        "2024-02-29T24:00:00Z",
                                        "2024-02-29T10:60:00Z",
                                        "2024-02-29T10:00:61Z",
                                        "2024-02-29T10:00:00.Z",
                                        "2024-02-29T10:00:00+0800",
                                        "2024-02-29T10:00:00+08:60",
                                        "2024-02-29T10:00:00+24:00",
                                        "2024-02-29T10:00:00ZZ",
                                        "2023-02-29T10:00:00Z",
                                        "9999-12-31T16:00:00Z", /* 10000-01-01 in Shanghai */
                                        "0001-01-01T00:00:00+08:01",
                                        "0000-12-31T23:00:00Z",
                                        "2024\xe5\xb9\xb4"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct hf_date_span span = {7, 7};
        assert_false(hf_date_read(hf_bytes_of_string(wrong[i]), &span));
        assert_int_equal(span.first_day, 7);
    }
}

static void a_moment_is_written_in_utc(void **state)
{
    (void)state;
    char text[HF_TIME_CHARS + 1];
    hf_time_write_utc(1767225700, text);
    assert_string_equal(text, "2026-01-01T00:01:40Z");
    hf_time_write_utc(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
}

/* Each window ends where the next begins, and a moment lies in the window of its number. */
static void windows_tile_the_time(void **state)
{
    (void)state;
    for (unsigned window = 0; window < HF_N_WINDOWS; window++) {
        for (int64_t unix_s = 0; unix_s < 4102444800; unix_s += 86400 * 3 + 1234) {
            uint32_t index = hf_window_index((enum hf_window)window, unix_s);
            int64_t ends = hf_window_ends_unix_s((enum hf_window)window, index);
            assert_true(unix_s < ends);
            assert_int_equal(hf_window_index((enum hf_window)window, ends - 1), index);
            assert_int_equal(hf_window_index((enum hf_window)window, ends), index + 1);
        }
    }
}

static void windows_follow_the_shanghai_calendar(void **state)
{
    (void)state;
    const int64_t new_year = 1767196800; /* 2026-01-01T00:00:00+08:00, a Thursday */
    for (unsigned window = HF_WINDOW_HOUR; window < HF_N_WINDOWS; window++) {
        bool turns = window != HF_WINDOW_WEEK;
        uint32_t before = hf_window_index((enum hf_window)window, new_year - 1);
        assert_int_equal(hf_window_index((enum hf_window)window, new_year), before + turns);
    }
    const int64_t monday = new_year + 4 * 86400;
    uint32_t week = hf_window_index(HF_WINDOW_WEEK, new_year);
    assert_int_equal(hf_window_ends_unix_s(HF_WINDOW_WEEK, week), monday);
}

static void windows_have_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HF_N_WINDOWS; i++) {
        enum hf_window window = HF_N_WINDOWS;
        assert_true(
            hf_window_by_name(hf_bytes_of_string(hf_window_name((enum hf_window)i)), &window));
        assert_int_equal(window, i);
    }
    enum hf_window window;
    assert_false(hf_window_by_name(HF_LITERAL("year"), &window));
    assert_null(hf_window_name(HF_N_WINDOWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_civil_dates_convert_both_ways),
        cmocka_unit_test(a_date_is_written_as_it_is_read),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(only_digits_make_a_day),
        cmocka_unit_test(keys_grow_as_days_do),
        cmocka_unit_test(a_key_is_read_off_a_date),
        cmocka_unit_test(every_spelling_covers_its_days),
        cmocka_unit_test(an_instant_lies_in_the_shanghai_day),
        cmocka_unit_test(what_is_no_date_is_not_guessed),
        cmocka_unit_test(a_moment_is_written_in_utc),
        cmocka_unit_test(windows_tile_the_time),
        cmocka_unit_test(windows_follow_the_shanghai_calendar),
        cmocka_unit_test(windows_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

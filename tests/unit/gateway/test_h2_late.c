#include "gateway/h2_late.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* SETTINGS, HEADERS for 1 with a payload of three bytes, DATA for 3 with five, empty DATA for 5. */
static const char sent[] = PREFACE "\0\0\0\4\0\0\0\0\0"
                                   "\0\0\3\1\4\0\0\0\1abc"
                                   "\0\0\5\0\0\0\0\0\3hello"
                                   "\0\0\0\0\1\0\0\0\5";
enum { N_SENT = sizeof sent - 1, FIRST_DATA_AT = 24 + 9 + 9 + 3 + 9 };

/* Feeds all of it, at most @piece bytes at once; sums up the DATA frames that are found. */
static void scan_all(size_t piece, size_t *ret_n, uint32_t *ret_ids, uint32_t *ret_bytes)
{
    struct hf_h2_late late = hf_h2_late_init();
    hf_bytes rest = hf_bytes_of(sent, N_SENT);
    *ret_n = *ret_ids = *ret_bytes = 0;
    while (rest.size > 0) {
        struct hf_h2_data_head head;
        size_t n = rest.size < piece ? rest.size : piece;
        n = hf_h2_late_scan(&late, hf_bytes_of(rest.data, n), &head);
        assert_int_not_equal(n, 0);
        *ret_n += head.stream_id != 0;
        *ret_ids += (uint32_t)head.stream_id;
        *ret_bytes += head.stream_id != 0 ? head.length : 0;
        rest = hf_bytes_skip(rest, n);
    }
}

static void data_is_found_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= N_SENT; piece++) {
        size_t n;
        uint32_t ids, bytes;
        scan_all(piece, &n, &ids, &bytes);
        assert_int_equal(n, 2);
        assert_int_equal(ids, 3 + 5);
        assert_int_equal(bytes, 5);
    }
}

static void it_stops_behind_the_head(void **state)
{
    (void)state;
    struct hf_h2_late late = hf_h2_late_init();
    struct hf_h2_data_head head;
    assert_int_equal(hf_h2_late_scan(&late, hf_bytes_of(sent, N_SENT), &head), FIRST_DATA_AT);
    assert_int_equal(head.stream_id, 3);
    assert_int_equal(head.length, 5);
}

static void the_reserved_bit_is_no_part_of_the_identifier(void **state)
{
    (void)state;
    struct hf_h2_late late = hf_h2_late_init();
    struct hf_h2_data_head head;
    hf_h2_late_scan(&late, HF_LITERAL(PREFACE), &head);
    hf_h2_late_scan(&late, HF_LITERAL("\xff\xff\xff\0\0\x80\0\0\7"), &head);
    assert_int_equal(head.stream_id, 7);
    assert_int_equal(head.length, 0xffffff);
}

static void a_stream_is_remembered_as_it_ended(void **state)
{
    (void)state;
    struct hf_h2_late late = hf_h2_late_init();
    hf_h2_late_add(&late, 1, true);
    hf_h2_late_add(&late, 3, false);
    assert_int_equal(hf_h2_late_find(&late, 1), HF_H2_HEARD_OUT);
    assert_int_equal(hf_h2_late_find(&late, 3), HF_H2_CUT_SHORT);
    assert_int_equal(hf_h2_late_find(&late, 5), HF_H2_FORGOTTEN);
}

static void who_is_heard_out_has_no_more_to_say(void **state)
{
    (void)state;
    struct hf_h2_late late = hf_h2_late_init();
    hf_h2_late_add(&late, 3, false);
    hf_h2_late_hear_out(&late, 3);
    hf_h2_late_hear_out(&late, 5);
    assert_int_equal(hf_h2_late_find(&late, 3), HF_H2_HEARD_OUT);
    assert_int_equal(hf_h2_late_find(&late, 5), HF_H2_FORGOTTEN);
}

static void the_oldest_is_forgotten(void **state)
{
    (void)state;
    struct hf_h2_late late = hf_h2_late_init();
    for (int32_t i = 0; i <= HF_H2_LATE_MAX; i++) {
        hf_h2_late_add(&late, 2 * i + 1, true);
    }
    assert_int_equal(hf_h2_late_find(&late, 1), HF_H2_FORGOTTEN);
    assert_int_equal(hf_h2_late_find(&late, 3), HF_H2_HEARD_OUT);
    assert_int_equal(hf_h2_late_find(&late, 2 * HF_H2_LATE_MAX + 1), HF_H2_HEARD_OUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_found_however_it_is_cut),
        cmocka_unit_test(it_stops_behind_the_head),
        cmocka_unit_test(the_reserved_bit_is_no_part_of_the_identifier),
        cmocka_unit_test(a_stream_is_remembered_as_it_ended),
        cmocka_unit_test(who_is_heard_out_has_no_more_to_say),
        cmocka_unit_test(the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

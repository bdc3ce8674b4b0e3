#include "base/buf.h"

#include "tests/unit/unit.h"

static void grows_up_to_its_limit_and_no_further(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
    for (int i = 0; i < 1000; i++) {
        assert_ok(hf_buf_append_byte(&buf, (uint8_t)i));
    }
    assert_code(hf_buf_append_byte(&buf, 1), LIMIT);
    assert_int_equal(buf.size, 1000);
    assert_true(buf.capacity_bytes <= 1000);
    assert_int_equal(buf.data[999], (uint8_t)999);
}

static void a_failed_append_keeps_the_content(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4);
    assert_ok(hf_buf_append_string(&buf, "abc"));
    assert_code(hf_buf_append_string(&buf, "de"), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "abc"));
}

static void a_zeroed_buffer_holds_nothing(void **state)
{
    (void)state;
    hf_buf buf = {0};
    assert_code(hf_buf_append_byte(&buf, 0), LIMIT);
    assert_ok(hf_buf_append(&buf, hf_bytes_of(NULL, 0)));
    hf_buf_clear(&buf);
}

static void long_text_is_formatted_whole(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4096);
    assert_ok(hf_buf_printf(&buf, "%0600d|%s", 7, "x"));
    assert_int_equal(buf.size, 602);
    assert_code(hf_buf_printf(&buf, "%04000d", 7), LIMIT);
    assert_int_equal(buf.size, 602);
}

static void a_number_is_appended_whole_or_not_at_all(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(5);
    assert_ok(hf_buf_append_number(&buf, 0));
    assert_ok(hf_buf_append_number(&buf, 120));
    assert_code(hf_buf_append_number(&buf, 45), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "0120"));
}

static void a_string_ends_in_nul_without_counting_it(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4);
    const char *string = NULL;
    assert_ok(hf_buf_append_string(&buf, "abc"));
    assert_ok(hf_buf_string(&buf, &string));
    assert_string_equal(string, "abc");
    assert_int_equal(buf.size, 3);
    assert_ok(hf_buf_append_byte(&buf, 'd'));
    assert_code(hf_buf_string(&buf, &string), LIMIT);
}

static void clearing_keeps_the_limit(void **state)
{
    (void)state;
    hf_buf buf = hf_buf_init(3);
    assert_ok(hf_buf_append_string(&buf, "abc"));
    hf_buf_clear(&buf);
    assert_int_equal(buf.limit_bytes, 3);
    assert_null(buf.data);
    assert_int_equal(buf.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_up_to_its_limit_and_no_further),
        cmocka_unit_test(a_failed_append_keeps_the_content),
        cmocka_unit_test(a_zeroed_buffer_holds_nothing),
        cmocka_unit_test(long_text_is_formatted_whole),
        cmocka_unit_test(a_number_is_appended_whole_or_not_at_all),
        cmocka_unit_test(a_string_ends_in_nul_without_counting_it),
        cmocka_unit_test(clearing_keeps_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

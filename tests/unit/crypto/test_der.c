#include "crypto/der.h"

#include "base/status.h"
#include "tests/unit/unit.h"

static void assert_not_taken(hf_bytes bytes)
{
    hf_bytes in = bytes;
    hf_bytes content = HF_LITERAL("as it was");
    assert_false(hf_der_take(&in, HF_DER_SEQUENCE, &content));
    assert_ptr_equal(in.data, bytes.data);
    assert_int_equal(in.size, bytes.size);
    assert_true(hf_bytes_equal_string(content, "as it was"));
}

static void elements_are_taken_one_by_one(void **state)
{
    (void)state;
    hf_bytes in = HF_LITERAL("\x02\x01\x07\x30\x02\x05\x00");
    hf_bytes content;
    assert_true(hf_der_take(&in, HF_DER_INTEGER, &content));
    assert_true(hf_bytes_equal_string(content, "\x07"));
    assert_true(hf_der_take(&in, HF_DER_SEQUENCE, &content));
    assert_int_equal(content.size, 2);
    assert_int_equal(in.size, 0);
}

static void an_empty_element_is_one(void **state)
{
    (void)state;
    hf_bytes in = HF_LITERAL("\x30\x00");
    hf_bytes content;
    assert_true(hf_der_take(&in, HF_DER_SEQUENCE, &content));
    assert_int_equal(content.size, 0);
}

static void long_lengths_are_read(void **state)
{
    (void)state;
    static const size_t sizes[] = {0x7f, 0x80, 0xff, 0x100, 0x1234};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t bytes[4 + 0x1234] = {0x30};
        size_t n = sizes[i];
        size_t n_header = n < 0x80 ? 2 : n < 0x100 ? 3 : 4;
        bytes[1] = (uint8_t)(n < 0x80 ? n : 0x80 + n_header - 2);
        if (n >= 0x80) {
            bytes[n_header - 1] = (uint8_t)n;
        }
        if (n >= 0x100) {
            bytes[2] = (uint8_t)(n >> 8);
        }
        hf_bytes in = hf_bytes_of(bytes, n_header + n);
        hf_bytes content;
        assert_true(hf_der_take(&in, HF_DER_SEQUENCE, &content));
        assert_int_equal(content.size, n);
        assert_not_taken(hf_bytes_of(bytes, n_header + n - 1)); /* one byte short */
    }
}

static void what_is_no_der_is_not_taken(void **state)
{
    (void)state;
    assert_not_taken(hf_bytes_of(NULL, 0));
    assert_not_taken(HF_LITERAL("\x30"));
    assert_not_taken(HF_LITERAL("\x31\x00"));                 /* another tag */
    assert_not_taken(HF_LITERAL("\x30\x80\x00\x00"));         /* indefinite */
    assert_not_taken(HF_LITERAL("\x30\x81\x01\x00"));         /* not the shortest */
    assert_not_taken(HF_LITERAL("\x30\x82\x00\x01\x00"));     /* nor this */
    assert_not_taken(HF_LITERAL("\x30\x83\x00\x00\x01\x00")); /* too long a length */
    assert_not_taken(HF_LITERAL("\x30\x81"));
    assert_not_taken(HF_LITERAL("\x30\x82\x01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_taken_one_by_one),
        cmocka_unit_test(an_empty_element_is_one),
        cmocka_unit_test(long_lengths_are_read),
        cmocka_unit_test(what_is_no_der_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

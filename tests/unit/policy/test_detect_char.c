/* Characters as they are spelled: of UTF-8 and as escapes, forwards and backwards, and what breaks
 * off. */
#include "policy/detect_char.h"

#include "tests/unit/unit.h"

/* The character at the beginning of @text is @n bytes long and means what @scalar does. */
static void reads(const char *text, unsigned n, uint32_t scalar)
{
    struct hf_fold fold = {0};
    struct hf_fold expected = hf_fold_of(scalar);
    hf_bytes bytes = hf_bytes_of_string(text);
    assert_int_equal(hf_char_fold(bytes.data, bytes.data + bytes.size, &fold), n);
    assert_int_equal(fold.kind, expected.kind);
    assert_int_equal(fold.text, expected.text);
}

/* The character that ends @text is @n bytes long and means what @scalar does. */
static void reads_back(const char *text, size_t n, uint32_t scalar)
{
    struct hf_fold fold = {0};
    struct hf_fold expected = hf_fold_of(scalar);
    hf_bytes bytes = hf_bytes_of_string(text);
    const uint8_t *end = bytes.data + bytes.size;
    assert_int_equal(end - hf_char_before(bytes.data, end, &fold), n);
    assert_int_equal(fold.kind, expected.kind);
    assert_int_equal(fold.text, expected.text);
}

static void utf8_is_read(void **state)
{
    (void)state;
    reads("7x", 1, '7');
    reads("\xc2\xb2", 2, 0xb2);
    reads("\xe4\xb8\x80", 3, 0x4e00);
    reads("\xef\xbc\x91\xef", 3, 0xff11);
    reads("\xf0\x9d\x9f\x8f", 4, 0x1d7cf);
}

static void utf8_is_read_backwards(void **state)
{
    (void)state;
    reads_back("x7", 1, '7');
    reads_back("x\xc2\xb2", 2, 0xb2);
    reads_back("\xe4\xb8\x80", 3, 0x4e00);
    reads_back("x\xf0\x9d\x9f\x8f", 4, 0x1d7cf);
}

static void escapes_are_read(void **state)
{
    (void)state;
    reads("\\u0037", 6, '7');
    reads("\\uFF11", 6, 0xff11);
    reads("\\uff11", 6, 0xff11);
    reads("\\u4E00\\u4e8c", 6, 0x4e00);
    reads("\\ud835\\udfcf", 12, 0x1d7cf);
}

/* Tabs and ends of lines are seen between digits, the others are not. */
static void short_escapes_are_read(void **state)
{
    (void)state;
    reads("\\b7", 2, '\b');
    reads("\\f", 2, '\f');
    reads("\\n", 2, '\n');
    reads("\\r", 2, '\r');
    reads("\\t", 2, '\t');
    reads("\\\"", 2, '"');
    reads("\\\\", 2, '\\');
    reads("\\/", 2, '/');
}

static void what_breaks_off_is_not_read_beyond_its_end(void **state)
{
    (void)state;
    reads("\\", 1, '\\');
    reads("\\u12", 2, 'u');
    reads("\\ud835\\u12", 6, 0xd835);
    reads("\xe4\xb8", 1, 0xfffd);
    reads("\xf0\x9d\x9f", 1, 0xfffd);
    reads("\x80", 1, 0xfffd);
    reads("\xe4\x41\x41", 1, 0xfffd);
    reads_back("\x80\x80\x80\x80\x80", 4, 0xfffd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_read),
        cmocka_unit_test(utf8_is_read_backwards),
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(short_escapes_are_read),
        cmocka_unit_test(what_breaks_off_is_not_read_beyond_its_end),
    };
    return cmocka_run_group_tests_name("policy/detect_char", tests, NULL, NULL);
}

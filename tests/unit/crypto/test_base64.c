#include "crypto/base64.h"

#include "tests/unit/unit.h"

struct pair {
    const char *bytes;
    const char *url;
    const char *standard;
};

/* = RFC 4648 10: test vectors; the last two use the characters in which the alphabets differ */
static const struct pair pairs[] = {
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "-_-_", "+/+/"},
    {"\xfb\xf0", "-_A", "+/A="},
};
enum { N_PAIRS = sizeof(pairs) / sizeof(pairs[0]) };

static void assert_text(const hf_buf *buf, const char *text)
{
    assert_true(hf_bytes_equal_string(hf_buf_view(buf), text));
}

static void known_texts_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PAIRS; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
        assert_ok(hf_base64url_encode(hf_bytes_of_string(pairs[i].bytes), &buf));
        assert_text(&buf, pairs[i].url);
        hf_buf_reset(&buf);
        assert_ok(hf_base64_encode(hf_bytes_of_string(pairs[i].bytes), &buf));
        assert_text(&buf, pairs[i].standard);
    }
}

static void known_texts_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PAIRS; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
        assert_ok(hf_base64url_decode(hf_bytes_of_string(pairs[i].url), &buf));
        assert_text(&buf, pairs[i].bytes);
        hf_buf_reset(&buf);
        assert_ok(hf_base64_decode(hf_bytes_of_string(pairs[i].standard), &buf));
        assert_text(&buf, pairs[i].bytes);
    }
}

static void every_byte_and_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[257];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7 + 3);
    }
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1000);
        HF_CLEANUP(hf_buf_clear) hf_buf back = hf_buf_init(1000);
        assert_ok(hf_base64url_encode(hf_bytes_of(bytes, n), &text));
        assert_int_equal(text.size, HF_BASE64URL_CHARS(n));
        assert_ok(hf_base64url_decode(hf_buf_view(&text), &back));
        assert_true(hf_bytes_equal(hf_buf_view(&back), hf_bytes_of(bytes, n)));
    }
}

static void a_text_is_appended(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_ok(hf_buf_append_string(&buf, "id="));
    assert_ok(hf_base64url_encode(HF_LITERAL("foo"), &buf));
    assert_ok(hf_base64url_decode(HF_LITERAL("Zm8"), &buf));
    assert_text(&buf, "id=Zm9vfo");
}

static void assert_url_refused(hf_bytes text)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_ok(hf_buf_append_string(&buf, "kept"));
    assert_code(hf_base64url_decode(text, &buf), BASE64_MALFORMED);
    assert_text(&buf, "kept");
}

static void padding_is_refused_in_base64url(void **state)
{
    (void)state;
    assert_url_refused(HF_LITERAL("Zg=="));
    assert_url_refused(HF_LITERAL("Zm8="));
    assert_url_refused(HF_LITERAL("="));
    assert_url_refused(HF_LITERAL("===="));
}

static void the_other_alphabet_is_refused(void **state)
{
    (void)state;
    assert_url_refused(HF_LITERAL("+_-_"));
    assert_url_refused(HF_LITERAL("-/-_"));
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_base64_decode(HF_LITERAL("-/+/"), &buf), BASE64_MALFORMED);
    assert_code(hf_base64_decode(HF_LITERAL("+_+/"), &buf), BASE64_MALFORMED);
}

static void any_other_byte_is_refused_anywhere(void **state)
{
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned byte = 0; byte < 256; byte++) {
        if (byte != 0 && strchr(digits, (int)byte)) {
            continue;
        }
        for (size_t at = 0; at < 7; at++) {
            uint8_t text[7] = {'A', 'A', 'A', 'A', 'A', 'A', 'A'};
            text[at] = (uint8_t)byte;
            assert_url_refused(hf_bytes_of(text, sizeof(text)));
        }
    }
}

/* Long texts are read in blocks: a byte that is no digit is found in each place of them, and every
 * digit means there what it means in a short text. */
static void a_block_is_read_like_its_parts(void **state)
{
    (void)state;
    uint8_t text[48];
    for (size_t at = 0; at < sizeof text; at++) {
        for (unsigned c = 0; c < 256; c++) {
            memset(text, 'A', sizeof text);
            text[at] = (uint8_t)c;
            HF_CLEANUP(hf_buf_clear) hf_buf whole = hf_buf_init(36);
            HF_CLEANUP(hf_buf_clear) hf_buf parts = hf_buf_init(36);
            hf_status status = HF_DONE;
            for (size_t i = 0; i < sizeof text && hf_is_ok(status); i += 4) {
                status = hf_base64url_decode(hf_bytes_of(text + i, 4), &parts);
            }
            assert_int_equal(hf_base64url_decode(hf_bytes_of(text, sizeof text), &whole).code,
                             status.code);
            assert_int_equal(whole.size, hf_is_ok(status) ? 36 : 0);
            assert_true(!hf_is_ok(status) ||
                        hf_bytes_equal(hf_buf_view(&whole), hf_buf_view(&parts)));
        }
    }
}

static void a_stray_digit_is_refused(void **state)
{
    (void)state;
    assert_url_refused(HF_LITERAL("A"));
    assert_url_refused(HF_LITERAL("Zm9vA"));
}

/* = RFC 4648 3.5: canonical encoding */
static void unused_bits_must_be_zero(void **state)
{
    (void)state;
    assert_url_refused(HF_LITERAL("Zh"));
    assert_url_refused(HF_LITERAL("Zm9vZh"));
    assert_url_refused(HF_LITERAL("Zm9"));
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_base64_decode(HF_LITERAL("Zh=="), &buf), BASE64_MALFORMED);
    assert_code(hf_base64_decode(HF_LITERAL("Zm9="), &buf), BASE64_MALFORMED);
}

static void wrong_padding_is_refused_in_base64(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Zg",   "Zg=",      "Zm8",      "Zg===", "Zg==Zg==", "=",
        "====", "Zm9v====", "Zm9vA===", "Z===",  "Zg=g",     "Zm9v\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
        assert_code(hf_base64_decode(hf_bytes_of_string(texts[i]), &buf), BASE64_MALFORMED);
        assert_int_equal(buf.size, 0);
    }
}

static void a_full_buffer_is_a_limit(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4);
    assert_code(hf_base64url_encode(HF_LITERAL("fooo"), &buf), LIMIT);
    assert_code(hf_base64url_decode(HF_LITERAL("Zm9vYmFy"), &buf), LIMIT);
    assert_code(hf_base64_encode(HF_LITERAL("fooo"), &buf), LIMIT);
    assert_int_equal(buf.size, 0);
    assert_ok(hf_base64url_decode(HF_LITERAL("Zm9vYg"), &buf)); /* just fits */
    assert_text(&buf, "foob");
}

static void a_fixed_value_needs_its_length(void **state)
{
    (void)state;
    uint8_t bytes[4] = {1, 2, 3, 4};
    assert_code(hf_base64url_decode_fixed(HF_LITERAL("Zm9v"), bytes, 4), BASE64_MALFORMED);
    assert_code(hf_base64url_decode_fixed(HF_LITERAL("Zm9vYm"), bytes, 3), BASE64_MALFORMED);
    assert_code(hf_base64url_decode_fixed(HF_LITERAL("Zm9vYh"), bytes, 4), BASE64_MALFORMED);
    assert_memory_equal(bytes, "\1\2\3\4", 4);
    assert_ok(hf_base64url_decode_fixed(HF_LITERAL("Zm9vYg"), bytes, 4));
    assert_memory_equal(bytes, "foob", 4);
}

static void a_fixed_value_has_its_bound(void **state)
{
    (void)state;
    char text[HF_BASE64URL_CHARS(HF_BASE64URL_FIXED_MAX_BYTES + 1)];
    uint8_t bytes[HF_BASE64URL_FIXED_MAX_BYTES + 1];
    memset(text, 'A', sizeof(text));
    assert_code(hf_base64url_decode_fixed(hf_bytes_of(text, sizeof(text)), bytes, sizeof(bytes)),
                BASE64_MALFORMED);
}

static void a_fixed_text_ends_with_nul(void **state)
{
    (void)state;
    char text[8];
    memset(text, '!', sizeof(text));
    hf_base64url_encode_fixed(HF_LITERAL("foob"), text);
    assert_memory_equal(text, "Zm9vYg\0!", sizeof(text));
}

static void a_padded_text_ends_with_nul(void **state)
{
    (void)state;
    char text[HF_BASE64_CHARS(4) + 2];
    memset(text, '!', sizeof(text));
    hf_base64_encode_fixed(HF_LITERAL("foob"), text);
    assert_memory_equal(text, "Zm9vYg==\0!", sizeof(text));
    hf_base64_encode_fixed(HF_LITERAL("foo"), text);
    assert_string_equal(text, "Zm9v");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_are_written),
        cmocka_unit_test(known_texts_are_read),
        cmocka_unit_test(every_byte_and_length_comes_back),
        cmocka_unit_test(a_text_is_appended),
        cmocka_unit_test(padding_is_refused_in_base64url),
        cmocka_unit_test(the_other_alphabet_is_refused),
        cmocka_unit_test(any_other_byte_is_refused_anywhere),
        cmocka_unit_test(a_block_is_read_like_its_parts),
        cmocka_unit_test(a_stray_digit_is_refused),
        cmocka_unit_test(unused_bits_must_be_zero),
        cmocka_unit_test(wrong_padding_is_refused_in_base64),
        cmocka_unit_test(a_full_buffer_is_a_limit),
        cmocka_unit_test(a_fixed_value_needs_its_length),
        cmocka_unit_test(a_fixed_value_has_its_bound),
        cmocka_unit_test(a_fixed_text_ends_with_nul),
        cmocka_unit_test(a_padded_text_ends_with_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

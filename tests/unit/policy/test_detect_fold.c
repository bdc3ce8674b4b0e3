/* What characters are to the detectors. */
#include "policy/detect_fold.h"

#include "tests/unit/unit.h"

static void is(uint32_t scalar, enum hf_fold_kind kind, char text)
{
    struct hf_fold fold = hf_fold_of(scalar);
    assert_int_equal(fold.kind, kind);
    assert_int_equal(fold.text, text);
}

static void digits_of_scripts_have_their_values(void **state)
{
    (void)state;
    static const uint32_t zeros[] = {'0',    0x660,   0x6f0,   0x966,  0xe50,
                                     0xff10, 0x104a0, 0x1d7ce, 0x1d7f6};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        for (uint32_t n = 0; n < 10; n++) {
            is(zeros[i] + n, HF_FOLD_DIGIT, (char)('0' + n));
        }
    }
    is(0x2460, HF_FOLD_DIGIT, '1'); /* ① */
    is(0x24ea, HF_FOLD_DIGIT, '0'); /* ⓪ */
    is(0xb2, HF_FOLD_DIGIT, '2');   /* ² */
    is(0x2089, HF_FOLD_DIGIT, '9'); /* ₉ */
    is(0x2469, HF_FOLD_OTHER, 0);   /* ⑩ is no digit */
}

static void chinese_numerals_are_digits(void **state)
{
    (void)state;
    static const uint32_t numerals[] = {0x96f6, 0x4e00, 0x4e8c, 0x4e09, 0x56db,
                                        0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d};
    static const uint32_t cheque[] = {0x3007, 0x58f9, 0x8d30, 0x53c1, 0x8086,
                                      0x4f0d, 0x9646, 0x67d2, 0x634c, 0x7396};
    for (uint32_t n = 0; n < 10; n++) {
        is(numerals[n], HF_FOLD_DIGIT, (char)('0' + n));
        is(cheque[n], HF_FOLD_DIGIT, (char)('0' + n));
    }
    is(0x5e7a, HF_FOLD_DIGIT, '1'); /* 幺 */
    is(0x5341, HF_FOLD_OTHER, 0);   /* 十 */
    is(0x4e24, HF_FOLD_OTHER, 0);   /* 两 */
}

static void letters_are_in_upper_case(void **state)
{
    (void)state;
    is('a', HF_FOLD_LETTER, 'A');
    is('Z', HF_FOLD_LETTER, 'Z');
    is(0xff21, HF_FOLD_LETTER, 'A');
    is(0xff5a, HF_FOLD_LETTER, 'Z');
    is(0x425, HF_FOLD_LETTER, 'X');
    is(0x2179, HF_FOLD_LETTER, 'X');
    is(0x410, HF_FOLD_OTHER, 0);
}

static void gaps_are_seen_or_not(void **state)
{
    (void)state;
    static const uint32_t seen[] = {' ', '\t', '\n', '(', ')', 0xa0, 0x2003, 0x3000, 0xff08};
    static const uint32_t unseen[] = {0,      0x1f,   0x7f,   0xad,   0x200b, 0x200d,
                                      0x2060, 0xfeff, 0xfe0f, 0x20e3, 0x301,  0xe0031};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        is(seen[i], HF_FOLD_SEPARATOR, 0);
    }
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        is(unseen[i], HF_FOLD_INVISIBLE, 0);
    }
    is('-', HF_FOLD_SEPARATOR, '-');
    is(0x2212, HF_FOLD_SEPARATOR, '-');
    is(0xb7, HF_FOLD_SEPARATOR, '.');
    is('_', HF_FOLD_SEPARATOR, '_');
}

static void signs_and_provinces_are_known(void **state)
{
    (void)state;
    is('@', HF_FOLD_OTHER, '@');
    is(0xff20, HF_FOLD_OTHER, '@');
    is('+', HF_FOLD_OTHER, '+');
    is(0x4eac, HF_FOLD_PROVINCE, 0);
    is(0x95fd, HF_FOLD_PROVINCE, 0);
    is(0x6302, HF_FOLD_OTHER, 'T');
    assert_true(hf_fold_is_anchor(hf_fold_of('@')));
    assert_true(hf_fold_is_anchor(hf_fold_of(0x4e00)));
    assert_false(hf_fold_is_anchor(hf_fold_of('+')));
}

static void all_else_is_a_break(void **state)
{
    (void)state;
    static const uint32_t others[] = {',',    ':',    '/',     '*',      '"',  0xff0c,
                                      0x3002, 0x4e2d, 0x1f600, 0x10ffff, 0xe9, 0xfffd};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(hf_fold_is_break(hf_fold_of(others[i])));
    }
    assert_false(hf_fold_is_break(hf_fold_of('@')));
    assert_false(hf_fold_is_break(hf_fold_of(0x4eac)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_of_scripts_have_their_values),
        cmocka_unit_test(chinese_numerals_are_digits),
        cmocka_unit_test(letters_are_in_upper_case),
        cmocka_unit_test(gaps_are_seen_or_not),
        cmocka_unit_test(signs_and_provinces_are_known),
        cmocka_unit_test(all_else_is_a_break),
    };
    return cmocka_run_group_tests_name("policy/detect_fold", tests, NULL, NULL);
}

/* Passing by: what the loops return is defined by folding each character and counting; the plain
 * one and the fast one must agree with that. */
#include "policy/detect_skip.h"

#include "base/utf8.h"
#include "policy/detect_char.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* --- the definition --- */

static bool is_break_at(const uint8_t *data, size_t size, size_t at, size_t *ret_next)
{
    struct hf_fold fold;
    *ret_next = at + hf_char_fold(data + at, data + size, &fold);
    return hf_fold_is_break(fold);
}

/* Whether the stretch from @from to @to is worth reading. */
static bool is_worth_reading(const uint8_t *data, size_t from, size_t to)
{
    unsigned n_kinds[HF_FOLD_INVISIBLE + 1] = {0};
    bool has_at = false;
    for (size_t at = from; at < to;) {
        struct hf_fold fold;
        at += hf_char_fold(data + at, data + to, &fold);
        n_kinds[fold.kind]++;
        has_at |= fold.kind == HF_FOLD_OTHER && fold.text == HF_FOLD_AT;
    }
    unsigned n = n_kinds[HF_FOLD_DIGIT];
    return n >= 10 || (n >= 6 && n_kinds[HF_FOLD_LETTER]) ||
           (n >= 3 && n_kinds[HF_FOLD_PROVINCE]) || (n >= 1 && n_kinds[HF_FOLD_INVISIBLE]) ||
           has_at;
}

static size_t defined(const uint8_t *data, size_t size, bool is_end)
{
    size_t from = 0;
    for (size_t at = 0; at < size;) {
        size_t next;
        if (is_break_at(data, size, at, &next)) {
            if (is_worth_reading(data, from, at)) {
                return from;
            }
            from = next;
        }
        at = next;
    }
    return is_end && !is_worth_reading(data, from, size) ? size : from;
}

/* On exact heap copies, so that the address sanitizer sees a read too far. */
static void passes(const uint8_t *data, size_t size, bool is_end)
{
    hf_detect_skip_fn *avx2 = hf_detect_skip_avx2();
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    size_t expected = defined(copy, size, is_end);
    assert_int_equal(hf_detect_skip_plain(copy, size, is_end), expected);
    if (avx2) {
        assert_int_equal(avx2(copy, size, is_end), expected);
    }
    free(copy);
}

static void agrees(const uint8_t *data, size_t size)
{
    passes(data, size, true);
    passes(data, size, false);
}

/* Passed are @n bytes of @text, which ends there. */
static void passed(const char *text, size_t n)
{
    hf_bytes bytes = hf_bytes_of_string(text);
    assert_int_equal(hf_detect_skip_best()(bytes.data, bytes.size, true), n);
    agrees(bytes.data, bytes.size);
}

static void passed_whole(const char *text)
{
    passed(text, strlen(text));
}

/* --- the claims --- */

static void is_anchor(const uint8_t *data, size_t size, const uint8_t *expected)
{
    assert_ptr_equal(hf_anchor_find(data, data + size), expected);
}

/* Every character at four places of a block, beside nine digits: what it makes of them, and that
 * none is missed. */
static void every_character_is_judged_alike(void **state)
{
    (void)state;
    hf_detect_skip_fn *avx2 = hf_detect_skip_avx2();
    uint8_t data[100];
    for (uint32_t scalar = 1; scalar < 0x110000; scalar++) {
        if (scalar >= 0xd800 && scalar < 0xe000) {
            continue;
        }
        for (size_t at = 27; at < 31; at++) {
            memset(data, ',', sizeof data);
            unsigned n = hf_utf8_encode(scalar, data + at);
            assert_true(n > 0);
            memset(data + at + n, '7', 9);
            size_t expected = defined(data, sizeof data, true);
            struct hf_fold fold = hf_fold_of(scalar);
            bool matters = fold.kind != HF_FOLD_OTHER && fold.kind != HF_FOLD_SEPARATOR;
            bool is_at = fold.kind == HF_FOLD_OTHER && fold.text == HF_FOLD_AT;
            assert_int_equal(expected, matters || is_at ? at : sizeof data);
            assert_int_equal(hf_detect_skip_plain(data, sizeof data, true), expected);
            if (avx2) {
                assert_int_equal(avx2(data, sizeof data, true), expected);
            }
            if (scalar > 0xffff && scalar % 61) {
                break; /* four bytes: the same at every place */
            }
        }
    }
}

static void every_anchor_is_found(void **state)
{
    (void)state;
    uint8_t data[8] = "       ";
    for (uint32_t scalar = 1; scalar < 0x30000; scalar++) {
        if (scalar >= 0xd800 && scalar < 0xe000) {
            continue;
        }
        size_t n = hf_utf8_encode(scalar, data);
        bool expected = scalar == '\\' || hf_fold_is_anchor(hf_fold_of(scalar));
        is_anchor(data, n, expected ? data : data + n);
    }
}

static void random_text_is_passed_alike(void **state)
{
    (void)state;
    static const uint32_t firsts[] = {0x20,   0x20,   0xa0,   0x600,  0x2000,
                                      0x3000, 0x4e00, 0x5000, 0xff00, 0x2c};
    uint8_t data[600];
    for (int round = 0; round < 50000; round++) {
        size_t n = 0;
        uint32_t n_digits = next_random(3);
        for (uint32_t k = next_random(90); k > 0; k--) {
            uint32_t scalar = firsts[next_random(10)] + next_random(0x60);
            if (next_random(4) < n_digits) {
                scalar = '0' + next_random(10);
            }
            if (scalar == '\\' || next_random(40) == 0) {
                n += (size_t)snprintf((char *)data + n, 7, "\\u%04x", scalar % 0x10000);
            } else {
                n += hf_utf8_encode(scalar, data + n);
            }
        }
        agrees(data, n);
    }
}

static void text_of_every_length_is_passed_whole(void **state)
{
    (void)state;
    uint8_t data[200];
    memset(data, 'a', sizeof data);
    for (size_t n = 0; n < sizeof data; n++) {
        assert_int_equal(hf_detect_skip_best()(data, n, true), n);
        assert_int_equal(hf_detect_skip_best()(data, n, false), 0);
        agrees(data, n);
    }
}

static void too_few_digits_are_passed(void **state)
{
    (void)state;
    passed_whole("自2025年3月15日至2026-03-14，罚款1234567.89元");
    passed_whole("第六十二条第三款");
    passed_whole("A座1203室，12345 K");
    passed_whole("闽12号");
    passed_whole("\\u7b2c\\u516d\\u53412025-03-12\\u6761");
    passed_whole("");
}

static void enough_digits_are_not(void **state)
{
    (void)state;
    passed("，1234567890，", 3);
    passed("，12345 67890", 3);
    passed("12345，A123456，", 8);
    passed("甲123456A，", 3);
    passed("号闽D123，", 3);
    passed("号闽12\\u0033，", 3);
    passed("甲，a@b", 6);
    passed("号1\xe2\x80\x8b，", 3);
    passed("号\xe2\x80\x8b"
           "1，",
           3);
    passed("号\\u200b1，", 3);
}

static void what_is_malformed_is_one_character(void **state)
{
    (void)state;
    uint32_t scalar = 0;
    assert_int_equal(hf_char_decode((const uint8_t *)"\xff", 1, &scalar), 1);
    assert_int_equal(scalar, 0xfffd);
    assert_int_equal(hf_char_decode((const uint8_t *)"\xe4\xb8", 2, &scalar), 1);
    assert_int_equal(hf_char_decode((const uint8_t *)"\xe4\x41\x41", 3, &scalar), 1);
    assert_int_equal(hf_char_decode((const uint8_t *)"\xe4\xb8\x80", 3, &scalar), 3);
    assert_int_equal(scalar, 0x4e00);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_judged_alike),
        cmocka_unit_test(every_anchor_is_found),
        cmocka_unit_test(random_text_is_passed_alike),
        cmocka_unit_test(text_of_every_length_is_passed_whole),
        cmocka_unit_test(too_few_digits_are_passed),
        cmocka_unit_test(enough_digits_are_not),
        cmocka_unit_test(what_is_malformed_is_one_character),
    };
    return cmocka_run_group_tests_name("policy/detect_skip", tests, NULL, NULL);
}

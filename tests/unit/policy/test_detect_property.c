/* The detectors on random text: their definition (tests/support/detecting.c) held against the
 * program, a canary that never survives, and the bounds of time, of memory and of what is masked in
 * vain. */
#include "policy/detect.h"

#include "base/utf8.h"
#include "policy/detect_state.h"
#include "tests/support/detecting.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const size_t piece_sizes[] = {1, 2, 3, 7, 64, 1000, 16384, 0};

/* --- the definition, on random text --- */

static uint64_t seed = 4;

static uint32_t next_random(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static void put(hf_buf *buf, const char *text)
{
    assert_ok(hf_buf_append_string(buf, text));
}

static void put_scalar(hf_buf *buf, uint32_t scalar)
{
    uint8_t bytes[4];
    if (next_random(6) == 0) {
        if (scalar > 0xffff) {
            assert_ok(hf_buf_printf(buf, "\\u%04x\\u%04x",
                                    (unsigned)(0xd800 + ((scalar - 0x10000) >> 10)),
                                    (unsigned)(0xdc00 + (scalar & 0x3ff))));
        } else {
            assert_ok(hf_buf_printf(buf, next_random(2) ? "\\u%04x" : "\\u%04X", (unsigned)scalar));
        }
        return;
    }
    assert_ok(hf_buf_append(buf, hf_bytes_of(bytes, hf_utf8_encode(scalar, bytes))));
}

static void put_digit(hf_buf *buf, unsigned digit)
{
    static const uint32_t numerals[] = {0x3007, 0x4e00, 0x4e8c, 0x4e09, 0x56db,
                                        0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d};
    static const uint32_t zeros[] = {0x660, 0x6f0, 0x966, 0xff10, 0x1d7ce, 0x104a0, 0x1040, 0x2080};
    uint32_t how = next_random(20);
    if (how < 12) {
        put_scalar(buf, '0' + digit);
    } else if (how < 15) {
        put_scalar(buf, numerals[digit]);
    } else {
        put_scalar(buf, zeros[next_random(8)] + digit);
    }
}

static void put_gap(hf_buf *buf)
{
    static const uint32_t separators[] = {' ', '-', '.', 0xa0, 0x3000, '(', 0xff0d, 0x2013, '_'};
    static const uint32_t invisible[] = {0x200b, 0xad, 0xfeff, 0x200d, 0x20e3, 0xfe0f, 0x301};
    for (uint32_t n = next_random(3); n > 0; n--) {
        put_scalar(buf, separators[next_random(9)]);
    }
    for (uint32_t n = next_random(4); n > 0; n--) {
        put_scalar(buf, invisible[next_random(7)]);
    }
}

/* What stands between identifiers: whatever matters to some detector, often in rows. */
static void put_noise(hf_buf *buf)
{
    static const char *const words[] = {"福建",
                                        "，",
                                        "。",
                                        "京",
                                        "闽D",
                                        "挂",
                                        "第",
                                        "ab",
                                        "X",
                                        "x",
                                        "E",
                                        "H",
                                        "@",
                                        "a.b@",
                                        ".com",
                                        "%",
                                        "+86",
                                        "86",
                                        "0086",
                                        "0592",
                                        "010",
                                        "13",
                                        "1949",
                                        "12-31",
                                        "62",
                                        "9",
                                        "9135",
                                        "M0",
                                        "\\n",
                                        " ",
                                        "  ",
                                        "   ",
                                        "    ",
                                        "\\\"",
                                        "\\\\",
                                        "é",
                                        "😀",
                                        "～",
                                        "/",
                                        ":",
                                        "2025年",
                                        "No ",
                                        "the quick brown ",
                                        "－",
                                        "１",
                                        "٣",
                                        "\u200b\u200b\u200b",
                                        "0000000000000000",
                                        "440524188001010014",
                                        "11010519491231",
                                        "00000",
                                        "00000000000000000000000000000000"};
    for (uint32_t n = next_random(6); n > 0; n--) {
        if (next_random(3) == 0) {
            put_digit(buf, next_random(10));
        } else {
            put(buf, words[next_random(sizeof words / sizeof words[0])]);
        }
    }
}

/* What a text that breaks off has let out hangs on its characters, not on its pieces. */
static void begins_alike(hf_bytes raw)
{
    hf_buf whole = detecting_begun(raw, 0);
    for (size_t i = 0; piece_sizes[i]; i++) {
        hf_buf pieces = detecting_begun(raw, piece_sizes[i]);
        assert_true(hf_bytes_equal(hf_buf_view(&whole), hf_buf_view(&pieces)));
        hf_buf_clear(&pieces);
    }
    hf_buf_clear(&whole);
}

static void is_as_defined(hf_bytes raw)
{
    begins_alike(raw);
    hf_buf oracle = detecting_oracle(raw);
    for (size_t i = 0; i < sizeof piece_sizes / sizeof piece_sizes[0]; i++) {
        hf_buf out = detecting_run(raw, piece_sizes[i]);
        if (!hf_bytes_equal(hf_buf_view(&out), hf_buf_view(&oracle))) {
            fprintf(stderr, "pieces of %zu\n   text %.*s\n   gave %.*s\n  where %.*s\n",
                    piece_sizes[i], HF_PRINT(raw), HF_PRINT(hf_buf_view(&out)),
                    HF_PRINT(hf_buf_view(&oracle)));
        }
        assert_true(hf_bytes_equal(hf_buf_view(&out), hf_buf_view(&oracle)));
        hf_buf_clear(&out);
    }
    assert_int_equal(detecting_finds(raw), !hf_bytes_equal(raw, hf_buf_view(&oracle)));
    hf_buf_clear(&oracle);
}

static void random_text_is_masked_as_defined(void **state)
{
    (void)state;
    hf_buf raw = hf_buf_init(1 << 20);
    for (int round = 0; round < 6000; round++) {
        hf_buf_reset(&raw);
        for (uint32_t n = next_random(12); n > 0; n--) {
            put_noise(&raw);
        }
        is_as_defined(hf_buf_view(&raw));
    }
    hf_buf_clear(&raw);
}

/* An identifier that no other text here can hold, spelled in any way, gaps anywhere. */
static void put_canary(hf_buf *buf, const char *canary)
{
    bool parted = next_random(2);
    for (const char *c = canary; *c; c++) {
        if (*c >= '0' && *c <= '9') {
            put_digit(buf, (unsigned)(*c - '0'));
        } else {
            uint32_t lower = (uint32_t)*c | 0x20;
            uint32_t wide = (uint32_t)*c - 'A' + 0xff21;
            put_scalar(buf, next_random(3) == 0 ? wide : next_random(2) ? lower : (uint32_t)*c);
        }
        if (parted && c[1]) {
            put_gap(buf);
        }
    }
}

/* How many characters of @buf are stars. */
static size_t count_stars(const hf_buf *buf)
{
    size_t n = 0;
    for (size_t i = 0; i < buf->size; i++) {
        n += buf->data[i] == '*';
    }
    return n;
}

static void a_canary_never_survives(void **state)
{
    (void)state;
    static const char *const canaries[] = {"11010519491231002X", "440524188001010014",
                                           "91350100M000100Y43", "13800138000",
                                           "6222020000000000000"};
    hf_buf raw = hf_buf_init(1 << 20);
    for (int round = 0; round < 4000; round++) {
        const char *canary = canaries[round % 5];
        hf_buf_reset(&raw);
        put(&raw, next_random(2) ? "备注：" : "x, ");
        for (uint32_t n = next_random(8); n > 0; n--) {
            put(&raw, next_random(2) ? "税务" : "Ab ");
        }
        put(&raw, "；");
        put_canary(&raw, canary);
        put(&raw, next_random(2) ? "。" : "");
        hf_buf out = detecting_run(hf_buf_view(&raw), piece_sizes[next_random(8)]);
        assert_true(count_stars(&out) >= strlen(canary));
        for (size_t i = 0; i < out.size; i++) {
            assert_false(out.data[i] >= '0' && out.data[i] <= '9');
        }
        hf_buf_clear(&out);
        is_as_defined(hf_buf_view(&raw));
    }
    hf_buf_clear(&raw);
}

/* --- bounds --- */

/* What is held back at any moment, and how long a mebibyte of the worst takes. */
static void streams(const char *unit, double max_s)
{
    enum { BYTES = 1 << 20 };
    struct hf_detect *detect = NULL;
    hf_buf out = hf_buf_init(2 * BYTES);
    size_t n_unit = strlen(unit);
    size_t n_in = 0;
    assert_ok(hf_detect_new(&detect));
    clock_t begin = clock();
    while (n_in < BYTES) {
        assert_ok(hf_detect_push(detect, hf_bytes_of(unit, n_unit), &out));
        n_in += n_unit;
        assert_true(detect->n_chars - detect->first <= HF_DETECT_MAX_HELD_CHARS);
    }
    assert_ok(hf_detect_end(detect, &out));
    double took_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
    assert_true(took_s < max_s);
    hf_detect_free(detect);
    hf_buf_clear(&out);
}

static void the_worst_text_is_read_in_linear_time(void **state)
{
    (void)state;
    const double max_s = 5; /* 0.2 s are usual for the slowest; sanitizers take tenfold */
    streams("0", max_s);
    streams("1111111111111111111111111111111111111111111111111111111111111111，", max_s);
    streams("1 ", max_s);
    streams("1\u200b\u200b\u200b\u200b\u200b\u200b", max_s);
    streams("1 - ", max_s);
    streams("11\u200b", max_s);
    streams("                ", max_s);
    streams("\u200b", max_s);
    streams("a", max_s);
    streams("a@", max_s);
    streams("a@b.", max_s);
    streams("@", max_s);
    streams("闽D1234", max_s);
    streams("91350100M000100Y4", max_s);
    streams("440524188001010013 ", max_s);
    streams("\\u0031\\u200b", max_s);
}

/* How often a number that means nothing is masked: stated in the documents, and no more than that.
 */
static void arbitrary_numbers_are_masked_as_often_as_stated(void **state)
{
    (void)state;
    static const struct {
        unsigned n_digits;
        unsigned most_percent;
    } stated[] = {{8, 0}, {10, 0}, {11, 15}, {12, 23}, {16, 52}, {18, 69}, {20, 85}};
    for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++) {
        unsigned n_masked = 0;
        for (int round = 0; round < 20000; round++) {
            uint8_t digits[20];
            for (unsigned k = 0; k < stated[i].n_digits; k++) {
                digits[k] = (uint8_t)('0' + next_random(10));
            }
            n_masked += detecting_finds(hf_bytes_of(digits, stated[i].n_digits));
        }
        print_message("# %u digits: %.1f %% masked\n", stated[i].n_digits, n_masked / 200.0);
        assert_true(n_masked <= stated[i].most_percent * 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_text_is_masked_as_defined),
        cmocka_unit_test(a_canary_never_survives),
        cmocka_unit_test(the_worst_text_is_read_in_linear_time),
        cmocka_unit_test(arbitrary_numbers_are_masked_as_often_as_stated),
    };
    return cmocka_run_group_tests_name("policy/detect_property", tests, NULL, NULL);
}

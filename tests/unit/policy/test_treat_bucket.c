/* Ranges and their edges, in every spelling of a number. */
#include "policy/treat.h"

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>

static struct hf_edge list[HF_BUCKET_MAX_EDGES + 1];

/* The edges of @words, parted by spaces. */
static struct hf_edges edges_of(const char *words)
{
    size_t n = 0;
    while (*words) {
        size_t size = strcspn(words, " ");
        assert_ok(hf_edge_parse(hf_bytes_of(words, size), &list[n++]));
        words += size + (words[size] == ' ');
    }
    return (struct hf_edges){list, n};
}

static void lies(const char *lexeme, const char *words, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    const struct hf_edges edges = edges_of(words);
    const char *text = NULL;
    assert_ok(hf_edges_check(&edges));
    assert_ok(hf_treat_bucket(hf_bytes_of_string(lexeme), &edges, &out));
    assert_ok(hf_buf_string(&out, &text));
    assert_string_equal(text, expected);
}

static void an_edge_belongs_to_the_range_above_it(void **state)
{
    (void)state;
    lies("999", "1000 5000", "\"..1000\"");
    lies("999.999999999999999999999999999999", "1000 5000", "\"..1000\"");
    lies("1000", "1000 5000", "\"1000..5000\"");
    lies("1000.00000000000000000000000000001", "1000 5000", "\"1000..5000\"");
    lies("4999", "1000 5000", "\"1000..5000\"");
    lies("5000", "1000 5000", "\"5000..\"");
    lies("70000", "1000 5000", "\"5000..\"");
}

static void one_edge_makes_two_ranges(void **state)
{
    (void)state;
    lies("-1", "0", "\"..0\"");
    lies("0", "0", "\"0..\"");
    lies("1", "0", "\"0..\"");
}

static void spelling_makes_no_difference(void **state)
{
    static const char *const spellings[] = {
        "1000",      "1000.0",           "1E3",
        "1e+3",      "10.00e2",          "0.001E6",
        "100000e-2", "1000.000000000e0", "1000e0000000000000000000000000000000000000000000"};
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        lies(spellings[i], "1000 5000", "\"1000..5000\"");
        lies(spellings[i], "0 999.999999999", "\"999.999999999..\"");
        lies(spellings[i], "1000.000000001 5000", "\"..1000.000000001\"");
    }
}

static void zero_has_no_sign(void **state)
{
    static const char *const zeros[] = {"0", "-0", "-0.0", "0e5", "-0.000e-999", "0.0"};
    (void)state;
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        lies(zeros[i], "0 10", "\"0..10\"");
        lies(zeros[i], "-10 0.5", "\"-10..0.5\"");
    }
}

static void numbers_below_zero_are_in_order(void **state)
{
    (void)state;
    lies("-11", "-10 -5 0", "\"..-10\"");
    lies("-10.0", "-10 -5 0", "\"-10..-5\"");
    lies("-5.5", "-10 -5 0", "\"-10..-5\"");
    lies("-0.001", "-10 -5 0", "\"-5..0\"");
}

static void no_number_is_too_large_or_too_small(void **state)
{
    (void)state;
    lies("1e400", "1000 5000", "\"5000..\"");
    lies("-1e400", "1000 5000", "\"..1000\"");
    lies("1e-400", "0 0.000000001", "\"0..0.000000001\"");
    lies("-1e-400", "0 5", "\"..0\"");
    lies("123456789012345678901234567890", "1000 99999999999999999", "\"99999999999999999..\"");
    lies("1e99999999999999999999999999", "1000", "\"1000..\"");
    lies("1e-99999999999999999999999999", "1000", "\"..1000\"");
    lies("0.00000000000000000000000000000000000000000000000000001e56", "1000 5000",
         "\"1000..5000\"");
}

static void edges_leave_as_the_policy_spells_them(void **state)
{
    (void)state;
    lies("2", "1.50 2.500", "\"1.50..2.500\"");
    lies("3", "-1.0 2.0", "\"2.0..\"");
}

static void what_is_no_edge_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "+1",
                                        "01",
                                        "-01",
                                        "1.",
                                        ".5",
                                        "1e3",
                                        "1E3",
                                        "1e0",
                                        "-0",
                                        "-0.0",
                                        "0x1",
                                        "1 ",
                                        " 1",
                                        "1,5",
                                        "NaN",
                                        "一",
                                        "--1",
                                        "1..2",
                                        "1.2.3",
                                        "123456789012345678",
                                        "0.0000000001",
                                        "-",
                                        "1234567890.12345678"};
    struct hf_edge edge;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (hf_edge_parse(hf_bytes_of_string(texts[i]), &edge).code != HF_POLICY_INVALID) {
            fail_msg("%s", texts[i]);
        }
    }
    assert_ok(hf_edge_parse(HF_LITERAL("-12345678.123456789"), &edge));
    assert_ok(hf_edge_parse(HF_LITERAL("0.000000001"), &edge));
    assert_ok(hf_edge_parse(HF_LITERAL("0"), &edge));
}

static void edges_rise(void **state)
{
    static const char *const bad[] = {"1 1", "2 1", "1 1.0", "0 -1", "1 2 2.000", "-1 -2"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct hf_edges edges = edges_of(bad[i]);
        assert_code(hf_edges_check(&edges), POLICY_INVALID);
    }
    struct hf_edges edges = {list, 0};
    assert_code(hf_edges_check(&edges), POLICY_INVALID);
    for (size_t i = 0; i <= HF_BUCKET_MAX_EDGES; i++) {
        char text[8];
        int size = snprintf(text, sizeof text, "%zu", i);
        assert_ok(hf_edge_parse(hf_bytes_of(text, (size_t)size), &list[i]));
    }
    edges.n = HF_BUCKET_MAX_EDGES;
    assert_ok(hf_edges_check(&edges));
    edges.n = HF_BUCKET_MAX_EDGES + 1;
    assert_code(hf_edges_check(&edges), POLICY_INVALID);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const texts[] = {"", "-", "x", "1.", ".1", "1e", "1e+", "1x", "1e5x", "--1"};
    const struct hf_edges edges = edges_of("0");
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_code(hf_treat_bucket(hf_bytes_of_string(texts[i]), &edges, &out), JSON_MALFORMED);
        assert_int_equal(out.size, 0);
    }
}

static void a_full_buffer_is_told_before_anything_is_written(void **state)
{
    const struct hf_edges edges = edges_of("0");
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(20);
    (void)state;
    assert_code(hf_treat_bucket(HF_LITERAL("5"), &edges, &out), LIMIT);
    assert_int_equal(out.size, 0);
}

static uint64_t next_random(void)
{
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* @units of 10^-@decimals, spelled with a shift of the point that an exponent makes good. */
static void spell(int64_t units, unsigned decimals, char *ret_text, size_t size)
{
    int shift = (int)(next_random() % 7) - 3;
    const char *zeros = next_random() % 2 ? "" : ".000";
    snprintf(ret_text, size, "%" PRId64 "%se%d", units, zeros, -(int)decimals);
    if (shift > 0) {
        snprintf(ret_text, size, "%" PRId64 "%0*d%se%d", units, shift, 0, zeros,
                 -(int)decimals - shift);
    }
}

/* Against whole numbers of the smallest unit, where ours knows only digits. */
static void order_is_that_of_the_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        int64_t a = (int64_t)(next_random() % 2001) - 1000;
        int64_t b = (int64_t)(next_random() % 2001) - 1000;
        char a_text[64];
        char b_text[64];
        struct hf_decimal x;
        struct hf_decimal y;
        spell(a, 2, a_text, sizeof a_text);
        spell(b, 2, b_text, sizeof b_text);
        assert_ok(hf_decimal_read(hf_bytes_of_string(a_text), &x));
        assert_ok(hf_decimal_read(hf_bytes_of_string(b_text), &y));
        int order = hf_decimal_compare(&x, &y);
        if ((order > 0) - (order < 0) != (a > b) - (a < b)) {
            fail_msg("%s and %s", a_text, b_text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edge_belongs_to_the_range_above_it),
        cmocka_unit_test(one_edge_makes_two_ranges),
        cmocka_unit_test(spelling_makes_no_difference),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(numbers_below_zero_are_in_order),
        cmocka_unit_test(no_number_is_too_large_or_too_small),
        cmocka_unit_test(edges_leave_as_the_policy_spells_them),
        cmocka_unit_test(what_is_no_edge_is_refused),
        cmocka_unit_test(edges_rise),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(a_full_buffer_is_told_before_anything_is_written),
        cmocka_unit_test(order_is_that_of_the_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

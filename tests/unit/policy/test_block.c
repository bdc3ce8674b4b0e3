/*
 * Blocks are seen as plain C sees them, in every way in which block.h is built: this file is built
 * for AVX2, too, where there may be such machines.
 */
#include "policy/block.h"

#include "base/digits.h"
#include "tests/unit/unit.h"

static uint64_t seed = 7;

static uint32_t next_random(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* Bytes of which every other one is of @likely. */
static void fill(uint8_t *bytes, size_t n, const char *likely, size_t n_likely)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = next_random(2) ? (uint8_t)likely[next_random((uint32_t)n_likely)]
                                  : (uint8_t)next_random(256);
    }
}

static void the_first_bit_of_a_mask_is_found(void **state)
{
    (void)state;
    assert_int_equal(hf_block_first(0), HF_BLOCK_BYTES);
    for (unsigned i = 0; i < HF_BLOCK_BYTES; i++) {
        assert_int_equal(hf_block_first(UINT32_MAX << i), i);
    }
}

static void a_block_is_seen_as_plain_c_sees_it(void **state)
{
    (void)state;
    static const char special[] = "\"\\\0\x1f\x20\x7f\x80\xff";
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[HF_BLOCK_BYTES];
        fill(bytes, sizeof bytes, special, sizeof special - 1);
        assert_int_equal(hf_block_stops(bytes), hf_block_stops_plain(bytes));
    }
}

static void blocks_are_compared_as_plain_c_compares_them(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t a[HF_BLOCK_BYTES];
        uint8_t b[HF_BLOCK_BYTES];
        for (unsigned i = 0; i < HF_BLOCK_BYTES; i++) {
            a[i] = (uint8_t)next_random(256);
            b[i] = next_random(3) ? a[i] : (uint8_t)next_random(256);
        }
        assert_int_equal(hf_block_same(a, b), hf_block_same_plain(a, b));
    }
}

static void a_number_is_seen_as_plain_c_sees_it(void **state)
{
    (void)state;
    static const char likely[] = "0123456789/:,}-.+e \x1f\x21|~\x80\xb0\xb9";
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[HF_HALF_BYTES];
        fill(bytes, sizeof bytes, likely, sizeof likely - 1);
        struct hf_half_number seen = hf_half_number(bytes);
        struct hf_half_number expected = hf_half_number_plain(bytes);
        assert_int_equal(seen.digits, expected.digits);
        assert_int_equal(seen.ends, expected.ends);
    }
}

static void reads_a_day_alike(const uint8_t *bytes)
{
    uint64_t expected = 0;
    uint64_t key = 0;
    assert_int_equal(hf_block_day(bytes, &key), hf_date_key(bytes, &expected));
    assert_true(key == expected);
}

static void a_day_is_read_as_plain_c_reads_it(void **state)
{
    (void)state;
    char bytes[HF_HALF_BYTES + 1] = "YYYY-MM-DD\"}";
    for (unsigned month = 0; month <= 13; month++) {
        for (unsigned day = 0; day <= 32; day++) {
            for (unsigned year = 1898; year <= 1905; year++) {
                hf_digits_write_fixed(year, 4, bytes);
                hf_digits_write_fixed(month, 2, bytes + 5);
                hf_digits_write_fixed(day, 2, bytes + 8);
                reads_a_day_alike((const uint8_t *)bytes);
            }
        }
    }
}

static void what_is_no_day_is_none_to_either(void **state)
{
    (void)state;
    static const char likely[] = "0123456789-/:.\x80\xad\xb0\xff";
    for (unsigned round = 0; round < 200000; round++) {
        uint8_t bytes[HF_HALF_BYTES + 1] = "2025-03-31\",\"ab\":";
        for (unsigned n = 1 + next_random(2); n > 0; n--) {
            bytes[next_random(HF_DATE_CHARS)] = (uint8_t)likely[next_random(sizeof likely - 1)];
        }
        reads_a_day_alike(bytes);
        bytes[next_random(HF_DATE_CHARS)] = (uint8_t)next_random(256);
        reads_a_day_alike(bytes);
    }
}

static void a_block_is_copied(void **state)
{
    (void)state;
    uint8_t from[HF_BLOCK_BYTES];
    uint8_t to[HF_BLOCK_BYTES + 2] = {0};
    fill(from, sizeof from, "x", 1);
    hf_block_copy(to + 1, from);
    assert_memory_equal(to + 1, from, sizeof from);
    assert_int_equal(to[0] | to[HF_BLOCK_BYTES + 1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bit_of_a_mask_is_found),
        cmocka_unit_test(a_block_is_seen_as_plain_c_sees_it),
        cmocka_unit_test(blocks_are_compared_as_plain_c_compares_them),
        cmocka_unit_test(a_number_is_seen_as_plain_c_sees_it),
        cmocka_unit_test(a_day_is_read_as_plain_c_reads_it),
        cmocka_unit_test(what_is_no_day_is_none_to_either),
        cmocka_unit_test(a_block_is_copied),
    };
#ifdef __AVX2__
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) {
        print_message("# SKIPPED: no AVX2 on this machine\n");
        return 0;
    }
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}

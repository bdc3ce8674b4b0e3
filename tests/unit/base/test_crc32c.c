#include "base/crc32c.h"
#include "base/status.h"

#include "tests/unit/unit.h"

/* = RFC 3720 B.4: the examples. */
static void agrees_with_the_examples_of_rfc_3720(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(hf_crc32c_extend(0, hf_bytes_of(bytes, 32)), 0x8a9136aaU);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(hf_crc32c_extend(0, hf_bytes_of(bytes, 32)), 0x62a8ab43U);
    for (uint8_t i = 0; i < 32; i++) {
        bytes[i] = i;
    }
    assert_int_equal(hf_crc32c_extend(0, hf_bytes_of(bytes, 32)), 0x46dd794eU);
    assert_int_equal(hf_crc32c_extend(0, HF_LITERAL("123456789")), 0xe3069283U);
}

static void both_ways_agree_at_every_length_and_split(void **state)
{
    (void)state;
    uint8_t bytes[67];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        uint32_t whole = hf_crc32c_extend(0, hf_bytes_of(bytes, size));
        assert_int_equal(whole, hf_crc32c_extend_portable(0, hf_bytes_of(bytes, size)));
        for (size_t cut = 0; cut <= size; cut++) {
            uint32_t first = hf_crc32c_extend(0, hf_bytes_of(bytes, cut));
            assert_int_equal(whole, hf_crc32c_extend(first, hf_bytes_of(bytes + cut, size - cut)));
        }
    }
}

/* Long enough for the lanes to be used not at all, once, twice, and with every rest. */
static void both_ways_agree_over_many_lanes(void **state)
{
    (void)state;
    uint8_t bytes[1100];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * i + 7 * i);
    }
    for (size_t size = 300; size <= sizeof(bytes) - 3; size++) {
        const hf_bytes text = hf_bytes_of(bytes + size % 3, size);
        assert_int_equal(hf_crc32c_extend(42, text), hf_crc32c_extend_portable(42, text));
    }
}

static void a_mask_moves_every_checksum(void **state)
{
    (void)state;
    assert_int_equal(hf_crc32c_mask(0), 0xa282ead8U);
    assert_int_equal(hf_crc32c_mask(0x8000), 0xa282ead9U);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_examples_of_rfc_3720),
        cmocka_unit_test(both_ways_agree_at_every_length_and_split),
        cmocka_unit_test(both_ways_agree_over_many_lanes),
        cmocka_unit_test(a_mask_moves_every_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

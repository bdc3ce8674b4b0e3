#include "base/deflate.h"

#include "tests/unit/unit.h"

enum { ROOM_BYTES = 1 << 20 };

static void what_is_deflated_is_inflated(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 16383, 16384, 16385, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(ROOM_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(ROOM_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(ROOM_BYTES);
        for (size_t n = 0; n < sizes[i]; n++) {
            assert_ok(hf_buf_append_byte(&plain, (uint8_t)(n * n >> 3)));
        }
        assert_ok(hf_deflate(hf_buf_view(&plain), &packed));
        assert_ok(hf_inflate(hf_buf_view(&packed), &again));
        assert_true(hf_bytes_equal(hf_buf_view(&again), hf_buf_view(&plain)));
    }
}

static void the_buffers_limit_is_the_bound(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf zeros = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf exact = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(ROOM_BYTES - 1);
    (void)state;
    for (size_t i = 0; i < ROOM_BYTES; i++) {
        assert_ok(hf_buf_append_byte(&zeros, 0));
    }
    assert_ok(hf_deflate(hf_buf_view(&zeros), &packed));
    assert_true(packed.size < ROOM_BYTES / 500); /* a bomb */
    assert_ok(hf_inflate(hf_buf_view(&packed), &exact));
    assert_int_equal(exact.size, ROOM_BYTES);
    assert_code(hf_inflate(hf_buf_view(&packed), &small), LIMIT);
    assert_int_equal(small.size, 0);
    assert_true(small.capacity_bytes <= ROOM_BYTES - 1);
}

static void too_little_room_for_the_packed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(4);
    (void)state;
    assert_code(hf_deflate(HF_LITERAL("some words"), &packed), LIMIT);
    assert_int_equal(packed.size, 0);
}

static void every_cut_is_malformed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(ROOM_BYTES);
    (void)state;
    assert_ok(hf_deflate(HF_LITERAL("some words, and some words again"), &packed));
    for (size_t n = 0; n < packed.size; n++) {
        assert_code(hf_inflate(hf_bytes_of(packed.data, n), &out), DEFLATE_MALFORMED);
        assert_int_equal(out.size, 0);
    }
    assert_ok(hf_buf_append_byte(&packed, 0)); /* a byte behind the end */
    assert_code(hf_inflate(hf_buf_view(&packed), &out), DEFLATE_MALFORMED);
}

static void a_cut_that_fills_the_room_is_malformed(void **state)
{
    static const uint8_t words[] = "0123456789abcdef";
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(16);
    (void)state;
    assert_ok(hf_deflate(hf_bytes_of(words, 16), &packed));
    assert_code(hf_inflate(hf_bytes_of(packed.data, packed.size - 1), &out), DEFLATE_MALFORMED);
    assert_ok(hf_inflate(hf_buf_view(&packed), &out));
}

static void every_changed_bit_counts(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(ROOM_BYTES);
    (void)state;
    assert_ok(hf_deflate(HF_LITERAL("some words, and some words again"), &packed));
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(ROOM_BYTES);
        packed.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        hf_status status = hf_inflate(hf_buf_view(&packed), &out);
        packed.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        /* the level and the window's size in the header change nothing of what is spelled */
        assert_true(status.code == HF_DEFLATE_MALFORMED || status.code == HF_LIMIT || bit < 16);
    }
}

static void other_formats_are_none(void **state)
{
    static const uint8_t gzip[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3,
                                   3,    0,    0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t raw[] = {3, 0};
    static const uint8_t dictionary[] = {0x78, 0xbb, 0, 0, 0, 1, 3, 0, 0, 0, 0, 1};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(ROOM_BYTES);
    (void)state;
    assert_code(hf_inflate(hf_bytes_of(gzip, sizeof gzip), &out), DEFLATE_MALFORMED);
    assert_code(hf_inflate(hf_bytes_of(raw, sizeof raw), &out), DEFLATE_MALFORMED);
    assert_code(hf_inflate(hf_bytes_of(dictionary, sizeof dictionary), &out), DEFLATE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_deflated_is_inflated),
        cmocka_unit_test(the_buffers_limit_is_the_bound),
        cmocka_unit_test(too_little_room_for_the_packed),
        cmocka_unit_test(every_cut_is_malformed),
        cmocka_unit_test(a_cut_that_fills_the_room_is_malformed),
        cmocka_unit_test(every_changed_bit_counts),
        cmocka_unit_test(other_formats_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

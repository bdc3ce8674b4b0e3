#include "gateway/h2_fields.h"

#include "tests/unit/unit.h"

static void a_field_counts_with_its_overhead(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    assert_true(hf_h2_block_count(&block, 3, 4));
    assert_int_equal(block.n_list_bytes, 3 + 4 + 32);
    assert_int_equal(block.n_seen, 1);
}

static void a_hundred_fields_are_enough(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    for (int i = 0; i < HF_H2_MAX_FIELDS; i++) {
        assert_true(hf_h2_block_count(&block, 1, 1));
    }
    assert_false(hf_h2_block_count(&block, 1, 1));
    assert_true(block.too_large);
}

static void one_field_has_a_bound_of_its_own(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    assert_true(hf_h2_block_count(&block, 256, 8192));
    assert_false(hf_h2_block_count(&block, 257, 8192));
}

static void the_list_has_a_bound(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    unsigned n = 0;
    while (hf_h2_block_count(&block, 0, 8000)) {
        n++;
    }
    assert_int_equal(n, HF_H2_MAX_LIST_BYTES / 8032);
}

static void too_large_stays_too_large(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    assert_false(hf_h2_block_count(&block, 9000, 0));
    assert_false(hf_h2_block_count(&block, 1, 1));
}

static void far_beyond_is_a_bomb(void **state)
{
    (void)state;
    struct hf_h2_block block = {0};
    for (int i = 0; i < 400; i++) {
        hf_h2_block_count(&block, 1, 1);
        assert_false(hf_h2_block_is_bomb(&block));
    }
    hf_h2_block_count(&block, 1, 1);
    assert_true(hf_h2_block_is_bomb(&block));
    struct hf_h2_block long_one = {0};
    hf_h2_block_count(&long_one, 1, 4 * (size_t)HF_H2_MAX_LIST_BYTES);
    assert_true(hf_h2_block_is_bomb(&long_one));
}

static void kept_fields_survive_the_growth_of_the_array(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    struct hf_h2_block block = {0};
    for (uint8_t i = 0; i < HF_H2_MAX_FIELDS; i++) {
        assert_ok(hf_h2_block_keep(&block, &arena, hf_bytes_of(&i, 1), hf_bytes_of(&i, 1)));
    }
    assert_int_equal(block.n_fields, HF_H2_MAX_FIELDS);
    for (uint8_t i = 0; i < HF_H2_MAX_FIELDS; i++) {
        assert_int_equal(block.fields[i].name.data[0], i);
        assert_int_equal(block.fields[i].value.data[0], i);
    }
}

static void no_room_in_the_arena_is_told(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(64);
    struct hf_h2_block block = {0};
    assert_code(hf_h2_block_keep(&block, &arena, HF_LITERAL("a"), HF_LITERAL("b")), NOMEM);
    assert_int_equal(block.n_fields, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_counts_with_its_overhead),
        cmocka_unit_test(a_hundred_fields_are_enough),
        cmocka_unit_test(one_field_has_a_bound_of_its_own),
        cmocka_unit_test(the_list_has_a_bound),
        cmocka_unit_test(too_large_stays_too_large),
        cmocka_unit_test(far_beyond_is_a_bomb),
        cmocka_unit_test(kept_fields_survive_the_growth_of_the_array),
        cmocka_unit_test(no_room_in_the_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

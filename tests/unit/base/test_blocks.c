#include "base/blocks.h"

#include "tests/unit/unit.h"

enum { LARGEST = HF_BLOCK_STEP_BYTES * HF_BLOCK_N_SIZES };

/* A piece of @size bytes, all of which can be written. */
static void *take_filled(struct hf_blocks *blocks, size_t size, int byte)
{
    void *data = hf_blocks_take(blocks, size);
    assert_non_null(data);
    memset(data, byte, size);
    return data;
}

static void assert_filled(const void *data, size_t size, uint8_t byte)
{
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(((const uint8_t *)data)[i], byte);
    }
}

static size_t count_at_rest(const struct hf_blocks *blocks)
{
    size_t n = 0;
    for (size_t i = 0; i < HF_BLOCK_N_SIZES; i++) {
        n += blocks->at_rest[i].n_items;
    }
    return n;
}

static void every_size_is_given_and_aligned(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    for (size_t size = 0; size < 2 * LARGEST; size++) {
        void *data = take_filled(&blocks, size, 'x');
        assert_int_equal((uintptr_t)data % _Alignof(max_align_t), 0);
        hf_blocks_give(&blocks, data);
    }
}

static void a_small_piece_is_taken_again(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    void *first = take_filled(&blocks, 200, 'x');
    hf_blocks_give(&blocks, first);
    assert_int_equal(count_at_rest(&blocks), HF_POOL_KEEPS);
    void *second = take_filled(&blocks, 190, 'y');
    assert_int_equal(count_at_rest(&blocks), 0);
    if (HF_POOL_KEEPS) {
        assert_ptr_equal(second, first);
    }
    hf_blocks_give(&blocks, second);
}

static void a_piece_is_never_taken_for_a_larger_one(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    void *pieces[HF_BLOCK_N_SIZES];
    hf_blocks_give(&blocks, hf_blocks_take(&blocks, 1));
    for (size_t i = 0; i < HF_BLOCK_N_SIZES; i++) {
        pieces[i] = take_filled(&blocks, i * HF_BLOCK_STEP_BYTES + 40, (int)i);
    }
    for (size_t i = 0; i < HF_BLOCK_N_SIZES; i++) {
        assert_filled(pieces[i], i * HF_BLOCK_STEP_BYTES + 40, (uint8_t)i);
        hf_blocks_give(&blocks, pieces[i]);
    }
}

static void a_large_piece_goes_back_to_the_heap(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    hf_blocks_give(&blocks, take_filled(&blocks, LARGEST + 1, 'x'));
    assert_int_equal(count_at_rest(&blocks), 0);
}

static void a_burst_does_not_stay_in_memory(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    static void *pieces[HF_POOL_MAX + 10];
    for (size_t i = 0; i < HF_POOL_MAX + 10; i++) {
        pieces[i] = take_filled(&blocks, 100, 'x');
    }
    for (size_t i = 0; i < HF_POOL_MAX + 10; i++) {
        hf_blocks_give(&blocks, pieces[i]);
    }
    assert_int_equal(count_at_rest(&blocks), HF_POOL_KEEPS ? HF_POOL_MAX : 0);
}

static void what_grows_keeps_its_content(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    size_t size = 10;
    uint8_t *data = hf_blocks_resize(&blocks, NULL, size);
    assert_non_null(data);
    memset(data, 'x', size);
    for (; size < 10000; size *= 2) {
        data = hf_blocks_resize(&blocks, data, 2 * size);
        assert_non_null(data);
        assert_filled(data, size, 'x');
        memset(data, 'x', 2 * size);
    }
    hf_blocks_give(&blocks, data);
}

static void more_than_there_can_be_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    uint8_t *data = take_filled(&blocks, 5, 'x');
    assert_null(hf_blocks_take(&blocks, SIZE_MAX));
    assert_null(hf_blocks_take(&blocks, SIZE_MAX - 15));
    assert_null(hf_blocks_resize(&blocks, data, SIZE_MAX));
    assert_filled(data, 5, 'x');
    hf_blocks_give(&blocks, data);
    hf_blocks_give(&blocks, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_given_and_aligned),
        cmocka_unit_test(a_small_piece_is_taken_again),
        cmocka_unit_test(a_piece_is_never_taken_for_a_larger_one),
        cmocka_unit_test(a_large_piece_goes_back_to_the_heap),
        cmocka_unit_test(a_burst_does_not_stay_in_memory),
        cmocka_unit_test(what_grows_keeps_its_content),
        cmocka_unit_test(more_than_there_can_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

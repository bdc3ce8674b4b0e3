#include "base/pool.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

static void an_empty_pool_has_nothing(void **state)
{
    (void)state;
    struct hf_pool pool = {0};
    assert_null(hf_pool_take(&pool, sizeof(int)));
}

static void the_newest_leaves_first(void **state)
{
    (void)state;
    struct hf_pool pool = {0};
    int a = 1, b = 2;
    if (!HF_POOL_KEEPS) {
        assert_false(hf_pool_give(&pool, &a));
        return;
    }
    assert_true(hf_pool_give(&pool, &a));
    assert_true(hf_pool_give(&pool, &b));
    assert_ptr_equal(hf_pool_take(&pool, sizeof(int)), &b);
    assert_ptr_equal(hf_pool_take(&pool, sizeof(int)), &a);
    assert_null(hf_pool_take(&pool, sizeof(int)));
}

static void a_full_pool_keeps_no_more(void **state)
{
    (void)state;
    struct hf_pool pool = {0};
    int item = 0;
    int n_kept = 0;
    for (int i = 0; i < 2 * HF_POOL_MAX; i++) {
        n_kept += hf_pool_give(&pool, &item);
    }
    assert_int_equal(n_kept, HF_POOL_KEEPS ? HF_POOL_MAX : 0);
}

static hf_buf filled(size_t limit_bytes, size_t size)
{
    hf_buf buf = hf_buf_init(limit_bytes);
    assert_ok(hf_buf_reserve(&buf, size));
    memset(buf.data, 'x', size);
    buf.size = size;
    return buf;
}

static void a_buffer_lends_memory_and_no_content(void **state)
{
    (void)state;
    struct hf_buf_pool pool = {0};
    hf_buf first = filled(10000, 4000);
    const uint8_t *memory = first.data;
    hf_buf_pool_return(&pool, &first);
    assert_null(first.data);
    assert_int_equal(first.limit_bytes, 10000);

    hf_buf second = hf_buf_init(5000);
    hf_buf_pool_lend(&pool, &second);
    assert_ptr_equal(second.data, HF_POOL_KEEPS ? memory : NULL);
    assert_int_equal(second.size, 0);
    assert_true(second.capacity_bytes <= second.limit_bytes);
    hf_buf_clear(&second);
    hf_buf_pool_clear(&pool);
}

static void more_than_the_limit_is_not_lent(void **state)
{
    (void)state;
    struct hf_buf_pool pool = {0};
    hf_buf large = filled(10000, 4000);
    hf_buf_pool_return(&pool, &large);
    hf_buf small = hf_buf_init(1000);
    hf_buf_pool_lend(&pool, &small);
    assert_null(small.data);
    hf_buf_pool_clear(&pool);
}

static void one_that_has_memory_borrows_none(void **state)
{
    (void)state;
    struct hf_buf_pool pool = {0};
    hf_buf buf = filled(10000, 10);
    hf_buf other = filled(10000, 10);
    const uint8_t *memory = buf.data;
    hf_buf_pool_return(&pool, &other);
    hf_buf_pool_lend(&pool, &buf);
    assert_ptr_equal(buf.data, memory);
    assert_int_equal(buf.size, 10);
    hf_buf_clear(&buf);
    hf_buf_pool_clear(&pool);
}

static void large_and_surplus_memory_goes_back_to_the_heap(void **state)
{
    (void)state;
    struct hf_buf_pool pool = {0};
    hf_buf large = filled(100000, HF_POOL_MAX_BUFFER_BYTES + 1);
    hf_buf_pool_return(&pool, &large);
    assert_int_equal(pool.n_items, 0);
    for (int i = 0; i <= HF_POOL_MAX; i++) {
        hf_buf buf = filled(100, 1);
        hf_buf_pool_return(&pool, &buf);
        assert_null(buf.data);
    }
    assert_int_equal(pool.n_items, HF_POOL_KEEPS ? HF_POOL_MAX : 0);
    hf_buf_pool_clear(&pool);
    assert_int_equal(pool.n_items, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_pool_has_nothing),
        cmocka_unit_test(the_newest_leaves_first),
        cmocka_unit_test(a_full_pool_keeps_no_more),
        cmocka_unit_test(a_buffer_lends_memory_and_no_content),
        cmocka_unit_test(more_than_the_limit_is_not_lent),
        cmocka_unit_test(one_that_has_memory_borrows_none),
        cmocka_unit_test(large_and_surplus_memory_goes_back_to_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

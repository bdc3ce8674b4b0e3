#include "base/arena.h"

#include "tests/unit/unit.h"

#include <stdalign.h>

static void objects_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(4 << 20);
    uint8_t *before = NULL;
    for (size_t size = 1; size < 9000; size += 37) {
        uint8_t *object = hf_arena_alloc(&arena, size);
        assert_non_null(object);
        assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
        assert_int_equal(object[0], 0);
        assert_int_equal(object[size - 1], 0);
        memset(object, 0xff, size);
        assert_true(object != before);
        before = object;
    }
}

static void the_cap_counts_what_the_heap_gave(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(10000);
    while (hf_arena_alloc(&arena, 100)) {
    }
    assert_true(arena.total_bytes <= 10000);
    assert_true(arena.total_bytes > 9000);
    assert_null(hf_arena_alloc(&arena, 10001));
}

static void products_that_overflow_are_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(SIZE_MAX);
    assert_null(hf_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
}

static void a_copy_is_followed_by_nul(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(10000);
    hf_bytes copy = {0};
    assert_ok(hf_arena_copy(&arena, HF_LITERAL("abc"), &copy));
    assert_string_equal((const char *)copy.data, "abc");
    assert_int_equal(copy.size, 3);
    assert_ok(hf_arena_copy(&arena, hf_bytes_of(NULL, 0), &copy));
    assert_int_equal(copy.size, 0);
}

static void joined_pieces_stand_behind_each_other(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(2000);
    const hf_bytes parts[] = {HF_LITERAL("uscc:1"), {NULL, 0}, HF_LITERAL(";"), HF_LITERAL("jti")};
    hf_bytes joined = {0};
    assert_ok(hf_arena_join(&arena, parts, 4, &joined));
    assert_string_equal((const char *)joined.data, "uscc:1;jti");
    assert_int_equal(joined.size, 10);
    const hf_bytes too_much[] = {HF_LITERAL("1"), {joined.data, SIZE_MAX}};
    assert_code(hf_arena_join(&arena, too_much, 2, &joined), NOMEM);
    const hf_bytes beyond[] = {{joined.data, 1500}, {joined.data, 1500}};
    assert_code(hf_arena_join(&arena, beyond, 2, &joined), NOMEM);
    assert_int_equal(joined.size, 10);
}

static void a_reset_arena_keeps_one_chunk(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    assert_non_null(hf_arena_alloc(&arena, 900));
    uint8_t *second = hf_arena_alloc(&arena, 900);
    assert_non_null(second);
    hf_arena_reset(&arena);
    assert_true(arena.total_bytes <= 5000);
    assert_ptr_equal(hf_arena_alloc(&arena, 900), second);
    assert_int_equal(second[0], 0);
}

static void a_reset_arena_gives_large_chunks_back(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    hf_arena_reset(&arena);
    assert_int_equal(arena.total_bytes, 0);
    assert_non_null(hf_arena_alloc(&arena, 100000));
    hf_arena_reset(&arena);
    assert_int_equal(arena.total_bytes, 0);
    assert_int_equal(arena.limit_bytes, 1 << 20);
}

static void the_cap_holds_after_a_reset(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(10000);
    for (int i = 0; i < 3; i++) {
        while (hf_arena_alloc(&arena, 100)) {
        }
        assert_true(arena.total_bytes <= 10000);
        hf_arena_reset(&arena);
    }
}

static void reserved_room_is_one_piece_under_the_cap(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(10000);
    assert_ok(hf_arena_reserve(&arena, 9000));
    assert_int_equal(arena.n_chunks, 1);
    assert_ok(hf_arena_reserve(&arena, 8000)); /* it is there */
    for (int i = 0; i < 90; i++) {
        assert_non_null(hf_arena_alloc(&arena, 90)); /* 96 aligned */
    }
    assert_int_equal(arena.n_chunks, 1);
    assert_code(hf_arena_reserve(&arena, 2000), NOMEM);
    assert_code(hf_arena_reserve(&arena, SIZE_MAX), NOMEM);
    assert_int_equal(arena.n_chunks, 1);
    assert_non_null(hf_arena_alloc(&arena, 300)); /* as if nobody had asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_counts_what_the_heap_gave),
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(a_copy_is_followed_by_nul),
        cmocka_unit_test(joined_pieces_stand_behind_each_other),
        cmocka_unit_test(a_reset_arena_keeps_one_chunk),
        cmocka_unit_test(a_reset_arena_gives_large_chunks_back),
        cmocka_unit_test(the_cap_holds_after_a_reset),
        cmocka_unit_test(reserved_room_is_one_piece_under_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

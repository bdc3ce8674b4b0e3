#include "gateway/h2_mem.h"

#include "tests/unit/unit.h"

static void what_is_asked_for_zeroed_is_zero(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    nghttp2_mem mem = hf_h2_mem(&blocks);
    uint8_t *dirty = mem.malloc(100, mem.mem_user_data);
    assert_non_null(dirty);
    memset(dirty, 'x', 100);
    mem.free(dirty, mem.mem_user_data);
    uint8_t *data = mem.calloc(10, 10, mem.mem_user_data);
    assert_non_null(data);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(data[i], 0);
    }
    mem.free(data, mem.mem_user_data);
}

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    nghttp2_mem mem = hf_h2_mem(&blocks);
    assert_null(mem.calloc(SIZE_MAX / 2, 3, mem.mem_user_data));
}

/* A session asks for everything here, and gives everything back. */
static void a_session_lives_on_it(void **state)
{
    (void)state;
    HF_CLEANUP(hf_blocks_clear) struct hf_blocks blocks = {0};
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_session *session = NULL;
    nghttp2_mem mem = hf_h2_mem(&blocks);
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_session_client_new3(&session, callbacks, NULL, NULL, &mem), 0);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    const uint8_t *data = NULL;
    assert_true(nghttp2_session_mem_send(session, &data) > 0);
    nghttp2_session_del(session);
    size_t n_at_rest = 0;
    for (size_t i = 0; i < HF_BLOCK_N_SIZES; i++) {
        n_at_rest += blocks.at_rest[i].n_items;
    }
    assert_true(!HF_POOL_KEEPS || n_at_rest > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_zeroed_is_zero),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(a_session_lives_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

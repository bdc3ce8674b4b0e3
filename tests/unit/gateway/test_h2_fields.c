#include "gateway/h2_fields.h"

#include "gateway/h2_nv.h"
#include "tests/unit/unit.h"

#include <stdio.h>

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

/* Fields as nghttp2 hands them over, on their way into a block. */
struct reading {
    struct hf_h2_block *block;
    struct hf_arena *arena;
    hf_bytes path;
    size_t n_times; /* each field is kept so often */
    hf_status status;
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
                     nghttp2_rcbuf *value, uint8_t flags, void *context)
{
    (void)session;
    (void)frame;
    (void)flags;
    struct reading *reading = context;
    if (hf_bytes_equal(hf_h2_view(name), HF_LITERAL(":path"))) {
        assert_ok(hf_h2_block_hold(reading->block, reading->arena, value, &reading->path));
    } else if (hf_h2_view(name).data[0] != ':') {
        for (size_t i = 0; i < reading->n_times && hf_is_ok(reading->status); i++) {
            reading->status = hf_h2_block_keep(reading->block, reading->arena, name, value);
        }
    }
    return 0;
}

static nghttp2_nv nv_of(char *name, char *value)
{
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), 0};
}

/* A request with fields f00: 00, f01: 01 and so on, through two sessions that then go away. */
static void read_request(struct reading *reading, size_t n_fields)
{
    static char names[HF_H2_MAX_FIELDS][8], values[HF_H2_MAX_FIELDS][8];
    nghttp2_nv nv[4 + HF_H2_MAX_FIELDS] = {
        nv_of((char[]){":method"}, (char[]){"GET"}), nv_of((char[]){":scheme"}, (char[]){"https"}),
        nv_of((char[]){":authority"}, (char[]){"a"}), nv_of((char[]){":path"}, (char[]){"/b"})};
    for (size_t i = 0; i < n_fields; i++) {
        (void)snprintf(names[i], sizeof names[i], "f%02zu", i);
        (void)snprintf(values[i], sizeof values[i], "%02zu", i);
        nv[4 + i] = nv_of(names[i], values[i]);
    }
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_session *client = NULL, *server = NULL;
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
    assert_int_equal(nghttp2_session_client_new(&client, callbacks, NULL), 0);
    assert_int_equal(nghttp2_session_server_new(&server, callbacks, reading), 0);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    assert_true(nghttp2_submit_request(client, NULL, nv, 4 + n_fields, NULL, NULL) > 0);
    const uint8_t *data = NULL;
    ssize_t size;
    while ((size = nghttp2_session_mem_send(client, &data)) > 0) {
        assert_int_equal(nghttp2_session_mem_recv(server, data, (size_t)size), size);
    }
    nghttp2_session_del(client);
    nghttp2_session_del(server);
}

static void kept_fields_outlive_the_session_and_the_growth_of_the_array(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    HF_CLEANUP(hf_h2_block_clear) struct hf_h2_block block = {0};
    struct reading reading = {.block = &block, .arena = &arena, .n_times = 1};
    enum { N = 90 };
    read_request(&reading, N);
    assert_ok(reading.status);
    assert_true(hf_bytes_equal(reading.path, HF_LITERAL("/b")));
    assert_int_equal(block.n_fields, N);
    for (size_t i = 0; i < N; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "f%02zu", i);
        assert_true(hf_bytes_equal_string(block.fields[i].name, text));
        assert_true(hf_bytes_equal_string(block.fields[i].value, text + 1));
        assert_int_equal(block.fields[i].indexing, HF_H2_INDEX);
    }
}

/* nghttp2's buffers may be larger than what is in them. */
static void much_is_copied(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    HF_CLEANUP(hf_h2_block_clear) struct hf_h2_block block = {.n_list_bytes = 8192 + 1};
    struct reading reading = {.block = &block, .arena = &arena, .n_times = HF_H2_MAX_FIELDS};
    read_request(&reading, 1);
    assert_ok(reading.status);
    assert_int_equal(block.n_held, 0);
    assert_int_equal(block.n_fields, HF_H2_MAX_FIELDS);
    assert_true(hf_bytes_equal(reading.path, HF_LITERAL("/b")));
    assert_true(hf_bytes_equal_string(block.fields[HF_H2_MAX_FIELDS - 1].name, "f00"));
    assert_true(hf_bytes_equal_string(block.fields[HF_H2_MAX_FIELDS - 1].value, "00"));
}

static void a_second_block_is_counted_and_the_first_stays(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    HF_CLEANUP(hf_h2_block_clear) struct hf_h2_block block = {0};
    struct reading reading = {.block = &block, .arena = &arena, .n_times = 1};
    read_request(&reading, 1);
    assert_false(hf_h2_block_count(&block, 9000, 0));
    hf_h2_block_count_anew(&block);
    assert_true(hf_h2_block_count(&block, 1, 1));
    assert_int_equal(block.n_seen, 1);
    assert_int_equal(block.n_list_bytes, 1 + 1 + 32);
    assert_true(hf_bytes_equal_string(block.fields[0].name, "f00"));
}

static void no_more_than_the_bound_is_kept(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    HF_CLEANUP(hf_h2_block_clear) struct hf_h2_block block = {0};
    struct reading reading = {.block = &block, .arena = &arena, .n_times = 2 * HF_H2_MAX_FIELDS};
    read_request(&reading, 1);
    assert_code(reading.status, NOMEM);
    assert_in_range(block.n_fields, HF_H2_MAX_FIELDS - 1, HF_H2_MAX_FIELDS);
}

static void no_room_in_the_arena_is_told(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1000);
    HF_CLEANUP(hf_h2_block_clear) struct hf_h2_block block = {0};
    struct reading reading = {.block = &block, .arena = &arena, .n_times = 20};
    read_request(&reading, 1);
    assert_code(reading.status, NOMEM);
    assert_in_range(block.n_fields, 1, 16);
}

static bool is_indexed(enum hf_h2_indexing indexing, bool puts_names)
{
    const struct hf_h2_field field = {
        .name = HF_LITERAL("access-id"), .value = HF_LITERAL("1"), .indexing = indexing};
    return !(hf_h2_nv(&field, puts_names).flags & NGHTTP2_NV_FLAG_NO_INDEX);
}

static void only_what_repeats_is_indexed(void **state)
{
    (void)state;
    assert_true(is_indexed(HF_H2_INDEX, false));
    assert_true(is_indexed(HF_H2_INDEX, true));
    assert_false(is_indexed(HF_H2_INDEX_NAME, false));
    assert_true(is_indexed(HF_H2_INDEX_NAME, true));
    assert_false(is_indexed(HF_H2_INDEX_NONE, false));
    assert_false(is_indexed(HF_H2_INDEX_NONE, true));
}

static void names_go_into_the_table_at_first_and_seldom_again(void **state)
{
    (void)state;
    unsigned n = 0;
    assert_true(hf_h2_puts_names(1));
    for (int32_t id = 1; id < 1024 * 10; id += 2) {
        n += hf_h2_puts_names(id);
    }
    assert_int_equal(n, 10);
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
        cmocka_unit_test(kept_fields_outlive_the_session_and_the_growth_of_the_array),
        cmocka_unit_test(much_is_copied),
        cmocka_unit_test(a_second_block_is_counted_and_the_first_stays),
        cmocka_unit_test(no_more_than_the_bound_is_kept),
        cmocka_unit_test(no_room_in_the_arena_is_told),
        cmocka_unit_test(only_what_repeats_is_indexed),
        cmocka_unit_test(names_go_into_the_table_at_first_and_seldom_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

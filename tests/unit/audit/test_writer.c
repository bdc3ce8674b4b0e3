#include "audit/writer.h"

#include "tests/unit/audit/forge.h"

struct fixture {
    struct log_folder *folder;
    struct hf_tree_store *store;
    struct hf_log_writer writer;
    struct hf_log_options options;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    const struct hf_recovered nothing = {0};
    assert_non_null(fixture);
    fixture->folder = log_folder_new();
    fixture->options = fixture->folder->options;
    fixture->options.segment_bytes = 16384;
    fixture->options.segment_age_s = 3600;
    assert_ok(hf_tree_store_open(fixture->folder->path, &fixture->store));
    assert_ok(hf_log_writer_init(&fixture->writer, &fixture->options, LOG_ORIGIN, fixture->store,
                                 &nothing));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    hf_log_writer_clear(&fixture->writer);
    hf_tree_store_free(fixture->store);
    log_folder_free(fixture->folder);
    free(fixture);
    return 0;
}

/* One batch of @n records; returns whether it began a segment. */
static bool write_batch(struct fixture *fixture, unsigned n)
{
    bool is_new = false;
    assert_ok(hf_log_writer_begin(&fixture->writer, &is_new));
    for (unsigned i = 0; i < n; i++) {
        struct hf_log_entry entry = {.kind = HF_RECORD_CONFIG, .detail = HF_LITERAL("{}")};
        uint64_t expected = fixture->writer.state.tree.size;
        assert_ok(hf_log_writer_add(&fixture->writer, &entry));
        assert_int_equal(entry.index, expected);
    }
    assert_ok(hf_log_writer_commit(&fixture->writer));
    return is_new;
}

static void a_segment_ends_by_size(void **state)
{
    struct fixture *fixture = *state;
    unsigned n_segments = 0;
    for (int i = 0; i < 60; i++) {
        n_segments += write_batch(fixture, 1);
        assert_true(fixture->writer.segment.end < 16384);
    }
    assert_true(n_segments > 2);
}

static void a_segment_ends_by_age(void **state)
{
    struct fixture *fixture = *state;
    assert_true(write_batch(fixture, 1));
    fixture->folder->now.unix_ms += 3599 * 1000;
    assert_false(write_batch(fixture, 1));
    fixture->folder->now.unix_ms += 1000;
    assert_true(write_batch(fixture, 1));
}

static void a_segment_ends_with_the_month(void **state)
{
    struct fixture *fixture = *state;
    fixture->folder->now.unix_ms = 1790812799000; /* 2026-09-30T23:59:59Z */
    assert_true(write_batch(fixture, 1));
    fixture->folder->now.unix_ms += 1000;
    assert_true(write_batch(fixture, 1));
    assert_string_equal(fixture->writer.epoch, "2026-10");
}

static void time_stands_still_when_the_clock_goes_back(void **state)
{
    struct fixture *fixture = *state;
    write_batch(fixture, 1);
    int64_t before = fixture->writer.state.time_unix_s;
    fixture->folder->now.unix_ms -= 86400 * 1000;
    write_batch(fixture, 1);
    assert_int_equal(fixture->writer.state.time_unix_s, before);
}

static void a_batch_has_a_limit(void **state)
{
    struct fixture *fixture = *state;
    bool is_new = false;
    unsigned n = 0;
    assert_ok(hf_log_writer_begin(&fixture->writer, &is_new));
    while (!hf_log_writer_is_full(&fixture->writer)) {
        struct hf_log_entry entry = {.kind = HF_RECORD_CONFIG, .detail = HF_LITERAL("{}")};
        assert_ok(hf_log_writer_add(&fixture->writer, &entry));
        n++;
    }
    assert_int_equal(n, HF_BATCH_MAX_ENTRIES);
    assert_ok(hf_log_writer_commit(&fixture->writer));
    static uint8_t detail[HF_DETAIL_MAX_BYTES];
    memset(detail, 'x', sizeof(detail));
    assert_ok(hf_log_writer_begin(&fixture->writer, &is_new));
    while (!hf_log_writer_is_full(&fixture->writer)) {
        struct hf_log_entry entry = {.kind = HF_RECORD_CONFIG,
                                     .detail = hf_bytes_of(detail, sizeof(detail))};
        assert_ok(hf_log_writer_add(&fixture->writer, &entry));
    }
    assert_true(fixture->writer.batch.size >= HF_BATCH_MAX_BYTES);
    assert_ok(hf_log_writer_commit(&fixture->writer));
}

static void a_checkpoint_is_in_the_log_and_in_the_file(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(HF_NOTE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(HF_NOTE_MAX_BYTES);
    assert_code(hf_log_writer_checkpoint(&fixture->writer, &note), BUG); /* no segment is open */
    write_batch(fixture, 3);
    assert_ok(hf_log_writer_checkpoint(&fixture->writer, &note));
    snprintf(path, sizeof(path), "%s/checkpoint", fixture->folder->path);
    assert_ok(hf_file_read(path, &file));
    assert_true(hf_bytes_equal(hf_buf_view(&note), hf_buf_view(&file)));
    assert_ok(hf_log_writer_seal(&fixture->writer, HF_SEAL_CLOSED));
    struct forge *forge = forge_new(fixture->folder->path, 0);
    const struct forged_frame *frame = &forge->frames[forge_find(forge, HF_FRAME_CHECKPOINT, 0)];
    assert_true(
        hf_bytes_equal(hf_buf_view(&note), hf_bytes_of(frame->payload, frame->frame.payload.size)));
    assert_int_equal(forge->frames[forge->n_frames - 1].frame.type, HF_FRAME_SEAL);
    free(forge);
}

static void what_is_signed_never_shrinks(void **state)
{
    struct fixture *fixture = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(HF_NOTE_MAX_BYTES);
    write_batch(fixture, 1);
    fixture->writer.signed_head.size = 2;
    assert_code(hf_log_writer_checkpoint(&fixture->writer, &note), BUG);
}

static void no_segment_is_begun_without_room_for_two(void **state)
{
    struct fixture *fixture = *state;
    bool is_new = false;
    fixture->options.segment_bytes = UINT64_MAX / 4;
    assert_code(hf_log_writer_begin(&fixture->writer, &is_new), LOG_UNAVAILABLE);
    assert_non_null(strstr(fixture->writer.fault, "opening a segment"));
}

static void a_name_that_is_taken_is_not_overwritten(void **state)
{
    struct fixture *fixture = *state;
    bool is_new = false;
    char path[128];
    snprintf(path, sizeof(path), "%s/wal/%020d.hfl", fixture->folder->path, 0);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0600));
    assert_code(hf_log_writer_begin(&fixture->writer, &is_new), EXISTS);
}

static void a_tag_key_has_32_bytes(void **state)
{
    struct fixture *fixture = *state;
    const struct hf_recovered nothing = {0};
    struct hf_log_writer writer;
    fixture->options.tag_key.size = 31;
    assert_code(
        hf_log_writer_init(&writer, &fixture->options, LOG_ORIGIN, fixture->store, &nothing),
        KEY_MALFORMED);
    hf_log_writer_clear(&writer);
}

#define WITH_A_WRITER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_WRITER(a_segment_ends_by_size),
        WITH_A_WRITER(a_segment_ends_by_age),
        WITH_A_WRITER(a_segment_ends_with_the_month),
        WITH_A_WRITER(time_stands_still_when_the_clock_goes_back),
        WITH_A_WRITER(a_batch_has_a_limit),
        WITH_A_WRITER(a_checkpoint_is_in_the_log_and_in_the_file),
        WITH_A_WRITER(what_is_signed_never_shrinks),
        WITH_A_WRITER(no_segment_is_begun_without_room_for_two),
        WITH_A_WRITER(a_name_that_is_taken_is_not_overwritten),
        WITH_A_WRITER(a_tag_key_has_32_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

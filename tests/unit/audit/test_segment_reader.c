#include "audit/segment_reader.h"

#include "tests/unit/audit/forge.h"

#include <sys/stat.h>
#include <unistd.h>

static int set_up(void **state)
{
    struct log_folder *folder = log_folder_new();
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < 3; i++) {
        log_folder_append(log, i);
    }
    assert_ok(hf_log_close(log));
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static const char first_name[] = "00000000000000000000.hfl";

static void read_file(const struct log_folder *folder, hf_buf *buf)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/wal/%s", folder->path, first_name);
    assert_ok(hf_file_read(path, buf));
}

static void write_file(const struct log_folder *folder, hf_bytes bytes)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/wal/%s", folder->path, first_name);
    assert_ok(hf_file_write_durable(path, bytes, 0640));
}

/* Reads to the end; returns how it ended and where. */
static enum hf_segment_next read_all(const struct log_folder *folder, size_t *ret_n_frames,
                                     uint64_t *ret_offset)
{
    HF_CLEANUP(hf_segment_reader_close) struct hf_segment_reader reader = {.fd = -1};
    struct hf_log_fault fault = {0};
    enum hf_segment_next next = HF_SEGMENT_FRAME;
    assert_ok(hf_segment_reader_open(folder->path, first_name, &reader, &fault));
    *ret_n_frames = 0;
    for (;;) {
        struct hf_frame frame;
        size_t size = 0;
        assert_ok(hf_segment_reader_next(&reader, &next, &frame, &size, &fault));
        if (next != HF_SEGMENT_FRAME) {
            *ret_offset = reader.offset;
            return next;
        }
        ++*ret_n_frames;
    }
}

static void names_are_indexes(void **state)
{
    (void)state;
    char name[HF_SEGMENT_NAME_BYTES];
    uint64_t index = 1;
    hf_segment_name(42, name);
    assert_string_equal(name, "00000000000000000042.hfl");
    assert_true(hf_segment_name_parse(name, &index));
    assert_int_equal(index, 42);
    assert_true(hf_segment_name_parse("18446744073709551615.hfl", &index));
    assert_true(index == UINT64_MAX);
    static const char *const wrong[] = {"",
                                        "42.hfl",
                                        "0000000000000000004x.hfl",
                                        "00000000000000000042.hf",
                                        "00000000000000000042.hfl~",
                                        "000000000000000000042.hfl",
                                        "18446744073709551616.hfl"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(hf_segment_name_parse(wrong[i], &index));
    }
}

static void frames_end_where_the_file_or_only_zeros_are(void **state)
{
    struct log_folder *folder = *state;
    size_t n_frames = 0;
    size_t n_again = 0;
    uint64_t offset = 0;
    uint64_t offset_again = 0;
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 21);
    read_file(folder, &file);
    assert_int_equal(read_all(folder, &n_frames, &offset), HF_SEGMENT_END);
    assert_int_equal(offset, file.size);
    static const uint8_t zeros[300000];
    assert_ok(hf_buf_append(&file, hf_bytes_of(zeros, sizeof(zeros))));
    write_file(folder, hf_buf_view(&file));
    assert_int_equal(read_all(folder, &n_again, &offset_again), HF_SEGMENT_END);
    assert_int_equal(n_again, n_frames);
    assert_int_equal(offset_again, offset);
    file.data[file.size - 1] = 1; /* far behind: still no end */
    write_file(folder, hf_buf_view(&file));
    assert_int_equal(read_all(folder, &n_again, &offset_again), HF_SEGMENT_BAD);
    assert_int_equal(n_again, n_frames);
    assert_int_equal(offset_again, offset);
}

/* A frame behind the damage: found if its batch is later, passed over if it is not. */
static void a_later_batch_is_found_behind_damage(void **state)
{
    struct log_folder *folder = *state;
    struct forge *forge = forge_new(folder->path, 0);
    uint32_t last = forge->frames[forge->n_frames - 1].frame.batch;
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 21);
    read_file(folder, &file);
    file.data[HF_SEGMENT_HEADER_BYTES + 5] ^= 1; /* the first frame's length */
    write_file(folder, hf_buf_view(&file));
    for (uint32_t batch = 0; batch <= last; batch++) {
        HF_CLEANUP(hf_segment_reader_close) struct hf_segment_reader reader = {.fd = -1};
        struct hf_log_fault fault = {0};
        struct hf_frame frame;
        enum hf_segment_next next;
        size_t size = 0;
        bool is_later = false;
        uint64_t offset = 0;
        assert_ok(hf_segment_reader_open(folder->path, first_name, &reader, &fault));
        assert_ok(hf_segment_reader_next(&reader, &next, &frame, &size, &fault));
        assert_int_equal(next, HF_SEGMENT_BAD);
        assert_int_equal(fault.offset, HF_SEGMENT_HEADER_BYTES);
        assert_ok(hf_segment_reader_later(&reader, batch, &is_later, &offset));
        assert_int_equal(is_later, batch < last);
    }
    free(forge);
}

static void what_is_no_segment_is_refused(void **state)
{
    struct log_folder *folder = *state;
    struct hf_segment_reader reader;
    struct hf_log_fault fault = {0};
    write_file(folder, HF_LITERAL("HFLOG"));
    assert_code(hf_segment_reader_open(folder->path, first_name, &reader, &fault), LOG_CORRUPT);
    assert_string_equal(fault.file, "wal/00000000000000000000.hfl");
    static const uint8_t zeros[8192];
    write_file(folder, hf_bytes_of(zeros, sizeof(zeros)));
    assert_code(hf_segment_reader_open(folder->path, first_name, &reader, &fault), LOG_CORRUPT);
    assert_code(hf_segment_reader_open(folder->path, "x.hfl", &reader, &fault), NOT_FOUND);
}

/* Who holds the folder must not be able to hang whoever verifies it. */
static void a_pipe_is_not_waited_for(void **state)
{
    struct log_folder *folder = *state;
    struct hf_segment_reader reader;
    struct hf_log_fault fault = {0};
    char path[128];
    snprintf(path, sizeof(path), "%s/wal/%s", folder->path, first_name);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_code(hf_segment_reader_open(folder->path, first_name, &reader, &fault), IO);
}

static void the_list_is_in_order_and_has_nothing_else(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log_fault fault = {0};
    uint64_t *first = NULL;
    size_t n = 0;
    char path[128];
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 3);
    assert_ok(hf_log_close(log));
    assert_ok(hf_segment_list(folder->path, &first, &n, &fault));
    assert_int_equal(n, 2);
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 3);
    free(first);
    snprintf(path, sizeof(path), "%s/wal/.new", folder->path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0600));
    assert_ok(
        hf_segment_list(folder->path, &first, &n, &fault)); /* a temporary one is passed over */
    assert_int_equal(n, 2);
    free(first);
    snprintf(path, sizeof(path), "%s/wal/notes.txt", folder->path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0600));
    assert_code(hf_segment_list(folder->path, &first, &n, &fault), LOG_CORRUPT);
    assert_string_equal(fault.file, "wal/notes.txt");
    assert_code(hf_segment_list("/tmp/hufu-no-such-log", &first, &n, &fault), NOT_FOUND);
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_indexes),
        ON_A_LOG(frames_end_where_the_file_or_only_zeros_are),
        ON_A_LOG(a_later_batch_is_found_behind_damage),
        ON_A_LOG(what_is_no_segment_is_refused),
        ON_A_LOG(a_pipe_is_not_waited_for),
        ON_A_LOG(the_list_is_in_order_and_has_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "audit/segment_writer.h"

#include "tests/unit/audit/forge.h"

#include <fcntl.h>

static int set_up(void **state)
{
    *state = log_folder_new();
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static struct hf_segment_header header_of(void)
{
    struct hf_segment_header header = {.first_index = 0};
    snprintf(header.origin, sizeof(header.origin), "%s", LOG_ORIGIN);
    return header;
}

static off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

/* A buffer as hf_segment_writer_append() wants it. */
static hf_buf blocks_new(void)
{
    enum { BYTES = 1 << 16 };
    hf_buf batch = {.capacity_bytes = BYTES, .limit_bytes = BYTES};
    batch.data = aligned_alloc(HF_SEGMENT_BLOCK_BYTES, BYTES);
    assert_non_null(batch.data);
    return batch;
}

/* Appends @n bytes of @byte. */
static void append(struct hf_segment_writer *writer, hf_buf *batch, uint8_t byte, size_t n)
{
    assert_ok(hf_buf_reserve(batch, n));
    memset(batch->data + batch->size, byte, n);
    batch->size += n;
    assert_ok(hf_segment_writer_append(writer, batch));
}

static void zeros_stand_ahead_until_the_segment_is_sealed(void **state)
{
    struct log_folder *folder = *state;
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    HF_CLEANUP(hf_buf_clear) hf_buf batch = blocks_new();
    assert_ok(hf_segment_writer_create(folder->path, &header, 8192, &writer));
    assert_int_equal(size_of(writer.path), 4096 + 8192);
    append(&writer, &batch, 1, 5000);
    assert_int_equal(size_of(writer.path), 4096 + 8192); /* written into the zeros */
    append(&writer, &batch, 1, 5000);
    const off_t written = writer.is_direct ? 12288 : 10000; /* whole blocks, or what came */
    assert_int_equal(size_of(writer.path), 4096 + written + 8192);
    assert_ok(hf_segment_writer_sync(&writer));
    char path[PATH_MAX];
    memcpy(path, writer.path, sizeof(path));
    assert_ok(hf_buf_append(&batch, HF_LITERAL("12345678")));
    assert_ok(hf_segment_writer_seal(&writer, &batch));
    assert_int_equal(size_of(path), 4096 + 10008);
    assert_int_equal(writer.fd, -1);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0440);
}

/* The same bytes, whether they went past the page cache or through it. */
static void check_that_frames_stand_behind_one_another(const char *folder, bool is_direct)
{
    static const size_t sizes[] = {1, 4094, 2, 4096, 8192, 24, 4072, 10000, 3};
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    HF_CLEANUP(hf_buf_clear) hf_buf batch = blocks_new();
    HF_CLEANUP(hf_buf_clear) hf_buf expected = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 17);
    char path[PATH_MAX];
    assert_ok(hf_segment_writer_create(folder, &header, 4096, &writer));
    memcpy(path, writer.path, sizeof(path));
    if (!is_direct) {
        assert_int_equal(fcntl(writer.fd, F_SETFL, 0), 0);
        writer.is_direct = false;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        append(&writer, &batch, (uint8_t)(i + 1), sizes[i]);
        assert_int_equal(writer.n_again, writer.is_direct ? writer.end % 4096 : 0);
        assert_int_equal(batch.size, writer.n_again);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_ok(hf_buf_append_byte(&expected, (uint8_t)(i + 1)));
        }
        hf_buf_reset(&file); /* what a reader of the live log sees: the frames, then zeros */
        assert_ok(hf_file_read(path, &file));
        assert_memory_equal(file.data + 4096, expected.data, expected.size);
        for (size_t j = 4096 + expected.size; j < file.size; j++) {
            assert_int_equal(file.data[j], 0);
        }
    }
    hf_segment_writer_close(&writer);
    assert_int_equal(unlink(path), 0);
}

static void frames_stand_behind_one_another(void **state)
{
    struct log_folder *folder = *state;
    check_that_frames_stand_behind_one_another(folder->path, true);
    check_that_frames_stand_behind_one_another(folder->path, false);
}

static void a_file_system_without_direct_writes_gets_others(void **state)
{
    (void)state;
    char folder[] = "/dev/shm/hufu-segment-XXXXXX";
    char wal[64];
    if (!mkdtemp(folder)) {
        skip(); /* no file system in memory here */
    }
    snprintf(wal, sizeof(wal), "%s/wal", folder);
    assert_ok(hf_folder_create(wal, 0700));
    check_that_frames_stand_behind_one_another(folder, true);
    assert_int_equal(rmdir(wal), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_segment_is_never_replaced(void **state)
{
    struct log_folder *folder = *state;
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    assert_ok(hf_segment_writer_create(folder->path, &header, 0, &writer));
    hf_segment_writer_close(&writer);
    hf_segment_writer_close(&writer);
    assert_code(hf_segment_writer_create(folder->path, &header, 0, &writer), EXISTS);
}

static void what_a_killed_run_left_is_no_obstacle(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    snprintf(path, sizeof(path), "%s/wal/.new", folder->path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("half a header"), 0600));
    assert_ok(hf_segment_writer_create(folder->path, &header, 0, &writer));
    hf_segment_writer_close(&writer);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_folder_that_is_not_there_is_io(void **state)
{
    (void)state;
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    assert_code(hf_segment_writer_create("/tmp/hufu-no-such-log", &header, 0, &writer), IO);
    assert_code(hf_segment_writer_adopt("/tmp/hufu-no-such-log", &header, 4096, &writer), IO);
    assert_code(hf_segment_check_space("/tmp/hufu-no-such-log", 1), IO);
}

static void space_is_asked_for_before_it_is_needed(void **state)
{
    struct log_folder *folder = *state;
    assert_ok(hf_segment_check_space(folder->path, 1));
    assert_code(hf_segment_check_space(folder->path, UINT64_MAX), LOG_UNAVAILABLE);
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(zeros_stand_ahead_until_the_segment_is_sealed),
        ON_A_LOG(frames_stand_behind_one_another),
        cmocka_unit_test(a_file_system_without_direct_writes_gets_others),
        ON_A_LOG(a_segment_is_never_replaced),
        ON_A_LOG(what_a_killed_run_left_is_no_obstacle),
        ON_A_LOG(a_folder_that_is_not_there_is_io),
        ON_A_LOG(space_is_asked_for_before_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "audit/segment_writer.h"

#include "tests/unit/audit/forge.h"

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

static void zeros_stand_ahead_until_the_segment_is_sealed(void **state)
{
    struct log_folder *folder = *state;
    const struct hf_segment_header header = header_of();
    struct hf_segment_writer writer;
    uint8_t frames[5000];
    memset(frames, 1, sizeof(frames));
    assert_ok(hf_segment_writer_create(folder->path, &header, 8192, &writer));
    assert_int_equal(size_of(writer.path), 4096 + 8192);
    assert_ok(hf_segment_writer_append(&writer, hf_bytes_of(frames, sizeof(frames))));
    assert_int_equal(size_of(writer.path), 4096 + 8192); /* written into the zeros */
    assert_ok(hf_segment_writer_append(&writer, hf_bytes_of(frames, sizeof(frames))));
    assert_int_equal(size_of(writer.path), 4096 + 10000 + 8192);
    assert_ok(hf_segment_writer_sync(&writer));
    char path[PATH_MAX];
    memcpy(path, writer.path, sizeof(path));
    assert_ok(hf_segment_writer_seal(&writer, hf_bytes_of(frames, 8)));
    assert_int_equal(size_of(path), 4096 + 10008);
    assert_int_equal(writer.fd, -1);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0440);
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
        ON_A_LOG(a_segment_is_never_replaced),
        ON_A_LOG(what_a_killed_run_left_is_no_obstacle),
        ON_A_LOG(a_folder_that_is_not_there_is_io),
        ON_A_LOG(space_is_asked_for_before_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

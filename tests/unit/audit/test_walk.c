#include "audit/walk.h"

#include "tests/unit/audit/forge.h"

static int set_up(void **state)
{
    struct log_folder *folder = log_folder_new();
    for (unsigned run = 0; run < 2; run++) {
        struct hf_log *log = log_folder_open(folder);
        log_folder_append(log, 0);
        log_folder_append(log, 1);
        assert_ok(hf_log_close(log));
    }
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

/* Walks to the end or to the first fault. */
static hf_status walk_all(const struct log_folder *folder, struct hf_log_walk *walk,
                          struct hf_log_fault *fault, size_t *ret_n_records)
{
    enum hf_log_walk_next next = HF_WALK_FRAME;
    *ret_n_records = 0;
    HF_TRY(hf_log_walk_open(folder->path, walk, fault));
    for (;;) {
        HF_TRY(hf_log_walk_next(walk, &next, fault));
        if (next == HF_WALK_END) {
            return HF_DONE;
        }
        *ret_n_records += walk->step.type == HF_FRAME_ENTRY;
    }
}

static void segments_follow_one_another(void **state)
{
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    struct hf_log_fault fault = {0};
    size_t n_records = 0;
    assert_ok(walk_all(*state, &walk, &fault, &n_records));
    assert_int_equal(n_records, 4);
    assert_int_equal(walk.chain.last.tree.size, 4);
    assert_int_equal(walk.torn_bytes, 0);
}

static void only_the_last_segment_may_be_open(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log_fault fault = {0};
    size_t n_records = 0;
    struct forge *forge = forge_new(folder->path, 0);
    forge_drop(forge, forge->n_frames - 1, 1); /* the seal */
    forge_write(forge);
    free(forge);
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    assert_code(walk_all(folder, &walk, &fault, &n_records), LOG_CORRUPT);
    assert_string_equal(fault.what, "the segment was never sealed, yet another follows");
}

static void an_incomplete_batch_at_the_end_is_measured(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log_fault fault = {0};
    size_t n_records = 0;
    struct forge *forge = forge_new(folder->path, 2);
    size_t second = forge_find(forge, HF_FRAME_ENTRY, 1);
    forge_drop(forge, second + 1, forge->n_frames - second - 1); /* a record without its detail */
    forge_write(forge);
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    assert_ok(walk_all(folder, &walk, &fault, &n_records));
    assert_int_equal(walk.chain.last.tree.size, 3);
    assert_int_equal(walk.torn_bytes, hf_frame_size(forge->frames[second].frame.payload.size));
    free(forge);
}

static void a_segment_under_anothers_name_is_refused(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log_fault fault = {0};
    size_t n_records = 0;
    char from[128];
    char to[128];
    snprintf(from, sizeof(from), "%s/wal/%020d.hfl", folder->path, 2);
    snprintf(to, sizeof(to), "%s/wal/%020d.hfl", folder->path, 3);
    assert_int_equal(rename(from, to), 0);
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    assert_code(walk_all(folder, &walk, &fault, &n_records), LOG_CORRUPT);
    assert_non_null(strstr(fault.what, "than its name"));
}

static void a_folder_without_an_origin_is_no_log(void **state)
{
    (void)state;
    struct hf_log_fault fault = {0};
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    assert_code(hf_log_walk_open("/tmp/hufu-no-such-log", &walk, &fault), NOT_FOUND);
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(segments_follow_one_another),
        ON_A_LOG(only_the_last_segment_may_be_open),
        ON_A_LOG(an_incomplete_batch_at_the_end_is_measured),
        ON_A_LOG(a_segment_under_anothers_name_is_refused),
        cmocka_unit_test(a_folder_without_an_origin_is_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

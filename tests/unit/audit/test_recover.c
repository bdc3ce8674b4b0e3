#include "audit/recover.h"

#include "tests/unit/audit/forge.h"

#include <dirent.h>

/* Three batches of one record each, closed, and then made to look as a crash would leave it. */
enum { N_RECORDS = 3 };

static int set_up(void **state)
{
    struct log_folder *folder = log_folder_new();
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < N_RECORDS; i++) {
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

static void path_of(const struct log_folder *folder, const char *name, char path[static 128])
{
    snprintf(path, 128, "%s/%s", folder->path, name);
}

static const char segment[] = "wal/00000000000000000000.hfl";

/* Opens and closes the log; on failure says how. */
static hf_status reopen(struct log_folder *folder, struct hf_log_recovery *ret_recovery,
                        struct hf_problem *reterr)
{
    struct hf_log *log = NULL;
    HF_TRY(hf_log_open(&folder->options, &log, reterr));
    *ret_recovery = hf_log_recovery(log);
    return hf_log_close(log);
}

static void assert_reopens(struct log_folder *folder, enum hf_log_ending ending, uint64_t n_records)
{
    struct hf_log_recovery recovery;
    struct hf_problem problem = {0};
    hf_status status = reopen(folder, &recovery, &problem);
    if (!hf_is_ok(status)) {
        print_message("# %s: %s\n", problem.where, problem.detail);
    }
    assert_ok(status);
    assert_int_equal(recovery.ending, ending);
    assert_int_equal(recovery.n_records, n_records);
    assert_ok(reopen(folder, &recovery, &problem)); /* and is then closed in order */
    assert_int_equal(recovery.ending, HF_LOG_ENDING_SEALED);
}

static void assert_refused(struct log_folder *folder, enum hf_code code, const char *what)
{
    struct hf_log_recovery recovery;
    struct hf_problem problem = {0};
    hf_status status = reopen(folder, &recovery, &problem);
    if (status.code != code || !strstr(problem.detail, what)) {
        fail_msg("%s: %s: %s", hf_code_info(status.code)->name, problem.where, problem.detail);
    }
}

/* Drops the frames behind the @nth commit and puts @tail there, then zeros. */
static void leave_torn(struct log_folder *folder, size_t nth, hf_bytes tail)
{
    struct forge *forge = forge_new(folder->path, 0);
    size_t commit = forge_find(forge, HF_FRAME_COMMIT, nth);
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 20);
    static const uint8_t zeros[8192];
    forge_drop(forge, commit + 1, forge->n_frames - commit - 1);
    forge_write(forge);
    assert_ok(hf_file_read(forge->path, &file));
    assert_ok(hf_buf_append(&file, tail));
    assert_ok(hf_buf_append(&file, hf_bytes_of(zeros, sizeof(zeros))));
    assert_ok(hf_file_write_durable(forge->path, hf_buf_view(&file), 0640));
    free(forge);
}

static void remove_checkpoint(struct log_folder *folder)
{
    char path[128];
    path_of(folder, "checkpoint", path);
    assert_int_equal(unlink(path), 0);
}

static unsigned count_torn(const struct log_folder *folder)
{
    char path[128];
    unsigned n = 0;
    path_of(folder, "torn", path);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        n += entry->d_name[0] != '.';
    }
    closedir(dir);
    return n;
}

static void a_closed_log_needs_nothing(void **state)
{
    assert_reopens(*state, HF_LOG_ENDING_SEALED, N_RECORDS);
}

static void killed_between_two_batches(void **state)
{
    leave_torn(*state, 2, hf_bytes_of(NULL, 0));
    assert_reopens(*state, HF_LOG_ENDING_CLEAN, N_RECORDS);
    assert_int_equal(count_torn(*state), 0);
}

static void a_torn_end_is_cut_and_kept(void **state)
{
    leave_torn(*state, 2, HF_LITERAL("half a frame"));
    assert_reopens(*state, HF_LOG_ENDING_TORN, N_RECORDS);
    assert_int_equal(count_torn(*state), 1);
}

/* The bytes of the last batch, cut at every length: always the two before it, never a half one. */
static void a_batch_cut_anywhere_is_gone_whole(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf whole = hf_buf_init(1 << 20);
    path_of(folder, segment, path);
    assert_ok(hf_file_read(path, &whole));
    struct forge *forge = forge_new(folder->path, 0);
    size_t begin = HF_SEGMENT_HEADER_BYTES;
    size_t first = forge_find(forge, HF_FRAME_ENTRY, 2);
    for (size_t i = 0; i < first; i++) {
        begin += hf_frame_size(forge->frames[i].frame.payload.size);
    }
    size_t end = begin;
    for (size_t i = first; i < first + 3; i++) {
        end += hf_frame_size(forge->frames[i].frame.payload.size);
    }
    free(forge);
    remove_checkpoint(folder); /* what was signed could not be cut */
    for (size_t size = begin; size < end; size += 37) {
        char next[128];
        path_of(folder, "wal/00000000000000000002.hfl", next);
        unlink(next);
        unlink(path);
        assert_ok(hf_file_write_durable(path, hf_bytes_of(whole.data, size), 0640));
        struct hf_log *log = log_folder_open(folder);
        assert_int_equal(hf_log_recovery(log).n_records, 2);
        assert_ok(hf_log_close(log));
        remove_checkpoint(folder);
    }
}

static void damage_before_a_later_batch_is_refused(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 20);
    path_of(folder, segment, path);
    assert_ok(hf_file_read(path, &file));
    file.data[HF_SEGMENT_HEADER_BYTES + 100] ^= 1;
    assert_ok(hf_file_write_durable(path, hf_buf_view(&file), 0640));
    assert_refused(folder, HF_LOG_CORRUPT, "offset 4096, record 0: a frame's checksum differs");
}

static void records_that_were_signed_are_not_cut(void **state)
{
    leave_torn(*state, 1, HF_LITERAL("torn"));
    assert_refused(*state, HF_LOG_ROLLBACK, "records that were signed are gone: expected 3, got 2");
}

static void another_history_than_the_signed_one_is_refused(void **state)
{
    struct log_folder *folder = *state;
    struct forge *forge = forge_new(folder->path, 0);
    struct hf_record record;
    size_t at = forge_find(forge, HF_FRAME_ENTRY, 1);
    forge_record(forge, at, &record);
    record.nonce[0] ^= 1;
    forge_set_record(forge, at, &record);
    forge_drop(forge, forge_find(forge, HF_FRAME_CHECKPOINT, 1), 1);
    forge_drop(forge, forge_find(forge, HF_FRAME_CHECKPOINT, 0), 1);
    forge_rechain(forge);
    forge_write(forge);
    free(forge);
    assert_refused(folder, HF_LOG_CORRUPT, "another history was signed");
}

static void a_segment_that_is_gone_is_a_rollback(void **state)
{
    char path[128];
    path_of(*state, segment, path);
    assert_int_equal(unlink(path), 0);
    assert_refused(*state, HF_LOG_ROLLBACK, "records that were signed are gone");
}

static void a_log_is_not_signed_by_two_keys(void **state)
{
    struct log_folder *folder = *state;
    struct hf_key *key = folder->options.signer;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &folder->options.signer));
    assert_refused(folder, HF_CONFIG_INVALID, "signed by another key");
    hf_key_unref(folder->options.signer);
    folder->options.signer = key;
}

static void a_checkpoint_that_is_none_is_refused(void **state)
{
    char path[128];
    path_of(*state, "checkpoint", path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0644));
    assert_refused(*state, HF_LOG_CORRUPT, "not a signed note");
}

static void a_checkpoint_file_that_is_missing_is_made_again(void **state)
{
    char path[128];
    remove_checkpoint(*state);
    assert_reopens(*state, HF_LOG_ENDING_SEALED, N_RECORDS);
    path_of(*state, "checkpoint", path);
    assert_int_equal(access(path, R_OK), 0);
}

/* A run that was killed before its first record leaves a segment without one. */
static void a_segment_without_records_makes_room(void **state)
{
    struct log_folder *folder = *state;
    struct hf_tree_store *store = NULL;
    struct hf_recovered recovered = {0};
    struct hf_log_fault fault = {0};
    struct forge *forge = forge_new(folder->path, 0);
    struct hf_segment_header header = forge->header;
    const struct hf_recover_request request = {folder->path, LOG_ORIGIN, folder->signer, NULL};
    struct hf_recover_request with_store = request;
    assert_ok(hf_tree_store_open(NULL, &store));
    with_store.store = store;
    assert_ok(hf_recover(&with_store, &recovered, &fault));
    header.first_index = N_RECORDS;
    memcpy(header.prev, recovered.state.head, sizeof(header.prev));
    hf_tree_root(&recovered.state.tree, header.root);
    hf_recovered_clear(&recovered);
    hf_tree_store_free(store);
    forge->header = header;
    forge->n_frames = 0;
    forge_path(forge, folder->path, N_RECORDS);
    forge_write(forge);
    free(forge);
    assert_reopens(folder, HF_LOG_ENDING_CLEAN, N_RECORDS);
}

static void a_foreign_file_among_the_segments_is_refused(void **state)
{
    char path[128];
    path_of(*state, "wal/core", path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0644));
    assert_refused(*state, HF_LOG_CORRUPT, "not the name of a segment");
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(a_closed_log_needs_nothing),
        ON_A_LOG(killed_between_two_batches),
        ON_A_LOG(a_torn_end_is_cut_and_kept),
        ON_A_LOG(a_batch_cut_anywhere_is_gone_whole),
        ON_A_LOG(damage_before_a_later_batch_is_refused),
        ON_A_LOG(records_that_were_signed_are_not_cut),
        ON_A_LOG(another_history_than_the_signed_one_is_refused),
        ON_A_LOG(a_segment_that_is_gone_is_a_rollback),
        ON_A_LOG(a_log_is_not_signed_by_two_keys),
        ON_A_LOG(a_checkpoint_that_is_none_is_refused),
        ON_A_LOG(a_checkpoint_file_that_is_missing_is_made_again),
        ON_A_LOG(a_segment_without_records_makes_room),
        ON_A_LOG(a_foreign_file_among_the_segments_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

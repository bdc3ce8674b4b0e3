/*
 * The access log when memory runs out, in its own thread or in a worker's: what was acknowledged is
 * there at the next start, and a recovery that fails can be done again.
 */
#include "audit/log.h"

#include "tests/support/bad_heap.h"
#include "tests/unit/audit/log_folder.h"

enum { N_RECORDS = 3, TORN_BYTES = 30 };

struct trial {
    struct log_folder *folder;
    uint64_t n_acknowledged;
    bool has_torn; /* it begins with a log whose last frame is cut */
};

static void append_many(struct log_folder *folder)
{
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < N_RECORDS; i++) {
        log_folder_append(log, i);
    }
    assert_ok(hf_log_close(log));
}

static void prepare(void *context)
{
    struct trial *trial = context;
    trial->folder = log_folder_new();
    trial->n_acknowledged = 0;
    if (trial->has_torn) {
        char path[128];
        struct stat info;
        append_many(trial->folder);
        trial->n_acknowledged = N_RECORDS;
        snprintf(path, sizeof path, "%s/wal/00000000000000000000.hfl", trial->folder->path);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(truncate(path, info.st_size - TORN_BYTES), 0); /* of the seal */
    }
}

static hf_status append(struct trial *trial, struct hf_log *log)
{
    for (unsigned i = 0; i < N_RECORDS; i++) {
        struct hf_log_entry entry = {.kind = HF_RECORD_ACCESS,
                                     .bank = HF_LITERAL("91350100M000100Y43"),
                                     .detail = HF_LITERAL("{\"bytes\":7}")};
        HF_TRY(hf_log_append_wait(log, &entry));
        trial->n_acknowledged = entry.index + 1;
    }
    return HF_DONE;
}

static hf_status open_append_close(void *context)
{
    struct trial *trial = context;
    struct hf_log *log = NULL;
    struct hf_problem problem = {0};
    HF_TRY(hf_log_open(&trial->folder->options, &log, &problem));
    hf_status status = append(trial, log);
    hf_status closed = hf_log_close(log);
    return hf_is_ok(status) ? closed : status;
}

static void check(void *context, hf_status status)
{
    struct trial *trial = context;
    assert_int_not_equal(status.code, HF_LOG_CORRUPT); /* want of memory is no damage */
    struct hf_log *log = log_folder_open(trial->folder);
    assert_true(hf_log_recovery(log).n_records >= trial->n_acknowledged);
    for (uint64_t index = 0; index < trial->n_acknowledged; index++) {
        HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
        assert_ok(hf_log_record(log, index, &trial->folder->operator_key, &record, &detail));
    }
    assert_ok(hf_log_close(log));
    log_folder_free(trial->folder);
}

static void sweep(bool has_torn)
{
    struct trial trial = {.has_torn = has_torn};
    const struct bad_heap_scenario scenario = {
        .prepare = prepare, .run = open_append_close, .check = check, .context = &trial};
    assert_true(bad_heap_sweep(BAD_HEAP_ONCE, &scenario) > 20);
    assert_true(bad_heap_sweep(BAD_HEAP_DRY, &scenario) > 20);
}

static void what_was_acknowledged_is_there(void **state)
{
    (void)state;
    sweep(false);
}

static void a_recovery_that_failed_can_be_done_again(void **state)
{
    (void)state;
    sweep(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_there),
        cmocka_unit_test(a_recovery_that_failed_can_be_done_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

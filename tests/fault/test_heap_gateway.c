/*
 * What comes into force, when memory runs out while it is put on record: a record that was
 * acknowledged is there, one that was not leaves the gateway without that configuration.
 */
#include "gateway/generation.h"

#include "audit/replay.h"
#include "tests/support/bad_heap.h"
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

struct trial {
    struct world *world;
    struct log_folder *folder;
    struct hf_log *log;
    int64_t recorded_unix_s;
};

static int set_up(void **state)
{
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    assert_int_equal(world_setup((void **)&trial->world), 0);
    hf_registry_close(trial->world->registry); /* its thread would allocate on its own */
    trial->world->registry = NULL;
    *state = trial;
    return 0;
}

static int tear_down(void **state)
{
    struct trial *trial = *state;
    assert_int_equal(world_teardown((void **)&trial->world), 0);
    free(trial);
    return 0;
}

static void prepare(void *context)
{
    struct trial *trial = context;
    trial->folder = log_folder_new();
    trial->log = log_folder_open(trial->folder);
    trial->recorded_unix_s = 0;
}

static hf_status record(void *context)
{
    struct trial *trial = context;
    return hf_generation_record(trial->world->snapshot, trial->log, 1790000000123,
                                &trial->recorded_unix_s);
}

static hf_status count(void *context, const struct hf_replay_entry *entry)
{
    *(size_t *)context += entry->record.kind == HF_RECORD_CONFIG;
    return HF_DONE;
}

static void check(void *context, hf_status status)
{
    struct trial *trial = context;
    size_t n_recorded = 0;
    bool has_failed = hf_log_has_failed(trial->log);
    hf_status closed = hf_log_close(trial->log);
    assert_int_equal(hf_is_ok(closed), !has_failed);
    assert_int_equal(hf_is_ok(status), trial->recorded_unix_s != 0);
    trial->log = log_folder_open(trial->folder);
    assert_ok(hf_log_replay(trial->log, 0, &trial->folder->operator_key, count, &n_recorded));
    assert_true(n_recorded >= (hf_is_ok(status) ? 1 : 0) && n_recorded <= 1);
    assert_ok(hf_log_close(trial->log));
    log_folder_free(trial->folder);
}

static void what_comes_into_force_is_on_record_or_refused(void **state)
{
    const struct bad_heap_scenario scenario = {
        .prepare = prepare, .run = record, .check = check, .context = *state};
    assert_true(bad_heap_sweep(BAD_HEAP_ONCE, &scenario) > 2);
    assert_true(bad_heap_sweep(BAD_HEAP_DRY, &scenario) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_comes_into_force_is_on_record_or_refused, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "gateway/known_keys.h"

#include "tests/unit/audit/log_folder.h"
#include "tests/unit/consent/fixture.h"

struct keys {
    struct fixture consent;
    struct log_folder *log_folder;
    struct hf_log *log;
    char path[128];
};

static int setup(void **state)
{
    struct keys *keys = calloc(1, sizeof *keys);
    assert_non_null(keys);
    fixture_start(&keys->consent);
    keys->log_folder = log_folder_new();
    keys->log = log_folder_open(keys->log_folder);
    (void)snprintf(keys->path, sizeof keys->path, "%s/known_keys", keys->log_folder->path);
    *state = keys;
    return 0;
}

static int teardown(void **state)
{
    struct keys *keys = *state;
    assert_ok(hf_log_close(keys->log));
    log_folder_free(keys->log_folder);
    fixture_close(&keys->consent);
    free(keys);
    return 0;
}

static size_t record(struct keys *keys)
{
    size_t n_changes = 99;
    uint64_t before = hf_log_durable_size(keys->log);
    assert_ok(hf_known_keys_record(keys->path, keys->consent.grantors, keys->log, 1790000000000,
                                   &n_changes));
    assert_int_equal(hf_log_durable_size(keys->log) - before, n_changes);
    return n_changes;
}

static void a_new_key_is_recorded_once(void **state)
{
    assert_int_equal(record(*state), 1);
    assert_int_equal(record(*state), 0);
}

static void a_disabled_key_is_a_change(void **state)
{
    struct keys *keys = *state;
    assert_int_equal(record(keys), 1);
    fixture_grant(&keys->consent, keys->consent.key, PAYLOAD_ISS, ",\"disabled_at\":1700000000");
    fixture_load(&keys->consent);
    assert_int_equal(record(keys), 1);
    assert_int_equal(record(keys), 0);
}

static void a_removed_key_is_a_change(void **state)
{
    struct keys *keys = *state;
    char path[512];
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    assert_int_equal(record(keys), 1);
    hf_grantor_file_name(PAYLOAD_ISS, name);
    fixture_path(&keys->consent, name, path);
    assert_int_equal(unlink(path), 0);
    fixture_load(&keys->consent);
    assert_int_equal(record(keys), 1);
    assert_int_equal(record(keys), 0);
}

static void a_second_key_is_recorded_alone(void **state)
{
    struct keys *keys = *state;
    assert_int_equal(record(keys), 1);
    fixture_grant(&keys->consent, keys->consent.key, "uscc:911100001000044477", "");
    fixture_load(&keys->consent);
    assert_int_equal(record(keys), 1);
}

static void a_file_of_another_kind_is_refused(void **state)
{
    struct keys *keys = *state;
    size_t n_changes = 0;
    assert_ok(hf_file_write_durable(keys->path, HF_LITERAL("not ours"), 0600));
    assert_code(hf_known_keys_record(keys->path, keys->consent.grantors, keys->log, 0, &n_changes),
                CONFIG_INVALID);
}

static void a_folder_in_its_place_is_an_error(void **state)
{
    struct keys *keys = *state;
    size_t n_changes = 0;
    assert_code(hf_known_keys_record("/tmp", keys->consent.grantors, keys->log, 0, &n_changes), IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_key_is_recorded_once),        TEST(a_disabled_key_is_a_change),
        TEST(a_removed_key_is_a_change),         TEST(a_second_key_is_recorded_alone),
        TEST(a_file_of_another_kind_is_refused), TEST(a_folder_in_its_place_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

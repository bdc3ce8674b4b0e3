#include "gateway/snapshot.h"

#include "tests/unit/gateway/world.h"

#include <pthread.h>

/* Loads after @name was replaced; the code, and that nothing came of it. */
static hf_status load_with(struct world *world, const char *name, const char *text,
                           struct hf_snapshot_report *report)
{
    struct hf_snapshot *snapshot = NULL;
    (void)test_folder_write(world->folder, name, text);
    hf_status status = hf_snapshot_load(world->config, 2, &snapshot, report);
    assert_true(hf_is_ok(status) == (snapshot != NULL));
    hf_snapshot_unref(snapshot);
    return status;
}

static void a_deployment_is_loaded_whole(void **state)
{
    const struct world *world = *state;
    assert_int_equal(world->snapshot->generation, 1);
    assert_int_equal(world->snapshot->catalogs.n, 2);
    assert_int_equal(hf_banks_count(world->snapshot->banks), 1);
    assert_non_null(world_operation(world, "tax", WORLD_PAYMENT));
}

static void each_mistake_names_its_file(void **state)
{
    struct hf_snapshot_report report;
    assert_code(load_with(*state, "policy.json", "{}", &report), POLICY_INVALID);
    assert_non_null(strstr(report.file, "policy.json"));
    assert_true(report.problems.n >= 1);
}

static void a_catalog_that_is_none_is_refused(void **state)
{
    struct hf_snapshot_report report;
    assert_code(load_with(*state, "catalogs/tax.json", "{}", &report), CATALOG_INVALID);
    assert_non_null(strstr(report.file, "catalogs/tax.json"));
    assert_true(report.problems.n >= 1);
}

static void a_bank_that_is_malformed_is_refused(void **state)
{
    struct hf_snapshot_report report;
    assert_code(load_with(*state, "banks/x.json", "{", &report), CONFIG_INVALID);
    assert_non_null(strstr(report.file, "banks/x.json"));
    assert_int_equal(report.problems.items[0].line, 1);
}

static void an_agreement_that_is_malformed_is_refused(void **state)
{
    struct hf_snapshot_report report;
    assert_code(load_with(*state, "agreements/" PAYLOAD_BANK ".tax.json", "{}", &report),
                CONFIG_INVALID);
    assert_non_null(strstr(report.file, "agreements"));
}

static void a_catalog_lies_under_its_sources_name(void **state)
{
    struct world *world = *state;
    struct hf_snapshot_report report;
    struct hf_snapshot *snapshot = NULL;
    char from[512];
    char to[512];
    (void)snprintf(from, sizeof from, "%s/catalogs/tax.json", world->folder->path);
    (void)snprintf(to, sizeof to, "%s/catalogs/power.json", world->folder->path);
    assert_int_equal(rename(from, to), 0);
    assert_code(hf_snapshot_load(world->config, 2, &snapshot, &report), CATALOG_INVALID);
    assert_non_null(strstr(report.file, "power.json"));
    assert_non_null(strstr(report.problems.items[0].where, "source"));
}

static void a_catalog_needs_an_address(void **state)
{
    struct world *world = *state;
    struct hf_snapshot_report report;
    struct hf_snapshot *snapshot = NULL;
    world->config->n_sources = 1; /* tax */
    assert_code(hf_snapshot_load(world->config, 2, &snapshot, &report), CATALOG_INVALID);
    assert_non_null(strstr(report.file, "samr.json"));
}

static void a_missing_file_is_not_found(void **state)
{
    struct world *world = *state;
    struct hf_snapshot_report report;
    struct hf_snapshot *snapshot = NULL;
    world->config->paths.policy = "/nonexistent/policy.json";
    assert_code(hf_snapshot_load(world->config, 2, &snapshot, &report), NOT_FOUND);
    assert_string_equal(report.file, "/nonexistent/policy.json");
    world->config->paths.banks = "/nonexistent";
    assert_code(hf_snapshot_load(world->config, 2, &snapshot, &report), NOT_FOUND);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    struct hf_snapshot_report report;
    static char text[HF_POLICY_MAX_BYTES + 2];
    memset(text, ' ', sizeof text - 1);
    assert_code(load_with(*state, "policy.json", text, &report), LIMIT);
}

static void a_folder_in_a_files_place_is_an_error_of_reading(void **state)
{
    struct world *world = *state;
    struct hf_snapshot_report report;
    struct hf_snapshot *snapshot = NULL;
    world->config->paths.policy = world->config->paths.banks;
    assert_code(hf_snapshot_load(world->config, 2, &snapshot, &report), IO);
}

static void whoever_took_a_snapshot_keeps_it(void **state)
{
    struct world *world = *state;
    struct hf_snapshot_slot *slot = NULL;
    struct hf_snapshot *next = NULL;
    assert_ok(hf_snapshot_slot_new(hf_snapshot_ref(world->snapshot), &slot));
    struct hf_snapshot *mine = hf_snapshot_slot_take(slot);
    assert_int_equal(hf_snapshot_slot_generation(slot), 1);
    assert_ok(world_load(world, 2, &next));
    hf_snapshot_slot_put(slot, next);
    assert_int_equal(hf_snapshot_slot_generation(slot), 2);
    assert_ptr_equal(mine, world->snapshot);
    assert_int_equal(mine->generation, 1);
    struct hf_snapshot *theirs = hf_snapshot_slot_take(slot);
    assert_ptr_equal(theirs, next);
    hf_snapshot_unref(theirs);
    hf_snapshot_unref(mine);
    hf_snapshot_slot_free(slot);
}

struct taker {
    struct hf_snapshot_slot *slot;
    uint64_t highest;
};

static void *take_many(void *context)
{
    struct taker *taker = context;
    for (int i = 0; i < 2000; i++) {
        struct hf_snapshot *snapshot = hf_snapshot_slot_take(taker->slot);
        if (snapshot->generation < taker->highest) {
            taker->highest = UINT64_MAX; /* it went back */
            return NULL;
        }
        taker->highest = snapshot->generation;
        hf_snapshot_unref(snapshot);
    }
    return NULL;
}

static void generations_only_go_up_for_every_thread(void **state)
{
    struct world *world = *state;
    struct taker takers[2];
    pthread_t threads[2];
    struct hf_snapshot_slot *slot = NULL;
    assert_ok(hf_snapshot_slot_new(hf_snapshot_ref(world->snapshot), &slot));
    for (int i = 0; i < 2; i++) {
        takers[i] = (struct taker){.slot = slot};
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
    }
    for (uint64_t generation = 2; generation < 6; generation++) {
        struct hf_snapshot *next = NULL;
        assert_ok(world_load(world, generation, &next));
        hf_snapshot_slot_put(slot, next);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_in_range(takers[i].highest, 1, 5);
    }
    hf_snapshot_slot_free(slot);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deployment_is_loaded_whole),
        TEST(each_mistake_names_its_file),
        TEST(a_catalog_that_is_none_is_refused),
        TEST(a_bank_that_is_malformed_is_refused),
        TEST(an_agreement_that_is_malformed_is_refused),
        TEST(a_catalog_lies_under_its_sources_name),
        TEST(a_catalog_needs_an_address),
        TEST(a_missing_file_is_not_found),
        TEST(a_file_that_is_too_large_is_refused),
        TEST(a_folder_in_a_files_place_is_an_error_of_reading),
        TEST(whoever_took_a_snapshot_keeps_it),
        TEST(generations_only_go_up_for_every_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/entry_map.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static struct hf_entry_map map;
static struct hf_tally tally;

static int start(void **state)
{
    (void)state;
    tally = (struct hf_tally){.mutex = PTHREAD_MUTEX_INITIALIZER};
    hf_entry_map_init(&map);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_entry_map_clear(&map);
    return 0;
}

static struct hf_consent_id id_of(unsigned number)
{
    char jti[32];
    struct hf_consent_id id;
    snprintf(jti, sizeof jti, "jti-%022u", number);
    assert_ok(
        hf_consent_id_of(HF_LITERAL("uscc:91350100M000100Y43"), hf_bytes_of_string(jti), &id));
    return id;
}

static struct hf_entry *insert(unsigned number, int64_t exp_unix_s)
{
    struct hf_consent_id id = id_of(number);
    struct hf_entry *entry = NULL;
    assert_ok(hf_entry_new(&id, &tally, &entry));
    entry->facts.exp_unix_s = exp_unix_s;
    struct hf_entry_shard *shard = hf_entry_map_lock(&map, &id);
    assert_ok(hf_entry_map_insert(&map, shard, entry));
    hf_entry_map_unlock(shard);
    return entry;
}

static struct hf_entry *find(unsigned number)
{
    struct hf_consent_id id = id_of(number);
    struct hf_entry_shard *shard = hf_entry_map_lock(&map, &id);
    struct hf_entry *entry = hf_entry_map_find(&map, shard, &id);
    hf_entry_map_unlock(shard);
    return entry;
}

static void thousands_are_found_again(void **state)
{
    (void)state;
    enum { N = 5000 };
    static struct hf_entry *entries[N];
    for (unsigned i = 0; i < N; i++) {
        entries[i] = insert(i, 1);
    }
    assert_int_equal(hf_entry_map_count(&map), N);
    for (unsigned i = 0; i < N; i++) {
        assert_ptr_equal(find(i), entries[i]);
    }
    assert_null(find(N));
}

static void an_empty_map_finds_nothing(void **state)
{
    (void)state;
    assert_null(find(1));
    assert_int_equal(hf_entry_map_count(&map), 0);
}

static void the_sweep_takes_only_what_nobody_needs(void **state)
{
    (void)state;
    insert(1, 100); /* expired, idle */
    insert(2, 300); /* not expired */
    struct hf_entry *held = hf_entry_ref(insert(3, 100));
    struct hf_entry *dirty = insert(4, 100);
    atomic_store(&dirty->is_dirty, true);
    hf_entry_map_sweep(&map, 200, SIZE_MAX);
    assert_null(find(1));
    assert_non_null(find(2));
    assert_ptr_equal(find(3), held);
    assert_ptr_equal(find(4), dirty);
    assert_int_equal(hf_entry_map_count(&map), 3);
    hf_entry_unref(held);
    hf_entry_map_sweep(&map, 200, SIZE_MAX);
    assert_null(find(3));
}

static void the_sweep_bounds_the_memory(void **state)
{
    (void)state;
    enum { N = 64 * 100 };
    for (unsigned i = 0; i < N; i++) {
        insert(i, 300);
    }
    struct hf_entry *held = hf_entry_ref(find(7));
    hf_entry_map_sweep(&map, 200, 64 * 10);
    assert_int_equal(hf_entry_map_count(&map) <= 64 * 11, 1);
    assert_ptr_equal(find(7), held);
    hf_entry_unref(held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thousands_are_found_again, start, stop),
        cmocka_unit_test_setup_teardown(an_empty_map_finds_nothing, start, stop),
        cmocka_unit_test_setup_teardown(the_sweep_takes_only_what_nobody_needs, start, stop),
        cmocka_unit_test_setup_teardown(the_sweep_bounds_the_memory, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

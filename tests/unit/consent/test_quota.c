#include "consent/quota.h"

#include "tests/unit/consent/fixture.h"

static struct fixture fixture;
static struct hf_store *store;
static struct hf_clock_fixed values;
static struct hf_quota quota;

static int start(void **state)
{
    (void)state;
    char path[512];
    fixture_open(&fixture);
    fixture_path(&fixture, "store", path);
    values = (struct hf_clock_fixed){.unix_ms = 1000000};
    assert_ok(hf_store_open(path, &store, NULL));
    const struct hf_quota about = {
        .store = store, .clock = hf_clock_fixed(&values), .max_of_issuer = 2};
    hf_quota_init(&quota, &about);
    return 0;
}

static int start_of_words(void **state)
{
    start(state);
    hf_quota_clear(&quota);
    const struct hf_quota about = {.kind = HF_QUOTA_WORDS,
                                   .store = store,
                                   .clock = hf_clock_fixed(&values),
                                   .max_of_issuer = 2};
    hf_quota_init(&quota, &about);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_quota_clear(&quota);
    hf_store_close(store);
    fixture_close(&fixture);
    return 0;
}

static void put(const char *key)
{
    struct hf_store_batch *batch = NULL;
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key), (hf_bytes){NULL, 0});
    assert_ok(hf_store_write(store, batch, 0));
    hf_store_batch_free(batch);
}

static void each_issuer_has_its_own_bound(void **state)
{
    (void)state;
    assert_ok(hf_quota_take(&quota, "uscc:a"));
    assert_ok(hf_quota_take(&quota, "uscc:a"));
    assert_code(hf_quota_take(&quota, "uscc:a"), RATE_LIMIT);
    assert_ok(hf_quota_take(&quota, "uscc:b"));
}

static void what_is_stored_and_unexpired_counts(void **state)
{
    (void)state;
    put("x/uscc:a;00000002000;j1");
    put("x/uscc:a;00000000999;j2");  /* expired: now is 1000 */
    put("x/uscc:aa;00000002000;j3"); /* somebody else's */
    assert_ok(hf_quota_take(&quota, "uscc:a"));
    assert_code(hf_quota_take(&quota, "uscc:a"), RATE_LIMIT);
}

static void words_count_whenever_they_came(void **state)
{
    (void)state;
    put("x/uscc:a;00000002000;j1"); /* a consent, not a word */
    put("z/uscc:a;00000000001;j2");
    assert_ok(hf_quota_take(&quota, "uscc:a"));
    assert_code(hf_quota_take(&quota, "uscc:a"), RATE_LIMIT);
}

static void the_store_is_asked_again_once_a_minute(void **state)
{
    (void)state;
    put("x/uscc:a;00000002000;j1");
    put("x/uscc:a;00000002000;j2");
    assert_code(hf_quota_take(&quota, "uscc:a"), RATE_LIMIT);
    values.unix_ms = 2000000; /* both have expired */
    values.monotonic_ms = 59999;
    assert_code(hf_quota_take(&quota, "uscc:a"), RATE_LIMIT);
    values.monotonic_ms = 60000;
    assert_ok(hf_quota_take(&quota, "uscc:a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_issuer_has_its_own_bound, start, stop),
        cmocka_unit_test_setup_teardown(what_is_stored_and_unexpired_counts, start, stop),
        cmocka_unit_test_setup_teardown(words_count_whenever_they_came, start_of_words, stop),
        cmocka_unit_test_setup_teardown(the_store_is_asked_again_once_a_minute, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/cache.h"

#include "consent/entry_parts.h"
#include "tests/unit/consent/fixture.h"

static struct fixture fixture;
static struct hf_tally tally;
static struct hf_token_cache *cache;
static struct hf_cached_consent consent;

static int start(void **state)
{
    (void)state;
    struct hf_token *token;
    fixture_start(&fixture);
    tally = (struct hf_tally){.mutex = PTHREAD_MUTEX_INITIALIZER};
    token = fixture_token(&fixture, PAYLOAD);
    consent.token = token;
    assert_ok(hf_entry_new(&token->claims.id, &tally, &consent.entry));
    assert_ok(hf_token_cache_new(8, &cache));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_token_cache_free(cache);
    hf_token_cache_free(NULL);
    hf_token_unref(consent.token);
    hf_entry_unref(consent.entry);
    fixture_close(&fixture);
    return 0;
}

static const uint8_t *digest_of(unsigned number)
{
    static uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of(&number, sizeof number), digest);
    return digest;
}

static size_t n_refs(void)
{
    return atomic_load(&consent.entry->n_refs);
}

static void a_hit_returns_what_was_put(void **state)
{
    (void)state;
    struct hf_cached_consent found = {0};
    assert_false(hf_token_cache_find(cache, 1, digest_of(1), &found));
    hf_token_cache_put(cache, 1, digest_of(1), &consent);
    assert_true(hf_token_cache_find(cache, 1, digest_of(1), &found));
    assert_ptr_equal(found.token, consent.token);
    assert_ptr_equal(found.entry, consent.entry);
    assert_false(hf_token_cache_find(cache, 1, digest_of(2), &found));
}

static void another_generation_voids_it(void **state)
{
    (void)state;
    struct hf_cached_consent found = {0};
    hf_token_cache_put(cache, 1, digest_of(1), &consent);
    assert_int_equal(n_refs(), 2);
    assert_false(hf_token_cache_find(cache, 2, digest_of(1), &found));
    assert_null(found.token);
    assert_int_equal(n_refs(), 1);
    assert_false(hf_token_cache_find(cache, 1, digest_of(1), &found)); /* it does not come back */
}

static void the_least_recently_used_makes_room(void **state)
{
    (void)state;
    struct hf_cached_consent found;
    for (unsigned i = 0; i < 8; i++) {
        hf_token_cache_put(cache, 1, digest_of(i), &consent);
    }
    assert_true(hf_token_cache_find(cache, 1, digest_of(0), &found)); /* 1 is the oldest now */
    hf_token_cache_put(cache, 1, digest_of(8), &consent);
    assert_int_equal(n_refs(), 9);
    assert_false(hf_token_cache_find(cache, 1, digest_of(1), &found));
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(hf_token_cache_find(cache, 1, digest_of(i), &found), i != 1);
    }
}

typedef bool find_fn(struct hf_token_cache *, uint64_t, hf_bytes,
                     uint8_t ret_sha256[static HF_SHA256_BYTES], struct hf_cached_consent *);

static bool finds(find_fn *find, uint64_t generation, hf_bytes text)
{
    struct hf_cached_consent found = {0};
    uint8_t sha256[HF_SHA256_BYTES] = {0};
    uint8_t expected[HF_SHA256_BYTES];
    bool is_found = find(cache, generation, text, sha256, &found);
    hf_sha256_of(text, expected);
    assert_true(is_found || memcmp(sha256, expected, sizeof expected) == 0);
    assert_ptr_equal(found.token, is_found ? consent.token : NULL);
    assert_ptr_equal(found.entry, is_found ? consent.entry : NULL);
    return is_found;
}

static bool finds_text(uint64_t generation, hf_bytes text)
{
    return finds(hf_token_cache_find_text, generation, text);
}

static bool finds_name(uint64_t generation, const char *name)
{
    return finds(hf_token_cache_find_name, generation, hf_bytes_of_string(name));
}

static void a_token_is_found_by_its_text(void **state)
{
    (void)state;
    const hf_bytes text = consent.token->text;
    assert_false(finds_text(1, text));
    hf_token_cache_put(cache, 1, consent.token->sha256, &consent);
    assert_true(finds_text(1, text));
    assert_true(finds_text(1, text)); /* compared, this time */
    assert_false(finds_text(1, hf_bytes_of(text.data, text.size - 1)));
    assert_false(finds_text(1, hf_bytes_skip(text, 1))); /* the same end, and so the same place */
    assert_false(finds_text(1, HF_LITERAL("")));
    assert_false(finds_text(2, text));
    assert_false(finds_text(1, text)); /* it does not come back */
}

static void what_was_put_under_a_name_is_not_found_by_text(void **state)
{
    (void)state;
    hf_token_cache_put(cache, 1, consent.token->sha256, &consent);
    assert_true(finds_text(1, consent.token->text));
    for (unsigned i = 0; i < 8; i++) {
        hf_token_cache_put(cache, 1, digest_of(i), &consent); /* all eight ways are others now */
    }
    assert_false(finds_text(1, consent.token->text));
}

/* The name of the consent at hand, with @end behind it. */
static const char *name_and(const char *end)
{
    static char name[HF_CONSENT_ID_MAX_BYTES + 8];
    const struct hf_consent_id *id = &consent.token->claims.id;
    (void)snprintf(name, sizeof name, "%s;%s%s", id->iss, id->jti, end);
    return name;
}

static void put_under_name(void)
{
    uint8_t key[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of_string(name_and("")), key);
    hf_token_cache_put(cache, 1, key, &consent);
}

static void a_registered_consent_is_found_by_its_name(void **state)
{
    (void)state;
    assert_false(finds_name(1, name_and("")));
    put_under_name();
    assert_true(finds_name(1, name_and("")));
    assert_true(finds_name(1, name_and(""))); /* compared, this time */
    assert_false(finds_name(1, name_and("x")));
    assert_false(finds_name(1, name_and("") + 1)); /* the same end, and so the same place */
    assert_false(finds_name(1, consent.token->claims.id.jti));
    assert_false(finds_name(1, ""));
    assert_false(finds_name(2, name_and("")));
    assert_false(finds_name(1, name_and(""))); /* it does not come back */
}

static void a_name_finds_nothing_that_was_put_by_value(void **state)
{
    (void)state;
    put_under_name();
    assert_true(finds_name(1, name_and("")));
    for (unsigned i = 0; i < 7; i++) {
        hf_token_cache_put(cache, 1, digest_of(i), &consent);
    }
    hf_token_cache_put(cache, 1, consent.token->sha256, &consent); /* in the name's place */
    assert_false(finds_name(1, name_and("")));
    assert_true(finds_text(1, consent.token->text));
}

static void the_same_key_is_replaced(void **state)
{
    (void)state;
    struct hf_cached_consent found;
    hf_token_cache_put(cache, 1, digest_of(1), &consent);
    assert_true(hf_token_cache_find(cache, 1, digest_of(1), &found));
    hf_token_cache_put(cache, 2, digest_of(1), &found); /* by its own references */
    assert_true(hf_token_cache_find(cache, 2, digest_of(1), &found));
    assert_int_equal(n_refs(), 2);
}

static void many_items_are_held_within_the_bound(void **state)
{
    (void)state;
    struct hf_token_cache *large = NULL;
    assert_ok(hf_token_cache_new(1000, &large)); /* 1024 */
    for (unsigned i = 0; i < 5000; i++) {
        hf_token_cache_put(large, 1, digest_of(i), &consent);
    }
    assert_true(n_refs() <= 1025);
    assert_true(n_refs() > 900);
    hf_token_cache_free(large);
    assert_int_equal(n_refs(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hit_returns_what_was_put, start, stop),
        cmocka_unit_test_setup_teardown(another_generation_voids_it, start, stop),
        cmocka_unit_test_setup_teardown(the_least_recently_used_makes_room, start, stop),
        cmocka_unit_test_setup_teardown(a_token_is_found_by_its_text, start, stop),
        cmocka_unit_test_setup_teardown(what_was_put_under_a_name_is_not_found_by_text, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_registered_consent_is_found_by_its_name, start, stop),
        cmocka_unit_test_setup_teardown(a_name_finds_nothing_that_was_put_by_value, start, stop),
        cmocka_unit_test_setup_teardown(the_same_key_is_replaced, start, stop),
        cmocka_unit_test_setup_teardown(many_items_are_held_within_the_bound, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

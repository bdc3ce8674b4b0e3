#include "gateway/signer.h"

#include "crypto/rand.h"

#include "tests/unit/gateway/folder.h"

static char key_path[128];
static char retired_path[128];
static struct hf_problem problem;

static void place(const struct test_folder *folder)
{
    snprintf(key_path, sizeof key_path, "%s/gateway.key", folder->path);
    snprintf(retired_path, sizeof retired_path, "%s/retired", folder->path);
    problem = (struct hf_problem){0};
}

static struct hf_key *make_key(void)
{
    struct hf_key *key = NULL;
    assert_ok(hf_crypto_init());
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    return key;
}

static hf_status read_signer(struct hf_signer *ret_signer)
{
    return hf_signer_read(key_path, retired_path, ret_signer, &problem);
}

/* A file of the folder of retired keys. */
static void retire(const struct test_folder *folder, const char *name, const struct hf_key *key)
{
    char path[64];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
    const char *string = "x";
    if (key) {
        assert_ok(hf_key_write_jwk(key, &text));
        assert_ok(hf_buf_string(&text, &string));
    }
    (void)mkdir(retired_path, 0700);
    snprintf(path, sizeof path, "retired/%s", name);
    (void)test_folder_write(folder, path, string);
}

static void the_present_key_is_published_first(void **state)
{
    struct hf_key *key = make_key();
    struct hf_key *old = make_key();
    struct hf_signer signer;
    place(*state);
    assert_ok(hf_key_file_create(key_path, key));
    retire(*state, "2025.jwk", old);
    retire(*state, "notes.txt", NULL);
    assert_ok(read_signer(&signer));
    assert_true(hf_key_has_private(signer.key));
    assert_int_equal(signer.keys.n_keys, 2);
    assert_string_equal(hf_key_thumbprint(signer.keys.keys[0]), hf_key_thumbprint(key));
    assert_string_equal(hf_key_thumbprint(signer.keys.keys[1]), hf_key_thumbprint(old));
    hf_signer_clear(&signer);
    hf_key_unref(key);
    hf_key_unref(old);
}

static void without_a_key_it_says_how_to_make_one(void **state)
{
    struct hf_signer signer;
    place(*state);
    assert_code(read_signer(&signer), NOT_FOUND);
    assert_non_null(strstr(problem.detail, "hufu key new"));
}

static void a_key_file_that_is_wrong(void **state)
{
    struct hf_signer signer;
    place(*state);
    (void)test_folder_write(*state, "gateway.key", "x");
    assert_int_equal(chmod(key_path, 0644), 0);
    assert_code(read_signer(&signer), PERMISSIONS);
    assert_int_equal(chmod(key_path, 0600), 0);
    assert_code(read_signer(&signer), KEY_MALFORMED);
    assert_int_equal(unlink(key_path), 0);
    assert_int_equal(mkdir(key_path, 0700), 0);
    assert_code(read_signer(&signer), IO);
}

static void a_retired_key_that_is_wrong_is_named(void **state)
{
    struct hf_key *key = make_key();
    struct hf_signer signer;
    place(*state);
    assert_ok(hf_key_file_create(key_path, key));
    retire(*state, "old.jwk", NULL);
    assert_code(read_signer(&signer), KEY_MALFORMED);
    assert_string_equal(problem.where, "old.jwk");
    (void)test_folder_write(*state, "retired/old.jwk", "{\"kty\":\"RSA\"}");
    assert_code(read_signer(&signer), KEY_UNSUPPORTED);
    retire(*state, "old.jwk", key); /* the present one has not been retired */
    assert_code(read_signer(&signer), EXISTS);
    hf_key_unref(key);
}

static void retired_keys_are_bounded(void **state)
{
    struct hf_key *key = make_key();
    struct hf_signer signer;
    place(*state);
    assert_ok(hf_key_file_create(key_path, key));
    for (int i = 0; i < HF_KEY_SET_MAX_KEYS; i++) {
        char name[16];
        struct hf_key *old = make_key();
        snprintf(name, sizeof name, "%d.jwk", i);
        retire(*state, name, old);
        hf_key_unref(old);
    }
    assert_code(read_signer(&signer), LIMIT);
    hf_key_unref(key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_setup, test_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_present_key_is_published_first), TEST(without_a_key_it_says_how_to_make_one),
        TEST(a_key_file_that_is_wrong),           TEST(a_retired_key_that_is_wrong_is_named),
        TEST(retired_keys_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

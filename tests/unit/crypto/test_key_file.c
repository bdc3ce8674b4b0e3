#include "crypto/key.h"

#include "base/file.h"
#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"
#include "tests/unit/folder.h"

#include <sys/stat.h>
#include <unistd.h>

static void a_key_written_is_read_again(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_key_drop) struct hf_key *again = NULL;
    uint8_t signature[64];
    const char *path = folder_path(state, "a.pem");
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_ok(hf_key_file_create(path, key));
    assert_ok(hf_key_file_read(path, &again, NULL));
    assert_string_equal(hf_key_thumbprint(key), hf_key_thumbprint(again));
    assert_ok(hf_key_sign(again, HF_LITERAL("x"), signature));
    assert_ok(hf_key_verify(key, HF_LITERAL("x"), hf_bytes_of(signature, 64)));
}

static void only_its_owner_may_read_the_file(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    const char *path = folder_path(state, "a.pem");
    struct stat info;
    mode_t before = umask(0);
    assert_ok(hf_key_file_create(path, key));
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void an_existing_file_is_not_replaced(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    const char *path = folder_path(state, "a.pem");
    assert_ok(hf_file_create_durable(path, HF_LITERAL("precious"), 0600));
    assert_code(hf_key_file_create(path, key), EXISTS);
    assert_ok(hf_file_read(path, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "precious"));
}

static void a_public_key_makes_no_file(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    uint8_t point[32];
    const char *path = folder_path(state, "a.pem");
    bytes_of_hex(RFC8037_PUBLIC_HEX, point);
    assert_ok(hf_key_from_ed25519_public(point, &key));
    assert_code(hf_key_file_create(path, key), BUG);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_folder_that_is_not_there_is_io(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    assert_code(hf_key_file_create(folder_path(state, "no/a.pem"), key), IO);
}

static void assert_unreadable(const char *path, enum hf_code code)
{
    struct hf_problem problem = {0};
    struct hf_key *key = NULL;
    assert_int_equal(hf_key_file_read(path, &key, &problem).code, code);
    assert_null(key);
    assert_string_not_equal(problem.detail, "");
}

static void a_missing_file_is_not_found(void **state)
{
    assert_unreadable(folder_path(state, "a.pem"), HF_NOT_FOUND);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    const char *path = folder_path(state, "a.pem");
    assert_ok(hf_key_file_create(path, key));
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0602};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_unreadable(path, HF_PERMISSIONS);
    }
}

static void a_folder_in_its_place_is_io(void **state)
{
    assert_unreadable(folder_path(state, "."), HF_IO);
}

static void other_content_is_malformed(void **state)
{
    static const uint8_t big[HF_KEY_PEM_MAX_BYTES + 1];
    const char *path = folder_path(state, "a.pem");
    assert_ok(hf_file_write_durable(path, HF_LITERAL("hello"), 0600));
    assert_unreadable(path, HF_KEY_MALFORMED);
    assert_ok(hf_file_write_durable(path, hf_bytes_of(big, sizeof(big)), 0600));
    assert_unreadable(path, HF_KEY_MALFORMED);
    assert_ok(hf_file_write_durable(
        path, HF_LITERAL("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"), 0600));
    assert_unreadable(path, HF_KEY_UNSUPPORTED);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_key_written_is_read_again),
        IN_FOLDER(only_its_owner_may_read_the_file),
        IN_FOLDER(an_existing_file_is_not_replaced),
        IN_FOLDER(a_public_key_makes_no_file),
        IN_FOLDER(a_folder_that_is_not_there_is_io),
        IN_FOLDER(a_missing_file_is_not_found),
        IN_FOLDER(a_file_that_others_may_read_is_refused),
        IN_FOLDER(a_folder_in_its_place_is_io),
        IN_FOLDER(other_content_is_malformed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

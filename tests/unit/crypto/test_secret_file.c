#include "crypto/secret_file.h"

#include "base/file.h"
#include "crypto/rand.h"
#include "tests/unit/folder.h"

#include <sys/stat.h>

#define LINE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static void a_key_is_made_and_read_again(void **state)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret one = {0};
    HF_CLEANUP(hf_secret_clear) struct hf_secret two = {0};
    HF_CLEANUP(hf_secret_clear) struct hf_secret other = {0};
    assert_ok(hf_secret_file_create(folder_path(state, "a.key")));
    assert_ok(hf_secret_file_create(folder_path(state, "b.key")));
    assert_ok(hf_secret_file_read(folder_path(state, "a.key"), &one, NULL));
    assert_ok(hf_secret_file_read(folder_path(state, "a.key"), &two, NULL));
    assert_ok(hf_secret_file_read(folder_path(state, "b.key"), &other, NULL));
    assert_int_equal(one.size, HF_SECRET_FILE_KEY_BYTES);
    assert_memory_equal(one.data, two.data, one.size);
    assert_memory_not_equal(one.data, other.data, one.size);
}

static void the_file_is_one_line_for_its_owner(void **state)
{
    const char *path = folder_path(state, "a.key");
    struct stat info;
    assert_ok(hf_secret_file_create(path));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 44);
}

static void a_known_line_is_known_bytes(void **state)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    const char *path = folder_path(state, "a.key");
    assert_ok(hf_file_write_durable(path, HF_LITERAL(LINE "\n"), 0600));
    assert_ok(hf_secret_file_read(path, &secret, NULL));
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(secret.data[i], i);
    }
}

static void an_existing_file_is_not_replaced(void **state)
{
    const char *path = folder_path(state, "a.key");
    assert_ok(hf_secret_file_create(path));
    assert_code(hf_secret_file_create(path), EXISTS);
    assert_code(hf_secret_file_create(folder_path(state, "no/a.key")), IO);
}

static void assert_unreadable(const char *path, enum hf_code code)
{
    struct hf_secret secret = {0};
    struct hf_problem problem = {0};
    assert_int_equal(hf_secret_file_read(path, &secret, &problem).code, code);
    assert_null(secret.data);
    assert_string_not_equal(problem.detail, "");
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    const char *path = folder_path(state, "a.key");
    assert_ok(hf_file_write_durable(path, HF_LITERAL(LINE "\n"), 0640));
    assert_unreadable(path, HF_PERMISSIONS);
}

static void a_missing_file_is_not_found(void **state)
{
    assert_unreadable(folder_path(state, "a.key"), HF_NOT_FOUND);
    assert_unreadable(folder_path(state, "."), HF_IO);
}

static void any_other_content_is_malformed(void **state)
{
    static const char *const contents[] = {
        "",
        "\n",
        LINE,
        LINE "\r\n",
        LINE "\n\n",
        " " LINE "\n",
        LINE "=\n",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\n",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\n", /* unused bits */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH+8\n",
    };
    const char *path = folder_path(state, "a.key");
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        assert_ok(hf_file_write_durable(path, hf_bytes_of_string(contents[i]), 0600));
        assert_unreadable(path, HF_KEY_MALFORMED);
    }
    static const uint8_t big[300];
    assert_ok(hf_file_write_durable(path, hf_bytes_of(big, sizeof(big)), 0600));
    assert_unreadable(path, HF_KEY_MALFORMED);
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
        IN_FOLDER(a_key_is_made_and_read_again),
        IN_FOLDER(the_file_is_one_line_for_its_owner),
        IN_FOLDER(a_known_line_is_known_bytes),
        IN_FOLDER(an_existing_file_is_not_replaced),
        IN_FOLDER(a_file_that_others_may_read_is_refused),
        IN_FOLDER(a_missing_file_is_not_found),
        IN_FOLDER(any_other_content_is_malformed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

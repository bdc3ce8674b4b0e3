#include "audit/origin.h"

#include "base/file.h"
#include "tests/unit/audit/log_folder.h"

static void names_are_printable_ascii(void **state)
{
    (void)state;
    assert_true(hf_log_origin_is_valid(HF_LITERAL("gw1.example/access-log-2026")));
    assert_false(hf_log_origin_is_valid(HF_LITERAL("")));
    assert_false(hf_log_origin_is_valid(HF_LITERAL("a b")));
    assert_false(hf_log_origin_is_valid(HF_LITERAL("a+b")));
    assert_false(hf_log_origin_is_valid(HF_LITERAL("\xe8\x99\x8e")));
    uint8_t text[HF_LOG_ORIGIN_MAX_BYTES + 1];
    memset(text, 'a', sizeof(text));
    assert_true(hf_log_origin_is_valid(hf_bytes_of(text, sizeof(text) - 1)));
    assert_false(hf_log_origin_is_valid(hf_bytes_of(text, sizeof(text))));
}

static void write_origin(const struct log_folder *folder, hf_bytes content)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/origin", folder->path);
    assert_ok(hf_file_write_durable(path, content, 0644));
}

static void the_file_is_one_line(void **state)
{
    (void)state;
    char origin[HF_LOG_ORIGIN_MAX_BYTES + 1];
    struct log_folder *folder = log_folder_new();
    assert_ok(hf_log_origin_read(folder->path, origin));
    assert_string_equal(origin, LOG_ORIGIN);
    static const char *const wrong[] = {"", "\n", "a", "a\nb\n", "a b\n", "\na\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_origin(folder, hf_bytes_of_string(wrong[i]));
        assert_code(hf_log_origin_read(folder->path, origin), LOG_CORRUPT);
    }
    static uint8_t long_line[HF_LOG_ORIGIN_MAX_BYTES + 2];
    memset(long_line, 'a', sizeof(long_line));
    write_origin(folder, hf_bytes_of(long_line, sizeof(long_line)));
    assert_code(hf_log_origin_read(folder->path, origin), LOG_CORRUPT);
    assert_code(hf_log_origin_read("/tmp/hufu-no-such-log", origin), NOT_FOUND);
    log_folder_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_printable_ascii),
        cmocka_unit_test(the_file_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

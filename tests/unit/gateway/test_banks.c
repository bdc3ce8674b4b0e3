#include "gateway/banks.h"

#include "tests/unit/gateway/folder.h"

#define A "91350100M000100Y43"
#define B "91110000M000200X5R"
#define HEX(digit) digit digit digit digit digit digit digit digit
#define CERT(digit) HEX(HEX(digit))

static const uint8_t ones[HF_SHA256_BYTES] = {
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11};

static void refuse(void **state, const char *name, const char *text)
{
    const struct test_folder *folder = *state;
    struct hf_banks *banks = NULL;
    struct hf_problem problem = {0};
    char file[256] = "";
    (void)test_folder_write(folder, name, text);
    assert_code(hf_banks_read(folder->path, &banks, file, &problem), CONFIG_INVALID);
    assert_null(banks);
    assert_string_equal(file, name);
    assert_true(problem.detail[0]);
}

static void a_bank_is_found_by_each_of_its_certificates(void **state)
{
    const struct test_folder *folder = *state;
    struct hf_banks *banks = NULL;
    char file[256] = "";
    uint8_t unknown[HF_SHA256_BYTES] = {0};
    (void)test_folder_write(folder, A ".json",
                            "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[\"" CERT(
                                "1") "\",\"" CERT("2") "\"],\"disabled_at\":1790000000}");
    (void)test_folder_write(folder, B ".json", "{\"uscc\":\"" B "\",\"name\":\"B\",\"certs\":[]}");
    (void)test_folder_write(folder, "README", "not a bank");
    assert_ok(hf_banks_read(folder->path, &banks, file, NULL));
    assert_int_equal(hf_banks_count(banks), 2);
    const struct hf_bank *bank = hf_banks_by_cert(banks, ones);
    assert_non_null(bank);
    assert_string_equal(bank->uscc, A);
    assert_string_equal(bank->rcpt, "uscc:" A);
    assert_int_equal(bank->disabled_unix_s, 1790000000);
    assert_null(hf_banks_by_cert(banks, unknown));
    hf_banks_free(banks);
}

static void a_folder_without_banks_knows_nobody(void **state)
{
    const struct test_folder *folder = *state;
    struct hf_banks *banks = NULL;
    char file[256] = "";
    assert_ok(hf_banks_read(folder->path, &banks, file, NULL));
    assert_null(hf_banks_by_cert(banks, ones));
    hf_banks_free(banks);
}

static void a_certificate_of_two_banks_is_refused(void **state)
{
    const struct test_folder *folder = *state;
    (void)test_folder_write(folder, B ".json",
                            "{\"uscc\":\"" B "\",\"name\":\"B\",\"certs\":[\"" CERT("1") "\"]}");
    struct hf_banks *banks = NULL;
    char file[256] = "";
    (void)test_folder_write(folder, A ".json",
                            "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[\"" CERT("1") "\"]}");
    assert_code(hf_banks_read(folder->path, &banks, file, NULL), CONFIG_INVALID);
}

static void a_digest_has_one_spelling(void **state)
{
    refuse(state, A ".json", "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[\"" CERT("A") "\"]}");
}

static void a_digest_is_whole(void **state)
{
    refuse(state, A ".json", "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[\"1111\"]}");
}

static void a_file_is_named_after_its_bank(void **state)
{
    refuse(state, B ".json", "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[]}");
}

static void an_unknown_member_is_refused(void **state)
{
    refuse(state, A ".json", "{\"uscc\":\"" A "\",\"name\":\"A\",\"certs\":[],\"trusted\":true}");
}

static void a_code_that_is_no_uscc_is_refused(void **state)
{
    refuse(state, "a.json", "{\"uscc\":\"a\",\"name\":\"A\",\"certs\":[]}");
}

static void a_missing_folder_is_not_found(void **state)
{
    (void)state;
    struct hf_banks *banks = NULL;
    char file[256] = "";
    assert_code(hf_banks_read("/nonexistent", &banks, file, NULL), NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_setup, test_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bank_is_found_by_each_of_its_certificates),
        TEST(a_folder_without_banks_knows_nobody),
        TEST(a_certificate_of_two_banks_is_refused),
        TEST(a_digest_has_one_spelling),
        TEST(a_digest_is_whole),
        TEST(a_file_is_named_after_its_bank),
        TEST(an_unknown_member_is_refused),
        TEST(a_code_that_is_no_uscc_is_refused),
        TEST(a_missing_folder_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

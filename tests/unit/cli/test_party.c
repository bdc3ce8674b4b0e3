#include "cli/party.h"

#include "cli/help.h"
#include "tests/unit/cli/tool.h"

static enum hf_exit read_party(const char *value, char party[static HF_PARTY_MAX_BYTES + 1],
                               char **ret_err)
{
    size_t n = 0;
    struct hf_cli cli = {.command = &hf_command_help, .err = open_memstream(ret_err, &n)};
    enum hf_exit code = hf_read_party(&cli, "iss", value, party);
    fclose(cli.err);
    return code;
}

static void a_party_gets_its_prefix(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"91350100M000100Y43", "uscc:91350100M000100Y43"},
                                           {"uscc:91350100M000100Y43", "uscc:91350100M000100Y43"},
                                           {"person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y",
                                            "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char party[HF_PARTY_MAX_BYTES + 1];
        char *err = NULL;
        assert_int_equal(read_party(cases[i][0], party, &err), HF_EXIT_YES);
        assert_string_equal(party, cases[i][1]);
        assert_string_equal(err, "");
        free(err);
    }
}

static void what_is_no_party_is_wrong_usage(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",        "x",          "91350100M000100Y44",
                                        "person:", "uscc:uscc:", "person:11010519491231002X"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char party[HF_PARTY_MAX_BYTES + 1] = "kept";
        char *err = NULL;
        assert_int_equal(read_party(wrong[i], party, &err), HF_EXIT_USAGE);
        assert_string_equal(party, "kept");
        assert_says(err, "--iss is neither");
        free(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_party_gets_its_prefix),
        cmocka_unit_test(what_is_no_party_is_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

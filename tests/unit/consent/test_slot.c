#include "consent/slot.h"

#include "tests/unit/unit.h"

static void names_of_lists(void **state)
{
    static const char *const bad[] = {"",
                                      "AAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAA/",
                                      "AAAAAAAAAAAAAAAAAAAAA;",
                                      "AAAAAAAAAAAAAAAAAAAAA\x80"};
    (void)state;
    assert_true(hf_slot_list_is_valid(HF_LITERAL("Az09-_AAAAAAAAAAAAAAAA")));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(hf_slot_list_is_valid(hf_bytes_of_string(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "audit/pairing.h"

#include "tests/unit/unit.h"

static void what_begins_ends_once(void **state)
{
    (void)state;
    HF_CLEANUP(hf_pairing_clear) struct hf_pairing pairing = {0};
    uint64_t lowest = 0;
    assert_code(hf_pairing_end(&pairing, 0), NOT_FOUND);
    assert_ok(hf_pairing_begin(&pairing, 7));
    assert_code(hf_pairing_begin(&pairing, 7), EXISTS);
    assert_code(hf_pairing_end(&pairing, 8), NOT_FOUND);
    assert_int_equal(hf_pairing_count(&pairing, 8, &lowest), 1);
    assert_int_equal(lowest, 7);
    assert_int_equal(hf_pairing_count(&pairing, 7, &lowest), 0);
    assert_ok(hf_pairing_end(&pairing, 7));
    assert_code(hf_pairing_end(&pairing, 7), NOT_FOUND);
}

/* Against the obvious: an array of flags, with numbers that collide and wrap. */
static void agrees_with_an_array_of_flags(void **state)
{
    (void)state;
    enum { N = 4096 };
    static bool is_open[N];
    HF_CLEANUP(hf_pairing_clear) struct hf_pairing pairing = {0};
    uint32_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525U + 1013904223U;
        uint64_t index = (seed >> 16) % N;
        hf_status status =
            is_open[index] ? hf_pairing_end(&pairing, index) : hf_pairing_begin(&pairing, index);
        assert_ok(status);
        is_open[index] = !is_open[index];
    }
    size_t n_open = 0;
    uint64_t first = N;
    uint64_t lowest = 0;
    for (size_t i = N; i > 0; i--) {
        n_open += is_open[i - 1];
        first = is_open[i - 1] ? i - 1 : first;
    }
    assert_int_equal(hf_pairing_count(&pairing, UINT64_MAX, &lowest), n_open);
    assert_int_equal(lowest, first);
}

static void there_is_a_limit(void **state)
{
    (void)state;
    struct hf_pairing pairing = {.n_open = HF_PAIRING_MAX_OPEN};
    assert_code(hf_pairing_begin(&pairing, 1), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_begins_ends_once),
        cmocka_unit_test(agrees_with_an_array_of_flags),
        cmocka_unit_test(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "audit/pairing.h"

#include "tests/unit/unit.h"

#include <stdio.h>

/* An id of its own for each number. */
static hf_bytes id_of(uint64_t number)
{
    static char ids[2][HF_PAIRING_ID_CHARS + 1];
    static int turn;
    char *id = ids[turn ^= 1];
    snprintf(id, sizeof(ids[0]), "%022llu", (unsigned long long)number);
    return hf_bytes_of_string(id);
}

static void what_begins_ends_once(void **state)
{
    (void)state;
    HF_CLEANUP(hf_pairing_clear) struct hf_pairing pairing = {0};
    uint64_t lowest = 0;
    uint64_t index = 0;
    assert_code(hf_pairing_end(&pairing, id_of(0), &index), NOT_FOUND);
    assert_ok(hf_pairing_begin(&pairing, id_of(70), 7));
    assert_code(hf_pairing_begin(&pairing, id_of(70), 8), EXISTS);
    assert_code(hf_pairing_end(&pairing, id_of(80), &index), NOT_FOUND);
    assert_int_equal(hf_pairing_count(&pairing, 8, &lowest), 1);
    assert_int_equal(lowest, 7);
    assert_int_equal(hf_pairing_count(&pairing, 7, &lowest), 0);
    assert_ok(hf_pairing_end(&pairing, id_of(70), &index));
    assert_int_equal(index, 7);
    assert_code(hf_pairing_end(&pairing, id_of(70), &index), NOT_FOUND);
}

static void what_is_no_id_is_never_found(void **state)
{
    (void)state;
    HF_CLEANUP(hf_pairing_clear) struct hf_pairing pairing = {0};
    uint64_t index = 0;
    assert_code(hf_pairing_begin(&pairing, hf_bytes_of(NULL, 0), 1), NOT_FOUND);
    assert_code(hf_pairing_begin(&pairing, HF_LITERAL("short"), 1), NOT_FOUND);
    assert_ok(hf_pairing_begin(&pairing, id_of(1), 1));
    assert_code(hf_pairing_end(&pairing, HF_LITERAL("short"), &index), NOT_FOUND);
}

/* Against the obvious: an array of flags, with homes that collide and wrap. */
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
        uint64_t begun = index;
        hf_status status = is_open[index] ? hf_pairing_end(&pairing, id_of(index), &begun)
                                          : hf_pairing_begin(&pairing, id_of(index), index);
        assert_ok(status);
        assert_int_equal(begun, index);
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
    assert_code(hf_pairing_begin(&pairing, id_of(1), 1), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_begins_ends_once),
        cmocka_unit_test(what_is_no_id_is_never_found),
        cmocka_unit_test(agrees_with_an_array_of_flags),
        cmocka_unit_test(there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

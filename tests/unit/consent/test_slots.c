#include "consent/slots.h"

#include "crypto/rand.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

#define LIST "AAAAAAAAAAAAAAAAAAAAAA"

static struct hf_slots slots;

static void no_place_is_drawn_twice(void **state)
{
    static uint8_t drawn[HF_STATUS_LIST_ENTRIES];
    struct hf_status_slot first;
    struct hf_status_slot slot;
    size_t n = 1;
    (void)state;
    hf_slots_draw(&slots, &first);
    drawn[first.idx] = 1;
    for (hf_slots_draw(&slots, &slot); strcmp(slot.list, first.list) == 0;
         hf_slots_draw(&slots, &slot)) {
        assert_true(slot.idx < HF_STATUS_LIST_ENTRIES);
        assert_int_equal(drawn[slot.idx]++, 0);
        n++;
    }
    assert_int_equal(n, HF_SLOTS_FULL); /* and then another list was begun */
    assert_true(hf_slot_list_is_valid(hf_bytes_of_string(slot.list)));
}

static void places_are_spread_over_the_list(void **state)
{
    enum { N = 4096, PARTS = 16 };
    size_t counts[PARTS] = {0};
    (void)state;
    for (size_t i = 0; i < N; i++) {
        struct hf_status_slot slot;
        hf_slots_draw(&slots, &slot);
        counts[slot.idx / (HF_STATUS_LIST_ENTRIES / PARTS)]++;
    }
    for (size_t i = 0; i < PARTS; i++) { /* 256 expected; far beyond what chance may do */
        assert_in_range(counts[i], 128, 384);
    }
}

static void a_list_that_is_resumed_knows_its_places(void **state)
{
    char name[HF_SLOT_LIST_CHARS + 1];
    struct hf_status_slot slot = {.list = LIST};
    (void)state;
    hf_slots_resume(&slots, HF_LITERAL(LIST));
    assert_false(hf_slots_name(&slots, name));
    assert_string_equal(name, LIST);
    for (slot.idx = 0; slot.idx < HF_STATUS_LIST_ENTRIES; slot.idx += 2) {
        hf_slots_take(&slots, &slot);
        hf_slots_take(&slots, &slot); /* told twice is taken once */
    }
    for (int i = 0; i < 1000; i++) {
        struct hf_status_slot drawn;
        hf_slots_draw(&slots, &drawn);
        assert_string_equal(drawn.list, LIST);
        assert_int_equal(drawn.idx % 2, 1);
    }
}

static void places_of_another_list_take_none_of_this(void **state)
{
    const struct hf_status_slot other = {.list = LIST, .idx = 7};
    const struct hf_status_slot beyond = {.list = LIST, .idx = HF_STATUS_LIST_ENTRIES};
    (void)state;
    hf_slots_take(&slots, &other);
    assert_int_equal(slots.n_taken, 0);
    hf_slots_resume(&slots, HF_LITERAL(LIST));
    hf_slots_take(&slots, &beyond);
    assert_int_equal(slots.n_taken, 0);
    hf_slots_take(&slots, &other);
    assert_int_equal(slots.n_taken, 1);
}

static void a_new_list_is_to_be_stored_once(void **state)
{
    char name[HF_SLOT_LIST_CHARS + 1];
    (void)state;
    assert_true(hf_slots_name(&slots, name));
    assert_false(hf_slots_name(&slots, name));
    assert_true(hf_slot_list_is_valid(hf_bytes_of_string(name)));
}

static int start(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    hf_slots_init(&slots);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_slots_clear(&slots);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_place_is_drawn_twice),
        TEST(places_are_spread_over_the_list),
        TEST(a_list_that_is_resumed_knows_its_places),
        TEST(places_of_another_list_take_none_of_this),
        TEST(a_new_list_is_to_be_stored_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

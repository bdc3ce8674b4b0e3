#include "consent/stored_place.h"

#include "tests/unit/consent/payload.h"

#define LIST "Az09-_AAAAAAAAAAAAAAAA"

static struct hf_stored_place place_of(enum hf_status_value value)
{
    struct hf_stored_place place = {.slot = {.list = LIST, .idx = 131071},
                                    .value = value,
                                    .exp_unix_s = 1774915200,
                                    .received_unix_s = 1767225700,
                                    .iat_unix_s = 1767225600};
    assert_ok(hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), HF_LITERAL(PAYLOAD_JTI), &place.id));
    return place;
}

static void a_key_is_read_as_it_was_written(void **state)
{
    const struct hf_stored_place place = place_of(HF_STATUS_VALID);
    const struct hf_stored_key key = hf_stored_place_key(&place.slot);
    struct hf_status_slot slot;
    (void)state;
    assert_string_equal(key.text, "i/" LIST ";131071");
    assert_true(hf_stored_place_key_read(hf_bytes_of_string(key.text), &slot));
    assert_memory_equal(&slot, &place.slot, sizeof slot);
    assert_string_equal(hf_stored_place_prefix(LIST).text, "i/" LIST ";");
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "i/" LIST ";13107",
                                      "i/" LIST ";1310711",
                                      "i/" LIST ";131072",
                                      "i/" LIST ";-00001",
                                      "i/" LIST ":000001",
                                      "x/" LIST ";000001",
                                      "i/Az09-_AAAAAAAAAAAAAAA/;000001"};
    struct hf_status_slot slot;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(hf_stored_place_key_read(hf_bytes_of_string(bad[i]), &slot));
    }
}

static void a_value_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (int value = HF_STATUS_VALID; value <= HF_STATUS_SUSPENDED; value++) {
        const struct hf_stored_place place = place_of((enum hf_status_value)value);
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(256);
        struct hf_stored_place again = {.slot = place.slot};
        assert_ok(hf_stored_place_write(&place, &text));
        assert_true(hf_stored_place_read(hf_buf_view(&text), &again));
        assert_memory_equal(&again.id, &place.id, sizeof again.id);
        assert_int_equal(again.value, place.value);
        assert_int_equal(again.exp_unix_s, place.exp_unix_s);
        assert_int_equal(again.received_unix_s, place.received_unix_s);
        assert_int_equal(again.iat_unix_s, place.iat_unix_s);
    }
}

static void damage_is_noticed(void **state)
{
    const struct hf_stored_place place = place_of(HF_STATUS_VALID);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(256);
    struct hf_stored_place again;
    (void)state;
    assert_ok(hf_stored_place_write(&place, &text));
    for (size_t n = 0; n <= 34; n++) {
        assert_false(hf_stored_place_read(hf_bytes_of(text.data, n), &again));
    }
    for (size_t i = 0; i < 34; i++) { /* the columns are digits */
        uint8_t kept = text.data[i];
        text.data[i] = 'x';
        assert_false(hf_stored_place_read(hf_buf_view(&text), &again));
        text.data[i] = kept;
    }
    text.data[0] = '3';
    assert_false(hf_stored_place_read(hf_buf_view(&text), &again));
}

static void a_buffer_that_is_too_small(void **state)
{
    const struct hf_stored_place place = place_of(HF_STATUS_VALID);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(10);
    (void)state;
    assert_code(hf_stored_place_write(&place, &text), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(a_value_is_read_as_it_was_written),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(a_buffer_that_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

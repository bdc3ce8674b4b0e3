#include "crypto/seal.h"

#include "crypto/aead.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "tests/unit/unit.h"

#define AD HF_LITERAL("log.example/hufu 7")
#define PLAIN HF_LITERAL("purpose=pre_loan")

enum { N_KEYS = 9 };
static struct hf_seal_key keys[N_KEYS];
static const struct hf_seal_key *const all[N_KEYS] = {
    &keys[0], &keys[1], &keys[2], &keys[3], &keys[4], &keys[5], &keys[6], &keys[7], &keys[8]};

static void assert_closed(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *key)
{
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(4096);
    assert_ok(hf_buf_append_string(&plain, "kept"));
    assert_code(hf_seal_open(sealed, ad, key, &plain), SEAL_INVALID);
    assert_true(hf_bytes_equal_string(hf_buf_view(&plain), "kept"));
}

static void every_recipient_opens_the_box(void **state)
{
    (void)state;
    for (size_t n = 1; n <= HF_SEAL_MAX_RECIPIENTS; n++) {
        HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
        assert_ok(hf_seal(PLAIN, AD, all, n, &sealed));
        assert_int_equal(sealed.size, PLAIN.size + hf_seal_overhead_bytes(n));
        for (size_t i = 0; i < n; i++) {
            HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(4096);
            assert_ok(hf_seal_open(hf_buf_view(&sealed), AD, &keys[i], &plain));
            assert_true(hf_bytes_equal(hf_buf_view(&plain), PLAIN));
        }
    }
}

static void the_shape_is_what_the_header_says(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    const struct hf_seal_key *const recipients[] = {&keys[0], NULL, NULL, &keys[3]};
    assert_ok(hf_seal(PLAIN, AD, recipients, 4, &sealed));
    assert_int_equal(hf_seal_overhead_bytes(2), 2 + 16 + 2 * 32 + 16);
    assert_int_equal(sealed.size, PLAIN.size + hf_seal_overhead_bytes(2));
    assert_int_equal(sealed.data[0], 4);
    assert_int_equal(sealed.data[1], 1 << 0 | 1 << 3);
}

/* The whole construction once more, from the header's words and the parts that it names. */
static void a_box_is_made_of_the_parts_that_the_header_names(void **state)
{
    (void)state;
    static const uint8_t key[HF_SEAL_KEY_BYTES] = {5};
    uint8_t opened[64];
    uint8_t data_key[HF_SHA256_BYTES];
    uint8_t bound[2 + 16 + 32 + 64];
    struct hf_seal_key recipient = {0};
    struct hf_prf_key prf_key;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal_key_init(&recipient, hf_bytes_of(key, sizeof(key))));
    const struct hf_seal_key *const recipients[] = {NULL, NULL, &recipient};
    assert_ok(hf_seal(PLAIN, AD, recipients, 3, &sealed));
    uint8_t message[10 + 16] = "hufu/wrap\2";
    memcpy(message + 10, sealed.data + 2, 16);
    hf_prf_key_init(&prf_key, key);
    hf_prf(&prf_key, hf_bytes_of(message, sizeof(message)), data_key);
    for (size_t i = 0; i < sizeof(data_key); i++) {
        data_key[i] ^= sealed.data[18 + i];
    }
    memcpy(bound, sealed.data, 50);
    memcpy(bound + 50, AD.data, AD.size);
    assert_ok(hf_aead_open_portable(data_key, hf_bytes_of(bound, 50 + AD.size),
                                    hf_bytes_of(sealed.data + 50, sealed.size - 50), opened));
    assert_memory_equal(opened, PLAIN.data, PLAIN.size);
    hf_seal_key_clear(&recipient);
}

static void a_recipient_cannot_be_moved_to_another_slot(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 1, &sealed));
    sealed.data[1] = 1 << 1;
    assert_closed(hf_buf_view(&sealed), AD, &keys[0]);
}

static void nobody_can_be_left_out_of_a_box(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf less = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    assert_ok(hf_buf_append(&less, hf_bytes_of(sealed.data, 18 + 32)));
    assert_ok(hf_buf_append(&less, hf_bytes_skip(hf_buf_view(&sealed), 18 + 64)));
    less.data[1] = 1 << 0;
    assert_closed(hf_buf_view(&less), AD, &keys[0]);
}

static void one_key_leaves_no_trace_that_returns(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf one = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf two = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 1, &one));
    assert_ok(hf_seal(PLAIN, AD, all, 1, &two));
    for (size_t at = 2; at + 4 <= one.size; at++) { /* behind version and slots */
        assert_null(memmem(two.data, two.size, one.data + at, 4));
    }
}

static void nothing_of_the_plain_text_shows(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf one = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf two = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 1, &one));
    assert_ok(hf_seal(PLAIN, AD, all, 1, &two));
    assert_null(memmem(one.data, one.size, "purpose", 7));
    assert_memory_not_equal(one.data + 10, two.data + 10, one.size - 10);
}

static void an_empty_text_is_sealed_too(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(0);
    assert_ok(hf_seal(hf_bytes_of(NULL, 0), hf_bytes_of(NULL, 0), all, 1, &sealed));
    assert_ok(hf_seal_open(hf_buf_view(&sealed), hf_bytes_of(NULL, 0), &keys[0], &plain));
    assert_int_equal(plain.size, 0);
}

static void who_is_no_recipient_opens_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    assert_closed(hf_buf_view(&sealed), AD, &keys[2]);
}

static void other_associated_data_opens_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 1, &sealed));
    assert_closed(hf_buf_view(&sealed), HF_LITERAL("log.example/hufu 8"), &keys[0]);
    assert_closed(hf_buf_view(&sealed), HF_LITERAL(""), &keys[0]);
}

static void every_changed_bit_is_noticed_by_every_recipient(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    for (size_t bit = 0; bit < sealed.size * 8; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_closed(hf_buf_view(&sealed), AD, &keys[0]);
        assert_closed(hf_buf_view(&sealed), AD, &keys[1]);
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void a_cut_box_opens_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    for (size_t n = 0; n < sealed.size; n++) {
        assert_closed(hf_bytes_of(sealed.data, n), AD, &keys[0]);
    }
}

static void counts_of_recipients_have_bounds(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_code(hf_seal(PLAIN, AD, all, 0, &sealed), BUG);
    assert_code(hf_seal(PLAIN, AD, all, HF_SEAL_MAX_RECIPIENTS + 1, &sealed), BUG);
    const struct hf_seal_key *const nobody[] = {NULL, NULL};
    assert_code(hf_seal(PLAIN, AD, nobody, 2, &sealed), BUG);
    assert_int_equal(sealed.size, 0);
}

static void associated_data_has_a_bound(void **state)
{
    (void)state;
    static const uint8_t ad[HF_SEAL_MAX_AD_BYTES + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(4096);
    assert_code(hf_seal(PLAIN, hf_bytes_of(ad, sizeof(ad)), all, 1, &sealed), BUG);
    assert_ok(hf_seal(PLAIN, hf_bytes_of(ad, sizeof(ad) - 1), all, 8, &sealed));
    assert_code(hf_seal_open(hf_buf_view(&sealed), hf_bytes_of(ad, sizeof(ad)), &keys[0], &plain),
                BUG);
    assert_ok(
        hf_seal_open(hf_buf_view(&sealed), hf_bytes_of(ad, sizeof(ad) - 1), &keys[7], &plain));
}

static void buffers_that_are_full_are_a_limit(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(PLAIN.size + hf_seal_overhead_bytes(1) - 1);
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_code(hf_seal(PLAIN, AD, all, 1, &small), LIMIT);
    assert_ok(hf_seal(PLAIN, AD, all, 1, &sealed));
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(PLAIN.size - 1);
    assert_code(hf_seal_open(hf_buf_view(&sealed), AD, &keys[0], &plain), LIMIT);
    assert_int_equal(small.size + plain.size, 0);
}

static void a_key_has_32_bytes(void **state)
{
    (void)state;
    static const uint8_t bytes[33];
    struct hf_seal_key key = {0};
    assert_code(hf_seal_key_init(&key, hf_bytes_of(bytes, 31)), KEY_MALFORMED);
    assert_code(hf_seal_key_init(&key, hf_bytes_of(bytes, 33)), KEY_MALFORMED);
    assert_null(key.prf_key.data);
    hf_seal_key_clear(&key);
}

static int set_up(void **state)
{
    (void)state;
    if (!hf_is_ok(hf_crypto_init())) {
        return 1;
    }
    for (size_t i = 0; i < N_KEYS; i++) {
        uint8_t bytes[HF_SEAL_KEY_BYTES];
        hf_rand_bytes(bytes, sizeof(bytes));
        if (!hf_is_ok(hf_seal_key_init(&keys[i], hf_bytes_of(bytes, sizeof(bytes))))) {
            return 1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KEYS; i++) {
        hf_seal_key_clear(&keys[i]);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recipient_opens_the_box),
        cmocka_unit_test(the_shape_is_what_the_header_says),
        cmocka_unit_test(a_box_is_made_of_the_parts_that_the_header_names),
        cmocka_unit_test(a_recipient_cannot_be_moved_to_another_slot),
        cmocka_unit_test(nobody_can_be_left_out_of_a_box),
        cmocka_unit_test(one_key_leaves_no_trace_that_returns),
        cmocka_unit_test(nothing_of_the_plain_text_shows),
        cmocka_unit_test(an_empty_text_is_sealed_too),
        cmocka_unit_test(who_is_no_recipient_opens_nothing),
        cmocka_unit_test(other_associated_data_opens_nothing),
        cmocka_unit_test(every_changed_bit_is_noticed_by_every_recipient),
        cmocka_unit_test(a_cut_box_opens_nothing),
        cmocka_unit_test(counts_of_recipients_have_bounds),
        cmocka_unit_test(associated_data_has_a_bound),
        cmocka_unit_test(buffers_that_are_full_are_a_limit),
        cmocka_unit_test(a_key_has_32_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#include "crypto/seal.h"

#include "crypto/rand.h"
#include "tests/unit/unit.h"

#define AD HF_LITERAL("log.example/hufu 7")
#define PLAIN HF_LITERAL("purpose=pre_loan")

enum { N_KEYS = 9 };
static struct hf_seal_key keys[N_KEYS];
static const struct hf_seal_key *const all[N_KEYS] = {
    &keys[0], &keys[1], &keys[2], &keys[3], &keys[4], &keys[5], &keys[6], &keys[7], &keys[8]};

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
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    assert_int_equal(hf_seal_overhead_bytes(2), 2 + 2 * (8 + 24 + 48) + 24 + 16);
    assert_int_equal(sealed.data[0], 1);
    assert_int_equal(sealed.data[1], 2);
    assert_memory_equal(sealed.data + 2, keys[0].kid, 8);
    assert_memory_equal(sealed.data + 82, keys[1].kid, 8);
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

static void assert_closed(hf_bytes sealed, hf_bytes ad, const struct hf_seal_key *key)
{
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(4096);
    assert_ok(hf_buf_append_string(&plain, "kept"));
    assert_code(hf_seal_open(sealed, ad, key, &plain), SEAL_INVALID);
    assert_true(hf_bytes_equal_string(hf_buf_view(&plain), "kept"));
}

static void who_is_no_recipient_opens_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    assert_ok(hf_seal(PLAIN, AD, all, 2, &sealed));
    assert_closed(hf_buf_view(&sealed), AD, &keys[2]);
}

static void a_key_under_a_recipients_kid_opens_nothing(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(4096);
    struct hf_seal_key liar = keys[2];
    memcpy(liar.kid, keys[0].kid, sizeof(liar.kid));
    assert_ok(hf_seal(PLAIN, AD, all, 1, &sealed));
    assert_closed(hf_buf_view(&sealed), AD, &liar);
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
    assert_int_equal(sealed.size, 0);
}

static void buffers_that_are_full_are_a_limit(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(100);
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
    assert_null(key.secret.data);
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
        cmocka_unit_test(nothing_of_the_plain_text_shows),
        cmocka_unit_test(an_empty_text_is_sealed_too),
        cmocka_unit_test(who_is_no_recipient_opens_nothing),
        cmocka_unit_test(a_key_under_a_recipients_kid_opens_nothing),
        cmocka_unit_test(other_associated_data_opens_nothing),
        cmocka_unit_test(every_changed_bit_is_noticed_by_every_recipient),
        cmocka_unit_test(a_cut_box_opens_nothing),
        cmocka_unit_test(counts_of_recipients_have_bounds),
        cmocka_unit_test(buffers_that_are_full_are_a_limit),
        cmocka_unit_test(a_key_has_32_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

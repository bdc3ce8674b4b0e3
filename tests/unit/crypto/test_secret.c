#include "crypto/secret.h"

#include "crypto/rand.h"
#include "tests/unit/unit.h"

static void a_secret_begins_as_zeros(void **state)
{
    (void)state;
    static const uint8_t zeros[48];
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    assert_ok(hf_secret_new(48, &secret));
    assert_int_equal(secret.size, 48);
    assert_memory_equal(secret.data, zeros, sizeof(zeros));
}

static void clearing_forgets_and_may_be_repeated(void **state)
{
    (void)state;
    struct hf_secret secret = {0};
    assert_ok(hf_secret_new(32, &secret));
    hf_secret_clear(&secret);
    assert_null(secret.data);
    assert_int_equal(secret.size, 0);
    hf_secret_clear(&secret);
}

static void more_than_there_is_is_refused(void **state)
{
    (void)state;
    struct hf_secret secret = {0};
    assert_code(hf_secret_new(SIZE_MAX, &secret), NOMEM);
    assert_null(secret.data);
}

static void equality_needs_every_byte_and_the_size(void **state)
{
    (void)state;
    assert_true(hf_secret_equal(HF_LITERAL("same"), HF_LITERAL("same")));
    assert_true(hf_secret_equal(hf_bytes_of(NULL, 0), HF_LITERAL("")));
    assert_false(hf_secret_equal(HF_LITERAL("same"), HF_LITERAL("samE")));
    assert_false(hf_secret_equal(HF_LITERAL("same"), HF_LITERAL("Same")));
    assert_false(hf_secret_equal(HF_LITERAL("same"), HF_LITERAL("sam")));
    assert_false(hf_secret_equal(HF_LITERAL("same"), HF_LITERAL("")));
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    static const char zeros[16];
    char text[16] = "fifteen letters";
    hf_wipe(text, sizeof(text));
    assert_memory_equal(text, zeros, sizeof(text));
    hf_wipe(NULL, 0);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_begins_as_zeros),
        cmocka_unit_test(clearing_forgets_and_may_be_repeated),
        cmocka_unit_test(more_than_there_is_is_refused),
        cmocka_unit_test(equality_needs_every_byte_and_the_size),
        cmocka_unit_test(wiping_leaves_zeros),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

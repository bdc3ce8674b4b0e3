/* Names instead of values: whose they are, and that they are what the document says. */
#include "policy/treat.h"

#include "tests/unit/unit.h"

static const char one[] = "911100001000044477";
static const char other[] = "91320100MA0000B22N";

static void name(const char *key_text, const char *bank, const char *value, hf_buf *out)
{
    struct hf_mac_key key;
    hf_mac_key_init(&key, hf_bytes_of_string(key_text));
    const struct hf_pseudonyms names = {&key, hf_bytes_of_string(bank)};
    assert_ok(hf_treat_pseudonym(hf_bytes_of_string(value), &names, out));
    hf_mac_key_clear(&key);
}

static bool are_same(const char *key, const char *bank, const char *value, const char *against)
{
    HF_CLEANUP(hf_buf_clear) hf_buf a = hf_buf_init(64);
    HF_CLEANUP(hf_buf_clear) hf_buf b = hf_buf_init(64);
    name("key", one, against, &a);
    name(key, bank, value, &b);
    return hf_bytes_equal(hf_buf_view(&a), hf_buf_view(&b));
}

/* Computed apart from this program, by Python's hmac and base64. */
static void it_is_what_the_document_says(void **state)
{
    static const struct {
        const char *value;
        const char *expected;
    } cases[] = {
        {"", "\"5IO326J4Q33VREFTA5S6AOXZHQ\""},
        {"6222020000000000000", "\"NIBMH2QWP7H4NGHIQWSGPQKYFQ\""},
        {"张三丰", "\"SAEMG4F3KB76R4SBRF3DYY4XEE\""},
        {"a value that does not fit into one block of the hash, being so long",
         "\"ZZGCBYAW3KRMUUINMXGQ5FZUDA\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
        const char *text = NULL;
        name("key", one, cases[i].value, &out);
        assert_ok(hf_buf_string(&out, &text));
        assert_string_equal(text, cases[i].expected);
    }
}

static void one_bank_gets_one_name(void **state)
{
    (void)state;
    assert_true(are_same("key", one, "6222020000000000000", "6222020000000000000"));
    assert_false(are_same("key", one, "6222020000000000001", "6222020000000000000"));
    assert_false(are_same("key", one, "6222020000000000000 ", "6222020000000000000"));
    assert_false(are_same("key", one, "", "6222020000000000000"));
}

static void two_banks_share_nothing(void **state)
{
    (void)state;
    assert_false(are_same("key", other, "6222020000000000000", "6222020000000000000"));
    assert_false(are_same("key", other, "", ""));
}

static void another_key_gives_another_name(void **state)
{
    (void)state;
    assert_false(are_same("kez", one, "6222020000000000000", "6222020000000000000"));
}

/* Where the bank ends and the value begins is sure: banks have one length. */
static void a_value_cannot_pose_as_anothers(void **state)
{
    (void)state;
    assert_false(are_same("key", other, ":x", "x"));
    assert_false(are_same("key", one, ":x", "x"));
}

static void without_a_key_or_a_bank_there_is_no_name(void **state)
{
    struct hf_mac_key key;
    struct hf_pseudonyms names = {NULL, hf_bytes_of_string(one)};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    (void)state;
    hf_mac_key_init(&key, HF_LITERAL("key"));
    assert_code(hf_treat_pseudonym(HF_LITERAL("x"), &names, &out), NOT_FOUND);
    names = (struct hf_pseudonyms){&key, {NULL, 0}};
    assert_code(hf_treat_pseudonym(HF_LITERAL("x"), &names, &out), NOT_FOUND);
    assert_int_equal(out.size, 0);
}

static void a_full_buffer_is_told_before_anything_is_written(void **state)
{
    struct hf_mac_key key;
    const struct hf_pseudonyms names = {&key, hf_bytes_of_string(one)};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(HF_PSEUDONYM_CHARS + 1);
    (void)state;
    hf_mac_key_init(&key, HF_LITERAL("key"));
    assert_code(hf_treat_pseudonym(HF_LITERAL("x"), &names, &out), LIMIT);
    assert_int_equal(out.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_the_document_says),
        cmocka_unit_test(one_bank_gets_one_name),
        cmocka_unit_test(two_banks_share_nothing),
        cmocka_unit_test(another_key_gives_another_name),
        cmocka_unit_test(a_value_cannot_pose_as_anothers),
        cmocka_unit_test(without_a_key_or_a_bank_there_is_no_name),
        cmocka_unit_test(a_full_buffer_is_told_before_anything_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "crypto/key_set.h"

#include "crypto/rand.h"

#include "tests/unit/unit.h"

#define KID "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" /* = RFC 8037 A.3 */
#define JWK                                                                                        \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static hf_status parse(const char *text, struct hf_key_set *ret_set, struct hf_problem *reterr)
{
    return hf_key_set_parse(hf_bytes_of_string(text), ret_set, reterr);
}

static void a_key_alone_is_a_set(void **state)
{
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    (void)state;
    assert_ok(parse(JWK, &set, NULL));
    assert_int_equal(set.n_keys, 1);
    assert_ptr_equal(hf_key_set_find(&set, HF_LITERAL(KID)), set.keys[0]);
    assert_null(hf_key_set_find(&set, HF_LITERAL("")));
}

static void what_is_written_is_read_again(void **state)
{
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set again = {.n_keys = 0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_SET_MAX_BYTES);
    static const enum hf_alg algs[] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct hf_key *key = NULL;
        assert_ok(hf_key_generate(algs[i], &key));
        assert_ok(hf_key_set_add(&set, key));
        hf_key_unref(key);
    }
    assert_ok(hf_key_set_write(&set, &text));
    assert_ok(hf_key_set_parse(hf_buf_view(&text), &again, NULL));
    assert_int_equal(again.n_keys, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(hf_key_thumbprint(again.keys[i]), hf_key_thumbprint(set.keys[i]));
        assert_false(hf_key_has_private(again.keys[i]));
    }
}

static void members_that_are_not_a_keys_are_ignored(void **state)
{
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    (void)state;
    assert_ok(parse("{\"note\":1,\"keys\":[" JWK "]}", &set, NULL)); /* = RFC 7517 5 */
    assert_int_equal(set.n_keys, 1);
}

static void a_private_key_is_refused(void **state)
{
    struct hf_key_set set = {.n_keys = 0};
    (void)state;
    assert_code(parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":"
                      "\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\":"
                      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                      &set, NULL),
                KEY_MALFORMED);
    assert_int_equal(set.n_keys, 0);
}

static void a_kid_that_is_not_the_thumbprint_is_refused(void **state)
{
    struct hf_key_set set = {.n_keys = 0};
    struct hf_problem problem = {0};
    (void)state;
    assert_code(parse("{\"keys\":[{\"kid\":\"x\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                      "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
                      &set, &problem),
                KEY_MALFORMED);
    assert_string_equal(problem.where, "keys[0].kid");
}

static void one_key_twice_is_refused(void **state)
{
    struct hf_key_set set = {.n_keys = 0};
    (void)state;
    assert_code(parse("{\"keys\":[" JWK "," JWK "]}", &set, NULL), EXISTS);
}

static void what_is_no_set_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "1",
                                        "{",
                                        "{\"keys\":1}",
                                        "{\"keys\":[]}",
                                        "{}",
                                        "{\"keys\":[1]}",
                                        "{\"keys\":[{\"keys\":[]}]}"};
    struct hf_key_set set = {.n_keys = 0};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_code(parse(texts[i], &set, NULL), KEY_MALFORMED);
    }
    assert_code(parse("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", &set, NULL),
                KEY_UNSUPPORTED);
    assert_int_equal(set.n_keys, 0);
}

static void a_set_is_bounded(void **state)
{
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_SET_MAX_BYTES + 2);
    struct hf_key *key = NULL;
    (void)state;
    for (size_t i = 0; i < HF_KEY_SET_MAX_KEYS; i++) {
        assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
        assert_ok(hf_key_set_add(&set, key));
        hf_key_unref(key);
    }
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_code(hf_key_set_add(&set, key), LIMIT);
    hf_key_unref(key);
    for (size_t i = 0; i <= HF_KEY_SET_MAX_BYTES; i++) {
        assert_ok(hf_buf_append_byte(&text, ' '));
    }
    struct hf_key_set other = {.n_keys = 0};
    assert_code(hf_key_set_parse(hf_buf_view(&text), &other, NULL), LIMIT);
}

static int start(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_alone_is_a_set),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(members_that_are_not_a_keys_are_ignored),
        cmocka_unit_test(a_private_key_is_refused),
        cmocka_unit_test(a_kid_that_is_not_the_thumbprint_is_refused),
        cmocka_unit_test(one_key_twice_is_refused),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_set_is_bounded),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}

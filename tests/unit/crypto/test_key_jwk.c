#include "crypto/key.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"

static hf_status from_text(const char *text, struct hf_key **ret_key, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    return hf_key_from_jwk(json_of(text, &arena), ret_key, reterr);
}

#define MEMBERS "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\""

/* = RFC 8037 A.2, A.3 */
static void the_key_of_rfc_8037_is_read(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    uint8_t point[32];
    uint8_t expected[32];
    assert_ok(from_text("{" MEMBERS "}", &key, NULL));
    assert_ok(hf_key_ed25519_public(key, point));
    bytes_of_hex(RFC8037_PUBLIC_HEX, expected);
    assert_memory_equal(point, expected, 32);
    assert_string_equal(hf_key_thumbprint(key), RFC8037_THUMBPRINT);
    assert_false(hf_key_has_private(key));
}

#define P256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\""
#define SM2_X "CfnfMR5UIaFQ3X0WHkvFxnIXn60YM_wHa7CP81bzUCA"
#define SM2_Y "zOpJDOJndaUtxupxjMGqYArtBfvzXghKZjL2By2prRM"
#define SM2 "\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"" SM2_X "\",\"y\":\"" SM2_Y "\""

/* = RFC 7515 A.3.1; GB/T 32918.5 Annex A in the form of the golden tokens' key set */
static void keys_of_both_curves_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *thumbprint;
        enum hf_alg alg;
    } cases[] = {{"{" P256 "}", RFC7515_THUMBPRINT, HF_ALG_ES256},
                 {"{" P256 ",\"alg\":\"ES256\"}", RFC7515_THUMBPRINT, HF_ALG_ES256},
                 {"{" SM2 "}", SM2_THUMBPRINT, HF_ALG_SM2},
                 {"{" SM2 ",\"alg\":\"SM2\"}", SM2_THUMBPRINT, HF_ALG_SM2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        assert_ok(from_text(cases[i].text, &key, NULL));
        assert_int_equal(hf_key_alg(key), cases[i].alg);
        assert_string_equal(hf_key_thumbprint(key), cases[i].thumbprint);
    }
}

static void a_curve_is_written_and_read_again(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_private(HF_ALG_SM2, SM2_D_HEX);
    HF_CLEANUP(hf_key_drop) struct hf_key *again = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
    const char *text = NULL;
    assert_ok(hf_key_write_jwk(key, &buf));
    assert_ok(hf_buf_string(&buf, &text));
    assert_string_equal(text, "{\"crv\":\"SM2\",\"kty\":\"EC\",\"x\":\"" SM2_X "\",\"y\":\"" SM2_Y
                              "\",\"alg\":\"SM2\",\"kid\":\"" SM2_THUMBPRINT "\"}");
    assert_ok(from_text(text, &again, NULL));
    assert_string_equal(hf_key_thumbprint(again), SM2_THUMBPRINT);
}

static void members_that_agree_or_are_the_callers_are_accepted(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{" MEMBERS ",\"alg\":\"Ed25519\"}",
        "{" MEMBERS ",\"alg\":\"EdDSA\",\"kid\":\"any\"}",
        "{" MEMBERS ",\"use\":\"sig\",\"key_ops\":[\"verify\"]}",
        "{" MEMBERS ",\"not_before\":1,\"not_after\":2,\"disabled_at\":3}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        assert_ok(from_text(texts[i], &key, NULL));
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_key_drop) struct hf_key *again = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1000);
    const char *text = NULL;
    assert_ok(hf_key_write_jwk(key, &buf));
    assert_ok(hf_buf_string(&buf, &text));
    assert_string_equal(text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" RFC8037_X
                              "\",\"alg\":\"Ed25519\",\"kid\":\"" RFC8037_THUMBPRINT "\"}");
    assert_ok(from_text(text, &again, NULL));
    assert_string_equal(hf_key_thumbprint(again), RFC8037_THUMBPRINT);
}

static void a_buffer_too_small_is_a_limit(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(40);
    assert_code(hf_key_write_jwk(key, &buf), LIMIT);
    assert_int_equal(buf.size, 0);
}

struct refusal {
    const char *text;
    const char *where;
};

static void assert_refused(const struct refusal *refusal, enum hf_code code)
{
    struct hf_problem problem = {0};
    struct hf_key *key = NULL;
    assert_int_equal(from_text(refusal->text, &key, &problem).code, code);
    assert_null(key);
    assert_int_equal(problem.code, code);
    assert_string_equal(problem.where, refusal->where);
    assert_string_not_equal(problem.detail, "");
}

static void keys_that_are_not_well_formed_are_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"null", ""},
        {"[]", ""},
        {"\"" RFC8037_X "\"", ""},
        {"{}", "kty"},
        {"{\"kty\":1}", "kty"},
        {"{\"kty\":\"OKP\",\"x\":\"" RFC8037_X "\"}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":null,\"x\":\"" RFC8037_X "\"}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":7}", "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "=\"}", "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH\"}",
         "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS/"
         "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
         "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
         "x"},
        {"{" MEMBERS ",\"alg\":\"ES256\"}", "alg"},
        {"{" MEMBERS ",\"y\":\"" RFC8037_X "\"}", "y"},
        {"{" P256 ",\"alg\":\"SM2\"}", "alg"},
        {"{" P256 ",\"alg\":\"Ed25519\"}", "alg"},
        {"{" SM2 ",\"alg\":\"ES256\"}", "alg"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\"}", "y"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"AA\"}", "y"},
        /* each curve's point on the other curve; a point with its coordinates swapped */
        {"{\"kty\":\"EC\",\"crv\":\"SM2\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\"}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" SM2_X "\",\"y\":\"" SM2_Y "\"}", "x"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7515_Y "\",\"y\":\"" RFC7515_X "\"}", "x"},
        {"{" MEMBERS ",\"alg\":\"HS256\"}", "alg"},
        {"{" MEMBERS ",\"alg\":1}", "alg"},
        {"{" MEMBERS ",\"use\":\"enc\"}", "use"},
        {"{" MEMBERS ",\"key_ops\":[\"sign\"]}", "key_ops"},
        {"{" MEMBERS ",\"key_ops\":\"verify\"}", "key_ops"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(&refusals[i], HF_KEY_MALFORMED);
    }
}

static void a_private_part_is_refused_and_not_ignored(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{" MEMBERS ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}", "d"},
        {"{" MEMBERS ",\"d\":null}", "d"},
        {"{" SM2 ",\"d\":\"OUUgj3shRLE_NuOKxtOflYiTk2koYLUaQvuB703348W4\"}", "d"},
        {"{" MEMBERS ",\"k\":\"AAAA\"}", "k"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(&refusals[i], HF_KEY_MALFORMED);
    }
}

static void keys_of_other_kinds_are_not_supported(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"kty\":\"oct\"}", "kty"},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "kty"},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"sm2\",\"x\":\"AA\",\"y\":\"AA\"}", "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" RFC7515_X "\",\"y\":\"" RFC7515_Y "\"}",
         "crv"},
        {"{\"kty\":\"okp\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}", "kty"},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC8037_X "\"}", "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" RFC8037_X "\"}", "crv"},
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_refused(&refusals[i], HF_KEY_UNSUPPORTED);
    }
}

static void no_value_is_no_key(void **state)
{
    (void)state;
    struct hf_key *key = NULL;
    assert_code(hf_key_from_jwk(NULL, &key, NULL), KEY_MALFORMED);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_rfc_8037_is_read),
        cmocka_unit_test(keys_of_both_curves_are_read),
        cmocka_unit_test(a_curve_is_written_and_read_again),
        cmocka_unit_test(members_that_agree_or_are_the_callers_are_accepted),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_buffer_too_small_is_a_limit),
        cmocka_unit_test(keys_that_are_not_well_formed_are_refused),
        cmocka_unit_test(a_private_part_is_refused_and_not_ignored),
        cmocka_unit_test(keys_of_other_kinds_are_not_supported),
        cmocka_unit_test(no_value_is_no_key),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

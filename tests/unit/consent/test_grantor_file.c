#include "consent/grantor_file.h"

#include "tests/unit/consent/payload.h"

#define FILE_NAME "uscc_91350100M000100Y43.jwks"
#define X_1 "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define KEY_1 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\",\"kid\":\"k1\"}"
#define GRANTOR "{\"iss\":\"" PAYLOAD_ISS "\",\"keys\":[\n  " KEY_1 "]}"

static struct hf_grantor_file file;
static struct hf_problem problem;

static int stop(void **state)
{
    (void)state;
    hf_grantor_file_clear(&file);
    return 0;
}

static void a_file_is_its_keys_and_their_places(void **state)
{
    (void)state;
    assert_ok(hf_grantor_file_parse(HF_LITERAL(GRANTOR), FILE_NAME, &file, &problem));
    assert_int_equal(file.n_keys, 1);
    assert_string_equal(file.keys[0].kid, "k1");
    assert_int_equal(file.places[0].line, 2);
    assert_int_equal(file.places[0].column, 3);
}

static void a_grantor_may_have_no_keys_yet(void **state)
{
    (void)state;
    assert_ok(hf_grantor_file_parse(HF_LITERAL("{\"iss\":\"" PAYLOAD_ISS "\",\"keys\":[]}"),
                                    FILE_NAME, &file, &problem));
    assert_int_equal(file.n_keys, 0);
}

static void a_mistake_leaves_nothing_behind(void **state)
{
    (void)state;
    char *text = text_with(GRANTOR, "]}", "," KEY_1 "]}"); /* the same kid again */
    assert_code(hf_grantor_file_parse(hf_bytes_of_string(text), FILE_NAME, &file, &problem),
                CONFIG_INVALID);
    assert_int_equal(file.n_keys, 0);
    free(text);
    assert_code(hf_grantor_file_parse(HF_LITERAL(GRANTOR), "other.jwks", &file, &problem),
                CONFIG_INVALID);
}

static void rewriting_keeps_what_it_does_not_mean(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(8192);
    char *old =
        text_with(GRANTOR, "\"kid\":\"k1\"", "\"kid\":\"k1\",\"use\":\"sig\",\"disabled_at\":99");
    struct hf_grantor_end end = {.kid = "k1", .at_unix_s = 7};
    assert_ok(hf_grantor_file_write_ended(hf_bytes_of_string(old), &end, &text));
    assert_ok(hf_grantor_file_parse(hf_buf_view(&text), FILE_NAME, &file, &problem));
    assert_int_equal(file.keys[0].disabled_at_unix_s, 7);
    assert_non_null(memmem(text.data, text.size, "\"use\":\"sig\"", 11));
    hf_buf_reset(&text);
    end.is_compromise = true;
    assert_ok(hf_grantor_file_write_ended(hf_bytes_of_string(old), &end, &text));
    hf_grantor_file_clear(&file);
    assert_ok(hf_grantor_file_parse(hf_buf_view(&text), FILE_NAME, &file, &problem));
    assert_int_equal(file.keys[0].disabled_at_unix_s, 99);
    assert_int_equal(file.keys[0].compromised_at_unix_s, 7);
    hf_buf_reset(&text);
    end.kid = "k2";
    assert_ok(hf_grantor_file_write_ended(hf_bytes_of_string(old), &end, &text));
    hf_grantor_file_clear(&file);
    assert_ok(hf_grantor_file_parse(hf_buf_view(&text), FILE_NAME, &file, &problem));
    assert_int_equal(file.keys[0].disabled_at_unix_s, 99);
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_file_is_its_keys_and_their_places, stop),
        cmocka_unit_test_teardown(a_grantor_may_have_no_keys_yet, stop),
        cmocka_unit_test_teardown(a_mistake_leaves_nothing_behind, stop),
        cmocka_unit_test_teardown(rewriting_keeps_what_it_does_not_mean, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

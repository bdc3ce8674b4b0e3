#include "consent/grantors.h"

#include "consent/grantor_file.h"
#include "tests/unit/consent/fixture.h"

#define FILE_NAME "uscc_91350100M000100Y43.jwks"
#define X_1 "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define KEY_1 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\",\"kid\":\"k1\"}"
#define EC_KEY "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"k2\"}"
#define GRANTOR                                                                                    \
    "{\"iss\":\"" PAYLOAD_ISS "\",\n"                                                              \
    "\"keys\":[\n" KEY_1 "]}"

static struct fixture fixture;
static struct hf_problem problem;

static int start(void **state)
{
    (void)state;
    fixture_open(&fixture);
    problem = (struct hf_problem){0};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static hf_status load(void)
{
    hf_grantors_unref(fixture.grantors);
    fixture.grantors = NULL;
    return hf_grantors_load(fixture.folder, &fixture.grantors, &problem);
}

static const struct hf_grantor_key *key_of(const char *iss, const char *kid)
{
    return hf_grantors_key(fixture.grantors, hf_bytes_of_string(iss), hf_bytes_of_string(kid));
}

static void keys_are_found_by_grantor_and_kid(void **state)
{
    (void)state;
    fixture_write(&fixture, FILE_NAME, GRANTOR);
    assert_ok(load());
    const struct hf_grantor_key *key = key_of(PAYLOAD_ISS, "k1");
    assert_non_null(key);
    assert_string_equal(key->iss, PAYLOAD_ISS);
    assert_int_equal(hf_key_alg(key->key), HF_ALG_ED25519);
    assert_ptr_equal(hf_grantors_any_key(fixture.grantors, HF_LITERAL("k1")), key);
    assert_null(key_of(PAYLOAD_ISS, "k2"));
    assert_null(key_of("uscc:" PAYLOAD_BANK, "k1"));
    assert_null(key_of(PAYLOAD_ISS, ""));
    assert_null(hf_grantors_any_key(fixture.grantors, (hf_bytes){NULL, 0}));
    assert_int_equal(hf_grantors_n_keys(fixture.grantors), 1);
    assert_ptr_equal(hf_grantors_key_at(fixture.grantors, 0), key);
    assert_null(hf_grantors_key_at(fixture.grantors, 1));
    struct hf_grantors *again = hf_grantors_ref(fixture.grantors);
    hf_grantors_unref(again);
}

static void an_empty_folder_knows_nobody(void **state)
{
    (void)state;
    assert_ok(load());
    assert_null(hf_grantors_any_key(fixture.grantors, HF_LITERAL("k1")));
}

static void two_grantors_may_share_a_key_but_not_a_kid(void **state)
{
    (void)state;
    char *bank = text_with(GRANTOR, PAYLOAD_ISS, "uscc:" PAYLOAD_BANK);
    fixture_write(&fixture, FILE_NAME, GRANTOR);
    fixture_write(&fixture, "uscc_" PAYLOAD_BANK ".jwks", bank);
    assert_ok(load());
    assert_string_equal(key_of(PAYLOAD_ISS, "k1")->iss, PAYLOAD_ISS);
    assert_string_equal(key_of("uscc:" PAYLOAD_BANK, "k1")->iss, "uscc:" PAYLOAD_BANK);

    struct hf_key *other = NULL;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &other));
    HF_CLEANUP(hf_buf_clear) hf_buf jwk = hf_buf_init(1024);
    const char *jwk_text;
    assert_ok(hf_key_write_jwk(other, &jwk));
    assert_ok(hf_buf_string(&jwk, &jwk_text));
    char *renamed = text_with(jwk_text, hf_key_thumbprint(other), "k1");
    char *changed = text_with(bank, KEY_1, renamed);
    fixture_write(&fixture, "uscc_" PAYLOAD_BANK ".jwks", changed);
    assert_code(load(), CONFIG_INVALID);
    /* files are read in the order of their names: the later one is to blame */
    assert_string_equal(problem.where, FILE_NAME);
    assert_int_equal(problem.line, 3);
    assert_int_equal(problem.column, 1);
    free(bank);
    free(renamed);
    free(changed);
    hf_key_unref(other);
}

static void a_key_that_is_not_served_is_known_by_name(void **state)
{
    (void)state;
    char *text = text_with(GRANTOR, "[\n", "[" EC_KEY ",\n");
    fixture_write(&fixture, FILE_NAME, text);
    assert_ok(load());
    assert_int_equal(hf_grantors_n_keys(fixture.grantors), 2);
    assert_null(key_of(PAYLOAD_ISS, "k2")->key);
    assert_non_null(key_of(PAYLOAD_ISS, "k1")->key);
    free(text);
}

/* Else its file could not be written again to disable a key. */
static void a_key_that_is_not_served_has_members_of_their_types(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\"crv\":0.5", "\"x\":7", "\"use\":[]",
                                        "\"key_ops\":\"sign\"", "\"key_ops\":[0.5]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{\"iss\":\"" PAYLOAD_ISS
                       "\",\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k2\",%s}]}",
                       wrong[i]);
        fixture_write(&fixture, FILE_NAME, text);
        assert_code(load(), CONFIG_INVALID);
    }
}

static void mistakes_have_file_line_and_attribute(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        const char *where;
        unsigned line;
    } cases[] = {
        {PAYLOAD_ISS, "uscc:" PAYLOAD_BANK, " iss", 1},
        {PAYLOAD_ISS, "x", " iss", 1},
        {"\"keys\"", "\"key\":1,\"keys\"", "", 2},
        {"\"keys\":[\n" KEY_1 "]", "\"keys\":{}", " keys", 2},
        {"\"kid\":\"k1\"", "\"kid\":\"\"", " keys[0].kid", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"a/b\"", " keys[0].kid", 3},
        {",\"kid\":\"k1\"", "", " keys[0].kid", 3},
        {KEY_1, KEY_1 "," KEY_1, " keys[1].kid", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"disable_at\":7", " keys[0]", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"d\":\"" X_1 "\"", " keys[0]", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"not_before\":\"now\"", " keys[0].not_before", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"not_before\":9,\"not_after\":9", " keys[0].not_after",
         3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"disabled_at\":0", " keys[0].disabled_at", 3},
        {X_1, "AA", " keys[0].x", 3},
        {"\"kty\":\"OKP\",", "", " keys[0].kty", 3},
        {"\"kid\":\"k1\"", "\"kid\":\"k1\",\"alg\":\"ES256\"", " keys[0].alg", 3},
        {"]}", "]", "", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char where[160];
        char *text = text_with(GRANTOR, cases[i].old, cases[i].new);
        fixture_write(&fixture, FILE_NAME, text);
        problem = (struct hf_problem){0};
        assert_code(load(), CONFIG_INVALID);
        assert_null(fixture.grantors);
        snprintf(where, sizeof where, "%s%s", FILE_NAME, cases[i].where);
        assert_string_equal(problem.where, where);
        assert_int_equal(problem.line, cases[i].line);
        free(text);
    }
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct hf_grantors *grantors = NULL;
    assert_code(hf_grantors_load("/nonexistent", &grantors, &problem), NOT_FOUND);
    char *huge = malloc(HF_GRANTOR_FILE_MAX_BYTES + 2);
    assert_non_null(huge);
    memset(huge, ' ', HF_GRANTOR_FILE_MAX_BYTES + 1);
    huge[HF_GRANTOR_FILE_MAX_BYTES + 1] = 0;
    fixture_write(&fixture, FILE_NAME, huge);
    free(huge);
    assert_code(load(), LIMIT);
    assert_string_equal(problem.where, FILE_NAME);
}

static void a_key_is_judged_at_reception_and_now(void **state)
{
    (void)state;
    struct hf_grantor_key key = {.not_before_unix_s = 100, .not_after_unix_s = 200};
    assert_code(hf_grantor_key_judge(&key, 99, 150), CONSENT_SIGNATURE_INVALID);
    assert_ok(hf_grantor_key_judge(&key, 100, 999));
    assert_ok(hf_grantor_key_judge(&key, 199, 999));
    assert_code(hf_grantor_key_judge(&key, 200, 999), CONSENT_SIGNATURE_INVALID);
    key.disabled_at_unix_s = 150;
    assert_ok(hf_grantor_key_judge(&key, 120, 149));
    assert_code(hf_grantor_key_judge(&key, 120, 150), CONSENT_REVOKED);
    assert_code(hf_grantor_key_judge(&key, 150, 150), CONSENT_SIGNATURE_INVALID);
    key = (struct hf_grantor_key){0};
    assert_ok(hf_grantor_key_judge(&key, 1, 1));
}

/* ---- changing ---- */

static hf_status add(const char *jwk, const char *iss, char kid[static HF_KID_MAX_BYTES + 1])
{
    const struct hf_json_limits limits = {8192, 4, 64, 1024};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    struct hf_grantor_addition addition = {
        .iss = iss, .not_before_unix_s = 5, .not_after_unix_s = 9};
    assert_ok(hf_json_parse(hf_bytes_of_string(jwk), &limits, &arena, &addition.jwk, NULL));
    return hf_grantor_add(fixture.folder, &addition, kid, &problem);
}

static void an_added_key_is_on_file(void **state)
{
    (void)state;
    char kid[HF_KID_MAX_BYTES + 1] = "";
    assert_ok(add(KEY_1, PAYLOAD_ISS, kid));
    assert_string_equal(kid, "k1");
    assert_ok(load());
    const struct hf_grantor_key *key = key_of(PAYLOAD_ISS, "k1");
    assert_non_null(key);
    assert_int_equal(key->not_before_unix_s, 5);
    assert_int_equal(key->not_after_unix_s, 9);
    assert_code(add(KEY_1, PAYLOAD_ISS, kid), EXISTS);
}

static void a_key_without_a_kid_is_named_by_its_thumbprint(void **state)
{
    (void)state;
    char kid[HF_KID_MAX_BYTES + 1] = "";
    assert_ok(add("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\"}", PAYLOAD_ISS, kid));
    assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"); /* RFC 8037 A.3 */
}

static void a_key_that_cannot_be_trusted_changes_nothing(void **state)
{
    (void)state;
    char kid[HF_KID_MAX_BYTES + 1] = "kept";
    assert_code(add(EC_KEY, PAYLOAD_ISS, kid), KEY_UNSUPPORTED);
    assert_code(add("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", PAYLOAD_ISS, kid),
                KEY_MALFORMED);
    assert_code(
        add("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\",\"kid\":7}", PAYLOAD_ISS, kid),
        KEY_MALFORMED);
    assert_code(add("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\",\"kid\":\"a b\"}",
                    PAYLOAD_ISS, kid),
                CONFIG_INVALID);
    assert_code(add(KEY_1, "uscc:1", kid), CONSENT_MALFORMED);
    assert_string_equal(kid, "kept");
    assert_ok(load());
    assert_int_equal(hf_grantors_n_keys(fixture.grantors), 0);
}

static void a_folder_with_a_mistake_is_not_added_to(void **state)
{
    (void)state;
    char kid[HF_KID_MAX_BYTES + 1];
    fixture_write(&fixture, FILE_NAME, "{");
    assert_code(add(KEY_1, "uscc:" PAYLOAD_BANK, kid), CONFIG_INVALID);
    char path[512];
    fixture_path(&fixture, "uscc_" PAYLOAD_BANK ".jwks", path);
    assert_int_equal(access(path, F_OK), -1);
}

static hf_status disable(const char *iss, const char *kid, int64_t at_unix_s)
{
    const struct hf_grantor_end end = {.iss = iss, .kid = kid, .at_unix_s = at_unix_s};
    return hf_grantor_disable(fixture.folder, &end, &problem);
}

static hf_status compromise(const char *kid, int64_t at_unix_s)
{
    const struct hf_grantor_end end = {
        .iss = PAYLOAD_ISS, .kid = kid, .is_compromise = true, .at_unix_s = at_unix_s};
    return hf_grantor_disable(fixture.folder, &end, &problem);
}

static void a_compromised_key_stops_what_came_from_then_on(void **state)
{
    (void)state;
    fixture_write(&fixture, FILE_NAME, GRANTOR);
    assert_ok(compromise("k1", 1000));
    assert_ok(compromise("k1", 2000)); /* the earlier moment stays */
    assert_ok(load());
    const struct hf_grantor_key *key = key_of(PAYLOAD_ISS, "k1");
    assert_int_equal(key->compromised_at_unix_s, 1000);
    assert_int_equal(key->disabled_at_unix_s, 0);
    assert_ok(hf_grantor_key_judge(key, 999, 5000)); /* came before: goes on */
    assert_code(hf_grantor_key_judge(key, 1000, 5000), CONSENT_SIGNATURE_INVALID);
    assert_ok(disable(PAYLOAD_ISS, "k1", 3000));
    assert_ok(load());
    assert_code(hf_grantor_key_judge(key_of(PAYLOAD_ISS, "k1"), 999, 5000), CONSENT_REVOKED);
}

static void disabling_keeps_the_earlier_moment_and_the_neighbours(void **state)
{
    (void)state;
    char *text = text_with(GRANTOR, "[\n", "[" EC_KEY ",\n");
    fixture_write(&fixture, FILE_NAME, text);
    free(text);
    assert_ok(disable(PAYLOAD_ISS, "k1", 1000));
    assert_ok(load());
    assert_int_equal(key_of(PAYLOAD_ISS, "k1")->disabled_at_unix_s, 1000);
    assert_int_equal(key_of(PAYLOAD_ISS, "k2")->disabled_at_unix_s, 0);
    assert_ok(disable(PAYLOAD_ISS, "k1", 2000));
    assert_ok(disable(PAYLOAD_ISS, "k2", 500)); /* unserved */
    assert_ok(load());
    assert_int_equal(key_of(PAYLOAD_ISS, "k1")->disabled_at_unix_s, 1000);
    assert_int_equal(key_of(PAYLOAD_ISS, "k2")->disabled_at_unix_s, 500);
    assert_ok(disable(PAYLOAD_ISS, "k1", 900)); /* earlier */
    assert_ok(load());
    assert_int_equal(key_of(PAYLOAD_ISS, "k1")->disabled_at_unix_s, 900);
}

static void what_is_not_there_cannot_be_disabled(void **state)
{
    (void)state;
    fixture_write(&fixture, FILE_NAME, GRANTOR);
    assert_code(disable(PAYLOAD_ISS, "k9", 1), NOT_FOUND);
    assert_code(disable("uscc:" PAYLOAD_BANK, "k1", 1), NOT_FOUND);
}

static void a_grantor_has_64_keys_at_most(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    const char *string;
    char kid[HF_KID_MAX_BYTES + 1];
    assert_ok(hf_buf_printf(&text, "{\"iss\":\"%s\",\"keys\":[", PAYLOAD_ISS));
    for (int i = 0; i < HF_GRANTOR_MAX_KEYS; i++) {
        assert_ok(hf_buf_printf(
            &text, "%s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X_1 "\",\"kid\":\"n%d\"}",
            i ? "," : "", i));
    }
    assert_ok(hf_buf_append_string(&text, "]}"));
    assert_ok(hf_buf_string(&text, &string));
    fixture_write(&fixture, FILE_NAME, string);
    assert_ok(load());
    assert_int_equal(hf_grantors_n_keys(fixture.grantors), 64);
    assert_code(add(KEY_1, PAYLOAD_ISS, kid), CONFIG_INVALID);
}

static void a_file_is_named_for_its_grantor(void **state)
{
    (void)state;
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    hf_grantor_file_name(PAYLOAD_ISS, name);
    assert_string_equal(name, FILE_NAME);
    hf_grantor_file_name(PAYLOAD_PERSON, name);
    assert_string_equal(name, "person_sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y.jwks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_found_by_grantor_and_kid, start, stop),
        cmocka_unit_test_setup_teardown(an_empty_folder_knows_nobody, start, stop),
        cmocka_unit_test_setup_teardown(two_grantors_may_share_a_key_but_not_a_kid, start, stop),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_served_has_members_of_their_types, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_served_is_known_by_name, start, stop),
        cmocka_unit_test_setup_teardown(mistakes_have_file_line_and_attribute, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error, start, stop),
        cmocka_unit_test_setup_teardown(a_key_is_judged_at_reception_and_now, start, stop),
        cmocka_unit_test_setup_teardown(an_added_key_is_on_file, start, stop),
        cmocka_unit_test_setup_teardown(a_key_without_a_kid_is_named_by_its_thumbprint, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_trusted_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_folder_with_a_mistake_is_not_added_to, start, stop),
        cmocka_unit_test_setup_teardown(a_compromised_key_stops_what_came_from_then_on, start,
                                        stop),
        cmocka_unit_test_setup_teardown(disabling_keeps_the_earlier_moment_and_the_neighbours,
                                        start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_there_cannot_be_disabled, start, stop),
        cmocka_unit_test_setup_teardown(a_grantor_has_64_keys_at_most, start, stop),
        cmocka_unit_test_setup_teardown(a_file_is_named_for_its_grantor, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

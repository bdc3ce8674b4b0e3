#include "tests/unit/consent/agreement.h"

static struct hf_arena arena;
static struct hf_agreement agreement;
static struct hf_problem problem;

static int start(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    return 0;
}

static hf_status parse(const char *name, const char *text)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 16);
    agreement = (struct hf_agreement){.n_datasets = 77};
    problem = (struct hf_problem){0};
    hf_status status =
        hf_agreement_parse(hf_bytes_of_string(text), name, &arena, &agreement, &problem);
    assert_int_equal(hf_is_ok(status), agreement.n_datasets != 77); /* outputs only on success */
    return status;
}

/* ---- the file ---- */

static void a_file_says_who_may_share_what_until_when(void **state)
{
    (void)state;
    assert_ok(parse(FILE_NAME, AGREEMENT));
    assert_string_equal(agreement.bank, PAYLOAD_BANK);
    assert_int_equal(agreement.source, HF_SOURCE_TAX);
    assert_int_equal(agreement.n_datasets, 2);
    assert_true(hf_bytes_equal_string(agreement.datasets[0], "payment"));
    assert_true(hf_bytes_equal_string(agreement.datasets[1], "rating")); /* named whole */
    assert_int_equal(agreement.purposes, HF_PURPOSE_PRE_LOAN | HF_PURPOSE_IN_LOAN);
    assert_int_equal(agreement.classes, HF_FIELD_PUBLIC | HF_FIELD_TRADE_SECRET);
    assert_int_equal(agreement.not_before_unix_s, 1000);
    assert_int_equal(agreement.not_after_unix_s, 2000);
    assert_int_equal(agreement.contact.size, 0);
}

static void what_it_reads_outlives_the_text(void **state)
{
    (void)state;
    char *text = text_with(AGREEMENT, "2000}", "2000,\"contact\":\"x\"}");
    assert_ok(parse(FILE_NAME, text));
    memset(text, 0, strlen(text));
    free(text);
    assert_true(hf_bytes_equal_string(agreement.datasets[0], "payment"));
    assert_true(hf_bytes_equal_string(agreement.contact, "x"));
}

static void dates_are_whole_days_in_shanghai(void **state)
{
    (void)state;
    char *text = text_with(AGREEMENT, "\"not_before\":1000,\"not_after\":2000",
                           "\"not_before\":\"2026-01-01\",\"not_after\":\"2026-12-31\"");
    assert_ok(parse(FILE_NAME, text));
    assert_int_equal(agreement.not_before_unix_s, 1767196800); /* 2026-01-01T00:00+08:00 */
    assert_int_equal(agreement.not_after_unix_s, 1798732800);  /* 2027-01-01T00:00+08:00 */
    free(text);
}

static void mistakes_have_line_and_attribute(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *new;
        const char *where;
        unsigned line;
    } cases[] = {
        {"\"source\":\"tax\"", "\"source\":\"bank\"", " source", 1},
        {"\"bank\":\"" PAYLOAD_BANK "\"", "\"bank\":\"1\"", " bank", 1},
        {"\"bank\":\"" PAYLOAD_BANK "\"", "\"bank\":\"91350100M000100Y43\"", "", 1},
        {"\"payment\"", "\"*\"", " datasets", 2},
        {"\"tax/rating\"", "\"samr/rating\"", " datasets", 2},
        {"\"pre_loan\"", "\"marketing\"", " purposes[0]", 2},
        {"\"public\"", "\"secret\"", " classes[0]", 3},
        {"\"not_before\":1000", "\"not_before\":-1", " not_before", 3},
        {"\"not_before\":1000", "\"not_before\":\"soon\"", " not_before", 3},
        {"\"not_after\":2000", "\"not_after\":1000", " not_after", 3},
        {"\"not_before\":1000,", "", " not_before", 1},
        {"\"not_after\":2000", "\"not_after\":2000,\"x\":1", "", 3},
        {"\"datasets\":[\"payment\",\"tax/rating\"],", "", " datasets", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char where[128];
        char *text = text_with(AGREEMENT, cases[i].old, cases[i].new);
        assert_code(parse(FILE_NAME, text), CONFIG_INVALID);
        snprintf(where, sizeof where, "%s%s", FILE_NAME, cases[i].where);
        assert_string_equal(problem.where, where);
        assert_int_equal(problem.line, cases[i].line);
        assert_true(problem.column >= 1);
        free(text);
    }
}

static void what_is_no_strict_json_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "[]", "{", "{\"bank\":1,\"bank\":1}", "{} ", "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_code(parse(FILE_NAME, wrong[i]), CONFIG_INVALID);
        assert_true(strncmp(problem.where, FILE_NAME, strlen(FILE_NAME)) == 0);
    }
}

static void a_file_is_named_for_its_content(void **state)
{
    (void)state;
    static const char *const wrong[] = {PAYLOAD_BANK ".samr.json", PAYLOAD_BANK ".tax",
                                        "91350100M000100Y43.tax.json", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_code(parse(wrong[i], AGREEMENT), CONFIG_INVALID);
        assert_string_equal(problem.where, wrong[i]);
    }
}

static void datasets_have_a_bound_and_come_once(void **state)
{
    (void)state;
    for (unsigned n = HF_AGREEMENT_MAX_DATASETS; n <= HF_AGREEMENT_MAX_DATASETS + 1; n++) {
        HF_CLEANUP(hf_buf_clear) hf_buf names = hf_buf_init(1 << 16);
        const char *list;
        for (unsigned i = 0; i < n; i++) {
            assert_ok(hf_buf_printf(&names, "%s\"d%u\"", i > 0 ? "," : "", i));
        }
        assert_ok(hf_buf_string(&names, &list));
        char *text = text_with(AGREEMENT, "\"payment\",\"tax/rating\"", list);
        hf_status status = parse(FILE_NAME, text);
        assert_int_equal(status.code, n == HF_AGREEMENT_MAX_DATASETS ? HF_OK : HF_CONFIG_INVALID);
        free(text);
    }
    char *twice = text_with(AGREEMENT, "\"tax/rating\"", "\"payment\"");
    assert_code(parse(FILE_NAME, twice), CONFIG_INVALID);
    free(twice);
}

static void want_of_memory_is_no_mistake(void **state)
{
    (void)state;
    struct hf_arena none = hf_arena_init(0);
    assert_code(hf_agreement_parse(HF_LITERAL(AGREEMENT), FILE_NAME, &none, &agreement, &problem),
                NOMEM);
}

static void an_agreement_may_say_who_answers_for_it(void **state)
{
    (void)state;
    char *text =
        text_with(AGREEMENT, "\"not_after\":2000", "\"not_after\":2000,\"contact\":\"数据处\"");
    assert_ok(parse(FILE_NAME, text));
    assert_true(hf_bytes_equal_string(agreement.contact, "数据处"));
    free(text);
    text = text_with(AGREEMENT, "\"not_after\":2000", "\"not_after\":2000,\"contact\":\"\"");
    assert_code(parse(FILE_NAME, text), CONFIG_INVALID);
    assert_string_equal(problem.where, FILE_NAME " contact");
    free(text);
}

/* ---- what the source signed ---- */

static hf_status verify_detached(const char *file, const char *signature, const struct hf_key *key)
{
    return hf_agreement_verify(hf_bytes_of_string(file), hf_bytes_of_string(signature), key,
                               &problem);
}

static void a_signature_is_of_the_whole_file_by_the_sources_key(void **state)
{
    (void)state;
    struct hf_key *key = NULL;
    struct hf_key *other = NULL;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_ok(hf_key_generate(HF_ALG_ED25519, &other));
    char *signature = sign_detached(key, "agreement+jws", AGREEMENT);
    assert_ok(verify_detached(AGREEMENT, signature, key));
    assert_code(verify_detached(AGREEMENT " ", signature, key), CONFIG_INVALID);
    assert_code(verify_detached(AGREEMENT, signature, other), CONFIG_INVALID);
    char line[HF_AGREEMENT_SIGNATURE_MAX_BYTES];
    snprintf(line, sizeof line, "%s\n", signature);
    assert_ok(verify_detached(AGREEMENT, line, key));
    snprintf(line, sizeof line, "%s\n\n", signature);
    assert_code(verify_detached(AGREEMENT, line, key), CONFIG_INVALID);
    free(signature);
    hf_key_unref(key);
    hf_key_unref(other);
}

static void what_is_no_detached_signature_of_its_type_is_refused(void **state)
{
    (void)state;
    struct hf_key *key = NULL;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    char *consent = sign_detached(key, "consent+jwt", AGREEMENT);
    char *whole = fixture_sign(key, "agreement+jws", AGREEMENT);
    assert_code(verify_detached(AGREEMENT, consent, key), CONFIG_INVALID);
    assert_code(verify_detached(AGREEMENT, whole, key), CONFIG_INVALID);
    for (const char *const *text = (const char *const[]){"", "\n", "..", "a..b", "a..b..c", NULL};
         *text; text++) {
        assert_code(verify_detached(AGREEMENT, *text, key), CONFIG_INVALID);
    }
    free(consent);
    free(whole);
    hf_key_unref(key);
}

static void a_source_key_is_one_public_jwk(void **state)
{
    (void)state;
    struct fixture fixture;
    char path[512];
    struct hf_key *key = NULL;
    fixture_open(&fixture);
    fixture_path(&fixture, "tax.jwk", path);
    assert_code(hf_agreement_key_read(path, &key, &problem), NOT_FOUND);
    assert_code(hf_agreement_key_read(fixture.folder, &key, &problem), IO);
    static const char *const wrong[] = {"", "[]", "{\"kty\":\"oct\"}",
                                        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fixture_write(&fixture, "tax.jwk", wrong[i]);
        assert_code(hf_agreement_key_read(path, &key, &problem), CONFIG_INVALID);
        assert_null(key);
    }
    fixture_write(&fixture, "tax.jwk",
                  "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                  "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");
    assert_ok(hf_agreement_key_read(path, &key, &problem));
    hf_key_unref(key);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_file_says_who_may_share_what_until_when, stop),
        cmocka_unit_test_teardown(what_it_reads_outlives_the_text, stop),
        cmocka_unit_test_teardown(dates_are_whole_days_in_shanghai, stop),
        cmocka_unit_test_teardown(mistakes_have_line_and_attribute, stop),
        cmocka_unit_test_teardown(what_is_no_strict_json_is_refused, stop),
        cmocka_unit_test_teardown(a_file_is_named_for_its_content, stop),
        cmocka_unit_test_teardown(datasets_have_a_bound_and_come_once, stop),
        cmocka_unit_test_teardown(want_of_memory_is_no_mistake, stop),
        cmocka_unit_test_teardown(an_agreement_may_say_who_answers_for_it, stop),
        cmocka_unit_test(a_signature_is_of_the_whole_file_by_the_sources_key),
        cmocka_unit_test(what_is_no_detached_signature_of_its_type_is_refused),
        cmocka_unit_test(a_source_key_is_one_public_jwk),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}

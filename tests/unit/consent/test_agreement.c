#include "consent/agreement.h"

#include "tests/unit/consent/fixture.h"

#define FILE_NAME PAYLOAD_BANK ".tax.json"
#define AGREEMENT                                                                                  \
    "{\"bank\":\"" PAYLOAD_BANK "\",\"source\":\"tax\",\n"                                         \
    " \"datasets\":[\"payment\",\"tax/rating\"],\"purposes\":[\"pre_loan\",\"in_loan\"],\n"        \
    " \"classes\":[\"public\",\"trade_secret\"],\"not_before\":1000,\"not_after\":2000}"

static struct fixture fixture;
static struct hf_agreement_keys keys;
static struct hf_agreements *agreements;
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
    hf_agreements_unref(agreements);
    agreements = NULL;
    fixture_close(&fixture);
    return 0;
}

static hf_status load(void)
{
    hf_agreements_unref(agreements);
    agreements = NULL;
    return hf_agreements_load(fixture.folder, &keys, &agreements, &problem);
}

static void load_text(const char *name, const char *text)
{
    fixture_write(&fixture, name, text);
    assert_ok(load());
}

static hf_status judge_at(const char *dataset, unsigned purposes, int64_t now, unsigned *classes)
{
    const struct hf_agreement *agreement =
        hf_agreements_find(agreements, HF_LITERAL(PAYLOAD_BANK), HF_SOURCE_TAX);
    return hf_agreement_judge(agreement, hf_bytes_of_string(dataset), purposes, now, classes);
}

static void an_agreement_bounds_dataset_purpose_class_and_time(void **state)
{
    (void)state;
    unsigned classes = 77;
    load_text(FILE_NAME, AGREEMENT);
    assert_ok(judge_at("payment", HF_PURPOSE_PRE_LOAN, 1000, &classes));
    assert_int_equal(classes, HF_FIELD_PUBLIC | HF_FIELD_TRADE_SECRET);
    assert_ok(judge_at("rating", HF_PURPOSE_IN_LOAN, 1999, &classes)); /* named whole */
    assert_ok(
        judge_at("payment", 0, 1500, &classes)); /* an access without consent has no purpose */
    classes = 77;
    assert_code(judge_at("invoice", HF_PURPOSE_PRE_LOAN, 1500, &classes), AGREEMENT_DENIED);
    assert_code(judge_at("payment", HF_PURPOSE_POST_LOAN, 1500, &classes), AGREEMENT_DENIED);
    assert_code(judge_at("payment", HF_PURPOSE_ALL, 1500, &classes), AGREEMENT_DENIED);
    assert_code(judge_at("payment", HF_PURPOSE_PRE_LOAN, 999, &classes), AGREEMENT_DENIED);
    assert_code(judge_at("payment", HF_PURPOSE_PRE_LOAN, 2000, &classes), AGREEMENT_DENIED);
    assert_int_equal(classes, 77);
}

static void no_agreement_is_a_refusal(void **state)
{
    (void)state;
    unsigned classes;
    assert_ok(load()); /* an empty folder */
    assert_code(judge_at("payment", HF_PURPOSE_PRE_LOAN, 1500, &classes), AGREEMENT_DENIED);
    load_text(FILE_NAME, AGREEMENT);
    assert_null(hf_agreements_find(agreements, HF_LITERAL(PAYLOAD_BANK), HF_SOURCE_SAMR));
    assert_null(hf_agreements_find(agreements, HF_LITERAL("91350100M000100Y43"), HF_SOURCE_TAX));
    assert_null(hf_agreements_find(agreements, HF_LITERAL("x"), HF_SOURCE_TAX));
    assert_null(hf_agreements_find(agreements, HF_LITERAL(PAYLOAD_BANK), HF_N_SOURCES));
}

static void many_agreements_are_told_apart(void **state)
{
    (void)state;
    static const char *const sources[] = {"tax", "samr", "credit", "water"};
    static const char *const banks[] = {PAYLOAD_BANK, "91350100M000100Y43"};
    for (size_t i = 0; i < 8; i++) {
        char name[64];
        char text[512];
        snprintf(name, sizeof name, "%s.%s.json", banks[i / 4], sources[i % 4]);
        snprintf(text, sizeof text,
                 "{\"bank\":\"uscc:%s\",\"source\":\"%s\",\"datasets\":[\"d%zu\"],\"purposes\":"
                 "[\"pre_loan\"],\"classes\":[\"public\"],\"not_before\":0,\"not_after\":1}",
                 banks[i / 4], sources[i % 4], i);
        fixture_write(&fixture, name, text);
    }
    assert_ok(load());
    for (size_t i = 0; i < 8; i++) {
        char dataset[8];
        enum hf_source source;
        assert_true(hf_source_by_name(hf_bytes_of_string(sources[i % 4]), &source));
        const struct hf_agreement *found =
            hf_agreements_find(agreements, hf_bytes_of_string(banks[i / 4]), source);
        assert_non_null(found);
        snprintf(dataset, sizeof dataset, "d%zu", i);
        assert_true(hf_bytes_equal_string(found->datasets[0], dataset));
    }
    struct hf_agreements *again = hf_agreements_ref(agreements);
    hf_agreements_unref(again);
}

static void dates_are_whole_days_in_shanghai(void **state)
{
    (void)state;
    unsigned classes;
    char *text = text_with(AGREEMENT, "\"not_before\":1000,\"not_after\":2000",
                           "\"not_before\":\"2026-01-01\",\"not_after\":\"2026-12-31\"");
    load_text(FILE_NAME, text);
    assert_code(judge_at("payment", 0, 1767196799, &classes), AGREEMENT_DENIED);
    assert_ok(judge_at("payment", 0, 1767196800, &classes)); /* 2026-01-01T00:00+08:00 */
    assert_ok(judge_at("payment", 0, 1798732799, &classes)); /* the last second of the year */
    assert_code(judge_at("payment", 0, 1798732800, &classes), AGREEMENT_DENIED);
    free(text);
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
        fixture_write(&fixture, FILE_NAME, text);
        assert_code(load(), CONFIG_INVALID);
        assert_null(agreements);
        snprintf(where, sizeof where, "%s%s", FILE_NAME, cases[i].where);
        assert_string_equal(problem.where, where);
        assert_int_equal(problem.line, cases[i].line);
        assert_true(problem.column >= 1);
        free(text);
    }
}

static void a_file_is_named_for_its_content(void **state)
{
    (void)state;
    fixture_write(&fixture, PAYLOAD_BANK ".samr.json", AGREEMENT);
    assert_code(load(), CONFIG_INVALID);
    assert_string_equal(problem.where, PAYLOAD_BANK ".samr.json");
}

static void what_cannot_be_read_is_no_agreement(void **state)
{
    (void)state;
    assert_code(hf_agreements_load("/nonexistent", &keys, &agreements, &problem), NOT_FOUND);
    char *huge = malloc(HF_AGREEMENT_FILE_MAX_BYTES + 2);
    assert_non_null(huge);
    memset(huge, ' ', HF_AGREEMENT_FILE_MAX_BYTES + 1);
    huge[HF_AGREEMENT_FILE_MAX_BYTES + 1] = 0;
    fixture_write(&fixture, FILE_NAME, huge);
    free(huge);
    assert_code(load(), LIMIT);
    assert_string_equal(problem.where, FILE_NAME);
}

/* ---- what the source signed ---- */

/* A detached JWS of @key over @file; the caller frees. */
static char *sign_detached(const struct hf_key *key, const char *typ, const char *file)
{
    char *token = fixture_sign(key, typ, file);
    char *first = strchr(token, '.');
    char *second = strrchr(token, '.');
    memmove(first + 1, second, strlen(second) + 1);
    return token;
}

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

static void of_a_source_that_signs_every_agreement_is_signed(void **state)
{
    (void)state;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &keys.of_source[HF_SOURCE_TAX]));
    char *signature = sign_detached(keys.of_source[HF_SOURCE_TAX], "agreement+jws", AGREEMENT);
    fixture_write(&fixture, FILE_NAME, AGREEMENT);
    assert_code(load(), CONFIG_INVALID);
    assert_string_equal(problem.where, FILE_NAME);
    fixture_write(&fixture, FILE_NAME ".jws", signature);
    assert_ok(load());
    fixture_write(&fixture, FILE_NAME, AGREEMENT "\n");
    assert_code(load(), CONFIG_INVALID);
    fixture_write(&fixture, FILE_NAME, AGREEMENT);
    hf_agreement_keys_clear(&keys);
    assert_code(load(), CONFIG_INVALID); /* a signature that nobody can check */
    free(signature);
}

static void a_source_key_is_one_public_jwk(void **state)
{
    (void)state;
    char path[512];
    struct hf_key *key = NULL;
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
}

static void an_agreement_may_say_who_answers_for_it(void **state)
{
    (void)state;
    char *text =
        text_with(AGREEMENT, "\"not_after\":2000", "\"not_after\":2000,\"contact\":\"数据处\"");
    load_text(FILE_NAME, text);
    const struct hf_agreement *agreement =
        hf_agreements_find(agreements, HF_LITERAL(PAYLOAD_BANK), HF_SOURCE_TAX);
    assert_true(hf_bytes_equal_string(agreement->contact, "数据处"));
    free(text);
    text = text_with(AGREEMENT, "\"not_after\":2000", "\"not_after\":2000,\"contact\":\"\"");
    fixture_write(&fixture, FILE_NAME, text);
    assert_code(load(), CONFIG_INVALID);
    assert_string_equal(problem.where, FILE_NAME " contact");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_agreement_bounds_dataset_purpose_class_and_time, start,
                                        stop),
        cmocka_unit_test_setup_teardown(no_agreement_is_a_refusal, start, stop),
        cmocka_unit_test_setup_teardown(many_agreements_are_told_apart, start, stop),
        cmocka_unit_test_setup_teardown(dates_are_whole_days_in_shanghai, start, stop),
        cmocka_unit_test_setup_teardown(mistakes_have_file_line_and_attribute, start, stop),
        cmocka_unit_test_setup_teardown(a_file_is_named_for_its_content, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_agreement, start, stop),
        cmocka_unit_test_setup_teardown(a_signature_is_of_the_whole_file_by_the_sources_key, start,
                                        stop),
        cmocka_unit_test_setup_teardown(what_is_no_detached_signature_of_its_type_is_refused, start,
                                        stop),
        cmocka_unit_test_setup_teardown(of_a_source_that_signs_every_agreement_is_signed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_source_key_is_one_public_jwk, start, stop),
        cmocka_unit_test_setup_teardown(an_agreement_may_say_who_answers_for_it, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

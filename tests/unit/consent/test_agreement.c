#include "tests/unit/consent/agreement.h"

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

static void a_mistake_in_one_file_is_told_with_its_name(void **state)
{
    (void)state;
    fixture_write(&fixture, PAYLOAD_BANK ".samr.json", AGREEMENT); /* of another source */
    assert_code(load(), CONFIG_INVALID);
    assert_null(agreements);
    assert_string_equal(problem.where, PAYLOAD_BANK ".samr.json");
    assert_int_equal(problem.line, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_agreement_bounds_dataset_purpose_class_and_time, start,
                                        stop),
        cmocka_unit_test_setup_teardown(no_agreement_is_a_refusal, start, stop),
        cmocka_unit_test_setup_teardown(many_agreements_are_told_apart, start, stop),
        cmocka_unit_test_setup_teardown(a_mistake_in_one_file_is_told_with_its_name, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_agreement, start, stop),
        cmocka_unit_test_setup_teardown(of_a_source_that_signs_every_agreement_is_signed, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

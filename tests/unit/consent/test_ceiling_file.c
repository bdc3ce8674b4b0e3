#include "tests/unit/consent/ceiling.h"

static void a_table_reads_all_that_a_rule_may_say(void **state)
{
    (void)state;
    struct hf_ceiling ceiling;
    struct hf_ceilings *ceilings = table(
        TABLE(RULE("\"bank\":\"uscc:" PAYLOAD_BANK "\",\"dataset\":\"tax/payment\","
                   "\"max_validity_days\":30,\"max_range_days\":1096,\"max_data_life_days\":0,"
                   "\"max_frequency\":{\"unit\":\"week\",\"count\":5},\"do\":\"clamp\"")));
    hf_ceilings_find(ceilings, HF_LITERAL(PAYLOAD_BANK), HF_PURPOSE_PRE_LOAN,
                     HF_LITERAL("tax/payment"), &ceiling);
    const uint32_t most[] = {30, 1096, 5, 0};
    for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
        assert_true(ceiling.limits[kind].is_set && ceiling.limits[kind].clamps);
        assert_int_equal(ceiling.limits[kind].most, most[kind]);
    }
    assert_int_equal(ceiling.limits[HF_CEILING_FREQUENCY].unit, HF_WINDOW_WEEK);
    hf_ceilings_free(ceilings);
    hf_ceilings_free(NULL);
}

static void a_table_with_a_mistake_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *where;
    } rows[] = {
        {"[]", ""},
        {"{}", "rules"},
        {"{\"rules\":[]", ""},
        {"{\"rules\":[],\"version\":1}", ""},
        {TABLE("{\"max_range_days\":1,\"do\":\"clamp\"}"), "rules[0].purpose"},
        {TABLE("{\"purpose\":\"loan\",\"max_range_days\":1,\"do\":\"clamp\"}"), "rules[0].purpose"},
        {TABLE(RULE("\"max_range_days\":1")), "rules[0].do"},
        {TABLE(RULE("\"max_range_days\":1,\"do\":\"warn\"")), "rules[0].do"},
        {TABLE(RULE("\"do\":\"clamp\"")), "rules[0]"},
        {TABLE(RULE("\"max_range_days\":0,\"do\":\"clamp\"")), "rules[0].max_range_days"},
        {TABLE(RULE("\"max_validity_days\":4000,\"do\":\"clamp\"")), "rules[0].max_validity_days"},
        {TABLE(RULE("\"max_data_life_days\":-1,\"do\":\"clamp\"")), "rules[0].max_data_life_days"},
        {TABLE(RULE("\"max_range_day\":1,\"do\":\"clamp\"")), "rules[0]"},
        {TABLE(RULE("\"max_frequency\":5,\"do\":\"clamp\"")), "rules[0].max_frequency"},
        {TABLE(RULE("\"max_frequency\":{\"unit\":\"year\",\"count\":1},\"do\":\"clamp\"")),
         "rules[0].max_frequency.unit"},
        {TABLE(RULE("\"max_frequency\":{\"unit\":\"day\",\"count\":0},\"do\":\"clamp\"")),
         "rules[0].max_frequency.count"},
        {TABLE(RULE("\"max_frequency\":{\"unit\":\"day\",\"count\":1001},\"do\":\"clamp\"")),
         "rules[0].max_frequency.count"},
        {TABLE(RULE("\"bank\":\"911100001000044470\",\"max_range_days\":1,\"do\":\"clamp\"")),
         "rules[0].bank"},
        {TABLE(RULE("\"dataset\":\"payment\",\"max_range_days\":1,\"do\":\"clamp\"")),
         "rules[0].dataset"},
        {TABLE(RULE("\"max_range_days\":1,\"do\":\"clamp\"") "," RULE(
             "\"max_range_days\":2,\"max_validity_days\":1,\"do\":\"reject\"")),
         "rules[1]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hf_ceilings *ceilings = NULL;
        problem = (struct hf_problem){0};
        assert_code(hf_ceilings_parse(hf_bytes_of_string(rows[i].text), &ceilings, &problem),
                    CONFIG_INVALID);
        assert_null(ceilings);
        assert_string_equal(problem.where, rows[i].where);
        assert_true(problem.line == 1);
    }
}

static void one_place_may_have_several_rules_of_different_limits(void **state)
{
    (void)state;
    struct hf_ceilings *ceilings =
        table(TABLE(RULE("\"max_range_days\":1,\"do\":\"clamp\"") "," RULE(
            "\"max_validity_days\":7,\"do\":\"reject\"")));
    struct hf_ceiling ceiling;
    hf_ceilings_find(ceilings, HF_LITERAL(PAYLOAD_BANK), HF_PURPOSE_PRE_LOAN,
                     HF_LITERAL("tax/payment"), &ceiling);
    assert_int_equal(ceiling.limits[HF_CEILING_RANGE].most, 1);
    assert_int_equal(ceiling.limits[HF_CEILING_VALIDITY].most, 7);
    hf_ceilings_free(ceilings);
}

static void a_table_has_a_bound(void **state)
{
    (void)state;
    for (unsigned n = HF_CEILINGS_MAX_RULES; n <= HF_CEILINGS_MAX_RULES + 1; n++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CEILINGS_FILE_MAX_BYTES);
        struct hf_ceilings *ceilings = NULL;
        assert_ok(hf_buf_append_string(&text, "{\"rules\":["));
        for (unsigned i = 0; i < n; i++) {
            assert_ok(hf_buf_printf(&text,
                                    "%s{\"purpose\":\"pre_loan\",\"dataset\":\"tax/d%u\","
                                    "\"max_range_days\":1,\"do\":\"clamp\"}",
                                    i > 0 ? "," : "", i));
        }
        assert_ok(hf_buf_append_string(&text, "]}"));
        hf_status status = hf_ceilings_parse(hf_buf_view(&text), &ceilings, &problem);
        assert_int_equal(hf_is_ok(status), n == HF_CEILINGS_MAX_RULES);
        assert_true(hf_is_ok(status) || strcmp(problem.where, "rules") == 0);
        hf_ceilings_free(ceilings);
    }
}

static void a_table_is_read_from_its_file(void **state)
{
    (void)state;
    struct fixture fixture;
    char path[512];
    struct hf_ceilings *ceilings = NULL;
    fixture_open(&fixture);
    fixture_path(&fixture, "ceilings.json", path);
    assert_code(hf_ceilings_load(path, &ceilings, &problem), NOT_FOUND);
    assert_code(hf_ceilings_load(fixture.folder, &ceilings, &problem), IO);
    fixture_write(&fixture, "ceilings.json", TABLE(RULE("\"max_range_days\":1,\"do\":\"clamp\"")));
    assert_ok(hf_ceilings_load(path, &ceilings, &problem));
    hf_ceilings_free(ceilings);
    char *large = calloc(1, HF_CEILINGS_FILE_MAX_BYTES + 2);
    assert_non_null(large);
    memset(large, ' ', HF_CEILINGS_FILE_MAX_BYTES + 1);
    fixture_write(&fixture, "ceilings.json", large);
    free(large);
    assert_code(hf_ceilings_load(path, &ceilings, &problem), LIMIT);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_reads_all_that_a_rule_may_say),
        cmocka_unit_test(a_table_with_a_mistake_is_refused_at_its_place),
        cmocka_unit_test(one_place_may_have_several_rules_of_different_limits),
        cmocka_unit_test(a_table_has_a_bound),
        cmocka_unit_test(a_table_is_read_from_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

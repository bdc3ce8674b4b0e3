/*
 * What is left of the ways past redaction that tests/lint/evasion.py counts: those that no test of
 * a module tells already. Each document is redacted in chunks of all sizes (redact_assert.h).
 */
#include "policy/view_node.h"
#include "tests/unit/policy/redact_assert.h"

#include <stdlib.h>

static const char named[] =
    "{\"phone\":\"string keep\",\"Phone\":\"string drop\",\"n\":\"integer keep\"}";

static void case_06_another_case_is_another_name(void **state)
{
    (void)state;
    redacts("{\"phone\":\"string drop\",\"n\":\"integer keep\"}",
            "{\"PHONE\":\"CANARY\",\"Phone\":\"CANARY\",\"phonE\":\"CANARY\",\"N\":1,\"n\":2}",
            "{\"n\":2}");
    redacts("{\"phone\":\"string keep\"}", "{\"PHONE\":\"CANARY\",\"\\u0050hone\":\"CANARY\"}",
            "{}");
    redacts(named, "{\"Phone\":\"CANARY\",\"phone\":\"1\"}", "{\"phone\":\"1\"}");
}

static void case_07_a_space_or_nul_behind_a_name(void **state)
{
    (void)state;
    static const char *const tails[] = {" ", "\\u0000", "\\u0020", "\\t", "\\u00a0", "\\ufeff"};
    char document[96];
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        snprintf(document, sizeof document, "{\"phone%s\":\"CANARY\",\"%sphone\":\"CANARY\"}",
                 tails[i], tails[i]);
        redacts(named, document, "{}");
    }
    struct redacting redacting = redacting_of(named);
    assert_breaks(&redacting, HF_LITERAL("{\"phone\0\":\"CANARY\"}"), "control", "{");
    hf_view_unref(redacting.view);
}

enum { N_TRIED = 1 << 18 };

static int by_hash(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* Two names with one hash under @seed. */
static void find_pair(uint64_t seed, char first[static 16], char second[static 16])
{
    uint64_t *tried = calloc(N_TRIED, sizeof *tried);
    assert_non_null(tried);
    for (unsigned i = 0; i < N_TRIED; i++) {
        snprintf(first, 16, "k%u", i);
        tried[i] = (uint64_t)hf_name_hash((const uint8_t *)first, strlen(first), seed) << 32 | i;
    }
    qsort(tried, N_TRIED, sizeof *tried, by_hash);
    unsigned at = 1;
    while (at < N_TRIED && tried[at] >> 32 != tried[at - 1] >> 32) {
        at++;
    }
    assert_in_range(at, 1, N_TRIED - 1);
    snprintf(first, 16, "k%u", (unsigned)tried[at - 1]);
    snprintf(second, 16, "k%u", (unsigned)tried[at]);
    free(tried);
}

/* The bytes of a name decide, and its hash only where to look. */
static void case_14_names_that_share_a_hash(void **state)
{
    (void)state;
    char first[16];
    char second[16];
    char view[64];
    char document[128];
    char expected[64];
    find_pair(0, first, second);
    snprintf(view, sizeof view, "{\"%s\":\"string keep\"}", first);
    snprintf(document, sizeof document, "{\"%s\":\"CANARY\",\"%s\":\"1\"}", second, first);
    snprintf(expected, sizeof expected, "{\"%s\":\"1\"}", first);
    struct redacting redacting = redacting_of(view);
    assert_int_equal(redacting.view->root->members.seed, 0);
    hf_view_unref(redacting.view);
    redacts(view, document, expected);
}

static void case_22_json_and_base64_in_a_text(void **state)
{
    (void)state;
    redacts("{\"t\":\"string scan\",\"sfz\":\"string drop\"}",
            "{\"t\":\"{\\\"sfz\\\":\\\"440524188001010014\\\"}\",\"sfz\":\"CANARY\"}",
            "{\"t\":\"{\\\"sfz\\\":\\\"******************\\\"}\"}");
    /* base64 of an identifier is none to anybody who only reads: dropped by policy, or not at all
     */
    redacts("{\"t\":\"string scan\"}", "{\"t\":\"eyJzZnoiOiJDQU5BUlkifQ==\"}",
            "{\"t\":\"eyJzZnoiOiJDQU5BUlkifQ==\"}");
}

static void case_23_markup_in_a_text(void **state)
{
    (void)state;
    redacts("{\"t\":\"string scan\"}",
            "{\"t\":\"<b>13800138000</b><!--13900139000--><a href=\\\"tel:+8613800138000\\\">\"}",
            "{\"t\":\"<b>***********</b><!--***********--><a href=\\\"tel:+*************\\\">\"}");
    redacts("{\"t\":\"string keep\",\"u\":\"string drop\"}",
            "{\"t\":\"]]>&lt;\\/t>\",\"u\":\"<t>CANARY</t>\"}", "{\"t\":\"]]>&lt;\\/t>\"}");
}

/* A limit: neither half is an identifier; docs/catalog-and-policy.md says so. */
static void case_35_each_half_stays(void **state)
{
    (void)state;
    redacts("{\"l\":[\"string scan\"]}", "{\"l\":[\"1990000\",\"0001\"]}",
            "{\"l\":[\"1990000\",\"0001\"]}");
}

static void case_41_edges_of_numbers_under_rounding(void **state)
{
    (void)state;
    redacts("[\"decimal round=1000\"]",
            "[1E3,1000.0,-0,499.999,500,-500,1499.9999999999999999999,1e400,1e-400,"
            "123456789012345678901234567890]",
            "[1000,1000,0,0,1000,-1000,1000,123456789012345678901234568000]");
    redacts("[\"integer round=5\"]", "[-0,2,3,-3,1E3,1000.0]", "[0,0,5,-5]");
}

static void case_41_edges_of_ranges(void **state)
{
    (void)state;
    redacts("[\"decimal bucket=0,1000\"]",
            "[1E3,1000.0,999.9999999999999999999999999999,-0,-1e-400,1e400,-1e400,0e999999999999,"
            "123456789012345678901234567890]",
            "[\"1000..\",\"1000..\",\"0..1000\",\"0..1000\",\"..0\",\"1000..\",\"..0\","
            "\"0..1000\",\"1000..\"]");
}

static void case_43_a_character_that_is_cut_by_the_end(void **state)
{
    (void)state;
    static const char *const ends[] = {"{\"a\":\"\xe4",         "{\"a\":\"\xe4\xb8",
                                       "{\"a\":\"\xf0\x9f\x98", "{\"a\":\"\\ud83d",
                                       "{\"a\":\"\\ud83d\\ude", "{\"\xe4\xb8"};
    static const char *const views[] = {"{\"a\":\"string keep\"}", "{\"a\":\"string mask=1,1\"}",
                                        "{\"a\":\"string scan\"}", "{\"a\":\"string drop\"}"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        for (size_t j = 0; j < sizeof views / sizeof views[0]; j++) {
            struct redacting redacting = redacting_of(views[j]);
            struct redacted cut = redact_all_ways(&redacting, hf_bytes_of_string(ends[i]));
            assert_string_equal(cut.problem.where, "truncated");
            assert_true(hf_bytes_starts_with(HF_LITERAL("{\"a\":\""), hf_buf_view(&cut.out)));
            redacted_clear(&cut);
            hf_view_unref(redacting.view);
        }
    }
}

/* A limit that docs/threat-model.md tells: how long an answer is hangs on what was kept alone. */
static void case_54_length_tells_how_much_was_kept(void **state)
{
    (void)state;
    static const char view[] = "{\"a\":\"string mask=0,0\",\"b\":\"string drop\"}";
    redacts(view, "{\"a\":\"1234\",\"b\":\"CANARY\"}", "{\"a\":\"****\"}");
    redacts(view, "{\"a\":\"12345\",\"b\":\"CANARY CANARY CANARY\"}", "{\"a\":\"*****\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_06_another_case_is_another_name),
        cmocka_unit_test(case_07_a_space_or_nul_behind_a_name),
        cmocka_unit_test(case_14_names_that_share_a_hash),
        cmocka_unit_test(case_22_json_and_base64_in_a_text),
        cmocka_unit_test(case_23_markup_in_a_text),
        cmocka_unit_test(case_35_each_half_stays),
        cmocka_unit_test(case_41_edges_of_numbers_under_rounding),
        cmocka_unit_test(case_41_edges_of_ranges),
        cmocka_unit_test(case_43_a_character_that_is_cut_by_the_end),
        cmocka_unit_test(case_54_length_tells_how_much_was_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

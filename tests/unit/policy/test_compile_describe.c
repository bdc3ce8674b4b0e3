#include "policy/compile_describe.h"

#include "tests/unit/policy/compile_fixture.h"

static const char CATALOG[] = FIXTURE_GET(
    "{\"dataset\":\"payment\",\"subject\":\"uscc\",\"rows\":\"/rows\"}",
    "{\"properties\":{\"u\":{\"type\":\"string\",\"maxLength\":18,\"x-hufu\":{\"class\":\"public\","
    "\"subject_echo\":true}},\"rows\":{\"items\":{\"properties\":{\"day\":{\"type\":\"string\","
    "\"x-hufu\":{\"class\":\"public\",\"date\":true}},\"sum\":{\"type\":[\"integer\",\"number\","
    "\"null\"],\"x-hufu\":{\"class\":\"trade_secret\"}},\"b\\\"c\":{}}}}}}");

static void the_text_of_a_view_is_canonical(void **state)
{
    (void)state;
    static const char EXPECTED[] = "hufu view 1\n"
                                   "operation GET /tax/p/{uscc}\n"
                                   "dataset tax/payment\n"
                                   "subject legal\n"
                                   "rows \"rows\"\n"
                                   "range 2024-01-01..2025-12-31\n"
                                   "leaf \"u\" string public keep max=18 echo\n"
                                   "leaf \"rows[].day\" date public truncate_date quarter date\n"
                                   "leaf \"rows[].sum\" integer|number trade_secret round 5 "
                                   "nullable\n"
                                   "leaf \"rows[].b\\\"c\" untyped none drop\n";
    uint8_t digest[HF_SHA256_BYTES];
    compile_open(CATALOG, RULES("{\"when\":{\"field\":\"rows[].day\"},\"do\":\"truncate_date\","
                                "\"to\":\"quarter\"},{\"when\":{\"class\":\"public\"},\"do\":"
                                "\"keep\"},{\"when\":{},\"do\":\"round\",\"step\":5}"));
    compile_add(compile_scope());
    compile_compile();
    hf_sha256_of(HF_LITERAL(EXPECTED), digest);
    assert_memory_equal(compile_view->digest, digest, sizeof(digest));
}

static void the_head_names_operation_subject_and_range(void **state)
{
    (void)state;
    hf_buf text = hf_buf_init(1024);
    const struct hf_view_range none = {.bounded = false};
    compile_open(CATALOG, RULES(""));
    compile_request.subject_kind = HF_SUBJECT_SOLE_TRADER;
    assert_ok(hf_describe_head(&text, &compile_request, &none));
    assert_true(hf_bytes_equal_string(hf_buf_view(&text),
                                      "hufu view 1\noperation GET /tax/p/{uscc}\ndataset "
                                      "tax/payment\nsubject sole_trader\nrows \"rows\"\nrange "
                                      "none\n"));
    hf_buf_clear(&text);
}

static void the_head_says_that_the_answer_is_lines(void **state)
{
    (void)state;
    hf_buf text = hf_buf_init(1024);
    const struct hf_view_range none = {.bounded = false};
    compile_open(CATALOG, RULES(""));
    struct hf_operation of_lines = *compile_request.operation;
    of_lines.media = HF_MEDIA_NDJSON;
    compile_request.operation = &of_lines;
    assert_ok(hf_describe_head(&text, &compile_request, &none));
    assert_true(hf_bytes_equal_string(hf_buf_view(&text),
                                      "hufu view 1\noperation GET /tax/p/{uscc}\ndataset "
                                      "tax/payment\nsubject legal\nlines\nrows \"rows\"\nrange "
                                      "none\n"));
    hf_buf_clear(&text);
}

static void each_treatment_has_its_line(void **state)
{
    (void)state;
    static const struct hf_edge EDGES[] = {{.n_chars = 2, .text = "-5"},
                                           {.n_chars = 4, .text = "2.50"}};
    static const struct {
        struct hf_treatment treatment;
        const char *line;
    } LINES[] = {
        {{.kind = HF_TREAT_DROP}, "leaf \"a\" string public drop\n"},
        {{.kind = HF_TREAT_NULL}, "leaf \"a\" string public null\n"},
        {{.kind = HF_TREAT_MASK, .keep_first = 3, .keep_last = 12},
         "leaf \"a\" string public mask 3 12\n"},
        {{.kind = HF_TREAT_ROUND, .step = {1000, 0}}, "leaf \"a\" string public round 1000\n"},
        {{.kind = HF_TREAT_ROUND, .step = {5, 3}}, "leaf \"a\" string public round 0.005\n"},
        {{.kind = HF_TREAT_ROUND, .step = {250, 2}}, "leaf \"a\" string public round 2.50\n"},
        {{.kind = HF_TREAT_BUCKET, .edges = {EDGES, 2}},
         "leaf \"a\" string public bucket -5,2.50\n"},
        {{.kind = HF_TREAT_TRUNCATE_DATE, .to = HF_DATE_UNIT_YEAR},
         "leaf \"a\" string public truncate_date year\n"},
    };
    struct hf_catalog *catalog = fixture_compiled(FIXTURE_GET(FIXTURE_NOTE, FIXTURE_OBJECT));
    const struct hf_schema_field *leaf =
        fixture_field(hf_catalog_operation(catalog, 0)->answer, "a");
    for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++) {
        hf_buf text = hf_buf_init(256);
        const char *string = "";
        assert_ok(hf_describe_leaf(&text, leaf, &LINES[i].treatment));
        assert_ok(hf_describe_owner(&text, leaf, NULL, 0));
        assert_ok(hf_buf_string(&text, &string));
        assert_string_equal(string, LINES[i].line);
        hf_buf_clear(&text);
    }
    hf_catalog_free(catalog);
}

static void a_full_buffer_is_told(void **state)
{
    (void)state;
    hf_buf text = hf_buf_init(20);
    const struct hf_view_range none = {.bounded = false};
    compile_open(CATALOG, RULES(""));
    assert_code(hf_describe_head(&text, &compile_request, &none), LIMIT);
    hf_buf_clear(&text);
}

static void views_that_differ_have_digests_that_differ(void **state)
{
    (void)state;
    uint8_t before[HF_SHA256_BYTES];
    compile_open(CATALOG, RULES("{\"when\":{},\"do\":\"keep\"}"));
    struct hf_grant_scope *scope = compile_add(compile_scope());
    compile_compile();
    memcpy(before, compile_view->digest, sizeof(before));
    compile_compile();
    assert_memory_equal(compile_view->digest, before, sizeof(before));
    scope->range.last_day++;
    compile_compile();
    assert_memory_not_equal(compile_view->digest, before, sizeof(before));
    *scope = compile_scope();
    scope->classes = 0;
    compile_compile();
    assert_memory_not_equal(compile_view->digest, before, sizeof(before));
}

#define TEST(name) cmocka_unit_test_teardown(name, compile_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_text_of_a_view_is_canonical),
        TEST(the_head_names_operation_subject_and_range),
        TEST(the_head_says_that_the_answer_is_lines),
        TEST(each_treatment_has_its_line),
        TEST(a_full_buffer_is_told),
        TEST(views_that_differ_have_digests_that_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

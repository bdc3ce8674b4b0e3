/* The redactor as a whole: its interface, its limits, and every way of cutting the input. */
#include "tests/unit/policy/redact_assert.h"

#include <stdlib.h>

static const char one[] = "{\"a\":\"string keep\"}";

static hf_status push_text(struct hf_redact *redact, const char *text, hf_buf *out,
                           struct hf_problem *problem)
{
    return hf_redact_push(redact, hf_bytes_of_string(text), out, problem);
}

static struct hf_redact *new_redact(const struct redacting *redacting)
{
    struct hf_redact *redact = NULL;
    assert_ok(hf_redact_new(redacting->view, REDACTING_ABOUT(hf_bytes_of(NULL, 0)),
                            &redacting->limits, &redact));
    return redact;
}

static const char busy_view[] =
    "{\"s\":\"string keep\",\"m\":\"string keep max=9\",\"k\":\"string mask=1,2\","
    "\"n\":\"decimal keep\",\"r\":\"decimal round=0.5\",\"b\":\"boolean keep nullable\","
    "\"\xe5\x90\x8d\":\"string keep echo\",\"x\":\"*\",\"l\":[\"rows\",{\"d\":\"date month date\","
    "\"v\":\"integer keep\",\"t\":\"string keep max=5\",\"o\":{\"e\":\"date drop date\"}}]}";

static const char busy_document[] =
    "\n{ \"s\" : \"\\u4e2d\\ud83d\\ude00 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80 \\\"\\\\\", "
    "\"m\":\"\xe4\xb8\xad\xe6\x96\x87\\u0041\xc3\xa9\",\"unknown \\u0041\":[1,{\"s\":\"\\n\"}],"
    "\"k\":\"13\\u0039\xe4\xb8\xad\\u0034\",\"n\":-1.50e+3,\"r\":-2.25,\"b\" :\tnull,"
    "\"\\u540d\":\"M\\u0065\",\"x\":[true,false,[],{}],\"l\":["
    "{\"d\":\"2025-01-31\",\"v\":1,\"t\":\"12345\",\"o\":{\"e\":\"20250101\"}},"
    "{\"d\":\"2025-01-31\",\"v\":2,\"o\":{}},{\"o\":{\"e\":\"2024\"},\"d\":\"2025\"},"
    "{\"t\":\"123456\",\"o\":{\"e\":\"2025-06-01T00:00:00Z\",\"z\":0},\"d\":\"2025\",\"v\":-0}],"
    "\"after\":\"\\/\"}\r\n";

static struct redacting busy(void)
{
    const struct hf_view_range range = {.bounded = true, .from_day = 20089, .to_day = 20453};
    struct redacting redacting = {.view = redacting_view(busy_view, &range),
                                  .subject = "Me",
                                  .limits = hf_redact_limits_default()};
    assert_non_null(redacting.view);
    return redacting;
}

static void a_subject_over_its_limit_is_refused(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    char subject[HF_REDACT_MAX_SUBJECT_BYTES + 1];
    memset(subject, '1', sizeof subject);
    struct hf_redact *redact = NULL;
    assert_code(hf_redact_new(redacting.view, REDACTING_ABOUT(hf_bytes_of(subject, sizeof subject)),
                              &redacting.limits, &redact),
                LIMIT);
    assert_null(redact);
    assert_ok(hf_redact_new(redacting.view,
                            REDACTING_ABOUT(hf_bytes_of(subject, sizeof subject - 1)),
                            &redacting.limits, &redact));
    hf_redact_free(redact);
    hf_redact_free(NULL);
    hf_view_unref(redacting.view);
}

static void a_redactor_keeps_its_view_alive(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    hf_view_unref(redacting.view);
    assert_ok(push_text(redact, "{\"a\":\"1\"}", &out, NULL));
    assert_ok(hf_redact_finish(redact, &out, NULL));
    assert_text(hf_buf_view(&out), "{\"a\":\"1\"}");
    hf_redact_free(redact);
}

/* Whatever it was in the middle of: a held row, a cut escape, a fault. */
static void a_redactor_that_is_reset_is_like_a_new_one(void **state)
{
    (void)state;
    static const char *const left_behind[] = {"", "{\"l\":[{\"d\":\"2025\",\"t\":\"1",
                                              "{\"s\":\"\\ud83d\\u", "{\"n\":12", "{]"};
    struct redacting redacting = busy();
    hf_bytes document = HF_LITERAL(busy_document);
    struct redacted expected = redacting_run(&redacting, document, 0);
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1 << 16);
    for (size_t i = 0; i < sizeof left_behind / sizeof left_behind[0]; i++) {
        hf_ignore(push_text(redact, left_behind[i], &out, NULL));
        hf_buf_reset(&out);
        assert_ok(hf_redact_reset(redact, redacting.view, REDACTING_ABOUT(HF_LITERAL("Me")),
                                  &redacting.limits));
        assert_ok(hf_redact_push(redact, document, &out, NULL));
        assert_ok(hf_redact_finish(redact, &out, NULL));
        assert_true(hf_bytes_equal(hf_buf_view(&out), hf_buf_view(&expected.out)));
        assert_memory_equal(hf_redact_stats(redact), &expected.stats, sizeof expected.stats);
    }
    hf_redact_free(redact);
    redacted_clear(&expected);
    hf_view_unref(redacting.view);
}

static void a_redactor_is_reset_to_another_view_and_limit(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    struct redacting other = redacting_of("[\"integer keep\"]");
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    char subject[HF_REDACT_MAX_SUBJECT_BYTES + 1];
    memset(subject, '1', sizeof subject);
    assert_code(hf_redact_reset(redact, other.view,
                                REDACTING_ABOUT(hf_bytes_of(subject, sizeof subject)),
                                &other.limits),
                LIMIT);
    assert_ok(push_text(redact, "{\"a\":\"1\"}", &out, NULL));
    hf_view_unref(redacting.view); /* now only the redactor holds it */
    other.limits.max_body_bytes = 3;
    assert_ok(
        hf_redact_reset(redact, other.view, REDACTING_ABOUT(hf_bytes_of(NULL, 0)), &other.limits));
    hf_view_unref(other.view);
    assert_code(push_text(redact, "[12]", &out, NULL), SOURCE_MALFORMED);
    assert_text(hf_buf_view(&out), "{\"a\":\"1\"}[");
    hf_redact_free(redact);
}

static void output_is_appended_as_soon_as_it_is_known_to_pass(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    assert_ok(hf_buf_append_string(&out, "before:"));
    assert_ok(push_text(redact, "{\"a\"", &out, NULL));
    assert_text(hf_buf_view(&out), "before:{");
    assert_ok(hf_redact_push(redact, hf_bytes_of(NULL, 0), &out, NULL));
    assert_ok(push_text(redact, ":\"12", &out, NULL));
    assert_text(hf_buf_view(&out), "before:{\"a\":\"12");
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

static void what_may_be_taken_back_is_held(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("{\"a\":\"string keep max=4\"}");
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    assert_ok(push_text(redact, "{\"a\":\"1234", &out, NULL));
    assert_text(hf_buf_view(&out), "{");
    assert_ok(push_text(redact, "\"}", &out, NULL));
    assert_text(hf_buf_view(&out), "{\"a\":\"1234\"}");
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

static void a_fault_is_for_ever(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1024);
    struct hf_problem problem = {0};
    assert_code(push_text(redact, "{\"a\":\"1\",!", &out, &problem), SOURCE_MALFORMED);
    assert_int_equal(problem.offset, 9);
    assert_string_equal(problem.where, "name");
    problem = (struct hf_problem){0};
    assert_code(push_text(redact, "\"b\":1}", &out, &problem), SOURCE_MALFORMED);
    assert_int_equal(problem.offset, 9);
    assert_code(hf_redact_finish(redact, &out, NULL), SOURCE_MALFORMED);
    assert_text(hf_buf_view(&out), "{\"a\":\"1\"");
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

static void a_problem_never_holds_a_value(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    static const char *const documents[] = {"{\"a\":\"CANARY\x01\"}", "{\"a\":CANARY}",
                                            "{\"CANARY\"!", "{\"a\":\"CANARY\",\"a\":1}"};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        struct redacted redacted = redacting_run(&redacting, hf_bytes_of_string(documents[i]), 0);
        assert_code(redacted.status, SOURCE_MALFORMED);
        assert_null(strstr(redacted.problem.detail, "CANARY"));
        assert_null(strstr(redacted.problem.where, "CANARY"));
        redacted_clear(&redacted);
    }
    hf_view_unref(redacting.view);
}

static void a_body_over_its_limit_is_a_fault(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    redacting.limits.max_body_bytes = 9;
    assert_becomes(&redacting, HF_LITERAL("{\"a\":\"1\"}"), "{\"a\":\"1\"}");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"12\"}"), "body_length", "{\"a\":\"12\"");
    assert_breaks(&redacting, HF_LITERAL("{\"a\":\"1\"} "), "body_length", "{\"a\":\"1\"}");
    hf_view_unref(redacting.view);
}

/* For every size of the output buffer: what fits is a prefix of the whole, and then no more. */
static void a_full_output_buffer_is_an_error_and_leaves_a_prefix(void **state)
{
    (void)state;
    static const char document[] =
        "{\"a\":\"a string that is long enough for more than one copy of thirty-two bytes\","
        "\"n\":-12.5,\"x\":\"X\",\"m\":\"13912345678\",\"r\":[{\"d\":\"2025\",\"v\":\"\\u4e2d\"}]}";
    struct redacting redacting =
        redacting_of("{\"a\":\"string keep\",\"n\":\"decimal round=0.5\",\"m\":\"string mask=3,4\","
                     "\"r\":[{\"d\":\"date year\",\"v\":\"string keep max=3\"}]}");
    struct redacted whole = redacting_run(&redacting, HF_LITERAL(document), 0);
    assert_ok(whole.status);
    for (size_t limit = 0; limit < whole.out.size; limit++) {
        struct hf_redact *redact = new_redact(&redacting);
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(limit);
        struct hf_problem problem = {0};
        assert_code(push_text(redact, document, &out, &problem), LIMIT);
        assert_string_equal(problem.where, "output");
        assert_true(hf_bytes_starts_with(hf_buf_view(&whole.out), hf_buf_view(&out)));
        assert_code(hf_redact_finish(redact, &out, NULL), LIMIT);
        hf_redact_free(redact);
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

/* A treatment may write more than it reads: where that fills the output, nothing is left out. */
static void a_treated_value_that_does_not_fit_is_an_error_too(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(
        "{\"r\":[\"decimal round=0.000000001\"],\"a_name_longer_than_its_value\":\"decimal "
        "round=0.5\",\"m\":\"string mask=3,4\"}");
    HF_CLEANUP(hf_buf_clear) hf_buf document = hf_buf_init(1024);
    assert_ok(hf_buf_append_string(&document, "{\"r\":[1"));
    for (int i = 0; i < 60; i++) {
        assert_ok(hf_buf_append_string(&document, ",1"));
    }
    assert_ok(hf_buf_append_string(&document,
                                   "],\"a_name_longer_than_its_value\":7,\"m\":\"13912345678\"}"));
    struct redacted whole = redacting_run(&redacting, hf_buf_view(&document), 0);
    assert_ok(whole.status);
    for (size_t limit = document.size; limit < whole.out.size; limit++) {
        struct hf_redact *redact = new_redact(&redacting);
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(limit);
        assert_code(hf_redact_push(redact, hf_buf_view(&document), &out, NULL), LIMIT);
        assert_true(hf_bytes_starts_with(hf_buf_view(&whole.out), hf_buf_view(&out)));
        hf_redact_free(redact);
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

static void output_of_one_push_keeps_to_its_bound(void **state)
{
    (void)state;
    static const struct {
        const char *view;
        const char *unit;
    } cases[] = {{"[\"decimal round=0.000000001\"]", "1e64,"},
                 {"[\"decimal round=0.000000001\"]", "-1e9,"},
                 {"[\"decimal bucket=-12345678.123456789,-12345678.123456788\"]", "1,"},
                 {"[\"integer bucket=-12345678901.234567,12345678901.234567\"]", "1,"},
                 {"[\"integer pseudonym\"]", "1,"},
                 {"[\"any null\"]", "1,"},
                 {"[\"string mask=0,0\"]", "\"\","},
                 {"[\"date quarter\"]", "\"2025-01\","},
                 {"[{}]", "{},"},
                 {"[[\"*\"]]", "[],"}};
    static char document[8192];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redacting redacting = redacting_of(cases[i].view);
        size_t n = 0;
        document[n++] = '[';
        while (n < 8000) {
            n += (size_t)snprintf(document + n, sizeof document - n, "%s", cases[i].unit);
        }
        document[n - 1] = ']';
        struct redacted redacted = redacting_run(&redacting, hf_bytes_of(document, n), 0);
        assert_ok(redacted.status);
        assert_true(redacted.max_out_bytes <= hf_redact_max_out_bytes(&redacting.limits, n) -
                                                  redacting.limits.max_hold_bytes * 3 / 2);
        redacted_clear(&redacted);
        hf_view_unref(redacting.view);
    }
}

/* A name of 256 characters to escape, and a value that is masked, wait for their last byte. */
static void output_that_was_begun_keeps_to_its_bound(void **state)
{
    (void)state;
    char text[16384];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"");
    for (unsigned i = 0; i < HF_VIEW_MAX_NAME_BYTES; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "\\u0001");
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "\":\"");
    size_t n_name = n;
    snprintf(text + n, sizeof text - n, "string mask=64,64\"}");
    struct redacting redacting = redacting_of(text);
    redacting.limits.max_hold_bytes = 64;
    for (n = n_name; n < n_name + 6 * 1024;) {
        n += (size_t)snprintf(text + n, sizeof text - n, "\\u0001");
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "\"}");
    struct redacted redacted = redacting_run(&redacting, hf_bytes_of(text, n), 1);
    assert_ok(redacted.status);
    assert_true(redacted.max_out_bytes > 3000);
    assert_true(redacted.max_out_bytes <= hf_redact_max_out_bytes(&redacting.limits, 1));
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* --- every way of cutting --- */

static void a_busy_document_becomes_what_it_should(void **state)
{
    (void)state;
    struct redacting redacting = busy();
    assert_becomes(
        &redacting, HF_LITERAL(busy_document),
        "{\"s\":\"\\u4e2d\\ud83d\\ude00 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80 \\\"\\\\\","
        "\"m\":\"\xe4\xb8\xad\xe6\x96\x87\\u0041\xc3\xa9\",\"k\":\"*****\",\"n\":-1.50e+3,"
        "\"r\":-2.5,\"b\":null,\"\xe5\x90\x8d\":\"M\\u0065\",\"l\":["
        "{\"d\":\"2025-01\",\"v\":1,\"t\":\"12345\",\"o\":{}},{\"o\":{},\"d\":\"2025\",\"v\":-0}]"
        "}");
    hf_view_unref(redacting.view);
}

static void every_chunk_size_of_a_busy_document_gives_the_same(void **state)
{
    (void)state;
    struct redacting redacting = busy();
    hf_bytes document = HF_LITERAL(busy_document);
    struct redacted whole = redacting_run(&redacting, document, 0);
    for (size_t n = 1; n <= document.size; n++) {
        struct redacted pieces = redacting_run(&redacting, document, n);
        struct redacted halves = redacting_cut(&redacting, document, n);
        assert_null(redacted_difference(&whole, &pieces));
        assert_null(redacted_difference(&whole, &halves));
        redacted_clear(&pieces);
        redacted_clear(&halves);
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

/* Whatever byte is wrong, and however the input is cut: the same fault at the same place. */
static void a_fault_is_the_same_for_every_cut(void **state)
{
    (void)state;
    static const char spoilers[] = {'"', '\\', ',', '}', ']', 'x', '\0', '\x80', '\xe4', ':', '1'};
    struct redacting redacting = busy();
    static char document[sizeof busy_document];
    size_t size = sizeof busy_document - 1;
    for (size_t at = 0; at < size; at += 1) {
        memcpy(document, busy_document, sizeof document);
        document[at] = spoilers[at % sizeof spoilers];
        struct redacted whole = redacting_run(&redacting, hf_bytes_of(document, size), 0);
        for (size_t n = 1; n < size; n = n < 8 ? n + 1 : n * 3) {
            struct redacted pieces = redacting_run(&redacting, hf_bytes_of(document, size), n);
            assert_null(redacted_difference(&whole, &pieces));
            redacted_clear(&pieces);
        }
        redacted_clear(&whole);
    }
    hf_view_unref(redacting.view);
}

/* About 64 KiB: the busy members over and over. */
static hf_buf large_document(void)
{
    hf_buf document = hf_buf_init(1 << 20);
    const char *members = strchr(busy_document, '{') + 1;
    size_t n_members = (size_t)(strrchr(busy_document, '}') - members);
    assert_ok(hf_buf_append_byte(&document, '['));
    while (document.size < (64 << 10)) {
        assert_ok(hf_buf_append_string(&document, document.size > 1 ? " ,{" : "{"));
        assert_ok(hf_buf_append(&document, hf_bytes_of(members, n_members)));
        assert_ok(hf_buf_append_byte(&document, '}'));
    }
    assert_ok(hf_buf_append_byte(&document, ']'));
    return document;
}

/* Every size when HUFU_DEEP is 1: that takes half a minute, and minutes under a sanitizer. */
static size_t step_of_sizes(void)
{
    const char *deep = getenv("HUFU_DEEP");
    return deep && strcmp(deep, "1") == 0 ? 1 : 61;
}

static void every_chunk_size_up_to_64_kib_gives_the_same_bytes(void **state)
{
    (void)state;
    const size_t step = step_of_sizes();
    char view[1024];
    snprintf(view, sizeof view, "[%s]", busy_view);
    const struct hf_view_range range = {.bounded = true, .from_day = 20089, .to_day = 20453};
    struct redacting redacting = {.view = redacting_view(view, &range),
                                  .subject = "Me",
                                  .limits = hf_redact_limits_default()};
    assert_non_null(redacting.view);
    HF_CLEANUP(hf_buf_clear) hf_buf document = large_document();
    struct redacted whole = redacting_run(&redacting, hf_buf_view(&document), 0);
    assert_ok(whole.status);
    size_t n_sizes = 0;
    for (size_t n = 1; n <= 64 << 10; n += step, n_sizes++) {
        struct redacted pieces = redacting_run(&redacting, hf_buf_view(&document), n);
        assert_null(redacted_difference(&whole, &pieces));
        redacted_clear(&pieces);
    }
    print_message("# %zu of 65536 chunk sizes\n", n_sizes);
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

/* Good data for ten megabytes, then a fault: all before it has left, and nothing after. */
static void a_fault_after_ten_megabytes_ends_a_clean_prefix(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of("[\"string keep\"]");
    struct hf_redact *redact = new_redact(&redacting);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(1 << 20);
    static char chunk[10001];
    for (size_t i = 0; i < 10000; i += 10) {
        snprintf(chunk + i, sizeof chunk - i, "\"1234\", 1,");
    }
    assert_ok(push_text(redact, "[", &out, NULL));
    for (int i = 0; i < 1000; i++) {
        assert_ok(push_text(redact, chunk, &out, NULL));
        hf_buf_reset(&out);
    }
    struct hf_problem problem = {0};
    assert_code(push_text(redact, "\"5\",]", &out, &problem), SOURCE_MALFORMED);
    assert_int_equal(problem.offset, 10000005);
    assert_text(hf_buf_view(&out), ",\"5\"");
    assert_true(out.capacity_bytes < 32 << 10);
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_over_its_limit_is_refused),
        cmocka_unit_test(a_redactor_keeps_its_view_alive),
        cmocka_unit_test(a_redactor_that_is_reset_is_like_a_new_one),
        cmocka_unit_test(a_redactor_is_reset_to_another_view_and_limit),
        cmocka_unit_test(output_is_appended_as_soon_as_it_is_known_to_pass),
        cmocka_unit_test(what_may_be_taken_back_is_held),
        cmocka_unit_test(a_fault_is_for_ever),
        cmocka_unit_test(a_problem_never_holds_a_value),
        cmocka_unit_test(a_body_over_its_limit_is_a_fault),
        cmocka_unit_test(a_full_output_buffer_is_an_error_and_leaves_a_prefix),
        cmocka_unit_test(a_treated_value_that_does_not_fit_is_an_error_too),
        cmocka_unit_test(output_of_one_push_keeps_to_its_bound),
        cmocka_unit_test(output_that_was_begun_keeps_to_its_bound),
        cmocka_unit_test(a_busy_document_becomes_what_it_should),
        cmocka_unit_test(every_chunk_size_of_a_busy_document_gives_the_same),
        cmocka_unit_test(a_fault_is_the_same_for_every_cut),
        cmocka_unit_test(every_chunk_size_up_to_64_kib_gives_the_same_bytes),
        cmocka_unit_test(a_fault_after_ten_megabytes_ends_a_clean_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

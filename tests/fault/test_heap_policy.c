/*
 * Catalog, policy, view and redactor when memory runs out: what was handed out before is a prefix
 * of what would have left, never anything else.
 */
#include "base/file.h"
#include "policy/catalog.h"
#include "policy/rule.h"

#include "tests/support/bad_heap.h"
#include "tests/unit/policy/compile_fixture.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 512, MAX_OUT_BYTES = 1 << 20 };

struct trial {
    hf_buf catalog_text;
    hf_buf policy_text;
    hf_buf document;
    hf_buf whole; /* what leaves when nothing fails; empty until the first run */
    struct hf_catalog *catalog;
    struct hf_policy *policy;
    struct hf_compiled_view *view;
    hf_buf out;
};

static int set_up(void **state)
{
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    (void)fixture_file("examples/catalogs/tax.json", &trial->catalog_text);
    (void)fixture_file("examples/policy.json", &trial->policy_text);
    (void)fixture_file("examples/sources/tax/payment/" COMPILE_A ".json", &trial->document);
    trial->whole = hf_buf_init(MAX_OUT_BYTES);
    *state = trial;
    return 0;
}

static int tear_down(void **state)
{
    struct trial *trial = *state;
    hf_buf_clear(&trial->catalog_text);
    hf_buf_clear(&trial->policy_text);
    hf_buf_clear(&trial->document);
    hf_buf_clear(&trial->whole);
    free(trial);
    return 0;
}

static hf_status compile(struct trial *trial)
{
    struct hf_problems problems = {0};
    const struct hf_grant_scope scope = compile_scope();
    HF_TRY(hf_catalog_compile(hf_buf_view(&trial->catalog_text), &problems, &trial->catalog));
    HF_TRY(hf_policy_compile(hf_buf_view(&trial->policy_text), &problems, &trial->policy));
    const struct hf_view_request request = {
        .generation = 1,
        .operation = hf_catalog_find(trial->catalog, HF_LITERAL("GET /payment/{uscc}.json")),
        .policy = trial->policy,
        .bank = HF_LITERAL(COMPILE_BANK),
        .purpose = HF_PURPOSE_PRE_LOAN,
        .actions = HF_ACTION_QUERY,
        .subject_kind = HF_SUBJECT_LEGAL,
        .agreement_classes = HF_FIELD_ALL,
        .scopes = &scope,
        .n_scopes = 1};
    return hf_view_compile(&request, &trial->view);
}

static hf_status push_all(struct trial *trial, struct hf_redact *redact)
{
    hf_bytes rest = hf_buf_view(&trial->document);
    while (rest.size > 0) {
        hf_bytes chunk = rest.size > CHUNK_BYTES ? hf_bytes_of(rest.data, CHUNK_BYTES) : rest;
        HF_TRY(hf_redact_push(redact, chunk, &trial->out, NULL));
        rest = hf_bytes_skip(rest, chunk.size);
    }
    return hf_redact_finish(redact, &trial->out, NULL);
}

static hf_status compile_and_redact(void *context)
{
    struct trial *trial = context;
    const struct hf_redact_limits limits = hf_redact_limits_default();
    const struct hf_redact_access access = {.subject = HF_LITERAL(COMPILE_A)};
    struct hf_redact *redact = NULL;
    trial->out = hf_buf_init(MAX_OUT_BYTES);
    HF_TRY(compile(trial));
    HF_TRY(hf_redact_new(trial->view->view, &access, &limits, &redact));
    hf_status status = push_all(trial, redact);
    hf_redact_free(redact);
    return status;
}

static void check(void *context, hf_status status)
{
    struct trial *trial = context;
    hf_bytes out = hf_buf_view(&trial->out);
    if (trial->whole.size == 0) {
        assert_ok(hf_buf_append(&trial->whole, out));
        assert_true(out.size > 100);
    }
    assert_true(out.size <= trial->whole.size);
    assert_memory_equal(out.data ? out.data : (const uint8_t *)"", trial->whole.data, out.size);
    assert_true(!hf_is_ok(status) || out.size == trial->whole.size);
    hf_buf_clear(&trial->out);
    hf_compiled_view_unref(trial->view);
    hf_policy_free(trial->policy);
    hf_catalog_free(trial->catalog);
    trial->view = NULL;
    trial->policy = NULL;
    trial->catalog = NULL;
}

static void what_leaves_is_a_prefix_when_one_allocation_fails(void **state)
{
    const struct bad_heap_scenario scenario = {
        .run = compile_and_redact, .check = check, .context = *state};
    assert_true(bad_heap_sweep(BAD_HEAP_ONCE, &scenario) > 20);
}

static void what_leaves_is_a_prefix_when_memory_is_out(void **state)
{
    const struct bad_heap_scenario scenario = {
        .run = compile_and_redact, .check = check, .context = *state};
    assert_true(bad_heap_sweep(BAD_HEAP_DRY, &scenario) > 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_leaves_is_a_prefix_when_one_allocation_fails),
        TEST(what_leaves_is_a_prefix_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

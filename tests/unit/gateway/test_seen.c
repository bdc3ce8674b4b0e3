#include "gateway/seen.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static struct hf_seen *seen;

static int start(void **state)
{
    (void)state;
    assert_ok(hf_seen_new(&seen));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_seen_free(seen);
    hf_seen_free(NULL);
    return 0;
}

static void an_id_is_used_once(void **state)
{
    (void)state;
    assert_ok(hf_seen_note(seen, HF_LITERAL("a"), 100, 160));
    assert_code(hf_seen_note(seen, HF_LITERAL("a"), 100, 160), EXISTS);
    assert_code(hf_seen_note(seen, HF_LITERAL("a"), 160, 220), EXISTS); /* its last second */
    assert_ok(hf_seen_note(seen, HF_LITERAL("b"), 100, 160));
    assert_ok(hf_seen_note(seen, HF_LITERAL("a"), 161, 220));
}

static void what_does_not_fit_is_not_let_in(void **state)
{
    (void)state;
    unsigned n_full = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", i);
        hf_status status = hf_seen_note(seen, hf_bytes_of_string(id), 100, 160);
        n_full += status.code == HF_LIMIT;
        assert_true(hf_is_ok(status) || status.code == HF_LIMIT);
    }
    assert_true(n_full >= 200000 - 8192 * 8);
    assert_code(hf_seen_note(seen, HF_LITERAL("0"), 100, 160), EXISTS); /* nothing was pushed out */
    assert_ok(hf_seen_note(seen, HF_LITERAL("0"), 161, 220));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_id_is_used_once, start, stop),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_not_let_in, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

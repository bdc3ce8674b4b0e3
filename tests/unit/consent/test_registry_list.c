#include "tests/unit/consent/registry.h"

#define FETCH_9 "\"fetch\":{\"max_total\":9}"

static struct hf_registry_page page;

static void give(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char jti[32];
        snprintf(jti, sizeof jti, "c-%024u", i);
        struct hf_token *token = token_of(jti, FETCH_9);
        hf_entry_unref(admitted(token));
        hf_token_unref(token);
    }
    reopen(); /* it is stored now */
}

static hf_status list(const char *iss, const char *after)
{
    return hf_registry_list(registry, iss, hf_bytes_of_string(after), &page);
}

static void an_issuer_without_consents_has_an_empty_list(void **state)
{
    (void)state;
    give(2);
    assert_ok(list("uscc:" PAYLOAD_BANK, ""));
    assert_int_equal(page.n_entries, 0);
    assert_string_equal(page.next, "");
}

static void pages_follow_one_another_without_gap_or_twin(void **state)
{
    (void)state;
    enum { N = 2 * HF_REGISTRY_PAGE + 7 };
    char next[sizeof page.next] = "";
    unsigned n_seen = 0;
    give(N);
    do {
        assert_ok(list(PAYLOAD_ISS, next));
        for (size_t i = 0; i < page.n_entries; i++, n_seen++) {
            char jti[32];
            snprintf(jti, sizeof jti, "c-%024u", n_seen);
            assert_string_equal(hf_entry_facts(page.entries[i])->id.jti, jti);
        }
        memcpy(next, page.next, sizeof next);
        hf_registry_page_clear(&page);
    } while (next[0]);
    assert_int_equal(n_seen, N);
}

static void a_full_last_page_has_no_next(void **state)
{
    (void)state;
    give(HF_REGISTRY_PAGE);
    assert_ok(list(PAYLOAD_ISS, ""));
    assert_int_equal(page.n_entries, HF_REGISTRY_PAGE);
    assert_string_equal(page.next, "");
    hf_registry_page_clear(&page);
}

static void a_place_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const places[] = {"x", "01774915200", "01774915200;short",
                                         "01774915200;c-0123456789012345678901;more", ";;"};
    give(1);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        assert_code(list(PAYLOAD_ISS, places[i]), REQUEST_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_issuer_without_consents_has_an_empty_list, start, stop),
        cmocka_unit_test_setup_teardown(pages_follow_one_another_without_gap_or_twin, start, stop),
        cmocka_unit_test_setup_teardown(a_full_last_page_has_no_next, start, stop),
        cmocka_unit_test_setup_teardown(a_place_that_is_none_is_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

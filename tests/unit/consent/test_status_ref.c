#include "consent/status_ref.h"

#include "consent/members.h"

#include "tests/unit/unit.h"

static struct hf_problem problem;

static hf_status read_text(const char *text, struct hf_status_ref *ret_ref)
{
    static const char *const names[] = {"status", NULL};
    static const struct hf_json_limits limits = {4096, 6, 64, 1024};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    struct hf_members members = {
        .text = hf_bytes_of_string(text), .code = HF_CONSENT_MALFORMED, .reterr = &problem};
    problem = (struct hf_problem){0};
    assert_ok(hf_members_parse(&members, &limits, &arena, names));
    return hf_status_ref_read(&members, ret_ref);
}

static void what_is_written_is_read(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    const struct hf_status_ref ref = {"https://gw.example.test/status/a", HF_STATUS_IDX_MAX};
    struct hf_status_ref again;
    const char *string;
    (void)state;
    assert_ok(hf_buf_append_string(&text, "{\"status\":"));
    assert_ok(hf_status_ref_write(&ref, &text));
    assert_ok(hf_buf_append_string(&text, "}"));
    assert_ok(hf_buf_string(&text, &string));
    assert_ok(read_text(string, &again));
    assert_string_equal(again.uri, ref.uri);
    assert_int_equal(again.idx, ref.idx);
}

static void none_is_none(void **state)
{
    struct hf_status_ref ref;
    (void)state;
    assert_ok(read_text("{}", &ref));
    assert_string_equal(ref.uri, "");
}

static void mistakes_are_blamed(void **state)
{
    static const struct {
        const char *text;
        const char *where;
    } mistakes[] = {
        {"{\"status\":1}", "status"},
        {"{\"status\":{}}", "status.status_list"},
        {"{\"status\":{\"other\":{}}}", "status"},
        {"{\"status\":{\"status_list\":{\"idx\":0}}}", "status.status_list.uri"},
        {"{\"status\":{\"status_list\":{\"uri\":\"https://a\"}}}", "status.status_list.idx"},
        {"{\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"https://a\"}}}",
         "status.status_list.idx"},
        {"{\"status\":{\"status_list\":{\"idx\":16777216,\"uri\":\"https://a\"}}}",
         "status.status_list.idx"},
        {"{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"http://a\"}}}",
         "status.status_list.uri"},
        {"{\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"https://a\",\"x\":1}}}",
         "status.status_list"},
    };
    struct hf_status_ref ref;
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_code(read_text(mistakes[i].text, &ref), CONSENT_MALFORMED);
        assert_string_equal(problem.where, mistakes[i].where);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(none_is_none),
        cmocka_unit_test(mistakes_are_blamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

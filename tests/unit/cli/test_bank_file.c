#include "cli/bank_file.h"

#include "tests/unit/unit.h"

#define USCC "911100001000044477"
#define NAME USCC ".json"
#define CERT "43aa45ff0bec203b6ec62659de7d461047c52457f3dbcbb5434ee4958d54cd34"

static hf_status parse(const char *text, const char *name, struct hf_bank_file *file,
                       struct hf_problem *reterr)
{
    return hf_bank_file_parse(hf_bytes_of_string(text), name, file, reterr);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct hf_bank_file again;
    struct hf_bank_file file = {.uscc = USCC,
                                .name = "\"quoted\" \xe7\x94\xb2",
                                .certs = {CERT},
                                .n_certs = 1,
                                .disabled_at_unix_s = 1790000000};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
    assert_ok(hf_bank_file_print(&file, &text));
    assert_ok(hf_bank_file_parse(hf_buf_view(&text), NAME, &again, NULL));
    assert_memory_equal(&file, &again, sizeof(file));
}

static void an_enabled_bank_has_no_moment(void **state)
{
    (void)state;
    struct hf_bank_file file;
    assert_ok(parse("{\"uscc\":\"" USCC "\",\"name\":\"x\",\"certs\":[]}", NAME, &file, NULL));
    assert_int_equal(file.disabled_at_unix_s, 0);
    assert_int_equal(file.n_certs, 0);
    assert_false(hf_bank_file_has_cert(&file, CERT));
}

static void mistakes_are_refused_and_placed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *where;
    } mistakes[] = {
        {"[]", ""},
        {"{\"uscc\":\"" USCC "\",\"name\":\"x\",\"certs\":[],\"x\":1}", ""},
        {"{\"name\":\"x\",\"certs\":[]}", "uscc"},
        {"{\"uscc\":\"911100001000044478\",\"name\":\"x\",\"certs\":[]}", "uscc"},
        {"{\"uscc\":\"91100000100003962T\",\"name\":\"x\",\"certs\":[]}", "uscc"},
        {"{\"uscc\":\"" USCC "\",\"certs\":[]}", "name"},
        {"{\"uscc\":\"" USCC "\",\"name\":\"\",\"certs\":[]}", "name"},
        {"{\"uscc\":\"" USCC "\",\"name\":\"x\"}", "certs"},
        {"{\"uscc\":\"" USCC "\",\"name\":\"x\",\"certs\":[\"" CERT "\",\"" CERT "\"]}",
         "certs[1]"},
        {"{\"uscc\":\"" USCC "\",\"name\":\"x\",\"certs\":[\"43AA45FF0bec203b6ec62659de7d461047c524"
         "57f3dbcbb5434ee4958d54cd34\"]}",
         "certs[0]"},
        {"{\"uscc\":\"" USCC "\",\"name\":\"x\",\"certs\":[],\"disabled_at\":0}", "disabled_at"},
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct hf_problem problem = {0};
        struct hf_bank_file file = {.n_certs = 7};
        assert_code(parse(mistakes[i].text, NAME, &file, &problem), CONFIG_INVALID);
        assert_string_equal(problem.where, mistakes[i].where);
        assert_int_equal(problem.line, 1);
        assert_int_equal(file.n_certs, 7);
    }
}

static void a_name_that_is_not_utf8_is_not_written(void **state)
{
    (void)state;
    struct hf_bank_file file = {.uscc = USCC, .name = "\xff"};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(10);
    assert_code(hf_bank_file_print(&file, &text), JSON_MALFORMED);
    file.name[0] = 'x';
    assert_code(hf_bank_file_print(&file, &small), LIMIT);
    assert_int_equal(text.size + small.size, 0);
}

static void a_digest_is_spelled_in_lower_case(void **state)
{
    (void)state;
    uint8_t digest[HF_SHA256_BYTES] = {0x0a, 0xff};
    char hex[HF_CERT_HEX_CHARS + 1];
    hf_cert_hex(digest, hex);
    assert_memory_equal(hex, "0aff00", 6);
    assert_int_equal(strlen(hex), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(an_enabled_bank_has_no_moment),
        cmocka_unit_test(mistakes_are_refused_and_placed),
        cmocka_unit_test(a_name_that_is_not_utf8_is_not_written),
        cmocka_unit_test(a_digest_is_spelled_in_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "consent/order.h"

#include "tests/unit/consent/payload.h"

static struct hf_problem problem;

static hf_status reread(const struct hf_act *order, struct hf_act *ret_act)
{
    char name[HF_ORDER_NAME_CHARS + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_ORDER_FILE_MAX_BYTES);
    assert_ok(hf_order_write(order, &text));
    hf_order_file_name(order->reference, name);
    return hf_order_parse(hf_buf_view(&text), name, ret_act, &problem);
}

static void an_order_is_read_as_it_was_written(void **state)
{
    (void)state;
    const struct hf_act order = {.id = {PAYLOAD_ISS, PAYLOAD_JTI},
                                 .reference = "\xe9\x97\xbd\xe9\x93\xb6 \"2026\" 12"};
    struct hf_act act;
    assert_ok(reread(&order, &act));
    assert_int_equal(act.kind, HF_ACT_REVOKE);
    assert_int_equal(act.reason, HF_REVOCATION_ORDERED);
    assert_string_equal(act.id.iss, PAYLOAD_ISS);
    assert_string_equal(act.id.jti, PAYLOAD_JTI);
    assert_string_equal(act.reference, order.reference);
    assert_int_equal(act.jti[0], 0);
}

static void an_order_without_a_consent_is_about_all(void **state)
{
    (void)state;
    const struct hf_act order = {.id = {.iss = PAYLOAD_ISS}, .reference = "12"};
    struct hf_act act;
    assert_ok(reread(&order, &act));
    assert_true(hf_act_is_of_all(&act));
}

static void a_reference_has_one_name(void **state)
{
    (void)state;
    char one[HF_ORDER_NAME_CHARS + 1];
    char two[HF_ORDER_NAME_CHARS + 1];
    hf_order_file_name("../12", one);
    hf_order_file_name("13", two);
    assert_int_equal(strlen(one), HF_ORDER_NAME_CHARS);
    assert_null(strchr(one, '/'));
    assert_string_not_equal(one, two);
}

static void what_is_no_order_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *where;
    } cases[] = {
        {"", ""},
        {"[]", ""},
        {"{\"iss\":\"uscc:1\",\"reference\":\"12\"}", "iss"},
        {"{\"iss\":\"" PAYLOAD_ISS "\"}", "reference"},
        {"{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"\"}", "reference"},
        {"{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"13\"}", "reference"},
        {"{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"12\",\"jti\":\"*\"}", "jti"},
        {"{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"12\",\"jti\":\"*234567890123456789012\"}",
         "jti"},
        {"{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"12\",\"note\":\"x\"}", ""},
    };
    char name[HF_ORDER_NAME_CHARS + 1];
    hf_order_file_name("12", name);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hf_act act = {.iat_unix_s = 5};
        problem = (struct hf_problem){0};
        assert_code(hf_order_parse(hf_bytes_of_string(cases[i].text), name, &act, &problem),
                    CONFIG_INVALID);
        assert_non_null(strstr(problem.where, cases[i].where));
        assert_int_equal(act.iat_unix_s, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_read_as_it_was_written),
        cmocka_unit_test(an_order_without_a_consent_is_about_all),
        cmocka_unit_test(a_reference_has_one_name),
        cmocka_unit_test(what_is_no_order_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

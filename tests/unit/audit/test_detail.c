#include "audit/detail.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static void expect_text(const struct hf_detail *detail, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_DETAIL_MAX_BYTES);
    const char *text = NULL;
    assert_ok(hf_detail_write(detail, &buf));
    assert_ok(hf_buf_string(&buf, &text));
    assert_string_equal(text, expected);
}

static void refused(const char *text)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    struct hf_detail detail = {.bytes = HF_DETAIL_NUMBER(77)};
    struct hf_problem problem = {0};
    assert_code(hf_detail_parse(hf_bytes_of_string(text), &arena, &detail, &problem), LOG_TAMPERED);
    assert_int_equal(detail.bytes.value, 77);
}

static void members_stand_in_byte_order_and_only_when_they_tell(void **state)
{
    (void)state;
    const hf_bytes actions[] = {HF_LITERAL("query"), HF_LITERAL("use")};
    struct hf_detail detail = {
        .status = HF_DETAIL_NUMBER(200),
        .bytes = HF_DETAIL_NUMBER(0),
        .actions = {actions, 2},
        .bank = HF_LITERAL("91350100M000100Y43"),
    };
    expect_text(&detail, "{\"actions\":[\"query\",\"use\"],\"bank\":\"91350100M000100Y43\","
                         "\"bytes\":0,\"status\":200}");
    struct hf_detail empty = {0};
    expect_text(&empty, "{}");
}

static void no_value_can_leave_its_string(void **state)
{
    (void)state;
    struct hf_detail detail = {.note = HF_LITERAL("a\"},{\\%\n\x7f\xff z")};
    expect_text(&detail, "{\"note\":\"a%22},{%5C%25%0A%7F%FF z\"}");
}

/* Every byte at every place of a string, among bytes that are plain. */
static void a_byte_is_escaped_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool is_plain = byte >= 0x20 && byte <= 0x7e && !strchr("\"\\%", (int)byte);
        for (size_t size = 1; size <= 20; size++) {
            for (size_t at = 0; at < size; at++) {
                uint8_t text[20];
                HF_CLEANUP(hf_buf_clear) hf_buf spelled = hf_buf_init(HF_DETAIL_MAX_BYTES);
                memset(text, '~', sizeof(text));
                text[at] = (uint8_t)byte;
                const struct hf_detail detail = {.note = hf_bytes_of(text, size)};
                assert_ok(hf_detail_write(&detail, &spelled));
                assert_int_equal(spelled.size,
                                 strlen("{\"note\":\"\"}") + size + (is_plain ? 0 : 2));
            }
        }
    }
}

static void all_members_read_back(void **state)
{
    (void)state;
    const hf_bytes items[] = {HF_LITERAL("uscc:1;\"j%"), HF_LITERAL("b")};
    struct hf_detail detail = {0};
    hf_bytes *texts[] = {&detail.access_id,
                         &detail.agreements_sha256,
                         &detail.bank,
                         &detail.banks_sha256,
                         &detail.catalogs_sha256,
                         &detail.ceilings_sha256,
                         &detail.body_sha256,
                         &detail.boot_id,
                         &detail.boot_id_before,
                         &detail.change,
                         &detail.code,
                         &detail.cut_sha256,
                         &detail.enterprise,
                         &detail.fault,
                         &detail.iss,
                         &detail.jti,
                         &detail.kid,
                         &detail.loan,
                         &detail.note,
                         &detail.operation,
                         &detail.purpose,
                         &detail.policy_sha256,
                         &detail.reason,
                         &detail.reference,
                         &detail.state,
                         &detail.request_sha256,
                         &detail.token_sha256,
                         &detail.view_sha256};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = hf_bytes_of("x\"\\%\0\x80yyyyyyyyyyyyyyyyyyyyyyyyyyyy", i + 1);
    }
    detail.actions = detail.clamped = detail.spared = detail.consents = detail.datasets =
        detail.tokens = (struct hf_detail_list){items, 2};
    detail.access = HF_DETAIL_NUMBER((UINT64_C(1) << 53) - 1);
    detail.batch = detail.bytes = detail.iat = detail.count = detail.cut_bytes = detail.exp =
        detail.generation = detail.n_kept = detail.n_rows_withheld = detail.n_withheld =
            detail.status = detail.time_ms = HF_DETAIL_NUMBER(0);
    HF_CLEANUP(hf_buf_clear) hf_buf first = hf_buf_init(HF_DETAIL_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf second = hf_buf_init(HF_DETAIL_MAX_BYTES);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    struct hf_detail back = {0};
    assert_ok(hf_detail_write(&detail, &first));
    assert_ok(hf_detail_parse(hf_buf_view(&first), &arena, &back, NULL));
    assert_true(hf_bytes_equal(back.view_sha256, detail.view_sha256));
    assert_true(hf_bytes_equal(back.spared.items[0], items[0]));
    assert_int_equal(back.access.value, detail.access.value);
    assert_ok(hf_detail_write(&back, &second));
    assert_true(hf_bytes_equal(hf_buf_view(&first), hf_buf_view(&second)));
    size_t n_members = 0; /* all of them: a member that the table forgot would be missing */
    for (size_t i = 0; i + 1 < first.size; i++) {
        n_members += first.data[i] == '"' && first.data[i + 1] == ':';
    }
    assert_int_equal(n_members, 28 + 6 + 13);
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    refused("");
    refused("{");
    refused("{}x");
    refused("{ }");
    refused("{\"bytes\":1,}");
    refused("{\"bytes\":01}");
    refused("{\"bytes\":-1}");
    refused("{\"bytes\":}");
    refused("{\"bytes\":9007199254740992}");
    refused("{\"bytes\":\"1\"}");
    refused("{\"bytes\":1,\"bytes\":1}");
    refused("{\"status\":1,\"bytes\":1}");
    refused("{\"unknown\":1}");
    refused("{\"note\":\"\"}");
    refused("{\"note\":\"a}");
    refused("{\"note\":\"%41\"}"); /* not needed */
    refused("{\"note\":\"%4\"}");
    refused("{\"note\":\"%ff\"}"); /* lower case */
    refused("{\"note\":\"\\u0041\"}");
    refused("{\"note\":\"\n\"}");
    refused("{\"actions\":[]}");
    refused("{\"actions\":[\"a\",]}");
    refused("{\"actions\":[1]}");
    refused("{\"actions\":\"a\"}");
    refused("{\"actions\":[\"a\"");
}

static void too_much_is_refused(void **state)
{
    (void)state;
    static hf_bytes items[HF_DETAIL_MAX_ITEMS + 1];
    static uint8_t long_text[HF_DETAIL_MAX_BYTES];
    memset(long_text, 'a', sizeof(long_text));
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 20);
    struct hf_detail detail = {.tokens = {items, HF_DETAIL_MAX_ITEMS + 1}};
    assert_code(hf_detail_write(&detail, &buf), LIMIT);
    detail = (struct hf_detail){.note = hf_bytes_of(long_text, sizeof(long_text))};
    assert_code(hf_detail_write(&detail, &buf), LIMIT);
    detail = (struct hf_detail){.bytes = HF_DETAIL_NUMBER(UINT64_C(1) << 53)};
    assert_code(hf_detail_write(&detail, &buf), BUG);
    assert_int_equal(buf.size, 0);
    char many[HF_DETAIL_MAX_ITEMS * 4 + 64] = "{\"tokens\":[";
    for (int i = 0; i <= HF_DETAIL_MAX_ITEMS; i++) {
        strncat(many, i ? ",\"a\"" : "\"a\"", sizeof(many) - strlen(many) - 1);
    }
    strncat(many, "]}", sizeof(many) - strlen(many) - 1);
    refused(many);
}

static void an_arena_that_is_full_is_no_memory(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(0);
    struct hf_detail detail;
    assert_code(hf_detail_parse(HF_LITERAL("{\"note\":\"a\"}"), &arena, &detail, NULL), NOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_stand_in_byte_order_and_only_when_they_tell),
        cmocka_unit_test(no_value_can_leave_its_string),
        cmocka_unit_test(a_byte_is_escaped_wherever_it_stands),
        cmocka_unit_test(all_members_read_back),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(an_arena_that_is_full_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/media.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

static void expect(const char *const *texts, size_t n, enum hf_media media)
{
    for (size_t i = 0; i < n; i++) {
        if (hf_media_of(hf_bytes_of_string(texts[i])) != media) {
            fail_msg("%s", texts[i]);
        }
    }
}

static void json_has_more_than_one_spelling(void **state)
{
    static const char *const texts[] = {
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; CharSet=\"Utf-8\"",
        "application/json;",
        "application/json; ; \t;",
        "application/json; profile=\"a;charset=gbk\\\"\"; charset=utf-8",
        "application/json; profile=\"\"",
    };
    (void)state;
    expect(texts, sizeof texts / sizeof *texts, HF_MEDIA_JSON);
}

static void lines_have_three_names(void **state)
{
    static const char *const texts[] = {"application/x-ndjson", "application/ndjson",
                                        "application/jsonl; charset=utf-8"};
    (void)state;
    expect(texts, sizeof texts / sizeof *texts, HF_MEDIA_NDJSON);
}

static void all_else_is_another(void **state)
{
    static const char *const texts[] = {
        "",
        "application",
        "application/",
        "/json",
        "json",
        "text/html",
        "text/json",
        "application/jsonp",
        "application/jsons; charset=utf-8",
        "application/problem+json",
        "application/vnd.api+json",
        "application/json, text/html",
        "application/json text/html",
        "application/json\nx: y",
        " application/json",
        "application/json-seq",
        "application/json/x",
        "multipart/mixed; boundary=application/json",
    };
    (void)state;
    expect(texts, sizeof texts / sizeof *texts, HF_MEDIA_OTHER);
}

static void another_charset_is_not_believed(void **state)
{
    static const char *const texts[] = {
        "application/json; charset=gbk",
        "application/json; charset=GB18030",
        "application/json; charset=utf-16",
        "application/json; charset=utf-16le",
        "application/json; charset=us-ascii",
        "application/json; charset=utf8",
        "application/json; charset=\"utf-8 \"",
        "application/json; charset=\"utf\\-8\"",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=utf-8; charset=gbk",
        "application/json; x=y; CHARSET=gbk",
        "application/x-ndjson; charset=gbk",
    };
    (void)state;
    expect(texts, sizeof texts / sizeof *texts, HF_MEDIA_OTHER);
}

static void a_malformed_parameter_spoils_all(void **state)
{
    static const char *const texts[] = {
        "application/json; charset",        "application/json; charset=",
        "application/json; charset =utf-8", "application/json; charset= utf-8",
        "application/json; =utf-8",         "application/json; a=b c",
        "application/json; a=\"b",          "application/json; a=\"b\\",
        "application/json; a=\"b\\\"",      "application/json; a=\"\x01\"",
        "application/json; a=\"b\"charset", "application/json; a=b, text/html",
        "application/json; a=\"b\" ; @",    "application/json; charset=utf-8\\",
    };
    (void)state;
    expect(texts, sizeof texts / sizeof *texts, HF_MEDIA_OTHER);
}

static void what_we_write_is_what_we_read(void **state)
{
    (void)state;
    for (int media = HF_MEDIA_JSON; media <= HF_MEDIA_NDJSON; media++) {
        assert_int_equal(hf_media_of(hf_bytes_of_string(hf_media_name((enum hf_media)media))),
                         media);
    }
    assert_string_equal(hf_media_name(HF_MEDIA_OTHER), "");
}

static void every_prefix_is_read_within_its_bounds(void **state)
{
    static const char text[] = "application/json; a=\"b\\\"\"; charset=\"utf-8\"";
    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        uint8_t *copy = malloc(n + 1); /* one more: an empty allocation has no address */
        assert_non_null(copy);
        memcpy(copy + 1, text, n);
        hf_media_of(hf_bytes_of(copy + 1, n));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_more_than_one_spelling),
        cmocka_unit_test(lines_have_three_names),
        cmocka_unit_test(all_else_is_another),
        cmocka_unit_test(another_charset_is_not_believed),
        cmocka_unit_test(a_malformed_parameter_spoils_all),
        cmocka_unit_test(what_we_write_is_what_we_read),
        cmocka_unit_test(every_prefix_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

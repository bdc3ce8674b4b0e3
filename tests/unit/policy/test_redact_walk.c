/* Names and structure: what a source, or someone behind it, may try so that a value slips through.
 */
#include "tests/unit/policy/redact_assert.h"

static const char phone_dropped[] = "{\"name\":\"string keep\",\"phone\":\"string drop\"}";
static const char one[] = "{\"a\":\"string keep\"}";
static const char nested[] =
    "{\"a\":\"string keep\",\"o\":{\"b\":\"string keep\",\"c\":\"integer keep\"},"
    "\"l\":[\"integer keep\"],\"t\":[{\"v\":\"string keep\"}]}";

/* --- names --- */

static void an_unnamed_member_is_dropped(void **state)
{
    (void)state;
    redacts(one, "{\"x\":\"CANARY\",\"a\":\"1\",\"y\":{\"a\":\"CANARY\"}}", "{\"a\":\"1\"}");
}

static void an_escaped_name_is_the_name_it_spells(void **state)
{
    (void)state;
    redacts(phone_dropped, "{\"\\u0070hone\":\"CANARY\",\"n\\u0061me\":\"A\"}", "{\"name\":\"A\"}");
    redacts(phone_dropped, "{\"\\u0070\\u0068\\u006F\\u006fe\":\"CANARY\"}", "{}");
}

static void hex_digits_of_either_case_spell_the_same_name(void **state)
{
    (void)state;
    redacts("{\"\xe4\xba\xba\":\"string keep\"}", "{\"\\u4Eba\":\"1\"}",
            "{\"\xe4\xba\xba\":\"1\"}");
    redacts("{\"\xe4\xba\xba\":\"string drop\"}", "{\"\\u4EBA\":\"CANARY\"}", "{}");
}

static void a_pair_of_surrogates_spells_one_character_of_a_name(void **state)
{
    (void)state;
    redacts("{\"\xf0\x9f\x98\x80\":\"string keep\"}", "{\"\\ud83d\\uDE00\":\"1\"}",
            "{\"\xf0\x9f\x98\x80\":\"1\"}");
}

static void a_second_copy_of_a_known_member_is_a_fault(void **state)
{
    (void)state;
    breaks(one, "{\"a\":\"1\",\"a\":\"CANARY\"}", "duplicate_member", "{\"a\":\"1\"");
    breaks(one, "{\"a\":\"1\",\"\\u0061\":\"CANARY\"}", "duplicate_member", "{\"a\":\"1\"");
    breaks(one, "{\"a\":\"1\",\"x\":0,\"a\":null}", "duplicate_member", "{\"a\":\"1\"");
}

static void a_second_copy_is_a_fault_whatever_the_copies_hold(void **state)
{
    (void)state;
    breaks(nested, "{\"o\":{\"b\":\"1\"},\"o\":7}", "duplicate_member", "{\"o\":{\"b\":\"1\"}");
    breaks(nested, "{\"o\":7,\"o\":{\"b\":\"CANARY\"}}", "duplicate_member", "{");
    breaks(phone_dropped, "{\"phone\":1,\"phone\":2}", "duplicate_member", "{");
}

static void the_same_name_in_another_object_is_no_copy(void **state)
{
    (void)state;
    redacts(nested, "{\"t\":[{\"v\":\"1\"},{\"v\":\"2\"}]}",
            "{\"t\":[{\"v\":\"1\"},{\"v\":\"2\"}]}");
    breaks(nested, "{\"t\":[{\"v\":\"1\"},{\"v\":\"2\",\"v\":\"3\"}]}", "duplicate_member",
           "{\"t\":[{\"v\":\"1\"},{\"v\":\"2\"");
}

static void copies_of_an_unknown_member_are_all_dropped(void **state)
{
    (void)state;
    redacts(one, "{\"x\":\"CANARY\",\"x\":\"CANARY\",\"a\":\"1\",\"x\":[]}", "{\"a\":\"1\"}");
}

static void the_seventieth_member_has_its_own_seen_bit(void **state)
{
    (void)state;
    char view[4096] = "{";
    for (int i = 0; i < 70; i++) {
        size_t n = strlen(view);
        snprintf(view + n, sizeof view - n, "%s\"m%d\":\"integer keep\"", i ? "," : "", i);
    }
    snprintf(view + strlen(view), sizeof view - strlen(view), "}");
    redacts(view, "{\"m5\":1,\"m69\":2}", "{\"m5\":1,\"m69\":2}");
    breaks(view, "{\"m5\":1,\"m69\":2,\"m69\":3}", "duplicate_member", "{\"m5\":1,\"m69\":2");
}

static void a_name_that_only_looks_alike_is_another_name(void **state)
{
    (void)state;
    static const char *const names[] = {"A",        "a ",
                                        " a",       "a\\u0000",
                                        "a\\t",     "\xef\xbd\x81" /* full-width a */,
                                        "aa",       "",
                                        "a\\u200b", "\xd0\xb0" /* Cyrillic a */,
                                        "\\u0041"};
    char document[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(document, sizeof document, "{\"%s\":\"CANARY\"}", names[i]);
        redacts(one, document, "{}");
    }
}

static void composed_and_decomposed_names_differ(void **state)
{
    (void)state;
    redacts("{\"\xc3\xa9\":\"string keep\"}", "{\"e\xcc\x81\":\"CANARY\",\"\xc3\xa9\":\"1\"}",
            "{\"\xc3\xa9\":\"1\"}");
}

static void an_empty_name_is_a_name(void **state)
{
    (void)state;
    redacts("{\"\":\"string keep\"}", "{\"\":\"1\"}", "{\"\":\"1\"}");
    breaks("{\"\":\"string keep\"}", "{\"\":\"1\",\"\":\"2\"}", "duplicate_member", "{\"\":\"1\"");
}

static void a_long_name_that_begins_like_a_known_one_is_unknown(void **state)
{
    (void)state;
    char document[2048];
    for (size_t n = 250; n<1600; n += n> 260 ? 400 : 1) {
        snprintf(document, sizeof document, "{\"a%0*d\":\"CANARY\",\"a\":\"1\"}", (int)n, 0);
        redacts(one, document, "{\"a\":\"1\"}");
    }
}

static void a_name_of_256_bytes_is_found(void **state)
{
    (void)state;
    char view[400];
    char document[400];
    snprintf(view, sizeof view, "{\"%0256d\":\"string keep\"}", 0);
    snprintf(document, sizeof document, "{\"%0256d\":\"1\"}", 0);
    redacts(view, document, document);
}

static void path_syntax_in_a_name_means_nothing(void **state)
{
    (void)state;
    redacts(nested, "{\"o.b\":\"CANARY\",\"l[]\":1,\"*\":\"CANARY\",\"/o/b\":\"CANARY\"}", "{}");
    redacts("{\"o.b\":\"string keep\"}", "{\"o\":{\"b\":\"CANARY\"},\"o.b\":\"1\"}",
            "{\"o.b\":\"1\"}");
}

static void names_of_other_languages_plumbing_mean_nothing(void **state)
{
    (void)state;
    redacts(one, "{\"__proto__\":{\"a\":\"CANARY\"},\"constructor\":\"CANARY\"}", "{}");
}

static void a_name_is_written_by_us_and_not_as_the_source_spelled_it(void **state)
{
    (void)state;
    redacts("{\"a\\\"b\\\\\":\"string keep\"}", "{\"\\u0061\\u0022b\\u005C\":\"1\"}",
            "{\"a\\\"b\\\\\":\"1\"}");
}

static void members_keep_the_order_of_the_source(void **state)
{
    (void)state;
    redacts(nested, "{\"l\":[1],\"a\":\"1\",\"o\":{\"c\":2,\"b\":\"3\"}}",
            "{\"l\":[1],\"a\":\"1\",\"o\":{\"c\":2,\"b\":\"3\"}}");
}

/* --- structure --- */

static void commas_follow_what_is_kept_and_not_what_was_there(void **state)
{
    (void)state;
    const char *view = "{\"a\":\"integer keep\",\"b\":\"integer drop\",\"c\":\"integer keep\"}";
    redacts(view, "{\"b\":1,\"a\":2,\"c\":3}", "{\"a\":2,\"c\":3}");
    redacts(view, "{\"a\":2,\"b\":1,\"c\":3}", "{\"a\":2,\"c\":3}");
    redacts(view, "{\"a\":2,\"c\":3,\"b\":1}", "{\"a\":2,\"c\":3}");
    redacts(view, "{\"b\":1}", "{}");
}

static void white_space_outside_strings_does_not_leave(void **state)
{
    (void)state;
    redacts(nested, " \t\r\n{ \"a\" : \" 1 \" ,\n\t\"l\" : [ 1 , 2 ] , \"o\" : { } } \n",
            "{\"a\":\" 1 \",\"l\":[1,2],\"o\":{}}");
}

static void containers_that_are_emptied_stay(void **state)
{
    (void)state;
    redacts(nested, "{\"o\":{\"x\":1},\"l\":[\"x\",{}],\"t\":[{\"w\":1}]}",
            "{\"o\":{},\"l\":[],\"t\":[{}]}");
}

static void a_container_at_a_leaf_is_dropped(void **state)
{
    (void)state;
    redacts(one, "{\"a\":{\"a\":\"CANARY\"}}", "{}");
    redacts(one, "{\"a\":[\"CANARY\"]}", "{}");
    redacts("{\"l\":[\"string keep\"]}", "{\"l\":[\"1\",[\"CANARY\"],{\"l\":\"CANARY\"},\"2\"]}",
            "{\"l\":[\"1\",\"2\"]}");
}

static void a_scalar_in_the_place_of_a_container_is_dropped(void **state)
{
    (void)state;
    redacts(nested, "{\"o\":\"CANARY\",\"l\":7,\"t\":true}", "{}");
    redacts(nested, "{\"o\":null}", "{}");
}

static void one_array_more_is_one_too_many(void **state)
{
    (void)state;
    redacts(nested, "{\"t\":[[{\"v\":\"CANARY\"}],{\"v\":\"1\"}]}", "{\"t\":[{\"v\":\"1\"}]}");
    redacts(nested, "{\"o\":[{\"b\":\"CANARY\"}],\"l\":{\"0\":1}}", "{}");
}

static void a_root_that_is_withheld_is_null(void **state)
{
    (void)state;
    redacts(one, "[\"CANARY\"]", "null");
    redacts(one, "\"CANARY\"", "null");
    redacts(one, " 12 ", "null");
    redacts(one, "12", "null");
    redacts(one, "true", "null");
    redacts("[\"string keep\"]", "{\"a\":\"CANARY\"}", "null");
}

static void a_root_may_be_a_scalar_or_an_array(void **state)
{
    (void)state;
    redacts("\"string keep\"", "\"1\"", "\"1\"");
    redacts("\"integer keep\"", "-12", "-12");
    redacts("\"integer drop\"", "-12", "null");
    redacts("\"string keep max=2\"", "\"123\"", "null");
    redacts("\"date keep\"", "\"123\"", "null");
    redacts("[\"integer keep\"]", "[1, \"x\",2]", "[1,2]");
}

static void nullable_containers_may_be_null(void **state)
{
    (void)state;
    redacts("{\"o\":{\"nullable\":true,\"a\":\"string keep\"}}", "{\"o\":null}", "{\"o\":null}");
}

static void a_member_that_is_dropped_whole_may_hold_anything(void **state)
{
    (void)state;
    redacts("{\"x\":\"*\",\"a\":\"string keep\"}",
            "{\"x\":{\"x\":[\"CANARY\",{\"a\":\"CANARY\"}]},\"a\":\"1\"}", "{\"a\":\"1\"}");
    redacts("[\"*\"]", "[1,\"CANARY\",null,{}]", "[]");
}

/* Others drop such a member up to two arrays deep. */
static void a_member_is_dropped_behind_any_number_of_arrays(void **state)
{
    (void)state;
    static char document[1 << 14];
    static char expected[1 << 14];
    size_t n = (size_t)snprintf(document, sizeof document, "{\"records\":[");
    size_t m = (size_t)snprintf(expected, sizeof expected, "{\"records\":[");
    for (int i = 0; i < 96; i++) { /* 4 records of 4 invoices of 6 items */
        const char *head = i % 24 == 0  ? "{\"invoices\":[{\"items\":["
                           : i % 6 == 0 ? "{\"items\":["
                                        : "";
        const char *tail = i % 24 == 23 ? "]}]}" : i % 6 == 5 ? "]}" : "";
        const char *comma = i == 95 ? "]}" : ",";
        n += (size_t)snprintf(document + n, sizeof document - n,
                              "%s{\"unitPrice\":\"CANARY\",\"n\":%d}%s%s", head, i, tail, comma);
        m += (size_t)snprintf(expected + m, sizeof expected - m, "%s{\"n\":%d}%s%s", head, i, tail,
                              comma);
    }
    assert_true(n < sizeof document && m < sizeof expected);
    redacts("{\"records\":[{\"invoices\":[{\"items\":[{\"unitPrice\":\"string drop\","
            "\"n\":\"integer keep\"}]}]}]}",
            document, expected);
    redacts("[[[[[{\"p\":\"string drop\",\"n\":\"integer keep\"}]]]]]",
            "[[[[[{\"p\":\"CANARY\",\"n\":1},{\"n\":2,\"p\":\"CANARY\"}]]],[[[{\"p\":1}]]]]]",
            "[[[[[{\"n\":1},{\"n\":2}]]],[[[{}]]]]]");
}

/* A document of @depth arrays around nothing. */
static void nest(char *document, size_t depth)
{
    memset(document, '[', depth);
    memset(document + depth, ']', depth);
    document[2 * depth] = 0;
}

static void the_65th_container_is_a_fault(void **state)
{
    (void)state;
    char document[256];
    nest(document, 63);
    redacts(one, document, "null");
    nest(document, 64);
    redacts(one, document, "null");
    nest(document, 65);
    breaks(one, document, "depth", "");
}

static void a_hundred_thousand_arrays_are_a_fault_like_65(void **state)
{
    (void)state;
    static char document[200002];
    nest(document, 100000);
    struct redacting redacting = redacting_of(one);
    struct redacted redacted = redact_all_ways(&redacting, hf_bytes_of_string(document));
    assert_string_equal(redacted.problem.where, "depth");
    assert_int_equal(redacted.problem.offset, 64);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

static void sixty_four_known_containers_pass(void **state)
{
    (void)state;
    char view[512] = "";
    char document[256];
    nest(document, 64);
    memset(view, '[', 64);
    snprintf(view + 64, sizeof view - 64, "\"string keep\"%s", document + 64);
    redacts(view, document, document);
}

static void bytes_behind_the_value_are_a_fault(void **state)
{
    (void)state;
    static const char *const behind[] = {"{\"a\":\"2\"}", "\n{}", ",", "]", "}", "x",
                                         "null",          "\x01"};
    char document[64];
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        snprintf(document, sizeof document, "{\"a\":\"1\"}%s", behind[i]);
        breaks(one, document, "trailing", "{\"a\":\"1\"}");
    }
    breaks(one, "12 12", "trailing", "null");
}

static void a_nul_byte_is_no_white_space(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    assert_breaks(&redacting, HF_LITERAL("{}\0"), "trailing", "{}");
    assert_breaks(&redacting, HF_LITERAL("\0{}"), "value", "");
    assert_breaks(&redacting, HF_LITERAL("{\0}"), "name", "{");
    hf_view_unref(redacting.view);
}

static void what_is_almost_json_is_a_fault(void **state)
{
    (void)state;
    breaks(one, "{\"a\":\"1\",}", "name", "{\"a\":\"1\"");
    breaks("[\"integer keep\"]", "[1,]", "value", "[1");
    breaks("[\"integer keep\"]", "[,1]", "value", "[");
    breaks("[\"integer keep\"]", "[1 2]", "separator", "[1");
    breaks(one, "{\"a\" \"1\"}", "colon", "{");
    breaks(one, "{a:\"1\"}", "name", "{");
    breaks(one, "{'a':\"1\"}", "name", "{");
    breaks(one, "{\"a\":\"1\"]", "separator", "{\"a\":\"1\"");
    breaks("[\"integer keep\"]", "[1}", "separator", "[1");
    breaks(one, "/* c */{}", "value", "");
    breaks(one, "{\"a\":\"1\"// c\n}", "separator", "{\"a\":\"1\"");
    breaks(one, "\f{}", "value", "");
    breaks(one, "{\"a\":}", "value", "{");
    breaks(one, "{\"a\":\"1\",,}", "name", "{\"a\":\"1\"");
}

static void structure_is_checked_inside_what_is_dropped(void **state)
{
    (void)state;
    breaks(one, "{\"x\":[1,]}", "value", "{");
    breaks(one, "{\"x\":{\"y\":1 2}}", "separator", "{");
    breaks(one, "{\"x\":{\"y\":01}}", "number", "{");
    breaks(one, "{\"x\":\"\\x\"}", "escape", "{");
    breaks(one, "{\"x\":{\"\\ud800\":1}}", "surrogate", "{");
}

static void a_template_instead_of_json_is_a_fault(void **state)
{
    (void)state;
    breaks(one, "{\"a\":\"1\",{{#if x}}\"b\":1{{/if}}}", "name", "{\"a\":\"1\"");
}

static void an_empty_body_is_a_fault(void **state)
{
    (void)state;
    breaks(one, "", "truncated", "");
    breaks(one, " \n", "truncated", "");
}

static void a_body_that_ends_early_is_a_fault_at_every_byte(void **state)
{
    (void)state;
    static const char document[] =
        "{\"a\":\"x\\u0041\xe4\xb8\xad\",\"o\":{\"c\":-1.5e+3},\"l\":[true,null],\"t\":[{}]}";
    struct redacting redacting = redacting_of(nested);
    struct redacted whole = redacting_run(&redacting, HF_LITERAL(document), 0);
    for (size_t n = 0; n < sizeof document - 1; n++) {
        struct redacted cut = redact_all_ways(&redacting, hf_bytes_of(document, n));
        assert_code(cut.status, SOURCE_MALFORMED);
        assert_string_equal(cut.problem.where, "truncated");
        assert_true(hf_bytes_starts_with(hf_buf_view(&whole.out), hf_buf_view(&cut.out)));
        redacted_clear(&cut);
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

static void too_many_members_are_a_fault_also_where_they_are_dropped(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(one);
    redacting.limits.max_members = 3;
    assert_becomes(&redacting, HF_LITERAL("{\"x\":1,\"x\":{\"y\":1,\"z\":2},\"a\":\"1\"}"),
                   "{\"a\":\"1\"}");
    assert_breaks(&redacting, HF_LITERAL("{\"x\":1,\"x\":2,\"a\":\"1\",\"b\":1}"), "members",
                  "{\"a\":\"1\"");
    assert_breaks(&redacting, HF_LITERAL("{\"x\":{\"x\":1,\"x\":2,\"a\":\"1\",\"b\":1}}"),
                  "members", "{");
    hf_view_unref(redacting.view);
}

static void json_inside_a_string_stays_a_string(void **state)
{
    (void)state;
    redacts("{\"a\":\"string keep\",\"b\":\"string drop\"}",
            "{\"a\":\"{\\\"b\\\":1}\",\"b\":\"{\\\"a\\\":\\\"CANARY\\\"}\"}",
            "{\"a\":\"{\\\"b\\\":1}\"}");
    redacts(one, "{\"a\":\"<b>&lt;\\/b>\"}", "{\"a\":\"<b>&lt;\\/b>\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unnamed_member_is_dropped),
        cmocka_unit_test(an_escaped_name_is_the_name_it_spells),
        cmocka_unit_test(hex_digits_of_either_case_spell_the_same_name),
        cmocka_unit_test(a_pair_of_surrogates_spells_one_character_of_a_name),
        cmocka_unit_test(a_second_copy_of_a_known_member_is_a_fault),
        cmocka_unit_test(a_second_copy_is_a_fault_whatever_the_copies_hold),
        cmocka_unit_test(the_same_name_in_another_object_is_no_copy),
        cmocka_unit_test(copies_of_an_unknown_member_are_all_dropped),
        cmocka_unit_test(the_seventieth_member_has_its_own_seen_bit),
        cmocka_unit_test(a_name_that_only_looks_alike_is_another_name),
        cmocka_unit_test(composed_and_decomposed_names_differ),
        cmocka_unit_test(an_empty_name_is_a_name),
        cmocka_unit_test(a_long_name_that_begins_like_a_known_one_is_unknown),
        cmocka_unit_test(a_name_of_256_bytes_is_found),
        cmocka_unit_test(path_syntax_in_a_name_means_nothing),
        cmocka_unit_test(names_of_other_languages_plumbing_mean_nothing),
        cmocka_unit_test(a_name_is_written_by_us_and_not_as_the_source_spelled_it),
        cmocka_unit_test(members_keep_the_order_of_the_source),
        cmocka_unit_test(commas_follow_what_is_kept_and_not_what_was_there),
        cmocka_unit_test(white_space_outside_strings_does_not_leave),
        cmocka_unit_test(containers_that_are_emptied_stay),
        cmocka_unit_test(a_container_at_a_leaf_is_dropped),
        cmocka_unit_test(a_scalar_in_the_place_of_a_container_is_dropped),
        cmocka_unit_test(one_array_more_is_one_too_many),
        cmocka_unit_test(a_root_that_is_withheld_is_null),
        cmocka_unit_test(a_root_may_be_a_scalar_or_an_array),
        cmocka_unit_test(nullable_containers_may_be_null),
        cmocka_unit_test(a_member_that_is_dropped_whole_may_hold_anything),
        cmocka_unit_test(a_member_is_dropped_behind_any_number_of_arrays),
        cmocka_unit_test(the_65th_container_is_a_fault),
        cmocka_unit_test(a_hundred_thousand_arrays_are_a_fault_like_65),
        cmocka_unit_test(sixty_four_known_containers_pass),
        cmocka_unit_test(bytes_behind_the_value_are_a_fault),
        cmocka_unit_test(a_nul_byte_is_no_white_space),
        cmocka_unit_test(what_is_almost_json_is_a_fault),
        cmocka_unit_test(structure_is_checked_inside_what_is_dropped),
        cmocka_unit_test(a_template_instead_of_json_is_a_fault),
        cmocka_unit_test(an_empty_body_is_a_fault),
        cmocka_unit_test(a_body_that_ends_early_is_a_fault_at_every_byte),
        cmocka_unit_test(too_many_members_are_a_fault_also_where_they_are_dropped),
        cmocka_unit_test(json_inside_a_string_stays_a_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

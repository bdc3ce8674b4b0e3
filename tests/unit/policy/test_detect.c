/* Identifiers in free text: each kind found and not found, each way of spelling one past a reader,
 * and the limits that docs/catalog-and-policy.md names. */
#include "policy/detect.h"

#include "tests/support/detecting.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const size_t piece_sizes[] = {1, 2, 3, 7, 64, 1000, 16384, 0};

/* @raw gives @expected, in pieces of every size; and the search says the same. */
static void gives(const char *raw, const char *expected)
{
    hf_bytes text = hf_bytes_of_string(raw);
    for (size_t i = 0; i < sizeof piece_sizes / sizeof piece_sizes[0]; i++) {
        hf_buf out = detecting_run(text, piece_sizes[i]);
        assert_int_equal(out.size, strlen(expected));
        assert_memory_equal(out.size ? (const char *)out.data : "", expected, out.size);
        hf_buf_clear(&out);
    }
    assert_int_equal(detecting_finds(text), strcmp(raw, expected) != 0);
    hf_buf oracle = detecting_oracle(text);
    assert_int_equal(oracle.size, strlen(expected));
    assert_memory_equal(oracle.size ? (const char *)oracle.data : "", expected, oracle.size);
    hf_buf_clear(&oracle);
}

static void stays(const char *raw)
{
    gives(raw, raw);
}

/* --- the kinds --- */

static void a_uscc_is_found(void **state)
{
    (void)state;
    gives("代码91350100M000100Y43，", "代码******************，");
    gives("代码91350100m000100y43，", "代码******************，");
    gives("911000001000013428", "******************");
    gives("USCC91350100M000100Y43", "USCC******************");
}

static void a_uscc_with_a_wrong_check_character_is_not_found(void **state)
{
    (void)state;
    stays("代码91350100M000100Y4Z，");
    stays("代码91350100M000100Y44，");
    stays("0135AAAA12AAAA34AA");
}

static void a_resident_id_is_found(void **state)
{
    (void)state;
    gives("身份证11010519491231002X。", "身份证******************。");
    gives("身份证11010519491231002x。", "身份证******************。");
    gives("440524188001010014", "******************");
    gives("（810000199408230021）", "（******************）");
}

/* Its year of birth and what follows is then taken for a mobile number, if it begins with 19. */
static void a_resident_id_with_a_wrong_check_digit_is_caught_as_something_else(void **state)
{
    (void)state;
    gives("110105194912310021", "******************");
    stays("110105201302310021");
    stays("110105200002310021");
}

static void an_old_resident_id_is_found(void **state)
{
    (void)state;
    gives("证号110105491231002，", "证号***************，");
    stays("证号110105491331002，");
    stays("证号200105491231002，");
}

static void a_bank_card_is_found(void **state)
{
    (void)state;
    gives("卡号6222020000000000000", "卡号*******************");
    gives("6200000000000005", "****************");
    gives("5555555555554444", "****************");
    gives("378282246310005", "***************");
    gives("2221000000000009", "****************");
    gives("4222222222222", "*************");
}

static void a_number_that_is_no_card_is_not_found(void **state)
{
    (void)state;
    stays("6222020000000000001");
    stays("6200000000000006");
    stays("7200000000000004");
    stays("2020000000000000");
    stays("422222222222");
}

static void a_mobile_number_is_found(void **state)
{
    (void)state;
    gives("电话13800138000。", "电话***********。");
    gives("tel13800138000x", "tel***********x");
    stays("电话12800138000。");
    stays("电话1380013800。");
}

static void a_landline_is_found(void **state)
{
    (void)state;
    gives("电话0592-2345678。", "电话************。");
    gives("电话（0592）2345678。", "电话（************。");
    gives("010-66778899", "************");
    gives("01066778899", "***********");
    gives("05922345678", "***********");
    gives("059223456789", "************");
    gives("0 5 9 2 2 3 4 5 6 7 8", "*********************");
}

static void a_number_that_is_no_landline_is_not_found(void **state)
{
    (void)state;
    stays("0592-1345678");
    stays("0592-234567");
    stays("010-6677889");
    stays("1059222345678");
    stays("592-2345678");
}

static void a_number_plate_is_found(void **state)
{
    (void)state;
    gives("车牌闽D12345，", "车牌*******，");
    gives("车牌闽D·12345，", "车牌********，");
    gives("车牌闽d1a2b3，", "车牌*******，");
    gives("新能源闽DD12345", "新能源********");
    gives("新能源闽D12345D", "新能源********");
    gives("挂车闽D1234挂", "挂车*******");
    gives("粤Z1234港", "*******");
}

static void what_is_no_number_plate_stays(void **state)
{
    (void)state;
    stays("闽D1234");
    stays("闽D12ABC");
    stays("闽0203号");
    stays("闽DO1234O");
    stays("云SERVER");
    stays("湖D12345");
}

static void a_passport_is_found(void **state)
{
    (void)state;
    gives("护照E12345678，", "护照*********，");
    gives("护照EA1234567，", "护照*********，");
    gives("护照g12345678，", "护照*********，");
    gives("护照E 1234 5678，", "护照***********，");
    gives("H1234567890", "***********");
    stays("护照RE12345678，");
    stays("护照E123456789，");
    stays("护照E12345678A，");
    stays("等级S 2025-01-01");
}

static void a_mail_address_is_found(void **state)
{
    (void)state;
    gives("邮箱zhang.san+x@example.com.cn。", "邮箱**************************。");
    gives("a@b", "***");
    gives("to a@b.com.", "to *******.");
    gives("a@b@c.d", "*******");
    stays("@zhang");
    stays("a @ b");
    stays("a@，b");
}

/* --- redaction.md's cases of values, by number --- */

static void case_27_digits_as_escapes(void **state)
{
    (void)state;
    gives("\\u0031380013800\\u0030", "***********");
    gives("\\u0031\\u0033\\u0038\\u0030\\u0030\\u0031\\u0033\\u0038\\u0030\\u0030\\u0030，",
          "***********，");
    gives("a\\u0040b", "***");
    gives("\\u7535\\u8bdd13800138000\\u3002", "\\u7535\\u8bdd***********\\u3002");
}

static void case_28_full_width(void **state)
{
    (void)state;
    gives("１３８００１３８０００", "***********");
    gives("１１０１０５１９４９１２３１００２Ｘ", "******************");
    gives("\\uff11\\uff13\\uff18\\uff10\\uff10\\uff11\\uff13\\uff18\\uff10\\uff10\\uff10",
          "***********");
    gives("ａ＠ｂ．ｃ", "*****");
}

static void case_29_other_digits(void **state)
{
    (void)state;
    gives("١٣٨٠٠١٣٨٠٠٠", "***********");
    gives("१३८००१३८०००", "***********");
    gives("一三八〇〇一三八〇〇〇", "***********");
    gives("幺三八零零幺三八零零零", "***********");
    gives("壹叁捌零零壹叁捌零零零", "***********");
    gives("①③⑧⓪⓪①③⑧⓪⓪⓪", "***********");
    gives("𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "***********");
    gives("\\ud835\\udfcf3800138000", "***********");
    gives("一3八〇0①３８00０", "***********");
    stays("第六十二条第三款第五项");
    stays("一千三百八十万零一百");
}

static void case_30_separators(void **state)
{
    (void)state;
    gives("138 0013 8000", "*************");
    gives("138-0013-8000", "*************");
    gives("138.0013.8000", "*************");
    gives("1 3 8 0 0 1 3 8 0 0 0", "*********************");
    gives("138\u00a00013\u00a08000", "*************");
    gives("138\u200b0013\u200d8000", "*************");
    gives("138\u00ad0013\ufeff8000", "*************");
    gives("138\\u200b0013\\ufeff8000", "*************");
    gives("138\\n0013\\t8000", "*************");
    gives("138\\f0013\\r8000", "*************");
    gives("138 - 0013 - 8000", "*****************");
    gives("11010519 49123100 2X", "********************");
    gives("9135-0100-M000-100Y-43", "**********************");
    gives("6222 0200 0000 0000 000", "***********************");
    gives("1\u20603\u20608\u20600\u20600\u20601\u20603\u20608\u20600\u20600\u20600",
          "*********************");
}

static void case_31_two_joined(void **state)
{
    (void)state;
    gives("11010519491231002X440524188001010014", "************************************");
    gives("1380013800013900139000", "**********************");
    gives("62000000000000056200000000000005", "********************************");
    gives("0592234567805922345679", "**********************");
    gives("13800138000 13900139000", "*********** ***********");
    gives("0592-2345678 0592-2345679", "************ ************");
}

static void case_32_inside_a_longer_run(void **state)
{
    (void)state;
    gives("9911010519491231002X", "********************");
    gives("00440524188001010014777", "***********************");
    gives("9913800138000007", "****************");
    gives("0062000000000000050", "*******************");
}

static void case_33_lower_case_and_old(void **state)
{
    (void)state;
    gives("11010519491231002x", "******************");
    gives("11010519491231002\u0445", "******************");
    gives("11010519491231002\u00d7", "******************");
    gives("110105491231002", "***************");
}

static void case_34_country_code(void **state)
{
    (void)state;
    gives("+8613800138000", "+*************");
    gives("008613800138000", "***************");
    gives("86 138 0013 8000", "86 *************");
    gives("+86-138-0013-8000", "+86-*************");
    gives("+86138 0013 8000", "+***************");
    gives("+86 592 2345678", "+86 ***********");
    gives("865922345678", "************");
}

/* A limit: what two fields share is in none of them. */
static void case_35_split_over_two_fields_is_not_found(void **state)
{
    (void)state;
    stays("1990000");
    stays("0001");
}

static void case_36_a_phone_as_a_number(void **state)
{
    (void)state;
    assert_true(hf_detect_is_integer(HF_LITERAL("19900000001")));
    assert_true(hf_detect_is_integer(HF_LITERAL("8619900000001")));
    assert_true(hf_detect_is_integer(HF_LITERAL("440524188001010014")));
    assert_true(hf_detect_is_integer(HF_LITERAL("110105491231002")));
    assert_true(hf_detect_is_integer(HF_LITERAL("6222020000000000000")));
    assert_true(hf_detect_is_integer(HF_LITERAL("911000001000013428")));
    assert_false(hf_detect_is_integer(HF_LITERAL("1990000000")));
    assert_false(hf_detect_is_integer(HF_LITERAL("20000000001")));
    assert_false(hf_detect_is_integer(HF_LITERAL("-19900000001")));
    assert_false(hf_detect_is_integer(HF_LITERAL("6222020000000000001")));
    assert_false(hf_detect_is_integer(HF_LITERAL("0")));
    char long_one[66];
    memset(long_one, '7', sizeof long_one);
    assert_true(hf_detect_is_integer(hf_bytes_of(long_one, 65)));
    gives("19900000001.0", "***********.0");
    gives("1.9900000001e10", "************e10");
}

static void case_37_reversed(void **state)
{
    (void)state;
    gives("X20013219491501011", "******************");
    gives("410010100881425044", "******************");
}

/* What the source has masked says no more than the source meant it to. */
static void case_38_masked_by_the_source_stays(void **state)
{
    (void)state;
    stays("138****8000");
    stays("3502**********1234");
}

static void case_39_cut_anywhere(void **state)
{
    (void)state;
    const char *text = "甲11010519491231002X乙\\u0031380013800\\u0030丙a.b@c.cn丁闽D12345戊";
    hf_bytes raw = hf_bytes_of_string(text);
    hf_buf whole = detecting_run(raw, 0);
    for (size_t n = 1; n <= raw.size; n++) {
        hf_buf pieces = detecting_run(raw, n);
        assert_true(hf_bytes_equal(hf_buf_view(&whole), hf_buf_view(&pieces)));
        hf_buf_clear(&pieces);
    }
    hf_buf_clear(&whole);
}

/* Accepted: an amount that has the form of an identifier is masked in text; numbers are typed. */
static void case_40_an_amount_that_looks_like_a_card(void **state)
{
    (void)state;
    gives("金额6217000000000000004元", "金额*******************元");
    gives("金额13800138000元", "金额***********元");
    stays("金额1380013800.00元，罚款50000.00元");
    stays("金额1,380,013,800,000.00元");
}

/* Policy, not detector: the class of the leaf. */
static void case_42_a_name_stays(void **state)
{
    (void)state;
    stays("张三经营部（经营者：李四）");
}

/* --- masks --- */

static void only_what_is_found_is_changed(void **state)
{
    (void)state;
    gives("\\u7532\\t\\\"\\\\\\/\\u00e9\\ud83d\\ude00 x 13800138000 \\ud83d\\ude00\\b",
          "\\u7532\\t\\\"\\\\\\/\\u00e9\\ud83d\\ude00 x *********** \\ud83d\\ude00\\b");
    stays("");
    stays("依据《行政处罚法》第三十二条，2025年3月12日作出闽税罚[2025]00123号决定。");
    stays("The quick brown fox, 2025-03-12 08:30, EUR 1,234.50 (No 17/2025), p. 33-35");
}

static void a_group_goes_whole(void **state)
{
    (void)state;
    gives("77771380013800077", "*****************");
    gives("1380013800077 123", "************* 123");
    gives("13800138000\u200b\u200b。", "*************。");
}

/* However long the row is, of which only the last marks are kept, and wherever that is done. */
static void a_group_holds_nothing_of_the_group_before(void **state)
{
    (void)state;
    char text[256];
    for (int n = 30; n < 90; n++) {
        memset(text, 'Y', sizeof text);
        assert_true(snprintf(text + n, sizeof text - (size_t)n, "0 378282246130005。") > 0);
        stays(text);
    }
}

static void dates_and_periods_stay(void **state)
{
    (void)state;
    stays("2019.01.01-2019.12.31");
    stays("2024-03-05 2025-10-01");
    stays("2025.10.15-2025.12.31 08:30");
    stays("自2025年3月15日至2026年3月14日");
    stays("20190101-20191231");
}

static void a_long_group_is_masked_whatever_it_is(void **state)
{
    (void)state;
    char text[200];
    char expected[200];
    memset(text, '2', sizeof text);
    memset(expected, '*', sizeof expected);
    text[HF_DETECT_MAX_GROUP_DIGITS] = '\0';
    stays(text);
    text[HF_DETECT_MAX_GROUP_DIGITS] = '2';
    text[HF_DETECT_MAX_GROUP_DIGITS + 1] = '\0';
    expected[HF_DETECT_MAX_GROUP_DIGITS + 1] = '\0';
    gives(text, expected);
}

static void a_group_flooded_with_what_is_invisible_is_masked(void **state)
{
    (void)state;
    stays("12\u200b\u200b\u200b\u200b\u200b\u200b3");
    gives("12\u200b\u200b\u200b\u200b\u200b\u200b\u200b3", "**********");
    gives("12\u200b\u200b\u200b\u200b\u200b\u200b\u200b。", "*********。");
}

/* --- limits that the documents name --- */

static void limit_wide_gaps_part_numbers(void **state)
{
    (void)state;
    gives("138   0013   8000", "*****************");
    stays("138    0013    8000");
    stays("138，0013，8000");
    stays("138/0013/8000");
}

static void limit_groups_glued_in_the_middle(void **state)
{
    (void)state;
    stays("138-0013-8000139-0013-9000");
}

static void limit_letters_that_look_like_digits(void **state)
{
    (void)state;
    stays("l38OOl38OOO");
}

static void limit_words_for_signs(void **state)
{
    (void)state;
    stays("zhang at example dot com");
    stays("zhang @ example.com");
    stays("张某@example.com，a@例子.中国");
}

static void limit_spelled_backwards_without_a_check_digit(void **state)
{
    (void)state;
    stays("00083100831");
}

static void limit_plates_of_embassies_and_forces(void **state)
{
    (void)state;
    stays("使014578");
    stays("WJ闽2345X");
}

static void a_full_buffer_is_said(void **state)
{
    (void)state;
    struct hf_detect *detect = NULL;
    hf_buf out = hf_buf_init(3);
    assert_ok(hf_detect_new(&detect));
    assert_code(hf_detect_push(detect, HF_LITERAL("甲乙丙丁"), &out), LIMIT);
    hf_detect_free(detect);
    hf_buf_clear(&out);
}

static void a_detector_begins_anew(void **state)
{
    (void)state;
    struct hf_detect *detect = NULL;
    hf_buf out = hf_buf_init(100);
    assert_ok(hf_detect_new(&detect));
    assert_ok(hf_detect_push(detect, HF_LITERAL("13800138"), &out));
    hf_detect_begin(detect);
    assert_false(hf_detect_any(detect));
    assert_ok(hf_detect_push(detect, HF_LITERAL("000。"), &out));
    assert_ok(hf_detect_end(detect, &out));
    assert_true(hf_bytes_equal_string(hf_buf_view(&out), "000。"));
    hf_detect_free(detect);
    hf_buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uscc_is_found),
        cmocka_unit_test(a_uscc_with_a_wrong_check_character_is_not_found),
        cmocka_unit_test(a_resident_id_is_found),
        cmocka_unit_test(a_resident_id_with_a_wrong_check_digit_is_caught_as_something_else),
        cmocka_unit_test(an_old_resident_id_is_found),
        cmocka_unit_test(a_bank_card_is_found),
        cmocka_unit_test(a_number_that_is_no_card_is_not_found),
        cmocka_unit_test(a_mobile_number_is_found),
        cmocka_unit_test(a_landline_is_found),
        cmocka_unit_test(a_number_that_is_no_landline_is_not_found),
        cmocka_unit_test(a_number_plate_is_found),
        cmocka_unit_test(what_is_no_number_plate_stays),
        cmocka_unit_test(a_passport_is_found),
        cmocka_unit_test(a_mail_address_is_found),
        cmocka_unit_test(case_27_digits_as_escapes),
        cmocka_unit_test(case_28_full_width),
        cmocka_unit_test(case_29_other_digits),
        cmocka_unit_test(case_30_separators),
        cmocka_unit_test(case_31_two_joined),
        cmocka_unit_test(case_32_inside_a_longer_run),
        cmocka_unit_test(case_33_lower_case_and_old),
        cmocka_unit_test(case_34_country_code),
        cmocka_unit_test(case_35_split_over_two_fields_is_not_found),
        cmocka_unit_test(case_36_a_phone_as_a_number),
        cmocka_unit_test(case_37_reversed),
        cmocka_unit_test(case_38_masked_by_the_source_stays),
        cmocka_unit_test(case_39_cut_anywhere),
        cmocka_unit_test(case_40_an_amount_that_looks_like_a_card),
        cmocka_unit_test(case_42_a_name_stays),
        cmocka_unit_test(only_what_is_found_is_changed),
        cmocka_unit_test(a_group_goes_whole),
        cmocka_unit_test(a_group_holds_nothing_of_the_group_before),
        cmocka_unit_test(dates_and_periods_stay),
        cmocka_unit_test(a_long_group_is_masked_whatever_it_is),
        cmocka_unit_test(a_group_flooded_with_what_is_invisible_is_masked),
        cmocka_unit_test(limit_wide_gaps_part_numbers),
        cmocka_unit_test(limit_groups_glued_in_the_middle),
        cmocka_unit_test(limit_letters_that_look_like_digits),
        cmocka_unit_test(limit_words_for_signs),
        cmocka_unit_test(limit_spelled_backwards_without_a_check_digit),
        cmocka_unit_test(limit_plates_of_embassies_and_forces),
        cmocka_unit_test(a_full_buffer_is_said),
        cmocka_unit_test(a_detector_begins_anew),
    };
    return cmocka_run_group_tests_name("policy/detect", tests, NULL, NULL);
}

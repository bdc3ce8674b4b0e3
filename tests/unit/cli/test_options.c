#include "cli/options.h"

#include "tests/unit/unit.h"

#define W(text) ((char[]){text})
#define WORDS(...) ((char *const[]){__VA_ARGS__, NULL})

static const struct hf_option options[] = {
    {.name = "key", .value = "FILE", .help = "h", .is_required = true},
    {.name = "claims", .value = "FILE", .help = "h", .is_repeatable = true},
    {.name = "at", .value = "UNIX", .help = "h"},
    {.name = "json", .help = "h"},
    {0},
};

static hf_status parse(char *const *words, struct hf_arguments *ret, struct hf_problem *reterr)
{
    return hf_arguments_parse(options, (struct hf_operand_count){1, 2}, words, ret, reterr);
}

static void options_and_operands_stand_in_any_order(void **state)
{
    (void)state;
    struct hf_arguments arguments;
    assert_ok(
        parse(WORDS(W("one"), W("--key"), W("k.pem"), W("--json"), W("two")), &arguments, NULL));
    assert_string_equal(hf_argument(&arguments, "key"), "k.pem");
    assert_true(hf_argument_flag(&arguments, "json"));
    assert_int_equal(arguments.n_operands, 2);
    assert_string_equal(arguments.operands[0], "one");
    assert_string_equal(arguments.operands[1], "two");
    assert_null(hf_argument(&arguments, "at"));
}

static void a_value_may_be_joined_by_an_equals_sign(void **state)
{
    (void)state;
    struct hf_arguments arguments;
    assert_ok(parse(WORDS(W("--key=--odd=name"), W("x")), &arguments, NULL));
    assert_string_equal(hf_argument(&arguments, "key"), "--odd=name");
    assert_ok(parse(WORDS(W("--key="), W("x")), &arguments, NULL));
    assert_string_equal(hf_argument(&arguments, "key"), "");
}

static void a_dash_is_standard_input_as_operand_and_as_value(void **state)
{
    (void)state;
    struct hf_arguments arguments;
    assert_ok(parse(WORDS(W("--key"), W("-"), W("-")), &arguments, NULL));
    assert_string_equal(hf_argument(&arguments, "key"), "-");
    assert_string_equal(arguments.operands[0], "-");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct hf_arguments arguments;
    assert_ok(parse(WORDS(W("--key"), W("k"), W("--"), W("--json"), W("-x")), &arguments, NULL));
    assert_false(hf_argument_flag(&arguments, "json"));
    assert_string_equal(arguments.operands[0], "--json");
    assert_string_equal(arguments.operands[1], "-x");
}

static void a_repeatable_option_keeps_its_order(void **state)
{
    (void)state;
    struct hf_arguments arguments;
    assert_ok(parse(WORDS(W("--claims"), W("a"), W("--key"), W("k"), W("--claims=b"), W("x")),
                    &arguments, NULL));
    assert_string_equal(hf_argument_at(&arguments, "claims", 0), "a");
    assert_string_equal(hf_argument_at(&arguments, "claims", 1), "b");
    assert_null(hf_argument_at(&arguments, "claims", 2));
}

static void assert_misuse(char *const *words, const char *where, const char *detail)
{
    struct hf_arguments arguments = {0};
    struct hf_problem problem = {0};
    assert_code(parse(words, &arguments, &problem), REQUEST_MALFORMED);
    assert_string_equal(problem.where, where);
    assert_string_equal(problem.detail, detail);
    assert_null(arguments.options);
}

static void an_unknown_option_is_refused(void **state)
{
    (void)state;
    const char *sentence = "is not an option of this command";
    assert_misuse(WORDS(W("--kex"), W("k"), W("x")), "kex", sentence);
    assert_misuse(WORDS(W("--ke"), W("k"), W("x")), "ke", sentence); /* no abbreviation */
    assert_misuse(WORDS(W("--Key"), W("k"), W("x")), "Key", sentence);
    assert_misuse(WORDS(W("--="), W("k"), W("x")), "", sentence);
    assert_misuse(WORDS(W("--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                          "aaaaaaaa")),
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", sentence);
}

static void a_short_option_is_refused(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("-k"), W("k"), W("x")), "k",
                  "is not an option: options are spelled in full");
}

static void an_option_given_twice_is_refused(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("--key"), W("a"), W("--key"), W("a"), W("x")), "key", "is given twice");
    assert_misuse(WORDS(W("--key"), W("a"), W("--json"), W("--json"), W("x")), "json",
                  "is given twice");
}

static void a_missing_value_is_refused(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("x"), W("--key")), "key", "needs a value");
    assert_misuse(WORDS(W("x"), W("--key"), W("--json")), "key", "needs a value");
    assert_misuse(WORDS(W("x"), W("--key"), W("--")), "key", "needs a value");
}

static void a_flag_with_a_value_is_refused(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("--key"), W("k"), W("--json=no"), W("x")), "json", "takes no value");
}

static void a_missing_required_option_is_named(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("x"), W("--json")), "key", "is missing");
}

static void the_number_of_operands_is_checked(void **state)
{
    (void)state;
    assert_misuse(WORDS(W("--key"), W("k")), "", "an operand is missing");
    assert_misuse(WORDS(W("--key"), W("k"), W("1"), W("2"), W("3")), "", "too many operands");
}

static void floods_are_refused(void **state)
{
    (void)state;
    char word[] = "x";
    char claims[] = "--claims=x";
    char *words[200] = {0};
    for (size_t i = 0; i < 199; i++) {
        words[i] = word;
    }
    assert_misuse(words, "", "too many operands");
    for (size_t i = 0; i < 199; i++) {
        words[i] = claims;
    }
    assert_misuse(words, "claims", "is one option too many");
    char dashes[] = "--";
    words[0] = dashes;
    assert_misuse(words, "", "too many operands");
}

static hf_status integer(char *word, int64_t *ret)
{
    struct hf_arguments arguments;
    assert_ok(parse(WORDS(W("--key=k"), W("x"), word), &arguments, NULL));
    return hf_argument_integer(&arguments, "at", (struct hf_integer_range){-5, 4102444800}, ret,
                               NULL);
}

static void an_integer_is_decimal_and_in_range(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_ok(integer(W("--json"), &value));
    assert_int_equal(value, 7); /* not given: left alone */
    assert_ok(integer(W("--at=0"), &value));
    assert_int_equal(value, 0);
    assert_ok(integer(W("--at=-5"), &value));
    assert_int_equal(value, -5);
    assert_ok(integer(W("--at=4102444800"), &value));
    assert_int_equal(value, 4102444800);
}

static void anything_else_is_no_integer(void **state)
{
    (void)state;
    int64_t value = 7;
    char words[][32] = {"--at=",    "--at=x",   "--at= 1", "--at=+1",        "--at=01",
                        "--at=1e3", "--at=1.0", "--at=1 ", "--at=0x1",       "--at=-6",
                        "--at=-",   "--at=--1", "--at=00", "--at=4102444801"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_code(integer(words[i], &value), REQUEST_MALFORMED);
    }
    assert_code(integer(W("--at=99999999999999999999999999"), &value), REQUEST_MALFORMED);
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_stand_in_any_order),
        cmocka_unit_test(a_value_may_be_joined_by_an_equals_sign),
        cmocka_unit_test(a_dash_is_standard_input_as_operand_and_as_value),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_repeatable_option_keeps_its_order),
        cmocka_unit_test(an_unknown_option_is_refused),
        cmocka_unit_test(a_short_option_is_refused),
        cmocka_unit_test(an_option_given_twice_is_refused),
        cmocka_unit_test(a_missing_value_is_refused),
        cmocka_unit_test(a_flag_with_a_value_is_refused),
        cmocka_unit_test(a_missing_required_option_is_named),
        cmocka_unit_test(the_number_of_operands_is_checked),
        cmocka_unit_test(floods_are_refused),
        cmocka_unit_test(an_integer_is_decimal_and_in_range),
        cmocka_unit_test(anything_else_is_no_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

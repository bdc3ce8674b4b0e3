/*
 * Reads a number's spelling, and compares two by their digits. A digit is compared by its place: so
 * many places before the point, counted from the first digit that is not zero. Two numbers of
 * different first places need not be looked at further, whatever their exponents.
 */
#include "policy/treat_decimal.h"

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Reads digits from @at into @number; how many there were. */
static size_t read_digits(hf_bytes lexeme, size_t at, struct hf_decimal *number)
{
    size_t n = 0;
    while (at + n < lexeme.size && is_digit(lexeme.data[at + n])) {
        number->digits[number->n_digits++] = (uint8_t)(lexeme.data[at + n] - '0');
        n++;
    }
    return n;
}

/* Reads `e±N` at @at, to the end. */
static hf_status read_exponent(hf_bytes lexeme, size_t at, int *ret_exponent)
{
    bool is_negative = at + 1 < lexeme.size && lexeme.data[at + 1] == '-';
    bool has_sign = is_negative || (at + 1 < lexeme.size && lexeme.data[at + 1] == '+');
    size_t i = at + 1 + has_sign;
    int exponent = 0;
    if (i >= lexeme.size || (lexeme.data[at] | 0x20) != 'e') {
        HF_FAIL(JSON_MALFORMED);
    }
    for (; i < lexeme.size; i++) {
        if (!is_digit(lexeme.data[i])) {
            HF_FAIL(JSON_MALFORMED);
        }
        exponent = exponent * 10 + (lexeme.data[i] - '0');
        exponent = exponent < HF_DECIMAL_FAR ? exponent : HF_DECIMAL_FAR;
    }
    *ret_exponent = is_negative ? -exponent : exponent;
    return HF_DONE;
}

hf_status hf_decimal_read(hf_bytes lexeme, struct hf_decimal *ret_number)
{
    struct hf_decimal number = {0};
    if (lexeme.size == 0 || lexeme.size > HF_DECIMAL_MAX_DIGITS) {
        HF_FAIL(JSON_MALFORMED);
    }
    number.is_negative = lexeme.data[0] == '-';
    size_t at = number.is_negative;
    size_t n_whole = read_digits(lexeme, at, &number);
    at += n_whole;
    if (n_whole == 0) {
        HF_FAIL(JSON_MALFORMED);
    }
    if (at < lexeme.size && lexeme.data[at] == '.') {
        size_t n = read_digits(lexeme, at + 1, &number);
        if (n == 0) {
            HF_FAIL(JSON_MALFORMED);
        }
        number.n_fraction = (int)n;
        at += 1 + n;
    }
    if (at < lexeme.size) {
        HF_TRY(read_exponent(lexeme, at, &number.exponent));
    }
    *ret_number = number;
    return HF_DONE;
}

/* The first digit that is not zero; n_digits: there is none. */
static int first_of(const struct hf_decimal *number)
{
    int first = 0;
    while (first < number->n_digits && number->digits[first] == 0) {
        first++;
    }
    return first;
}

static int digit_at(const struct hf_decimal *number, int i)
{
    return i < number->n_digits ? number->digits[i] : 0;
}

/* As if both were positive; neither is zero. */
static int compare_sizes(const struct hf_decimal *a, const struct hf_decimal *b)
{
    int i = first_of(a);
    int k = first_of(b);
    int a_place = a->n_digits - a->n_fraction + a->exponent - i;
    int b_place = b->n_digits - b->n_fraction + b->exponent - k;
    if (a_place != b_place) {
        return a_place < b_place ? -1 : 1;
    }
    for (; i < a->n_digits || k < b->n_digits; i++, k++) {
        int difference = digit_at(a, i) - digit_at(b, k);
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

static int sign_of(const struct hf_decimal *number)
{
    if (first_of(number) == number->n_digits) {
        return 0;
    }
    return number->is_negative ? -1 : 1;
}

int hf_decimal_compare(const struct hf_decimal *a, const struct hf_decimal *b)
{
    int sign = sign_of(a);
    if (sign != sign_of(b)) {
        return sign - sign_of(b);
    }
    return sign == 0 ? 0 : sign * compare_sizes(a, b);
}

/*
 * Rounding in decimal, on the digits as written. The number is laid out as whole and fractional
 * digits in units of the step's last decimal; a long division by the step's units gives quotient
 * and remainder; the quotient, rounded, is multiplied back. No value ever passes through a double.
 *
 * Invariant: step units are below 10^17, so ten times a remainder fits in 64 bits.
 */
#include "policy/treat.h"

#include "policy/treat_decimal.h"

enum {
    /* digits of a lexeme, moved by an exponent and by the decimals of a step; and one for a carry
     */
    MAX_DIGITS = HF_NUMBER_MAX_BYTES + HF_ROUND_MAX_EXPONENT + HF_STEP_MAX_DECIMALS + 1,
    MAX_PRODUCT = MAX_DIGITS + HF_STEP_MAX_DIGITS + 1
};

/* The number in units of 10^-decimals: so many digits before the point; below 0: zeros behind it.
 */
static int whole_digits(const struct hf_decimal *number, unsigned decimals)
{
    return number->n_digits - number->n_fraction + number->exponent + (int)decimals;
}

/* Its digit @i, counted from the first before the point. */
static unsigned digit_at(const struct hf_decimal *number, int n_whole, int i)
{
    int at = n_whole < 0 ? i + n_whole : i;
    return at >= 0 && at < number->n_digits ? number->digits[at] : 0;
}

/* Divides by the step's units: quotient digits, rounded to nearest, ties up; returns how many. */
static int divide(const struct hf_decimal *number, const struct hf_step *step,
                  uint8_t quotient[static MAX_DIGITS])
{
    uint64_t rest = 0;
    int n_whole = whole_digits(number, step->decimals);
    int n = n_whole > 0 ? n_whole : 0;
    quotient[0] = 0; /* for a carry */
    for (int i = 0; i < n; i++) {
        rest = rest * 10 + digit_at(number, n_whole, i);
        quotient[i + 1] = (uint8_t)(rest / step->units);
        rest %= step->units;
    }
    /* half a step, or just below it with a fraction that makes it up */
    bool up = 2 * rest >= step->units ||
              (2 * rest + 1 == step->units && digit_at(number, n_whole, n) >= 5);
    for (int i = n; up && i >= 0; i--) {
        up = quotient[i] == 9;
        quotient[i] = up ? 0 : (uint8_t)(quotient[i] + 1);
    }
    return n + 1;
}

/* Multiplies digits by @units into @product, whose last MAX_PRODUCT places are all filled. */
static void multiply(const uint8_t *digits, int n, uint64_t units,
                     uint8_t product[static MAX_PRODUCT])
{
    uint64_t carry = 0;
    for (int i = 0; i < MAX_PRODUCT; i++) {
        uint64_t digit = i < n ? digits[n - 1 - i] : 0;
        carry += digit * units; /* below 10^18 + 10^17 */
        product[MAX_PRODUCT - 1 - i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
}

static hf_status write_product(const uint8_t product[static MAX_PRODUCT], unsigned decimals,
                               bool negative, hf_buf *out)
{
    char text[MAX_PRODUCT + 3];
    int n = 0;
    int point = MAX_PRODUCT - (int)decimals;
    int first = 0;
    while (first < MAX_PRODUCT && product[first] == 0) {
        first++;
    }
    if (negative && first < MAX_PRODUCT) {
        text[n++] = '-';
    }
    if (first >= point) {
        first = point - 1; /* a zero before the point */
    }
    for (int i = first; i < MAX_PRODUCT; i++) {
        if (i == point) {
            text[n++] = '.';
        }
        text[n++] = (char)('0' + product[i]);
    }
    return hf_buf_append(out, hf_bytes_of(text, (size_t)n));
}

hf_status hf_treat_round(hf_bytes lexeme, const struct hf_step *step, hf_buf *out)
{
    struct hf_decimal number;
    uint8_t quotient[MAX_DIGITS];
    uint8_t product[MAX_PRODUCT];
    HF_TRY(hf_decimal_read(lexeme, &number));
    if (number.exponent > HF_ROUND_MAX_EXPONENT || number.exponent < -HF_ROUND_MAX_EXPONENT) {
        HF_FAIL(LIMIT);
    }
    int n = divide(&number, step, quotient);
    multiply(quotient, n, step->units, product);
    return write_product(product, step->decimals, number.is_negative, out);
}

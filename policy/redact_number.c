/*
 * Numbers and the three words. A number is never converted: a table of states follows its spelling,
 * and the lexeme, gathered when a chunk cuts it, is what a leaf gets to see.
 *
 * A lexeme beyond HF_NUMBER_MAX_BYTES is still checked to its end, but not kept: where it stands at
 * a leaf it is withheld. Source: RFC 8259 section 6.
 */
#include "policy/redact_state.h"

/* What has been read of a number. */
enum {
    BEGIN,
    MINUS,
    ZERO,
    WHOLE,
    POINT,
    FRACTION,
    EXPONENT,
    SIGN,
    POWER,
    N_STATES,
    END = N_STATES,
    BAD
};

enum { OTHER, DIGIT_0, DIGIT, HYPHEN, PLUS, DOT, LETTER_E, N_KINDS };

static const uint8_t kinds[256] = {
    ['0'] = DIGIT_0, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT,    ['4'] = DIGIT,
    ['5'] = DIGIT,   ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT,    ['9'] = DIGIT,
    ['-'] = HYPHEN,  ['+'] = PLUS,  ['.'] = DOT,   ['e'] = LETTER_E, ['E'] = LETTER_E,
};

static const uint8_t next_state[N_STATES][N_KINDS] = {
    /*              OTHER DIGIT_0   DIGIT     HYPHEN PLUS DOT    LETTER_E */
    [BEGIN] = {BAD, ZERO, WHOLE, MINUS, BAD, BAD, BAD},
    [MINUS] = {BAD, ZERO, WHOLE, BAD, BAD, BAD, BAD},
    [ZERO] = {END, BAD, BAD, BAD, BAD, POINT, EXPONENT},
    [WHOLE] = {END, WHOLE, WHOLE, BAD, BAD, POINT, EXPONENT},
    [POINT] = {BAD, FRACTION, FRACTION, BAD, BAD, BAD, BAD},
    [FRACTION] = {END, FRACTION, FRACTION, BAD, BAD, BAD, EXPONENT},
    [EXPONENT] = {BAD, POWER, POWER, SIGN, SIGN, BAD, BAD},
    [SIGN] = {BAD, POWER, POWER, BAD, BAD, BAD, BAD},
    [POWER] = {END, POWER, POWER, BAD, BAD, BAD, BAD},
};

static void end_number(struct hf_redact *redact, const uint8_t *lexeme, size_t size)
{
    bool is_integer = redact->number_state == ZERO || redact->number_state == WHOLE;
    hf_leaf_number(redact, lexeme, size, is_integer);
    hf_walk_value_end(redact);
}

/* Keeps the bytes of a number that a chunk cuts. */
static void gather(struct hf_redact *redact, const uint8_t *bytes, size_t size)
{
    size_t room = sizeof redact->text - redact->n_text;
    size_t n = size < room ? size : room;
    memcpy(redact->text + redact->n_text, bytes, n);
    redact->n_text += n;
}

/* Runs the states from @p; @begun: the lexeme began in this chunk, so it need not be gathered. */
static const uint8_t *run(struct hf_redact *redact, const uint8_t *p, const uint8_t *end,
                          bool begun)
{
    const uint8_t *begin = p;
    uint8_t state = redact->number_state;
    uint8_t next = state;
    while (p < end && (next = next_state[state][kinds[*p]]) < N_STATES) {
        state = next;
        p++;
    }
    redact->number_state = state;
    if (next == BAD) {
        return hf_redact_fault(redact, HF_RULE_number, p);
    }
    if (next == END && begun) {
        end_number(redact, begin, (size_t)(p - begin));
        return p;
    }
    gather(redact, begin, (size_t)(p - begin));
    if (next == END) {
        end_number(redact, redact->text, redact->n_text);
    }
    return p;
}

const uint8_t *hf_number_begin(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    redact->step = HF_STEP_NUMBER;
    redact->number_state = BEGIN;
    redact->n_text = 0;
    return run(redact, p, end, true);
}

const uint8_t *hf_step_number(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    return run(redact, p, end, false);
}

bool hf_number_finish(struct hf_redact *redact)
{
    if (next_state[redact->number_state][OTHER] != END) {
        return false;
    }
    end_number(redact, redact->text, redact->n_text);
    return true;
}

/* --- true, false, null --- */

static const struct {
    uint8_t size;
    char word[6];
} words[HF_N_LITERALS] = {
    [HF_LITERAL_TRUE] = {4, "true"},
    [HF_LITERAL_FALSE] = {5, "false"},
    [HF_LITERAL_NULL] = {4, "null"},
};

const uint8_t *hf_step_literal(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    uint8_t size = words[redact->literal].size;
    const char *word = words[redact->literal].word;
    while (p < end && redact->n_literal < size) {
        if (*p != (uint8_t)word[redact->n_literal]) {
            return hf_redact_fault(redact, HF_RULE_literal, p);
        }
        redact->n_literal++;
        p++;
    }
    if (redact->n_literal == size) {
        hf_leaf_literal(redact, (enum hf_literal)redact->literal);
        hf_walk_value_end(redact);
    }
    return p;
}

static enum hf_literal literal_of(uint8_t first)
{
    return first == 't' ? HF_LITERAL_TRUE : first == 'f' ? HF_LITERAL_FALSE : HF_LITERAL_NULL;
}

const uint8_t *hf_literal_whole(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    enum hf_literal literal = literal_of(*p);
    size_t size = words[literal].size;
    if ((size_t)(end - p) <= size || memcmp(p, words[literal].word, size) != 0) {
        return NULL;
    }
    hf_leaf_literal(redact, literal);
    return p + size;
}

const uint8_t *hf_literal_begin(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    redact->step = HF_STEP_LITERAL;
    redact->n_literal = 0;
    redact->literal = (uint8_t)literal_of(*p);
    return hf_step_literal(redact, p, end);
}

/*
 * Skipping in plain C: the definition of what the fast one must return, what it falls back on at
 * the end of a text, and the judgement of a stretch, which both share.
 */
#include "policy/detect_skip.h"

#include "policy/detect_char.h"

enum {
    PLATE_DIGITS = 3, /* fewer are no identifier beside a province */
    USCC_DIGITS = 6,  /* nor these beside letters */
    KIND_AT = 1 << 7  /* among the kinds of a tally, that are bits by enum hf_fold_kind */
};

/* ASCII that is an anchor. */
static inline bool is_anchor_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == '@' || byte == '\\';
}

const uint8_t *hf_anchor_find(const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        if (*p < 0x80 && is_anchor_byte(*p)) {
            return p;
        }
        struct hf_fold fold;
        unsigned n = hf_char_fold(p, end, &fold);
        if (hf_fold_is_anchor(fold)) {
            return p;
        }
        p += n;
    }
    return end;
}

/* --- stretches --- */

struct tally {
    unsigned n_digits;
    unsigned kinds;
};

static inline void count(struct tally *tally, struct hf_fold fold)
{
    tally->n_digits += fold.kind == HF_FOLD_DIGIT;
    tally->kinds |= 1u << fold.kind | (fold.text == HF_FOLD_AT ? KIND_AT : 0);
}

static inline bool has(const struct tally *tally, enum hf_fold_kind kind)
{
    return tally->kinds >> kind & 1;
}

static inline bool is_worth_reading(const struct tally *tally)
{
    unsigned n_needed = HF_STRETCH_DIGITS;
    if (has(tally, HF_FOLD_PROVINCE)) {
        n_needed = PLATE_DIGITS;
    } else if (has(tally, HF_FOLD_LETTER)) {
        n_needed = USCC_DIGITS;
    }
    bool is_flooded = has(tally, HF_FOLD_INVISIBLE) && tally->n_digits > 0;
    return tally->n_digits >= n_needed || is_flooded || (tally->kinds & KIND_AT);
}

/* From the anchor on: behind the break, or NULL when it does not come or enough has come. */
static inline const uint8_t *count_forward(struct tally *tally, const uint8_t *p,
                                           const uint8_t *end, bool is_end)
{
    while (p < end && tally->n_digits < HF_STRETCH_DIGITS) {
        struct hf_fold fold;
        p += hf_char_fold(p, end, &fold);
        if (hf_fold_is_break(fold)) {
            return p;
        }
        count(tally, fold);
    }
    return p == end && is_end ? p : NULL;
}

/* Before the anchor. */
static inline void count_back(struct tally *tally, const uint8_t *low, const uint8_t *p)
{
    while (p > low) {
        struct hf_fold fold;
        p = hf_char_before(low, p, &fold);
        if (hf_fold_is_break(fold)) {
            return;
        }
        count(tally, fold);
    }
}

/* Behind a row of escapes of ideographs that are breaks: of a text that is written so all over. */
static const uint8_t *pass_escapes(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        uint32_t unit = hf_char_unit(p);
        if (!hf_fold_is_ideograph(unit) || !hf_fold_is_plain(unit)) {
            break;
        }
        p += 6;
    }
    return p;
}

const uint8_t *hf_stretch_pass(const uint8_t *low, const uint8_t *anchor, const uint8_t *end,
                               bool is_end)
{
    struct tally tally = {0};
    const uint8_t *behind = count_forward(&tally, anchor, end, is_end);
    if (behind) {
        count_back(&tally, low, anchor);
    }
    return behind && !is_worth_reading(&tally) ? pass_escapes(behind, end) : NULL;
}

const uint8_t *hf_stretch_begin(const uint8_t *low, const uint8_t *p)
{
    while (p > low) {
        struct hf_fold fold;
        const uint8_t *before = hf_char_before(low, p, &fold);
        if (hf_fold_is_break(fold)) {
            break;
        }
        p = before;
    }
    return p;
}

/* --- the loop --- */

size_t hf_detect_skip_plain(const uint8_t *data, size_t size, bool is_end)
{
    const uint8_t *end = data + size;
    const uint8_t *low = data; /* behind the last break that was met */
    for (;;) {
        const uint8_t *anchor = hf_anchor_find(low, end);
        if (anchor == end && is_end) {
            return size;
        }
        const uint8_t *behind = anchor < end ? hf_stretch_pass(low, anchor, end, is_end) : NULL;
        if (!behind) {
            return (size_t)(hf_stretch_begin(low, anchor) - data);
        }
        low = behind;
    }
}

hf_detect_skip_fn *hf_detect_skip_best(void)
{
    hf_detect_skip_fn *avx2 = hf_detect_skip_avx2();
    return avx2 ? avx2 : hf_detect_skip_plain;
}

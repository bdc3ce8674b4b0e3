/*
 * What a character is to the detectors: the digit, letter, gap or end of a number that a reader
 * would take it for, whatever script or shape it is written in.
 */
#pragma once

#include "base/bytes.h"

enum hf_fold_kind {
    HF_FOLD_OTHER = 0, /* parts numbers */
    HF_FOLD_DIGIT,
    HF_FOLD_LETTER,
    HF_FOLD_PROVINCE,  /* an ideograph that begins a number plate */
    HF_FOLD_SEPARATOR, /* seen, and put between digits: space, hyphen, dot, bracket */
    HF_FOLD_INVISIBLE  /* not seen: soft hyphen, zero width, joiner, mark, control */
};

/* Texts of OTHER characters that have a part in some identifier. */
enum { HF_FOLD_AT = '@', HF_FOLD_PLATE_TAIL = 'T' };

struct hf_fold {
    uint8_t kind;
    uint8_t text; /* `0`..`9`, `A`..`Z`, one of `-._` of a separator that a mail address may hold,
                     one of `@%+T` of an OTHER; else 0 */
};

/* A unified ideograph that means something here, in the only slot in which it can stand. */
struct hf_fold_slot {
    uint16_t scalar;
    struct hf_fold fold;
};

#define HF_FOLD_SLOT(scalar) (((scalar)*1059u >> 5) & 0xff)

extern const struct hf_fold hf_fold_ascii[128];
extern const struct hf_fold_slot hf_fold_ideographs[256];

/* What is neither ASCII nor a unified ideograph. Cost: O(log). */
struct hf_fold hf_fold_other(uint32_t scalar);

static inline bool hf_fold_is_ideograph(uint32_t scalar)
{
    return scalar >= 0x3400 && scalar < 0xa000;
}

/* Whether a unified ideograph means nothing here, as nearly all do. */
static inline bool hf_fold_is_plain(uint32_t ideograph)
{
    return hf_fold_ideographs[HF_FOLD_SLOT(ideograph)].scalar != ideograph;
}

/**
 * hf_fold_of() - what @scalar is
 *
 * Digits: every Unicode decimal digit; superscript, subscript, circled and otherwise enclosed ones;
 * Chinese numerals 0..9, also those of cheques, 〇 and ○, and 幺. Letters: ASCII and full width,
 * and what looks like an X. Anything else is OTHER. Cost: O(1); O(log) outside ASCII and the
 * unified ideographs. Source: Unicode 14.0, docs/catalog-and-policy.md.
 */
static inline struct hf_fold hf_fold_of(uint32_t scalar)
{
    const struct hf_fold other = {HF_FOLD_OTHER, 0};
    if (scalar < 0x80) {
        return hf_fold_ascii[scalar];
    }
    if (hf_fold_is_ideograph(scalar)) {
        return hf_fold_is_plain(scalar) ? other : hf_fold_ideographs[HF_FOLD_SLOT(scalar)].fold;
    }
    return hf_fold_other(scalar);
}

/* Whether identifiers look through it or begin to be told by it: a digit or an at-sign. */
static inline bool hf_fold_is_anchor(struct hf_fold fold)
{
    return fold.kind == HF_FOLD_DIGIT || (fold.kind == HF_FOLD_OTHER && fold.text == HF_FOLD_AT);
}

/* Whether it parts all identifiers and belongs to none. */
static inline bool hf_fold_is_break(struct hf_fold fold)
{
    return fold.kind == HF_FOLD_OTHER && fold.text == 0;
}

/*
 * Treatments: what happens to the value of one leaf. Pure functions over one decoded value or one
 * number's lexeme, shared by the policy compiler (does it fit?) and the redactor (do it).
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/mac.h"
#include "policy/treat_decimal.h"

#include <stdbool.h>

/* What a leaf may hold, as a mask: a schema may allow several. */
enum hf_leaf_type {
    HF_LEAF_STRING = 1,
    HF_LEAF_INTEGER = 2, /* -?(0|[1-9][0-9]*) as written: neither `1.0` nor `1e3` */
    HF_LEAF_DECIMAL = 4, /* any JSON number, integers included */
    HF_LEAF_BOOLEAN = 8,
    HF_LEAF_DATE = 16 /* a string in one of the five spellings of base/date.h */
};

enum hf_treatment_kind {
    HF_TREAT_DROP = 0,
    HF_TREAT_KEEP,
    HF_TREAT_NULL,
    HF_TREAT_MASK,
    HF_TREAT_ROUND,
    HF_TREAT_TRUNCATE_DATE,
    HF_TREAT_SCAN,
    HF_TREAT_BUCKET,
    HF_TREAT_PSEUDONYM,
    HF_N_TREATMENTS
};

enum hf_date_unit { HF_DATE_UNIT_MONTH, HF_DATE_UNIT_QUARTER, HF_DATE_UNIT_YEAR };

enum {
    HF_STEP_MAX_DIGITS = 17,    /* of the step without its point */
    HF_STEP_MAX_DECIMALS = 9,   /* behind the point */
    HF_MASK_MAX_CHARS = 64,     /* of keep_first and of keep_last */
    HF_TREAT_MAX_BYTES = 1024,  /* of a value that is masked or truncated, decoded */
    HF_NUMBER_MAX_BYTES = 64,   /* of a number's lexeme at a leaf that is released */
    HF_ROUND_MAX_EXPONENT = 64, /* |e| of a number that is rounded */
    HF_BUCKET_MAX_EDGES = 32,
    HF_PSEUDONYM_CHARS = 26,
    HF_EDGE_MAX_CHARS = HF_STEP_MAX_DIGITS + 2 /* a sign and a point */
};

/* A step of rounding: units / 10^decimals, positive. */
struct hf_step {
    uint64_t units;
    unsigned decimals;
};

/* Where two ranges of a bucket meet, as the policy spells it. */
struct hf_edge {
    struct hf_decimal value;
    uint8_t n_chars;
    char text[HF_EDGE_MAX_CHARS];
};

/* Rising. */
struct hf_edges {
    const struct hf_edge *list;
    size_t n;
};

struct hf_treatment {
    enum hf_treatment_kind kind;
    unsigned keep_first;   /* MASK: characters that stay at the front */
    unsigned keep_last;    /* MASK: at the end */
    struct hf_step step;   /* ROUND */
    enum hf_date_unit to;  /* TRUNCATE_DATE */
    struct hf_edges edges; /* BUCKET; of a rule: its policy's, of a view's leaf: the view's */
};

/* "mask" and so on, the words of the policy document. Static storage; "?" outside the table. */
const char *hf_treatment_name(enum hf_treatment_kind kind);

/* The treatment of that name. Errors: NOT_FOUND (also for one that does not exist yet). */
hf_status hf_treatment_by_name(hf_bytes name, enum hf_treatment_kind *ret_kind);

/**
 * hf_treatment_fits() - whether @treatment can be done to every value that @types allows
 *
 * DROP, KEEP and NULL fit all; MASK strings and dates; ROUND numbers, and integers only with a step
 * without decimals; BUCKET numbers; TRUNCATE_DATE dates; SCAN and PSEUDONYM strings and integers.
 * Parameters out of their limits fit nothing.
 */
bool hf_treatment_fits(const struct hf_treatment *treatment, unsigned types);

/**
 * hf_step_parse() - read a step as a policy writes it: "1000", "0.01", "2.50"
 * @ret_step: set only on success
 *
 * Digits with at most one point, no sign, no exponent, not zero; its decimals are those written.
 * Errors: POLICY_INVALID.
 */
hf_status hf_step_parse(hf_bytes text, struct hf_step *ret_step);

/**
 * hf_treat_mask() - append @value with its inner characters replaced by `*`, as a JSON string
 * @value: decoded UTF-8, at most HF_TREAT_MAX_BYTES
 *
 * Characters are code points. A value of at most keep_first + keep_last + 2 is masked whole: what
 * would stay visible is then most of it. Errors: LIMIT, NOMEM of the buffer.
 */
hf_status hf_treat_mask(hf_bytes value, const struct hf_treatment *treatment, hf_buf *out);

/**
 * hf_treat_round() - append the multiple of the step nearest to @lexeme, ties away from zero
 * @lexeme: a JSON number, at most HF_NUMBER_MAX_BYTES
 *
 * Decimal arithmetic on the digits, no double anywhere; written with the step's decimals, without
 * exponent, zero without a sign. Errors: LIMIT when an exponent lies outside
 * ±HF_ROUND_MAX_EXPONENT, or of the buffer; JSON_MALFORMED when it is no number; NOMEM.
 */
hf_status hf_treat_round(hf_bytes lexeme, const struct hf_step *step, hf_buf *out);

/**
 * hf_edge_parse() - read an edge as a policy writes it: "1000", "-2.50", "0"
 * @ret_edge: set only on success
 *
 * A JSON number without exponent, and not -0; digits as those of a step. Errors: POLICY_INVALID.
 */
hf_status hf_edge_parse(hf_bytes text, struct hf_edge *ret_edge);
hf_bytes hf_edge_text(const struct hf_edge *edge); /* as it was written; lives in @edge */

/* 1 to HF_BUCKET_MAX_EDGES, each above the one before. Errors: POLICY_INVALID. */
hf_status hf_edges_check(const struct hf_edges *edges);

/**
 * hf_treat_bucket() - append the range that @lexeme lies in, as a JSON string
 * @lexeme: a JSON number, at most HF_NUMBER_MAX_BYTES
 * @edges:  as hf_edges_check() has them
 *
 * "..1000" below the first edge, "1000..5000" from one up to the next, "5000.." from the last on;
 * an edge belongs to the range above it. Exact for every number. Cost: O(log edges × digits).
 * Errors: JSON_MALFORMED when it is no number; LIMIT, NOMEM of the buffer.
 */
hf_status hf_treat_bucket(hf_bytes lexeme, const struct hf_edges *edges, hf_buf *out);

/**
 * hf_treat_truncate_date() - append the month, quarter or year that @value lies in, as a string
 * @value: decoded; one of the five spellings
 *
 * `2025-03`, `2025-Q1`, `2025`; a value that is coarser already (`2025` to month) stays the year.
 * An RFC 3339 time counts by its day in Asia/Shanghai. Errors: REQUEST_MALFORMED when unreadable,
 * LIMIT, NOMEM of the buffer.
 */
hf_status hf_treat_truncate_date(hf_bytes value, enum hf_date_unit to, hf_buf *out);

/* By what a value gets its pseudonym. Borrowed. */
struct hf_pseudonyms {
    const struct hf_mac_key *key; /* the deployment's, which never changes */
    hf_bytes bank;                /* USCC, bare */
};

/**
 * hf_treat_pseudonym() - append the name that stands for @value in answers to one bank, as a string
 * @value: decoded string, or a number's lexeme
 *
 * The first 128 bits of HMAC-SHA-256("bank:" ‖ bank ‖ ":" ‖ value) in base32 (RFC 4648 6), 26
 * characters. Cost: two compressions (100 ns) for a value of at most 31 bytes.
 * Errors: NOT_FOUND (no key or no bank: there is no name); LIMIT, NOMEM of the buffer.
 */
hf_status hf_treat_pseudonym(hf_bytes value, const struct hf_pseudonyms *names, hf_buf *out);

/*
 * Detectors: find identifiers of persons and enterprises in free text, and mask them while the text
 * streams through.
 *
 * What is found: Unified Social Credit Codes, resident IDs (18 and 15 digits), bank cards, mobile
 * and landline numbers, number plates, passports and permits, mail addresses; on decoded, folded
 * characters (detect_fold.h), so that no spelling of a digit and no gap between digits hides one.
 * What exactly counts is in docs/catalog-and-policy.md, "Identifiers in text"; its forms are in
 * detect_form.h. Each character of what is found becomes one `*`, gaps inside it included, and with
 * a digit goes the whole group that it stands in. Everything else leaves byte for byte as it came,
 * escapes included.
 *
 * Errs on the side of finding: an order number that passes for a mobile number is masked. Names of
 * persons, addresses, and numbers that two fields share are not found.
 *
 * The output is the same for every way of cutting the text; every prefix handed out is clean.
 * At most HF_DETECT_MAX_HELD_CHARS characters are held back. Cost: linear, with at most some dozen
 * looks of constant length at a digit; what is too little for any is passed 32 bytes at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
    HF_DETECT_MAX_GROUP_DIGITS = 64, /* a longer group is masked whole, whatever it is */
    HF_DETECT_MAX_HELD_CHARS = 256,
    HF_DETECT_MAX_HELD_BYTES = HF_DETECT_MAX_HELD_CHARS * 12, /* spelled as pairs of escapes */
    HF_DETECT_MIN_INTEGER_DIGITS = 11
};

struct hf_detect;

/**
 * hf_detect_new() - a detector
 * @ret_detect: set only on success; caller owns, hf_detect_free()
 *
 * Cost: one allocation of about 6 KiB. Errors: NOMEM.
 */
hf_status hf_detect_new(struct hf_detect **ret_detect);
void hf_detect_free(struct hf_detect *detect); /* NULL is fine */

/* Makes it, wherever it stands, ready for another text. Cost: O(1). */
void hf_detect_begin(struct hf_detect *detect);

/**
 * hf_detect_push() - the next piece of the text
 * @raw: borrowed during the call; as it stands in JSON between the quotes: well-formed UTF-8 and
 *       escapes, whole characters, whole escapes, both halves of a pair
 * @out: what is decided is appended, at most HF_DETECT_MAX_HELD_BYTES more than @raw
 *
 * Errors: LIMIT, NOMEM of the buffer; the text must then be given up.
 */
hf_status hf_detect_push(struct hf_detect *detect, hf_bytes raw, hf_buf *out);

/* The text has ended: appends what was held back. Errors: LIMIT, NOMEM of the buffer. */
hf_status hf_detect_end(struct hf_detect *detect, hf_buf *out);

/* Whether something was masked since hf_detect_begin(). */
bool hf_detect_any(const struct hf_detect *detect);

/**
 * hf_detect_whole() - a text that is there from its beginning to its end
 * @raw:     as for hf_detect_push()
 * @out:     when something is found the masked text is appended; else nothing is: it may leave as
 *           it is
 * @ret_any: whether something was found; set when OK is returned
 *
 * Begins anew, and leaves nothing to be ended. Errors: LIMIT, NOMEM of the buffer.
 */
hf_status hf_detect_whole(struct hf_detect *detect, hf_bytes raw, hf_buf *out, bool *ret_any);

/**
 * hf_detect_is_integer() - whether the digits of a JSON integer are an identifier
 * @lexeme: `-?(0|[1-9][0-9]*)`
 *
 * The number as a whole: a resident ID, a bank card, a mobile number, one with 86 before it, an
 * all-digit USCC. Fewer than HF_DETECT_MIN_INTEGER_DIGITS digits never are; more than 64 always.
 * A negative number is an amount. Cost: O(1).
 */
bool hf_detect_is_integer(hf_bytes lexeme);

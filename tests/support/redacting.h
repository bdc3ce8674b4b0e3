/*
 * For tests, fuzz targets and benchmarks of the redactor: views spelled as text, and documents
 * pushed in pieces.
 *
 * A view is spelled like a document that it lets through. A leaf is a string of words parted by
 * spaces: its type, what is done to it, flags. `*` is a member that is known and dropped whole; a
 * leading element "rows" in an array says that its elements are rows, and before that "lines" in
 * the root that they come one a line; a member "nullable" of value true says that the object is.
 *
 *   {"id": "string keep", "items": ["rows", {"day": "date keep date", "sum": "decimal round=0.5"}]}
 *
 * Types: string integer decimal boolean date text (string or date) number (integer or decimal) any.
 * Treatments: drop keep null mask=F,L round=STEP bucket=EDGE,EDGE month quarter year. Flags: date
 * echo nullable max=N class=N (the number of the class bit; else 0), names=N (this owner of its
 * object), owner=N:PERSONS (of it, as letters out of `abc`: the persons of redacting_persons),
 * own=PERSONS (whom its own value names).
 */
#pragma once

#include "base/buf.h"
#include "policy/redact.h"

/* What a redactor is told beside its view. */
#define REDACTING_ABOUT(who) (&(const struct hf_redact_access){.subject = (who)})

enum { REDACTING_PERSONS = 3 };

/* ID numbers of the persons a, b and c; the views know them by names under a key of the tests. */
extern const char *const redacting_persons[REDACTING_PERSONS];

/* The view that @text spells; NULL when it spells none. Owner: caller. @range may be NULL. */
struct hf_view *redacting_view(const char *text, const struct hf_view_range *range);

struct redacting {
    struct hf_view *view;
    const char *subject;
    struct hf_redact_limits limits;
    bool plain;     /* as on a machine that has no instructions of its own for this */
    bool anonymous; /* without the key that makes names of persons */
};

struct redacted {
    hf_buf out;
    hf_status status;
    struct hf_problem problem;
    struct hf_redact_stats stats;
    size_t max_out_bytes; /* most that one push appended */
};

/* Redacts @document in chunks of @n_chunk_bytes; 0: in one. */
struct redacted redacting_run(const struct redacting *redacting, hf_bytes document,
                              size_t n_chunk_bytes);
/* Redacts @document in two chunks, cut at @at. */
struct redacted redacting_cut(const struct redacting *redacting, hf_bytes document, size_t at);
void redacted_clear(struct redacted *redacted);

/* What differs between two results, or NULL: output, status, offset, rule, and counts if both end.
 */
const char *redacted_difference(const struct redacted *a, const struct redacted *b);

/*
 * The first difference between @whole, read in one chunk, and other ways of reading @document: in
 * chunks of @n_chunk_bytes, and as a plain machine does. NULL: they agree.
 */
const char *redacting_doubt(const struct redacting *redacting, const struct redacted *whole,
                            hf_bytes document, size_t n_chunk_bytes);

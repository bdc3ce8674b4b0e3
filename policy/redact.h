/*
 * The streaming redactor: JSON of a source in, in pieces of any size; JSON that keeps to a view
 * out.
 *
 * Default deny: what the view does not name is dropped, so spelling a name another way (escapes,
 * case, look-alikes, a second copy) can only lose data. A leaf has a type; a container or another
 * type in its place is dropped and counted. Separators and the names of members are written by us;
 * numbers and kept strings leave byte for byte as they came. No number passes through a double.
 *
 * Output is the same for every way of cutting the input, and every prefix handed out is clean. It
 * has no white space outside strings and is whole JSON once hf_redact_finish() succeeds, whatever
 * was withheld: containers emptied stay as `{}` or `[]`, a withheld element is removed from its
 * array, a withheld root is `null`.
 *
 * A view of lines (hf_view_builder_lines()) takes JSON values one a line, and writes those that are
 * left one a line; without a line, nothing.
 *
 * Duplicate members: a second copy of a member that the view names is a fault, whichever way it is
 * spelled; second copies of unknown members are dropped like the first. Memory does not grow with
 * the input: fixed state, and up to max_hold_bytes for a row, a string, or what waits to be told
 * whose it is, that is cut by the end of a chunk before it is known to pass. Source: RFC 8259, RFC
 * 3629; depth-first order as written.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/mac.h"
#include "policy/view.h"

enum {
    HF_REDACT_MAX_DEPTH = 64,          /* containers open at once, dropped ones included */
    HF_REDACT_MAX_SUBJECT_BYTES = 256, /* decoded */
    HF_REDACT_MAX_GROWTH = 22,         /* bytes out for a byte in */
    HF_REDACT_MAX_BEGUN_BYTES = 9216   /* out, of a name and a value that are not whole yet */
};

struct hf_redact_limits {
    uint64_t max_body_bytes;
    size_t max_string_bytes; /* raw, between the quotes, dropped strings included */
    size_t max_hold_bytes;   /* output of one row, or that waits for an owner; half of it for one
                                string that is held */
    uint32_t max_members;    /* of one object, dropped ones included */
};

/* 64 MiB, 1 MiB, 64 KiB, 10 000. */
struct hf_redact_limits hf_redact_limits_default(void);

/*
 * Most that one push of so many bytes appends: what was held, a name and a value that earlier
 * chunks have begun, and what grows. Nothing grows more than `1,` does, put between
 * two edges of a bucket.
 */
static inline size_t hf_redact_max_out_bytes(const struct hf_redact_limits *limits,
                                             size_t n_chunk_bytes)
{
    return limits->max_hold_bytes + limits->max_hold_bytes / 2 + HF_REDACT_MAX_BEGUN_BYTES +
           HF_REDACT_MAX_GROWTH * n_chunk_bytes;
}

/* Why a value was withheld. */
enum hf_withheld {
    HF_WITHHELD_POLICY,     /* the view drops it or puts null there */
    HF_WITHHELD_UNKNOWN,    /* a member that the view does not name */
    HF_WITHHELD_TYPE,       /* another type than the leaf's, a container, a null that may not be */
    HF_WITHHELD_LENGTH,     /* longer than the leaf allows, or than its treatment can take */
    HF_WITHHELD_SUBJECT,    /* subject_echo: about someone else */
    HF_WITHHELD_IDENTIFIER, /* an integer that is an identifier of somebody */
    HF_WITHHELD_OWNER,      /* of somebody who does not let it leave, or of nobody known */
    HF_N_WITHHELD
};

/* "policy" "unknown" "type" "length" "subject" "identifier" "owner"; "?" outside the table. */
const char *hf_withheld_name(enum hf_withheld reason);

/*
 * What was done, for the outcome's sealed detail. First index: 0 for values without a class, else
 * 1 + the number of the class bit. What lies inside a dropped container is not counted again; what
 * lies in a withheld row counts as withheld if it was, but never as released; behind the date that
 * failed, no treatment is tried.
 */
struct hf_redact_stats {
    uint64_t withheld[HF_VIEW_N_CLASSES + 1][HF_N_WITHHELD];
    uint64_t released[HF_VIEW_N_CLASSES + 1]; /* leaves that left, changed or not */
    uint64_t n_rows_passed;                   /* judged by date */
    uint64_t n_rows_withheld;
    uint64_t n_bytes_in;
    uint64_t n_bytes_out;
};

/* What is known of an access beside its view. Zeroed: nothing, and all that hangs on it stays. */
struct hf_redact_access {
    hf_bytes subject;                    /* copied; what `subject_echo` leaves must equal, at most
                                            HF_REDACT_MAX_SUBJECT_BYTES; empty: no such leaf ever matches */
    const struct hf_mac_key *person_key; /* makes the names of persons, and pseudonyms; NULL: no
                                            value names anybody, and no pseudonym can be written */
    hf_bytes bank;                       /* USCC, bare: whose pseudonyms; outlives, as the key, the
                                            redactor's work on this answer */
};

struct hf_redact;

/* What a redactor is begun with lies in its first bytes, should somebody know early which is next.
 */
enum { HF_REDACT_WARM_BYTES = 1152 };

/**
 * hf_redact_new() - a redactor for one answer
 * @view:       borrowed; the redactor takes its own reference
 * @access:     borrowed during the call
 * @limits:     borrowed during the call; every member must be set
 * @ret_redact: set only on success; caller owns, hf_redact_free()
 *
 * Cost: one allocation of about 5 KiB, one of 6 KiB when the view scans, and one of 7 KiB when it
 * has owners. Errors: LIMIT (subject), NOMEM.
 */
hf_status hf_redact_new(struct hf_view *view, const struct hf_redact_access *access,
                        const struct hf_redact_limits *limits, struct hf_redact **ret_redact);
void hf_redact_free(struct hf_redact *redact); /* NULL is fine */

/**
 * hf_redact_reset() - makes a redactor, wherever it stands, like a new one for another answer
 *
 * Parameters as hf_redact_new(); the counts begin anew. For a list of free redactors: what one
 * holds while it lies there is its view. Cost: no allocation, but for the first view that scans
 * or has owners. Errors: LIMIT (subject), NOMEM, and then the redactor is as it was.
 */
hf_status hf_redact_reset(struct hf_redact *redact, struct hf_view *view,
                          const struct hf_redact_access *access,
                          const struct hf_redact_limits *limits);

/**
 * hf_redact_push() - the next bytes of the source's body
 * @chunk:  borrowed during the call; any size, also 0
 * @out:    clean output is appended; at most hf_redact_max_out_bytes()
 * @reterr: may be NULL; filled on failure: offset in the body, `where` the name of the rule, a
 *          sentence; never a value
 *
 * On failure @out still ends in a clean prefix, and the redactor fails alike ever after.
 * Cost: O(chunk). Errors: SOURCE_MALFORMED (no JSON, or a limit passed), LIMIT and NOMEM (of @out).
 */
hf_status hf_redact_push(struct hf_redact *redact, hf_bytes chunk, hf_buf *out,
                         struct hf_problem *reterr);

/**
 * hf_redact_finish() - the body has ended
 *
 * Parameters as hf_redact_push(). Errors: SOURCE_MALFORMED (also when the body ends early), LIMIT,
 * NOMEM.
 */
hf_status hf_redact_finish(struct hf_redact *redact, hf_buf *out, struct hf_problem *reterr);

/* Borrowed; grows until the redactor is reset or freed. */
const struct hf_redact_stats *hf_redact_stats(const struct hf_redact *redact);

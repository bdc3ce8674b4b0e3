/*
 * A bounded list of mistakes: a check of a document goes on after a mistake, so that its author
 * sees many at once.
 */
#pragma once

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

enum { HF_PROBLEMS_MAX = 32 };

struct hf_problems {
    struct hf_problem items[HF_PROBLEMS_MAX];
    size_t n;
    size_t n_left_out; /* found, but the list was full */
};

/* The document under check: what a position is counted in. All borrowed. */
struct hf_document {
    hf_bytes text;
    const struct hf_json *root; /* NULL while the text is not parsed */
    enum hf_code code;          /* of its mistakes: CATALOG_INVALID, POLICY_INVALID */
    struct hf_problems *problems;
};

/**
 * hf_problems_add() - note a mistake at @at
 * @at:     a node of the document: gives line, column and the JSON pointer; NULL: the whole
 * @format: a sentence that says what is wrong and how to mend it; names of members may stand in it,
 *          values of data never do (a catalog and a policy hold no data)
 *
 * Cost: O(offset of @at). Errors: none; the list is bounded, the rest is counted.
 */
void hf_problems_add(const struct hf_document *document, const struct hf_json *at,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As above, at the member's name rather than its value. */
void hf_problems_add_name(const struct hf_document *document, const struct hf_json *member,
                          const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Takes over a problem that another reader filled (line and column already set). */
void hf_problems_take(struct hf_problems *problems, const struct hf_problem *problem);

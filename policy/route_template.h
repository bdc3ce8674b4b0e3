/*
 * Path templates of a catalog: `/payment/{uscc}.json`. A segment is a literal or holds one
 * parameter with a literal before and behind it, so a segment's match is never ambiguous.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum { HF_TEMPLATE_MAX_SEGMENTS = 16, HF_TEMPLATE_MAX_BYTES = 512 };

struct hf_template_segment {
    hf_bytes prefix;    /* the literal, or what stands before the parameter */
    hf_bytes parameter; /* its name; empty: the segment is a literal */
    hf_bytes suffix;
    unsigned index; /* of the parameter in its operation; set by the catalog */
};

struct hf_template {
    struct hf_template_segment *segments;
    size_t n_segments;
};

/**
 * hf_template_parse() - read a template
 * @text:         borrowed as long as the template lives
 * @arena:        holds the template
 * @ret_template: set only on success
 * @reterr:       may be NULL; a sentence that says how to mend it
 *
 * A literal is of RFC 3986 unreserved characters and `!$&'()*+,=:@`; no empty and no dot segment;
 * at most one parameter in a segment; no parameter name twice.
 * Errors: CATALOG_INVALID, NOMEM.
 */
hf_status hf_template_parse(hf_bytes text, struct hf_arena *arena,
                            struct hf_template **ret_template, struct hf_problem *reterr);

/**
 * hf_template_match() - whether decoded segments fit, and the values of the parameters
 * @ret_values: one view for each segment of the template, empty for literals; written also when
 *              false is returned
 *
 * A value is never empty. Cost: O(bytes).
 */
bool hf_template_match(const struct hf_template *template, const hf_bytes *segments,
                       size_t n_segments, hf_bytes ret_values[static HF_TEMPLATE_MAX_SEGMENTS]);

/* Which of two templates a path belongs to that matches both. */
enum hf_template_order {
    HF_TEMPLATE_APART,  /* no path matches both */
    HF_TEMPLATE_FIRST,  /* to the first: it has literals where the other has parameters */
    HF_TEMPLATE_SECOND, /* to the second */
    HF_TEMPLATE_UNCLEAR /* nobody can say */
};

/*
 * The precedence of OpenAPI: what is concrete is matched before what is templated; of two that are
 * concrete in different places, or nowhere, neither comes first. Cost: O(segments). Source: OpenAPI
 * 3.1.0 4.8.8.2.
 */
enum hf_template_order hf_template_compare(const struct hf_template *a,
                                           const struct hf_template *b);

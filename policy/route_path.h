/*
 * A request's `:path`, taken apart and percent-decoded once, before anything is looked up.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "policy/route_template.h"

enum {
    HF_PATH_MAX_SEGMENTS = HF_TEMPLATE_MAX_SEGMENTS + 1, /* and the source's name */
    HF_PATH_MAX_PAIRS = 32
};

struct hf_path_pair {
    hf_bytes name;
    hf_bytes value;
};

/* Decoded; views into the arena of the call. */
struct hf_path {
    hf_bytes segments[HF_PATH_MAX_SEGMENTS];
    size_t n_segments;
    struct hf_path_pair pairs[HF_PATH_MAX_PAIRS]; /* of the query, in the order written */
    size_t n_pairs;
};

/**
 * hf_path_read() - take a `:path` in origin-form apart
 * @text:     as received
 * @ret_path: set only on success
 * @reterr:   may be NULL; offset of the byte to blame
 *
 * Refused: no leading `/`; more than HF_ROUTE_MAX_PATH_BYTES; an empty or dot segment; a byte that
 * RFC 3986 does not allow, `;`, `+` in a query (a space or a plus? write %20 or %2B); a percent
 * sign without two hexadecimal digits; an encoded `/`, `\`, `.`, `%`, control character or DEL;
 * text that is not UTF-8 after decoding; a query pair without a name or without `=`.
 * Errors: REQUEST_MALFORMED, NOMEM. Source: RFC 3986 2.1, 3.3, 3.4; RFC 9113 8.3.1.
 */
hf_status hf_path_read(hf_bytes text, struct hf_arena *arena, struct hf_path *ret_path,
                       struct hf_problem *reterr);

/* Appends a value of a segment: all but RFC 3986 unreserved characters percent-encoded. */
hf_status hf_path_encode(hf_buf *buf, hf_bytes text);

/* Appends a name or value of a query: a slash stays, too (RFC 3986 3.4), as it was written. What
 * hf_path_read() took is taken again as encoded here. */
hf_status hf_query_encode(hf_buf *buf, hf_bytes text);

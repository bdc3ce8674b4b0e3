/*
 * From a request's method and `:path` to an operation of a catalog, its subject, and the path that
 * the source is sent. Nothing of the client's path is forwarded: what leaves is written from the
 * template and the checked values.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "policy/catalog.h"

enum {
    HF_ROUTE_MAX_PATH_BYTES = 4096, /* path and query, as received */
    HF_ROUTE_MAX_BODY_BYTES = 64 << 10
};

/* Values and rebuilt texts live in the arena of the call; operation in the catalogs. */
struct hf_route {
    const struct hf_operation *operation;
    bool needs_body; /* a POST, until hf_route_read_body(), which may bring the subject */

    enum hf_subject_kind subject_kind;
    hf_bytes subject; /* USCC; for a person the ID number, folded (upper-case X): never log it */

    hf_bytes path; /* for the source: "/payment/91350100M000100Y43.json?year=2025" */
    hf_bytes body; /* for the source: the JSON object, rebuilt in declared order; empty for GET */
};

/* The pseudo-header fields as received. */
struct hf_route_request {
    hf_bytes method;
    hf_bytes path; /* "/tax/payment/91350100M000100Y43.json?year=2025": source, then its path */
};

/**
 * hf_route_match() - which operation a request names
 * @arena:     holds what @ret_route points to
 * @ret_route: set only on success
 * @reterr:    may be NULL; `where` names the parameter to blame, never a value
 *
 * The path is percent-decoded once. Refused: an encoded `/`, `\`, `.`, `%` or control character;
 * an empty or dot segment; `;`, `#`, `\`, or a byte that RFC 3986 3.3 does not allow; bad UTF-8; a
 * form other than origin-form; a query parameter that is not declared, comes twice, or does not
 * fit its schema; a subject that is no USCC in its one spelling (GB 32100-2015); a resident ID
 * anywhere.
 * Cost: O(path × operations of the source).
 * Errors: REQUEST_MALFORMED, ROUTE_UNKNOWN, METHOD_DENIED, LIMIT, NOMEM. Source: RFC 3986 3.3, 3.4.
 */
hf_status hf_route_match(const struct hf_catalogs *catalogs, const struct hf_route_request *request,
                         struct hf_arena *arena, struct hf_route *ret_route,
                         struct hf_problem *reterr);

/**
 * hf_route_read_body() - read the body of a POST and complete the route
 * @route:  from hf_route_match(), with needs_body set; changed only on success
 * @body:   the whole body, at most HF_ROUTE_MAX_BODY_BYTES; borrowed during the call
 * @reterr: as above
 *
 * Strict JSON, one object, only declared members, each fitting its schema, required ones present.
 * Errors: REQUEST_MALFORMED, BODY_TOO_LARGE, NOMEM.
 */
hf_status hf_route_read_body(struct hf_route *route, hf_bytes body, struct hf_arena *arena,
                             struct hf_problem *reterr);

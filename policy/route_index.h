/*
 * Which operations of a catalog may have a template that a path matches: a few of hundreds, found
 * by what stands literally in the path. Private to policy/catalog*.c and route.c.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

struct hf_operation;
struct hf_route_index;

/**
 * hf_route_index_build() - index the operations of a catalog
 * @operations: borrowed as long as the index lives; each has its template
 * @arena:      holds the index
 *
 * Cost: O(n x n) comparisons of segments. Errors: NOMEM.
 */
hf_status hf_route_index_build(const struct hf_operation *operations, size_t n,
                               struct hf_arena *arena, const struct hf_route_index **ret_index);

/* The operations to look at for one path. Private but for hf_route_next(). */
struct hf_route_candidates {
    const struct hf_route_index *index;
    const hf_bytes *segments;
    size_t n_segments;
    size_t at;         /* the segment whose operations are next; n_segments: those without one */
    const void *entry; /* the next one, or NULL */
};

/* @segments: decoded, at most HF_TEMPLATE_MAX_SEGMENTS; borrowed as long as the candidates. */
struct hf_route_candidates hf_route_candidates(const struct hf_route_index *index,
                                               const hf_bytes *segments, size_t n_segments);

/*
 * The next operation whose template may match, or NULL. Every operation whose template matches
 * comes once, in no order; others may come. Cost: O(bytes of a segment) and the number of
 * operations that share their rarest literal.
 */
const struct hf_operation *hf_route_next(struct hf_route_candidates *candidates);

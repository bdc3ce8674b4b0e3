/*
 * What scopes reach. Private to policy/compile*.
 */
#pragma once

#include "policy/compile.h"
#include "policy/explain.h"

/* A scope that covers the operation itself; NULL: none. */
struct hf_reach {
    const struct hf_grant_scope *leading; /* the first that covers the operation: sets the range */
    enum hf_code coverage;                /* OK, or why the nearest scope does not cover it */
};

/* Whether the request keeps to HF_GRANT_MAX_SCOPES and HF_GRANT_MAX_CONSENTS. */
bool hf_scopes_within_bounds(const struct hf_view_request *request);

/* Whether some scope covers dataset, detail, purpose, actions, and has a range where one is needed.
 */
struct hf_reach hf_scopes_reach(const struct hf_view_request *request);

/**
 * hf_scopes_cover() - the scope that alone covers a non-public leaf of the answer, or NULL
 * @in_rows: the leaf stands in the dated rows: then the scope's range must contain the leading one
 */
const struct hf_grant_scope *hf_scopes_cover(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows);

/* The scope by which the person who is a sole trader agrees that a leaf about the trade is
 * released, or NULL: what a trader does a person does, so to the person it is `personal`. */
const struct hf_grant_scope *hf_scopes_agree(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows);

/* What the scope that comes nearest lacks to cover a leaf that is not public. */
enum hf_lack hf_scopes_lack(const struct hf_view_request *request, const struct hf_reach *reach,
                            const struct hf_schema_field *leaf, bool in_rows);

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

/* Who says whose a leaf is (docs/catalog-and-policy.md, Whose personal data). */
enum hf_whose {
    HF_WHOSE_SUBJECT = 0, /* the access: it is the subject's, if that is a person */
    HF_WHOSE_OWNER,       /* the leaf beside it that is its owner */
    HF_WHOSE_ITSELF       /* its own value */
};

/* Of a leaf that is no personal data: SUBJECT. */
enum hf_whose hf_leaf_whose(const struct hf_schema_field *leaf);

/**
 * hf_scopes_cover() - the scope that alone covers a non-public leaf of the answer, or NULL
 * @in_rows: the leaf stands in the dated rows: then the scope's range must contain the leading one
 *
 * Of personal data of which the answer says whose it is: the first of any person.
 */
const struct hf_grant_scope *hf_scopes_cover(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows);

/* The persons who have granted some scope, in the order of their first: at most
 * HF_GRANT_MAX_CONSENTS. Returns how many. */
size_t hf_scopes_persons(const struct hf_view_request *request,
                         hf_bytes ret_persons[static HF_GRANT_MAX_CONSENTS]);

/* As hf_scopes_cover(), of the scopes of @person alone. */
const struct hf_grant_scope *hf_scopes_cover_of(const struct hf_view_request *request,
                                                const struct hf_reach *reach,
                                                const struct hf_schema_field *leaf, bool in_rows,
                                                hf_bytes person);

/* The scope by which the person who is a sole trader agrees that a leaf about the trade is
 * released, or NULL: what a trader does a person does, so to the person it is `personal`; and a
 * scope of that person that covers the leaf itself says as much. */
const struct hf_grant_scope *hf_scopes_agree(const struct hf_view_request *request,
                                             const struct hf_reach *reach,
                                             const struct hf_schema_field *leaf, bool in_rows);

/* What the scope that comes nearest lacks to cover a leaf that is not public. */
enum hf_lack hf_scopes_lack(const struct hf_view_request *request, const struct hf_reach *reach,
                            const struct hf_schema_field *leaf, bool in_rows);

/*
 * The canonical description of a view: the text whose SHA-256 is the field access-policy. Private
 * to policy/compile*; docs/catalog-and-policy.md is its format.
 */
#pragma once

#include "base/buf.h"
#include "policy/compile.h"
#include "policy/view.h"

/* First lines: operation, subject kind, range. Errors: LIMIT, NOMEM of the buffer. */
hf_status hf_describe_head(hf_buf *text, const struct hf_view_request *request,
                           const struct hf_view_range *range);

/* The line of one leaf but for its end, which hf_describe_owner() writes: whose it must be. */
hf_status hf_describe_leaf(hf_buf *text, const struct hf_schema_field *leaf,
                           const struct hf_treatment *treatment);

hf_status hf_describe_owner(hf_buf *text, const struct hf_schema_field *leaf,
                            const hf_bytes *persons, size_t n_persons);

/* The treatment and its parameters: "mask 3 4". */
hf_status hf_describe_treatment(hf_buf *text, const struct hf_treatment *treatment);

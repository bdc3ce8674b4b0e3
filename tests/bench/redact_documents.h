/*
 * Documents of the shape that departments publish: penalties with the columns of the public credit
 * tables, shareholders, invoices with items, contacts; mostly Chinese text, all invented.
 */
#pragma once

#include "base/buf.h"

struct redact_form {
    size_t n_bytes; /* about */
    bool escaped;   /* Chinese characters as \uXXXX */
    bool told;      /* its texts hold dates, sums and now and then somebody's number */
};

/* The caller clears it. */
hf_buf redact_document(struct redact_form form);

/* An answer as the gateway gets it: small, rows inside and outside of a range, about @subject. */
hf_buf redact_answer(const char *subject);

/* A document of about @n_bytes, that is never there as a whole: one chunk behind the other. */
typedef void redact_chunk_fn(void *ctx, hf_bytes chunk);
void redact_stream(uint64_t n_bytes, redact_chunk_fn *take, void *ctx);

/* Ends the program with a sentence when @status is no success. */
void redact_require(hf_status status);

/*
 * The body of a refusal: a problem of RFC 9457, written from the table of status codes and from
 * nothing else, so that no detail of ours and no value of the request can slip into an answer.
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"

#define HF_PROBLEM_CONTENT_TYPE "application/problem+json"

struct hf_refusal {
    enum hf_code code;
    const char *attribute;  /* NULL, or the request field, parameter or claim to blame */
    const char *access_log; /* NULL, or "<origin> <index>" of the refusal's own record */
};

/**
 * hf_problem_code() - the code that a client may see for @code
 *
 * What only has a meaning inside the program is told as `internal`. Errors: none.
 */
enum hf_code hf_problem_code(enum hf_code code);

/**
 * hf_problem_write() - append {"type","title","status","code"[,"attribute"][,"access_log"]}
 *
 * Errors: LIMIT, NOMEM of the buffer. Source: RFC 9457 3.
 */
hf_status hf_problem_write(const struct hf_refusal *refusal, hf_buf *buf);

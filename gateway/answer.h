/*
 * Answers that carry nothing of a source: refusals and what the gateway says of itself.
 */
#pragma once

#include "base/status.h"
#include "gateway/h2_server.h"
#include "gateway/problem.h"

enum { HF_ANSWER_MAX_FIELDS = 8 };

/* More fields of an answer: up to HF_ANSWER_MAX_FIELDS. Borrowed. */
struct hf_answer_fields {
    const struct hf_h2_field *fields;
    size_t n_fields;
};

/**
 * hf_answer_problem() - answer with the status and the problem of a refusal's code
 * @extra: may be NULL
 *
 * A failure to answer resets the stream. Cost: one small body.
 */
void hf_answer_problem(struct hf_h2_stream *stream, const struct hf_refusal *refusal,
                       const struct hf_answer_fields *extra);

/* Answers with a whole body; an empty one needs no content type. A failure resets the stream. */
void hf_answer_body(struct hf_h2_stream *stream, int status, const char *content_type,
                    hf_bytes body, const struct hf_answer_fields *extra);

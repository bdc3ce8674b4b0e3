/*
 * Decides how the gateway's own words are put on a stream. It is not a way for data: what a source
 * said reaches a stream through gate.c alone, and this file never meets it.
 */
#include "gateway/answer.h"

#include <stdio.h>
#include <string.h>

enum { PROBLEM_MAX_BYTES = 2048 };

static hf_status send_body(struct hf_h2_stream *stream, int status,
                           const struct hf_h2_field *fields, size_t n_fields, hf_bytes body)
{
    HF_TRY(hf_h2_respond(stream, status, fields, n_fields, body.size != 0));
    if (body.size == 0) {
        return HF_DONE;
    }
    HF_TRY(hf_h2_stream_write(stream, body));
    return hf_h2_stream_end(stream, NULL, 0);
}

void hf_answer_body(struct hf_h2_stream *stream, int status, const char *content_type,
                    hf_bytes body, const struct hf_answer_fields *extra)
{
    struct hf_h2_field fields[HF_ANSWER_MAX_FIELDS + 3];
    char length[24];
    size_t n = 0;
    (void)snprintf(length, sizeof length, "%zu", body.size);
    fields[n++] = hf_h2_field_of("cache-control", "no-store");
    if (body.size) {
        fields[n++] = hf_h2_field_of("content-type", content_type);
        fields[n++] = hf_h2_field_of("content-length", length);
    }
    if (extra && extra->n_fields <= HF_ANSWER_MAX_FIELDS) {
        memcpy(&fields[n], extra->fields, extra->n_fields * sizeof *fields);
        n += extra->n_fields;
    }
    if (!hf_is_ok(send_body(stream, status, fields, n, body))) {
        hf_h2_stream_reset(stream, HF_H2_INTERNAL_ERROR);
    }
}

void hf_answer_problem(struct hf_h2_stream *stream, const struct hf_refusal *refusal,
                       const struct hf_answer_fields *extra)
{
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(PROBLEM_MAX_BYTES);
    if (!hf_is_ok(hf_problem_write(refusal, &body))) {
        hf_h2_stream_reset(stream, HF_H2_INTERNAL_ERROR);
        return;
    }
    int status = hf_code_info(hf_problem_code(refusal->code))->http_status;
    hf_answer_body(stream, status, HF_PROBLEM_CONTENT_TYPE, hf_buf_view(&body), extra);
}

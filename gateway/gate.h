/*
 * The gate: the only way from redacted bytes to a bank. Nothing passes before the record of the
 * access is on disk, and no answer is ended as complete before the record of its outcome is.
 *
 * There is no option, variable or build flag that opens it. That it matters is shown by a test
 * program which is linked with another gate.c.
 */
#pragma once

#include "base/status.h"
#include "gateway/h2_server.h"

struct hf_gate {
    struct hf_h2_stream *stream;
    bool access_is_durable;
    bool outcome_is_durable;
};

/* A closed gate before @stream. */
static inline struct hf_gate hf_gate_init(struct hf_h2_stream *stream)
{
    return (struct hf_gate){.stream = stream};
}

/* Told by whoever settles the records; @status as the log gave it: only OK opens anything. */
void hf_gate_access_settled(struct hf_gate *gate, hf_status status);
void hf_gate_outcome_settled(struct hf_gate *gate, hf_status status);

/* Whether HEADERS and bytes may pass; whether the end may. */
bool hf_gate_lets_bytes(const struct hf_gate *gate);
bool hf_gate_lets_end(const struct hf_gate *gate);

/* As the functions of h2_server.h that they stand before. Errors: BUG when the gate is closed (and
 * nothing passes), and theirs. */
hf_status hf_gate_respond(struct hf_gate *gate, int status, const struct hf_h2_field *fields,
                          size_t n_fields);
hf_status hf_gate_give(struct hf_gate *gate, hf_buf *bytes);
hf_status hf_gate_end(struct hf_gate *gate, const struct hf_h2_field *trailers, size_t n_trailers);

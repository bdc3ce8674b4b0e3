/*
 * Decides one thing: whether bytes may pass to a bank now. It refuses to know what they are, how
 * many wait, and why somebody would like them to pass.
 *
 * Invariant: a byte that passed has an access record on disk; an answer that ended in order has its
 * outcome on disk. Both follow from this file alone, whatever the rest of the gateway does.
 */
#include "gateway/gate.h"

void hf_gate_access_settled(struct hf_gate *gate, hf_status status)
{
    gate->access_is_durable = hf_is_ok(status);
}

void hf_gate_outcome_settled(struct hf_gate *gate, hf_status status)
{
    gate->outcome_is_durable = hf_is_ok(status);
}

bool hf_gate_lets_bytes(const struct hf_gate *gate)
{
    return gate->access_is_durable;
}

bool hf_gate_lets_end(const struct hf_gate *gate)
{
    return gate->access_is_durable && gate->outcome_is_durable;
}

hf_status hf_gate_respond(struct hf_gate *gate, int status, const struct hf_h2_field *fields,
                          size_t n_fields)
{
    if (!hf_gate_lets_bytes(gate)) {
        HF_FAIL(BUG);
    }
    return hf_h2_respond(gate->stream, status, fields, n_fields, true);
}

hf_status hf_gate_give(struct hf_gate *gate, hf_buf *bytes)
{
    if (!hf_gate_lets_bytes(gate)) {
        HF_FAIL(BUG);
    }
    return hf_h2_stream_give(gate->stream, bytes);
}

hf_status hf_gate_end(struct hf_gate *gate, const struct hf_h2_field *trailers, size_t n_trailers)
{
    if (!hf_gate_lets_end(gate)) {
        HF_FAIL(BUG);
    }
    return hf_h2_stream_end(gate->stream, trailers, n_trailers);
}

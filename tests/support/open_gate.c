/*
 * A gate that is always open, for one test program alone: it shows that the test of the gate tells
 * a gateway with a gate from one without. Linked instead of gateway/gate.c; never installed.
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
    (void)gate;
    return true;
}

bool hf_gate_lets_end(const struct hf_gate *gate)
{
    (void)gate;
    return true;
}

hf_status hf_gate_respond(struct hf_gate *gate, int status, const struct hf_h2_field *fields,
                          size_t n_fields)
{
    return hf_h2_respond(gate->stream, status, fields, n_fields, true);
}

hf_status hf_gate_give(struct hf_gate *gate, hf_buf *bytes)
{
    return hf_h2_stream_give(gate->stream, bytes);
}

hf_status hf_gate_end(struct hf_gate *gate, const struct hf_h2_field *trailers, size_t n_trailers)
{
    return hf_h2_stream_end(gate->stream, trailers, n_trailers);
}

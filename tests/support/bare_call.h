/*
 * One call to a source that answers with given bytes, over tests/support/bare_conn.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bare_answer {
    unsigned n_heads;
    unsigned n_ends; /* on_end */
    unsigned n_faults;
    unsigned n_strays; /* callbacks that came before a head or after the end */
    size_t n_body_bytes;
    int status;
};

/* Calls, takes half of each offer, and lets the source go when its bytes are used up. */
struct bare_answer bare_call(const uint8_t *data, size_t size);

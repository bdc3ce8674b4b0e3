/*
 * Words shared by both sides of HTTP/2: header fields and error codes (RFC 9113 section 7).
 */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* What of a field that is sent goes into the tables of both sides (RFC 7541 2.3.2). */
enum hf_h2_indexing {
    HF_H2_INDEX,      /* all of it: others will repeat it */
    HF_H2_INDEX_NAME, /* its name: no other field will repeat the value, so that is in the way there
                       */
    HF_H2_INDEX_NONE  /* nothing: it names somebody. Sent as a never-indexed literal */
};

/* A borrowed header field. */
struct hf_h2_field {
    hf_bytes name; /* lower case; of one that is sent a literal: only values are copied */
    hf_bytes value;
    enum hf_h2_indexing indexing;
};

static inline struct hf_h2_field hf_h2_field_of(const char *name, const char *value)
{
    return (struct hf_h2_field){.name = hf_bytes_of_string(name),
                                .value = hf_bytes_of_string(value)};
}

enum hf_h2_error {
    HF_H2_NO_ERROR = 0x0,
    HF_H2_PROTOCOL_ERROR = 0x1,
    HF_H2_INTERNAL_ERROR = 0x2,
    HF_H2_FLOW_CONTROL_ERROR = 0x3,
    HF_H2_STREAM_CLOSED = 0x5,
    HF_H2_REFUSED_STREAM = 0x7,
    HF_H2_CANCEL = 0x8,
    HF_H2_ENHANCE_YOUR_CALM = 0xb
};

/* Bounds of a header block, request and response alike; counted before anything is copied. */
enum {
    HF_H2_MAX_FIELDS = 100,
    HF_H2_MAX_FIELD_BYTES = 8192 + 256, /* name and value */
    HF_H2_MAX_LIST_BYTES = 65536,       /* with 32 bytes a field, RFC 9113 10.5.1 */
    HF_H2_MAX_RESPONSE_FIELDS = 32      /* what we send in one HEADERS */
};

/*
 * The request fields of an access, read strictly: `consent`, `consent-id`, `consent-purpose`,
 * `consent-actions`, `consent-loan`. All other fields of a request mean nothing to the gateway, and
 * none of any kind reaches a source.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "base/vocabulary.h"

enum {
    HF_REQUEST_MAX_CONSENTS = 8,   /* tokens and names together */
    HF_CONSENT_FIELD_BYTES = 8192, /* a longer token is registered and named */
    HF_LOAN_REF_CHARS = 43
};

/* One consent as the bank presented it: the token itself, or its name `<iss>;<jti>`. */
struct hf_presented {
    hf_bytes text;
    bool is_name;
};

struct hf_request_fields {
    struct hf_presented consents[HF_REQUEST_MAX_CONSENTS]; /* in the order of the request */
    size_t n_consents;
    unsigned purpose;  /* one bit; 0: not said */
    unsigned actions;  /* mask; 0: not said */
    hf_bytes loan_ref; /* empty: not said */
};

/* Nothing said yet; places for consents are left as they are. */
static inline void hf_request_fields_init(struct hf_request_fields *fields)
{
    fields->n_consents = 0;
    fields->purpose = fields->actions = 0;
    fields->loan_ref = (hf_bytes){NULL, 0};
}

/**
 * hf_request_field_read() - take over one field line; other names are ignored
 * @fields: after hf_request_fields_init(), or zeroed, before the first line
 * @name:   lower-case (RFC 9113 8.2.1)
 * @value:  borrowed as long as @fields is used
 * @reterr: may be NULL; `where` is the field's name
 *
 * Shape: `consent` is one compact token; `consent-id` is iss;jti; `consent-purpose` one token of
 * RFC 8941 3.3.4, `consent-actions` a list of them (3.1); neither may come twice, nor a word in it.
 * Cost: O(value). Errors: REQUEST_MALFORMED, HEADERS_TOO_LARGE (a token above 8 KiB).
 */
hf_status hf_request_field_read(struct hf_request_fields *fields, hf_bytes name, hf_bytes value,
                                struct hf_problem *reterr);

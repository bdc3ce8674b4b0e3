/*
 * One HTTP/2 request over TLS, start to end, for the tool: blocks until the answer is complete.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "gateway/h2.h"
#include "gateway/tls.h"

struct hf_client_request {
    const char *host; /* name or literal, also what the certificate must carry */
    uint16_t port;
    struct hf_tls_context *tls; /* borrowed */
    hf_bytes method;
    hf_bytes path;
    const struct hf_h2_field *fields;
    size_t n_fields;
    hf_bytes body;
    uint64_t timeout_ms; /* 0: 300000, the whole */
    /* Body bytes as they come. A failure ends the request and is returned. */
    hf_status (*on_body)(void *context, hf_bytes bytes);
    void *context;
};

struct hf_client_answer {
    int status;     /* 0: no HEADERS came */
    bool complete;  /* END_STREAM was seen */
    bool was_reset; /* by RST_STREAM with: */
    uint32_t h2_error;
    const char *detail;    /* fixed sentence on what broke; NULL when complete */
    struct hf_arena arena; /* fields and trailers live there */
    struct hf_h2_field *fields;
    size_t n_fields;
    struct hf_h2_field *trailers;
    size_t n_trailers;
};

/**
 * hf_client_fetch() - send the request, wait for the end of its answer
 * @ret_answer: always set, so that a broken answer can be told; caller owns, hf_client_answer_clear
 *
 * Makes an event loop of its own; a caller that has one uses gateway/upstream.h.
 * Errors: SOURCE_UNAVAILABLE, SOURCE_TIMEOUT, SOURCE_MALFORMED, REQUEST_MALFORMED (a field that
 * HTTP/2 forbids, too many), NOMEM, IO, what @on_body returned.
 */
hf_status hf_client_fetch(const struct hf_client_request *request,
                          struct hf_client_answer *ret_answer);
void hf_client_answer_clear(struct hf_client_answer *answer);

/* A field's value, or an empty view. */
hf_bytes hf_client_find(const struct hf_h2_field *fields, size_t n_fields, const char *name);

/**
 * hf_client_url() - split https://host[:port]/path[?query]
 * @ret_host: copied, without the brackets of an IPv6 literal
 * @ret_path: into @url; "/" when there is none
 *
 * Errors: REQUEST_MALFORMED (other scheme, user info, fragment, empty or too long host, bad port).
 */
hf_status hf_client_url(const char *url, char ret_host[static 256], uint16_t *ret_port,
                        hf_bytes *ret_path);

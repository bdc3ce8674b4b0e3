/*
 * The peers of redact_bench: each reads a document, drops the members of these names and writes the
 * rest again. Returns the bytes written, or 0 when the peer refuses the document or @out is full.
 *
 * A peer that is not installed is left out: HF_HAVE_YAJL, HF_HAVE_RAPIDJSON; jq, which is told by
 * running it.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

static const char *const redact_dropped[] = {"CF_XDR_SFZ", "cert_no", "unitPrice", "phone",
                                             "email"};

enum { REDACT_N_DROPPED = sizeof redact_dropped / sizeof redact_dropped[0] };

/* In chunks, as a proxy gets and hands on its bytes. */
size_t redact_yajl(const char *document, size_t size, size_t n_chunk_bytes, char *out,
                   size_t n_out_bytes);

/* Whole: its reader pulls, so it cannot stop at the end of a chunk. */
size_t redact_rapidjson(const char *document, size_t size, char *out, size_t n_out_bytes);

/* As a tree, whole. Its reals leave as they are stored, not as they came. */
size_t redact_jansson(const char *document, size_t size, char *out, size_t n_out_bytes);

/* Seconds of CPU that the program takes for @n of the document, without those for its start; 0 when
 * it cannot be run. */
double redact_jq(const char *document, size_t size, size_t n);

#ifdef __cplusplus
}
#endif

/*
 * What a gateway signs about consents for others to keep, receipts and status lists: one envelope
 * (crypto/jws.h), each kind with a `typ` of its own, under keys that the gateway publishes.
 */
#pragma once

#include "crypto/jws.h"
#include "crypto/key_set.h"

/* What a document must be, and by whom. */
struct hf_document_trust {
    const char *typ;               /* a document of another kind is none */
    const struct hf_key_set *keys; /* the gateway's; borrowed */
};

/**
 * hf_document_open() - check the envelope of a document
 * @text:        the document, at most HF_JWS_DOCUMENT_MAX_BYTES; untrusted
 * @arena:       holds the payload
 * @ret_payload: signed by one of the keys; set only on success
 * @reterr:      may be NULL
 *
 * Errors: CONSENT_MALFORMED, CONSENT_SIGNATURE_INVALID (no 64 bytes), SIGNATURE_INVALID (by none of
 * the keys, or not at all), NOMEM.
 */
hf_status hf_document_open(hf_bytes text, const struct hf_document_trust *trust,
                           struct hf_arena *arena, hf_bytes *ret_payload,
                           struct hf_problem *reterr);

/* A payload's `iss`, `sub` or `uri`: https:// and at most 256 bytes, nothing that needs an escape.
 */
enum { HF_DOCUMENT_URI_MAX_BYTES = 256 };
bool hf_document_uri_is_valid(hf_bytes uri);

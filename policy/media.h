/*
 * Media types of answers. Two can be redacted: one JSON value, and one JSON value a line.
 */
#pragma once

#include "base/bytes.h"

enum hf_media {
    HF_MEDIA_OTHER, /* nothing that may pass, or no media type at all */
    HF_MEDIA_JSON,  /* application/json: RFC 8259 */
    HF_MEDIA_NDJSON /* application/x-ndjson, and as application/ndjson and application/jsonl */
};

/**
 * hf_media_of() - what a content-type field says, or the name of a media type in a catalog
 * @text: = RFC 9110 8.3.1: type, subtype, parameters; without white space at its ends
 *
 * OTHER as well when a parameter is malformed, or one says a charset other than UTF-8, or says it
 * twice: a text that is read in another way than it was written is none that was judged.
 * Cost: O(text). Errors: none.
 */
enum hf_media hf_media_of(hf_bytes text);

/* What we write for it: "application/json", "application/x-ndjson"; "" for OTHER. */
const char *hf_media_name(enum hf_media media);

/*
 * Where the status of one consent stands in public: a place in a status list (draft-ietf-oauth-
 * status-list-21 6.2). A plain value.
 */
#pragma once

#include "consent/document.h"

#include <stdint.h>

enum { HF_STATUS_IDX_MAX = (1 << 24) - 1 };

struct hf_status_ref {
    char uri[HF_DOCUMENT_URI_MAX_BYTES + 1]; /* empty: none */
    uint32_t idx;
};

/* Appends {"status_list":{"idx":…,"uri":"…"}}. Errors: LIMIT, NOMEM. */
hf_status hf_status_ref_write(const struct hf_status_ref *ref, hf_buf *buf);

struct hf_members;

/* Reads the member `status` of an object, when it is there; else uri is empty. Errors:
 * CONSENT_MALFORMED. */
hf_status hf_status_ref_read(const struct hf_members *members, struct hf_status_ref *ret_ref);

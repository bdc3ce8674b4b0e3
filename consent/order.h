/*
 * An operator's order that consents end: a court's, a regulator's. A file of the deployment,
 * orders/<digest of the reference>.json:
 *   {"iss":"uscc:…","jti":"…","reference":"(2026) Min 01 No. 12"}
 * without `jti`: every consent of that grantor so far.
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"
#include "consent/act.h"

enum {
    HF_ORDER_FILE_MAX_BYTES = 4096,
    HF_ORDER_NAME_CHARS = 43 + 5 /* SHA-256 in base64url, ".json" */
};

/**
 * hf_order_parse() - read an order's file
 * @name:    of the file: must be that of its reference
 * @ret_act: a revocation without a token; its iat is left 0: an order counts from when it is
 *           carried out
 *
 * Errors: CONFIG_INVALID, NOMEM.
 */
hf_status hf_order_parse(hf_bytes text, const char *name, struct hf_act *ret_act,
                         struct hf_problem *reterr);

/* Appends the file of an order. Errors: LIMIT, NOMEM. */
hf_status hf_order_write(const struct hf_act *act, hf_buf *buf);

/* The name of the file of a reference. */
void hf_order_file_name(const char *reference, char ret_name[static HF_ORDER_NAME_CHARS + 1]);

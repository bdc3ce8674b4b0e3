/*
 * A log's name, and the file `origin` that holds it.
 */
#pragma once

#include "audit/log.h"
#include "base/bytes.h"
#include "base/status.h"

/* Printable ASCII without space or `+`, 1..HF_LOG_ORIGIN_MAX_BYTES. */
bool hf_log_origin_is_valid(hf_bytes origin);

/**
 * hf_log_origin_read() - the name in <folder>/origin
 * @ret_origin: NUL-terminated
 *
 * Errors: NOT_FOUND, LOG_CORRUPT (not one line with a name), IO, NOMEM.
 */
hf_status hf_log_origin_read(const char *folder,
                             char ret_origin[static HF_LOG_ORIGIN_MAX_BYTES + 1]);

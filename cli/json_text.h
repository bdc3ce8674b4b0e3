/*
 * A parsed JSON value as text again, members in their order and numbers as they were written.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

/* Appends @value on one line, without white space. Errors: LIMIT, NOMEM. */
hf_status hf_json_text_compact(hf_buf *buf, const struct hf_json *value);

/* Appends @value for people: one member or element a line, two spaces a level, no newline at the
 * end. Errors: LIMIT, NOMEM. */
hf_status hf_json_text_pretty(hf_buf *buf, const struct hf_json *value);

/*
 * DEFLATE in the ZLIB format (RFC 1950, RFC 1951), behind one door.
 */
#pragma once

#include "base/buf.h"

/* Appends @bytes compressed as well as zlib can. On failure @buf is as it was. Errors: LIMIT,
 * NOMEM.
 */
hf_status hf_deflate(hf_bytes bytes, hf_buf *buf);

/**
 * hf_inflate() - append what @bytes spell
 * @bytes: exactly one whole stream, untrusted
 * @buf:   its limit is the bound: not a byte beyond it is ever written, whatever the stream holds
 *
 * On failure @buf is as it was. Cost: O(output), at most the room that @buf has left.
 * Errors: DEFLATE_MALFORMED (also: cut short, bytes behind the end, a preset dictionary), LIMIT,
 * NOMEM.
 */
hf_status hf_inflate(hf_bytes bytes, hf_buf *buf);

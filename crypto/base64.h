/*
 * Base64 (RFC 4648), strict both ways: one spelling for each byte string.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

/* Characters of the unpadded base64url form of @n bytes. */
#define HF_BASE64URL_CHARS(n) (((n)*4 + 2) / 3)

/* Appends base64url without padding (RFC 7515 2). Errors: LIMIT, NOMEM. */
hf_status hf_base64url_encode(hf_bytes bytes, hf_buf *buf);

/* The same into @ret_text of HF_BASE64URL_CHARS(size) + 1 bytes, with a NUL. */
void hf_base64url_encode_fixed(hf_bytes bytes, char *ret_text);

/**
 * hf_base64url_decode() - append the bytes that @text spells
 *
 * Refuses padding, any other character, a length of 4n+1 and unused bits that are not zero.
 * Errors: BASE64_MALFORMED (nothing is kept), LIMIT, NOMEM.
 */
hf_status hf_base64url_decode(hf_bytes text, hf_buf *buf);

/* The same into exactly @size bytes, for values of known length: keys, digests, signatures. Another
 * length is BASE64_MALFORMED, and so is a @size above the bound here. */
enum { HF_BASE64URL_FIXED_MAX_BYTES = 128 };
hf_status hf_base64url_decode_fixed(hf_bytes text, uint8_t *ret_bytes, size_t size);

/* Standard base64 with padding (RFC 4648 4), as signed notes and PEM use it; as strict. Errors: as
 * above. */
hf_status hf_base64_encode(hf_bytes bytes, hf_buf *buf);

/* The same into @ret_text of HF_BASE64_CHARS(size) + 1 bytes, with a NUL. */
#define HF_BASE64_CHARS(n) (((n) + 2) / 3 * 4)
void hf_base64_encode_fixed(hf_bytes bytes, char *ret_text);
hf_status hf_base64_decode(hf_bytes text, hf_buf *buf);

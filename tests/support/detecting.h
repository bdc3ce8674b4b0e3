/*
 * The detectors by definition: slow, plain, on the whole decoded text, every window of every row
 * asked. And helpers to cut a text as a stream might.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"

/* What must leave of @raw. The caller clears it. */
hf_buf detecting_oracle(hf_bytes raw);

/* What does leave when it comes in pieces of at most @n_piece_bytes, or one character; 0: whole. */
hf_buf detecting_run(hf_bytes raw, size_t n_piece_bytes);

/* Whether hf_detect_whole() finds something; what it writes must then be what detecting_run() does,
 * and nothing if not. */
bool detecting_finds(hf_bytes raw);

/* Length of the character or escape at @p, both halves of a pair; at most @size. */
size_t detecting_unit(const uint8_t *p, size_t size);

/* The longest prefix of well-formed characters and escapes. */
size_t detecting_whole(const uint8_t *p, size_t size);

/* What has left of it before its end is known. */
hf_buf detecting_begun(hf_bytes raw, size_t n_piece_bytes);

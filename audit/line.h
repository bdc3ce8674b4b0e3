/*
 * Lines of the small text formats of transparency logs: checkpoints, proofs, policies.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"

/* Takes one line off @rest, without its newline. False: no newline is left; nothing is taken. */
bool hf_line_take(hf_bytes *rest, hf_bytes *ret_line);

/* A decimal number without sign or leading zero, at most 19 digits; 0 is allowed. */
bool hf_line_number(hf_bytes digits, uint64_t *ret_number);

/* A hash in padded base64. */
bool hf_line_hash(hf_bytes text, uint8_t ret_hash[static HF_SHA256_BYTES]);

/* Takes one word off @rest and the spaces and tabs around it. False: nothing is left. */
bool hf_line_word(hf_bytes *rest, hf_bytes *ret_word);

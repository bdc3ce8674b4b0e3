/*
 * Memory for secrets: locked, between guard pages, left out of core dumps, wiped when freed.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

struct hf_secret {
    uint8_t *data;
    size_t size;
};

/* @ret_secret: @size zeroed bytes; caller owns, hf_secret_clear(). Errors: NOMEM. */
hf_status hf_secret_new(size_t size, struct hf_secret *ret_secret);
void hf_secret_clear(struct hf_secret *secret); /* accepts a zeroed one */

/* Wipes memory in a way the compiler cannot remove. */
void hf_wipe(void *data, size_t size);

/* Equality in time that depends on the sizes only. */
bool hf_secret_equal(hf_bytes a, hf_bytes b);

/* Wipes an ordinary buffer that held a secret for a moment, and frees it. The caller reserves its
 * whole limit before the secret goes in, so that growing never leaves a copy behind. */
void hf_secret_buf_clear(hf_buf *buf);

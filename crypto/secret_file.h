/*
 * Symmetric keys on disk: 32 bytes as 43 characters of base64url and a newline, mode 0600.
 */
#pragma once

#include "base/status.h"
#include "crypto/secret.h"

enum { HF_SECRET_FILE_KEY_BYTES = 32 };

/**
 * hf_secret_file_read() - the key in such a file
 * @ret_secret: set only on success; caller owns, hf_secret_clear()
 * @reterr:     may be NULL
 *
 * Errors: NOT_FOUND, PERMISSIONS (others may read it), KEY_MALFORMED, IO, NOMEM.
 */
hf_status hf_secret_file_read(const char *path, struct hf_secret *ret_secret,
                              struct hf_problem *reterr);

/* Makes such a file with fresh random bytes. Errors: EXISTS, IO, NOMEM. */
hf_status hf_secret_file_create(const char *path);

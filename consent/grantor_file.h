/*
 * One grantor's JWK Set as text: read, checked and rewritten. Inside consent/ only.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "consent/grantors.h"

/* Where a key stands in its file. */
struct hf_grantor_place {
    unsigned line;
    unsigned column;
};

struct hf_grantor_file {
    size_t n_keys;
    struct hf_grantor_key keys[HF_GRANTOR_MAX_KEYS]; /* each holds a reference to its key */
    struct hf_grantor_place places[HF_GRANTOR_MAX_KEYS];
};

/* Drops the references. Accepts a zeroed one. */
void hf_grantor_file_clear(struct hf_grantor_file *file);

/**
 * hf_grantor_file_parse() - read one file whole
 * @name:     of the file, without folder: must be that of its iss
 * @ret_file: set only on success; caller owns, hf_grantor_file_clear()
 *
 * Errors: CONFIG_INVALID, NOMEM.
 */
hf_status hf_grantor_file_parse(hf_bytes text, const char *name, struct hf_grantor_file *ret_file,
                                struct hf_problem *reterr);

/**
 * hf_grantor_file_write_added() - append the text of a file with one key more
 * @text: the present file; empty when there is none
 * @kid:  the added key's
 */
hf_status hf_grantor_file_write_added(hf_bytes text, const struct hf_grantor_addition *addition,
                                      const char *kid, hf_buf *buf);

/* Appends the text with the moment set on the key that it names. @text was parsed before. */
hf_status hf_grantor_file_write_ended(hf_bytes text, const struct hf_grantor_end *end, hf_buf *buf);

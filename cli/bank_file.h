/*
 * The file of one bank, banks/<uscc>.json, as the tool edits it:
 *   {"uscc": "…", "name": "…", "certs": ["<64 hex>", …], "disabled_at": 1790000000}
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"
#include "base/uscc.h"
#include "crypto/hash.h"

enum {
    HF_BANK_MAX_CERTS = 64, /* old and new ones overlap during a renewal */
    HF_BANK_NAME_MAX_BYTES = 256,
    HF_BANK_FILE_MAX_BYTES = 1 << 16,
    HF_BANKS_MAX_FILES = 10000,
    HF_CERT_HEX_CHARS = 2 * HF_SHA256_BYTES
};

struct hf_bank_file {
    char uscc[HF_USCC_CHARS + 1];
    char name[HF_BANK_NAME_MAX_BYTES + 1];
    char certs[HF_BANK_MAX_CERTS][HF_CERT_HEX_CHARS + 1]; /* SHA-256 of the DER, lower-case */
    size_t n_certs;
    int64_t disabled_at_unix_s; /* 0: not disabled */
};

/**
 * hf_bank_file_parse() - read the content of such a file
 * @name:   of the file, which must be its uscc and ".json"; borrowed
 * @reterr: may be NULL; where = "certs[1]", with line and column
 *
 * An unknown member is refused. Errors: CONFIG_INVALID, NOMEM.
 */
hf_status hf_bank_file_parse(hf_bytes text, const char *name, struct hf_bank_file *ret_file,
                             struct hf_problem *reterr);

/* Appends the content. Errors: LIMIT, NOMEM, JSON_MALFORMED (a name that is not UTF-8). */
hf_status hf_bank_file_print(const struct hf_bank_file *file, hf_buf *buf);

/* "911100001000044477.json" */
enum { HF_BANK_FILE_NAME_CHARS = HF_USCC_CHARS + 5 };
void hf_bank_file_name(const char *uscc, char ret_name[static HF_BANK_FILE_NAME_CHARS + 1]);

/* The digest as the file spells it. */
void hf_cert_hex(const uint8_t sha256[static HF_SHA256_BYTES],
                 char ret_hex[static HF_CERT_HEX_CHARS + 1]);

/* Whether the bank names that certificate. */
bool hf_bank_file_has_cert(const struct hf_bank_file *file, const char *cert_hex);

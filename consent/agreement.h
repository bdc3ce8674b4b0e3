/*
 * Agreements: what a source and a bank have agreed may be shared at all, the outer bound of every
 * decision. One file each, `agreements/<bank uscc>.<source>.json`:
 *   {"bank","source","datasets":[],"purposes":[],"classes":[],"not_before","not_after","contact"}
 * Datasets are named bare (`payment`) or whole (`tax/payment`). Times are Unix seconds, or dates:
 * the agreement holds from the first day through the last in Asia/Shanghai. No file: nothing is
 * shared. Beside it may lie `<bank uscc>.<source>.json.jws`, the source's signature over the file.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "base/uscc.h"
#include "base/vocabulary.h"
#include "crypto/key.h"

enum {
    HF_AGREEMENTS_MAX_FILES = 10000,
    HF_AGREEMENT_MAX_DATASETS = 256,
    HF_AGREEMENT_FILE_MAX_BYTES = 1 << 16,
    HF_AGREEMENT_CONTACT_MAX_BYTES = 256,
    HF_AGREEMENT_SIGNATURE_MAX_BYTES = 1024
};

struct hf_agreements; /* immutable; shared by reference count */

struct hf_agreement {
    char bank[HF_USCC_CHARS + 1];
    enum hf_source source;
    const hf_bytes *datasets; /* names within the source */
    size_t n_datasets;
    unsigned purposes;
    unsigned classes; /* HF_FIELD_*; HF_FIELD_PUBLIC must be listed to be shared */
    int64_t not_before_unix_s;
    int64_t not_after_unix_s; /* the first second at which it holds no more */
    hf_bytes contact;         /* who answers for it; empty: not said */
};

/* The sources' public keys for signatures over agreements; NULL: that source signs none. */
struct hf_agreement_keys {
    struct hf_key *of_source[HF_N_SOURCES];
};

/* Drops the keys' references. */
void hf_agreement_keys_clear(struct hf_agreement_keys *keys);

/* A public key out of a JWK file. Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM. */
hf_status hf_agreement_key_read(const char *path, struct hf_key **ret_key,
                                struct hf_problem *reterr);

/**
 * hf_agreements_load() - read every *.json of a folder, all or nothing
 * @keys:   borrowed during the call
 * @reterr: may be NULL; where = "<file> <attribute>", with line and column
 *
 * Refused: unknown or missing members, names outside the vocabulary, a file whose name is not its
 * bank and source; of a source with a key, a file that it has not signed; of one without, a
 * signature that nobody can check. Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_agreements_load(const char *folder, const struct hf_agreement_keys *keys,
                             struct hf_agreements **ret_agreements, struct hf_problem *reterr);

/**
 * hf_agreement_parse() - read one file
 * @name:  of the file, without folder: must be that of its bank and source
 * @arena: what the views of @ret_agreement point into
 *
 * Errors: CONFIG_INVALID, NOMEM.
 */
hf_status hf_agreement_parse(hf_bytes text, const char *name, struct hf_arena *arena,
                             struct hf_agreement *ret_agreement, struct hf_problem *reterr);

/**
 * hf_agreement_verify() - check a source's signature over a file
 * @file:      all of it, byte for byte
 * @signature: a detached JWS in compact form, `header..signature`, perhaps with a newline; its
 *             header exactly alg, typ `agreement+jws` and kid, the key's thumbprint
 *
 * Errors: CONFIG_INVALID, NOMEM, CRYPTO. Source: RFC 7515 appendix F.
 */
hf_status hf_agreement_verify(hf_bytes file, hf_bytes signature, const struct hf_key *key,
                              struct hf_problem *reterr);

/* SHA-256 over the list of files that were read (hf_sha256_list()); as long as @agreements. */
const uint8_t *hf_agreements_sha256(const struct hf_agreements *agreements);

struct hf_agreements *hf_agreements_ref(struct hf_agreements *agreements);
void hf_agreements_unref(struct hf_agreements *agreements); /* NULL is fine */

/* The agreement of a bank (bare USCC or with `uscc:`) and a source, or NULL. O(log n). */
const struct hf_agreement *hf_agreements_find(const struct hf_agreements *agreements, hf_bytes bank,
                                              enum hf_source source);

/**
 * hf_agreement_judge() - does it allow this dataset for this purpose now
 * @agreement: NULL means there is none
 * @purposes:  HF_PURPOSE_* bits, all of which must be agreed; 0 for an access without consent,
 *             which states no purpose
 * @ret_classes: the classes that may be shared; set only on success
 *
 * Errors: AGREEMENT_DENIED.
 */
hf_status hf_agreement_judge(const struct hf_agreement *agreement, hf_bytes dataset_name,
                             unsigned purposes, int64_t now_unix_s, unsigned *ret_classes);

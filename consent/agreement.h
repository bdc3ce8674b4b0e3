/*
 * Agreements: what a source and a bank have agreed may be shared at all, the outer bound of every
 * decision. One file each, `agreements/<bank uscc>.<source>.json`:
 *   {"bank","source","datasets":[],"purposes":[],"classes":[],"not_before","not_after"}
 * Datasets are named bare (`payment`) or whole (`tax/payment`). Times are Unix seconds, or dates:
 * the agreement holds from the first day through the last in Asia/Shanghai. No file: nothing is
 * shared.
 */
#pragma once

#include "base/status.h"
#include "base/uscc.h"
#include "base/vocabulary.h"

enum {
    HF_AGREEMENTS_MAX_FILES = 10000,
    HF_AGREEMENT_MAX_DATASETS = 256,
    HF_AGREEMENT_FILE_MAX_BYTES = 1 << 16
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
};

/**
 * hf_agreements_load() - read every *.json of a folder, all or nothing
 * @reterr: may be NULL; where = "<file> <attribute>", with line and column
 *
 * Refused: unknown or missing members, names outside the vocabulary, a file whose name is not its
 * bank and source. Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_agreements_load(const char *folder, struct hf_agreements **ret_agreements,
                             struct hf_problem *reterr);
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

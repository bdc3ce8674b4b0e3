/*
 * The auditor's verdict over a log's folder: it recomputes everything from the bytes, and takes the
 * one thing it cannot compute, whose log this is, from the policy that the auditor was given.
 */
#pragma once

#include "audit/checkpoint.h"
#include "audit/fault.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/tlog_policy.h"
#include "base/status.h"
#include "crypto/seal.h"

/* The numbers are the tool's exit statuses, a contract. */
enum hf_verify_verdict {
    HF_VERIFY_YES = 0,
    HF_VERIFY_TAMPERED = 1, /* `fault` says where */
    HF_VERIFY_PARTIAL =
        3, /* what is there holds, but is not wholly covered: `shortcoming` says why */
    HF_VERIFY_UNREADABLE = 4,
    HF_VERIFY_EMPTY = 5
};

struct hf_log_verify_request {
    const char *folder;
    const struct hf_tlog_policy *policy;
    hf_bytes since;                /* a signed checkpoint that this log must continue; or empty */
    const struct hf_seal_key *key; /* opens the details and pairs accesses with outcomes; or NULL */
};

struct hf_log_report {
    enum hf_verify_verdict verdict;
    char origin[HF_LOG_ORIGIN_MAX_BYTES + 1];
    uint64_t n_records;
    uint64_t n_by_kind[HF_N_RECORD_KINDS];
    uint64_t n_segments;
    uint64_t n_bytes;
    int64_t first_time_unix_s;
    int64_t last_time_unix_s;
    uint64_t n_checkpoints;     /* signed and true */
    uint64_t signed_size;       /* records that a signature covers */
    uint64_t quorum_size;       /* records that the policy's quorum covers */
    uint64_t torn_bytes;        /* of an incomplete batch at the end */
    uint64_t n_details;         /* opened */
    uint64_t n_open_accesses;   /* without an outcome; with a key only */
    uint64_t first_open_access; /* the lowest of them */
    struct hf_tree_head head;   /* of what was verified */
    char shortcoming[160];      /* PARTIAL, UNREADABLE: why */
    struct hf_log_fault fault;  /* TAMPERED */
};

/**
 * hf_log_verify() - read the whole log and judge it
 * @ret_report: always set; the verdict is in it
 *
 * Checked: headers, checksums, order, chain, tree at every commit and checkpoint, signatures, time,
 * spelling of every record; that `since` is a beginning of this log; with a key, that every detail
 * is what its record committed to and every access has one outcome. Cost: memory O(log n), and
 * O(open accesses) with a key.
 */
void hf_log_verify(const struct hf_log_verify_request *request, struct hf_log_report *ret_report);

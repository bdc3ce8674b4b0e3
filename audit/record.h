/*
 * The public record: one line of strict JSON, which is at once a link of the hash chain and a leaf
 * of the Merkle tree. It tells an outsider when something of which kind happened, and nothing about
 * whom: the ids are keyed tags under a fresh nonce, all else is in the sealed detail to which
 * `commit` binds.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"

/* What a record tells of. The names in the log are the lower-case words (docs/access-log.md). */
enum hf_record_kind {
    HF_RECORD_ACCESS = 1, /* an access was allowed */
    HF_RECORD_ALARM,      /* something that a person should look at */
    HF_RECORD_ANCHOR,     /* a checkpoint was anchored outside */
    HF_RECORD_CONFIG,     /* what came into force at a start or reload; keys of grantors changed */
    HF_RECORD_DENY,       /* an access was denied: its own outcome */
    HF_RECORD_DENYSUM,    /* unauthenticated noise, counted */
    HF_RECORD_EPOCH,      /* a new key epoch */
    HF_RECORD_EXPORT,     /* the log itself was read out */
    HF_RECORD_GRANT,      /* a consent was registered */
    HF_RECORD_KEY,        /* the log's own signing key changed */
    HF_RECORD_OUTCOME,    /* how an allowed access ended */
    HF_RECORD_RECOVER,    /* the log was opened after a crash */
    HF_RECORD_REVOKE,     /* a consent was revoked */
    HF_RECORD_SHRED,      /* keys of details were destroyed */
    HF_RECORD_STATUS,     /* a consent was paused or resumed */
    HF_N_RECORD_KINDS
};

enum {
    HF_RECORD_TAG_BYTES = 16,
    HF_RECORD_NONCE_BYTES = 16,
    HF_RECORD_EPOCH_CHARS = 7, /* "2026-09", the UTC month of `time` */
    HF_RECORD_MAX_BYTES = 512
};

/* Numbers in records stop where a JSON reader with doubles would round (RFC 8259 6). */
#define HF_RECORD_MAX_NUMBER ((UINT64_C(1) << 53) - 1)

struct hf_record {
    enum hf_record_kind kind; /* `decision` follows from it: allow, deny or none */
    uint64_t index;
    int64_t time_unix_s; /* never below the record before */
    uint8_t bank[HF_RECORD_TAG_BYTES];
    uint8_t enterprise[HF_RECORD_TAG_BYTES];
    uint8_t nonce[HF_RECORD_NONCE_BYTES];
    uint8_t commit[HF_SHA256_BYTES];
    uint8_t prev[HF_SHA256_BYTES]; /* leaf hash of the record before; zeros at index 0 */
};

/* "access", "deny", …; "?" for a value outside the enum. */
const char *hf_record_kind_name(enum hf_record_kind kind);
bool hf_record_kind_by_name(hf_bytes name, enum hf_record_kind *ret_kind);

/* "allow" for access, "deny" for deny and denysum, "none" for the rest. */
const char *hf_record_decision(enum hf_record_kind kind);

/**
 * hf_record_write() - the record's one and only spelling
 * @ret_text: HF_RECORD_MAX_BYTES; not NUL-terminated
 * @ret_size: bytes written
 *
 * Shape: {"bank":…,"commit":…,"decision":…,"enterprise":…,"epoch":…,"index":…,"kind":…,"nonce":…,
 *        "prev":…,"time":…,"v":1} without white space; byte strings in base64url without padding.
 * Cost:  O(1), no allocation. Errors: BUG (unknown kind, number above 2^53-1 or negative time).
 */
hf_status hf_record_write(const struct hf_record *record, char ret_text[static HF_RECORD_MAX_BYTES],
                          size_t *ret_size);

/**
 * hf_record_parse() - read a record; exactly the texts that hf_record_write() makes
 * @text:       untrusted
 * @ret_record: set only on success
 * @reterr:     may be NULL; `where` names the member, `offset` its place
 *
 * `epoch` must be the month of `time`, `decision` that of `kind`, `v` 1.
 * Cost: O(1), no allocation. Errors: LOG_TAMPERED.
 */
hf_status hf_record_parse(hf_bytes text, struct hf_record *ret_record, struct hf_problem *reterr);

/* The hash of a leaf: SHA-256(0x00 || record). RFC 6962 2.1. */
void hf_record_leaf_hash(hf_bytes text, uint8_t ret_hash[static HF_SHA256_BYTES]);

/* The month label of a time: "2026-09" and a NUL. Times outside 1970..9999 are cut to them. */
void hf_record_epoch(int64_t time_unix_s, char ret_epoch[static HF_RECORD_EPOCH_CHARS + 1]);

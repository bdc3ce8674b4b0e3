/*
 * A consent receipt: what a gateway gives a grantor to keep. It says, over the gateway's signature,
 * what was consented to and what has become of it, in the terms of ISO/IEC TS 27560:2023 (a consent
 * record). docs/receipts-and-status.md lists its claims.
 */
#pragma once

#include "base/arena.h"
#include "base/vocabulary.h"
#include "consent/document.h"
#include "consent/entry.h"
#include "consent/history.h"
#include "consent/status_ref.h"
#include "crypto/hash.h"

enum {
    HF_RECEIPT_PAYLOAD_MAX_BYTES = 16 << 10,
    HF_RECEIPT_MAX_BYTES = 24 << 10,
    HF_RECEIPT_ARENA_BYTES = 512 << 10 /* under which reading any receipt never runs out */
};

#define HF_RECEIPT_TYP "consent-receipt+jwt"
#define HF_RECEIPT_SCHEMA "ISO/IEC TS 27560:2023"

/* What a gateway knows of a consent besides its token. */
struct hf_receipt_facts {
    const char *issuer; /* the gateway: its audience */
    int64_t now_unix_s;
    hf_bytes token; /* as it was registered: verified then, and not again */
    enum hf_consent_state state;
    const struct hf_consent_history *history;
    const char *withdrawal_uri; /* where a revocation is sent to */
    const char *log_origin;     /* NULL: the registration's place in the log is not known */
    uint64_t log_index;
    struct hf_status_ref status; /* uri empty: it has no place in a status list */
};

/**
 * hf_receipt_sign() - append a receipt
 * @key: the gateway's
 *
 * Cost: one signature. Errors: CONSENT_MALFORMED (the token is none), LIMIT, NOMEM, BUG, CRYPTO.
 */
hf_status hf_receipt_sign(const struct hf_key *key, const struct hf_receipt_facts *facts,
                          hf_buf *buf);

/* A receipt as it was read. Views point into the arena. */
struct hf_receipt {
    hf_bytes iss;
    int64_t iat_unix_s;
    struct hf_consent_id id;
    hf_bytes recipient; /* the bank: "uscc:…" */
    hf_bytes notice_id;
    hf_bytes notice_ver;
    hf_bytes notice_lang;
    unsigned purposes;
    const struct hf_json *pii_information; /* scopes, as the token has them */
    int64_t retention_days;
    int64_t nbf_unix_s;
    int64_t exp_unix_s;
    hf_bytes withdrawal_uri;
    uint8_t consent_sha256[HF_SHA256_BYTES]; /* of the token */
    hf_bytes log_origin;                     /* empty: no place in the log is named */
    int64_t log_index;
    struct hf_status_ref status; /* uri empty: none */
    hf_bytes state;
    struct hf_consent_history history;
};

/**
 * hf_receipt_verify() - check a receipt by the gateway's keys alone, and read it
 * @text:        untrusted
 * @arena:       HF_RECEIPT_ARENA_BYTES is enough
 * @ret_receipt: set only on success
 * @reterr:      may be NULL; where = the claim to blame
 *
 * The profile is closed: an unknown claim is refused. Errors: as hf_document_open().
 */
hf_status hf_receipt_verify(hf_bytes text, const struct hf_key_set *keys, struct hf_arena *arena,
                            struct hf_receipt *ret_receipt, struct hf_problem *reterr);

/* The payload alone, already verified. Errors: CONSENT_MALFORMED, NOMEM. */
hf_status hf_receipt_parse(hf_bytes payload, struct hf_arena *arena, struct hf_receipt *ret_receipt,
                           struct hf_problem *reterr);

/*
 * The detail of a record: what happened, to whom, by whom, under which consent. It is written as
 * strict JSON by the thread that knows, sealed by the log thread, and opened only with a
 * recipient's key.
 *
 * Members stand in byte order; absent ones are left out. A byte of a string that is not printable
 * ASCII, or is `"`, `\` or `%`, is spelled %XX: so no value, however hostile, can make a record
 * fail or forge a member, and reading gives the same bytes back.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"

enum {
    HF_DETAIL_MAX_BYTES = 32768,
    HF_DETAIL_MAX_ITEMS = 64, /* of one array */
    HF_DETAIL_SALT_BYTES = 32
};

struct hf_detail_number {
    bool is_set;
    uint64_t value; /* at most 2^53-1 */
};
#define HF_DETAIL_NUMBER(n) ((struct hf_detail_number){true, (n)})

struct hf_detail_list {
    const hf_bytes *items;
    size_t n_items;
};

/*
 * Everything a detail may tell. Leave out what a kind does not have: an empty view, a number that
 * is not set and an empty list are absent. Digests are 43 characters of base64url (SHA-256).
 */
struct hf_detail {
    /* access, deny */
    hf_bytes access_id;                 /* 22 characters */
    struct hf_detail_list actions;      /* query process analyse use */
    hf_bytes bank;                      /* 18-character USCC */
    struct hf_detail_list clamped;      /* ceilings that narrowed the consents: "range=1096" */
    hf_bytes code;                      /* deny, alarm: contract name of the reason */
    struct hf_detail_list consents;     /* every consent that was judged: "<iss>;<jti>" */
    struct hf_detail_list datasets;     /* "tax/payment": source and dataset that were asked */
    hf_bytes enterprise;                /* who the access is about: `uscc:…` or `person:…` */
    struct hf_detail_number generation; /* of the configuration; the last `config` record before
                                           with this number says by digests what it was */
    hf_bytes loan;                      /* consent-loan */
    hf_bytes operation;                 /* "GET /payment/{uscc}.json" */
    hf_bytes purpose;
    hf_bytes request_sha256;         /* of a POST's rebuilt body, a person's name for the number */
    struct hf_detail_list spared;    /* access: those of `consents` that lost no use; a denial
                                        costs none */
    struct hf_detail_number time_ms; /* Unix milliseconds; every kind */
    /* SHA-256 of each token, in the order of `consents`; empty for one presented by name: its grant
     * has the digest. Absent when all were. In a denial for consents that do not hold: of those
     * presented as tokens, and `consents` are those presented by name. */
    struct hf_detail_list tokens;
    hf_bytes view_sha256; /* what the view does to every field: the manifest of the answer */

    /* outcome, and an access whose end was known when it was written */
    struct hf_detail_number access; /* index of the access record that ended */
    hf_bytes body_sha256;           /* of the bytes that left */
    struct hf_detail_number bytes;
    hf_bytes fault;                 /* contract name of what cut it short; absent: whole */
    struct hf_detail_number n_kept; /* leaves and rows; a count of none is left out */
    struct hf_detail_number n_rows_withheld;
    struct hf_detail_number n_withheld;
    struct hf_detail_number status; /* HTTP status; 0 when no HEADERS left */

    /* config: SHA-256 over the list of files of what came into force, as `generation` */
    hf_bytes agreements_sha256;
    hf_bytes banks_sha256;
    hf_bytes catalogs_sha256;
    hf_bytes ceilings_sha256; /* these two of one file each */
    hf_bytes policy_sha256;

    /* grant, revoke, status, config, denysum */
    hf_bytes change;               /* "grantor_key_added", "in_force", … */
    struct hf_detail_number count; /* denysum: how many */
    struct hf_detail_number exp;   /* grant: Unix seconds */
    struct hf_detail_number iat;   /* revoke, status: when it was signed, Unix seconds */
    hf_bytes iss;
    hf_bytes jti;
    hf_bytes kid;
    hf_bytes reason;                    /* revoke, denysum */
    hf_bytes reference;                 /* revoke: of the operator's order */
    hf_bytes state;                     /* consent's state after the record */
    struct hf_detail_number status_idx; /* grant: the consent's place … */
    hf_bytes status_list;               /* … in the status list of this name */
    hf_bytes token_sha256;

    /* recover */
    struct hf_detail_number batch; /* last complete batch */
    hf_bytes boot_id;
    hf_bytes boot_id_before; /* the same: only the process ended; another: the machine */
    struct hf_detail_number cut_bytes;
    hf_bytes cut_sha256;
    hf_bytes note;
};

/* Whether a detail tells how its access ended: an outcome's does, and an access's where the answer
 * was whole, or had failed, before the record was written. The outcome behind such an access has no
 * detail of its own. */
static inline bool hf_detail_tells_end(const struct hf_detail *detail)
{
    return detail->status.is_set;
}

/* Appends the JSON. Errors: LIMIT (HF_DETAIL_MAX_BYTES, items), NOMEM, BUG (number above 2^53-1).
 */
hf_status hf_detail_write(const struct hf_detail *detail, hf_buf *buf);

/**
 * hf_detail_parse() - read what hf_detail_write() wrote, and nothing else
 * @text:       untrusted; need not outlive the call
 * @arena:      strings and lists live there
 * @ret_detail: set only on success
 * @reterr:     may be NULL
 *
 * An unknown member, another order, another spelling of the same content: refused.
 * Errors: LOG_TAMPERED, NOMEM.
 */
hf_status hf_detail_parse(hf_bytes text, struct hf_arena *arena, struct hf_detail *ret_detail,
                          struct hf_problem *reterr);

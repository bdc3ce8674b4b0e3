/*
 * How the registry spells what it keeps: small closed JSON objects under keys of one letter and the
 * consent's id. Inside consent/ only.
 *
 *   c/<iss>;<jti>        a consent: its facts
 *   t/<iss>;<jti>        the token itself, when it was registered: read far less often
 *   u/<iss>;<jti>        its uses, and which records of the access log they cover
 *   r/<iss>;<jti>        its revocation
 *   s/<iss>;<jti>        the last time that it was paused or resumed
 *   e/<iss>;<jti>;<nn>   the same of the last HF_HISTORY_MAX_STATUSES times, in a ring
 *   g/<iss>;             the end of all consents of an issuer so far
 *   o/<reference>        an operator's order that was carried out
 *   x/<iss>;<exp>;<jti>  nothing: to count an issuer's consents that have not expired
 *   y/<exp>;<iss>;<jti>  nothing: consents of which no more than facts is kept, oldest first
 *   z/<iss>;<at>;<jti>   nothing: to count an issuer's words about consents that were not known
 *   i/ l/                places in status lists: see stored_place.h
 *   m/slots              the status list that is being filled
 *   m/replay             the record from which a start must read the log
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "consent/act.h"
#include "consent/entry_parts.h"

enum { HF_STORED_KEY_MAX_BYTES = HF_CONSENT_ID_MAX_BYTES + 32, HF_STORED_VALUE_MAX_BYTES = 32768 };

enum hf_stored_kind {
    HF_STORED_CONSENT = 'c',
    HF_STORED_TOKEN = 't',
    HF_STORED_USES = 'u',
    HF_STORED_REVOCATION = 'r',
    HF_STORED_STATUS = 's',
    HF_STORED_SLOT = 'l', /* see stored_place.h */
    HF_STORED_END = 'g'   /* its id has no jti */
};

struct hf_stored_key {
    char text[HF_STORED_KEY_MAX_BYTES + 1];
};

struct hf_stored_key hf_stored_key_of(enum hf_stored_kind kind, const struct hf_consent_id *id);

/* Of the @n-th time (from 1) that a consent was paused or resumed. */
struct hf_stored_key hf_stored_event_key(const struct hf_consent_id *id, uint64_t n);

/* Of an order by its reference. */
struct hf_stored_key hf_stored_order_key(const char *reference);

/* Of the index of unexpired consents: its key, and the prefix of all keys of an issuer. */
struct hf_stored_key hf_stored_expiry_key(const struct hf_entry_facts *facts);
struct hf_stored_key hf_stored_expiry_prefix(const char *iss);

/* Of the index of revocations and pauses that came before their consents, by when they came. */
struct hf_stored_key hf_stored_word_key(const struct hf_consent_id *id, int64_t at_unix_s);
struct hf_stored_key hf_stored_word_prefix(const char *iss);

/* The moment that an expiry key tells of. False: it is none. */
bool hf_stored_expiry_of(hf_bytes key, int64_t *ret_unix_s);

/* Of what is kept as facts alone: its key; and the consent and the moment that any of these keys
 * tells of. False: it is none. */
struct hf_stored_key hf_stored_past_key(const struct hf_entry_facts *facts);
bool hf_stored_key_read(hf_bytes key, struct hf_consent_id *ret_id, int64_t *ret_exp_unix_s);

/* Appends the value; @is_registered: its token is stored, too. Errors: LIMIT, NOMEM. */
hf_status hf_stored_consent_write(const struct hf_entry_facts *facts, bool is_registered,
                                  hf_buf *value);

/* Reads it back. Errors: IO (damaged), NOMEM. */
hf_status hf_stored_consent_read(hf_bytes value, const struct hf_consent_id *id,
                                 struct hf_entry_facts *ret_facts, bool *ret_is_registered);

hf_status hf_stored_uses_write(const struct hf_use_counts *counts, hf_buf *value);
hf_status hf_stored_uses_read(hf_bytes value, struct hf_use_counts *ret_counts);

/**
 * hf_stored_act_write() - an act with its evidence
 * @n:    of a pause or resumption: which it is, from 1; else 0
 * @text: the token, or empty
 *
 * Errors: LIMIT, NOMEM.
 */
hf_status hf_stored_act_write(const struct hf_act *act, int64_t at_unix_s, uint64_t n,
                              hf_bytes text, hf_buf *value);

/* What of an act is read back. */
struct hf_stored_act {
    enum hf_act_kind kind;
    int64_t at_unix_s; /* when it was carried out */
    int64_t iat_unix_s;
    uint64_t n; /* 0: a revocation, or it was not counted then */
};
hf_status hf_stored_act_read(hf_bytes value, struct hf_stored_act *ret_act);

/* Appends the same act with its evidence as carried out at another moment. Errors: IO (damaged),
 * LIMIT, NOMEM. */
hf_status hf_stored_act_redate(hf_bytes stored, int64_t at_unix_s, hf_buf *value);

hf_status hf_stored_replay_write(uint64_t from, hf_buf *value);
hf_status hf_stored_replay_read(hf_bytes value, uint64_t *ret_from);

/*
 * C2SP signed notes: a text, an empty line, signature lines
 *   — <name> <base64(key id 4 || signature)>
 * and the keys that are written `name+hex8(key id)+base64(type || public key)` ("vkey").
 *
 * Served are Ed25519 (type 1: logs) and timestamped Ed25519 cosignatures (type 4: witnesses). The
 * type byte is part of the key id, so a key of one type never verifies a signature of another.
 * Source: C2SP signed-note v1.0.0, tlog-cosignature v1.0.1.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/key.h"

enum {
    HF_NOTE_MAX_BYTES = 32768,
    HF_NOTE_MAX_SIGNATURES = 64, /* C2SP asks for 16 at least */
    HF_NOTE_NAME_MAX_BYTES = 255
};

enum hf_note_type { HF_NOTE_ED25519 = 1, HF_NOTE_COSIGNATURE = 4 };

struct hf_note_signature {
    hf_bytes name;
    uint32_t key_id;
    uint8_t bytes[72]; /* type 1: 64; type 4: u64be time || 64; longer ones are not kept */
    size_t n_bytes;    /* 0: of a kind that we cannot know */
};

/* Views point into the parsed text. */
struct hf_note {
    hf_bytes text; /* what is signed; ends in a newline */
    struct hf_note_signature signatures[HF_NOTE_MAX_SIGNATURES];
    size_t n_signatures;
};

/**
 * hf_note_parse() - split a note
 * @bytes:  untrusted; must outlive @ret_note
 * @reterr: may be NULL; with the line
 *
 * Refused: bad UTF-8, control characters but newline, no empty line, no signature, a signature line
 * of another shape, an empty name or one with a space or `+`. Errors: LOG_TAMPERED, LIMIT.
 */
hf_status hf_note_parse(hf_bytes bytes, struct hf_note *ret_note, struct hf_problem *reterr);

/* A verifier's key. */
struct hf_note_key {
    char name[HF_NOTE_NAME_MAX_BYTES + 1];
    enum hf_note_type type;
    uint32_t key_id;
    struct hf_key *key; /* owned */
};

/* Errors: KEY_MALFORMED (shape, key id that does not fit, bad point), KEY_UNSUPPORTED, NOMEM. */
hf_status hf_note_key_parse(hf_bytes vkey, struct hf_note_key *ret_key);
void hf_note_key_clear(struct hf_note_key *key); /* accepts a zeroed one */

/* Whether a name may stand in a note: 1..255 bytes of UTF-8 without space, control or `+`. */
bool hf_note_name_is_valid(hf_bytes name);

/* SHA-256(name || 0x0a || type || public key)[0..3], big-endian. Errors: KEY_UNSUPPORTED. */
hf_status hf_note_key_id(const char *name, enum hf_note_type type, const struct hf_key *key,
                         uint32_t *ret_key_id);

/* Appends the vkey. Errors: KEY_UNSUPPORTED, LIMIT, NOMEM. */
hf_status hf_note_key_write(const char *name, enum hf_note_type type, const struct hf_key *key,
                            hf_buf *buf);

/**
 * hf_note_verify() - judge the signatures of one key
 * @ret_signed:      whether the key has signed; false: it is not among the signatures
 * @ret_time_unix_s: type 4: the cosignature's time; else 0. May be NULL
 *
 * A signature by this key that does not hold is an error, as C2SP demands, not merely unsigned.
 * Errors: SIGNATURE_INVALID.
 */
hf_status hf_note_verify(const struct hf_note *note, const struct hf_note_key *key,
                         bool *ret_signed, uint64_t *ret_time_unix_s);

/**
 * hf_note_sign() - append text, empty line and one Ed25519 signature
 * @name: valid; @text: ends in a newline
 * Errors: BUG, KEY_UNSUPPORTED, LIMIT, NOMEM, CRYPTO.
 */
hf_status hf_note_sign(hf_bytes text, const char *name, const struct hf_key *key, hf_buf *buf);

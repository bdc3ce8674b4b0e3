/*
 * A detail on its way into the log and out of it: salted, committed to, padded, sealed.
 *
 * Commitment: SHA-256("hufu/c" || salt 32 || u32be length || detail). The salt hides, the hash
 * binds: whoever opens a detail can prove what it says, and nobody can open it to anything else.
 * Plain text of the box: salt || u32be length || detail || zeros, the salt not counted up to a
 * multiple of 256 bytes, so the box shows the length in steps of 256 only. Associated data: origin
 * || u64be index || commit.
 */
#pragma once

#include "audit/detail.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

enum {
    HF_DETAIL_PAD_BYTES = 256,
    HF_DETAIL_PLAIN_MAX_BYTES = HF_DETAIL_MAX_BYTES + HF_DETAIL_SALT_BYTES + 4 + HF_DETAIL_PAD_BYTES
};

/* Who opens a detail: a recipient's slot in the box (docs/access-log.md). */
enum hf_detail_recipient {
    HF_DETAIL_OPERATOR,
    HF_DETAIL_ENTERPRISE,
    HF_DETAIL_BANK,
    HF_DETAIL_SUPERVISOR
};

/*
 * What stands where an outcome's box would: this byte alone, a version that no box has. The access
 * right before it told its end, and the outcome commits to the very same detail.
 */
enum { HF_DETAIL_TOLD = 0 };

static inline bool hf_detail_is_told(hf_bytes sealed)
{
    return sealed.size == 1 && sealed.data[0] == HF_DETAIL_TOLD;
}

/* Where in which log a detail belongs. */
struct hf_detail_place {
    const char *origin;
    uint64_t index;
    const uint8_t *commit; /* HF_SHA256_BYTES */
};

void hf_detail_commit(const uint8_t salt[static HF_DETAIL_SALT_BYTES], hf_bytes detail,
                      uint8_t ret_commit[static HF_SHA256_BYTES]);

/* A detail about to be sealed. */
struct hf_detail_box {
    struct hf_detail_place place;
    const uint8_t *salt; /* HF_DETAIL_SALT_BYTES */
    hf_bytes detail;     /* at most HF_DETAIL_MAX_BYTES */
    hf_buf *scratch;     /* HF_DETAIL_PLAIN_MAX_BYTES; kept from box to box, so that none allocates.
                            It holds the plain text afterwards: its owner wipes it in the end */
    const struct hf_seal_key *const *recipients; /* by enum hf_detail_recipient; NULL: nobody */
    size_t n_recipients;
};

/* Appends the sealed form. Errors: LIMIT (detail too long, buffer), NOMEM, CRYPTO, BUG. */
hf_status hf_detail_seal(const struct hf_detail_box *box, hf_buf *buf);

/**
 * hf_detail_open() - append the detail's JSON, proved against the commitment of its place
 * @sealed: untrusted
 *
 * Errors: SEAL_INVALID (not for this key, not of this place), LOG_TAMPERED (opens, but is not what
 *         was committed to), LIMIT, NOMEM.
 */
hf_status hf_detail_open(hf_bytes sealed, const struct hf_detail_place *place,
                         const struct hf_seal_key *key, hf_buf *detail);

/*
 * The tags that stand in a public record for its bank and its enterprise.
 *
 *   key of a party for a month = HMAC-SHA-256(tag key, "hufu/ke" || epoch || id)      ("hufu/kb")
 *   tag                        = PRF(that key, "hufu/e" || nonce)[0..15]              ("hufu/b")
 *
 * PRF is crypto/prf.h. The nonce is fresh for every record, so two records of one party cannot be
 * linked, and a low number space such as credit codes cannot be searched without the key. A party
 * that is given its own keys finds its own records and nobody else's.
 */
#pragma once

#include "audit/record.h"
#include "base/bytes.h"
#include "base/status.h"

enum hf_tag_party { HF_TAG_ENTERPRISE, HF_TAG_BANK };

struct hf_tagger; /* a tag key and the party keys lately used; one thread */

/* @key: 32 bytes. Errors: KEY_MALFORMED, NOMEM. */
hf_status hf_tagger_new(hf_bytes key, struct hf_tagger **ret_tagger);
void hf_tagger_free(struct hf_tagger *tagger); /* wipes; NULL is fine */

/* What a tag is made of. */
struct hf_tag_source {
    enum hf_tag_party party;
    hf_bytes id; /* bank: bare 18-character USCC; enterprise: `uscc:…` or `person:…`; empty: none */
    const char *epoch;    /* hf_record_epoch() of the record's time */
    const uint8_t *nonce; /* HF_RECORD_NONCE_BYTES */
};

/**
 * hf_tagger_tag() - the tag of one party in one record
 *
 * Without an id: a random tag, which no key finds. Cost: one compression when the party was seen
 * lately, else five to seven. Cannot fail.
 */
void hf_tagger_tag(struct hf_tagger *tagger, const struct hf_tag_source *source,
                   uint8_t ret_tag[static HF_RECORD_TAG_BYTES]);

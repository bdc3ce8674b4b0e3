/*
 * The inside of a table of ceilings, for its reader and its judge alone.
 */
#pragma once

#include "base/arena.h"
#include "consent/ceiling.h"
#include "crypto/hash.h"

struct hf_ceiling_rule {
    unsigned purpose;             /* one bit */
    char bank[HF_USCC_CHARS + 1]; /* "": any */
    hf_bytes dataset;             /* "tax/payment", in the table's arena; empty: any */
    struct hf_ceiling_limit limits[HF_N_CEILINGS];
};

struct hf_ceilings {
    struct hf_arena arena;
    uint8_t sha256[HF_SHA256_BYTES]; /* of the text */
    size_t n_rules;
    struct hf_ceiling_rule rules[HF_CEILINGS_MAX_RULES]; /* the most specific first */
};

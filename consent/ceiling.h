/*
 * Ceilings: how far an operator lets consents reach, whatever their grantors signed. One table of
 * rules, `ceilings.json`:
 *
 *   {"rules": [{"purpose": "pre_loan", "bank": "911100001000044477", "dataset": "tax/payment",
 *               "max_validity_days": 30, "max_range_days": 1096, "max_data_life_days": 180,
 *               "max_frequency": {"unit": "day", "count": 5}, "do": "reject"}]}
 *
 * `bank` and `dataset` may be absent: any. At least one limit stands in a rule. Each limit is taken
 * from the most specific rule that names it: bank and dataset, bank, dataset, neither. No table, or
 * no rule: no ceiling but those of the token's profile.
 */
#pragma once

#include "base/date.h"
#include "base/status.h"
#include "base/uscc.h"
#include "base/vocabulary.h"
#include "consent/claims.h"

enum { HF_CEILINGS_MAX_RULES = 256, HF_CEILINGS_FILE_MAX_BYTES = 1 << 17 };

/* What can be limited. */
enum hf_ceiling_kind {
    HF_CEILING_VALIDITY,  /* exp - nbf, in days */
    HF_CEILING_RANGE,     /* days of a scope's range, both ends counted */
    HF_CEILING_FREQUENCY, /* uses in a calendar window */
    HF_CEILING_DATA_LIFE, /* data_life_days */
    HF_N_CEILINGS
};

/* One limit. Zeroed, there is none. */
struct hf_ceiling_limit {
    bool is_set;
    bool clamps; /* else what exceeds it is refused */
    uint32_t most;
    enum hf_window unit; /* of a frequency */
};

/* All that applies to one access, or to one purpose and dataset of a consent. */
struct hf_ceiling {
    struct hf_ceiling_limit limits[HF_N_CEILINGS];
    unsigned clamped; /* bits 1 << HF_CEILING_*: what was taken away so far */
};

struct hf_ceilings; /* immutable */

/**
 * hf_ceilings_load() - read the table
 * @ret_ceilings: set only on success; caller owns, hf_ceilings_free()
 * @reterr:       may be NULL; where = "rules[0].max_range_days", with line and column
 *
 * Refused: unknown or missing members, a rule without a limit, one limit twice for the same bank,
 * purpose and dataset. Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_ceilings_load(const char *path, struct hf_ceilings **ret_ceilings,
                           struct hf_problem *reterr);
void hf_ceilings_free(struct hf_ceilings *ceilings); /* NULL is fine */

/* The text's SHA-256; as long as @ceilings. */
const uint8_t *hf_ceilings_sha256(const struct hf_ceilings *ceilings);

/* The same of a text. Errors: CONFIG_INVALID, NOMEM. */
hf_status hf_ceilings_parse(hf_bytes text, struct hf_ceilings **ret_ceilings,
                            struct hf_problem *reterr);

/**
 * hf_ceilings_find() - what applies to one access
 * @ceilings: NULL: no limit at all
 * @bank:     bare USCC
 * @purpose:  one HF_PURPOSE_* bit
 *
 * Cost: O(rules), no allocation.
 */
void hf_ceilings_find(const struct hf_ceilings *ceilings, hf_bytes bank, unsigned purpose,
                      hf_bytes dataset, struct hf_ceiling *ret_ceiling);

/**
 * hf_ceilings_admit() - judge a consent when it is first received, all of it
 * @claims: where a clamped frequency is narrowed: what its uses will be counted by
 *
 * For every purpose and dataset that it names. A frequency is clamped only where the consent names
 * no window or one of the same unit: two windows of different units are not counted at once.
 * Errors: CEILING_EXCEEDED.
 */
hf_status hf_ceilings_admit(const struct hf_ceilings *ceilings, struct hf_claims *claims,
                            struct hf_problem *reterr);

/* The window that a consent's uses are counted by; count 0: none. */
struct hf_ceiling_window {
    enum hf_window unit;
    uint32_t count;
};

/**
 * hf_ceiling_judge() - judge what one access uses of a consent, but for its ranges
 * @ceiling: of the access; notes what it clamps
 * @counted: what the consent's uses are counted by
 *
 * A clamped validity ends the consent early. Uses cannot be counted by another window afterwards:
 * a consent that was received before a frequency was limited is refused if it may exceed it.
 * Errors: CEILING_EXCEEDED, CONSENT_EXPIRED.
 */
hf_status hf_ceiling_judge(struct hf_ceiling *ceiling, const struct hf_claims *claims,
                           struct hf_ceiling_window counted, int64_t now_unix_s,
                           struct hf_problem *reterr);

/**
 * hf_ceiling_judge_range() - judge the range of one scope
 * @range: narrowed to its last days when the limit clamps
 *
 * Errors: CEILING_EXCEEDED.
 */
hf_status hf_ceiling_judge_range(struct hf_ceiling *ceiling, struct hf_date_span *range,
                                 struct hf_problem *reterr);

/* How long the bank may keep what it gets, of a consent that allows @days. */
int32_t hf_ceiling_data_life(const struct hf_ceiling *ceiling, int32_t days);

/**
 * hf_ceiling_tell() - a limit as answers and records tell of it
 * @ret_text: "exp=30", "range=1096", "fetch=5;unit=day", "data_life_days=180", and a NUL
 *
 * A member of a dictionary of RFC 8941 3.2: what was clamped, and to how much.
 */
enum { HF_CEILING_TEXT_BYTES = 48 };
void hf_ceiling_tell(const struct hf_ceiling *ceiling, enum hf_ceiling_kind kind,
                     char ret_text[static HF_CEILING_TEXT_BYTES]);

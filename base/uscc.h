/*
 * Names of parties: the Unified Social Credit Code (GB 32100-2015) of an enterprise, bank or
 * department, and the two spellings of a principal, `uscc:<18>` and `person:<43>`.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "base/vocabulary.h"

enum {
    HF_USCC_CHARS = 18,
    HF_PERSON_CHARS = 43, /* base64url of 32 bytes */
    HF_PARTY_MAX_BYTES = 7 + HF_PERSON_CHARS
};

/**
 * hf_uscc_is_valid() - whether @text is a USCC with the right check character
 *
 * 18 characters of 0-9 A-Z without I O S V Z, upper case, digits in places 3..8 (the administrative
 * division), the last equal to the check character of the first 17.
 * Cost: O(1). Source: GB 32100-2015 4 and 5.
 */
bool hf_uscc_is_valid(hf_bytes text);

/* The check character of the first 17; 0 when one of them is not of the alphabet. */
char hf_uscc_check_character(const uint8_t first[static HF_USCC_CHARS - 1]);

/* Whether a valid USCC is that of a sole trader (个体工商户): it begins with 92. */
bool hf_uscc_is_sole_trader(hf_bytes uscc);

/**
 * hf_party_kind() - what a principal's name names
 * @party:    `uscc:` and a valid USCC, or `person:` and 43 characters of strict base64url
 * @ret_kind: HF_SUBJECT_LEGAL, _SOLE_TRADER or _PERSON; set only when true is returned
 */
bool hf_party_kind(hf_bytes party, enum hf_subject_kind *ret_kind);

/* The USCC of `uscc:<18>` or of a bare, valid `<18>`; false for anything else. A view into it. */
bool hf_party_uscc(hf_bytes text, hf_bytes *ret_uscc);

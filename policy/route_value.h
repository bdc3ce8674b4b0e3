/*
 * Whether a value of a request fits the parameter it is given for.
 */
#pragma once

#include "base/bytes.h"
#include "base/vocabulary.h"
#include "policy/catalog.h"

/**
 * hf_value_fits() - type, length, enum and format
 * @text: decoded; valid UTF-8. For numbers and booleans their JSON spelling
 *
 * Integers have at most 18 digits and no leading zero; strings no control character; `date` is
 * YYYY-MM-DD, `date-time` RFC 3339. Cost: O(text + enum).
 */
bool hf_value_fits(const struct hf_parameter *parameter, hf_bytes text);

/**
 * hf_value_subject() - whom a subject's value names
 * @place:       in a path or query only a USCC names a subject
 * @text:        decoded
 * @ret_kind:    set only on true
 * @ret_subject: a view: the USCC, or the ID number into @ret_folded
 *
 * A text that can be read as USCC and as resident ID is the person's: the stricter reading.
 */
bool hf_value_subject(enum hf_parameter_place place, hf_bytes text, uint8_t ret_folded[static 18],
                      enum hf_subject_kind *ret_kind, hf_bytes *ret_subject);

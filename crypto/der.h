/*
 * A reader of DER (X.690) for the few structures that we read ourselves: definite lengths in their
 * shortest form, up to 65535 bytes, one-byte tags. Nothing is copied.
 */
#pragma once

#include "base/bytes.h"

enum {
    HF_DER_INTEGER = 0x02,
    HF_DER_BIT_STRING = 0x03,
    HF_DER_OCTET_STRING = 0x04,
    HF_DER_OID = 0x06,
    HF_DER_UTF8_STRING = 0x0c,
    HF_DER_PRINTABLE_STRING = 0x13,
    HF_DER_IA5_STRING = 0x16,
    HF_DER_SEQUENCE = 0x30
};

/**
 * hf_der_take() - take one element with @tag off the front of @in
 * @in:          moves behind the element
 * @ret_content: points into @in
 *
 * False, and both as they were: another tag, cut short, or a length that is not DER.
 */
bool hf_der_take(hf_bytes *in, uint8_t tag, hf_bytes *ret_content);

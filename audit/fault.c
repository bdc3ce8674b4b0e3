/*
 * Words about a damaged log. Nothing is decided here.
 */
#include "audit/fault.h"

#include "crypto/base64.h"
#include "crypto/hash.h"

#include <stdio.h>

void hf_log_fault_say(struct hf_log_fault *fault, const char *what)
{
    snprintf(fault->what, sizeof(fault->what), "%s", what);
    fault->expected[0] = '\0';
    fault->got[0] = '\0';
}

void hf_log_fault_numbers(struct hf_log_fault *fault, const char *what, uint64_t expected,
                          uint64_t got)
{
    hf_log_fault_say(fault, what);
    snprintf(fault->expected, sizeof(fault->expected), "%llu", (unsigned long long)expected);
    snprintf(fault->got, sizeof(fault->got), "%llu", (unsigned long long)got);
}

_Static_assert(sizeof(((struct hf_log_fault *)0)->got) > HF_BASE64URL_CHARS(HF_SHA256_BYTES),
               "a hash fits");

void hf_log_fault_hashes(struct hf_log_fault *fault, const char *what, const uint8_t *expected,
                         const uint8_t *got)
{
    hf_log_fault_say(fault, what);
    hf_base64url_encode_fixed(hf_bytes_of(expected, HF_SHA256_BYTES), fault->expected);
    hf_base64url_encode_fixed(hf_bytes_of(got, HF_SHA256_BYTES), fault->got);
}

hf_status hf_log_fault_raise(const struct hf_log_fault *fault, enum hf_code code,
                             struct hf_problem *reterr)
{
    if (reterr) {
        reterr->offset = (size_t)fault->offset;
    }
    if (fault->expected[0]) {
        return hf_problem_set(reterr, code, fault->file,
                              "offset %llu, record %llu: %s: expected %s, got %s",
                              (unsigned long long)fault->offset, (unsigned long long)fault->index,
                              fault->what, fault->expected, fault->got);
    }
    return hf_problem_set(reterr, code, fault->file, "offset %llu, record %llu: %s",
                          (unsigned long long)fault->offset, (unsigned long long)fault->index,
                          fault->what);
}

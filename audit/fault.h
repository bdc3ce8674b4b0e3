/*
 * The first thing that is wrong with a log, told so that a person can look at it: which file, which
 * byte, which record, what was expected there and what was found. Hashes and numbers of the public
 * log only, never anything of a detail.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct hf_log_fault {
    char file[96];     /* relative to the log's folder */
    uint64_t offset;   /* in the file */
    uint64_t index;    /* of the record concerned, or the size reached */
    char what[160];    /* a sentence */
    char expected[72]; /* empty: nothing to compare */
    char got[72];
};

/* Sets the sentence and clears expected and got; file, offset and index stay. */
void hf_log_fault_say(struct hf_log_fault *fault, const char *what);

/* The same with two numbers, or two 32-byte hashes (printed as base64url). */
void hf_log_fault_numbers(struct hf_log_fault *fault, const char *what, uint64_t expected,
                          uint64_t got);
void hf_log_fault_hashes(struct hf_log_fault *fault, const char *what, const uint8_t *expected,
                         const uint8_t *got);

/* Fills a problem from a fault and starts a failure with it: file in `where`, the rest in words. */
hf_status hf_log_fault_raise(const struct hf_log_fault *fault, enum hf_code code,
                             struct hf_problem *reterr);

/*
 * Tables of ceilings as text, and read.
 */
#pragma once

#include "consent/ceiling.h"
#include "tests/unit/consent/fixture.h"

#define RULE(members) "{\"purpose\":\"pre_loan\"," members "}"
#define TABLE(rules) "{\"rules\":[" rules "]}"
#define OTHER_BANK "91100000100003962T"

static struct hf_problem problem;

static inline struct hf_ceilings *table(const char *text)
{
    struct hf_ceilings *ceilings = NULL;
    hf_status status = hf_ceilings_parse(hf_bytes_of_string(text), &ceilings, &problem);
    if (!hf_is_ok(status)) {
        fail_msg("%s: %s", problem.where, problem.detail);
    }
    return ceilings;
}

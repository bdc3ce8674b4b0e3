/*
 * One case of `hufu policy test`: an access, an answer, and what should become of it.
 */
#pragma once

#include "cli/policy_access.h"

enum { HF_CASE_FILE_MAX_BYTES = 1 << 16, HF_CASE_ARENA_BYTES = 4 << 20 };

struct hf_policy_case {
    hf_buf text;
    const struct hf_json *root;
    struct hf_access_words words; /* files: paths from the working folder */
    const char *catalog;
    const char *policy;
    const char *input;
    const char *expected;
    const char *refusal; /* code of the refusal that is expected; NULL: none */
    const char *fault;   /* rule of the redactor that should end the answer; NULL: none */
};

/**
 * hf_policy_case_read() - read `<folder>/<name>.case.json`
 * @file:     its path
 * @arena:    what the strings of @ret_case live in
 * @ret_case: caller clears it with hf_policy_case_clear() whatever is returned
 * @reterr:   filled on failure: where is the member, with line and column
 *
 * A file that is named there is sought from the case's own folder. Errors: CONFIG_INVALID,
 * NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_policy_case_read(const char *file, struct hf_arena *arena,
                              struct hf_policy_case *ret_case, struct hf_problem *reterr);
void hf_policy_case_clear(struct hf_policy_case *read);

/* Gives the problem of a word (hf_access_read()) its member and its place in the case. */
void hf_policy_case_blame(const struct hf_policy_case *read, struct hf_problem *problem);

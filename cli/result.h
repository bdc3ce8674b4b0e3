/*
 * A result of several named values, printed as `name: value` lines or as one JSON object: the two
 * cannot say different things.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

struct hf_result {
    hf_buf lines;
    hf_buf json;
    bool is_broken; /* a value did not fit or was not UTF-8: nothing is printed */
};

/* An empty result. hf_result_clear() frees it. */
struct hf_result hf_result_init(void);
void hf_result_clear(struct hf_result *result);

/* Add one value. Names are ours: lower-case, no characters that JSON would escape. */
void hf_result_bytes(struct hf_result *result, const char *name, hf_bytes value);
void hf_result_string(struct hf_result *result, const char *name, const char *value);
void hf_result_integer(struct hf_result *result, const char *name, int64_t value);
void hf_result_bool(struct hf_result *result, const char *name, bool value);

/* Adds a value that is JSON text already (one line, valid: the caller made it). */
void hf_result_json(struct hf_result *result, const char *name, hf_bytes json);

/**
 * hf_result_print() - the lines, or with --json the object, to stdout
 *
 * Returns HF_EXIT_YES, or HF_EXIT_UNREADABLE after a word on stderr when a value did not fit.
 */
enum hf_exit hf_result_print(const struct hf_cli *cli, const struct hf_result *result);

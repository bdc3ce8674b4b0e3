/*
 * Reading a small configuration document into a struct by a table of its members: what the table
 * does not name is an error, so that a misspelt limit is never a silent default.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

struct hf_reader {
    struct hf_arena *arena;     /* strings that are kept are copied here */
    const char *folder;         /* relative paths are seen from here; NULL where there are none */
    hf_bytes text;              /* for line and column */
    struct hf_problem *problem; /* may be NULL */
};

typedef hf_status hf_member_read(struct hf_reader *reader, const struct hf_json *value, void *out);

struct hf_member {
    const char *name;
    hf_member_read *read;
    size_t offset; /* of the target within the struct that is filled */
    bool required;
};

/**
 * hf_reader_parse() - read a JSON file of configuration, at most 1 MiB
 * @path:     of the file
 * @reader:   arena and problem are set by the caller; text is filled (it lives in the arena)
 *
 * Errors: CONFIG_INVALID (also when it is no strict JSON), NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_reader_parse(struct hf_reader *reader, const char *path,
                          const struct hf_json **ret_root);

/**
 * hf_reader_object() - fill @out from the members of @object
 * @members: @n_members rows; each name once
 *
 * Errors: CONFIG_INVALID for an unknown or missing member and whatever a reader refuses.
 */
hf_status hf_reader_object(struct hf_reader *reader, const struct hf_json *object,
                           const struct hf_member *members, size_t n_members, void *out);

/* Starts a CONFIG_INVALID that points at @value (a member: at its name's value). */
hf_status hf_reader_refuse(struct hf_reader *reader, const struct hf_json *value,
                           const char *sentence);

/* Readers. @out is what each names. Errors: CONFIG_INVALID, NOMEM, LIMIT. */
hf_status hf_read_string(struct hf_reader *reader, const struct hf_json *value,
                         void *out); /* const char *, not empty, no control characters */
hf_status hf_read_path(struct hf_reader *reader, const struct hf_json *value,
                       void *out); /* const char *, joined with the document's folder */
hf_status hf_read_bool(struct hf_reader *reader, const struct hf_json *value, void *out); /* bool */
hf_status hf_read_time(struct hf_reader *reader, const struct hf_json *value,
                       void *out); /* int64_t, Unix seconds of 2020..2100 */
hf_status hf_read_size(struct hf_reader *reader, const struct hf_json *value,
                       void *out); /* uint64_t, 1..2^53-1 */

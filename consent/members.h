/*
 * Reading a closed JSON object: every member is named by the reader, typed and bounded, and each
 * mistake blames an attribute (`authorization_details[1].range.to`) with its place in the text.
 * Tokens, grantors' files and agreements are all read this way, so none of them ignores a member.
 */
#pragma once

#include "base/bytes.h"
#include "base/json.h"
#include "base/status.h"

enum { HF_ATTRIBUTE_MAX_BYTES = 128 };

/* One object under reading. */
struct hf_members {
    const struct hf_json *object;
    hf_bytes text;             /* the whole document: for line and column */
    enum hf_code code;         /* what a mistake is */
    const char *path;          /* attribute of the object; "" for the root */
    const char *file;          /* NULL, or what stands before the attribute: "uscc_….jwks" */
    struct hf_problem *reterr; /* may be NULL */
};

/* Blames @name of the object (NULL: the object itself) and starts the failure @code. */
hf_status hf_members_blame(const struct hf_members *members, enum hf_code code, const char *name,
                           const struct hf_json *value, const char *sentence);

/* Blames the member @name (NULL: the object itself), wherever it stands, with the object's code. */
hf_status hf_members_wrong(const struct hf_members *members, const char *name,
                           const char *sentence);

/**
 * hf_members_parse() - read a document: strict JSON, its root an object of no other members
 * @document: text, code, file and reterr are set by the caller; object and path here
 * @names:    NULL-terminated
 *
 * Errors: the document's code (what JSON_MALFORMED and LIMIT become), NOMEM.
 */
hf_status hf_members_parse(struct hf_members *document, const struct hf_json_limits *limits,
                           struct hf_arena *arena, const char *const *names);

/**
 * hf_members_open() - check that a value is an object of no other members than @names
 * @parent: tells text, code, file and reterr
 * @path:   attribute of the new object; must outlive @ret_members
 * @names:  NULL-terminated
 */
hf_status hf_members_open(const struct hf_members *parent, const struct hf_json *value,
                          const char *path, const char *const *names,
                          struct hf_members *ret_members);

/* The member @name, which must be there and of @type. */
hf_status hf_members_get(const struct hf_members *members, const char *name, enum hf_json_type type,
                         const struct hf_json **ret_value);

/* The member @name or NULL; when it is there it must be of @type. */
hf_status hf_members_find(const struct hf_members *members, const char *name,
                          enum hf_json_type type, const struct hf_json **ret_value);

/* A string of @min..@max bytes without U+0000..001F. */
hf_status hf_members_string(const struct hf_members *members, const char *name, size_t min_bytes,
                            size_t max_bytes, hf_bytes *ret_string);

/* An integer of @min..@max, written as one. */
hf_status hf_members_integer(const struct hf_members *members, const char *name, int64_t min,
                             int64_t max, int64_t *ret_integer);

/* An array of @min..@max elements, all strings without control characters, none twice. */
hf_status hf_members_strings(const struct hf_members *members, const char *name, size_t min,
                             size_t max, const struct hf_json **ret_array);

/* Such an array of names of a vocabulary, as a mask. */
hf_status hf_members_mask(const struct hf_members *members, const char *name, size_t min,
                          bool (*bit_by_name)(hf_bytes name, unsigned *ret_bit),
                          unsigned *ret_mask);

/* 43 characters of base64url that spell 32 bytes. */
hf_status hf_members_digest(const struct hf_members *members, const char *name,
                            uint8_t ret_digest[static 32]);

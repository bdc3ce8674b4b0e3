/*
 * Strict, bounded JSON (RFC 8259) for tokens, configuration, catalogs and request bodies: text in,
 * a tree in an arena out, every node with the place it came from. Streamed answers of sources do
 * not pass here: they have the redactor's own push parser.
 *
 * Refused, with byte offset, line and column: anything RFC 8259 does not allow, duplicate members
 * (compared after unescaping), a byte order mark, bad UTF-8 (overlong, surrogates, above U+10FFFF),
 * lone `\u` surrogates, bytes behind the value, more depth, members or bytes than the limits allow.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

enum hf_json_type {
    HF_JSON_NULL,
    HF_JSON_FALSE,
    HF_JSON_TRUE,
    HF_JSON_NUMBER,
    HF_JSON_STRING,
    HF_JSON_ARRAY,
    HF_JSON_OBJECT
};

/* No document nests deeper, whatever its limits say: walks of a tree may recurse. */
enum { HF_JSON_MAX_DEPTH = 128 };

struct hf_json_limits {
    size_t max_bytes;
    unsigned max_depth;      /* containers open at once; a scalar root has depth 0 */
    size_t max_values;       /* nodes in all, members included */
    size_t max_string_bytes; /* one string, unescaped */
};

struct hf_json {
    enum hf_json_type type;
    size_t offset;      /* of the value's first byte in the text */
    hf_bytes text;      /* STRING: unescaped UTF-8; NUMBER: the lexeme as written; in the arena */
    hf_bytes name;      /* as a member: its name, unescaped */
    size_t name_offset; /* as a member: of the name's opening quote */
    struct hf_json *child; /* ARRAY, OBJECT: first element or member, in the text's order */
    struct hf_json *next;  /* sibling */
    size_t n_children;
};

/**
 * hf_json_parse() - read one JSON value
 * @text:     borrowed during the call only
 * @limits:   every member must be set
 * @arena:    the tree lives there, and one copy of @text
 * @ret_root: set only on success
 * @reterr:   may be NULL; filled on JSON_MALFORMED and LIMIT: offset, line, column, detail
 *
 * Cost: O(n) time (a keyed hash set keeps duplicate detection in large objects linear); arena: the
 * text and 80 bytes a value; heap during the call: 48..96 bytes a member of an object of more than
 * 32.
 * Errors: JSON_MALFORMED, LIMIT, NOMEM. Source: RFC 8259, RFC 3629, RFC 7493 2.3.
 */
hf_status hf_json_parse(hf_bytes text, const struct hf_json_limits *limits, struct hf_arena *arena,
                        const struct hf_json **ret_root, struct hf_problem *reterr);

/* The member of an object, or NULL (also when @object is NULL or no object). Cost: O(members). */
const struct hf_json *hf_json_member(const struct hf_json *object, const char *name);

/* Whether @value is a string equal to @string. NULL is no string. */
bool hf_json_is_string(const struct hf_json *value, const char *string);

/**
 * hf_json_integer() - the integer that a number is written as
 * @value:       must not be NULL
 * @ret_integer: set only on success
 *
 * Accepts only -?(0|[1-9][0-9]*) within int64_t: no fraction, no exponent, no minus zero.
 * Errors: JSON_MALFORMED.
 */
hf_status hf_json_integer(const struct hf_json *value, int64_t *ret_integer);

/**
 * hf_json_position() - line and column (both from 1, columns in bytes) of a byte offset
 *
 * Cost: O(offset).
 */
void hf_json_position(hf_bytes text, size_t offset, unsigned *ret_line, unsigned *ret_column);

/* Sets offset, line and column of @reterr (NULL is fine) to a place in @text. Cost: O(offset). */
void hf_json_problem_at(struct hf_problem *reterr, hf_bytes text, size_t offset);

/**
 * hf_json_write_string() - append @text as a JSON string, quotes included
 *
 * Escapes the quote, the backslash and U+0000..001F (RFC 8785 3.2.2.2 spelling). On failure the
 * buffer is as it was. Errors: JSON_MALFORMED when @text is not UTF-8; LIMIT, NOMEM.
 */
hf_status hf_json_write_string(hf_buf *buf, hf_bytes text);

/**
 * hf_json_write_characters() - the inside of a JSON string, escaped as above, without quotes
 * @text: UTF-8 that the caller has checked
 *
 * On failure a part of it may be there. Errors: LIMIT, NOMEM.
 */
hf_status hf_json_write_characters(hf_buf *buf, hf_bytes text);

/**
 * hf_json_write_canonical() - append a parsed value in the canonical form of RFC 8785
 *
 * Members sorted by UTF-16 code units, no white space. Numbers must be integers within
 * -(2^53-1)..2^53-1: others are JSON_MALFORMED (we never pass a number through a double). On
 * failure the buffer is as it was. Cost: O(n log members). Errors: JSON_MALFORMED, LIMIT, NOMEM.
 */
hf_status hf_json_write_canonical(hf_buf *buf, const struct hf_json *value);

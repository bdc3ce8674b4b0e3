/*
 * A department's catalog, compiled: its operations, their parameters, and the tree of fields that
 * an answer may hold, each with its class. Read from the department's own OpenAPI 3.0 or 3.1
 * document (JSON) with `x-hufu` objects; docs/catalog-and-policy.md is the format.
 *
 * Everything here is immutable after hf_catalog_compile() and may be read from any thread.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "policy/media.h"
#include "policy/problems.h"

enum {
    HF_CATALOG_MAX_BYTES = 4 << 20,
    HF_CATALOG_MAX_OPERATIONS = 256,
    HF_CATALOG_MAX_PARAMETERS = 32,   /* of one operation, body members included */
    HF_CATALOG_MAX_FIELDS = 4096,     /* of one operation */
    HF_CATALOG_MAX_DEPTH = 32,        /* containers of an answer, and $ref inside $ref */
    HF_CATALOG_MAX_OWNERS = 32,       /* in one object: who say whose personal data is */
    HF_CATALOG_MAX_VALUE_CHARS = 256, /* of a parameter that says no maxLength */
    HF_CATALOG_MAX_PATH_CHARS = 512   /* of a field: names beyond are a mistake */
};

/* How a string of a schema or parameter is written. */
enum hf_schema_format { HF_SCHEMA_FORMAT_NONE, HF_SCHEMA_FORMAT_DATE, HF_SCHEMA_FORMAT_DATE_TIME };

/* JSON types of a leaf or parameter, as a mask: a schema may allow several. */
enum hf_schema_type {
    HF_SCHEMA_STRING = 1,
    HF_SCHEMA_INTEGER = 2,
    HF_SCHEMA_NUMBER = 4, /* includes integers */
    HF_SCHEMA_BOOLEAN = 8,
    HF_SCHEMA_NULL = 16
};

enum hf_parameter_place { HF_PLACE_PATH, HF_PLACE_QUERY, HF_PLACE_BODY };

struct hf_parameter {
    hf_bytes name;
    enum hf_parameter_place place;
    enum hf_schema_type type; /* exactly one of STRING, INTEGER, NUMBER, BOOLEAN */
    enum hf_schema_format format;
    bool required;
    bool subject;
    uint32_t min_chars; /* characters, for strings */
    uint32_t max_chars;
    const hf_bytes *values; /* enum; NULL: any */
    size_t n_values;
};

enum hf_shape { HF_SHAPE_LEAF, HF_SHAPE_OBJECT, HF_SHAPE_ARRAY };

/* What an answer may hold at one place. Paths are `items[].amount`; the root's is empty. */
struct hf_schema_field {
    enum hf_shape shape;
    hf_bytes name; /* as a member; empty for the root and for items */
    hf_bytes path;
    const struct hf_schema_field *parent; /* NULL: the root */
    const struct hf_schema_field *child;  /* OBJECT: members, ARRAY: the one item; NULL: none */
    const struct hf_schema_field *next;   /* sibling, in the document's order */
    bool nullable;                        /* null may stand here instead */
    bool rows;                            /* the array whose items are dated */

    /* LEAF only */
    unsigned types;      /* mask of enum hf_schema_type, without NULL */
    bool classified;     /* has x-hufu class; without: dropped and counted */
    unsigned class;      /* one class bit of base/vocabulary.h; 0 when not classified */
    unsigned level;      /* 1..5 */
    hf_bytes identifier; /* "resident_id" ...; empty: none */
    hf_bytes owner;      /* name of the sibling that says whose; empty: none */
    bool is_owner;       /* a sibling has it as owner */
    bool text;
    bool date;
    bool subject_echo;
    bool undated;
    enum hf_schema_format format;
    uint32_t max_chars; /* maxLength; 0: not said */
    size_t offset;      /* of the leaf's schema in the catalog's text */
};

enum hf_method { HF_METHOD_GET, HF_METHOD_POST };

const char *hf_method_name(enum hf_method method); /* "GET" */

struct hf_catalog;
struct hf_template; /* policy/route_template.h */

struct hf_operation {
    const struct hf_catalog *catalog;
    enum hf_method method;
    hf_bytes path;    /* the template as written: "/payment/{uscc}.json" */
    hf_bytes dataset; /* "tax/payment" */
    enum hf_detail_kind detail;
    bool is_public; /* the public view may be had without consent */
    const struct hf_template *template;
    const struct hf_parameter *parameters; /* in declared order */
    size_t n_parameters;
    const struct hf_parameter *subject;
    enum hf_media media; /* of its answers; NDJSON: `answer` is an array of the lines */
    const struct hf_schema_field *answer; /* root of the tree */
    const struct hf_schema_field
        *rows; /* the array whose items are dated; NULL: nothing is dated */
    size_t n_fields;
    unsigned index; /* 0.., position in the catalog */
};

/**
 * hf_catalog_compile() - read and check a catalog
 * @text:        borrowed during the call only; at most HF_CATALOG_MAX_BYTES
 * @problems:    every mistake found is added; must not be NULL
 * @ret_catalog: set only on success; caller owns, hf_catalog_free()
 *
 * Cost: O(text) time and memory; `$ref` is expanded where it is used, up to HF_CATALOG_MAX_FIELDS.
 * Errors: CATALOG_INVALID (at least one mistake), NOMEM (also: more than 128 MiB).
 */
hf_status hf_catalog_compile(hf_bytes text, struct hf_problems *problems,
                             struct hf_catalog **ret_catalog);
void hf_catalog_free(struct hf_catalog *catalog); /* NULL is fine */

/* "tax". */
hf_bytes hf_catalog_source(const struct hf_catalog *catalog);

/* The text's SHA-256: what a `config` record names. */
const uint8_t *hf_catalog_digest(const struct hf_catalog *catalog);

size_t hf_catalog_n_operations(const struct hf_catalog *catalog);
const struct hf_operation *hf_catalog_operation(const struct hf_catalog *catalog, size_t index);

struct hf_route_index; /* policy/route_index.h */

/* Finds operations by a path; as long as the catalog. */
const struct hf_route_index *hf_catalog_index(const struct hf_catalog *catalog);

/* The operation that is written "GET /payment/{uscc}.json", or NULL. */
const struct hf_operation *hf_catalog_find(const struct hf_catalog *catalog, hf_bytes name);

/* The word of the identifiers' vocabulary that equals @name, in static storage, or empty. */
hf_bytes hf_identifier_by_name(hf_bytes name);

/* All catalogs of one configuration, one per source; borrowed. */
struct hf_catalogs {
    const struct hf_catalog *const *items;
    size_t n;
};
